import type { BinaryOp, CompareOp, Kernels, UnaryOp } from "../../../core/backend/kernels";
import { DTYPES, type DType, isFloat } from "../../../core/dtype";
import { NDArray, type NumericArray } from "../../../core/ndarray";
import {
  at,
  expectClose,
  filled,
  indices,
  LAYOUTS,
  laidOut,
  Numbers,
  randomValue,
  SIZES,
  SPECIAL,
  type Tolerance,
} from "./arrays";
import { jsKernels, wasmKernels } from "./implementations";

const UNARY: Record<UnaryOp, [number, number]> = {
  neg: [-9, 9],
  abs: [-9, 9],
  sign: [-9, 9],
  square: [-9, 9],
  sqrt: [0, 9],
  rsqrt: [0, 9],
  reciprocal: [-9, 9],
  exp: [-90, 90],
  expm1: [-20, 20],
  log: [0, 100],
  log1p: [-1, 100],
  sin: [-100, 100],
  cos: [-100, 100],
  tan: [-9, 9],
  asin: [-1, 1],
  acos: [-1, 1],
  atan: [-9, 9],
  sinh: [-9, 9],
  cosh: [-9, 9],
  tanh: [-9, 9],
  erf: [-4, 4],
  sigmoid: [-30, 30],
  softplus: [-30, 30],
  relu: [-9, 9],
  floor: [-9, 9],
  ceil: [-9, 9],
  round: [-9, 9],
};
const INTEGER_UNARY: UnaryOp[] = ["neg", "abs", "sign", "square", "relu"];
const INTEGER_BINARY: BinaryOp[] = ["add", "sub", "mul", "maximum", "minimum"];
const BINARY: BinaryOp[] = [...INTEGER_BINARY, "div", "pow", "reluGrad", "tanhGrad", "sigmoidGrad"];
const COMPARE: CompareOp[] = ["equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual"];

const SHAPES = [[], [0], [1], [7], [3, 5], [2, 3, 4], [3, 1, 17], [2, 3, 2, 5], [0, 4], [9, 19]];

/** float32 is computed in float64 by the reference; its own error may be three units in the last place. */
const closeness = (dtype: DType): Tolerance => {
  if (dtype === "float32") return { relative: 4e-7, absolute: 3e-45 };
  return dtype === "float64" ? { relative: 4e-15, absolute: 1e-323 } : {};
};

/** What both implementations make of the same work. */
function both(run: (kernels: Kernels) => NDArray): [NumericArray, NumericArray] {
  return [run(wasmKernels).toTypedArray(), run(jsKernels).toTypedArray()];
}

describe("unary", () => {
  for (const [name, [low, high]] of Object.entries(UNARY)) {
    const op = name as UnaryOp;
    for (const dtype of ["float32", "float64", "int32"] as const) {
      if (dtype === "int32" && !INTEGER_UNARY.includes(op)) continue;
      test(`${op} of ${dtype}`, () => {
        const numbers = new Numbers(1);
        const xs = SIZES.map((n) => filled([n], dtype, () => numbers.between(low, high)));
        if (isFloat(dtype)) xs.push(filled([SPECIAL.length], dtype, (i) => SPECIAL[i]!));
        for (const x of xs) {
          const [actual, expected] = both((kernels) => {
            const out = NDArray.emptyLike(x);
            kernels.unary(op, x, out);
            return out;
          });
          expectClose(actual, expected, closeness(dtype), `${op} of ${x.size}`);
          const inPlace = x.copy();
          wasmKernels.unary(op, inPlace, inPlace);
          expectClose(inPlace.toTypedArray(), actual, {}, `${op} in place`);
        }
      });
    }
  }

  test("the reference agrees with known values", () => {
    const apply = (op: UnaryOp, values: number[]): number[] => {
      const x = filled([values.length], "float64", (i) => values[i]!);
      jsKernels.unary(op, x, x);
      return [...x.toTypedArray()];
    };
    expect(apply("round", [0.5, 1.5, 2.5, -0.5, -1.5, 2.4])).toEqual([0, 2, 2, -0, -2, 2]);
    expect(apply("relu", [-1, 2, NaN])).toEqual([0, 2, NaN]);
    expect(apply("sigmoid", [1000, -1000, 0])).toEqual([1, 0, 0.5]);
    expect(apply("softplus", [1000, -1000, 0])).toEqual([1000, 0, Math.LN2]);
    expect(apply("sign", [-3, 0, 4, NaN])).toEqual([-1, 0, 1, NaN]);
  });
});

describe("binary and compare", () => {
  for (const dtype of DTYPES) {
    for (const op of BINARY) {
      if (!isFloat(dtype) && !INTEGER_BINARY.includes(op)) continue;
      test(`${op} of ${dtype}, any layouts`, () => {
        const numbers = new Numbers(2);
        for (const shape of SHAPES) {
          for (const left of LAYOUTS) {
            for (const right of LAYOUTS) {
              const a = laidOut(shape, dtype, left, numbers);
              const b = laidOut(shape, dtype, right, numbers);
              const [actual, expected] = both((kernels) => {
                const out = NDArray.empty(shape, dtype);
                kernels.binary(op, a, b, out);
                return out;
              });
              expectClose(actual, expected, closeness(dtype), `${op} (${shape}) ${left}, ${right}`);
            }
          }
        }
      });

      test(`${op} of ${dtype} with a single element`, () => {
        const numbers = new Numbers(3);
        for (const shape of SHAPES) {
          for (const singleShape of [[], [1], [1, 1]]) {
            const single = filled(singleShape, dtype, () => randomValue(numbers, dtype));
            for (const layout of LAYOUTS) {
              const x = laidOut(shape, dtype, layout, numbers);
              for (const [a, b] of [
                [single, x],
                [x, single],
              ] as const) {
                const [actual, expected] = both((kernels) => {
                  const out = NDArray.empty(shape, dtype);
                  kernels.binary(op, a, b, out);
                  return out;
                });
                expectClose(actual, expected, closeness(dtype), `${op} (${shape}) ${layout}`);
              }
            }
          }
        }
      });
    }

    test(`comparisons of ${dtype}`, () => {
      const numbers = new Numbers(4);
      for (const op of COMPARE) {
        for (const shape of SHAPES) {
          for (const left of LAYOUTS) {
            for (const right of LAYOUTS) {
              const a = laidOut(shape, dtype, left, numbers);
              const b = numbers.next() < 0.3 ? a : laidOut(shape, dtype, right, numbers);
              const [actual, expected] = both((kernels) => {
                const out = NDArray.empty(shape, "bool");
                kernels.compare(op, a, b, out);
                return out;
              });
              expectClose(actual, expected, {}, `${op} (${shape}) ${left}, ${right}`);
            }
          }
        }
      }
    });
  }

  for (const dtype of ["float32", "float64"] as const) {
    test(`every pair of special ${dtype} numbers`, () => {
      const n = SPECIAL.length;
      const a = filled([n, 1], dtype, (i) => SPECIAL[i]!)
        .broadcastTo([n, n])
        .copy();
      const b = filled([1, n], dtype, (i) => SPECIAL[i]!)
        .broadcastTo([n, n])
        .copy();
      // The outputs of tanh and sigmoid are at most 1, and beyond that float32 and float64 overflow at different places.
      for (const op of BINARY.filter((name) => name !== "tanhGrad" && name !== "sigmoidGrad")) {
        const [actual, expected] = both((kernels) => {
          const out = NDArray.emptyLike(a);
          kernels.binary(op, a, b, out);
          return out;
        });
        expectClose(actual, expected, closeness(dtype), op);
      }
      for (const op of COMPARE) {
        const [actual, expected] = both((kernels) => {
          const out = NDArray.empty([n, n], "bool");
          kernels.compare(op, a, b, out);
          return out;
        });
        expectClose(actual, expected, {}, op);
      }
    });
  }

  test("quotients and powers of int32 are cut off where they are kept as int32", () => {
    for (const kernels of [jsKernels, wasmKernels]) {
      const a = filled([4], "int32", (i) => [7, -7, 9, 0][i]!);
      const b = filled([4], "int32", (i) => [2, 2, 3, 5][i]!);
      const out = NDArray.empty([4], "int32");
      kernels.binary("div", a, b, out);
      expect(out.toArray()).toEqual([3, -3, 3, 0]);
      kernels.binary("pow", a, b, out);
      expect(out.toArray()).toEqual([49, 49, 729, 0]);
    }
  });

  test("int32 wraps around and the output may be an operand", () => {
    for (const kernels of [jsKernels, wasmKernels]) {
      const a = filled([5], "int32", () => 2 ** 31 - 1);
      kernels.binary("add", a, a, a);
      expect([...a.toTypedArray()]).toEqual([-2, -2, -2, -2, -2]);
      const b = filled([5], "int32", () => 123456789);
      kernels.binary("mul", b, b, b);
      expect(b.toArray()).toEqual(new Array(5).fill(Math.imul(123456789, 123456789)));
    }
  });

  test("powers by one number", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const x = filled([SPECIAL.length], dtype, (i) => SPECIAL[i]!);
      for (const exponent of [2, -1, 0.5, 0, 3, -2]) {
        const [actual, expected] = both((kernels) => {
          const out = NDArray.emptyLike(x);
          kernels.binary(
            "pow",
            x,
            filled([], dtype, () => exponent),
            out,
          );
          return out;
        });
        expectClose(actual, expected, closeness(dtype), `pow ${exponent}`);
      }
    }
  });

  test("pow is that of C at 1 and -1", () => {
    for (const kernels of [jsKernels, wasmKernels]) {
      const a = filled([4], "float32", (i) => [1, 1, -1, -1][i]!);
      const b = filled([4], "float32", (i) => [NaN, Infinity, -Infinity, Infinity][i]!);
      kernels.binary("pow", a, b, a);
      expect(a.toArray()).toEqual([1, 1, 1, 1]);
    }
  });
});

/** The two implementations plan their loops with the same code, so it is checked against the definition as well. */
describe("the reference, element by element", () => {
  test.each(["float32", "int32", "bool"] as const)("%s", (dtype) => {
    const numbers = new Numbers(9);
    for (const shape of SHAPES) {
      for (const left of LAYOUTS) {
        for (const right of LAYOUTS) {
          const a = laidOut(shape, dtype, left, numbers);
          const b = numbers.next() < 0.2 ? filled([1, 1], dtype, () => 1) : laidOut(shape, dtype, right, numbers);
          const condition = laidOut(shape, "bool", "contiguous", numbers);
          const difference = NDArray.empty(shape, dtype);
          jsKernels.binary("sub", a, b, difference);
          const less = NDArray.empty(shape, "bool");
          jsKernels.compare("less", a, b, less);
          const picked = NDArray.empty(shape, dtype);
          jsKernels.where(condition, b, a, picked);
          const copied = laidOut(shape, dtype, "reversed", numbers);
          jsKernels.copy(a, copied);
          for (const index of indices(shape)) {
            const [x, y] = [at(a, index), at(b, index)];
            const exact = dtype === "bool" ? x ^ y : x - y;
            const results = [at(difference, index), at(less, index), at(picked, index), at(copied, index)];
            const expected = [Math.fround(exact), x < y ? 1 : 0, at(condition, index) ? y : x, x];
            if (results.some((value, i) => value !== expected[i])) {
              throw new Error(`(${shape}) ${left}, ${right} at ${index}: ${results}, expected ${expected}`);
            }
          }
        }
      }
    }
  });
});

describe("where, copy and fill", () => {
  for (const dtype of DTYPES) {
    test(`where of ${dtype}`, () => {
      const numbers = new Numbers(5);
      for (const shape of SHAPES) {
        for (const flags of LAYOUTS) {
          for (const layout of LAYOUTS) {
            const condition = laidOut(shape, "bool", flags, numbers);
            const a = laidOut(shape, dtype, layout, numbers);
            const b = numbers.next() < 0.3 ? filled([], dtype, () => 1) : laidOut(shape, dtype, "contiguous", numbers);
            const [actual, expected] = both((kernels) => {
              const out = NDArray.empty(shape, dtype);
              kernels.where(condition, a, b, out);
              return out;
            });
            expectClose(actual, expected, {}, `where (${shape}) ${flags}, ${layout}`);
          }
        }
      }
    });

    for (const target of DTYPES) {
      test(`copy of ${dtype} to ${target}`, () => {
        const numbers = new Numbers(6);
        for (const shape of SHAPES) {
          for (const from of LAYOUTS) {
            for (const to of ["contiguous", "transposed", "stepped", "reversed"] as const) {
              const x = laidOut(shape, dtype, from, numbers);
              const [actual, expected] = both((kernels) => {
                const out = laidOut(shape, target, to, new Numbers(7));
                kernels.copy(x, out);
                const flat = NDArray.empty(shape, target);
                jsKernels.copy(out, flat);
                return flat;
              });
              expectClose(actual, expected, {}, `copy (${shape}) ${from} to ${to}`);
            }
          }
        }
      });
    }

    test(`fill of ${dtype}`, () => {
      for (const n of SIZES) {
        const [actual, expected] = both((kernels) => {
          const out = NDArray.empty([n], dtype);
          kernels.fill(out, -7.5);
          return out;
        });
        expectClose(actual, expected, {}, `fill ${n}`);
      }
    });
  }

  test("large transposes", () => {
    const numbers = new Numbers(8);
    for (const dtype of DTYPES) {
      const x = laidOut([131, 70], dtype, "transposed", numbers);
      const y = laidOut([3, 37, 41], dtype, "contiguous", numbers).transpose([0, 2, 1]);
      for (const source of [x, y]) {
        const [actual, expected] = both((kernels) => {
          const out = NDArray.empty(source.shape, dtype);
          kernels.copy(source, out);
          return out;
        });
        expectClose(actual, expected, {}, `transpose of ${dtype}`);
      }
    }
  });

  test("casts round toward zero and stop at the ends of the range", () => {
    const values = [1.9, -1.9, NaN, Infinity, -Infinity, 3e9, -3e9, 0.5, -0];
    for (const kernels of [jsKernels, wasmKernels]) {
      for (const dtype of ["float32", "float64"] as const) {
        const x = filled([values.length], dtype, (i) => values[i]!);
        const integers = NDArray.emptyLike(x, "int32");
        kernels.copy(x, integers);
        const [top, bottom] = [2 ** 31 - 1, -(2 ** 31)];
        expect(integers.toArray()).toEqual([1, -1, 0, top, bottom, top, bottom, 0, 0]);
        const flags = NDArray.emptyLike(x, "bool");
        kernels.copy(x, flags);
        expect(flags.toArray()).toEqual([true, true, true, true, true, true, true, true, false]);
      }
    }
  });
});
