import { grad } from "../../core/backward.js";
import { config, usingConfig } from "../../core/config.js";
import { randomUniform } from "../../core/creation.js";
import type { FloatDType } from "../../core/dtype.js";
import { isFloat } from "../../core/dtype.js";
import { ArgumentError, DTypeError, ShapeError } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import * as numeric from "../../core/numeric.js";
import { describe } from "../../core/options.js";
import { sameShape, shapeText } from "../../core/shape.js";
import { asVariable, type Operand, Variable } from "../../core/variable.js";
import { mul, sub } from "../../functions/arithmetic.js";
import { square } from "../../functions/math.js";
import { norm } from "../../functions/norm.js";
import { mean } from "../../functions/reduce.js";
import { reshape } from "../../functions/shape.js";

/** A critic: examples (N, ...) to one number for each, (N,) or (N, 1). */
export type Critic = (x: Variable) => Variable;

/** Options of `interpolatedGradient`. */
export interface InterpolationOptions {
  /** How much of each example is real, (N,): drawn evenly from [0, 1) unless given. */
  alpha?: Operand | null;
}

/** Options of `gradientPenalty`. */
export interface GradientPenaltyOptions extends InterpolationOptions {
  /** The factor of the penalty: 10 unless given. */
  lambda?: number;
}

/**
 * The gradient of a critic with respect to its input, at random points between real and fake examples (N, ...). It is part of
 * a graph, so that a loss of it teaches the critic; nothing flows back to the examples.
 * @throws ShapeError when the examples differ in shape, there are none, or the critic does not give one number for each;
 * DTypeError when they differ in dtype.
 */
export function interpolatedGradient(
  critic: Critic,
  real: Operand,
  fake: Operand,
  { alpha = null }: InterpolationOptions = {},
): Variable {
  const points = new Variable(interpolated(real, fake, alpha), true);
  const createGraph = config.enableBackprop;
  return usingConfig({ enableBackprop: true }, () => {
    const scores = critic(points);
    if (scores.size !== points.shape[0] || scores.shape[0] !== points.shape[0]) {
      throw new ShapeError(
        `gradientPenalty: the critic made ${shapeText(scores.shape)} of ${shapeText(points.shape)}; expected a number for each example`,
      );
    }
    const ones = numeric.filled(scores.shape, 1, scores.dtype);
    const [gradient] = grad([scores], [points], { gradYs: [ones], createGraph });
    // A loss of the gradient depends on the points too, and nobody asks how.
    points.requiresGrad = false;
    return gradient!;
  });
}

/**
 * `lambda` times the mean of `(|gradient| - 1) ** 2`, where the gradient is that of a critic at random points between real and
 * fake examples (N, ...) and its length is taken over all but the first axis (Gulrajani et al., "Improved training of
 * Wasserstein GANs", 2017).
 * @throws as `interpolatedGradient`; ArgumentError when `lambda` is not a finite number of at least 0.
 */
export function gradientPenalty(
  critic: Critic,
  real: Operand,
  fake: Operand,
  { lambda = 10, alpha = null }: GradientPenaltyOptions = {},
): Variable {
  checkLambda("gradientPenalty", lambda);
  return penaltyOf(interpolatedGradient(critic, real, fake, { alpha }), lambda);
}

/** `lambda` times the mean of `(|g| - 1) ** 2` over the examples of a gradient (N, ...). */
export function penaltyOf(gradient: Variable, lambda: number): Variable {
  const lengths = norm(reshape(gradient, [gradient.shape[0]!, -1]), { axis: 1 });
  return mul(mean(square(sub(lengths, 1))), lambda);
}

/**
 * Checks the factor of a penalty.
 * @throws ArgumentError when it is not a finite number of at least 0.
 */
export function checkLambda(operation: string, lambda: unknown): void {
  if (Number.isFinite(lambda) && (lambda as number) >= 0) return;
  throw new ArgumentError(`${operation}: lambda is ${describe(lambda)}; expected a finite number of at least 0`);
}

function interpolated(real: Operand, fake: Operand, alpha: Operand | null): NDArray {
  const a = asVariable("gradientPenalty", real);
  const b = asVariable("gradientPenalty", fake, a);
  if (!sameShape(a.shape, b.shape) || a.ndim < 2 || a.size === 0) {
    throw new ShapeError(
      `gradientPenalty: the real examples have shape ${shapeText(a.shape)} and the fake ones ${shapeText(b.shape)}; expected equally many of both, (N, ...)`,
    );
  }
  if (a.dtype !== b.dtype || !isFloat(a.dtype)) {
    throw new DTypeError(
      `gradientPenalty: the real examples are ${a.dtype} and the fake ones ${b.dtype}; expected both float32 or float64`,
    );
  }
  const shares = sharesOf(alpha, a);
  const difference = numeric.binary("sub", a.data, b.data);
  return numeric.binary("add", b.data, numeric.binary("mul", difference, shares));
}

/** How much of each example is real, shaped to broadcast. */
function sharesOf(alpha: Operand | null, like: Variable): NDArray {
  const shape = like.shape.map((n, i) => (i === 0 ? n : 1));
  if (alpha === null) return randomUniform(shape, { dtype: like.dtype as FloatDType });
  const given = asVariable("gradientPenalty", alpha, like);
  if (given.size !== shape[0]) {
    throw new ShapeError(
      `gradientPenalty: alpha has shape ${shapeText(given.shape)}; expected a number for each of ${shape[0]} examples`,
    );
  }
  return given.data.astype(like.dtype).reshape(shape);
}
