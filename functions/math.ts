import type { UnaryOp } from "../core/backend/kernels.js";
import { FrugalFunction } from "../core/frugal-function.js";
import type { NDArray } from "../core/ndarray.js";
import { binary, filled, unary } from "../core/numeric.js";
import { type Operand, Variable } from "../core/variable.js";
import { add, div, mul, neg, sub } from "./arithmetic.js";
import type { UnaryFunction } from "./signatures.js";

/** The gradient of an elementwise function from that of its output; `f.x` is its input and `f.y` its output. */
type Derivative = (gy: Variable, f: Elementwise) => Variable;

/** An elementwise function: a kernel and a derivative. */
class Elementwise extends FrugalFunction {
  constructor(
    private readonly op: UnaryOp,
    private readonly derivative: Derivative,
  ) {
    super();
  }

  override get name(): string {
    return this.op;
  }

  get x(): Variable {
    return this.input(0);
  }

  get y(): Variable {
    return this.output();
  }

  override forward(x: NDArray): NDArray {
    return unary(this.op, x);
  }

  override backward(gy: Variable): Variable {
    return this.derivative(gy, this);
  }
}

/** Makes the function of an elementwise kernel; a test of the table of functions checks each derivative. */
export function elementwise(op: UnaryOp, derivative: Derivative): UnaryFunction {
  return ((x: Operand) => new Elementwise(op, derivative).apply(x)) as UnaryFunction;
}

/** Zeros of the shape and dtype of `x`, without memory of their own: the gradient of a function that is flat. */
export function zerosLike(x: Variable): Variable {
  return new Variable(filled([], 0, x.dtype).broadcastTo(x.shape), false);
}

const flat: Derivative = (gy) => zerosLike(gy);

/** The gradient of tanh or sigmoid, of that of the output and the output: one kernel, and differentiable in both. */
class OutputGradient extends FrugalFunction {
  constructor(
    private readonly op: "tanhGrad" | "sigmoidGrad",
    private readonly curvature: (y: Variable) => Variable,
  ) {
    super();
  }

  override get name(): string {
    return this.op;
  }

  override forward(gy: NDArray, y: NDArray): NDArray {
    return binary(this.op, gy, y);
  }

  override backward(gz: Variable): (Variable | null)[] {
    const [gy, y] = [this.input(0), this.input(1)];
    return [
      this.needs(0) ? new OutputGradient(this.op, this.curvature).apply(gz, y) : null,
      this.needs(1) ? mul(mul(gz, gy), this.curvature(y)) : null,
    ];
  }
}

const tanhGrad: Derivative = (gy, { y }) => new OutputGradient("tanhGrad", (at) => mul(at, -2)).apply(gy, y);
const sigmoidGrad: Derivative = (gy, { y }) =>
  new OutputGradient("sigmoidGrad", (at) => sub(1, mul(at, 2))).apply(gy, y);

/** `e ** x`. */
export const exp = elementwise("exp", (gy, f) => mul(gy, f.y));
/** `e ** x - 1`, accurate near 0. */
export const expm1 = elementwise("expm1", (gy, f) => mul(gy, add(f.y, 1)));
/** The natural logarithm: -infinity at 0, NaN below. */
export const log = elementwise("log", (gy, f) => div(gy, f.x));
/** `log(1 + x)`, accurate near 0. */
export const log1p = elementwise("log1p", (gy, f) => div(gy, add(f.x, 1)));
/** The square root: NaN below 0. */
export const sqrt = elementwise("sqrt", (gy, f) => div(gy, mul(f.y, 2)));
/** `1 / sqrt(x)`. */
export const rsqrt = elementwise("rsqrt", (gy, f) => mul(gy, mul(div(f.y, f.x), -0.5)));
/** `x * x`. */
export const square = elementwise("square", (gy, f) => mul(gy, mul(f.x, 2)));
/** `1 / x`. */
export const reciprocal = elementwise("reciprocal", (gy, f) => neg(mul(gy, square(f.y))));
/** The absolute value; its gradient at 0 is 0. */
export const abs = elementwise("abs", (gy, f) => mul(gy, sign(f.x)));
/** -1, 0 or 1; its gradient is 0. */
export const sign = elementwise("sign", flat);
/** The largest integer not above x; its gradient is 0. */
export const floor = elementwise("floor", flat);
/** The smallest integer not below x; its gradient is 0. */
export const ceil = elementwise("ceil", flat);
/** The nearest integer, halves to the even one as in NumPy and PyTorch; its gradient is 0. */
export const round = elementwise("round", flat);
/** The sine of x in radians. */
export const sin = elementwise("sin", (gy, f) => mul(gy, cos(f.x)));
/** The cosine of x in radians. */
export const cos = elementwise("cos", (gy, f) => neg(mul(gy, sin(f.x))));
/** The tangent of x in radians. */
export const tan = elementwise("tan", (gy, f) => mul(gy, add(square(f.y), 1)));
/** The angle in [-pi/2, pi/2] whose sine is x. */
export const asin = elementwise("asin", (gy, f) => mul(gy, rsqrt(sub(1, square(f.x)))));
/** The angle in [0, pi] whose cosine is x. */
export const acos = elementwise("acos", (gy, f) => neg(mul(gy, rsqrt(sub(1, square(f.x))))));
/** The angle in (-pi/2, pi/2) whose tangent is x. */
export const atan = elementwise("atan", (gy, f) => div(gy, add(square(f.x), 1)));
/** The hyperbolic sine. */
export const sinh = elementwise("sinh", (gy, f) => mul(gy, cosh(f.x)));
/** The hyperbolic cosine. */
export const cosh = elementwise("cosh", (gy, f) => mul(gy, sinh(f.x)));
/** The hyperbolic tangent. */
export const tanh = elementwise("tanh", tanhGrad);
/** The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
export const erf = elementwise("erf", (gy, f) => mul(gy, mul(exp(neg(square(f.x))), 2 / Math.sqrt(Math.PI))));
/** `1 / (1 + e ** -x)`, without overflow at either end. */
export const sigmoid = elementwise("sigmoid", sigmoidGrad);
