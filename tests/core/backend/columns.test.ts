import type { Kernels } from "../../../core/backend/kernels";
import { NDArray } from "../../../core/ndarray";
import { expectClose, filled, Numbers, randomValue } from "./arrays";
import { jsKernels, wasmKernels } from "./implementations";

const ROWS = [1, 2, 3, 15, 16, 17, 33, 100];
const WIDTHS = [1, 2, 3, 4, 5, 8, 10, 16, 19];

describe.each(["float32", "float64"] as const)("columns of %s", (dtype) => {
  const tolerance = dtype === "float32" ? { relative: 2e-6, absolute: 1e-5 } : { relative: 1e-13, absolute: 1e-12 };

  /** Runs every kernel of columns on random arrays, into outputs that hold numbers already. */
  function results(kernels: Kernels, rows: number, width: number): NDArray[] {
    const numbers = new Numbers(51 + rows + 1000 * width);
    const random = (shape: readonly number[]) => filled(shape, dtype, () => randomValue(numbers, dtype));
    const [x, gy] = [random([rows, width]), random([rows, width])];
    const [mean, scale, slope, shift] = [random([width]), random([width]), random([width]), random([width])];
    const outs = [[width], [2, width], [rows, width], [rows, width]].map((shape) => filled(shape, dtype, () => 55));
    kernels.columnSquares(x, mean, outs[0]!);
    kernels.columnProducts(x, mean, gy, outs[1]!);
    kernels.normalizeColumns(x, mean, scale, shift, outs[2]!);
    kernels.normalizeColumnsGrad(x, mean, gy, scale, slope, shift, outs[3]!);
    return outs;
  }

  test.each(WIDTHS)("the same from both implementations: width %i", (width) => {
    for (const rows of ROWS) {
      const expected = results(jsKernels, rows, width);
      for (const [i, out] of results(wasmKernels, rows, width).entries()) {
        expectClose(out.toTypedArray(), expected[i]!.toTypedArray(), tolerance, `${rows} x ${width}, ${i}`);
      }
    }
  });

  test("what the reference computes is what its name says", () => {
    const f = (shape: readonly number[], values: readonly number[]) => filled(shape, dtype, (i) => values[i]!);
    const x = f([2, 2], [1, 2, 3, 5]);
    const gy = f([2, 2], [1, 10, 2, 20]);
    const mean = f([2], [2, 4]);
    const [squares, sums, y, gx] = [[2], [2, 2], [2, 2], [2, 2]].map((shape) => NDArray.empty(shape, dtype));
    jsKernels.columnSquares(x, mean, squares!);
    expect(squares!.toArray()).toEqual([2, 5]);
    jsKernels.columnProducts(x, mean, gy, sums!);
    expect(sums!.toArray()).toEqual([
      [1, 0],
      [3, 30],
    ]);
    jsKernels.normalizeColumns(x, mean, f([2], [10, 100]), f([2], [1, 2]), y!);
    expect(y!.toArray()).toEqual([
      [-9, -198],
      [11, 102],
    ]);
    jsKernels.normalizeColumnsGrad(x, mean, gy, f([2], [2, 3]), f([2], [10, 100]), f([2], [1, 2]), gx!);
    expect(gx!.toArray()).toEqual([
      [20, 624],
      [-18, -246],
    ]);
  });
});

test("sums of many float32 do not drift", () => {
  const rows = 100_000;
  const x = filled([rows, 4], "float32", (i) => 1 + (i % 8) / 8);
  const mean = filled([4], "float32", () => 0);
  const [squares, exact] = [NDArray.empty([4], "float32"), NDArray.empty([4], "float32")];
  wasmKernels.columnSquares(x, mean, squares);
  jsKernels.columnSquares(x, mean, exact);
  expectClose(squares.toTypedArray(), exact.toTypedArray(), { relative: 2e-7 });
});
