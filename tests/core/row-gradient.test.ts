import {
  array,
  constant,
  grad,
  type NDArray,
  Parameter,
  randomNormal,
  seed,
  type Variable,
  variable,
} from "../../core/index.js";
import { RowGradient } from "../../core/row-gradient.js";
import * as F from "../../functions/index.js";

beforeEach(() => seed(7));

const ROWS = 300;
const WIDTH = 64;
const table = () => new Parameter(randomNormal([ROWS, WIDTH], { dtype: "float64" }), "W");
const ids = (...list: number[]) => array(Int32Array.from(list));
const upstream = (n: number) => randomNormal([n, WIDTH], { dtype: "float64" });

/** What the gradient is by a product with rows of the identity, which knows nothing of rows. */
function dense(...terms: [list: number[], gy: NDArray][]): number[] {
  const sum = new Float64Array(ROWS * WIDTH);
  for (const [list, gy] of terms) {
    const values = gy.toTypedArray();
    list.forEach((row, i) => {
      for (let c = 0; c < WIDTH; c++) sum[row * WIDTH + c]! += values[i * WIDTH + c]!;
    });
  }
  return [...sum];
}

function rowsOf(gradient: Variable | null): RowGradient {
  expect(gradient).toBeInstanceOf(RowGradient);
  return gradient as RowGradient;
}

function expectClose(gradient: Variable | null, expected: readonly number[]): void {
  const actual = gradient!.toTypedArray();
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) {
    if (!(Math.abs(actual[i]! - value) < 1e-12)) throw new Error(`element ${i} is ${actual[i]}, expected ${value}`);
  }
}

test("a gradient of few rows keeps these alone, each once", () => {
  const W = table();
  const gy = upstream(4);
  F.getItem(W, ids(5, 299, 5, 0)).backward({ gradient: gy });
  const gradient = rowsOf(W.peekGrad());
  expect(gradient.rows!.rows.toArray()).toEqual([5, 299, 0]);
  expect(gradient.rows!.values.shape).toEqual([3, WIDTH]);
  expect([gradient.shape, gradient.ndim, gradient.size, gradient.dtype]).toEqual([W.shape, 2, W.size, "float64"]);
  expect(gradient.rows).not.toBeNull();
  expectClose(W.grad, dense([[5, 299, 5, 0], gy]));
  expect(gradient.rows).toBeNull();
});

test.each<[string, (gradient: RowGradient) => unknown]>([
  ["data", (g) => g.data.toArray()],
  ["toArray", (g) => g.toArray()],
  ["detach", (g) => g.detach().toArray()],
  ["a function", (g) => F.mul(g, 1).toArray()],
])("%s gives the whole array", (_, read) => {
  const W = table();
  const gy = upstream(2);
  F.getItem(W, ids(1, 2)).backward({ gradient: gy });
  const gradient = rowsOf(W.grad);
  const flat = (read(gradient) as number[][]).flat();
  expect(flat).toEqual(dense([[1, 2], gy]));
});

test("toString, version and item are those of the whole array", () => {
  const W = table();
  F.getItem(W, ids(1)).backward({ gradient: upstream(1) });
  const gradient = rowsOf(W.grad);
  expect(gradient.toString()).toBe(constant(gradient.data).toString());
  expect(gradient.version).toBe(gradient.data.version);
  expect(() => gradient.item()).toThrow("item: expected exactly one element, got shape (300, 64)");
});

test("what is written to the whole array counts", () => {
  const W = table();
  F.getItem(W, ids(1)).backward({ gradient: upstream(1) });
  rowsOf(W.grad)
    .data.slice(2)
    .assign(array(3, { dtype: "float64" }));
  expect(rowsOf(W.grad).rows).toBeNull();
  expect(W.grad!.data.slice(2, 5).item()).toBe(3);
  const other = randomNormal([ROWS, WIDTH], { dtype: "float64" });
  F.getItem(W, ids(1)).backward({ gradient: upstream(1) });
  W.clearGrad();
  F.getItem(W, ids(1)).backward({ gradient: upstream(1) });
  rowsOf(W.grad).data = other;
  expect(W.grad!.data).toBe(other);
});

test("uses in one graph and in several add up, and stay rows", () => {
  const W = table();
  const gys = [upstream(2), upstream(2), upstream(1)] as const;
  const y = F.sum(F.mul(F.getItem(W, ids(3, 4)), gys[0]));
  const z = F.sum(F.mul(F.getItem(W, ids(4, 9)), gys[1]));
  F.add(y, z).backward();
  expect(rowsOf(W.peekGrad()).rows!.rows.size).toBe(3);
  F.getItem(W, ids(0)).backward({ gradient: gys[2] });
  expect(rowsOf(W.peekGrad()).rows!.rows.size).toBe(4);
  expectClose(W.grad, dense([[3, 4], gys[0]], [[4, 9], gys[1]], [[0], gys[2]]));
});

test("rows and a whole gradient add up, in either order, in one graph and in several", () => {
  const whole = randomNormal([ROWS, WIDTH], { dtype: "float64" });
  const gy = upstream(2);
  const expected = dense([[8, 8], gy], [Array.from({ length: ROWS }, (_, i) => i), whole]);
  const rows = (W: Parameter) => F.sum(F.mul(F.getItem(W, ids(8, 8)), gy));
  const all = (W: Parameter) => F.sum(F.mul(W, whole));
  for (const [first, second] of [
    [rows, all],
    [all, rows],
  ] as const) {
    const W = table();
    F.add(first(W), second(W)).backward();
    expectClose(W.grad, expected);
    const V = table();
    first(V).backward();
    second(V).backward();
    expectClose(V.grad, expected);
  }
});

test("a gradient of many rows, of a small table, or of a table that was computed is whole", () => {
  const W = table();
  F.getItem(W, ids(...Array.from({ length: 80 }, (_, i) => i))).backward({ gradient: upstream(80) });
  expect(W.peekGrad()).not.toBeInstanceOf(RowGradient);
  const small = new Parameter(randomNormal([10, 4]));
  F.sum(F.getItem(small, ids(1))).backward();
  expect(small.peekGrad()).not.toBeInstanceOf(RowGradient);
  const V = table();
  const gy = upstream(2);
  F.getItem(F.mul(V, 2), ids(3, 3)).backward({ gradient: gy });
  expect(V.peekGrad()).not.toBeInstanceOf(RowGradient);
  expectClose(V.grad, dense([[3, 3], F.mul(gy, 2).data]));
});

test("rows that add up to many become whole", () => {
  const W = table();
  const lists = [0, 40].map((start) => Array.from({ length: 60 }, (_, i) => start + i));
  const gys = lists.map(() => upstream(60));
  for (const [i, list] of lists.entries()) F.getItem(W, ids(...list)).backward({ gradient: gys[i]! });
  expect(W.peekGrad()).not.toBeInstanceOf(RowGradient);
  expectClose(W.grad, dense([lists[0]!, gys[0]!], [lists[1]!, gys[1]!]));
});

test("hooks see a whole gradient and can replace it", () => {
  const W = table();
  const gy = upstream(2);
  const seen: number[][] = [];
  W.onGrad((gradient) => {
    seen.push([...gradient.toTypedArray()]);
    return F.mul(gradient, 2);
  });
  F.getItem(W, ids(3, 7)).backward({ gradient: gy });
  expect(seen).toEqual([dense([[3, 7], gy])]);
  expectClose(W.grad, dense([[3, 7], F.mul(gy, 2).data]));
});

test("grad and gradients of gradients", () => {
  const W = table();
  const gy = upstream(2);
  const [first] = grad([F.sum(F.mul(F.getItem(W, ids(3, 3)), gy))], [W]);
  expectClose(first!, dense([[3, 3], gy]));
  expect(W.peekGrad()).toBeNull();
  const x = variable(randomNormal([2, WIDTH], { dtype: "float64" }));
  const y = F.sum(F.mul(F.square(F.getItem(W, ids(3, 5))), x));
  const [gW] = grad([y], [W], { createGraph: true });
  // d/dx of the sum of 2 W x over the rows is 2 W at them.
  const [ggx] = grad([F.sum(gW!)], [x]);
  const picked = F.mul(F.getItem(W, ids(3, 5)), 2).toTypedArray();
  expect([...ggx!.toTypedArray()]).toEqual([...picked]);
});

test("rows of an array of three axes, and single elements", () => {
  const x = variable(randomNormal([40, 20, 32], { dtype: "float64" }));
  const gy = randomNormal([2, 32], { dtype: "float64" });
  F.getItem(x, ids(1, 39), ids(0, 19)).backward({ gradient: gy });
  expect(rowsOf(x.peekGrad()).rows!.rows.toArray()).toEqual([20, 799]);
  const { data } = x.grad!;
  expect(data.slice(1, 0).toArray()).toEqual(gy.slice(0).toArray());
  expect(data.slice(39, 19).toArray()).toEqual(gy.slice(1).toArray());
  expect(F.sum(F.notEqual(data, 0)).item()).toBe(64);
});

test("an upstream gradient is not written to", () => {
  const W = table();
  const gy = upstream(2);
  const before = gy.toArray();
  F.getItem(W, ids(3, 3)).backward({ gradient: gy });
  F.getItem(W, ids(3, 3)).backward({ gradient: gy });
  expect(gy.toArray()).toEqual(before);
  expect(W.grad!.data.shape).toEqual([ROWS, WIDTH]);
  expect(gy.toArray()).toEqual(before);
});

describe("memory", () => {
  /** Rows that do not fit in a slab. */
  const list = Array.from({ length: 20 }, (_, i) => i * 3);
  const pass = (W: Parameter, gy: NDArray) => F.sum(F.mul(F.getItem(W, ids(...list)), gy)).backward();

  test("rows nobody has seen are given back by clearGrad, and so is the whole array made of them", () => {
    const W = table();
    const gy = upstream(20);
    pass(W, gy);
    const { values } = rowsOf(W.peekGrad()).rows!;
    W.clearGrad();
    expect(() => values.toArray()).toThrow("memory was given back");
    pass(W, gy);
    const whole = W.peekGrad()!.data;
    W.clearGrad();
    expect(() => whole.toArray()).toThrow("memory was given back");
  });

  test("what somebody has seen stays", () => {
    const W = table();
    const gy = upstream(20);
    const expected = dense([list, gy]);
    pass(W, gy);
    const read = W.grad!;
    W.clearGrad();
    pass(W, gy);
    W.clearGrad();
    expectClose(read, expected);
    const seen: NDArray[] = [];
    const off = W.onGrad((gradient) => void seen.push(gradient.data));
    pass(W, gy);
    pass(W, gy);
    W.clearGrad();
    off();
    pass(W, gy);
    W.clearGrad();
    for (const data of seen) expectClose(constant(data), expected);
    const [asked] = grad([F.sum(F.mul(F.getItem(W, ids(...list)), gy))], [W]);
    pass(W, gy);
    W.clearGrad();
    expectClose(asked!, expected);
  });

  test("the parts of a sum are given back, the sum is not", () => {
    const W = table();
    const gy = upstream(20);
    pass(W, gy);
    const { values } = rowsOf(W.peekGrad()).rows!;
    pass(W, gy);
    expect(() => values.toArray()).toThrow("memory was given back");
    expectClose(W.peekGrad(), dense([list, gy], [list, gy]));
  });
});
