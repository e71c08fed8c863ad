import { array, constant, Parameter, randomNormal, seed } from "../../core/index.js";
import { RowGradient } from "../../core/row-gradient.js";
import * as F from "../../functions/index.js";
import { AdaGrad, Adam, type Optimizer, registeredOptimizers, resolveOptimizer, SGD } from "../../optim/index.js";

const [ROWS, WIDTH] = [400, 64];
const STEPS = 4;

/** Steps with gradients of few rows, different ones each time; `whole` makes them ordinary gradients first. */
function run(
  make: (W: Parameter) => Optimizer,
  whole: boolean,
): { W: Parameter; used: Set<number>; optimizer: Optimizer } {
  seed(5);
  const W = new Parameter(randomNormal([ROWS, WIDTH]));
  const optimizer = make(W);
  const used = new Set<number>();
  for (let step = 1; step <= STEPS; step++) {
    const ids = [3, step, 7 * step, 3];
    for (const id of ids) used.add(id);
    optimizer.zeroGrad();
    F.sum(F.square(F.getItem(W, array(Int32Array.from(ids))))).backward();
    expect(W.peekGrad()).toBeInstanceOf(RowGradient);
    if (whole) W.grad = constant(W.grad!.data.copy());
    optimizer.step();
    if (!whole) W.clearGrad();
  }
  return { W, used, optimizer };
}

describe.each(registeredOptimizers())("%s", (name) => {
  test("a gradient of few rows does what a whole one does", () => {
    for (const momentum of name === "SGD" || name === "RMSProp" ? [0, 0.9] : [undefined]) {
      for (const weightDecay of [0, 0.1]) {
        const options = { name, weightDecay, ...(momentum === undefined ? {} : { momentum }) };
        const [few, whole] = [false, true].map((w) => run((W) => resolveOptimizer(options, [W]), w).W.data.toArray());
        expect(few).toEqual(whole);
      }
    }
  });

  test("lazily it changes the rows used, and what is remembered of them, alone", () => {
    const options = { name, lazy: true, weightDecay: 0.1, ...(name === "SGD" ? { momentum: 0.9 } : {}) };
    seed(5);
    const before = randomNormal([ROWS, WIDTH]).toArray() as number[][];
    const { W, used, optimizer } = run((W) => resolveOptimizer(options, [W]), false);
    const after = W.data.toArray() as number[][];
    const changed = after.flatMap((row, i) => (row.some((x, j) => x !== before[i]![j]) ? [i] : []));
    expect(changed).toEqual([...used].sort((a, b) => a - b));
    const { arrays } = optimizer.state().groups[0]!.parameters[0]!;
    expect(Object.keys(arrays).length).toBeGreaterThan(0);
    for (const kept of Object.values(arrays)) {
      const touched = (kept.toArray() as number[][]).flatMap((row, i) => (row.some((x) => x !== 0) ? [i] : []));
      expect(touched).toEqual(changed);
    }
  });
});

test("SGD and AdaGrad without weight decay keep a gradient of rows", () => {
  for (const make of [(W: Parameter) => new SGD([W]), (W: Parameter) => new AdaGrad([W])]) {
    const W = new Parameter(randomNormal([ROWS, WIDTH]));
    F.sum(F.getItem(W, array(Int32Array.of(1)))).backward();
    make(W).step();
    expect((W.peekGrad() as RowGradient).rows).not.toBeNull();
  }
});

test("lazy Adam on one row is Adam on it", () => {
  const gy = randomNormal([1, WIDTH]);
  const W = new Parameter(randomNormal([ROWS, WIDTH]));
  const row = new Parameter(W.data.slice(9).copy().reshape([1, WIDTH]));
  const lazy = new Adam([W], { lazy: true });
  const plain = new Adam([row]);
  for (let step = 0; step < 3; step++) {
    W.clearGrad();
    F.getItem(W, array(Int32Array.of(9))).backward({ gradient: gy });
    lazy.step();
    row.grad = constant(gy);
    plain.step();
  }
  expect(W.data.slice(9).toArray()).toEqual((row.data.toArray() as number[][])[0]);
});

test("a table whose values lie transposed", () => {
  const values = randomNormal([WIDTH, ROWS]);
  const W = new Parameter(values.transpose());
  const expected = values.transpose().slice(4).toArray() as number[];
  F.sum(F.getItem(W, array(Int32Array.of(4)))).backward();
  new SGD([W], { lr: 1 }).step();
  const row = W.data.slice(4).toArray() as number[];
  for (const [i, x] of row.entries()) expect(x).toBeCloseTo(expected[i]! - 1, 5);
  expect(W.data.slice(5).toArray()).toEqual(values.transpose().slice(5).toArray());
});
