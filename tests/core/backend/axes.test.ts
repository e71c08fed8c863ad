import type { AxisView, Kernels } from "../../../core/backend/kernels";
import type { DType } from "../../../core/dtype";
import { NDArray, type NumericArray } from "../../../core/ndarray";
import { expectClose, filled, Numbers, randomValue, type Tolerance } from "./arrays";
import { jsKernels, wasmKernels } from "./implementations";

const FLOATS = ["float32", "float64"] as const;
const NUMBERS = ["float32", "float64", "int32"] as const;
const LENGTHS = [1, 2, 7, 8, 33, 36, 257, 1025];
const INNERS = [1, 2, 4, 7, 8, 9, 33];

function views(): AxisView[] {
  const result: AxisView[] = [];
  for (const length of LENGTHS) for (const inner of INNERS) result.push({ outer: length > 100 ? 1 : 3, length, inner });
  result.push(
    { outer: 0, length: 3, inner: 4 },
    { outer: 2, length: 3, inner: 0 },
    { outer: 1, length: 5000, inner: 1 },
    { outer: 1, length: 23, inner: 6 },
  );
  return result;
}

const text = ({ outer, length, inner }: AxisView): string => `(${outer}, ${length}, ${inner})`;

/** The tolerance that suits sums of `length` numbers of at most 3 in magnitude. */
const sumTolerance = (dtype: DType, length: number): Tolerance =>
  dtype === "int32" ? {} : { absolute: length * (dtype === "float32" ? 2e-7 : 1e-15) };

function both(run: (kernels: Kernels) => NDArray): [NumericArray, NumericArray] {
  return [run(wasmKernels).toTypedArray(), run(jsKernels).toTypedArray()];
}

function input(view: AxisView, dtype: DType, numbers: Numbers): NDArray {
  return filled([view.outer, view.length, view.inner], dtype, () => randomValue(numbers, dtype));
}

/** Some elements of `x` become NaN or infinite. */
function spoil(x: NDArray, numbers: Numbers): NDArray {
  const values = x.toTypedArray();
  return filled(x.shape, x.dtype, (i) => {
    const draw = numbers.next();
    if (draw < 0.02) return NaN;
    if (draw < 0.04) return Infinity;
    return draw < 0.06 ? -Infinity : values[i]!;
  });
}

test("sums of bools are 1 where one is true, however many are, and products where all are", () => {
  const x = filled([3, 300], "bool", (i) => (i < 300 || i === 400 ? 1 : 0));
  for (const kernels of [jsKernels, wasmKernels]) {
    const [any, all] = [NDArray.empty([3], "bool"), NDArray.empty([3], "bool")];
    kernels.reduce("sum", x, { outer: 3, length: 300, inner: 1 }, any);
    kernels.reduce("prod", x, { outer: 3, length: 300, inner: 1 }, all);
    expect([[...any.toTypedArray()], [...all.toTypedArray()]]).toEqual([
      [1, 1, 0],
      [1, 0, 0],
    ]);
  }
});

test("where the first true and the first false is", () => {
  const x = filled([2, 40], "bool", (i) => (i % 40 === 37 || i === 45 ? 1 : 0));
  const view = { outer: 2, length: 40, inner: 1 };
  for (const kernels of [jsKernels, wasmKernels]) {
    const [first, none] = [NDArray.empty([2], "int32"), NDArray.empty([2], "int32")];
    kernels.argReduce("argmax", x, view, first);
    kernels.argReduce("argmin", x, view, none);
    expect([first.toArray(), none.toArray()]).toEqual([
      [37, 5],
      [0, 0],
    ]);
  }
});

describe.each(NUMBERS)("reductions of %s", (dtype) => {
  test.each(["sum", "prod", "max", "min"] as const)("%s", (op) => {
    const numbers = new Numbers(11);
    for (const view of views()) {
      const x = input(view, dtype, numbers);
      for (const source of dtype === "int32" ? [x] : [x, spoil(x, numbers)]) {
        const [actual, expected] = both((kernels) => {
          const out = NDArray.empty([view.outer, view.inner], dtype);
          kernels.reduce(op, source, view, out);
          return out;
        });
        const tolerance =
          op === "sum" ? sumTolerance(dtype, view.length) : { relative: dtype === "float32" ? 2e-7 : 1e-13 };
        expectClose(actual, expected, dtype === "int32" ? {} : tolerance, `${op} ${text(view)}`);
      }
    }
  });

  test.each(["argmax", "argmin"] as const)("%s, with ties and NaN", (op) => {
    const numbers = new Numbers(12);
    for (const view of views()) {
      const x = filled([view.outer, view.length, view.inner], dtype, () => numbers.integer(5));
      for (const source of dtype === "int32" ? [x] : [x, spoil(x, numbers)]) {
        const [actual, expected] = both((kernels) => {
          const out = NDArray.empty([view.outer, view.inner], "int32");
          kernels.argReduce(op, source, view, out);
          return out;
        });
        expectClose(actual, expected, {}, `${op} ${text(view)}`);
      }
    }
  });

  test("cumsum, forward and reverse", () => {
    const numbers = new Numbers(13);
    for (const view of views()) {
      const x = input(view, dtype, numbers);
      for (const reverse of [false, true]) {
        const [actual, expected] = both((kernels) => {
          const out = NDArray.emptyLike(x);
          kernels.cumsum(x, view, reverse, out);
          return out;
        });
        expectClose(actual, expected, sumTolerance(dtype, view.length), `cumsum ${text(view)}`);
      }
    }
  });
});

describe("known values", () => {
  test.each([
    ["js", jsKernels],
    ["wasm", wasmKernels],
  ] as const)("%s", (_, kernels) => {
    const x = filled([2, 3], "float32", (i) => [1, 5, 5, NaN, 2, -3][i]!);
    const rows = { outer: 2, length: 3, inner: 1 };
    const index = NDArray.empty([2], "int32");
    kernels.argReduce("argmax", x, rows, index);
    expect(index.toArray()).toEqual([1, 0]);
    const out = NDArray.empty([2], "float32");
    kernels.reduce("max", x, rows, out);
    expect(out.toArray()).toEqual([5, NaN]);
    kernels.reduce("sum", x, { outer: 2, length: 0, inner: 1 }, out);
    expect(out.toArray()).toEqual([0, 0]);
    kernels.reduce("prod", x, { outer: 2, length: 0, inner: 1 }, out);
    expect(out.toArray()).toEqual([1, 1]);
    const sums = NDArray.emptyLike(x);
    kernels.cumsum(x, { outer: 1, length: 2, inner: 3 }, true, sums);
    expect(sums.toArray()).toEqual([
      [NaN, 7, 2],
      [NaN, 2, -3],
    ]);
  });

  test("sums of many float32 are accurate", () => {
    const n = 1_000_000;
    const x = filled([n], "float32", () => 0.1);
    const exact = n * Math.fround(0.1);
    for (const kernels of [jsKernels, wasmKernels]) {
      const out = NDArray.empty([], "float32");
      kernels.reduce("sum", x, { outer: 1, length: n, inner: 1 }, out);
      expect(Math.abs(out.item() / exact - 1)).toBeLessThan(2e-7);
      const columns = NDArray.empty([10], "float32");
      kernels.reduce("sum", x, { outer: 1, length: n / 10, inner: 10 }, columns);
      for (const sum of columns.toTypedArray()) expect(Math.abs(sum / (exact / 10) - 1)).toBeLessThan(2e-7);
    }
  });

  test("products of float32 are right where those of a part of the numbers would be too large", () => {
    const halves = (row: number, length: number) => (row < 2 ? 1e30 : row >= length - 2 ? 1e-30 : 1);
    const eighths = (row: number) => ({ 0: 1e30, 8: 1e30, 1: 1e-30, 9: 1e-30 })[row] ?? 1;
    for (const [length, inner, value] of [
      [450_000, 1, halves],
      [45_000, 10, halves],
      [2000, 225, halves],
      [24, 3, eighths],
    ] as const) {
      const x = filled([length, inner], "float32", (i) => value(Math.floor(i / inner), length));
      for (const kernels of [jsKernels, wasmKernels]) {
        const out = NDArray.empty([inner], "float32");
        kernels.reduce("prod", x, { outer: 1, length, inner }, out);
        for (const product of out.toTypedArray()) expect(product).toBeCloseTo(1, 6);
      }
    }
  });

  test("reductions of bool", () => {
    const numbers = new Numbers(14);
    const view = { outer: 3, length: 5, inner: 7 };
    const x = filled([3, 5, 7], "bool", () => numbers.integer(2));
    for (const op of ["sum", "prod", "max", "min"] as const) {
      const out = NDArray.empty([3, 7], "bool");
      wasmKernels.reduce(op, x, view, out);
      const flags = x.toArray() as boolean[][][];
      const expected = flags.map((rows) =>
        rows[0]!.map((_, j) => {
          const column = rows.map((row) => row[j]!);
          return op === "sum" || op === "max" ? column.some(Boolean) : column.every(Boolean);
        }),
      );
      expect(out.toArray()).toEqual(expected);
    }
  });
});

describe.each(FLOATS)("softmax of %s", (dtype) => {
  const tolerance = dtype === "float32" ? { relative: 6e-7, absolute: 1e-44 } : { relative: 1e-14, absolute: 1e-322 };

  test.each(["softmax", "logSoftmax"] as const)("%s", (op) => {
    const numbers = new Numbers(15);
    for (const view of views()) {
      const x = input(view, dtype, numbers);
      const wide = filled(x.shape, dtype, () => numbers.between(-1000, 1000));
      // The shift of numbers near 1000 rounds by up to 4e-6 in float32, and its exponential is off by that.
      const rounding = dtype === "float32" ? 5e-6 : 1e-14;
      for (const source of [x, wide, spoil(x, numbers)]) {
        const [actual, expected] = both((kernels) => {
          const out = NDArray.emptyLike(source);
          kernels[op](source, view, out);
          return out;
        });
        expectClose(
          actual,
          expected,
          { ...tolerance, relative: source === wide ? rounding : tolerance.relative },
          text(view),
        );
      }
    }
  });

  test("causalSoftmax: rows from nothing to all of the keys", () => {
    const numbers = new Numbers(16);
    for (const [queries, keys] of [
      [1, 1],
      [4, 4],
      [37, 37],
      [3, 40],
      [40, 3],
      [5, 1],
    ] as const) {
      const source = filled([2, 3, queries, keys], dtype, () => numbers.between(-4, 4));
      const [actual, expected] = both((kernels) => {
        const out = filled(source.shape, dtype, () => 55);
        kernels.causalSoftmax(source, out);
        return out;
      });
      const rounding = dtype === "float32" ? 1e-6 : 1e-14;
      expectClose(actual, expected, { ...tolerance, relative: rounding }, `${queries} x ${keys}`);
      // Against softmax of what is left of each row.
      for (const [row, at] of [
        [0, 0],
        [queries - 1, 0],
        [queries - 1, 5],
      ] as const) {
        const allowed = Math.max(0, row + keys - queries + 1);
        const first = (at * queries + row) * keys;
        const scores = Array.from(source.toTypedArray().slice(first, first + allowed), Number);
        const powers = scores.map((score) => Math.exp(score - Math.max(...scores)));
        const total = powers.reduce((a, b) => a + b, 0);
        const wanted = Float64Array.from({ length: keys }, (_, key) => (key < allowed ? powers[key]! / total : 0));
        expectClose(actual.slice(first, first + keys), wanted, { ...tolerance, relative: rounding }, `row ${row}`);
      }
    }
  });

  test("a row of equal huge numbers is uniform", () => {
    for (const kernels of [jsKernels, wasmKernels]) {
      const x = filled([4], dtype, () => 1e4);
      const view = { outer: 1, length: 4, inner: 1 };
      kernels.softmax(x.copy(), view, x);
      expect(x.toArray()).toEqual([0.25, 0.25, 0.25, 0.25]);
    }
  });
});
