import { kernels } from "./backend/select.js";
import { NDArray } from "./ndarray.js";

/* Functions of whole rows that are one kernel each, and their gradients. */

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
