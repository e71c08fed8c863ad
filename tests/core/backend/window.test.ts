import { jsKernels } from "../../../core/backend/js";
import type { Kernels, Window2D } from "../../../core/backend/kernels";
import { wasmKernels } from "../../../core/backend/wasm";
import type { DType } from "../../../core/dtype";
import { NDArray } from "../../../core/ndarray";
import { expectClose, filled, Numbers, randomValue } from "./arrays";

const FLOATS = ["float32", "float64"] as const;

interface Sizes {
  image: [number, number, number, number];
  kernel: [number, number];
  stride?: [number, number];
  step?: [number, number];
  pad?: [number, number, number, number];
}

/** The window with as many outputs as fit into the padded image. */
function windowOf({ image, kernel, stride = [1, 1], step = [1, 1], pad = [0, 0, 0, 0] }: Sizes): Window2D {
  const [batch, rows, cols, channels] = image;
  const span = (axis: 0 | 1): number => (kernel[axis] - 1) * step[axis] + 1;
  return {
    batch,
    rows,
    cols,
    channels,
    kernelRows: kernel[0],
    kernelCols: kernel[1],
    strideRows: stride[0],
    strideCols: stride[1],
    stepRows: step[0],
    stepCols: step[1],
    padTop: pad[0],
    padLeft: pad[2],
    outRows: Math.floor((rows + pad[0] + pad[1] - span(0)) / stride[0]) + 1,
    outCols: Math.floor((cols + pad[2] + pad[3] - span(1)) / stride[1]) + 1,
  };
}

const WINDOWS: Sizes[] = [
  { image: [1, 1, 1, 1], kernel: [1, 1] },
  { image: [2, 5, 6, 1], kernel: [3, 3] },
  { image: [2, 5, 6, 3], kernel: [2, 3], pad: [1, 0, 2, 1] },
  { image: [1, 7, 8, 4], kernel: [3, 2], stride: [2, 3], pad: [1, 1, 1, 1] },
  { image: [2, 9, 9, 5], kernel: [3, 3], step: [2, 3], pad: [2, 2, 3, 3] },
  { image: [1, 6, 5, 9], kernel: [3, 3], stride: [3, 2], step: [2, 1], pad: [3, 3, 3, 3] },
  { image: [1, 4, 4, 2], kernel: [2, 2], pad: [5, 5, 5, 5], stride: [2, 2] },
  { image: [3, 4, 4, 70], kernel: [2, 2], stride: [2, 2] },
  { image: [0, 4, 4, 2], kernel: [2, 2] },
  { image: [1, 3, 40, 1], kernel: [1, 33], pad: [0, 0, 16, 16] },
];

const outShape = (w: Window2D): number[] => [w.batch, w.outRows, w.outCols, w.channels];
const imageShape = (w: Window2D): number[] => [w.batch, w.rows, w.cols, w.channels];
const patchShape = (w: Window2D): number[] => [
  w.batch * w.outRows * w.outCols,
  w.kernelRows * w.kernelCols * w.channels,
];

function random(shape: readonly number[], dtype: DType, numbers: Numbers): NDArray {
  return filled(shape, dtype, () => randomValue(numbers, dtype));
}

function dot(a: NDArray, b: NDArray): number {
  const [x, y] = [a.toTypedArray(), b.toTypedArray()];
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

/** `run`, into memory that holds numbers already. */
function into(shape: readonly number[], dtype: DType, run: (out: NDArray) => void): NDArray {
  const out = filled(shape, dtype, () => 55);
  run(out);
  return out;
}

/** The four that need no positions, with the shapes of what goes in and comes out. */
const KERNELS = [
  ["im2col", imageShape, patchShape],
  ["col2im", patchShape, imageShape],
  ["averagePool", imageShape, outShape],
  ["averagePoolGrad", outShape, imageShape],
] as const;

describe.each(FLOATS)("windows over %s", (dtype) => {
  const tolerance = { absolute: dtype === "float32" ? 1e-5 : 1e-13 };

  test.each(KERNELS)("%s", (name, inShape, resultShape) => {
    const numbers = new Numbers(31);
    for (const sizes of WINDOWS) {
      const w = windowOf(sizes);
      const x = random(inShape(w), dtype, numbers);
      const run = (kernels: Kernels) => into(resultShape(w), dtype, (out) => kernels[name](x, w, out));
      expectClose(run(wasmKernels).toTypedArray(), run(jsKernels).toTypedArray(), tolerance, JSON.stringify(sizes));
    }
  });

  test("maxPool, with ties, NaN and infinities", () => {
    const numbers = new Numbers(32);
    for (const sizes of WINDOWS) {
      const w = windowOf(sizes);
      const values = [-Infinity, NaN, 0, 1, 2, -1, -2, Infinity];
      for (const choices of [values, [-1, 2], [-Infinity, -Infinity]]) {
        const x = filled(imageShape(w), dtype, () => choices[numbers.integer(choices.length)]!);
        const run = (kernels: Kernels): [NDArray, NDArray] => {
          const positions = filled(outShape(w), "int32", () => 55);
          return [into(outShape(w), dtype, (out) => kernels.maxPool(x, w, out, positions)), positions];
        };
        const [actual, at] = run(wasmKernels);
        const [expected, expectedAt] = run(jsKernels);
        expectClose(actual.toTypedArray(), expected.toTypedArray(), {}, JSON.stringify(sizes));
        expectClose(at.toTypedArray(), expectedAt.toTypedArray(), {}, JSON.stringify(sizes));
      }
    }
  });

  test("col2im is the adjoint of im2col, averagePoolGrad that of averagePool", () => {
    const numbers = new Numbers(33);
    for (const kernels of [jsKernels, wasmKernels]) {
      for (const sizes of WINDOWS) {
        const w = windowOf(sizes);
        const x = random(imageShape(w), dtype, numbers);
        const y = random(patchShape(w), dtype, numbers);
        const patches = into(patchShape(w), dtype, (out) => kernels.im2col(x, w, out));
        const image = into(imageShape(w), dtype, (out) => kernels.col2im(y, w, out));
        const near = dtype === "float32" ? 3 : 10;
        expect(dot(patches, y)).toBeCloseTo(dot(x, image), near);
        const gy = random(outShape(w), dtype, numbers);
        const pooled = into(outShape(w), dtype, (out) => kernels.averagePool(x, w, out));
        const spread = into(imageShape(w), dtype, (out) => kernels.averagePoolGrad(gy, w, out));
        expect(dot(pooled, gy)).toBeCloseTo(dot(x, spread), near);
      }
    }
  });
});

test.each([
  ["js", jsKernels],
  ["wasm", wasmKernels],
] as const)("known windows, %s", (_, kernels) => {
  const w = windowOf({ image: [1, 2, 3, 1], kernel: [2, 2], pad: [0, 0, 1, 0] });
  const x = filled([1, 2, 3, 1], "float32", (i) => i + 1);
  const patches = into(patchShape(w), "float32", (out) => kernels.im2col(x, w, out));
  expect(patches.toArray()).toEqual([
    [0, 1, 0, 4],
    [1, 2, 4, 5],
    [2, 3, 5, 6],
  ]);
  const positions = NDArray.empty([1, 1, 3, 1], "int32");
  const largest = into([1, 1, 3, 1], "float32", (out) => kernels.maxPool(x, w, out, positions));
  expect([...largest.toTypedArray()]).toEqual([4, 5, 6]);
  expect([...positions.toTypedArray()]).toEqual([3, 4, 5]);
  const means = into([1, 1, 3, 1], "float32", (out) => kernels.averagePool(x, w, out));
  expect([...means.toTypedArray()]).toEqual([1.25, 3, 4]);
});

test("im2col and col2im of int32", () => {
  const numbers = new Numbers(34);
  const w = windowOf(WINDOWS[2]!);
  const x = random(imageShape(w), "int32", numbers);
  const patches = (kernels: Kernels) => into(patchShape(w), "int32", (out) => kernels.im2col(x, w, out));
  expect(patches(wasmKernels).toArray()).toEqual(patches(jsKernels).toArray());
  const y = random(patchShape(w), "int32", numbers);
  const image = into(imageShape(w), "int32", (out) => wasmKernels.col2im(y, w, out));
  expect(dot(patches(wasmKernels), y)).toBe(dot(x, image));
});
