import type { Shape } from "../shape.js";
import type { Divide, Size } from "./numbers.js";
import type { Known, Text } from "./operand.js";

/** The shape `T`, its -1 filled in, of as many elements as `S`, or the message that the numbers of elements differ. */
export type ReshapedShape<S extends Shape, T extends Shape> = number extends (S | T)["length"]
  ? Shape
  : -1 extends T[number]
    ? number extends T[number]
      ? Replace<T, number>
      : Filled<S, T, Size<S>, Size<Others<T>>>
    : SameSize<S, T, Size<S>, Size<T>>;

type SameSize<S extends Shape, T extends Shape, M extends number, N extends number> = number extends M | N
  ? Known<T>
  : M extends N
    ? Known<T>
    : `reshape: ${Text<S>} has ${M} elements and ${Text<T>} ${N}`;

type Filled<S extends Shape, T extends Shape, M extends number, N extends number> = [Divide<M, N>] extends [never]
  ? `reshape: ${Text<T>} of ${Text<S>}: ${M} elements do not divide into ${N}`
  : Replace<T, Divide<M, N>>;

/** The lengths other than -1. */
type Others<T extends Shape> = T extends readonly [infer N extends number, ...infer Rest extends Shape]
  ? [...(N extends -1 ? [] : [N]), ...Others<Rest>]
  : [];

type Replace<T extends Shape, By extends number> = { -readonly [Axis in keyof T]: T[Axis] extends -1 ? By : T[Axis] };

/** What `asShape` asserts: -1 stands for any length. */
export type Asserted<T extends Shape> = Replace<T, number> extends infer R extends Shape ? Known<R> : Shape;

/** Numbers given one by one or as one array. */
export type Spread<X extends readonly [Shape] | Shape> = X extends readonly [infer T extends Shape]
  ? T
  : X extends Shape
    ? X
    : Shape;

/** The number of elements as a shape of one axis. */
export type FlatShape<S extends Shape> = number extends S["length"] ? Shape : [Size<S>];
