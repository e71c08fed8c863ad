import {
  arange,
  array,
  constant,
  generator,
  gradcheck,
  type NDArray,
  randomNormal,
  randomUniform,
  seed,
  type Variable,
  variable,
} from "../../core/index.js";
import { oneHot } from "../../functions/index.js";
import "../../functions/methods.js";
import { collate, Standardizer, trainTestSplit } from "../../nn/index.js";

beforeEach(() => seed(23));

const list = (x: NDArray) => Array.from(x.toTypedArray());
const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("collate", () => {
  test("numbers, bools and arrays of all kinds become one array", () => {
    expect(collate([1, 2.5]).toArray()).toEqual([1, 2.5]);
    expect(collate([true, false]).dtype).toBe("bool");
    const stacked = collate([array([[1, 2]]), constant([[3, 4]])]);
    expect([stacked.shape, list(stacked)]).toEqual([
      [2, 1, 2],
      [1, 2, 3, 4],
    ]);
    expect(collate([Int32Array.of(1), Int32Array.of(2)]).dtype).toBe("int32");
    expect(collate([array(7, { dtype: "int32" }), array(8, { dtype: "int32" })]).toArray()).toEqual([7, 8]);
    const columns = array([
      [1, 2],
      [3, 4],
    ]).transpose();
    expect(collate([columns, columns]).toArray()).toEqual([columns.toArray(), columns.toArray()]);
    expect(
      collate([
        [
          [1, 2],
          [3, 4],
        ],
      ]).shape,
    ).toEqual([1, 2, 2]);
  });

  test("lists and objects are joined inside, and other things listed", () => {
    const examples: { x: Float32Array; meta: [string, number]; when: Date | null }[] = [
      { x: Float32Array.of(1, 2), meta: ["a", 1], when: null },
      { x: Float32Array.of(3, 4), meta: ["b", 2], when: new Date(0) },
    ];
    const { x, meta, when } = collate(examples);
    const names: string[] = meta[0];
    expect([x.toArray(), names, meta[1].toArray(), when]).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
      ["a", "b"],
      [1, 2],
      [null, new Date(0)],
    ]);
  });

  test.each<[() => unknown, string]>([
    [() => collate([]), "collate: there are no examples; expected at least one"],
    [
      () => collate([{ x: [1, 2] }, { x: [1] }]),
      "collate: example 1 at .x has shape (1,) and example 0 (2,); expected equal shapes, or a collate of your own",
    ],
    [() => collate([Int32Array.of(1), Float32Array.of(1)]), "collate: example 1 is float32 and example 0 int32"],
    [() => collate<object>([{ x: 1 }, { y: 1 }]), "collate: example 1 has the keys y; expected the keys x, as in"],
    [() => collate<unknown>([{ x: 1 }, 3]), "collate: example 1 is 3; expected an object, as in example 0"],
    [() => collate<unknown>([1, "two"]), 'collate: example 1 is "two"; expected an array, as in example 0'],
    [() => collate<unknown>([1, true]), "collate: example 1 has a boolean; expected a number, as in example 0"],
    [() => collate<unknown>([["a", 1], ["b"]]), "collate: example 1 has 1 items; expected 2 items, as in example 0"],
    [
      () => collate<unknown>([{ a: ["a", [1]] }, { a: ["b", "c"] }]),
      'collate: example 1 at .a[1] is "c"; expected an array, as in example 0',
    ],
  ])("errors %#", (run, message) => {
    expect(run).toThrow(message);
  });
});

describe("trainTestSplit", () => {
  const x = arange(20).reshape([10, 2]);
  const t = arange(10, { dtype: "int32" });

  test("divides all arrays alike, at random, into two parts that are all there is", () => {
    const [xTrain, xTest, tTrain, tTest] = trainTestSplit(x, t, { testSize: 0.3 });
    const shapes: readonly (readonly number[])[] = [xTrain, xTest, tTrain, tTest].map((part) => part.shape);
    expect(shapes).toEqual([[7, 2], [3, 2], [7], [3]]);
    expect(sorted([...list(tTrain), ...list(tTest)])).toEqual(upTo(10));
    expect(list(tTest)).not.toEqual([7, 8, 9]);
    expect(xTest.toArray()).toEqual(list(tTest).map((label) => [2 * label, 2 * label + 1]));
    expect(xTrain.toArray()).toEqual(list(tTrain).map((label) => [2 * label, 2 * label + 1]));
  });

  test("sizes: a quarter unless given, a share is rounded up, a number is itself", () => {
    const sizes = (...parts: NDArray[]) => parts.map((part) => part.shape[0]);
    expect(sizes(...trainTestSplit(t))).toEqual([7, 3]);
    expect(sizes(...trainTestSplit(t, { testSize: 0.11 }))).toEqual([8, 2]);
    expect(sizes(...trainTestSplit(t, { testSize: 4 }))).toEqual([6, 4]);
    expect(sizes(...trainTestSplit([1, 2], Int32Array.of(3, 4), { testSize: 1 }))).toEqual([1, 1, 1, 1]);
  });

  test("repeats by seed and leaves the common generator alone then", () => {
    const before = generator.state;
    const [first] = trainTestSplit(t, { seed: 5 });
    expect(generator.state).toEqual(before);
    expect(list(trainTestSplit(t, { seed: 5 })[0])).toEqual(list(first));
    expect(list(trainTestSplit(t, { seed: 6 })[0])).not.toEqual(list(first));
    const [drawn] = trainTestSplit(t);
    seed(23);
    expect(list(trainTestSplit(t)[0])).toEqual(list(drawn));
  });

  test("without shuffle the last ones are for testing, as views", () => {
    const [train, test] = trainTestSplit(t, { shuffle: false, testSize: 2 });
    expect([list(train), list(test)]).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7],
      [8, 9],
    ]);
    expect(test.base).toBe(t.base);
  });

  test("stratified parts have the classes in the proportions of the whole", () => {
    const classes = array([...Array(50).fill(3), ...Array(30).fill(7), ...Array(20).fill(5)], { dtype: "int32" });
    const count = (part: NDArray) => [3, 7, 5].map((label) => list(part).filter((value) => value === label).length);
    const [train, test] = trainTestSplit(classes, { testSize: 0.2, stratify: classes });
    expect([count(train), count(test)]).toEqual([
      [40, 24, 16],
      [10, 6, 4],
    ]);
    const grouped = [...Array(10).fill(3), ...Array(6).fill(7), ...Array(4).fill(5)];
    expect(list(test)).not.toEqual(grouped);
    const [ids, others] = trainTestSplit(arange(100), { testSize: 7, stratify: classes, seed: 2 });
    expect(sorted([...list(ids), ...list(others)])).toEqual(upTo(100));
    // 3.5, 2.1 and 1.4 of 7: the one left over goes to the largest remainder.
    expect(count(array(list(others).map((i) => list(classes)[i]!)))).toEqual([4, 2, 1]);
    const [again] = trainTestSplit(arange(100), { testSize: 7, stratify: classes, seed: 3 });
    expect(list(again)).not.toEqual(list(ids));
  });

  test.each<[() => unknown, string]>([
    [() => trainTestSplit(), "trainTestSplit: there are no arrays; expected at least one"],
    [() => trainTestSplit({ testSize: 0.5 }), "trainTestSplit: there are no arrays"],
    [() => trainTestSplit(t, { testsize: 0.5 } as never), "trainTestSplit: unknown option testsize; expected some of"],
    [() => trainTestSplit(t, [1, 2]), "trainTestSplit: array 0 has shape (10,) and array 1 (2,); expected as many"],
    [() => trainTestSplit(array([])), "trainTestSplit: array 0 of shape (0,) has no examples; expected at least one"],
    [() => trainTestSplit(3), "trainTestSplit: array 0 is a scalar"],
    [() => trainTestSplit(t, { testSize: 0 }), "trainTestSplit: testSize is 0; expected a share between 0 and 1, or"],
    [() => trainTestSplit(t, { testSize: 1.5 }), "trainTestSplit: testSize is 1.5; expected a share"],
    [
      () => trainTestSplit(t, { testSize: 10 }),
      "trainTestSplit: testSize 10 of 10 examples leaves none to train with; expected fewer, or more examples",
    ],
    [() => trainTestSplit([1], { testSize: 0.1 }), "trainTestSplit: testSize 0.1 of 1 examples leaves none"],
    [() => trainTestSplit(t, { seed: 1.5 }), "trainTestSplit: seed is 1.5; expected a whole number"],
    [() => trainTestSplit(t, { shuffle: 1 as never }), "trainTestSplit: shuffle is 1; expected true or false"],
    [() => trainTestSplit(t, { stratify: [1, 2] }), "trainTestSplit: stratify has shape (2,); expected (10,)"],
    [
      () => trainTestSplit(t, { stratify: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1] }),
      "trainTestSplit: stratify has a class with example 9 alone; expected at least two, one for each part",
    ],
    [
      () => trainTestSplit(t, { stratify: [0, 0, 1, 1, 2, 2, 3, 3, 4, 4], testSize: 3 }),
      "trainTestSplit: 3 examples to test with cannot have all 5 classes of stratify; expected at least 5",
    ],
    [
      () => trainTestSplit(t, { stratify: [0, 0, 0, 0, 0, 1, 1, 1, 1, 1], shuffle: false }),
      "trainTestSplit: shuffle is false and there is stratify; expected one of them left out",
    ],
  ])("errors %#", (run, message) => {
    expect(run).toThrow(message);
  });
});

describe("Standardizer", () => {
  const close = (actual: NDArray | Variable, expected: readonly number[], digits = 6) => {
    const values = Array.from(actual.toTypedArray());
    expect(values).toHaveLength(expected.length);
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i]!, digits);
  };

  test("features get mean 0 and standard deviation 1, and come back", () => {
    const x = array([
      [1, 10, -1],
      [2, 30, -1],
      [6, 20, -1],
    ]);
    const standardizer = new Standardizer().fit(x);
    close(standardizer.mean, [3, 20, -1], 12);
    close(standardizer.std, [Math.sqrt(14 / 3), Math.sqrt(200 / 3), 1], 12);
    const z = standardizer.transform(x);
    expect([z.dtype, z.shape]).toEqual(["float32", [3, 3]]);
    const [a, b] = [Math.sqrt(14 / 3), Math.sqrt(200 / 3)];
    close(z, [-2 / a, -10 / b, 0, -1 / a, 10 / b, 0, 3 / a, 0, 0]);
    close(standardizer.inverseTransform(z), list(x), 5);
    close(standardizer.transform([[3, 20, 4]]), [0, 0, 5]);
    close(new Standardizer().fitTransform(x), list(z), 7);
  });

  test("a constant feature whose mean is rounded is not blown up", () => {
    const z = new Standardizer().fitTransform(array(new Array<number>(1000).fill(0.1), { dtype: "float64" }));
    expect(Math.max(...list(z).map(Math.abs))).toBeLessThan(1e-12);
  });

  test("of many examples far from 0 it is as exact as float64 allows", () => {
    const n = 300_000;
    const x = Float64Array.from(randomNormal([n], { dtype: "float64" }).toTypedArray(), (value) => 1e6 + value);
    const mean = x.reduce((sum, value) => sum + (value - 1e6), 0) / n;
    const variance = x.reduce((sum, value) => sum + (value - 1e6 - mean) ** 2, 0) / n;
    const standardizer = new Standardizer().fit(x);
    expect(standardizer.mean.item() - 1e6).toBeCloseTo(mean, 7);
    expect(standardizer.std.item()).toBeCloseTo(Math.sqrt(variance), 9);
  });

  test("the parts in which float64 is computed make no difference", () => {
    const x = randomUniform([70_001, 7]);
    const standardizer = new Standardizer().fit(x);
    for (const k of [0, 6]) {
      const column = list(x).filter((_, i) => i % 7 === k);
      const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
      const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length;
      expect(standardizer.mean.toTypedArray()[k]).toBeCloseTo(mean, 10);
      expect(standardizer.std.toTypedArray()[k]).toBeCloseTo(Math.sqrt(variance), 10);
    }
  });

  test("axis: the channels of images; without mean, without standard deviation; integers", () => {
    const images = randomUniform([4, 3, 3, 2]);
    const channels = new Standardizer({ axis: [0, 1, 2] }).fit(images);
    expect(channels.mean.shape).toEqual([2]);
    const z = channels.transform(images);
    expect(z.shape).toEqual([4, 3, 3, 2]);
    const first = list(z).filter((_, i) => i % 2 === 0);
    expect(first.reduce((sum, v) => sum + v, 0) / 36).toBeCloseTo(0, 5);
    expect(first.reduce((sum, v) => sum + v * v, 0) / 36).toBeCloseTo(1, 5);
    const x = array([2, 4], { dtype: "int32" });
    close(new Standardizer({ withMean: false }).fitTransform(x), [2, 4]);
    close(new Standardizer({ withMean: false }).fitTransform([2, 6]), [1, 3]);
    close(new Standardizer({ withStd: false }).fitTransform([2, 6]), [-2, 2]);
    expect(new Standardizer().fitTransform(x).dtype).toBe("float32");
    const half = new Standardizer({ withStd: false }).fit([2, 6]);
    close(half.inverseTransform([1]), [5]);
  });

  test("gradients flow through Variables", () => {
    const standardizer = new Standardizer().fit(randomUniform([6, 2], { dtype: "float64" }));
    const x = variable(randomUniform([3, 2], { dtype: "float64" }));
    expect(gradcheck((v) => standardizer.transform(v!).mul(v!), [x], { order: 2 })).toBe(true);
    expect(gradcheck((v) => standardizer.inverseTransform(v!), [x])).toBe(true);
    expect(standardizer.transform(x).requiresGrad).toBe(true);
  });

  test("state and loadState, by copies", () => {
    const x = randomUniform([5, 3]);
    const standardizer = new Standardizer().fit(x);
    const state = standardizer.state();
    const other = new Standardizer();
    other.loadState(state);
    state.mean.assign(array(0, { dtype: "float64" }));
    expect(list(other.transform(x))).toEqual(list(standardizer.transform(x)));
  });

  test("errors leave it as it was", () => {
    const standardizer = new Standardizer().fit([
      [1, 2],
      [3, 5],
    ]);
    const before = [list(standardizer.mean), list(standardizer.std)];
    const refused: [() => unknown, string][] = [
      [() => new Standardizer({ axes: 0 } as never), "Standardizer: unknown option axes; expected some of axis"],
      [() => new Standardizer({ axis: 1 }), "Standardizer: axis is 1; expected 0, or several with 0 among them"],
      [() => new Standardizer({ withStd: 1 as never }), "Standardizer: withStd is 1; expected true or false"],
      [() => new Standardizer().mean, "Standardizer: there is no mean before fit; expected fit(x) or loadState(state)"],
      [() => new Standardizer().transform([1]), "Standardizer: there is no transform before fit"],
      [() => standardizer.fit(3), "Standardizer: cannot fit an array of shape (); expected examples along"],
      [() => standardizer.fit(array([]).reshape([0, 2])), "Standardizer: cannot fit an array of shape (0, 2)"],
      [() => new Standardizer({ axis: [0, 2] }).fit([[1]]), "Standardizer: axis 2 is out of range"],
      [
        () =>
          standardizer.fit([
            [1, Number.NaN],
            [1, 2],
          ]),
        "Standardizer: feature 1 has the mean NaN; expected finite values",
      ],
      [
        () => standardizer.transform([[1, 2, 3]]),
        "Standardizer: cannot transform an array of shape (1, 3); expected 2 axes with features (2,) beside axis 0",
      ],
      [() => standardizer.inverseTransform([1, 2]), "Standardizer: cannot inverseTransform an array of shape (2,)"],
      [() => standardizer.loadState({ mean: array([1]) } as never), "Standardizer.loadState: mean is float32 (1,)"],
      [
        () => standardizer.loadState({ ...standardizer.state(), std: array([1], { dtype: "float64" }) }),
        "Standardizer.loadState: std is float64 (1,); expected float64 arrays of one shape",
      ],
      [() => standardizer.loadState(null as never), "Standardizer.loadState: expected an object"],
      [() => standardizer.loadState({} as never), "Standardizer.loadState: mean is undefined; expected float64"],
    ];
    for (const [run, message] of refused) expect(run).toThrow(message);
    expect([list(standardizer.mean), list(standardizer.std)]).toEqual(before);
  });
});

test("oneHot of the labels of a batch", () => {
  expect(oneHot(array([2, 0], { dtype: "int32" }), 3).toArray()).toEqual([
    [0, 0, 1],
    [1, 0, 0],
  ]);
  expect(() => oneHot(array([3], { dtype: "int32" }), 3)).toThrow("oneHot: id 3 is out of range; expected 0 to 2");
});
