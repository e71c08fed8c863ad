import type { NDArray } from "../../ndarray.js";
import { jsKernels } from "../js.js";
import type { ArgReduceOp, AxisView, ReduceOp } from "../kernels.js";
import { wasmFunction } from "./instance.js";

/** `Kernels.reduce`. */
export function reduce(op: ReduceOp, x: NDArray, view: AxisView, out: NDArray): void {
  const { dtype } = x;
  if (dtype !== out.dtype || dtype === "bool" || (dtype === "int32" && op === "prod")) {
    jsKernels.reduce(op, x, view, out);
  } else {
    wasmFunction(op, dtype)(x.address, view.outer, view.length, view.inner, out.address);
  }
}

/** `Kernels.argReduce`. */
export function argReduce(op: ArgReduceOp, x: NDArray, view: AxisView, out: NDArray): void {
  if (x.dtype === "bool") jsKernels.argReduce(op, x, view, out);
  else wasmFunction(op, x.dtype)(x.address, view.outer, view.length, view.inner, out.address);
}

/** `Kernels.cumsum`. */
export function cumsum(x: NDArray, view: AxisView, reverse: boolean, out: NDArray): void {
  if (x.dtype === "bool" || x.dtype !== out.dtype) jsKernels.cumsum(x, view, reverse, out);
  else wasmFunction("cumsum", x.dtype)(x.address, view.outer, view.length, view.inner, reverse ? 1 : 0, out.address);
}

/** `Kernels.softmax`. */
export function softmax(x: NDArray, view: AxisView, out: NDArray): void {
  wasmFunction("softmax", x.dtype)(x.address, view.outer, view.length, view.inner, out.address);
}

/** `Kernels.logSoftmax`. */
export function logSoftmax(x: NDArray, view: AxisView, out: NDArray): void {
  wasmFunction("logSoftmax", x.dtype)(x.address, view.outer, view.length, view.inner, out.address);
}
