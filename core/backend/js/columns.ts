import type { NDArray } from "../../ndarray.js";
import { elementsOf, firstIndex } from "../elements.js";

/** `Kernels.columnSquares`. */
export function columnSquares(x: NDArray, mean: NDArray, out: NDArray): void {
  const f = elementsOf(x.dtype);
  const [ix, im, io] = [firstIndex(x), firstIndex(mean), firstIndex(out)];
  const width = mean.size;
  const totals = new Float64Array(width);
  for (let i = 0; i < x.size; i++) totals[i % width]! += (f[ix + i]! - f[im + (i % width)]!) ** 2;
  for (let j = 0; j < width; j++) f[io + j] = totals[j]!;
}

/** `Kernels.columnProducts`. */
export function columnProducts(x: NDArray, mean: NDArray, gy: NDArray, sums: NDArray): void {
  const f = elementsOf(x.dtype);
  const [ix, im, ig, is] = [firstIndex(x), firstIndex(mean), firstIndex(gy), firstIndex(sums)];
  const width = mean.size;
  const totals = new Float64Array(2 * width);
  for (let i = 0; i < x.size; i++) {
    const j = i % width;
    totals[j]! += f[ig + i]! * (f[ix + i]! - f[im + j]!);
    totals[width + j]! += f[ig + i]!;
  }
  for (let j = 0; j < 2 * width; j++) f[is + j] = totals[j]!;
}

/** `Kernels.normalizeColumns`. */
export function normalizeColumns(x: NDArray, mean: NDArray, scale: NDArray, shift: NDArray, out: NDArray): void {
  const f = elementsOf(x.dtype);
  const [ix, im, io] = [firstIndex(x), firstIndex(mean), firstIndex(out)];
  const [ic, is] = [firstIndex(scale), firstIndex(shift)];
  const width = mean.size;
  for (let i = 0; i < x.size; i++) {
    const j = i % width;
    f[io + i] = (f[ix + i]! - f[im + j]!) * f[ic + j]! + f[is + j]!;
  }
}

/** `Kernels.normalizeColumnsGrad`. */
export function normalizeColumnsGrad(
  x: NDArray,
  mean: NDArray,
  gy: NDArray,
  scale: NDArray,
  slope: NDArray,
  shift: NDArray,
  out: NDArray,
): void {
  const f = elementsOf(x.dtype);
  const [ix, im, ig, io] = [firstIndex(x), firstIndex(mean), firstIndex(gy), firstIndex(out)];
  const [ic, il, is] = [firstIndex(scale), firstIndex(slope), firstIndex(shift)];
  const width = mean.size;
  for (let i = 0; i < x.size; i++) {
    const j = i % width;
    f[io + i] = (f[ig + i]! - (f[ix + i]! - f[im + j]!) * f[il + j]! - f[is + j]!) * f[ic + j]!;
  }
}
