import { config } from "../core/config.js";
import { type DType, promote } from "../core/dtype.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { FrugalFunction } from "../core/frugal-function.js";
import type { NDArray } from "../core/ndarray.js";
import * as kernels from "../core/normalization.js";
import { filled } from "../core/numeric.js";
import { checkOptions } from "../core/options.js";
import { shapeText } from "../core/shape.js";
import type { DataShape } from "../core/shape-types/operand.js";
import { asVariable, type Operand, Variable } from "../core/variable.js";
import { add, mul, sub } from "./arithmetic.js";
import { astype, floating } from "./dtype.js";
import { rsqrt, square } from "./math.js";
import { mean } from "./reduce.js";
import { sumTo } from "./shape.js";

/** Options of `layerNorm`. */
export interface LayerNormOptions {
  /** Added to the variance: 1e-5 unless given. */
  epsilon?: number;
}

/** Options of `batchNorm`. */
export interface BatchNormOptions {
  /** Added to the variance: 1e-5 unless given. */
  epsilon?: number;
  /** What each channel is normalized by, instead of its own mean and variance; constants. Both or neither. */
  mean?: Operand;
  variance?: Operand;
}

class LayerNorm extends FrugalFunction {
  private statistics: NDArray | null = null;

  constructor(private readonly epsilon: number) {
    super();
  }

  override forward(x: NDArray, gamma: NDArray, beta: NDArray): NDArray {
    const { result, statistics } = kernels.layerNorm(x, gamma, beta, this.epsilon);
    this.statistics = statistics;
    return result;
  }

  override backward(gy: Variable): (Variable | null)[] {
    if (config.enableBackprop) return this.composed(gy);
    const [x, gamma] = [this.input(0).data, this.input(1).data];
    return kernels.layerNormGrad(x, gamma, gy.data, this.statistics!).map((g) => new Variable(g, false));
  }

  /** The gradients in differentiable functions, for a graph that is differentiated again. */
  private composed(gy: Variable): (Variable | null)[] {
    const [x, gamma] = [this.input(0), this.input(1)];
    const centered = sub(x, rowMean(x));
    const factor = rsqrt(add(rowMean(square(centered)), this.epsilon));
    const normal = mul(centered, factor);
    const scaled = mul(gy, gamma);
    const rest = sub(sub(scaled, rowMean(scaled)), mul(normal, rowMean(mul(scaled, normal))));
    return [
      this.needs(0) ? mul(rest, factor) : null,
      this.needs(1) ? sumTo(mul(gy, normal), gamma.shape) : null,
      this.needs(2) ? sumTo(gy, gamma.shape) : null,
    ];
  }
}

/** Batch normalization by the moments of x itself, or by given ones, which are constants. */
class BatchNorm extends FrugalFunction {
  private used: kernels.Moments | null = null;
  private factor: NDArray | null = null;

  constructor(
    private readonly epsilon: number,
    private readonly given: kernels.Moments | null,
  ) {
    super();
  }

  /** What x was normalized by. */
  get moments(): kernels.Moments {
    return this.used!;
  }

  override forward(x: NDArray, gamma: NDArray, beta: NDArray): NDArray {
    this.used = this.given ?? kernels.columnMoments(x);
    this.factor = kernels.columnFactor(this.used, this.epsilon);
    return kernels.batchNorm(x, gamma, beta, this.used, this.factor);
  }

  override backward(gy: Variable): (Variable | null)[] {
    if (config.enableBackprop) return this.composed(gy);
    const [x, gamma, factor] = [this.input(0).data, this.input(1).data, this.factor!];
    if (this.given !== null && !this.needs(1) && !this.needs(2)) return [mul(mul(gy, gamma), factor), null, null];
    const sums = kernels.batchNormParameterGrads(x, gy.data, this.moments, factor);
    const [ggamma, gbeta] = sums.map((g) => new Variable(g, false)) as [Variable, Variable];
    return [this.needs(0) ? this.inputGrad(x, gamma, gy, sums) : null, ggamma, gbeta];
  }

  private inputGrad(x: NDArray, gamma: NDArray, gy: Variable, sums: [NDArray, NDArray]): Variable {
    if (this.given !== null) return mul(gy, mul(gamma, this.factor!));
    return new Variable(kernels.batchNormGrad(x, gamma, gy.data, this.moments, this.factor!, sums), false);
  }

  /** The gradients in differentiable functions, for a graph that is differentiated again. */
  private composed(gy: Variable): (Variable | null)[] {
    const [x, gamma] = [this.input(0), this.input(1)];
    const centered = sub(x, this.given?.mean ?? columnMean(x));
    const factor = rsqrt(add(this.given?.variance ?? columnMean(square(centered)), this.epsilon));
    const normal = mul(centered, factor);
    const scaled = mul(gy, gamma);
    return [
      this.needs(0) ? mul(this.given === null ? this.withoutMoments(scaled, normal) : scaled, factor) : null,
      this.needs(1) ? sumTo(mul(gy, normal), gamma.shape) : null,
      this.needs(2) ? sumTo(gy, gamma.shape) : null,
    ];
  }

  /** What is left of a gradient when moving the mean and scaling about it change nothing. */
  private withoutMoments(g: Variable, normal: Variable): Variable {
    return sub(sub(g, columnMean(g)), mul(normal, columnMean(mul(g, normal))));
  }
}

function rowMean(x: Variable): Variable {
  return mean(x, { axis: -1, keepdims: true });
}

/** The mean over all axes but the last. */
function columnMean(x: Variable): Variable {
  return mean(x, { axis: x.shape.slice(1).map((_, axis) => axis) });
}

/**
 * Layer normalization over the last axis: `(x - mean) / sqrt(variance + epsilon) * gamma + beta`, with the biased variance
 * (Ba, Kiros and Hinton 2016), as PyTorch's `layer_norm`. `gamma` and `beta` are (width,); null stands for 1 and 0.
 * @throws ShapeError when `gamma` or `beta` does not have the length of the last axis; ArgumentError when `epsilon` is not a
 * finite number of at least 0.
 */
export function layerNorm<const X extends Operand>(
  x: X,
  gamma: Operand | null,
  beta: Operand | null,
  options?: LayerNormOptions,
): Variable<DataShape<X>>;
export function layerNorm(
  x: Operand,
  gamma: Operand | null,
  beta: Operand | null,
  options: LayerNormOptions = {},
): Variable {
  checkOptions("layerNorm", options, ["epsilon"]);
  const { epsilon = 1e-5 } = options;
  checkEpsilon("layerNorm", epsilon);
  const { input, scale, shift } = normOperands("layerNorm", x, gamma, beta);
  return new LayerNorm(epsilon).apply(input, scale, shift);
}

/**
 * Batch normalization of each channel, which lie along the last axis: `(x - mean) / sqrt(variance + epsilon) * gamma + beta`
 * with the mean and the biased variance over all other axes (Ioffe and Szegedy 2015), or with those given. `gamma` and `beta`
 * are (channels,); null stands for 1 and 0. Returns `[y, mean, variance]`; mean and variance, (channels,), carry no gradient
 * and are what running statistics are made of. In PyTorch: `batch_norm` of `x` with its channels second, with `training`
 * unless mean and variance are given.
 * @throws ShapeError when something for each channel has another length than the last axis, or when there is nothing to
 * take the mean of; ArgumentError when `epsilon` is not a finite number of at least 0, or for mean without variance.
 */
export function batchNorm(
  x: Operand,
  gamma: Operand | null,
  beta: Operand | null,
  options: BatchNormOptions = {},
): [y: Variable, mean: Variable, variance: Variable] {
  checkOptions("batchNorm", options, ["epsilon", "mean", "variance"]);
  const { epsilon = 1e-5, mean: center, variance: spread } = options;
  checkEpsilon("batchNorm", epsilon);
  if ((center === undefined) !== (spread === undefined)) {
    const [one, other] = spread === undefined ? ["mean", "variance"] : ["variance", "mean"];
    throw new ArgumentError(`batchNorm: ${one} is given and ${other} is not; expected both or neither`);
  }
  const { input, scale, shift } = normOperands("batchNorm", x, gamma, beta);
  const recorded = config.enableBackprop && [input, scale, shift].some(({ requiresGrad }) => requiresGrad);
  let given: kernels.Moments | null = null;
  if (center !== undefined && spread !== undefined) {
    const [m, v] = [
      columnOperand("batchNorm", "mean", center, input),
      columnOperand("batchNorm", "variance", spread, input),
    ];
    const [centers, squares] = [m.data.astype(input.dtype), v.data.astype(input.dtype)];
    // Copies, since backward needs the moments as they are now, and running ones are changed in place.
    given = recorded ? { mean: centers.copy(), variance: squares.copy() } : { mean: centers, variance: squares };
  } else if (input.size === 0) {
    throw new ShapeError(
      `batchNorm: x of shape ${shapeText(input.shape)} has no values to take the mean of; expected some, or mean and variance`,
    );
  }
  const fn = new BatchNorm(epsilon, given);
  const y = fn.apply(input, scale, shift);
  return [y, new Variable(fn.moments.mean.copy(), false), new Variable(fn.moments.variance.copy(), false)];
}

function checkEpsilon(operation: string, epsilon: number): void {
  if (!Number.isFinite(epsilon) || epsilon < 0) {
    throw new ArgumentError(`${operation}: epsilon is ${epsilon}; expected a finite number of at least 0`);
  }
}

/** What is normalized, with its scale and shift, all in the widest of their dtypes. */
function normOperands(
  operation: string,
  x: Operand,
  gamma: Operand | null,
  beta: Operand | null,
): { input: Variable; scale: Variable; shift: Variable } {
  const input = floating(operation, x);
  const width = input.shape[input.ndim - 1];
  if (width === undefined || width === 0) {
    throw new ShapeError(
      `${operation}: no last axis to normalize in shape ${shapeText(input.shape)}; expected (..., width)`,
    );
  }
  const scale = columnOperand(operation, "gamma", gamma ?? filled([width], 1, input.dtype), input);
  const shift = columnOperand(operation, "beta", beta ?? filled([width], 0, input.dtype), input);
  const dtype: DType = promote(input.dtype, promote(scale.dtype, shift.dtype));
  return { input: astype(input, dtype), scale: astype(scale, dtype), shift: astype(shift, dtype) };
}

/** A number for each entry of the last axis of `x`. */
function columnOperand(operation: string, name: string, given: Operand, x: Variable): Variable {
  const width = x.shape[x.ndim - 1]!;
  const operand = asVariable(operation, given, x);
  if (operand.ndim === 1 && operand.shape[0] === width) return operand;
  throw new ShapeError(
    `${operation}: x has shape ${shapeText(x.shape)} and ${name} ${shapeText(operand.shape)}; expected ${name} of shape (${width},)`,
  );
}
