import { config } from "../core/config.js";
import { promote } from "../core/dtype.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { Function } from "../core/function.js";
import type { NDArray } from "../core/ndarray.js";
import * as kernels from "../core/normalization.js";
import { releasesGradients } from "../core/release.js";
import { shapeText } from "../core/shape.js";
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

class LayerNorm extends Function {
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

releasesGradients(LayerNorm);

function rowMean(x: Variable): Variable {
  return mean(x, { axis: -1, keepdims: true });
}

/**
 * Layer normalization over the last axis: `(x - mean) / sqrt(variance + epsilon) * gamma + beta`, with the biased variance
 * (Ba, Kiros and Hinton 2016), as PyTorch's `layer_norm`.
 * @throws ShapeError when `gamma` or `beta` does not have the length of the last axis; ArgumentError when `epsilon` is not a
 * finite number of at least 0.
 */
export function layerNorm(
  x: Operand,
  gamma: Operand,
  beta: Operand,
  { epsilon = 1e-5 }: LayerNormOptions = {},
): Variable {
  if (!Number.isFinite(epsilon) || epsilon < 0) {
    throw new ArgumentError(`layerNorm: epsilon is ${epsilon}; expected a finite number of at least 0`);
  }
  const input = floating("layerNorm", x);
  const width = input.shape[input.ndim - 1];
  if (width === undefined || width === 0) {
    throw new ShapeError(
      `layerNorm: no last axis to normalize in shape ${shapeText(input.shape)}; expected (..., width)`,
    );
  }
  const scale = asVariable("layerNorm", gamma, input);
  const shift = asVariable("layerNorm", beta, input);
  for (const [name, parameter] of [
    ["gamma", scale],
    ["beta", shift],
  ] as const) {
    if (parameter.ndim === 1 && parameter.shape[0] === width) continue;
    throw new ShapeError(
      `layerNorm: x has shape ${shapeText(input.shape)} and ${name} ${shapeText(parameter.shape)}; expected ${name} of shape (${width},)`,
    );
  }
  const dtype = promote(input.dtype, promote(scale.dtype, shift.dtype));
  return new LayerNorm(epsilon).apply(astype(input, dtype), astype(scale, dtype), astype(shift, dtype));
}
