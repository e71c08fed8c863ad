import { isFloat } from "../core/dtype.js";
import { FrugalFunction } from "../core/frugal-function.js";
import { Function } from "../core/function.js";
import { NDArray } from "../core/ndarray.js";
import { binary, unary } from "../core/numeric.js";
import { sameShape } from "../core/shape.js";
import type { BroadcastShape } from "../core/shape-types/broadcast.js";
import type { Checked, DataShape, Result, ShapeOf } from "../core/shape-types/operand.js";
import { asVariable, type Operand, Variable } from "../core/variable.js";
import { astype } from "./dtype.js";
import { sumTo } from "./shape.js";

/**
 * A function of two operands that broadcast: `gradients` gives gradients of the shape of the output, and `backward` sums
 * each down to the shape, and casts it to the dtype, of its input. This is the only place where broadcasting is undone.
 */
export abstract class Broadcasting extends Function {
  /** Gradients of the inputs in the output's shape; it may leave out those that `needs` does not ask for. */
  abstract gradients(gy: Variable): (Variable | null)[];

  override backward(gy: Variable): (Variable | null)[] {
    const gxs = this.gradients(gy);
    for (let i = 0; i < gxs.length; i++) {
      const gx = gxs[i]!;
      if (gx !== null) gxs[i] = unbroadcast(gx, this.inputs[i]!);
    }
    return gxs;
  }
}

/** One of the library's own, as FrugalFunction. */
export abstract class FrugalBroadcasting extends Broadcasting {
  /** @internal */
  override get frugal(): boolean {
    return true;
  }
}

function unbroadcast(gx: Variable, x: Variable): Variable {
  const summed = sameShape(gx.shape, x.shape) ? gx : sumTo(gx, x.shape);
  return summed.dtype === x.dtype || !isFloat(x.dtype) ? summed : astype(summed, x.dtype);
}

class Add extends FrugalBroadcasting {
  override forward(a: NDArray, b: NDArray): NDArray {
    return binary("add", a, b);
  }

  override gradients(gy: Variable): (Variable | null)[] {
    return [this.needs(0) ? gy : null, this.needs(1) ? gy : null];
  }
}

class Sub extends FrugalBroadcasting {
  override forward(a: NDArray, b: NDArray): NDArray {
    return binary("sub", a, b);
  }

  override gradients(gy: Variable): (Variable | null)[] {
    return [this.needs(0) ? gy : null, this.needs(1) ? neg(gy) : null];
  }
}

class Mul extends FrugalBroadcasting {
  override forward(a: NDArray, b: NDArray): NDArray {
    return binary("mul", a, b);
  }

  override gradients(gy: Variable): (Variable | null)[] {
    return [this.needs(0) ? mul(gy, this.input(1)) : null, this.needs(1) ? mul(gy, this.input(0)) : null];
  }
}

class Div extends FrugalBroadcasting {
  override forward(a: NDArray, b: NDArray): NDArray {
    return binary("div", a, b);
  }

  override gradients(gy: Variable): (Variable | null)[] {
    const b = this.input(1);
    return [
      this.needs(0) ? div(gy, b) : null,
      // By way of the quotient, since gy / b may overflow where a is 0.
      this.needs(1) ? neg(mul(gy, div(this.output(), b))) : null,
    ];
  }
}

class Neg extends FrugalFunction {
  override forward(x: NDArray): NDArray {
    return unary("neg", x);
  }

  override backward(gy: Variable): Variable {
    return neg(gy);
  }
}

/** `a + b`, broadcast. */
export function add<const A extends Operand, const B extends Operand>(
  a: A,
  b: Checked<B, BroadcastShape<ShapeOf<A>, ShapeOf<B>>>,
): Variable<Result<BroadcastShape<ShapeOf<A>, ShapeOf<B>>>>;
export function add(a: Operand, b: Operand): Variable {
  const x = left("add", a, b);
  return new Add().apply(x, asVariable("add", b, x));
}

/** `a - b`, broadcast. */
export function sub<const A extends Operand, const B extends Operand>(
  a: A,
  b: Checked<B, BroadcastShape<ShapeOf<A>, ShapeOf<B>>>,
): Variable<Result<BroadcastShape<ShapeOf<A>, ShapeOf<B>>>>;
export function sub(a: Operand, b: Operand): Variable {
  const x = left("sub", a, b);
  return new Sub().apply(x, asVariable("sub", b, x));
}

/** `a * b`, broadcast. */
export function mul<const A extends Operand, const B extends Operand>(
  a: A,
  b: Checked<B, BroadcastShape<ShapeOf<A>, ShapeOf<B>>>,
): Variable<Result<BroadcastShape<ShapeOf<A>, ShapeOf<B>>>>;
export function mul(a: Operand, b: Operand): Variable {
  const x = left("mul", a, b);
  return new Mul().apply(x, asVariable("mul", b, x));
}

/** `a / b`, broadcast; integers and bools divide as float32. */
export function div<const A extends Operand, const B extends Operand>(
  a: A,
  b: Checked<B, BroadcastShape<ShapeOf<A>, ShapeOf<B>>>,
): Variable<Result<BroadcastShape<ShapeOf<A>, ShapeOf<B>>>>;
export function div(a: Operand, b: Operand): Variable {
  const x = left("div", a, b);
  return new Div().apply(x, asVariable("div", b, x));
}

/** `-x`. */
export function neg<const X extends Operand>(x: X): Variable<DataShape<X>>;
export function neg(x: Operand): Variable {
  return new Neg().apply(asVariable("neg", x));
}

/** @internal The first operand as a Variable; literal numbers take the dtype of the second. */
export function left(operation: string, a: Operand, b: Operand): Variable {
  if (a instanceof Variable) return a;
  return asVariable(operation, a, b instanceof Variable || b instanceof NDArray ? b : undefined);
}
