import { bytesOf } from "../../dtype.js";
import type { NDArray } from "../../ndarray.js";
import type { AdamStep } from "../kernels.js";
import { partCount } from "../parallel.js";
import { SUFFIX, wasmFunction } from "./instance.js";
import { share } from "./share.js";

/** Elements of a part are a multiple of this, whole cache lines of any dtype, so that no two threads write to one. */
const LINE = 64;

/** Calls the function `name` with the addresses of the arrays, their size and the numbers of the step, shared by threads. */
function step(name: string, arrays: readonly NDArray[], cost: number, numbers: readonly number[]): void {
  const { size, dtype } = arrays[0]!;
  const parts = partCount(size, cost);
  if (parts === 1) {
    wasmFunction(name, dtype)(...arrays.map((x) => x.address), size, ...numbers);
    return;
  }
  const bytes = bytesOf(dtype);
  share(`${name}_${SUFFIX[dtype]}`, size, parts, LINE, (from, to) => [
    ...arrays.map((x) => x.address + from * bytes),
    to - from,
    ...numbers,
  ]);
}

/** `Kernels.sgd`. */
export function sgd(
  p: NDArray,
  grad: NDArray,
  velocity: NDArray | null,
  lr: number,
  momentum: number,
  weightDecay: number,
): void {
  if (velocity === null) step("sgd", [p, grad], 1, [lr, weightDecay]);
  else step("momentumSgd", [p, grad, velocity], 2, [lr, momentum, weightDecay]);
}

/** `Kernels.adam`. */
export function adam(p: NDArray, grad: NDArray, m: NDArray, v: NDArray, s: AdamStep): void {
  const rate = s.lr / s.correction1;
  const numbers = [rate, s.beta1, 1 - s.beta1, s.beta2, 1 - s.beta2, 1 / s.correction2, s.epsilon, s.weightDecay];
  step("adam", [p, grad, m, v], 6, numbers);
}
