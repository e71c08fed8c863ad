import type { ReducedShape } from "../core/shape-types/axes.js";
import type { BroadcastShape } from "../core/shape-types/broadcast.js";
import type { Checked, CheckedLiteral, DataShape, Result, ShapeOf } from "../core/shape-types/operand.js";
import type { Operand, Variable } from "../core/variable.js";

/*
 * What functions of one kind have in common in their types: as functions, and as methods of a Variable. Methods take the shape
 * from `this` rather than from the class, whose assignability then rests on a few members instead of on a hundred conditional
 * types. Functions of one kind have the same type, so that they can be members of one list.
 */

/** A function whose result has the shape of its operand. */
export type UnaryFunction = <const X extends Operand>(x: X) => Variable<DataShape<X>>;

/** A function of two operands that broadcast. */
export type BinaryFunction = <const A extends Operand, const B extends Operand>(
  a: A,
  b: Checked<B, BroadcastShape<ShapeOf<A>, ShapeOf<B>>>,
) => Variable<Result<BroadcastShape<ShapeOf<A>, ShapeOf<B>>>>;

/** `BinaryFunction` as a method. */
export type BinaryMethod = <V extends Variable, const X extends Operand>(
  this: V,
  other: Checked<X, BroadcastShape<ShapeOf<V>, ShapeOf<X>>>,
) => Variable<Result<BroadcastShape<ShapeOf<V>, ShapeOf<X>>>>;

/** Options of the reductions: `One` is the axis, `Many` one of several. */
export interface ReduceOptions<
  One extends number | null | undefined = number | null,
  Many extends number | undefined = number,
  Keep extends boolean = boolean,
> {
  /** The axis or axes to reduce, negative ones counted from the end; all of them unless given. */
  axis?: One | readonly Many[];
  /** Whether reduced axes stay, with length 1. */
  keepdims?: Keep;
}

/** A reduction as a method; `More` are its other options. */
export type ReductionMethod<More = unknown> = <
  V extends Variable,
  const One extends number | null | undefined = undefined,
  const Many extends number | undefined = undefined,
  const Keep extends boolean = false,
>(
  this: V,
  options?: CheckedLiteral<ReduceOptions<One, Many, Keep> & More, ReducedShape<ShapeOf<V>, One, Many, Keep>>,
) => Variable<Result<ReducedShape<ShapeOf<V>, One, Many, Keep>>>;
