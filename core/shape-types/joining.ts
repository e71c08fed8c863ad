import type { Shape } from "../shape.js";
import type { AxisName, Names, WithAxes, Without } from "./axes.js";
import type { Add } from "./numbers.js";
import type { ShapeOf, Text } from "./operand.js";

/** The shape of operands one after the other along an axis, or the message of the first that does not fit. */
export type JoinedShape<Xs extends readonly unknown[], A extends number | undefined> = Xs extends readonly [
  infer First,
  ...infer Rest,
]
  ? string extends AxisName<A>
    ? Shape
    : CatOnto<ShapeOf<First>, Rest, AxisName<A>>
  : List<Xs>;

/** A list of unknown length. The message, which no list has, keeps the compiler from deciding before it knows the list. */
type List<Xs extends readonly unknown[]> = Xs extends readonly unknown[] ? Shape : "expected a list of operands";

type CatOnto<S extends Shape, Xs extends readonly unknown[], Axis extends string> = number extends S["length"]
  ? Shape
  : Xs extends readonly [infer Next, ...infer Rest]
    ? number extends ShapeOf<Next>["length"]
      ? Shape
      : CatTwo<S, ShapeOf<Next>, Axis> extends infer R
        ? R extends Shape
          ? CatOnto<R, Rest, Axis>
          : R
        : never
    : Xs extends readonly []
      ? WithAxes<S, Axis, S>
      : Shape;

type CatTwo<A extends Shape, B extends Shape, Axis extends string> = A["length"] extends B["length"]
  ? Lengthened<A, B, Axis> extends infer R
    ? R extends Shape
      ? R
      : `cat: ${Text<A>} and ${Text<B>}: expected equal lengths except along axis ${Axis}`
    : never
  : `cat: ${Text<A>} and ${Text<B>}: expected as many axes`;

/** The lengths added up along the axis; null where others differ. */
type Lengthened<A extends Shape, B extends Shape, Axis extends string, Done extends Shape = []> = A extends readonly [
  infer M extends number,
  ...infer RestA extends Shape,
]
  ? B extends readonly [infer N extends number, ...infer RestB extends Shape]
    ? `${Done["length"]}` | `-${A["length"]}` extends infer Own
      ? Own & Axis extends never
        ? [M & N] extends [never]
          ? null
          : Lengthened<RestA, RestB, Axis, [...Done, M & N]>
        : Lengthened<RestA, RestB, Axis, [...Done, Add<M, N>]>
      : never
    : null
  : Done;

/** The shape of operands along a new axis, or the message of the first that does not fit. */
export type StackedShape<Xs extends readonly unknown[], A extends number | undefined> = Xs extends readonly [
  infer First,
  ...infer Rest,
]
  ? string extends AxisName<A>
    ? Shape
    : StackOnto<ShapeOf<First>, Rest> extends infer S
      ? S extends Shape
        ? number extends S["length"]
          ? Shape
          : WithAxes<[Xs["length"] & number, ...S], AxisName<A>, Inserted<S, Xs["length"] & number, AxisName<A>>>
        : S
      : never
  : List<Xs>;

type StackOnto<S extends Shape, Xs extends readonly unknown[]> = number extends S["length"]
  ? Shape
  : Xs extends readonly [infer Next, ...infer Rest]
    ? number extends ShapeOf<Next>["length"]
      ? Shape
      : Same<S, ShapeOf<Next>> extends infer R
        ? R extends Shape
          ? StackOnto<R, Rest>
          : `stack: ${Text<S>} and ${Text<ShapeOf<Next>>}: expected equal shapes`
        : never
    : Xs extends readonly []
      ? S
      : Shape;

/** The shape that both are; null where they differ. */
type Same<A extends Shape, B extends Shape, Done extends Shape = []> = A extends readonly [
  infer M extends number,
  ...infer RestA extends Shape,
]
  ? B extends readonly [infer N extends number, ...infer RestB extends Shape]
    ? [M & N] extends [never]
      ? null
      : Same<RestA, RestB, [...Done, M & N]>
    : null
  : B extends readonly []
    ? Done
    : null;

/** `S` with an axis of length `N` at a position of the result; `S` walks, with one place too many. */
type Inserted<S extends Shape, N extends number, Axis extends string, Done extends Shape = []> = Names<
  [0, ...S],
  Done
> &
  Axis extends never
  ? S extends readonly [infer M extends number, ...infer Rest extends Shape]
    ? Inserted<Rest, N, Axis, [...Done, M]>
    : [...Done, N]
  : [...Done, N, ...S];

/** The shape of the slices along an axis. */
export type UnboundShape<S extends Shape, A extends number | undefined> = number extends S["length"]
  ? Shape
  : string extends AxisName<A>
    ? Shape
    : WithAxes<S, AxisName<A>, Without<S, AxisName<A>, []>>;
