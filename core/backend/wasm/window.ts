import { bytesOf, isFloat } from "../../dtype.js";
import type { NDArray } from "../../ndarray.js";
import * as js from "../js/window.js";
import type { Window2D } from "../kernels.js";
import { apart, partCount } from "../parallel.js";
import { describe } from "./geometry.js";
import { SUFFIX } from "./kernel-module.js";
import { windows } from "./modules.js";
import { share } from "./share.js";

/** Images are divided among the threads; `bytes` are those that one image takes to read and write. */
function overImages(
  name: string,
  inputs: readonly NDArray[],
  outs: readonly NDArray[],
  w: Window2D,
  bytes: number,
  ...rest: number[]
): void {
  const [descriptor] = describe(w);
  const addresses = [...inputs, ...outs].map((x) => x.address);
  share(windows, name, w.batch, partCount(w.batch, bytes), 1, apart(outs, ...inputs), (from, to) => [
    descriptor,
    ...addresses,
    ...rest,
    from,
    to,
  ]);
}

/** Bytes of an image under windows, tap by tap. */
function tapBytes(w: Window2D, dtype: NDArray["dtype"]): number {
  return w.outRows * w.outCols * w.kernelRows * w.kernelCols * w.channels * bytesOf(dtype);
}

/** `Kernels.im2col`. */
export function im2col(x: NDArray, w: Window2D, out: NDArray): void {
  overImages("im2col", [x], [out], w, tapBytes(w, x.dtype), bytesOf(x.dtype));
}

/** `Kernels.col2im`. */
export function col2im(patches: NDArray, w: Window2D, out: NDArray): void {
  const { dtype } = out;
  if (isFloat(dtype)) overImages(`col2im_${SUFFIX[dtype]}`, [patches], [out], w, tapBytes(w, dtype));
  else js.col2im(patches, w, out);
}

/** `Kernels.maxPool`. A window with no tap inside the image gives -Infinity and the image's first position. */
export function maxPool(x: NDArray, w: Window2D, out: NDArray, positions: NDArray): void {
  const { dtype } = x;
  if (isFloat(dtype)) overImages(`maxPool_${SUFFIX[dtype]}`, [x], [out, positions], w, 2 * tapBytes(w, dtype));
  else js.maxPool(x, w, out, positions);
}

/** `Kernels.maxPoolGrad`. */
export function maxPoolGrad(gy: NDArray, positions: NDArray, w: Window2D, out: NDArray): void {
  const { dtype } = gy;
  const bytes = (w.rows * w.cols + 3 * w.outRows * w.outCols) * w.channels * bytesOf(dtype);
  if (isFloat(dtype)) overImages(`maxPoolGrad_${SUFFIX[dtype]}`, [gy, positions], [out], w, bytes);
  else js.maxPoolGrad(gy, positions, w, out);
}

/** `Kernels.averagePool`. */
export function averagePool(x: NDArray, w: Window2D, out: NDArray): void {
  overImages(`averagePool_${SUFFIX[x.dtype]}`, [x], [out], w, tapBytes(w, x.dtype));
}

/** `Kernels.averagePoolGrad`. */
export function averagePoolGrad(gy: NDArray, w: Window2D, out: NDArray): void {
  overImages(`averagePoolGrad_${SUFFIX[gy.dtype]}`, [gy], [out], w, tapBytes(w, gy.dtype));
}
