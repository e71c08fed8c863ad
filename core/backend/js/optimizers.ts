import type { NDArray } from "../../ndarray.js";
import { elementsOf, firstIndex } from "../elements.js";
import type { AdamStep } from "../kernels.js";

/** `Kernels.sgd`. */
export function sgd(
  p: NDArray,
  grad: NDArray,
  velocity: NDArray | null,
  lr: number,
  momentum: number,
  weightDecay: number,
): void {
  const elements = elementsOf(p.dtype);
  const ip = firstIndex(p);
  const ig = firstIndex(grad);
  const iv = velocity === null ? 0 : firstIndex(velocity);
  for (let k = 0; k < p.size; k++) {
    let step = lr * (elements[ig + k]! + weightDecay * elements[ip + k]!);
    if (velocity !== null) {
      step += momentum * elements[iv + k]!;
      elements[iv + k] = step;
    }
    elements[ip + k]! -= step;
  }
}

/** `Kernels.adam` (Kingma and Ba, 2015, algorithm 1). */
export function adam(p: NDArray, grad: NDArray, m: NDArray, v: NDArray, s: AdamStep): void {
  const elements = elementsOf(p.dtype);
  const ip = firstIndex(p);
  const ig = firstIndex(grad);
  const im = firstIndex(m);
  const iv = firstIndex(v);
  for (let k = 0; k < p.size; k++) {
    const g = elements[ig + k]! + s.weightDecay * elements[ip + k]!;
    const mean = s.beta1 * elements[im + k]! + (1 - s.beta1) * g;
    const square = s.beta2 * elements[iv + k]! + (1 - s.beta2) * g * g;
    elements[im + k] = mean;
    elements[iv + k] = square;
    elements[ip + k]! -= (s.lr * (mean / s.correction1)) / (Math.sqrt(square / s.correction2) + s.epsilon);
  }
}
