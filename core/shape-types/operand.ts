import type { Shape } from "../shape.js";
import type { Variable } from "../variable.js";
import type { shaped } from "./shaped.js";

/*
 * What the other files here share. A shape operation on types takes shapes and gives a shape, or, where literal lengths do not
 * fit, a string that says why. `Checked` makes of that string the type of the parameter that is wrong, so that the compiler's
 * message ends in it, and `Result` makes of the shape the type of what is returned.
 *
 * A shape that is not known is `Shape`; a length that is not known, in a shape that is, is `number`. Whatever is not known
 * fits. Type parameters are wrapped in tuples where a conditional type should not distribute over a union.
 */

/**
 * Whether an operation has a message for its outcome. The order and the objects matter: where a shape is a type parameter the
 * compiler tries any type for it, and a function that is generic in its shapes compiles when that gives false.
 */
type Fails<R> = { of: R } extends { of: Shape } ? false : { of: R } extends { of: string } ? true : false;

/** The type of an argument `X` to an operation with the outcome `R`: `X` itself, or the message of a misfit. */
export type Checked<X, R> = Fails<R> extends true ? R : X;

/** `Checked` for what is written as a list or an object, whose members the compiler needs to see before the outcome is decided. */
export type CheckedLiteral<X, R> = X & (Fails<R> extends true ? R : unknown);

/** `Checked` for the input of a layer, of which subclasses may override the method: a misfit is an operand that nobody has. */
export type CheckedInput<X, R> = Fails<R> extends true ? DoesNotFit<R & string> : X;

/** Stands where an operand does not fit, for the message alone. */
export interface DoesNotFit<Message extends string> extends Variable {
  readonly doesNotFit: Message;
}

/** `Checked` for the rest of the arguments. */
export type CheckedRest<X extends readonly unknown[], R> = Fails<R> extends true ? readonly R[] : X;

/** The shape of the result of an operation with the outcome `R`. */
export type Result<R> = R extends Shape ? R : Shape;

/** A shape as messages show it: `[2, 3]`. */
export type Text<S extends Shape> = `[${Lengths<S>}]`;
type Lengths<S extends Shape> = S extends readonly [infer N extends number, ...infer Rest extends Shape]
  ? Rest extends readonly []
    ? `${N}`
    : `${N}, ${Lengths<Rest>}`
  : "";

/** The shape of an operand: that of a Variable or an NDArray, `[]` for a number, for nested arrays what their type tells. */
export type ShapeOf<X> = Known<ShapeOfEach<X>>;
type ShapeOfEach<X> = X extends { readonly [shaped]: { is(shape: infer S extends Shape): void } }
  ? S
  : X extends number | boolean
    ? []
    : NestedShape<X>;

/** `S` as a plain tuple, `Shape` where the number of axes is not known. */
export type Known<S extends Shape> = number extends S["length"] ? Shape : { -readonly [Axis in keyof S]: S[Axis] };

/** The shape of data for `variable`. A number stays a Shape, so that a variable which starts at 0 may take any sum. */
export type DataShape<D> = [D] extends [number | boolean] ? Shape : ShapeOf<D>;

/** The shape of nested tuples, by their first elements; that of arrays and typed arrays is not known. */
type NestedShape<X> = X extends readonly [infer First, ...infer Rest]
  ? ShapeOf<First> extends infer Inner extends Shape
    ? number extends Inner["length"]
      ? Shape
      : [[0, ...Rest]["length"] & number, ...Inner]
    : Shape
  : X extends readonly []
    ? [0]
    : Shape;

/** A shape argument such as `[2, 3]`: itself where all lengths are literal, else `Shape`. */
export type Literal<S extends Shape> = number extends S[number] ? (S extends readonly [] ? [] : Shape) : Known<S>;
