import type { NDArray } from "../../ndarray.js";
import { elementsOf, firstIndex } from "../elements.js";
import type { Window2D } from "../kernels.js";

/**
 * Calls `visit` for every window position and every kernel tap of it, in row-major order, with the flat index of the
 * position, that of the tap within the kernel, and the flat index of the pixel under it (without channels), or -1 outside.
 */
export function eachTap(w: Window2D, visit: (position: number, tap: number, pixel: number) => void): void {
  let position = 0;
  for (let image = 0; image < w.batch; image++) {
    for (let outRow = 0; outRow < w.outRows; outRow++) {
      for (let outCol = 0; outCol < w.outCols; outCol++, position++) {
        for (let tap = 0; tap < w.kernelRows * w.kernelCols; tap++) {
          const row = outRow * w.strideRows - w.padTop + Math.floor(tap / w.kernelCols) * w.stepRows;
          const col = outCol * w.strideCols - w.padLeft + (tap % w.kernelCols) * w.stepCols;
          const inside = row >= 0 && row < w.rows && col >= 0 && col < w.cols;
          visit(position, tap, inside ? (image * w.rows + row) * w.cols + col : -1);
        }
      }
    }
  }
}

/** `Kernels.im2col`. */
export function im2col(x: NDArray, w: Window2D, out: NDArray): void {
  const elements = elementsOf(x.dtype);
  const from = firstIndex(x);
  const to = firstIndex(out);
  const { channels } = w;
  const taps = w.kernelRows * w.kernelCols;
  eachTap(w, (position, tap, pixel) => {
    const o = to + (position * taps + tap) * channels;
    const i = from + pixel * channels;
    for (let c = 0; c < channels; c++) elements[o + c] = pixel < 0 ? 0 : elements[i + c]!;
  });
}

/** `Kernels.col2im`. */
export function col2im(patches: NDArray, w: Window2D, out: NDArray): void {
  const elements = elementsOf(out.dtype);
  const from = firstIndex(patches);
  const to = firstIndex(out);
  const { channels } = w;
  const taps = w.kernelRows * w.kernelCols;
  elements.fill(0, to, to + out.size);
  eachTap(w, (position, tap, pixel) => {
    if (pixel < 0) return;
    const i = from + (position * taps + tap) * channels;
    const o = to + pixel * channels;
    for (let c = 0; c < channels; c++) elements[o + c]! += elements[i + c]!;
  });
}

/** `Kernels.maxPool`. A window with no tap inside the image gives -Infinity and the image's first position. */
export function maxPool(x: NDArray, w: Window2D, out: NDArray, positions: NDArray): void {
  const elements = elementsOf(x.dtype);
  const indices = elementsOf("int32");
  const from = firstIndex(x);
  const to = firstIndex(out);
  const toIndex = firstIndex(positions);
  const { channels } = w;
  const perImage = w.outRows * w.outCols;
  let found = false;
  eachTap(w, (position, tap, pixel) => {
    const o = position * channels;
    if (tap === 0) {
      found = false;
      const image = Math.floor(position / perImage);
      for (let c = 0; c < channels; c++) {
        elements[to + o + c] = -Infinity;
        indices[toIndex + o + c] = image * w.rows * w.cols * channels + c;
      }
    }
    if (pixel < 0) return;
    for (let c = 0; c < channels; c++) {
      const value = elements[from + pixel * channels + c]!;
      const best = elements[to + o + c]!;
      if (!found || value > best || (Number.isNaN(value) && !Number.isNaN(best))) {
        elements[to + o + c] = value;
        indices[toIndex + o + c] = pixel * channels + c;
      }
    }
    found = true;
  });
}

/** `Kernels.maxPoolGrad`. */
export function maxPoolGrad(gy: NDArray, positions: NDArray, _: Window2D, out: NDArray): void {
  const elements = elementsOf(out.dtype);
  const indices = elementsOf("int32");
  const from = firstIndex(gy);
  const to = firstIndex(out);
  const fromIndex = firstIndex(positions);
  elements.fill(0, to, to + out.size);
  for (let i = 0; i < gy.size; i++) elements[to + indices[fromIndex + i]!]! += elements[from + i]!;
}

/** `Kernels.averagePool`. */
export function averagePool(x: NDArray, w: Window2D, out: NDArray): void {
  const elements = elementsOf(x.dtype);
  const from = firstIndex(x);
  const to = firstIndex(out);
  const { channels } = w;
  const taps = w.kernelRows * w.kernelCols;
  const sums = new Float64Array(channels);
  eachTap(w, (position, tap, pixel) => {
    if (tap === 0) sums.fill(0);
    for (let c = 0; c < channels && pixel >= 0; c++) sums[c]! += elements[from + pixel * channels + c]!;
    if (tap < taps - 1) return;
    for (let c = 0; c < channels; c++) elements[to + position * channels + c] = sums[c]! / taps;
  });
}

/** `Kernels.averagePoolGrad`. */
export function averagePoolGrad(gy: NDArray, w: Window2D, out: NDArray): void {
  const elements = elementsOf(out.dtype);
  const from = firstIndex(gy);
  const to = firstIndex(out);
  const { channels } = w;
  const taps = w.kernelRows * w.kernelCols;
  elements.fill(0, to, to + out.size);
  eachTap(w, (position, _, pixel) => {
    if (pixel < 0) return;
    for (let c = 0; c < channels; c++) {
      elements[to + pixel * channels + c]! += elements[from + position * channels + c]! / taps;
    }
  });
}
