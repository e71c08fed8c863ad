import type { Window2D } from "../../../core/backend/kernels";
import type { DType } from "../../../core/dtype";
import type { NDArray } from "../../../core/ndarray";
import { filled, type Numbers, randomValue } from "./arrays";

/** A window by its sizes. */
export interface Sizes {
  image: [number, number, number, number];
  kernel: [number, number];
  stride?: [number, number];
  step?: [number, number];
  pad?: [number, number, number, number];
}

/** The window with as many outputs as fit into the padded image. */
export function windowOf({ image, kernel, stride = [1, 1], step = [1, 1], pad = [0, 0, 0, 0] }: Sizes): Window2D {
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

/** Windows that lie inside, stick out, skip pixels or see none. */
export const WINDOWS: Sizes[] = [
  { image: [1, 1, 1, 1], kernel: [1, 1] },
  { image: [2, 5, 6, 1], kernel: [3, 3] },
  { image: [2, 5, 6, 3], kernel: [2, 3], pad: [1, 0, 2, 1] },
  { image: [1, 7, 8, 4], kernel: [3, 2], stride: [2, 3], pad: [1, 1, 1, 1] },
  { image: [2, 9, 9, 5], kernel: [3, 3], step: [2, 3], pad: [2, 2, 3, 3] },
  { image: [1, 6, 5, 9], kernel: [3, 3], stride: [3, 2], step: [2, 1], pad: [3, 3, 3, 3] },
  { image: [1, 4, 4, 2], kernel: [2, 2], pad: [5, 5, 5, 5], stride: [2, 2] },
  { image: [3, 4, 4, 70], kernel: [2, 2], stride: [2, 2] },
  { image: [2, 5, 8, 6], kernel: [2, 2], stride: [2, 3] },
  { image: [2, 4, 5, 5], kernel: [2, 2] },
  { image: [1, 5, 5, 5], kernel: [2, 2], stride: [2, 2], pad: [1, 0, 0, 1] },
  { image: [0, 4, 4, 2], kernel: [2, 2] },
  { image: [1, 3, 40, 1], kernel: [1, 33], pad: [0, 0, 16, 16] },
];

/** The shapes of what goes with a window. */
export const outShape = (w: Window2D): number[] => [w.batch, w.outRows, w.outCols, w.channels];
export const imageShape = (w: Window2D): number[] => [w.batch, w.rows, w.cols, w.channels];
export const patchShape = (w: Window2D): number[] => [
  w.batch * w.outRows * w.outCols,
  w.kernelRows * w.kernelCols * w.channels,
];

/** An array of random values. */
export function random(shape: readonly number[], dtype: DType, numbers: Numbers): NDArray {
  return filled(shape, dtype, () => randomValue(numbers, dtype));
}
