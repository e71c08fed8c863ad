import { erf } from "../../../core/backend/js/special";
import type { UnaryOp } from "../../../core/backend/kernels";
import { heap } from "../../../core/heap";
import { NDArray } from "../../../core/ndarray";
import { filled } from "./arrays";
import { jsKernels, wasmKernels } from "./implementations";

/** The distance from |x| to the next float32: 2^-23 of its power of two, at least the smallest subnormal. */
function spacing(x: number): number {
  const exponent = Math.floor(Math.log2(Math.max(Math.abs(x), 2 ** -126)));
  return 2 ** (Math.max(exponent, -126) - 23);
}

/** Every 39,979th float32 of all 2^32, NaN included. */
function sweep(): NDArray {
  const step = 39_979;
  const x = NDArray.empty([Math.floor(2 ** 32 / step)], "float32");
  const first = x.address >>> 2;
  for (let i = 0; i < x.size; i++) heap.i32[first + i] = i * step;
  return x;
}

/** The largest error in units in the last place, in float32, that is accepted. */
const LIMITS: [UnaryOp, number][] = [
  ["exp", 1.5],
  ["expm1", 2],
  ["log", 1.5],
  ["log1p", 2],
  ["sin", 1.6],
  ["cos", 1.6],
  ["tan", 0.51],
  ["asin", 0.51],
  ["acos", 0.51],
  ["atan", 0.51],
  ["sinh", 0.51],
  ["cosh", 0.51],
  ["tanh", 3],
  ["erf", 2],
  ["sigmoid", 3],
  ["softplus", 2],
  ["sqrt", 0.51],
  ["rsqrt", 1.6],
  ["reciprocal", 0.51],
];

describe("float32 over the whole range", () => {
  const x = sweep();
  const exact = NDArray.emptyLike(x, "float64");
  jsKernels.copy(x, exact);

  test.each(LIMITS)("%s within %d units in the last place", (op, limit) => {
    const actual = NDArray.emptyLike(x);
    wasmKernels.unary(op, x, actual);
    const expected = NDArray.emptyLike(exact);
    jsKernels.unary(op, exact, expected);
    const [ys, es, xs] = [actual.toTypedArray(), expected.toTypedArray(), x.toTypedArray()];
    let worst = 0;
    let at = 0;
    for (let i = 0; i < ys.length; i++) {
      const y = ys[i]!;
      const e = es[i]!;
      const rounded = Math.fround(e);
      if (Number.isFinite(rounded) && Number.isFinite(y)) {
        const error = Math.abs(y - e) / spacing(e);
        if (error > worst) {
          worst = error;
          at = xs[i]!;
        }
      } else if (!Object.is(y, rounded)) {
        throw new Error(`${op}(${xs[i]}) is ${y}, expected ${rounded}`);
      }
    }
    if (worst > limit)
      throw new Error(`${op}(${at}) is ${worst} units in the last place off; expected at most ${limit}`);
  });
});

describe("float64", () => {
  test.each(LIMITS.map(([op]) => op))("%s to 1e-15", (op) => {
    const n = 20_000;
    const values = (i: number): number => (i % 2 === 0 ? 1 : -1) * 2 ** ((i / n) * 40 - 30);
    const x = filled([n], "float64", values);
    const actual = NDArray.emptyLike(x);
    wasmKernels.unary(op, x, actual);
    const expected = NDArray.emptyLike(x);
    jsKernels.unary(op, x, expected);
    const [ys, es] = [actual.toTypedArray(), expected.toTypedArray()];
    for (let i = 0; i < n; i++) {
      const [y, e] = [ys[i]!, es[i]!];
      const near = Math.abs(y - e) <= 1e-15 * Math.abs(e);
      if (!near && !Object.is(y, e)) throw new Error(`${op}(${values(i)}) is ${y}, expected ${e}`);
    }
  });

  test("erf agrees with values computed to 40 digits", () => {
    const known: [number, number][] = [
      [1e-10, 1.1283791670955126e-10],
      [0.001, 0.0011283787909692365],
      [0.1, 0.1124629160182849],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [1.5, 0.9661051464753108],
      [2, 0.9953222650189527],
      [2.49, 0.9995707121322661],
      [2.51, 0.9996142945182758],
      [3, 0.9999779095030014],
      [4, 0.9999999845827421],
      [5, 0.9999999999984626],
      [5.9, 0.9999999999999999],
    ];
    for (const [x, y] of known) {
      for (const sign of [1, -1]) {
        expect(Math.abs(erf(sign * x) / (sign * y) - 1)).toBeLessThan(1e-15);
      }
    }
  });
});

test("signed zeros survive", () => {
  for (const kernels of [jsKernels, wasmKernels]) {
    for (const dtype of ["float32", "float64"] as const) {
      for (const op of ["sin", "tanh", "erf", "expm1", "log1p", "sqrt", "floor", "round", "asin", "atan"] as const) {
        const x = filled([5], dtype, () => -0);
        kernels.unary(op, x, x);
        for (const y of x.toTypedArray()) if (!Object.is(y, -0)) throw new Error(`${op}(-0) is ${y} in ${dtype}`);
      }
    }
  }
});
