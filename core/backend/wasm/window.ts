import { bytesOf, isFloat } from "../../dtype.js";
import type { NDArray } from "../../ndarray.js";
import { jsKernels } from "../js.js";
import type { Window2D } from "../kernels.js";
import { type WasmFunction, wasm, wasmFunction } from "./instance.js";

/** Calls `run` with two addresses, perhaps a third, and the numbers of the window. */
function call(run: WasmFunction, arrays: readonly number[], w: Window2D, channels = w.channels): void {
  run(
    ...arrays,
    w.batch,
    w.rows,
    w.cols,
    channels,
    w.kernelRows,
    w.kernelCols,
    w.strideRows,
    w.strideCols,
    w.stepRows,
    w.stepCols,
    w.padTop,
    w.padLeft,
    w.outRows,
    w.outCols,
  );
}

/** `Kernels.im2col`. */
export function im2col(x: NDArray, w: Window2D, out: NDArray): void {
  call(wasm().im2col!, [x.address, out.address], w, w.channels * bytesOf(x.dtype));
}

/** `Kernels.col2im`. */
export function col2im(patches: NDArray, w: Window2D, out: NDArray): void {
  if (isFloat(out.dtype)) call(wasmFunction("col2im", out.dtype), [patches.address, out.address], w);
  else jsKernels.col2im(patches, w, out);
}

/** `Kernels.maxPool`. A window with no tap inside the image gives -Infinity and the image's first position. */
export function maxPool(x: NDArray, w: Window2D, out: NDArray, positions: NDArray): void {
  if (isFloat(x.dtype)) call(wasmFunction("maxPool", x.dtype), [x.address, out.address, positions.address], w);
  else jsKernels.maxPool(x, w, out, positions);
}

/** `Kernels.averagePool`. */
export function averagePool(x: NDArray, w: Window2D, out: NDArray): void {
  call(wasmFunction("averagePool", x.dtype), [x.address, out.address], w);
}

/** `Kernels.averagePoolGrad`. */
export function averagePoolGrad(gy: NDArray, w: Window2D, out: NDArray): void {
  call(wasmFunction("averagePoolGrad", gy.dtype), [gy.address, out.address], w);
}
