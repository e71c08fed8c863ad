import type { NDArray } from "../../ndarray.js";
import { elementsOf, firstIndex } from "../elements.js";
import type { AxisView } from "../kernels.js";

/** `Kernels.softmaxGrad`. */
export function softmaxGrad(gy: NDArray, y: NDArray, { outer, length, inner }: AxisView, out: NDArray): void {
  const f = elementsOf(y.dtype);
  const [ig, iy, io] = [firstIndex(gy), firstIndex(y), firstIndex(out)];
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const first = i * length * inner + j;
      let sum = 0;
      for (let k = 0; k < length; k++) sum += f[ig + first + k * inner]! * f[iy + first + k * inner]!;
      for (let k = 0; k < length; k++) {
        const at = first + k * inner;
        f[io + at] = f[iy + at]! * (f[ig + at]! - sum);
      }
    }
  }
}

/** `Kernels.crossEntropy`. */
export function crossEntropy(x: NDArray, positions: NDArray, statistics: NDArray, out: NDArray): void {
  const f = elementsOf(x.dtype);
  const classes = elementsOf("int32");
  const [ix, is, io] = [firstIndex(x), firstIndex(statistics), firstIndex(out)];
  const width = x.size / positions.size;
  for (let r = 0; r < positions.size; r++) {
    let maximum = -Infinity;
    for (let j = 0; j < width; j++) maximum = Math.max(maximum, f[ix + r * width + j]!);
    let sum = 0;
    for (let j = 0; j < width; j++) sum += Math.exp(f[ix + r * width + j]! - maximum);
    f[is + 2 * r] = maximum;
    f[is + 2 * r + 1] = Math.log(sum);
    f[io + r] = Math.log(sum) - (f[ix + classes[firstIndex(positions) + r]!]! - maximum);
  }
}

/** `Kernels.crossEntropyGrad`. */
export function crossEntropyGrad(
  x: NDArray,
  positions: NDArray,
  statistics: NDArray,
  scale: number,
  out: NDArray,
): void {
  const f = elementsOf(x.dtype);
  const classes = elementsOf("int32");
  const [ix, is, io] = [firstIndex(x), firstIndex(statistics), firstIndex(out)];
  const width = x.size / positions.size;
  for (let r = 0; r < positions.size; r++) {
    const maximum = f[is + 2 * r]!;
    const logSum = f[is + 2 * r + 1]!;
    for (let at = r * width; at < (r + 1) * width; at++) {
      f[io + at] = Math.exp(f[ix + at]! - maximum - logSum) * scale;
    }
    f[io + classes[firstIndex(positions) + r]!]! -= scale;
  }
}

/** `Kernels.layerNorm`. */
export function layerNorm(
  x: NDArray,
  gamma: NDArray,
  beta: NDArray,
  epsilon: number,
  statistics: NDArray,
  out: NDArray,
): void {
  const f = elementsOf(x.dtype);
  const [ix, ig, ib, is, io] = [x, gamma, beta, statistics, out].map(firstIndex) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const width = gamma.size;
  for (let r = 0; r * width < x.size; r++) {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += f[ix + r * width + j]!;
    const mean = sum / width;
    let squares = 0;
    for (let j = 0; j < width; j++) squares += (f[ix + r * width + j]! - mean) ** 2;
    const factor = 1 / Math.sqrt(squares / width + epsilon);
    for (let j = 0; j < width; j++) {
      f[io + r * width + j] = (f[ix + r * width + j]! - mean) * factor * f[ig + j]! + f[ib + j]!;
    }
    f[is + 2 * r] = mean;
    f[is + 2 * r + 1] = factor;
  }
}

/** `Kernels.layerNormGrad` (Ba, Kiros and Hinton 2016). */
export function layerNormGrad(
  x: NDArray,
  gamma: NDArray,
  gy: NDArray,
  statistics: NDArray,
  gx: NDArray,
  sums: NDArray,
): void {
  const f = elementsOf(x.dtype);
  const [ix, ig, iy, is, io] = [x, gamma, gy, statistics, gx].map(firstIndex) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const width = gamma.size;
  const totals = new Float64Array(2 * width);
  for (let r = 0; r * width < x.size; r++) {
    const mean = f[is + 2 * r]!;
    const factor = f[is + 2 * r + 1]!;
    let slope = 0;
    let product = 0;
    for (let j = 0; j < width; j++) {
      const g = f[iy + r * width + j]!;
      const normal = (f[ix + r * width + j]! - mean) * factor;
      slope += (g * f[ig + j]!) / width;
      product += (g * f[ig + j]! * normal) / width;
      totals[j]! += g * normal;
      totals[width + j]! += g;
    }
    for (let j = 0; j < width; j++) {
      const normal = (f[ix + r * width + j]! - mean) * factor;
      f[io + r * width + j] = (f[iy + r * width + j]! * f[ig + j]! - slope - normal * product) * factor;
    }
  }
  for (let j = 0; j < 2 * width; j++) f[firstIndex(sums) + j] = totals[j]!;
}
