import { ArgumentError } from "../core/errors.js";
import { FrugalFunction } from "../core/frugal-function.js";
import type { NDArray } from "../core/ndarray.js";
import * as numeric from "../core/numeric.js";
import { checkOptions } from "../core/options.js";
import {
  checkShape,
  inferShape,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sameShape,
  shapeText,
} from "../core/shape.js";
import type { ExpandedShape, SqueezedShape, SwappedShape, TransposedShape } from "../core/shape-types/axes.js";
import type { BroadcastToShape } from "../core/shape-types/broadcast.js";
import type { Checked, CheckedLiteral, Result, ShapeOf } from "../core/shape-types/operand.js";
import type { FlatShape, ReshapedShape } from "../core/shape-types/reshape.js";
import { asVariable, type Operand, type Variable } from "../core/variable.js";

class Reshape extends FrugalFunction {
  constructor(private readonly shape: Shape) {
    super();
  }

  override forward(x: NDArray): NDArray {
    return x.reshape(this.shape);
  }

  override backward(gy: Variable): Variable {
    return reshape(gy, this.inputs[0]!.shape);
  }
}

class Transpose extends FrugalFunction {
  constructor(private readonly axes: readonly number[] | undefined) {
    super();
  }

  override forward(x: NDArray): NDArray {
    return x.transpose(this.axes);
  }

  override backward(gy: Variable): Variable {
    if (this.axes === undefined) return transpose(gy);
    const inverse = new Array<number>(this.axes.length);
    this.axes.forEach((axis, i) => {
      inverse[axis < 0 ? axis + this.axes!.length : axis] = i;
    });
    return transpose(gy, inverse);
  }
}

class BroadcastTo extends FrugalFunction {
  constructor(private readonly shape: Shape) {
    super();
  }

  override forward(x: NDArray): NDArray {
    return x.broadcastTo(this.shape);
  }

  override backward(gy: Variable): Variable {
    return sumTo(gy, this.inputs[0]!.shape);
  }
}

class SumTo extends FrugalFunction {
  constructor(private readonly shape: Shape) {
    super();
  }

  override forward(x: NDArray): NDArray {
    return numeric.sumTo(x, this.shape);
  }

  override backward(gy: Variable): Variable {
    return broadcastTo(gy, this.inputs[0]!.shape);
  }
}

/**
 * The elements of `x`, in row-major order, in another shape; one length may be -1.
 * @throws ShapeError when the number of elements differs.
 */
export function reshape<const X extends Operand, const T extends Shape>(
  x: X,
  shape: Checked<T, ReshapedShape<ShapeOf<X>, T>>,
): Variable<Result<ReshapedShape<ShapeOf<X>, T>>>;
export function reshape(x: Operand, shape: Shape): Variable {
  const input = asVariable("reshape", x);
  const inferred = inferShape("reshape", shape, input.size, input.shape);
  return sameShape(inferred, input.shape) ? input : new Reshape(inferred).apply(input);
}

/**
 * `x` with its axes in the order of `axes` (negative ones count from the end), or reversed.
 * @throws AxisError or ShapeError when `axes` is not a permutation of the axes.
 */
export function transpose<const X extends Operand, const A extends readonly number[] = []>(
  x: X,
  axes?: Checked<A, TransposedShape<ShapeOf<X>, A>>,
): Variable<Result<TransposedShape<ShapeOf<X>, A>>>;
export function transpose(x: Operand, axes?: readonly number[]): Variable {
  return new Transpose(axes).apply(asVariable("transpose", x));
}

/** `x` with two axes exchanged. */
export function swapaxes<const X extends Operand, const A extends number, const B extends number>(
  x: X,
  axis1: A,
  axis2: Checked<B, SwappedShape<ShapeOf<X>, A, B>>,
): Variable<Result<SwappedShape<ShapeOf<X>, A, B>>>;
export function swapaxes(x: Operand, axis1: number, axis2: number): Variable {
  const input = asVariable("swapaxes", x);
  const a = normalizeAxis("swapaxes", axis1, input.ndim);
  const b = normalizeAxis("swapaxes", axis2, input.ndim);
  const axes = input.shape.map((_, i) => (i === a ? b : i === b ? a : i));
  return transpose(input, axes);
}

/**
 * `x` repeated along new and length-1 axes to `shape`, without a copy. The adjoint of `sumTo`.
 * @throws ShapeError when it does not broadcast.
 */
export function broadcastTo<const X extends Operand, const T extends Shape>(
  x: X,
  shape: Checked<T, BroadcastToShape<ShapeOf<X>, T>>,
): Variable<Result<BroadcastToShape<ShapeOf<X>, T>>>;
export function broadcastTo(x: Operand, shape: Shape): Variable {
  checkShape("broadcastTo", shape);
  const input = asVariable("broadcastTo", x);
  return sameShape(input.shape, shape) ? input : new BroadcastTo([...shape]).apply(input);
}

/**
 * `x` summed to `shape`, from which it could have been broadcast. The adjoint of `broadcastTo`.
 * @throws ShapeError when `shape` does not broadcast to the shape of `x`.
 */
export function sumTo(x: Operand, shape: Shape): Variable {
  const input = asVariable("sumTo", x);
  return sameShape(input.shape, shape) ? input : new SumTo(shape).apply(input);
}

/**
 * `x` without its axes of length 1, or without those named.
 * @throws ArgumentError when a named axis is longer than 1.
 */
export function squeeze<
  const X extends Operand,
  const One extends number | undefined = undefined,
  const Many extends number | undefined = undefined,
>(
  x: X,
  options?: CheckedLiteral<{ axis?: One | readonly Many[] }, SqueezedShape<ShapeOf<X>, One, Many>>,
): Variable<Result<SqueezedShape<ShapeOf<X>, One, Many>>>;
export function squeeze(x: Operand, options: { axis?: number | readonly number[] } = {}): Variable {
  checkOptions("squeeze", options, ["axis"]);
  const { axis } = options;
  const input = asVariable("squeeze", x);
  const axes = normalizeAxes("squeeze", axis, input.ndim).filter((a) => axis !== undefined || input.shape[a] === 1);
  const long = axes.find((a) => input.shape[a] !== 1);
  if (long !== undefined) {
    throw new ArgumentError(
      `squeeze: axis ${long} of ${shapeText(input.shape)} has length ${input.shape[long]}; expected 1`,
    );
  }
  return reshape(
    input,
    input.shape.filter((_, i) => !axes.includes(i)),
  );
}

/** `x` with new axes of length 1 at the positions `axis` of the result. */
export function expandDims<const X extends Operand, const A extends number | readonly number[]>(
  x: X,
  axis: Checked<A, ExpandedShape<ShapeOf<X>, A>>,
): Variable<Result<ExpandedShape<ShapeOf<X>, A>>>;
export function expandDims(x: Operand, axis: number | readonly number[]): Variable {
  const input = asVariable("expandDims", x);
  const ndim = input.ndim + (typeof axis === "number" ? 1 : axis.length);
  const axes = normalizeAxes("expandDims", axis, ndim);
  const rest = [...input.shape];
  return reshape(
    input,
    Array.from({ length: ndim }, (_, i) => (axes.includes(i) ? 1 : rest.shift()!)),
  );
}

/** `x` in one dimension. */
export function flatten<const X extends Operand>(x: X): Variable<FlatShape<ShapeOf<X>>>;
export function flatten(x: Operand): Variable {
  return reshape(asVariable("flatten", x), [-1]);
}
