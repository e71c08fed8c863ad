import * as kernels from "./backend/dispatch.js";
import type { Window2D } from "./backend/kernels.js";
import { NDArray } from "./ndarray.js";
import type { Shape } from "./shape.js";

/*
 * Convolution of NDArrays and its two adjoints, and that of max pooling: what `numeric.ts` is for everything else. Arrays of one
 * call have one dtype, any but bool; weights are (taps..., channels, n) of any number of axes.
 */

/** Images under `W`, plus `b` if there is one: see `Kernels.conv2d`. */
export function conv2d(x: NDArray, W: NDArray, b: NDArray | null, window: Window2D): NDArray {
  const [images, weights] = [x.asContiguous(), W.asContiguous()];
  const bias = b === null ? null : b.asContiguous();
  const out = NDArray.empty([window.batch, window.outRows, window.outCols, W.shape[W.ndim - 1]!], x.dtype);
  kernels.conv2d(images, weights, bias, window, out);
  return out;
}

/** The adjoint of `conv2d` in the images. */
export function conv2dGradInput(gy: NDArray, W: NDArray, window: Window2D): NDArray {
  const [gradient, weights] = [gy.asContiguous(), W.asContiguous()];
  const out = NDArray.empty([window.batch, window.rows, window.cols, window.channels], gy.dtype);
  kernels.conv2dGradInput(gradient, weights, window, out);
  return out;
}

/** The adjoint of `conv2d` in the weights, which have `shape`. */
export function conv2dGradWeight(x: NDArray, gy: NDArray, window: Window2D, shape: Shape): NDArray {
  const [images, gradient] = [x.asContiguous(), gy.asContiguous()];
  const out = NDArray.empty(shape, x.dtype);
  kernels.conv2dGradWeight(images, gradient, window, out);
  return out;
}

/** Zeros to which `gy` is added at the `positions` that max pooling chose. */
export function maxPoolGrad(gy: NDArray, positions: NDArray, window: Window2D): NDArray {
  const gradient = gy.asContiguous();
  const out = NDArray.empty([window.batch, window.rows, window.cols, window.channels], gy.dtype);
  kernels.maxPoolGrad(gradient, positions, window, out);
  return out;
}
