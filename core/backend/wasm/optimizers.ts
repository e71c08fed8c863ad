import type { NDArray } from "../../ndarray.js";
import type { AdamStep } from "../kernels.js";
import { wasmFunction } from "./instance.js";

/** `Kernels.sgd`. */
export function sgd(
  p: NDArray,
  grad: NDArray,
  velocity: NDArray | null,
  lr: number,
  momentum: number,
  weightDecay: number,
): void {
  if (velocity === null) {
    wasmFunction("sgd", p.dtype)(p.address, grad.address, p.size, lr, weightDecay);
  } else {
    const run = wasmFunction("momentumSgd", p.dtype);
    run(p.address, grad.address, velocity.address, p.size, lr, momentum, weightDecay);
  }
}

/** `Kernels.adam`. */
export function adam(p: NDArray, grad: NDArray, m: NDArray, v: NDArray, s: AdamStep): void {
  wasmFunction("adam", p.dtype)(
    p.address,
    grad.address,
    m.address,
    v.address,
    p.size,
    s.lr / s.correction1,
    s.beta1,
    1 - s.beta1,
    s.beta2,
    1 - s.beta2,
    1 / s.correction2,
    s.epsilon,
    s.weightDecay,
  );
}
