import fc from "fast-check";
import { array } from "../../core/creation.js";
import type { Variable } from "../../core/variable.js";
import * as F from "../../functions/index.js";

fc.configureGlobal({ seed: 1 });

/** Identities of matrices (n, m), of which `a` and `b` have one shape, `c` is (m, 3), and `k` is an integer. */
type Matrices = { a: Variable; b: Variable; c: Variable; k: number };

/** Small integers: what is computed from them by additions and products alone is exact. */
const EXACT: [law: string, (m: Matrices) => [Variable, Variable]][] = [
  ["a + b = b + a", ({ a, b }) => [a.add(b), b.add(a)]],
  ["(a + b) - b = a", ({ a, b }) => [a.add(b).sub(b), a]],
  ["-(-a) = a", ({ a }) => [F.neg(F.neg(a)), a]],
  ["a (b + 1) = a b + a", ({ a, b }) => [a.mul(b.add(1)), a.mul(b).add(a)]],
  ["a ** 2 = a a", ({ a }) => [F.pow(a, 2), F.square(a)]],
  ["max(a, b) + min(a, b) = a + b", ({ a, b }) => [F.maximum(a, b).add(F.minimum(a, b)), a.add(b)]],
  ["max(a) = -min(-a)", ({ a }) => [F.max(a, { axis: 1 }), F.neg(F.min(F.neg(a), { axis: 1 }))]],
  ["a = relu(a) - relu(-a)", ({ a }) => [F.relu(a).sub(F.relu(F.neg(a))), a]],
  ["|a| = a sign(a)", ({ a }) => [F.abs(a), a.mul(F.sign(a))]],
  ["(a c)' = c' a'", ({ a, c }) => [a.matmul(c).T, c.T.matmul(a.T)]],
  ["(a + b) c = a c + b c", ({ a, b, c }) => [a.add(b).matmul(c), a.matmul(c).add(b.matmul(c))]],
  ["einsum is the product", ({ a, c }) => [F.einsum("ij,jk->ik", a, c), a.matmul(c)]],
  ["the trace of a b' is the sum of a b", ({ a, b }) => [F.trace(a.matmul(b.T)), a.mul(b).sum()]],
  ["a sum of sums is the sum", ({ a }) => [a.sum({ axis: 0 }).sum(), a.sum()]],
  [
    "the last of running sums is the sum",
    ({ a }) => [F.getItem(F.cumsum(a, { axis: 1 }), [0], -1).sum(), F.getItem(a, 0).sum()],
  ],
  ["a product of products is the product", ({ a }) => [F.prod(F.prod(a, { axis: 1 })), F.prod(a)]],
  ["transposed twice", ({ a }) => [a.T.T, a]],
  ["flipped twice", ({ a }) => [F.flip(F.flip(a)), a]],
  ["rolled there and back", ({ a, k }) => [F.roll(F.roll(a, k, { axis: 1 }), -k, { axis: 1 }), a]],
  ["split and joined", ({ a, k }) => [F.cat(F.split(a, [Math.abs(k) % 3], { axis: 1 }), { axis: 1 }), a]],
  ["unbound and stacked", ({ a }) => [F.stack(F.unbind(a, { axis: 1 }), { axis: 1 }), a]],
  ["padded and cut", ({ a, k }) => [F.sumTo(F.pad(a, Math.abs(k) % 4), [1, 1]), F.sumTo(a, [1, 1])]],
  ["reshaped there and back", ({ a }) => [F.reshape(F.flatten(a), a.shape), a]],
  ["tiled is summed as often", ({ a }) => [F.tile(a, [2, 3]).sum(), a.sum().mul(6)]],
];

/** Laws that hold but for rounding. */
const CLOSE: [law: string, (m: Matrices) => [Variable, Variable]][] = [
  ["e ** (a + b) = e ** a e ** b", ({ a, b }) => [F.exp(a.add(b)), F.exp(a).mul(F.exp(b))]],
  ["log(e ** a) = a", ({ a }) => [F.log(F.exp(a)), a]],
  ["sin ** 2 + cos ** 2 = 1", ({ a }) => [F.square(F.sin(a)).add(F.square(F.cos(a))), a.mul(0).add(1)]],
  ["cosh ** 2 - sinh ** 2 = 1", ({ a }) => [F.square(F.cosh(a)).sub(F.square(F.sinh(a))), a.mul(0).add(1)]],
  ["tan = sin / cos", ({ a }) => [F.tan(a), F.sin(a).div(F.cos(a))]],
  ["tanh(a) = 2 sigmoid(2 a) - 1", ({ a }) => [F.tanh(a), F.sigmoid(a.mul(2)).mul(2).sub(1)]],
  ["softplus(a) - softplus(-a) = a", ({ a }) => [F.softplus(a).sub(F.softplus(F.neg(a))), a]],
  ["softmax adds up to 1", ({ a }) => [F.softmax(a).sum({ axis: 1 }), a.sum({ axis: 1 }).mul(0).add(1)]],
  ["softmax of a shifted a", ({ a, k }) => [F.softmax(a.add(k)), F.softmax(a)]],
  ["logSoftmax = a - logsumexp(a)", ({ a }) => [F.logSoftmax(a), a.sub(F.logsumexp(a, { axis: 1, keepdims: true }))]],
  [
    "var(a) = mean(a ** 2) - mean(a) ** 2",
    ({ a }) => [F.var(a, { axis: 0 }), F.mean(F.square(a), { axis: 0 }).sub(F.square(F.mean(a, { axis: 0 })))],
  ],
  ["norm(a) ** 2 = sum(a ** 2)", ({ a }) => [F.square(F.norm(a)), F.square(a).sum()]],
];

const matrices = fc
  .record({ n: fc.integer({ min: 1, max: 6 }), m: fc.integer({ min: 1, max: 6 }) })
  .chain(({ n, m }) => {
    const numbers = (count: number) =>
      fc.array(fc.integer({ min: -3, max: 3 }), { minLength: count, maxLength: count });
    return fc.record({
      shape: fc.constant([n, m]),
      a: numbers(n * m),
      b: numbers(n * m),
      c: numbers(3 * m),
      k: fc.integer({ min: -9, max: 9 }),
    });
  });

function check(law: (m: Matrices) => [Variable, Variable], dtype: "float32" | "float64", tolerance: number): void {
  fc.assert(
    fc.property(matrices, ({ shape, a, b, c, k }) => {
      const variable = (values: number[], of: readonly number[]) =>
        F.astype(array(values, { dtype }).reshape(of), dtype);
      const [left, right] = law({ a: variable(a, shape), b: variable(b, shape), c: variable(c, [shape[1]!, 3]), k });
      expect(left.shape).toEqual(right.shape);
      const wanted = right.toTypedArray();
      left.toTypedArray().forEach((value, i) => {
        expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(wanted[i]!)));
      });
    }),
    { numRuns: 40 },
  );
}

test.each(EXACT)("%s, exactly", (_, law) => {
  check(law, "float64", 0);
});

test.each(CLOSE)("%s, but for rounding", (_, law) => {
  check(law, "float64", 1e-11);
  check(law, "float32", 1e-3);
});
