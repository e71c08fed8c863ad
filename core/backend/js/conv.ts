import type { NDArray } from "../../ndarray.js";
import { elementsOf, firstIndex } from "../elements.js";
import type { Window2D } from "../kernels.js";
import { eachTap } from "./window.js";

/** `Kernels.conv2d`. */
export function conv2d(x: NDArray, W: NDArray, b: NDArray | null, w: Window2D, out: NDArray): void {
  const elements = elementsOf(out.dtype);
  const [from, weights, to] = [firstIndex(x), firstIndex(W), firstIndex(out)];
  const bias = b === null ? -1 : firstIndex(b);
  const n = W.shape[W.ndim - 1]!;
  const { channels } = w;
  const last = w.kernelRows * w.kernelCols - 1;
  const sums = new Float64Array(n);
  eachTap(w, (position, tap, pixel) => {
    if (tap === 0) for (let j = 0; j < n; j++) sums[j] = bias < 0 ? 0 : elements[bias + j]!;
    // The padding's zeros count too: times an infinite weight they are NaN.
    for (let c = 0; c < channels; c++) {
      const value = pixel < 0 ? 0 : elements[from + pixel * channels + c]!;
      const row = weights + (tap * channels + c) * n;
      for (let j = 0; j < n; j++) sums[j]! += value * elements[row + j]!;
    }
    if (tap === last) for (let j = 0; j < n; j++) elements[to + position * n + j] = sums[j]!;
  });
}

/** `Kernels.conv2dGradInput`. */
export function conv2dGradInput(gy: NDArray, W: NDArray, w: Window2D, out: NDArray): void {
  const elements = elementsOf(out.dtype);
  const [from, weights, to] = [firstIndex(gy), firstIndex(W), firstIndex(out)];
  const n = W.shape[W.ndim - 1]!;
  const { channels } = w;
  elements.fill(0, to, to + out.size);
  eachTap(w, (position, tap, pixel) => {
    for (let c = 0; c < channels && pixel >= 0; c++) {
      const row = weights + (tap * channels + c) * n;
      let sum = 0;
      for (let j = 0; j < n; j++) sum += elements[from + position * n + j]! * elements[row + j]!;
      elements[to + pixel * channels + c]! += sum;
    }
  });
}

/** `Kernels.conv2dGradWeight`. */
export function conv2dGradWeight(x: NDArray, gy: NDArray, w: Window2D, out: NDArray): void {
  const elements = elementsOf(out.dtype);
  const [from, gradients, to] = [firstIndex(x), firstIndex(gy), firstIndex(out)];
  const n = out.shape[out.ndim - 1]!;
  const { channels } = w;
  const sums = new Float64Array(out.size);
  eachTap(w, (position, tap, pixel) => {
    for (let c = 0; c < channels; c++) {
      const value = pixel < 0 ? 0 : elements[from + pixel * channels + c]!;
      const row = (tap * channels + c) * n;
      for (let j = 0; j < n; j++) sums[row + j]! += value * elements[gradients + position * n + j]!;
    }
  });
  elements.set(sums, to);
}
