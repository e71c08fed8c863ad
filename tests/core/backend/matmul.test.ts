import type { DType } from "../../../core/dtype";
import { NDArray } from "../../../core/ndarray";
import { at, expectClose, filled, indices, LAYOUTS, laidOut, Numbers, randomValue, type Tolerance } from "./arrays";
import { jsKernels, wasmKernels } from "./implementations";

const DTYPES = ["float32", "float64", "int32"] as const;

const tolerance = (dtype: DType, k: number): Tolerance =>
  dtype === "int32"
    ? {}
    : dtype === "float32"
      ? { relative: 2e-6, absolute: 2e-6 * (k + 1) }
      : { relative: 4e-15, absolute: 4e-15 * (k + 1) };

function compare(a: NDArray, b: NDArray, shape: readonly number[], context: string): void {
  const actual = filled(shape, a.dtype, () => 77);
  const expected = filled(shape, a.dtype, () => 78);
  wasmKernels.matmul(a, b, actual);
  jsKernels.matmul(a, b, expected);
  const k = a.shape[a.ndim - 1]!;
  expectClose(actual.toTypedArray(), expected.toTypedArray(), tolerance(a.dtype, k), context);
}

/** The two implementations find the matrices of a batch with the same code, so it is checked by itself. */
function compareByDefinition(a: NDArray, b: NDArray, shape: readonly number[]): void {
  const out = NDArray.empty(shape, a.dtype);
  jsKernels.matmul(a, b, out);
  for (const index of indices(shape)) {
    const batch = index.slice(0, -2);
    const [row, col] = index.slice(-2) as [number, number];
    let sum = 0;
    for (let k = 0; k < a.shape[a.ndim - 1]!; k++) sum += at(a, [...batch, row, k]) * at(b, [...batch, k, col]);
    expect(at(out, index)).toBeCloseTo(sum, 4);
  }
}

function random(shape: readonly number[], dtype: DType, numbers: Numbers): NDArray {
  return filled(shape, dtype, () => randomValue(numbers, dtype));
}

test.each([
  ["js", jsKernels],
  ["wasm", wasmKernels],
] as const)("known product, %s", (_, kernels) => {
  for (const dtype of DTYPES) {
    const a = filled([2, 3], dtype, (i) => i + 1);
    const out = NDArray.empty([2, 2], dtype);
    kernels.matmul(a, a.transpose(), out);
    expect(out.toArray()).toEqual([
      [14, 32],
      [32, 77],
    ]);
  }
});

describe.each(DTYPES)("matmul of %s", (dtype) => {
  test("sizes around the tiles", () => {
    const numbers = new Numbers(21);
    const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 17];
    for (const m of lengths) {
      for (const k of lengths) {
        for (const n of lengths) {
          compare(random([m, k], dtype, numbers), random([k, n], dtype, numbers), [m, n], `${m} x ${k} x ${n}`);
        }
      }
    }
  });

  test("sizes around the blocks", () => {
    const numbers = new Numbers(22);
    for (const [m, k, n] of [
      [127, 255, 33],
      [128, 256, 8],
      [129, 257, 9],
      [300, 5, 10],
      [3, 600, 7],
      [2, 3, 1023],
      [5, 4, 1025],
      [1, 257, 2050],
    ] as const) {
      compare(random([m, k], dtype, numbers), random([k, n], dtype, numbers), [m, n], `${m} x ${k} x ${n}`);
    }
  });

  test("any layouts", () => {
    const numbers = new Numbers(23);
    for (const left of LAYOUTS) {
      for (const right of LAYOUTS) {
        for (const [m, k, n] of [
          [5, 6, 7],
          [8, 16, 24],
          [33, 34, 35],
        ] as const) {
          const a = laidOut([m, k], dtype, left, numbers);
          const b = laidOut([k, n], dtype, right, numbers);
          compare(a, b, [m, n], `${left} @ ${right}`);
        }
      }
    }
  });

  test("batches that broadcast", () => {
    const numbers = new Numbers(24);
    const cases: [number[], number[], number[]][] = [
      [
        [4, 5, 6],
        [4, 6, 7],
        [4, 5, 7],
      ],
      [
        [5, 6],
        [4, 6, 7],
        [4, 5, 7],
      ],
      [
        [4, 5, 6],
        [6, 7],
        [4, 5, 7],
      ],
      [
        [3, 1, 5, 6],
        [2, 6, 7],
        [3, 2, 5, 7],
      ],
      [
        [1, 5, 6],
        [3, 2, 6, 7],
        [3, 2, 5, 7],
      ],
      [
        [0, 5, 6],
        [6, 7],
        [0, 5, 7],
      ],
    ];
    for (const [left, right, shape] of cases) {
      for (const layout of ["contiguous", "transposed", "reversed"] as const) {
        const a = laidOut(left, dtype, layout, numbers);
        const b = laidOut(right, dtype, layout, numbers);
        compare(a, b, shape, `${left} @ ${right}`);
        compareByDefinition(a, b, shape);
      }
    }
  });
});

describe.each(DTYPES)("matmul of %s into what is there", (dtype) => {
  test("bias, accumulation and rows that lie apart", () => {
    const numbers = new Numbers(25);
    for (const [m, k, n] of [
      [1, 5, 9],
      [7, 6, 1],
      [5, 0, 3],
      [9, 4, 17],
      [5, 300, 10],
      [130, 7, 1030],
    ] as const) {
      const a = random([m, k], dtype, numbers);
      const b = random([k, n], dtype, numbers);
      for (const bias of [null, random([n], dtype, numbers)]) {
        for (const accumulate of [false, true]) {
          const results = [wasmKernels, jsKernels].map((kernels) => {
            const memory = filled([m, n + 3], dtype, (i) => i % 7);
            kernels.matmul(a, b, memory.view(memory.address, [m, n], [n + 3, 1]), bias, accumulate);
            return memory;
          });
          const [actual, expected] = results as [NDArray, NDArray];
          const context = `${m} x ${k} x ${n}, ${bias === null ? "no bias" : "bias"}, ${accumulate}`;
          expectClose(actual.toTypedArray(), expected.toTypedArray(), tolerance(dtype, k), context);
          let sum = accumulate ? (n + 3 + n - 1) % 7 : 0;
          if (bias !== null) sum += at(bias, [n - 1]);
          for (let p = 0; p < k; p++) sum += at(a, [1 % m, p]) * at(b, [p, n - 1]);
          if (m > 1) expect(at(expected, [1, n - 1])).toBeCloseTo(sum, 2);
          expect(at(actual, [m - 1, n])).toBe(((m - 1) * (n + 3) + n) % 7);
        }
      }
    }
  });
});

test("NaN and infinities go through", () => {
  const a = filled([5, 9], "float32", (i) => (i === 12 ? NaN : i === 3 ? Infinity : 1));
  const b = filled([9, 9], "float32", (i) => (i === 40 ? -Infinity : 1));
  compare(a, b, [5, 9], "special numbers");
});
