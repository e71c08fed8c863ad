import type { Shape } from "../shape.js";
import type { Text } from "./operand.js";

/*
 * Axes are compared as text, since `-1` can be made from a length only as `-${1}`. Walking along a shape, `Done` holds the
 * lengths behind, so that `Done["length"]` is the position from the front and `S["length"]` minus the one from the end.
 */

/** Axes as a union of texts, `"0" | "-1"`; `string` where they are not literal. */
type AxisText<A extends number> = number extends A ? string : `${A}`;

/** The text by which an axis may be named that has `Done` before it and begins `S`. */
export type Names<S extends Shape, Done extends Shape> = `${Done["length"]}` | `-${S["length"]}`;

/** The names of all axes of `S`. */
type AllNames<S extends Shape, Done extends Shape = []> = S extends readonly [
  infer N extends number,
  ...infer Rest extends Shape,
]
  ? Names<S, Done> | AllNames<Rest, [...Done, N]>
  : never;

/** `R`, or the message that an axis does not exist. */
export type WithAxes<S extends Shape, Texts extends string, R> = [Exclude<Texts, AllNames<S>>] extends [never]
  ? R
  : `${Text<S>} has no axis ${Exclude<Texts, AllNames<S>>}`;

/**
 * The shape left after reducing the axis `One`, or axes that are each one of `Many`, or all when there is neither; or the message
 * that there is none of that number.
 */
export type ReducedShape<
  S extends Shape,
  One extends number | null | undefined,
  Many extends number | undefined,
  Keep extends boolean,
> = number extends S["length"]
  ? Shape
  : boolean extends Keep
    ? Shape
    : [Many] extends [undefined]
      ? [One] extends [null | undefined]
        ? Keep extends true
          ? { -readonly [I in keyof S]: 1 }
          : []
        : [One] extends [number]
          ? ReducedAxes<S, AxisText<One>, Keep>
          : Shape
      : [One] extends [undefined]
        ? ReducedAxes<S, AxisText<Many & number>, Keep>
        : Shape;
type ReducedAxes<S extends Shape, Texts extends string, Keep> = string extends Texts
  ? Shape
  : WithAxes<S, Texts, Without<S, Texts, Keep extends true ? [1] : []>>;

/** `S` with `Filling` in the place of each of the axes. */
export type Without<
  S extends Shape,
  Texts extends string,
  Filling extends Shape,
  Done extends Shape = [],
> = S extends readonly [infer N extends number, ...infer Rest extends Shape]
  ? [...(Names<S, Done> & Texts extends never ? [N] : Filling), ...Without<Rest, Texts, Filling, [...Done, N]>]
  : [];

/** The shape without axes of length 1, or without those named, or the message that one of these is longer. */
export type SqueezedShape<
  S extends Shape,
  One extends number | undefined,
  Many extends number | undefined,
> = number extends S["length"]
  ? Shape
  : [Many] extends [undefined]
    ? [One] extends [undefined]
      ? // An axis of unknown length may be 1.
        number extends S[number]
        ? S extends readonly []
          ? []
          : Shape
        : WithoutOnes<S>
      : [One] extends [number]
        ? SqueezedAxes<S, AxisText<One>>
        : Shape
    : [One] extends [undefined]
      ? SqueezedAxes<S, AxisText<Many & number>>
      : Shape;
type SqueezedAxes<S extends Shape, Texts extends string> = string extends Texts
  ? Shape
  : WithAxes<
      S,
      Texts,
      [Long<S, Texts>] extends [never]
        ? Without<S, Texts, []>
        : `squeeze: axis ${Texts} of ${Text<S>} has length ${Long<S, Texts>}; expected 1`
    >;
type WithoutOnes<S extends Shape> = S extends readonly [infer N extends number, ...infer Rest extends Shape]
  ? [...(N extends 1 ? [] : [N]), ...WithoutOnes<Rest>]
  : [];
/** The lengths of the named axes that cannot be 1. */
type Long<S extends Shape, Texts extends string, Done extends Shape = []> = S extends readonly [
  infer N extends number,
  ...infer Rest extends Shape,
]
  ? (Names<S, Done> & Texts extends never ? never : 1 & N extends never ? N : never) | Long<Rest, Texts, [...Done, N]>
  : never;

/** The shape with axes of length 1 at positions of the result. */
export type ExpandedShape<S extends Shape, A extends number | readonly number[]> = number extends S["length"]
  ? Shape
  : A extends readonly number[]
    ? number extends A["length"]
      ? Shape
      : ExpandedAt<S, [...S, ...A], AxisText<A[number]>>
    : ExpandedAt<S, [...S, 1], AxisText<A & number>>;
type ExpandedAt<S extends Shape, Places extends Shape, Texts extends string> = string extends Texts
  ? Shape
  : Exclude<Texts, AllNames<Places>> extends never
    ? Expanded<S, Places, Texts>
    : `expandDims: ${Text<S>} has no place for an axis ${Texts}`;
/** Walks along `Places`, a tuple as long as the result, and takes the lengths of `S` for those that are not new. */
type Expanded<
  S extends Shape,
  Places extends Shape,
  Texts extends string,
  Done extends Shape = [],
> = Places extends readonly [number, ...infer Rest extends Shape]
  ? Names<Places, Done> & Texts extends never
    ? S extends readonly [infer N extends number, ...infer Others extends Shape]
      ? Expanded<Others, Rest, Texts, [...Done, N]>
      : Shape
    : Expanded<S, Rest, Texts, [...Done, 1]>
  : Done;

/** The axes in reverse order. */
export type ReversedShape<S extends Shape> = number extends S["length"]
  ? Shape
  : S extends readonly [infer N extends number, ...infer Rest extends Shape]
    ? [...ReversedShape<Rest>, N]
    : [];

/** The axes in another order, or the message that the order is none. */
export type TransposedShape<S extends Shape, Axes extends Shape> = Axes extends readonly []
  ? ReversedShape<S>
  : number extends S["length"] | Axes["length"] | Axes[number]
    ? Shape
    : Axes["length"] extends S["length"]
      ? WithAxes<S, `${Axes[number]}`, Ordered<S, Axes>>
      : `transpose: ${Text<Axes>} is no order of the axes of ${Text<S>}`;
type Ordered<S extends Shape, Axes extends Shape> = Axes extends readonly [
  infer A extends number,
  ...infer Rest extends Shape,
]
  ? [LengthAt<S, `${A}`>, ...Ordered<S, Rest>]
  : [];

/** The length of the axis of a name. */
export type LengthAt<S extends Shape, Name extends string, Done extends Shape = []> = S extends readonly [
  infer N extends number,
  ...infer Rest extends Shape,
]
  ? Names<S, Done> & Name extends never
    ? LengthAt<Rest, Name, [...Done, N]>
    : N
  : never;

/** The shape with two axes exchanged. */
export type SwappedShape<S extends Shape, A extends number, B extends number> = number extends S["length"] | A | B
  ? Shape
  : WithAxes<S, `${A}` | `${B}`, Swapped<S, S, `${A}`, `${B}`>>;
type Swapped<
  S extends Shape,
  All extends Shape,
  A extends string,
  B extends string,
  Done extends Shape = [],
> = S extends readonly [infer N extends number, ...infer Rest extends Shape]
  ? [
      Names<S, Done> & A extends never ? (Names<S, Done> & B extends never ? N : LengthAt<All, A>) : LengthAt<All, B>,
      ...Swapped<Rest, All, A, B, [...Done, N]>,
    ]
  : [];

/** The axis as text for what joins and cuts: the first where `A` is undefined. */
export type AxisName<A extends number | undefined> = [A] extends [undefined] ? "0" : AxisText<A & number>;

/** The shape with a new last axis of length `N`. */
export type OneHotShape<S extends Shape, N extends number> = number extends S["length"] ? Shape : [...S, N];
