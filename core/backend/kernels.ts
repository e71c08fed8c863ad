import type { NDArray } from "../ndarray.js";

/** Elementwise functions of one floating-point array. */
export type UnaryOp =
  | "neg"
  | "abs"
  | "sign"
  | "square"
  | "sqrt"
  | "rsqrt"
  | "reciprocal"
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "sin"
  | "cos"
  | "tan"
  | "asin"
  | "acos"
  | "atan"
  | "sinh"
  | "cosh"
  | "tanh"
  | "erf"
  | "sigmoid"
  | "softplus"
  | "relu"
  | "floor"
  | "ceil"
  | "round";

/** Elementwise functions of two arrays of one dtype. `pow` and `div` are floating-point only. */
export type BinaryOp = "add" | "sub" | "mul" | "div" | "pow" | "maximum" | "minimum";

/** Elementwise comparisons of two arrays of one dtype, with a bool array as the result. NaN compares as in IEEE 754. */
export type CompareOp = "equal" | "notEqual" | "less" | "lessEqual" | "greater" | "greaterEqual";

/** Reductions. `max` and `min` of NaN are NaN, as in NumPy. */
export type ReduceOp = "sum" | "prod" | "max" | "min";

/** Positions of the first extreme; NaN counts as extreme, as in NumPy. */
export type ArgReduceOp = "argmax" | "argmin";

/** A contiguous array seen as (outer, length, inner), with the operation along `length`. */
export interface AxisView {
  outer: number;
  length: number;
  inner: number;
}

/** A sliding window over an NHWC image batch. All of its numbers are resolved: no "same", no defaults. */
export interface Window2D {
  batch: number;
  rows: number;
  cols: number;
  channels: number;
  kernelRows: number;
  kernelCols: number;
  strideRows: number;
  strideCols: number;
  /** Distance between neighbouring kernel taps: 1 for a dense kernel. */
  stepRows: number;
  stepCols: number;
  padTop: number;
  padLeft: number;
  outRows: number;
  outCols: number;
}

/** The numbers of one Adam step; `correction1` and `correction2` are 1 - beta^t. */
export interface AdamStep {
  lr: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  correction1: number;
  correction2: number;
  weightDecay: number;
}

/**
 * The numeric kernels. Each implementation is one value of this type.
 *
 * Outputs are allocated by the caller; unless a line says otherwise every array is contiguous, shapes and dtypes have been
 * checked, and output and inputs do not overlap. A kernel that needs scratch allocates it before it reads any address.
 */
export interface Kernels {
  /** `out[...] = x[...]`: equal shapes, any strides on both sides, any two dtypes (to int32: toward zero; to bool: x != 0). */
  copy(x: NDArray, out: NDArray): void;
  /** Every element of `out` becomes `value`. */
  fill(out: NDArray, value: number): void;
  /** float32 and float64 for all; int32 for neg, abs, sign, square, relu. `out` may be `x`. */
  unary(op: UnaryOp, x: NDArray, out: NDArray): void;
  /**
   * `a` and `b` have the dtype of `out` and either its shape, with any strides (0 where they broadcast), or a single element.
   * `out` may be `a` or `b`.
   */
  binary(op: BinaryOp, a: NDArray, b: NDArray, out: NDArray): void;
  /** As `binary`, of any dtype, into a bool array. */
  compare(op: CompareOp, a: NDArray, b: NDArray, out: NDArray): void;
  /** `out = condition ? a : b`; condition is bool. Any strides on the inputs. */
  where(condition: NDArray, a: NDArray, b: NDArray, out: NDArray): void;
  /** (outer, length, inner) to (outer, inner). Sums of float32 are accurate as if pairwise. An empty sum is 0, an empty product 1. */
  reduce(op: ReduceOp, x: NDArray, view: AxisView, out: NDArray): void;
  /** (outer, length, inner) to (outer, inner) of int32. */
  argReduce(op: ArgReduceOp, x: NDArray, view: AxisView, out: NDArray): void;
  /** Running sums along `length`; from the end with `reverse`. */
  cumsum(x: NDArray, view: AxisView, reverse: boolean, out: NDArray): void;
  /** Softmax along `length`, shifted by the maximum. */
  softmax(x: NDArray, view: AxisView, out: NDArray): void;
  /** log(softmax) along `length`, shifted by the maximum. */
  logSoftmax(x: NDArray, view: AxisView, out: NDArray): void;
  /** `(...batch, m, k) @ (...batch, k, n)` to `(...batch, m, n)`: float32, float64 or int32, any strides on the inputs, k may be 0. */
  matmul(a: NDArray, b: NDArray, out: NDArray): void;
  /** (N, rows, cols, channels) to (N * outRows * outCols, kernelRows * kernelCols * channels); taps outside the image are 0. */
  im2col(x: NDArray, window: Window2D, out: NDArray): void;
  /** The adjoint of `im2col`: adds the patches up into (N, rows, cols, channels); `out` need not be zero before. */
  col2im(patches: NDArray, window: Window2D, out: NDArray): void;
  /** Largest tap inside the image (first of equals, NaN wins) and its flat position in `x`, int32, both (N, outRows, outCols, channels). */
  maxPool(x: NDArray, window: Window2D, out: NDArray, positions: NDArray): void;
  /** Mean over the window with taps outside the image counted as 0. */
  averagePool(x: NDArray, window: Window2D, out: NDArray): void;
  /** The adjoint of `averagePool`: from (N, outRows, outCols, channels) to (N, rows, cols, channels). */
  averagePoolGrad(gy: NDArray, window: Window2D, out: NDArray): void;
  /** `out[i, :] = x[rows[i], :]` with x as (-1, width) of any dtype; `rows` is int32 and inside bounds. */
  takeRows(x: NDArray, rows: NDArray, width: number, out: NDArray): void;
  /** `out[rows[i], :] += x[i, :]`, the adjoint of `takeRows`; `out` has been zeroed. */
  addRows(x: NDArray, rows: NDArray, width: number, out: NDArray): void;
  /**
   * One SGD step in place: `g = grad + weightDecay * p`; without velocity `p -= lr * g`, else
   * `v = momentum * v + lr * g; p -= v`.
   */
  sgd(p: NDArray, grad: NDArray, velocity: NDArray | null, lr: number, momentum: number, weightDecay: number): void;
  /** One Adam step in place, with `weightDecay` added to the gradient. */
  adam(p: NDArray, grad: NDArray, m: NDArray, v: NDArray, step: AdamStep): void;
}
