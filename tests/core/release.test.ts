import { unary } from "../../core/numeric.js";
import { add, layerNorm, mul, neg, reshape, square, transpose } from "../../functions/index.js";
import { arange, Function, grad, heap, type NDArray, ones, type Variable, variable, zeros } from "../../index.js";

const MB = 2 ** 20;
const N = MB / 4;
const large = () => variable(ones([N]));

/** Overwrites what a wrongly released array would have lain in. */
function reuse(): void {
  for (let i = 0; i < 12; i++) zeros([N]);
}

test("a backward pass gives the memory of gradients back as it goes", () => {
  const x = large();
  let y: Variable = x;
  for (let i = 0; i < 60; i++) y = mul(y, 1.01);
  heap.sweep();
  const before = heap.statistics();
  y.backward({ gradient: ones([N]) });
  const after = heap.statistics();
  expect(after.sweeps).toBe(before.sweeps);
  // Sixty gradients of 1 MB were made; the first, the last and one on its way are left.
  expect(after.used - before.used).toBeLessThan(5 * MB);
  expect(x.grad!.toTypedArray()[N - 1]).toBeCloseTo(1.01 ** 60, 4);
});

test("gradients of one function in one memory outlive each other when one of them is added to another at once", () => {
  const gradients = (W: Variable, gamma: Variable) => {
    const beta = variable(zeros([400]));
    layerNorm(W, gamma, beta).backward({ gradient: arange(400).astype("float32") });
    return [W, gamma, beta].map((x) => Array.from(x.grad!.toTypedArray()));
  };
  const values = () => variable(arange(400).astype("float32"));
  // x and gamma are the same Variable: the gradient of gamma is added to that of x, and that of beta lies beside it.
  const same = values();
  const [sum, , beta] = gradients(same, same);
  const apart = gradients(values(), values());
  expect(beta).toEqual(apart[2]);
  expect(sum).toEqual(apart[0]!.map((g, i) => Math.fround(g + apart[1]![i]!)));
});

test("gradients that share storage outlive each other: sums of one gradient, views of it", () => {
  const x = large();
  const [a, b] = [mul(x, 2), mul(x, 3)];
  // add hands one gradient to both sides; reshape and transpose hand on views of it.
  const y = add(reshape(transpose(reshape(a, [N / 4, 4])), [-1]), add(a, b));
  mul(y, 5).backward({ gradient: ones([N]) });
  reuse();
  expect(x.grad!.toTypedArray().every((g) => g === 5 * (2 + 2 + 3))).toBe(true);
});

test("what goes to leaves, hooks and targets of grad stays", () => {
  const x = large();
  const a = mul(x, 2);
  const seen: Variable[] = [];
  a.onGrad((g) => void seen.push(g));
  const y = mul(mul(a, 3), 7);
  const [ga, gx] = grad(y, [a, x], { gradYs: [ones([N])] });
  y.backward({ gradient: ones([N]) });
  reuse();
  const all = (v: Variable, value: number) => v.toTypedArray().every((g) => g === value);
  expect([all(ga!, 21), all(gx!, 42), all(x.grad!, 42), seen.every((g) => all(g, 21))]).toEqual([
    true,
    true,
    true,
    true,
  ]);
});

test("a gradient that several leaves share stays for each of them", () => {
  const [x, z] = [large(), large()];
  mul(add(x, z), 3).backward({ gradient: ones([N]) });
  x.clearGrad();
  reuse();
  expect(z.grad!.toTypedArray().every((g) => g === 3)).toBe(true);
});

test("what a function of a user's own was given, or gave, stays", () => {
  const kept: Variable[] = [];
  class Keeps extends Function {
    override forward(x: NDArray): NDArray {
      return unary("neg", x);
    }
    override backward(gy: Variable): Variable {
      const gx = neg(gy);
      kept.push(gy, gx);
      return gx;
    }
  }
  const x = large();
  mul(new Keeps().apply(mul(x, 2)), 3).backward({ gradient: ones([N]) });
  reuse();
  expect(kept.map((v) => v.toTypedArray()[0])).toEqual([3, -3]);
});

test("what a hook puts in a gradient's place stays its own, however the pass hands it on", () => {
  const [x, z] = [large(), large()];
  const a = add(mul(x, 2), mul(z, 4));
  let given: Variable | null = null;
  a.onGrad((g) => {
    given = mul(g, 10);
    return given;
  });
  mul(a, 3).backward({ gradient: ones([N]) });
  reuse();
  expect(given!.toTypedArray().every((g) => g === 30)).toBe(true);
  expect([x.grad!.toTypedArray()[0], z.grad!.toTypedArray()[0]]).toEqual([60, 120]);
});

test("a starting gradient and saved data are the user's", () => {
  const gradient = variable(ones([N]), { requiresGrad: false });
  const x = large();
  const y = square(x);
  y.backward({ gradient });
  y.backward({ gradient });
  reuse();
  expect(gradient.toTypedArray()[N - 1]).toBe(1);
  expect(x.toTypedArray()[N - 1]).toBe(1);
  expect(x.grad!.toTypedArray()[N - 1]).toBe(4);
});

test("with createGraph nothing is released", () => {
  const x = large();
  const y = mul(square(x), x);
  y.backward({ gradient: ones([N]), createGraph: true });
  const g = x.grad!;
  reuse();
  x.clearGrad();
  g.backward({ gradient: ones([N]) });
  expect(x.grad!.toTypedArray().every((v) => v === 6)).toBe(true);
});

describe("clearGrad", () => {
  const used = () => heap.statistics().used;
  const step = (x: Variable, gradient = ones([N])) => mul(x, 3).backward({ gradient });

  test("gives the memory of a gradient back that nobody has read", () => {
    const x = large();
    step(x);
    heap.sweep();
    const before = used();
    x.clearGrad();
    expect(before - used()).toBeGreaterThanOrEqual(MB);
    step(x);
    expect(x.grad!.toTypedArray()[0]).toBe(3);
  });

  test("leaves a gradient alone that somebody has read, given, or shares", () => {
    const [x, z, w] = [large(), large(), large()];
    step(x);
    const read = x.grad!;
    x.clearGrad();
    mul(add(z, w), 5).backward({ gradient: ones([N]) });
    z.clearGrad();
    const gradient = variable(ones([N]), { requiresGrad: false });
    const leaf = large();
    leaf.backward({ gradient });
    leaf.clearGrad();
    const set = large();
    set.grad = gradient;
    set.clearGrad();
    reuse();
    expect([read, w.grad!, gradient].map((g) => g.toTypedArray()[N - 1])).toEqual([3, 5, 1]);
  });

  test("a gradient that grows over passes gives its former sums back", () => {
    const x = large();
    step(x);
    heap.sweep();
    const before = used();
    for (let i = 0; i < 5; i++) step(x);
    // The five given gradients and five outputs wait for a sweep; five products and all sums but the last were given back.
    expect(used() - before).toBeLessThan(13 * MB);
    expect(x.grad!.toTypedArray()[7]).toBe(18);
  });
});
