import type { Kernels } from "../../../core/backend/kernels";
import { DTYPES, type DType } from "../../../core/dtype";
import { NDArray } from "../../../core/ndarray";
import { expectClose, filled, Numbers, randomValue, SIZES } from "./arrays";
import { jsKernels, wasmKernels } from "./implementations";

function random(shape: readonly number[], dtype: DType, numbers: Numbers): NDArray {
  return filled(shape, dtype, () => randomValue(numbers, dtype));
}

describe("rows", () => {
  test.each(DTYPES)("takeRows of %s", (dtype) => {
    const numbers = new Numbers(41);
    for (const width of SIZES) {
      const x = random([6, width], dtype, numbers);
      const rows = filled([9], "int32", () => numbers.integer(6));
      const out = NDArray.empty([9, width], dtype);
      wasmKernels.takeRows(x, rows, width, out);
      const source = x.toArray() as number[][];
      expect(out.toArray()).toEqual((rows.toArray() as number[]).map((r) => source[r]));
    }
  });

  test.each(["float32", "float64", "int32"] as const)("addRows of %s is the adjoint", (dtype) => {
    const numbers = new Numbers(42);
    for (const width of SIZES) {
      const x = random([9, width], dtype, numbers);
      const rows = filled([9], "int32", () => numbers.integer(4));
      const run = (kernels: Kernels): NDArray => {
        const out = filled([4, width], dtype, () => 0);
        kernels.addRows(x, rows, width, out);
        return out;
      };
      expectClose(run(wasmKernels).toTypedArray(), run(jsKernels).toTypedArray(), { absolute: 3e-6 }, `width ${width}`);
      const expected = new Float64Array(4 * width);
      const values = x.toTypedArray();
      rows.toTypedArray().forEach((row, i) => {
        for (let c = 0; c < width; c++) expected[row * width + c]! += values[i * width + c]!;
      });
      expectClose(run(jsKernels).toTypedArray(), expected, { absolute: 3e-6 }, `width ${width}`);
    }
  });
});
