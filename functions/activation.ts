import { ArgumentError } from "../core/errors.js";
import { FrugalFunction } from "../core/frugal-function.js";
import type { NDArray } from "../core/ndarray.js";
import * as numeric from "../core/numeric.js";
import { checkOptions, unquoted } from "../core/options.js";
import { normalizeAxis } from "../core/shape.js";
import type { DataShape } from "../core/shape-types/operand.js";
import { asVariable, type Operand, type Variable } from "../core/variable.js";
import { add, mul, sub } from "./arithmetic.js";
import { floating } from "./dtype.js";
import { elementwise, erf, exp, sigmoid, square } from "./math.js";
import { clip, where } from "./selection.js";
import { sumTo } from "./shape.js";

/** Options of the functions along one axis. */
export interface SoftmaxOptions {
  /** The axis that adds up to 1; the last unless given. */
  axis?: number;
}

class Softmax extends FrugalFunction {
  constructor(private readonly axis: number) {
    super();
  }

  override forward(x: NDArray): NDArray {
    return numeric.softmax(x, this.axis, false);
  }

  override backward(gy: Variable): Variable {
    return new SoftmaxGrad(this.axis).apply(gy, this.output());
  }
}

/** @internal The gradient of softmax, of that of the output and the output. */
export class SoftmaxGrad extends FrugalFunction {
  constructor(private readonly axis: number) {
    super();
  }

  override forward(gy: NDArray, y: NDArray): NDArray {
    return numeric.softmaxGrad(gy, y, this.axis);
  }

  override backward(gz: Variable): (Variable | null)[] {
    const { axis } = this;
    const [gy, y] = [this.input(0), this.input(1)];
    const shifted = (g: Variable, h: Variable) => mul(g, sub(h, sumAlong(mul(h, y), axis)));
    return [
      this.needs(0) ? new SoftmaxGrad(axis).apply(gz, y) : null,
      this.needs(1) ? sub(shifted(gz, gy), mul(gy, sumAlong(mul(gz, y), axis))) : null,
    ];
  }
}

class LogSoftmax extends FrugalFunction {
  constructor(private readonly axis: number) {
    super();
  }

  override forward(x: NDArray): NDArray {
    return numeric.softmax(x, this.axis, true);
  }

  override backward(gy: Variable): Variable {
    return sub(gy, mul(exp(this.output()), sumAlong(gy, this.axis)));
  }
}

/** The sum along `axis`, which stays with length 1. */
function sumAlong(x: Variable, axis: number): Variable {
  return sumTo(
    x,
    x.shape.map((n, i) => (i === axis ? 1 : n)),
  );
}

/** The gradient of relu, of that of the output and the output; flat in the latter. */
class ReluGrad extends FrugalFunction {
  override forward(gy: NDArray, y: NDArray): NDArray {
    return numeric.binary("reluGrad", gy, y);
  }

  override backward(gz: Variable): (Variable | null)[] {
    return [this.needs(0) ? new ReluGrad().apply(gz, this.input(1)) : null, null];
  }
}

class LeakyRelu extends FrugalFunction {
  constructor(private readonly alpha: number) {
    super();
  }

  override forward(x: NDArray): NDArray {
    const slope = numeric.filled([], this.alpha, x.dtype);
    return numeric.where(positive(x), x, numeric.binary("mul", x, slope));
  }

  override backward(gy: Variable): Variable {
    return where(positive(this.input(0).data), gy, mul(gy, this.alpha));
  }
}

/** `scale * x` above 0 and `scale * alpha * (e ** x - 1)` elsewhere: ELU and SELU. */
class ExponentialLinear extends FrugalFunction {
  constructor(
    private readonly alpha: number,
    private readonly scale: number,
  ) {
    super();
  }

  override forward(x: NDArray): NDArray {
    const number = (value: number) => numeric.filled([], value, x.dtype);
    const curve = numeric.binary("mul", numeric.unary("expm1", x), number(this.scale * this.alpha));
    return numeric.where(positive(x), numeric.binary("mul", x, number(this.scale)), curve);
  }

  override backward(gy: Variable): Variable {
    const x = this.input(0);
    const right = positive(x.data);
    // Where the exponential is not used its argument is 0: an overflow there would make every derivative NaN.
    const slope = mul(exp(where(right, 0, x)), this.scale * this.alpha);
    return mul(gy, where(right, this.scale, slope));
  }
}

function positive(x: NDArray): NDArray {
  return numeric.compare("greater", x, numeric.filled([], 0, x.dtype));
}

/**
 * `exp(x)` divided by its sum along `axis`, without overflow.
 * @throws AxisError when there is no such axis.
 */
export function softmax<const X extends Operand>(x: X, options?: SoftmaxOptions): Variable<DataShape<X>>;
export function softmax(x: Operand, options: SoftmaxOptions = {}): Variable {
  checkOptions("softmax", options, ["axis"]);
  const { axis = -1 } = options;
  const input = asVariable("softmax", x);
  return new Softmax(normalizeAxis("softmax", axis, input.ndim)).apply(input);
}

/**
 * `log(softmax(x))` along `axis`, exact also where the softmax rounds to 0.
 * @throws AxisError when there is no such axis.
 */
export function logSoftmax<const X extends Operand>(x: X, options?: SoftmaxOptions): Variable<DataShape<X>>;
export function logSoftmax(x: Operand, options: SoftmaxOptions = {}): Variable {
  checkOptions("logSoftmax", options, ["axis"]);
  const { axis = -1 } = options;
  const input = asVariable("logSoftmax", x);
  return new LogSoftmax(normalizeAxis("logSoftmax", axis, input.ndim)).apply(input);
}

/** `max(x, 0)`; its gradient at 0 is 0, and at NaN it passes. */
export const relu = elementwise("relu", (gy, f) => new ReluGrad().apply(gy, f.y));

/** `log(1 + e ** x)`, without overflow; its derivative is `sigmoid`. */
export const softplus = elementwise("softplus", (gy, f) => mul(gy, sigmoid(f.x)));

/**
 * `x` above 0 and `alpha * x` elsewhere (PyTorch's default for `alpha` is 0.01).
 * @throws ArgumentError when `alpha` is not a finite number.
 */
export function leakyRelu<const X extends Operand>(x: X, options?: { alpha?: number }): Variable<DataShape<X>>;
export function leakyRelu(x: Operand, options: { alpha?: number } = {}): Variable {
  checkOptions("leakyRelu", options, ["alpha"]);
  const { alpha = 0.3 } = options;
  checkFinite("leakyRelu", "alpha", alpha);
  return new LeakyRelu(alpha).apply(floating("leakyRelu", x));
}

/**
 * `x` above 0 and `alpha * (e ** x - 1)` elsewhere (Clevert, Unterthiner and Hochreiter 2015).
 * @throws ArgumentError when `alpha` is not a finite number.
 */
export function elu<const X extends Operand>(x: X, options?: { alpha?: number }): Variable<DataShape<X>>;
export function elu(x: Operand, options: { alpha?: number } = {}): Variable {
  checkOptions("elu", options, ["alpha"]);
  const { alpha = 1 } = options;
  checkFinite("elu", "alpha", alpha);
  return new ExponentialLinear(alpha, 1).apply(floating("elu", x));
}

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** `elu` scaled so that activations keep mean 0 and variance 1 (Klambauer et al. 2017). */
export function selu<const X extends Operand>(x: X): Variable<DataShape<X>>;
export function selu(x: Operand): Variable {
  return new ExponentialLinear(SELU_ALPHA, SELU_SCALE).apply(floating("selu", x));
}

/**
 * `x` times the probability that a standard normal number is below it (Hendrycks and Gimpel 2016): in their form with tanh,
 * or exactly, with erf, when `approximate` is false.
 * @throws ArgumentError when `approximate` is neither true nor false.
 */
export function gelu<const X extends Operand>(x: X, options?: { approximate?: boolean }): Variable<DataShape<X>>;
export function gelu(x: Operand, options: { approximate?: boolean } = {}): Variable {
  checkOptions("gelu", options, ["approximate"]);
  const { approximate = true } = options;
  if (typeof approximate !== "boolean") {
    throw new ArgumentError(`gelu: approximate is ${unquoted(approximate)}; expected true or false`);
  }
  const input = floating("gelu", x);
  if (!approximate) return mul(mul(input, 0.5), add(erf(mul(input, Math.SQRT1_2)), 1));
  // (1 + tanh(u)) / 2 is sigmoid(2 u), which does not cancel far below 0.
  const twice = 2 * Math.sqrt(2 / Math.PI);
  return mul(input, sigmoid(mul(input, add(mul(square(input), 0.044715 * twice), twice))));
}

/** `clip(0.2 x + 0.5, 0, 1)` (PyTorch's has the slope 1/6). */
export function hardSigmoid<const X extends Operand>(x: X): Variable<DataShape<X>>;
export function hardSigmoid(x: Operand): Variable {
  return clip(add(mul(floating("hardSigmoid", x), 0.2), 0.5), 0, 1);
}

/**
 * `slope * x + intercept`.
 * @throws ArgumentError when one of them is not a finite number.
 */
export function affine<const X extends Operand>(
  x: X,
  options?: { slope?: number; intercept?: number },
): Variable<DataShape<X>>;
export function affine(x: Operand, options: { slope?: number; intercept?: number } = {}): Variable {
  checkOptions("affine", options, ["slope", "intercept"]);
  const { slope = 1, intercept = 0 } = options;
  checkFinite("affine", "slope", slope);
  checkFinite("affine", "intercept", intercept);
  return add(mul(floating("affine", x), slope), intercept);
}

function checkFinite(operation: string, option: string, value: number): void {
  if (!Number.isFinite(value)) throw new ArgumentError(`${operation}: ${option} is ${value}; expected a finite number`);
}
