import { bytesOf, isFloat } from "../../dtype.js";
import type { NDArray } from "../../ndarray.js";
import { jsKernels } from "../js.js";
import { wasm, wasmFunction } from "./instance.js";

/** `Kernels.takeRows`. */
export function takeRows(x: NDArray, rows: NDArray, width: number, out: NDArray): void {
  wasm().takeRows!(x.address, rows.address, rows.size, width * bytesOf(x.dtype), out.address);
}

/** `Kernels.addRows`. */
export function addRows(x: NDArray, rows: NDArray, width: number, out: NDArray): void {
  if (isFloat(x.dtype)) wasmFunction("addRows", x.dtype)(x.address, rows.address, rows.size, width, out.address);
  else jsKernels.addRows(x, rows, width, out);
}
