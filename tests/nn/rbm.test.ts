import { array, constant, type NDArray, ones, randomUniform, seed, variable, zeros } from "../../core/index.js";
import { add, mul, neg, sub } from "../../functions/arithmetic.js";
import { greater } from "../../functions/comparison.js";
import { linear, matmul } from "../../functions/linalg.js";
import { sigmoid, square } from "../../functions/math.js";
import { mean, sum } from "../../functions/reduce.js";
import { transpose } from "../../functions/shape.js";
import { DataLoader, RBM } from "../../nn/index.js";
import { Adam, SGD } from "../../optim/index.js";
import { readDigits } from "./digits.js";
import { refusesCalls, refusesOptions } from "./refusals.js";

beforeEach(() => seed(3));

const dtype = "float64";
const rounded = (x: NDArray) => greater(x, 0.5).data.astype(x.dtype);
const binary = (shape: number[]) => rounded(randomUniform(shape, { dtype }));
const numbers = (x: { toTypedArray(): ArrayLike<number> }) => Array.from(x.toTypedArray());

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const wrong = Array.from(actual).filter((n, i) => !(Math.abs(n - expected[i]!) <= tolerance));
  expect(wrong).toEqual([]);
}

/** One with weights that matter. */
function machine(options: Partial<ConstructorParameters<typeof RBM>[0]> = {}): RBM {
  const rbm = new RBM({ nIn: 6, nOut: 4, dtype, init: "std_normal", ...options });
  rbm.bIn.data = array([0.3, -0.5, 0.1, 0.8, -1, 0.2], { dtype });
  rbm.bOut.data = array([0.4, -0.6, 0.5, -0.1], { dtype });
  return rbm;
}

describe("contrastive divergence", () => {
  test.each([1, 3])("K = %i: the gradients are those of the closed formula", (K) => {
    const rbm = machine({ K });
    const v = variable(binary([7, 6]));
    seed(8);
    rbm.loss(v).backward();
    seed(8);
    const chain = rbm.reconstruct(v, { steps: K, returnProb: true }).detach();
    const hidden = (x: Parameters<typeof linear>[0]) => sigmoid(linear(x, rbm.W, rbm.bOut)).detach();
    const [p, pChain] = [hidden(v), hidden(chain)];
    const per = (g: ReturnType<typeof mul>) => numbers(mul(g, 1 / 7));
    expectClose(
      numbers(rbm.W.grad!),
      per(sub(matmul(transpose(chain), pChain), matmul(transpose(v.detach()), p))),
      1e-14,
    );
    expectClose(numbers(rbm.bIn.grad!), per(sum(sub(chain, v.detach()), { axis: 0 })), 1e-14);
    expectClose(numbers(rbm.bOut.grad!), per(sum(sub(pChain, p), { axis: 0 })), 1e-14);
    // The chain is a constant: v matters through its own energy alone.
    expectClose(numbers(v.grad!), per(neg(add(matmul(p, transpose(rbm.W.detach())), rbm.bIn.detach()))), 1e-14);
  });

  test("cdUpdate is a step along that gradient, and tells how far the reconstruction is off", () => {
    const v = variable(binary([7, 6]));
    const [byHand, updated] = [machine(), machine()];
    updated.loadStateDict(byHand.stateDict());
    for (let step = 0; step < 3; step++) {
      const optimizers = [byHand, updated].map((rbm) => new SGD(rbm.parameters(), { lr: 0.1 }));
      seed(step);
      byHand.clearGrads();
      byHand.loss(v.detach()).backward();
      seed(step);
      const off = mean(square(sub(v, byHand.reconstruct(v, { steps: 1, returnProb: true })))).item();
      optimizers[0]!.step();
      seed(step);
      expect(updated.cdUpdate(v, optimizers[1]!)).toBeCloseTo(off, 12);
    }
    expect(numbers(updated.W)).toEqual(numbers(byHand.W));
    expect(numbers(updated.bIn)).toEqual(numbers(byHand.bIn));
    expect(numbers(updated.bOut)).toEqual(numbers(byHand.bOut));
    expect(v.grad).toBeNull();
  });
});

/** All vectors of `n` bits, one a row. */
function allBits(n: number): NDArray {
  return array(
    Array.from({ length: 2 ** n }, (_, i) => Array.from({ length: n }, (_, bit) => (i >> bit) & 1)),
    { dtype },
  );
}

test("the free energy is -log of the sum of exp(-energy) over all hidden states", () => {
  const rbm = machine();
  const v = binary([5, 6]);
  const [W, bIn, bOut] = [rbm.W, rbm.bIn, rbm.bOut].map((p) => p.toArray()) as [number[][], number[], number[]];
  const expected = (v.toArray() as number[][]).map((bits) => {
    const total = (allBits(4).toArray() as number[][]).reduce((sum, h) => {
      const energy = -bits.reduce(
        (e, b, i) => e + b * (bIn[i]! + h.reduce((inner, hj, j) => inner + W[i]![j]! * hj, 0)),
        h.reduce((inner, hj, j) => inner + bOut[j]! * hj, 0),
      );
      return sum + Math.exp(-energy);
    }, 0);
    return -Math.log(total);
  });
  expectClose(numbers(rbm.freeEnergy(v)), expected, 1e-12);
});

describe("reconstruct", () => {
  const rows = 20_000;

  test("one step gives on average the mean over all hidden states", () => {
    const rbm = machine();
    const bits = [1, 0, 0, 1, 1, 0];
    const p = numbers(rbm.forward(array([bits], { dtype })));
    const states = allBits(4);
    const visible = sigmoid(linear(states, transpose(rbm.W), rbm.bIn)).toArray() as number[][];
    const expected = bits.map((_, i) =>
      (states.toArray() as number[][]).reduce(
        (sum, h, s) => sum + visible[s]![i]! * h.reduce((product, hj, j) => product * (hj ? p[j]! : 1 - p[j]!), 1),
        0,
      ),
    );
    const many = array(
      Array.from({ length: rows }, () => bits),
      { dtype },
    );
    const probabilities = rbm.reconstruct(many, { steps: 1, returnProb: true });
    const sample = rbm.reconstruct(many, { steps: 1 });
    // A mean of 20,000 numbers between 0 and 1 is off by at most 0.0036 in one standard deviation.
    expectClose(numbers(mean(probabilities, { axis: 0 })), expected, 0.018);
    expectClose(numbers(mean(sample, { axis: 0 })), expected, 0.018);
    expect(new Set(numbers(sample))).toEqual(new Set([0, 1]));
    expect(new Set(numbers(probabilities)).size).toBeGreaterThan(10);
  });

  test("takes ten steps unless told, and does not learn", () => {
    const rbm = machine();
    const v = variable(binary([4, 6]));
    const at = (steps?: number) => {
      seed(1);
      return numbers(rbm.reconstruct(v, { ...(steps === undefined ? {} : { steps }), returnProb: true }));
    };
    expect(at()).toEqual(at(10));
    expect(at()).not.toEqual(at(9));
    expect(rbm.reconstruct(v).requiresGrad).toBe(false);
  });

  test("a seed repeats it", () => {
    const rbm = machine();
    const run = (n: number) => {
      seed(n);
      return numbers(rbm.reconstruct(ones([50, 6], { dtype })));
    };
    expect(run(4)).toEqual(run(4));
    expect(run(5)).not.toEqual(run(4));
  });
});

test("learns digits: what it makes of them comes closer to them", () => {
  const digits = rounded(readDigits("train", 500).x);
  const others = rounded(readDigits("t10k", 200).x);
  const rbm = new RBM({ nOut: 128 });
  const error = (v: NDArray) => mean(square(sub(v, rbm.reconstruct(v, { steps: 1, returnProb: true })))).item();
  const before = [error(digits), error(others)];
  const optimizer = new Adam(rbm.parameters(), { lr: 0.01 });
  const losses: number[] = [];
  for (let epoch = 0; epoch < 20; epoch++) {
    let total = 0;
    for (const { x } of new DataLoader({ x: digits }, { batchSize: 50 })) total += rbm.cdUpdate(constant(x), optimizer);
    losses.push(total / 10);
  }
  expect(before.every((e) => e > 0.2)).toBe(true);
  // Better than the mean digit, which the biases alone can learn.
  const mediocre = mean(square(sub(others, mean(digits, { axis: 0 })))).item();
  expect(error(others)).toBeLessThan(0.6 * mediocre);
  expect(error(digits)).toBeLessThan(error(others));
  expect(losses[4]).toBeLessThan(losses[0]!);
  expect(losses[19]).toBeLessThan(losses[4]!);
});

refusesOptions("RBM", [
  [() => new RBM({} as never), "RBM: nOut is undefined; expected a whole number of at least 1"],
  [() => new RBM({ nOut: 2, K: 0 }), "RBM: K is 0; expected a whole number of at least 1"],
  [() => new RBM({ nOut: 2, nIn: 0 }), "RBM: nIn is 0; expected a whole number of at least 1"],
  [() => new RBM({ nOut: 2, k: 1 } as never), "RBM: unknown option k; expected some of nOut, K, nIn, init, dtype"],
  [() => new RBM({ nOut: 2, init: "glorot" }), 'RBM: init is "glorot"; expected '],
  [() => new RBM({ nOut: 2, dtype: "bool" as never }), 'RBM: dtype is "bool"; expected "float32" or "float64"'],
]);

refusesCalls(
  "RBM",
  () => new RBM({ nOut: 2 }),
  (rbm) => rbm.forward(zeros([4, 3])),
  [
    [(rbm) => rbm.forward([1, 0, 1]), "RBM: the input has shape (3,); expected 2 axes (N, nIn)"],
    [(rbm) => rbm.loss(zeros([4, 5])), "RBM: the input of shape (4, 5) has 5 visible units; expected 3"],
    [(rbm) => rbm.freeEnergy(zeros([0, 3])), "RBM: the input of shape (0, 3) has no elements"],
    [(rbm) => rbm.reconstruct(zeros([1, 3], { dtype })), "RBM: the input is float64; expected float32"],
    [
      (rbm) => rbm.reconstruct(zeros([1, 3]), { steps: 0 }),
      "RBM.reconstruct: steps is 0; expected a whole number of at least 1",
    ],
    [
      (rbm) => rbm.reconstruct(zeros([1, 3]), { returnProb: 1 as never }),
      "RBM.reconstruct: returnProb is 1; expected true or false",
    ],
    [
      (rbm) => rbm.reconstruct(zeros([1, 3]), { nSteps: 3 } as never),
      "RBM.reconstruct: unknown option nSteps; expected some of steps, returnProb",
    ],
    [
      (rbm) => rbm.cdUpdate(zeros([1, 3]), 0.1 as never),
      "RBM: optimizer is 0.1; expected an Optimizer of the layer's parameters",
    ],
  ],
);
