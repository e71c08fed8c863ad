import type { GradientStep, Kernels, UpdateRule } from "../../../core/backend/kernels";
import type { DType } from "../../../core/dtype";
import type { NDArray } from "../../../core/ndarray";
import { expectClose, filled, Numbers, SIZES } from "./arrays";
import { jsKernels, wasmKernels } from "./implementations";

/** A rule as it can be called: the arrays it keeps, numbers between two bounds or null, and the numbers of a step. */
interface Case {
  rule: UpdateRule;
  kept: ([low: number, high: number] | null)[];
  numbers: number[];
}

const SIGNED: [number, number] = [-1, 1];
const POSITIVE: [number, number] = [2, 3];

const CASES: Record<string, Case> = {
  sgd: { rule: "sgd", kept: [null], numbers: [0, 0, 0, 0.1] },
  "sgd with velocity": { rule: "sgd", kept: [SIGNED], numbers: [0.9, 0.2, 0.7, 0.3] },
  adagrad: { rule: "adagrad", kept: [POSITIVE], numbers: [0.1, 0.01] },
  rmsprop: { rule: "rmsprop", kept: [POSITIVE, null, null], numbers: [0.1, 0.9, 0.1, 0.01, 0] },
  "rmsprop with mean": { rule: "rmsprop", kept: [POSITIVE, SIGNED, null], numbers: [0.1, 0.9, 0.1, 0.01, 0] },
  "rmsprop with velocity": { rule: "rmsprop", kept: [POSITIVE, null, SIGNED], numbers: [0.1, 0.9, 0.1, 0.01, 0.8] },
  "rmsprop with both": { rule: "rmsprop", kept: [POSITIVE, SIGNED, SIGNED], numbers: [0.1, 0.9, 0.1, 0.01, 0.8] },
  adam: { rule: "adam", kept: [SIGNED, POSITIVE, null], numbers: [0, 0.1, 0.9, 0.1, 0.99, 0.01, 1.5, 0.01] },
  "adam with gradient": {
    rule: "adam",
    kept: [SIGNED, POSITIVE, null],
    numbers: [0.2, 0.1, 0.9, 0.1, 0.99, 0.01, 2, 0],
  },
  "adam with largest": {
    rule: "adam",
    kept: [SIGNED, POSITIVE, POSITIVE],
    numbers: [0, 0.1, 0.9, 0.1, 0.99, 0.01, 1.5, 0.01],
  },
  adadelta: { rule: "adadelta", kept: [POSITIVE, POSITIVE], numbers: [0.5, 0.9, 0.1, 0.01] },
  lion: { rule: "lion", kept: [SIGNED], numbers: [0.1, 0.9, 0.1, 0.99, 0.01] },
};

const STEP: GradientStep = { scale: 0.5, limit: 1.1, decay: 0.25, keep: 0.75 };
const PLAIN: GradientStep = { scale: 1, limit: Number.POSITIVE_INFINITY, decay: 0, keep: 1 };
const KERNELS: [string, Kernels][] = [
  ["js", jsKernels],
  ["wasm", wasmKernels],
];

function between(n: number, dtype: DType, [low, high]: readonly [number, number], numbers: Numbers): NDArray {
  return filled([n], dtype, () => numbers.between(low, high));
}

/** Runs a rule on copies; gives the parameter and what was kept. */
function run(
  kernels: Kernels,
  { rule, numbers }: Case,
  p: NDArray,
  grad: NDArray,
  kept: readonly (NDArray | null)[],
  step: GradientStep,
  rows: NDArray | null = null,
): NDArray[] {
  const value = p.copy();
  const state = kept.map((x) => x?.copy() ?? null);
  kernels.update(rule, value, grad, rows, step, state as never, numbers as never);
  return [value, ...state.filter((x) => x !== null)];
}

describe.each(["float32", "float64"] as const)("%s", (dtype) => {
  const near = dtype === "float32" ? { relative: 2e-6, absolute: 1e-6 } : { relative: 1e-14, absolute: 1e-14 };

  describe.each(Object.entries(CASES))("%s", (_, rule) => {
    const arrays = (n: number, numbers: Numbers) => {
      const p = between(n, dtype, [-3, 3], numbers);
      const grad = between(n, dtype, [-3, 3], numbers);
      return { p, grad, kept: rule.kept.map((range) => (range === null ? null : between(n, dtype, range, numbers))) };
    };

    test("in WebAssembly as in TypeScript", () => {
      const numbers = new Numbers(43);
      for (const n of SIZES) {
        const { p, grad, kept } = arrays(n, numbers);
        const [actual, expected] = [wasmKernels, jsKernels].map((kernels) => run(kernels, rule, p, grad, kept, STEP));
        actual!.forEach((x, i) => {
          expectClose(x.toTypedArray(), expected![i]!.toTypedArray(), near, `array ${i} of ${n}`);
        });
      }
    });

    test.each(KERNELS)("rows as in a table of them, %s", (_, kernels) => {
      const numbers = new Numbers(44);
      for (const width of [1, 3, 17, 64]) {
        const { p, kept } = arrays(7 * width, numbers);
        const rows = filled([3], "int32", (i) => [5, 0, 3][i]!);
        const grad = between(3 * width, dtype, [-3, 3], numbers).reshape([3, width]);
        const actual = run(kernels, rule, p, grad, kept, STEP, rows).map((x) => x.toTypedArray());
        const before = [p, ...kept.filter((x) => x !== null)].map((x) => x.toTypedArray());
        for (let row = 0; row < 7; row++) {
          const at = [5, 0, 3].indexOf(row);
          const part = (x: NDArray) => filled([width], dtype, (i) => x.toTypedArray()[row * width + i]!);
          const gradient = filled([width], dtype, (i) => (at < 0 ? 0 : grad.toTypedArray()[at * width + i]!));
          const small = run(
            kernels,
            rule,
            part(p),
            gradient,
            kept.map((x) => x && part(x)),
            STEP,
          );
          actual.forEach((values, i) => {
            const slice = values.slice(row * width, (row + 1) * width);
            if (at < 0) expect(slice).toEqual(before[i]!.slice(row * width, (row + 1) * width));
            else expectClose(slice, small[i]!.toTypedArray(), near, `row ${row} of array ${i}`);
          });
        }
      }
    });

    test.each(KERNELS)("NaN in a gradient is not clipped away, %s", (_, kernels) => {
      const { p, kept } = arrays(40, new Numbers(45));
      const grad = filled([40], dtype, (i) => (i === 21 || i === 39 ? Number.NaN : 1));
      const [after] = run(kernels, rule, p, grad, kept, STEP);
      const wrong = [...after!.toTypedArray().keys()].filter((i) => Number.isNaN(after!.toTypedArray()[i]!));
      expect(wrong).toEqual([21, 39]);
    });
  });

  test.each(KERNELS)("known steps, %s", (_, kernels) => {
    const of = (value: number) => filled([1], dtype, () => value);
    const known = (name: string, p: number, grad: number, kept: (number | null)[], numbers: number[], step = PLAIN) => {
      const rule = { ...CASES[name]!, numbers };
      return run(
        kernels,
        rule,
        of(p),
        of(grad),
        kept.map((x) => (x === null ? null : of(x))),
        step,
      ).map((x) => x.item());
    };
    expect(known("sgd", 1, 4, [null], [0, 0, 0, 0.5])).toEqual([-1]);
    expect(known("sgd with velocity", 1, 4, [2], [0.25, 0.5, 2, 0.5])).toEqual([-6, 2.5]);
    // g = min(0.5 * 4, 1) + 0.5 * 1 = 1.5, and 2 * 1 - 0.5 * 1.5.
    expect(known("sgd", 1, 4, [null], [0, 0, 0, 0.5], { scale: 0.5, limit: 1, decay: 0.5, keep: 2 })).toEqual([1.25]);
    expect(known("adagrad", 1, 4, [9], [0.5, 3])).toEqual([0.75, 25]);
    expect(known("rmsprop", 1, 4, [8, null, null], [0.5, 0.125, 0.5, 1, 0])).toEqual([0.5, 9]);
    // s - m^2 = 25 - 9 = 16, u = 4 / 4 = 1, v = 0.5 * 2 + 1 = 2.
    expect(known("rmsprop with both", 1, 4, [34, 2, 2], [0.25, 0.5, 0.5, 0, 0.5])).toEqual([0.5, 25, 3, 2]);
    expect(known("adam", 1, -2, [0, 0, null], [0, 1, 0.5, 0.5, 0.75, 0.25, 4, 0])).toEqual([1.5, -1, 1]);
    expect(known("adam with gradient", 1, -2, [0, 0, null], [1, 1, 0.5, 0.5, 0.75, 0.25, 4, 0])).toEqual([2.5, -1, 1]);
    expect(known("adam with largest", 1, -2, [0, 0, 4], [0, 1, 0.5, 0.5, 0.75, 0.25, 4, 0])).toEqual([1.25, -1, 1, 4]);
    // u = sqrt(15 + 1) / sqrt(3 + 1) * 2 = 4.
    expect(known("adadelta", 1, 2, [2, 15], [0.25, 0.5, 0.5, 1])).toEqual([0, 3, 15.5]);
    expect(known("lion", 1, -2, [1], [0.5, 0.5, 0.5, 0.75, 0.25])).toEqual([1.5, 0.25]);
    expect(known("lion", 1, -2, [2], [0.5, 0.5, 0.5, 0.75, 0.25])).toEqual([1, 1]);
  });

  test.each(KERNELS)("a variance that rounding makes negative counts as 0, %s", (_, kernels) => {
    const of = (value: number) => filled([33], dtype, () => value);
    const { rule } = CASES["rmsprop with mean"]!;
    const numbers = [0.1, 0.9, 0.1, 0.5, 0];
    const after = run(kernels, { rule, kept: [], numbers }, of(1), of(1), [of(0.9), of(1), null], PLAIN);
    expectClose(after[0]!.toTypedArray(), of(0.8).toTypedArray(), near);
  });

  test.each(KERNELS)("squareSum, %s", (_, kernels) => {
    const numbers = new Numbers(46);
    for (const n of SIZES) {
      const x = between(n, dtype, [-3, 3], numbers);
      const expected = Array.from(x.toTypedArray()).reduce((sum, value) => sum + value * value, 0);
      expect(Math.abs(kernels.squareSum(x) - expected)).toBeLessThanOrEqual(1e-13 * expected);
    }
  });
});

test("squareSum of float32 does not overflow", () => {
  const x = filled([50], "float32", () => 1e30);
  for (const [, kernels] of KERNELS) expect(kernels.squareSum(x) / 5e61).toBeCloseTo(1, 6);
});
