import { ArgumentError, DTypeError } from "../core/errors.js";
import { FrugalFunction } from "../core/frugal-function.js";
import type { NDArray } from "../core/ndarray.js";
import * as numeric from "../core/numeric.js";
import type { BroadcastShape, ChosenShape } from "../core/shape-types/broadcast.js";
import type { Checked, DataShape, Result, ShapeOf } from "../core/shape-types/operand.js";
import { asVariable, type Operand, Variable } from "../core/variable.js";
import { FrugalBroadcasting, left, mul } from "./arithmetic.js";
import { equal, greater, less } from "./comparison.js";

class Where extends FrugalBroadcasting {
  override forward(condition: NDArray, a: NDArray, b: NDArray): NDArray {
    return numeric.where(condition, a, b);
  }

  override gradients(gy: Variable): (Variable | null)[] {
    const condition = this.input(0);
    return [null, this.needs(1) ? where(condition, gy, 0) : null, this.needs(2) ? where(condition, 0, gy) : null];
  }
}

/** The larger or the smaller of two operands: the loser gets no gradient, equals share it. */
class Extreme extends FrugalBroadcasting {
  constructor(private readonly op: "maximum" | "minimum") {
    super();
  }

  override get name(): string {
    return this.op;
  }

  override forward(a: NDArray, b: NDArray): NDArray {
    return numeric.binary(this.op, a, b);
  }

  override gradients(gy: Variable): (Variable | null)[] {
    const a = this.input(0);
    const b = this.input(1);
    const [aLoses, bLoses] = this.op === "maximum" ? [less, greater] : [greater, less];
    const shared = where(equal(a, b), mul(gy, 0.5), gy);
    return [
      this.needs(0) ? where(aLoses(a, b), 0, shared) : null,
      this.needs(1) ? where(bLoses(a, b), 0, shared) : null,
    ];
  }
}

class Clip extends FrugalFunction {
  constructor(
    private readonly min: NDArray | null,
    private readonly max: NDArray | null,
  ) {
    super();
  }

  override forward(x: NDArray): NDArray {
    const raised = this.min === null ? x : numeric.binary("maximum", x, this.min);
    return this.max === null ? raised : numeric.binary("minimum", raised, this.max);
  }

  override backward(gy: Variable): Variable {
    const x = this.input(0).data;
    const within = (op: "greaterEqual" | "lessEqual", bound: NDArray | null, g: Variable) =>
      bound === null ? g : where(new Variable(numeric.compare(op, x, bound), false), g, 0);
    return within("greaterEqual", this.min, within("lessEqual", this.max, gy));
  }
}

/**
 * `condition ? a : b`, element by element, all three broadcast.
 * @throws DTypeError when the condition is not bool.
 */
export function where<const C extends Operand, const A extends Operand, const B extends Operand>(
  condition: C,
  a: A,
  b: Checked<B, ChosenShape<ShapeOf<C>, ShapeOf<A>, ShapeOf<B>>>,
): Variable<Result<ChosenShape<ShapeOf<C>, ShapeOf<A>, ShapeOf<B>>>>;
export function where(condition: Operand, a: Operand, b: Operand): Variable {
  const test = asVariable("where", condition);
  if (test.dtype !== "bool") {
    throw new DTypeError(`where: the condition is ${test.dtype}; expected bool, as a comparison gives it`);
  }
  const x = left("where", a, b);
  return new Where().apply(test, x, asVariable("where", b, x));
}

/** The larger of `a` and `b`, broadcast; equals share the gradient evenly, NaN wins. */
export function maximum<const A extends Operand, const B extends Operand>(
  a: A,
  b: Checked<B, BroadcastShape<ShapeOf<A>, ShapeOf<B>>>,
): Variable<Result<BroadcastShape<ShapeOf<A>, ShapeOf<B>>>>;
export function maximum(a: Operand, b: Operand): Variable {
  const x = left("maximum", a, b);
  return new Extreme("maximum").apply(x, asVariable("maximum", b, x));
}

/** The smaller of `a` and `b`, broadcast; equals share the gradient evenly, NaN wins. */
export function minimum<const A extends Operand, const B extends Operand>(
  a: A,
  b: Checked<B, BroadcastShape<ShapeOf<A>, ShapeOf<B>>>,
): Variable<Result<BroadcastShape<ShapeOf<A>, ShapeOf<B>>>>;
export function minimum(a: Operand, b: Operand): Variable {
  const x = left("minimum", a, b);
  return new Extreme("minimum").apply(x, asVariable("minimum", b, x));
}

/**
 * `x` held between `min` and `max`, either of which may be null. The gradient passes where min <= x <= max.
 * @throws ArgumentError when a bound is NaN, both are null, or min is above max.
 */
export function clip<const X extends Operand>(x: X, min: number | null, max: number | null): Variable<DataShape<X>>;
export function clip(x: Operand, min: number | null, max: number | null): Variable {
  if (
    (min === null && max === null) ||
    Number.isNaN(min) ||
    Number.isNaN(max) ||
    (min ?? -Infinity) > (max ?? Infinity)
  ) {
    throw new ArgumentError(`clip: expected min <= max, one of which may be null, got min ${min} and max ${max}`);
  }
  const input = asVariable("clip", x);
  const bound = (value: number | null) => (value === null ? null : asVariable("clip", value, input).data);
  return new Clip(bound(min), bound(max)).apply(input);
}
