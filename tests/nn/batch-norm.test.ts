import { array, noGrad, randomNormal, seed, testMode, variable, zeros } from "../../core/index.js";
import type { NDArray } from "../../core/ndarray.js";
import { square } from "../../functions/math.js";
import { sum } from "../../functions/reduce.js";
import { BatchNorm1D, BatchNorm2D, FullyConnected, LayerNorm1D, LayerNorm2D, Sequential } from "../../nn/index.js";
import { refusesCalls, refusesOptions } from "./refusals.js";

beforeEach(() => seed(21));

const batch = (...shape: number[]) => randomNormal(shape, { mean: 3, std: 2, dtype: "float64" });

function running(layer: BatchNorm1D | BatchNorm2D): unknown[] {
  return [layer.runningMean!.data.toArray(), layer.runningVar!.data.toArray()];
}

const columns = (x: NDArray) => x.transpose().toArray() as number[][];
const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const varianceOf = (values: readonly number[]) => meanOf(values.map((v) => (v - meanOf(values)) ** 2));

describe("running statistics", () => {
  test("start at mean 0 and variance 1; the scaler starts at 1 and the intercept at 0", () => {
    for (const layer of [new BatchNorm1D({ dtype: "float64" }), new BatchNorm1D({ nIn: 2, dtype: "float64" })]) {
      const x = batch(3, 2);
      const y = layer.eval().forward(x).toTypedArray();
      expect(layer.namedBuffers().map(([name, { data }]) => [name, data.toArray()])).toEqual([
        ["runningMean", [0, 0]],
        ["runningVar", [1, 1]],
      ]);
      expect(layer.namedParameters().map(([name, p]) => [name, p.toArray()])).toEqual([
        ["scaler", [1, 1]],
        ["intercept", [0, 0]],
      ]);
      x.toTypedArray().forEach((v, i) => {
        expect(y[i]).toBeCloseTo(v / Math.sqrt(1 + 1e-5), 12);
      });
    }
  });

  test("move by each forward in training, recorded or not, frozen or not", () => {
    const layer = new BatchNorm1D({ nIn: 2, momentum: 0.8, dtype: "float64" }).freeze();
    const batches = [batch(5, 2), batch(3, 2)];
    layer.forward(batches[0]!);
    noGrad(() => layer.forward(batches[1]!));
    for (const j of [0, 1]) {
      const [first, second] = batches.map((x) => columns(x)[j]!);
      const mean = 0.8 * (0.2 * meanOf(first!)) + 0.2 * meanOf(second!);
      const variance = 0.8 * (0.8 + 0.2 * varianceOf(first!)) + 0.2 * varianceOf(second!);
      expect((running(layer)[0] as number[])[j]).toBeCloseTo(mean, 12);
      expect((running(layer)[1] as number[])[j]).toBeCloseTo(variance, 12);
    }
  });

  test("stay as they are in use, in test mode, and when backward runs", () => {
    const layer = new BatchNorm2D({ dtype: "float64" });
    const y = layer.forward(batch(2, 3, 3, 2));
    const before = running(layer);
    sum(square(y)).backward();
    layer.eval().forward(batch(2, 3, 3, 2));
    testMode(() => layer.train().forward(batch(2, 3, 3, 2)));
    expect(running(layer)).toEqual(before);
    layer.forward(batch(2, 3, 3, 2));
    expect(running(layer)).not.toEqual(before);
  });

  test("test mode normalizes by them", () => {
    const layer = new BatchNorm1D({ dtype: "float64" });
    const x = batch(4, 3);
    layer.forward(x);
    const inUse = testMode(() => layer.forward(x)).toArray();
    expect(layer.eval().forward(x).toArray()).toEqual(inUse);
    expect(layer.train().forward(x).toArray()).not.toEqual(inUse);
  });

  test("resetRunningStats puts them back, also before the first forward", () => {
    const layer = new BatchNorm1D({ dtype: "float64" });
    layer.resetRunningStats();
    expect(layer.runningMean!.initialized).toBe(false);
    layer.forward(batch(4, 2));
    layer.resetRunningStats();
    expect(running(layer)).toEqual([
      [0, 0],
      [1, 1],
    ]);
    new BatchNorm1D({ trackRunningStats: false }).resetRunningStats();
  });

  test("a forward in training does not reach the graph of one in use", () => {
    const layer = new BatchNorm1D({ nIn: 1, dtype: "float64", epsilon: 0 });
    layer.forward([[0], [6]]);
    const [mean, variance] = running(layer).map((values) => (values as number[])[0]!);
    const x = variable(array([[5]], { dtype: "float64" }));
    const y = layer.eval().forward(x);
    layer.train().forward([[100], [200]]);
    y.backward();
    expect(x.grad!.item()).toBeCloseTo(1 / Math.sqrt(variance!), 14);
    expect(layer.scaler!.grad!.item()).toBeCloseTo((5 - mean!) / Math.sqrt(variance!), 14);
  });

  test("of a single value the unbiased variance counts as 0", () => {
    const layer = new BatchNorm1D({ unbiased: true, momentum: 0.5, dtype: "float64" });
    expect(layer.forward([[7, -2]]).toArray()).toEqual([[0, 0]]);
    expect(running(layer)).toEqual([
      [3.5, -1],
      [0.5, 0.5],
    ]);
  });

  test("belong to the state of a model and not to its parameters", () => {
    const make = () => new Sequential(new FullyConnected({ nOut: 3 }), new BatchNorm1D(), new LayerNorm1D());
    const model = make();
    model.forward(randomNormal([4, 2]));
    expect(Object.keys(model.stateDict())).toEqual([
      "0.W",
      "0.b",
      "1.scaler",
      "1.intercept",
      "1.runningMean",
      "1.runningVar",
      "2.scaler",
      "2.intercept",
    ]);
    expect(model.parameters().length).toBe(6);
    const other = make();
    other.loadStateDict(model.stateDict());
    const x = randomNormal([1, 2]);
    expect(other.eval().forward(x).toArray()).toEqual(model.eval().forward(x).toArray());
  });
});

test("what is far from 0 is normalized all the same", () => {
  const x = randomNormal([2000, 3], { mean: 1000, std: 0.5 });
  for (const column of columns(new BatchNorm1D().forward(x).data)) {
    expect(Math.abs(meanOf(column))).toBeLessThan(1e-3);
    expect(Math.abs(varianceOf(column) - 1)).toBeLessThan(1e-3);
  }
});

test("a channel of equal values gives the intercept", () => {
  const layer = new BatchNorm2D({ inCh: 2 });
  layer.intercept!.data.assign(array([3, -1]));
  const y = layer.forward(array([5, 7, 5, 7, 5, 7, 5, 7]).reshape([1, 2, 2, 2]));
  expect([...y.toTypedArray()]).toEqual([3, -1, 3, -1, 3, -1, 3, -1]);
});

test("without parameters and running statistics a layer takes any number of features", () => {
  const layer = new BatchNorm1D({ affine: false, trackRunningStats: false });
  expect([layer.forward(randomNormal([3, 2])).shape, layer.forward(randomNormal([3, 5])).shape]).toEqual([
    [3, 2],
    [3, 5],
  ]);
  const known = new BatchNorm1D({ affine: false, trackRunningStats: false, nIn: 2 });
  expect(() => known.forward(randomNormal([3, 5]))).toThrow(
    "BatchNorm1D: the input of shape (3, 5) has 5 features; expected 2",
  );
});

const batchNorms = { BatchNorm1D, BatchNorm2D } as const;
for (const [name, Norm] of Object.entries(batchNorms)) {
  const size = name === "BatchNorm1D" ? "nIn" : "inCh";
  const make = (options: object) => () => new Norm(options as never);
  refusesOptions(name, [
    [() => new Norm(3 as never), `${name}: expected an object of options (${size}, momentum, epsilon, affine, `],
    [make({ eps: 1 }), `${name}: unknown option eps; expected some of ${size}, momentum, epsilon, affine, `],
    [make({ [size]: 0 }), `${name}: ${size} is 0; expected a whole number of at least 1`],
    [make({ momentum: 1.1 }), `${name}: momentum is 1.1; expected a number from 0 to 1`],
    [make({ momentum: Number.NaN }), `${name}: momentum is NaN; expected a number from 0 to 1`],
    [make({ momentum: null }), `${name}: momentum is null; expected a number from 0 to 1`],
    [make({ epsilon: -1 }), `${name}: epsilon is -1; expected a finite number of at least 0`],
    [make({ epsilon: Infinity }), `${name}: epsilon is Infinity; expected a finite number of at least 0`],
    [make({ affine: 1 }), `${name}: affine is 1; expected true or false`],
    [make({ trackRunningStats: "no" }), `${name}: trackRunningStats is "no"; expected true or false`],
    [make({ unbiased: 0 }), `${name}: unbiased is 0; expected true or false`],
    [make({ dtype: "int32" }), `${name}: dtype is "int32"; expected "float32" or "float64"`],
  ]);
}

refusesOptions("LayerNorm1D", [
  [
    () => new LayerNorm1D({ momentum: 1 } as never),
    "LayerNorm1D: unknown option momentum; expected some of nIn, epsilon, ",
  ],
  [() => new LayerNorm1D({ nIn: 1.5 }), "LayerNorm1D: nIn is 1.5; expected a whole number of at least 1"],
  [
    () => new LayerNorm1D({ epsilon: Number.NaN }),
    "LayerNorm1D: epsilon is NaN; expected a finite number of at least 0",
  ],
  [() => new LayerNorm1D({ affine: null as never }), "LayerNorm1D: affine is null; expected true or false"],
]);

refusesOptions("LayerNorm2D", [
  [() => new LayerNorm2D({ nIn: 1 } as never), "LayerNorm2D: unknown option nIn; expected some of inShape, epsilon, "],
  [
    () => new LayerNorm2D({ inShape: [2, 3] as never }),
    "LayerNorm2D: inShape is [2, 3]; expected [rows, cols, channels]",
  ],
  [() => new LayerNorm2D({ inShape: [2, 3, 0] }), "LayerNorm2D: inShape is [2, 3, 0]; expected [rows, cols, channels]"],
  [() => new LayerNorm2D({ inShape: 3 as never }), "LayerNorm2D: inShape is 3; expected [rows, cols, channels]"],
]);

refusesCalls(
  "BatchNorm1D",
  () => new BatchNorm1D(),
  (layer) => layer.eval().forward(zeros([4, 3])),
  [
    [
      (layer) => layer.forward([1, 2, 3]),
      "BatchNorm1D: the input has shape (3,); expected at least 2 axes (N, nIn) or (N, steps, nIn)",
    ],
    [
      (layer) => layer.forward(zeros([1, 2, 2, 3])),
      "BatchNorm1D: the input has shape (1, 2, 2, 3); expected 2 or 3 axes (N, nIn) or (N, steps, nIn), or BatchNorm2D",
    ],
    [(layer) => layer.forward(zeros([5, 4])), "BatchNorm1D: the input of shape (5, 4) has 4 features; expected 3"],
    [(layer) => layer.forward(zeros([0, 3])), "BatchNorm1D: the input of shape (0, 3) has no elements"],
    [
      (layer) => layer.forward(zeros([2, 3], { dtype: "float64" })),
      'BatchNorm1D: the input is float64; expected float32 (astype), or a layer made with dtype: "float64"',
    ],
  ],
);

refusesCalls(
  "BatchNorm2D",
  () => new BatchNorm2D(),
  (layer) => layer.eval().forward(zeros([1, 2, 2, 3])),
  [
    [
      (layer) => layer.forward(zeros([4, 3])),
      "BatchNorm2D: the input has shape (4, 3); expected 4 axes (N, rows, cols, channels)",
    ],
    [
      (layer) => layer.forward(zeros([1, 2, 2, 1])),
      "BatchNorm2D: the input of shape (1, 2, 2, 1) has 1 channels; expected 3",
    ],
    [(layer) => layer.forward(zeros([1, 2, 0, 3])), "BatchNorm2D: the input of shape (1, 2, 0, 3) has no elements"],
  ],
);

refusesCalls(
  "LayerNorm1D",
  () => new LayerNorm1D(),
  (layer) => layer.forward(zeros([4, 3])),
  [
    [
      (layer) => layer.forward([1, 2, 3]),
      "LayerNorm1D: the input has shape (3,); expected at least 2 axes (N, ..., nIn)",
    ],
    [
      (layer) => layer.forward(zeros([3, 4])),
      "LayerNorm1D: the input of shape (3, 4) has (4,) to normalize; expected (3,)",
    ],
  ],
);

refusesCalls(
  "LayerNorm2D",
  () => new LayerNorm2D(),
  (layer) => layer.forward(zeros([1, 2, 4, 3])),
  [
    [
      (layer) => layer.forward(zeros([2, 4, 3])),
      "LayerNorm2D: the input has shape (2, 4, 3); expected 4 axes (N, rows, cols, channels)",
    ],
    [
      (layer) => layer.forward(zeros([1, 4, 2, 3])),
      "LayerNorm2D: the input of shape (1, 4, 2, 3) has (4, 2, 3) to normalize; expected (2, 4, 3)",
    ],
  ],
);
