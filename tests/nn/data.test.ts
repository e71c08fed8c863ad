import { arange, array, constant, seed } from "../../core/index.js";
import { DataLoader, minibatch } from "../../nn/index.js";

beforeEach(() => seed(17));

const flat = (batches: Int32Array[]) => batches.flatMap((batch) => [...batch]);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("minibatch", () => {
  test("every example once, in random order, the last batch short", () => {
    const batches = minibatch(10, { batchSize: 4 });
    expect(batches.map((batch) => batch.length)).toEqual([4, 4, 2]);
    expect(flat(batches)).not.toEqual(upTo(10));
    expect(flat(batches).sort((a, b) => a - b)).toEqual(upTo(10));
    expect(flat(minibatch(10, { batchSize: 4 }))).not.toEqual(flat(batches));
    seed(17);
    expect(minibatch(10, { batchSize: 4 })).toEqual(batches);
  });

  test("in order without shuffle; of an array as many as it has rows", () => {
    expect(minibatch(5, { batchSize: 3, shuffle: false }).map((b) => [...b])).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    expect(
      flat(
        minibatch(
          array([
            [1, 2],
            [3, 4],
          ]),
          { shuffle: false },
        ),
      ),
    ).toEqual([0, 1]);
    expect(flat(minibatch(constant([7, 8, 9]), { shuffle: false }))).toEqual([0, 1, 2]);
    expect(minibatch(0)).toEqual([]);
    expect(minibatch(600)).toHaveLength(3);
  });

  test.each<[() => unknown, string]>([
    [() => minibatch(-1), "minibatch: the number of examples is -1; expected a whole number of at least 0"],
    [() => minibatch(2.5), "minibatch: the number of examples is 2.5"],
    [() => minibatch(array(3)), "minibatch: the number of examples is undefined"],
    [() => minibatch(3, { batchSize: 0 }), "minibatch: batchSize is 0; expected a whole number of at least 1"],
    [() => minibatch(3, { shuffle: 1 as never }), "minibatch: shuffle is 1; expected true or false"],
    [
      () => minibatch(3, { batchsize: 1 } as never),
      "minibatch: unknown option batchsize; expected some of batchSize, shuffle",
    ],
  ])("errors %#", (run, message) => {
    expect(run).toThrow(message);
  });
});

describe("DataLoader", () => {
  const x = arange(20).reshape([5, 2, 2]);
  const t = array([10, 11, 12, 13, 14], { dtype: "int32" });

  test("gathers the arrays by the same indices, anew in each pass", () => {
    const loader = new DataLoader({ x, t }, { batchSize: 2 });
    expect(loader.length).toBe(3);
    const passes = [0, 1, 2].map(() => [...loader]);
    const orders = passes.map((batches) => batches.flatMap((batch) => batch.t.toArray()));
    for (const batches of passes) {
      expect(batches.map((batch) => batch.x.shape)).toEqual([
        [2, 2, 2],
        [2, 2, 2],
        [1, 2, 2],
      ]);
      for (const batch of batches) {
        const labels = batch.t.toArray() as number[];
        expect(batch.t.dtype).toBe("int32");
        expect(batch.x.toArray()).toEqual(labels.map((label) => (x.toArray() as number[][][])[label - 10]));
      }
    }
    expect(orders[0]).not.toEqual(orders[1]);
    for (const order of orders) expect([...order].sort()).toEqual(t.toArray());
    seed(17);
    expect([...loader].flatMap((batch) => batch.t.toArray())).toEqual(orders[0]);
  });

  test("in order without shuffle, without a short batch with dropLast", () => {
    const loader = new DataLoader({ x, t }, { batchSize: 2, shuffle: false, dropLast: true });
    expect(loader.length).toBe(2);
    expect([...loader].map((batch) => batch.t.toArray())).toEqual([
      [10, 11],
      [12, 13],
    ]);
    expect([...new DataLoader({ t }, { batchSize: 6, dropLast: true })]).toEqual([]);
  });

  test("nested arrays, typed arrays and views", () => {
    const loader = new DataLoader(
      {
        ids: Int32Array.of(4, 5),
        columns: array([
          [1, 2],
          [3, 4],
          [5, 6],
        ]).transpose(),
        weights: [0.5, 0.25],
      },
      { shuffle: false },
    );
    const [batch] = [...loader];
    expect(batch!.ids.toArray()).toEqual([4, 5]);
    expect(batch!.columns.toArray()).toEqual([
      [1, 3, 5],
      [2, 4, 6],
    ]);
    expect(batch!.weights.toArray()).toEqual([0.5, 0.25]);
  });

  test.each<[() => unknown, string]>([
    [() => new DataLoader({}), "DataLoader: there are no arrays; expected at least one"],
    [
      () => new DataLoader(x as never),
      "DataLoader: expected arrays by name, such as { x: images, t: labels }, got a NDArray",
    ],
    [() => new DataLoader([x, t] as never), "DataLoader: expected arrays by name"],
    [
      () => new DataLoader({ x, t: array([1, 2]) }),
      "DataLoader: x has shape (5, 2, 2) and t (2,); expected as many examples in each",
    ],
    [() => new DataLoader({ x, t: 3 }), "DataLoader: t is a scalar; expected examples along a first axis"],
    [
      () => new DataLoader({ x }, { batchSize: 1.5 }),
      "DataLoader: batchSize is 1.5; expected a whole number of at least 1",
    ],
    [
      () => new DataLoader({ x }, { dropLast: "yes" as never }),
      'DataLoader: dropLast is "yes"; expected true or false',
    ],
    [
      () => new DataLoader({ x }, { drop: true } as never),
      "DataLoader: unknown option drop; expected some of batchSize",
    ],
  ])("errors %#", (run, message) => {
    expect(run).toThrow(message);
  });
});
