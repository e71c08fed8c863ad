import type { Kernels } from "../../../core/backend/kernels";
import type { DType } from "../../../core/dtype";
import { NDArray } from "../../../core/ndarray";
import { expectClose, filled, Numbers, randomValue, type Tolerance } from "./arrays";
import { jsKernels, wasmKernels } from "./implementations";

const FLOATS = ["float32", "float64"] as const;
const ROWS = [1, 2, 5];
const WIDTHS = [1, 2, 3, 4, 5, 7, 8, 10, 16, 17, 33, 257];

const tolerance = (dtype: DType): Tolerance =>
  dtype === "float32" ? { relative: 4e-6, absolute: 4e-6 } : { relative: 1e-13, absolute: 1e-13 };

function random(shape: readonly number[], dtype: DType, numbers: Numbers): NDArray {
  return filled(shape, dtype, () => randomValue(numbers, dtype));
}

/** Runs `run` with outputs of `shapes` that hold numbers already, on both implementations, and compares what they hold then. */
function compare(
  dtype: DType,
  shapes: readonly (readonly number[])[],
  run: (kernels: Kernels, outs: NDArray[]) => void,
  context: string,
): void {
  const results = [wasmKernels, jsKernels].map((kernels) => {
    const outs = shapes.map((shape) => filled(shape, dtype, () => 55));
    run(kernels, outs);
    return outs.map((out) => out.toTypedArray());
  });
  for (const [i] of shapes.entries())
    expectClose(results[0]![i]!, results[1]![i]!, tolerance(dtype), `${context}, ${i}`);
}

describe.each(FLOATS)("functions of rows of %s", (dtype) => {
  test("softmaxGrad along any axis", () => {
    const numbers = new Numbers(41);
    for (const length of WIDTHS) {
      for (const inner of [1, 2, 5]) {
        const shape = [3, length, inner];
        const view = { outer: 3, length, inner };
        const gy = random(shape, dtype, numbers);
        const y = NDArray.empty(shape, dtype);
        jsKernels.softmax(random(shape, dtype, numbers), view, y);
        compare(dtype, [shape], (kernels, [out]) => kernels.softmaxGrad(gy, y, view, out!), `${shape}`);
      }
    }
  });

  test("crossEntropy and its gradient", () => {
    const numbers = new Numbers(42);
    for (const rows of ROWS) {
      for (const width of WIDTHS) {
        for (const scale of [1, 30, 1000]) {
          const x = filled([rows, width], dtype, () => Math.fround(scale * numbers.between(-1, 1)));
          const positions = filled([rows], "int32", (i) => i * width + numbers.integer(width));
          const statistics = NDArray.empty([rows, 2], dtype);
          jsKernels.crossEntropy(x, positions, statistics, NDArray.empty([rows], dtype));
          const context = `${rows} x ${width}, ${scale}`;
          compare(
            dtype,
            [[rows, 2], [rows]],
            (kernels, [pairs, out]) => kernels.crossEntropy(x, positions, pairs!, out!),
            context,
          );
          compare(
            dtype,
            [[rows, width]],
            (kernels, [out]) => kernels.crossEntropyGrad(x, positions, statistics, 0.7, out!),
            context,
          );
        }
      }
    }
  });

  test("layerNorm and its gradients", () => {
    const numbers = new Numbers(43);
    for (const rows of ROWS) {
      for (const width of WIDTHS.slice(2)) {
        const x = random([rows, width], dtype, numbers);
        const gy = random([rows, width], dtype, numbers);
        const gamma = random([width], dtype, numbers);
        const beta = random([width], dtype, numbers);
        const statistics = NDArray.empty([rows, 2], dtype);
        jsKernels.layerNorm(x, gamma, beta, 1e-2, statistics, NDArray.emptyLike(x));
        compare(
          dtype,
          [[rows, 2], x.shape],
          (kernels, [pairs, out]) => kernels.layerNorm(x, gamma, beta, 1e-2, pairs!, out!),
          `${rows} x ${width}`,
        );
        compare(
          dtype,
          [x.shape, [2, width]],
          (kernels, [gx, sums]) => kernels.layerNormGrad(x, gamma, gy, statistics, gx!, sums!),
          `${rows} x ${width}`,
        );
      }
    }
  });
});

test("a row that is written ends where it ends", () => {
  const memory = filled([12], "float32", () => 9);
  const out = memory.view(memory.address, [1, 6], [6, 1]);
  const x = filled([1, 6], "float32", (i) => i);
  const statistics = NDArray.empty([1, 2], "float32");
  const positions = filled([1], "int32", () => 2);
  wasmKernels.crossEntropy(x, positions, statistics, NDArray.empty([1], "float32"));
  wasmKernels.crossEntropyGrad(x, positions, statistics, 1, out);
  expect([...memory.toTypedArray()].slice(6)).toEqual(new Array(6).fill(9));
});
