import { isFloat } from "../core/dtype.js";
import { FrugalFunction } from "../core/frugal-function.js";
import type { NDArray } from "../core/ndarray.js";
import { binary, filled, unary } from "../core/numeric.js";
import type { BroadcastShape } from "../core/shape-types/broadcast.js";
import type { Checked, Result, ShapeOf } from "../core/shape-types/operand.js";
import { asVariable, type Operand, type Variable } from "../core/variable.js";
import { FrugalBroadcasting, left, mul, sub } from "./arithmetic.js";
import { equal, greaterEqual } from "./comparison.js";
import { log, zerosLike } from "./math.js";
import { where } from "./selection.js";

/** `x ** c` for a number c. At 0 the gradient of x ** 0 is 0 and that of x ** 1 is 1, to every order. */
class PowConstant extends FrugalFunction {
  constructor(private readonly exponent: number) {
    super();
  }

  override forward(x: NDArray): NDArray {
    const { exponent } = this;
    if (isFloat(x.dtype)) {
      if (exponent === 2) return unary("square", x);
      if (exponent === 0.5) return unary("sqrt", x);
      if (exponent === -0.5) return unary("rsqrt", x);
      if (exponent === -1) return unary("reciprocal", x);
    }
    return binary("pow", x, filled([], exponent, isFloat(x.dtype) ? x.dtype : "float32"));
  }

  override backward(gy: Variable): Variable {
    const { exponent } = this;
    if (exponent === 0) return zerosLike(gy);
    if (exponent === 1) return gy;
    return mul(gy, mul(pow(this.input(0), exponent - 1), exponent));
  }
}

class Pow extends FrugalBroadcasting {
  override forward(x: NDArray, exponent: NDArray): NDArray {
    return binary("pow", x, exponent);
  }

  override gradients(gy: Variable): (Variable | null)[] {
    const x = this.input(0);
    const c = this.input(1);
    return [this.needs(0) ? this.baseGradient(gy, x, c) : null, this.needs(1) ? this.exponentGradient(gy, x, c) : null];
  }

  /** Where c is 0, c * x ** (c - 1) would be 0 * infinity at x = 0. */
  private baseGradient(gy: Variable, x: Variable, c: Variable): Variable {
    const flat = equal(c, 0);
    return where(flat, 0, mul(gy, mul(c, pow(x, where(flat, 1, sub(c, 1))))));
  }

  /** Where x is 0, x ** c * log(x) would be 0 * -infinity; for c >= 0 its limit is 0. */
  private exponentGradient(gy: Variable, x: Variable, c: Variable): Variable {
    const settled = where(equal(x, 0), greaterEqual(c, 0), false);
    return where(settled, 0, mul(gy, mul(pow(x, c), log(where(settled, 1, x)))));
  }
}

/**
 * `x ** c`, broadcast; c is a number or an operand, with a gradient of its own. NaN where the power is not real; integers and
 * bools are raised as float32. Gradients at x = 0 follow PyTorch: 0 where c is 0, and 0 with respect to c >= 0.
 */
export function pow<const A extends Operand, const B extends Operand>(
  x: A,
  c: Checked<B, BroadcastShape<ShapeOf<A>, ShapeOf<B>>>,
): Variable<Result<BroadcastShape<ShapeOf<A>, ShapeOf<B>>>>;
export function pow(x: Operand, c: Operand): Variable {
  if (typeof c === "number") return new PowConstant(c).apply(asVariable("pow", x));
  const base = left("pow", x, c);
  return new Pow().apply(base, asVariable("pow", c, base));
}
