import { array, constant, noGrad, randomNormal, seed, zeros } from "../../core/index.js";
import { accuracy, softmaxCrossEntropy } from "../../functions/index.js";
import { sum } from "../../functions/reduce.js";
import { DataLoader, FullyConnected, Sequential, SparseEvolution, type UnaryLayer } from "../../nn/index.js";
import { Adam, SGD } from "../../optim/index.js";
import { readDigits } from "./digits.js";
import { refusesCalls, refusesOptions } from "./refusals.js";

beforeEach(() => seed(3));

const numbers = (x: { toTypedArray(): ArrayLike<number> }) => Array.from(x.toTypedArray());
const weightsOf = (layer: SparseEvolution) => numbers(layer.W);
const maskOf = (layer: SparseEvolution) => numbers(layer.WMask.data);
const indices = (mask: readonly number[], wanted: number) => mask.flatMap((m, i) => (m === wanted ? [i] : []));

/** One with `weights` where `mask` is 1. */
function layerOf(weights: number[][], mask: number[][], zeta = 0.5): SparseEvolution {
  const layer = new SparseEvolution({ nOut: weights[0]!.length, nIn: weights.length, zeta, dtype: "float64" });
  layer.W.data = array(weights, { dtype: "float64" });
  layer.WMask.data = array(mask, { dtype: "float64" });
  return layer;
}

describe("connections", () => {
  const share = (layer: SparseEvolution) => maskOf(layer).reduce((a, b) => a + b, 0) / layer.W.size;

  test("are as many as epsilon says: epsilon (nIn + nOut) / (nIn nOut)", () => {
    const layer = new SparseEvolution({ nOut: 300, nIn: 784 });
    expect(share(layer)).toBeCloseTo((20 * 1084) / (784 * 300), 2);
    expect(new Set(maskOf(layer))).toEqual(new Set([0, 1]));
    expect(share(new SparseEvolution({ nOut: 300, nIn: 784, epsilon: 5 }))).toBeCloseTo((5 * 1084) / (784 * 300), 2);
  });

  test("are at most all there can be", () => {
    expect(share(new SparseEvolution({ nOut: 4, nIn: 3 }))).toBe(1);
    expect(share(new SparseEvolution({ nOut: 4, nIn: 3, density: 1 }))).toBe(1);
  });

  test("are as many as density says", () => {
    expect(share(new SparseEvolution({ nOut: 300, nIn: 300, density: 0.1 }))).toBeCloseTo(0.1, 2);
    expect(share(new SparseEvolution({ nOut: 30, nIn: 30, density: 0 }))).toBe(0);
  });

  test("alone have weights and gradients", () => {
    const layer = new SparseEvolution({ nOut: 20, nIn: 30, density: 0.2 });
    sum(layer.forward(randomNormal([5, 30]))).backward();
    const [mask, weights, gradient] = [maskOf(layer), weightsOf(layer), numbers(layer.W.grad!)];
    expect(indices(mask, 0).filter((i) => weights[i] !== 0 || gradient[i] !== 0)).toEqual([]);
    expect(indices(mask, 1).filter((i) => weights[i] === 0 || gradient[i] === 0)).toEqual([]);
  });

  test("are the same for a seed in both dtypes", () => {
    const drawn = (["float32", "float64"] as const).map((dtype) => {
      seed(9);
      return maskOf(new SparseEvolution({ nOut: 20, nIn: 30, density: 0.2, dtype }));
    });
    expect(drawn[0]).toEqual(drawn[1]);
  });
});

describe("evolve", () => {
  test("drops the weakest of either sign, and as many come where there were none", () => {
    const layer = layerOf(
      [
        [0.5, 0.1, -0.2, 9],
        [-0.9, 0.3, 9, 9],
        [-0.1, 0.9, 9, 9],
      ],
      [
        [1, 1, 1, 0],
        [1, 1, 0, 0],
        [1, 1, 0, 0],
      ],
    );
    // Of 4 positive and 3 negative ones: 2 and 1.5, rounded to 2.
    expect(layer.evolve()).toBe(4);
    const [weights, mask] = [weightsOf(layer), maskOf(layer)];
    const kept = [0, 4, 9];
    expect(kept.map((i) => mask[i])).toEqual([1, 1, 1]);
    expect(kept.map((i) => weights[i])).toEqual([0.5, -0.9, 0.9]);
    expect([1, 2, 5, 8].map((i) => mask[i])).toEqual([0, 0, 0, 0]);
    expect([1, 2, 5, 8].map((i) => weights[i])).toEqual([0, 0, 0, 0]);
    const come = indices(mask, 1).filter((i) => !kept.includes(i));
    expect(come.length).toBe(4);
    expect(come.filter((i) => ![3, 6, 7, 10, 11].includes(i))).toEqual([]);
    // New weights are as glorot_uniform draws them.
    expect(come.filter((i) => weights[i] === 0 || Math.abs(weights[i]!) > Math.sqrt(6 / 7))).toEqual([]);
  });

  test("keeps the number of connections over many evolutions, and all places get their turn", () => {
    const layer = new SparseEvolution({ nOut: 20, nIn: 15, density: 0.2 });
    const count = indices(maskOf(layer), 1).length;
    const taken = new Set<number>();
    for (let step = 0; step < 150; step++) {
      const [before, weights] = [maskOf(layer), weightsOf(layer)];
      const positive = indices(before, 1).filter((i) => weights[i]! >= 0).length;
      const replaced = Math.round(0.3 * positive) + Math.round(0.3 * (count - positive));
      expect(layer.evolve()).toBe(replaced);
      const after = maskOf(layer);
      expect(indices(after, 1).length).toBe(count);
      expect(indices(before, 0).filter((i) => after[i] === 1).length).toBe(replaced);
      expect(indices(before, 1).filter((i) => after[i] === 0).length).toBe(replaced);
      for (const i of indices(after, 1)) taken.add(i);
    }
    expect(taken.size).toBe(300);
  });

  test("new connections come evenly to all free places", () => {
    const [weights, mask] = [
      Array.from({ length: 10 }, (_, i) => [i < 5 ? 1 : 0]),
      Array.from({ length: 10 }, (_, i) => [i < 5 ? 1 : 0]),
    ];
    const counts = new Array<number>(10).fill(0);
    for (let run = 0; run < 1000; run++) {
      const layer = layerOf(weights, mask, 0.4);
      expect(layer.evolve()).toBe(2);
      for (const i of indices(maskOf(layer), 1)) counts[i]! += 1;
    }
    // 400 times each in the mean, with a standard deviation of 15.5.
    for (const n of counts.slice(5)) expect(Math.abs(n - 400)).toBeLessThan(70);
  });

  test("where there are too few free places connections come back, with new weights", () => {
    const layer = layerOf([[0.25, -0.25, 0.5, -0.5]], [[1, 1, 1, 1]]);
    expect(layer.evolve()).toBe(2);
    expect(maskOf(layer)).toEqual([1, 1, 1, 1]);
    const weights = weightsOf(layer);
    expect(weights.slice(2)).toEqual([0.5, -0.5]);
    expect([0.25, -0.25, 0]).not.toContain(weights[0]);
    expect([0.25, -0.25, 0]).not.toContain(weights[1]);
  });

  test("a weight of 0 is the weakest of the positive ones", () => {
    const layer = layerOf([[0, 2, -1, 9, 9]], [[1, 1, 1, 0, 0]]);
    expect(layer.evolve()).toBe(2);
    expect(maskOf(layer)).toEqual([0, 1, 0, 1, 1]);
  });

  test("zeta 0 replaces nothing, zeta 1 everything", () => {
    const [weights, mask] = [[[1, 2, -1, 9, 9, 9]], [[1, 1, 1, 0, 0, 0]]];
    const none = layerOf(weights, mask, 0);
    expect(none.evolve()).toBe(0);
    expect([weightsOf(none), maskOf(none)]).toEqual([weights[0], mask[0]]);
    const all = layerOf(weights, mask, 1);
    expect(all.evolve()).toBe(3);
    expect(maskOf(all)).toEqual([0, 0, 0, 1, 1, 1]);
  });

  test("a seed repeats it, and a state dict keeps it", () => {
    const evolved = (n: number) => {
      seed(2);
      const layer = new SparseEvolution({ nOut: 5, nIn: 6, density: 0.5 });
      seed(n);
      layer.evolve();
      return layer;
    };
    expect(maskOf(evolved(4))).toEqual(maskOf(evolved(4)));
    expect(maskOf(evolved(5))).not.toEqual(maskOf(evolved(4)));
    const copy = new SparseEvolution({ nOut: 5, density: 0.5 });
    copy.loadStateDict(evolved(4).stateDict());
    expect(maskOf(copy)).toEqual(maskOf(evolved(4)));
  });

  test("a frozen layer stays as it is", () => {
    const layer = new SparseEvolution({ nOut: 5, nIn: 6, density: 0.5 }).freeze();
    const before = [weightsOf(layer), maskOf(layer)];
    expect(layer.evolve()).toBe(0);
    expect([weightsOf(layer), maskOf(layer)]).toEqual(before);
  });
});

describe("evolve with an optimizer", () => {
  test.each([
    ["SGD", (layer: SparseEvolution) => new SGD(layer.parameters(), { lr: 0.1, momentum: 0.9 })],
    ["Adam", (layer: SparseEvolution) => new Adam(layer.parameters(), { lr: 0.1 })],
  ])("%s forgets the weights that went and came, and no others", (_, make) => {
    const layer = new SparseEvolution({ nOut: 8, nIn: 10, density: 0.4 });
    const optimizer = make(layer);
    for (let step = 0; step < 3; step++) {
      optimizer.zeroGrad();
      sum(layer.forward(randomNormal([4, 10]))).backward();
      optimizer.step();
    }
    const before = maskOf(layer);
    const former = weightsOf(layer);
    layer.evolve(optimizer);
    const after = maskOf(layer);
    const evolved = weightsOf(layer);
    // Without a gradient only what is remembered moves a weight.
    layer.W.grad = constant(zeros([10, 8]));
    optimizer.step();
    const moved = weightsOf(layer).map((w, i) => w !== evolved[i]);
    const kept = indices(before, 1).filter((i) => after[i] === 1 && evolved[i] === former[i]);
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.filter((i) => !moved[i])).toEqual([]);
    expect(moved.filter(Boolean).length).toBe(kept.length);
  });

  test("one that has another layer's parameters is refused before anything changes", () => {
    const layer = new SparseEvolution({ nOut: 8, nIn: 10, density: 0.4 });
    const other = new SGD(new FullyConnected({ nOut: 1, nIn: 1 }).parameters());
    const before = [weightsOf(layer), maskOf(layer)];
    expect(() => layer.evolve(other)).toThrow("expected one of the optimizer's parameters");
    expect([weightsOf(layer), maskOf(layer)]).toEqual(before);
  });
});

test("learns digits to within 1 % of the dense layer with a tenth of its connections, which move to where digits differ", () => {
  const [digits, others] = [readDigits("train", 5000), readDigits("t10k", 10000)];
  // The pixels' standard deviation becomes 1; what is black in all digits stays 0, so that weights there decay and go.
  const scaled = ({ x, t }: typeof digits) => ({
    x: array(x.toTypedArray().map((v) => v / 0.3081)).reshape(x.shape),
    t,
  });
  const [train, held] = [scaled(digits), scaled(others)];

  const learn = (first: UnaryLayer, afterEpoch: (optimizer: Adam) => void) => {
    const epochs = 10;
    const model = new Sequential(first, new FullyConnected({ nOut: 10 }));
    const optimizer = new Adam(model.parameters(), { lr: 0.008, weightDecay: 0.001 });
    const loader = new DataLoader(train, { batchSize: 64 });
    let steps = 0;
    for (let epoch = 1; epoch <= epochs; epoch++) {
      for (const { x, t } of loader) {
        optimizer.lr = 0.008 * (1 - steps++ / (epochs * loader.length));
        const loss = softmaxCrossEntropy(model.forward(x), t);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
      }
      if (epoch < epochs) afterEpoch(optimizer);
    }
    return noGrad(() => accuracy(model.forward(held.x), held.t).item());
  };

  const sparse = new SparseEvolution({ nOut: 300, density: 0.1, actFn: "relu" });
  const sparseAccuracy = learn(sparse, (optimizer) => sparse.evolve(optimizer));
  const denseAccuracy = learn(new FullyConnected({ nOut: 300, actFn: "relu" }), () => {});
  expect(sparseAccuracy).toBeGreaterThan(0.93);
  expect(sparseAccuracy).toBeGreaterThan(denseAccuracy - 0.01);
  const share = (pixels: readonly number[]) => {
    const rows = sparse.WMask.data.toArray() as number[][];
    return pixels.reduce((total, i) => total + rows[i]!.reduce((a, b) => a + b, 0), 0) / (300 * pixels.length);
  };
  const square = (from: number, to: number) =>
    Array.from({ length: 784 }, (_, i) => i).filter(
      (i) => Math.min(i / 28, i % 28) >= from && Math.max(Math.floor(i / 28), i % 28) < to,
    );
  expect(share(square(8, 20))).toBeGreaterThan(0.13);
  expect(share(square(0, 28).filter((i) => !square(4, 24).includes(i)))).toBeLessThan(0.07);
});

refusesOptions("SparseEvolution", [
  [() => new SparseEvolution({} as never), "SparseEvolution: nOut is undefined; expected a whole number of at least 1"],
  [
    () => new SparseEvolution({ nOut: 2, nIn: -1 }),
    "SparseEvolution: nIn is -1; expected a whole number of at least 1",
  ],
  [() => new SparseEvolution({ nOut: 2, zeta: 1.2 }), "SparseEvolution: zeta is 1.2; expected a number from 0 to 1"],
  [
    () => new SparseEvolution({ nOut: 2, epsilon: -1 }),
    "SparseEvolution: epsilon is -1; expected a finite number of at least 0",
  ],
  [
    () => new SparseEvolution({ nOut: 2, density: Number.NaN }),
    "SparseEvolution: density is NaN; expected a number from 0 to 1",
  ],
  [
    () => new SparseEvolution({ nOut: 2, density: 0.1, epsilon: 3 }),
    "SparseEvolution: both epsilon 3 and density 0.1 are given; expected one of them",
  ],
  [
    () => new SparseEvolution({ nOut: 2, sparsity: 0.9 } as never),
    "SparseEvolution: unknown option sparsity; expected some of nOut, nIn, zeta, epsilon, density, actFn, init, dtype",
  ],
  [() => new SparseEvolution({ nOut: 2, actFn: "rellu" }), 'SparseEvolution: actFn is "rellu"; expected '],
]);

refusesCalls(
  "SparseEvolution",
  () => new SparseEvolution({ nOut: 2 }),
  (layer) => layer.forward(zeros([4, 3])),
  [
    [
      (layer) => layer.forward([1, 2, 3]),
      "SparseEvolution: the input has shape (3,); expected at least 2 axes (N, ..., nIn)",
    ],
    [(layer) => layer.forward(zeros([5, 4])), "SparseEvolution: the input of shape (5, 4) has 4 features; expected 3"],
    [
      (layer) => layer.evolve({} as never),
      "SparseEvolution: optimizer is a Object; expected an Optimizer, with resetState",
    ],
    [
      (layer) => layer.evolve(null as never),
      "SparseEvolution: optimizer is null; expected an Optimizer, with resetState",
    ],
  ],
);

test("evolve before the sizes are known is refused", () => {
  expect(() => new SparseEvolution({ nOut: 2 }).evolve()).toThrow(
    "SparseEvolution: evolve has no weights before the first forward; expected a forward, or nIn",
  );
});
