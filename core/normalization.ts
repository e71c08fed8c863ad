import * as kernels from "./backend/dispatch.js";
import { NDArray } from "./ndarray.js";
import { binary, filled, reduce, unary } from "./numeric.js";

/* Functions of whole rows or columns that are a kernel or two each, and their gradients. */

/** What the gradient of a function of rows needs of its forward pass, beside the result. */
export interface RowPass {
  result: NDArray;
  /** Two numbers for each row; see `Kernels`. */
  statistics: NDArray;
}

/** Minus the logarithm of softmax for each row of logits at its class, given by its flat position (int32). */
export function crossEntropy(x: NDArray, positions: NDArray): RowPass {
  const source = x.asContiguous();
  const result = NDArray.empty([positions.size], x.dtype);
  const statistics = NDArray.empty([positions.size, 2], x.dtype);
  if (positions.size > 0) kernels.crossEntropy(source, positions, statistics, result);
  return { result, statistics };
}

/** `scale` times the gradient of the sum of `crossEntropy`. */
export function crossEntropyGrad(x: NDArray, positions: NDArray, statistics: NDArray, scale: number): NDArray {
  const source = x.asContiguous();
  const out = NDArray.emptyLike(source);
  if (positions.size > 0) kernels.crossEntropyGrad(source, positions, statistics, scale, out);
  return out;
}

/** Rows of `x` (..., width) with mean 0 and variance 1, times `gamma` plus `beta` (width,), all of one dtype. */
export function layerNorm(x: NDArray, gamma: NDArray, beta: NDArray, epsilon: number): RowPass {
  const source = x.asContiguous();
  const scale = gamma.asContiguous();
  const shift = beta.asContiguous();
  const result = NDArray.emptyLike(source);
  const statistics = NDArray.empty([x.size / gamma.size, 2], x.dtype);
  kernels.layerNorm(source, scale, shift, epsilon, statistics, result);
  return { result, statistics };
}

/** The gradients of `layerNorm` with respect to x, gamma and beta. */
export function layerNormGrad(
  x: NDArray,
  gamma: NDArray,
  gy: NDArray,
  statistics: NDArray,
): [x: NDArray, gamma: NDArray, beta: NDArray] {
  const source = x.asContiguous();
  const scale = gamma.asContiguous();
  const gradient = gy.asContiguous();
  const gx = NDArray.emptyLike(source);
  const sums = NDArray.empty([2, gamma.size], x.dtype);
  kernels.layerNormGrad(source, scale, gradient, statistics, gx, sums);
  return [gx, sums.slice(0), sums.slice(1)];
}

/** What batch normalization knows of each column: its mean and its biased variance, both (width,). */
export interface Moments {
  mean: NDArray;
  variance: NDArray;
}

/** The moments of the columns of `x` (..., width). */
export function columnMoments(x: NDArray): Moments {
  const source = x.asContiguous();
  const leading = x.shape.slice(0, -1).map((_, axis) => axis);
  const sums = reduce("sum", source, leading, false);
  const rows = filled([], x.size / sums.size, x.dtype);
  const mean = binary("div", sums, rows);
  const squares = NDArray.emptyLike(mean);
  kernels.columnSquares(source, mean, squares);
  return { mean, variance: binary("div", squares, rows) };
}

/** `1 / sqrt(variance + epsilon)`, what batch normalization multiplies a column with. */
export function columnFactor({ variance }: Moments, epsilon: number): NDArray {
  return unary("rsqrt", binary("add", variance, filled([], epsilon, variance.dtype)));
}

/** `(x - mean) * factor * gamma + beta`, with a number of each for every column of `x` (..., width), all of one dtype. */
export function batchNorm(x: NDArray, gamma: NDArray, beta: NDArray, { mean }: Moments, factor: NDArray): NDArray {
  const [source, center, shift] = [x, mean, beta].map((a) => a.asContiguous()) as [NDArray, NDArray, NDArray];
  const scale = binary("mul", gamma, factor);
  const out = NDArray.emptyLike(source);
  kernels.normalizeColumns(source, center, scale, shift, out);
  return out;
}

/** The gradients of `batchNorm` with respect to gamma and beta. */
export function batchNormParameterGrads(
  x: NDArray,
  gy: NDArray,
  { mean }: Moments,
  factor: NDArray,
): [gamma: NDArray, beta: NDArray] {
  const [source, gradient, center] = [x, gy, mean].map((a) => a.asContiguous()) as [NDArray, NDArray, NDArray];
  const sums = NDArray.empty([2, mean.size], x.dtype);
  kernels.columnProducts(source, center, gradient, sums);
  return [binary("mul", sums.slice(0), factor), sums.slice(1)];
}

/** The gradient of `batchNorm` with respect to x, of which the moments are those, from those of gamma and beta. */
export function batchNormGrad(
  x: NDArray,
  gamma: NDArray,
  gy: NDArray,
  { mean }: Moments,
  factor: NDArray,
  [ggamma, gbeta]: [gamma: NDArray, beta: NDArray],
): NDArray {
  const [source, gradient] = [x.asContiguous(), gy.asContiguous()];
  const scale = binary("mul", gamma, factor);
  const rows = filled([], x.size / mean.size, x.dtype);
  const slope = binary("div", binary("mul", ggamma, factor), rows);
  const shift = binary("div", gbeta, rows);
  const out = NDArray.emptyLike(source);
  kernels.normalizeColumnsGrad(source, mean, gradient, scale, slope, shift, out);
  return out;
}
