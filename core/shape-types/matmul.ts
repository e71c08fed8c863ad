import type { Shape } from "../shape.js";
import type { Aligned, Misfit } from "./broadcast.js";
import type { Size } from "./numbers.js";
import type { Text } from "./operand.js";
import type { sizes } from "./shaped.js";

/** The shape of NumPy's `a @ b`, or the message that the shapes do not fit. */
export type MatMulShape<A extends Shape, B extends Shape> = number extends (A | B)["length"]
  ? Shape
  : A extends readonly [...infer Rows extends Shape, infer K extends number]
    ? B extends readonly [infer L extends number]
      ? Inner<A, B, K, L, [...Rows]>
      : B extends readonly [...infer Batch extends Shape, infer L extends number, infer N extends number]
        ? Inner<A, B, K, L, Batched<A, B, Rows, Batch, N>>
        : Scalar<A, B>
    : Scalar<A, B>;

type Inner<A extends Shape, B extends Shape, K extends number, L extends number, R> = [K & L] extends [never]
  ? `matmul: ${Text<A>} and ${Text<B>}: ${K} and ${L} should be equal`
  : R;

type Batched<
  A extends Shape,
  B extends Shape,
  Rows extends Shape,
  Batch extends Shape,
  N extends number,
> = Rows extends readonly [...infer Others extends Shape, infer M extends number]
  ? Aligned<Others, Batch> extends infer R
    ? R extends Shape
      ? [...R, M, N]
      : R extends Misfit<infer P, infer Q>
        ? `matmul: ${Text<A>} and ${Text<B>}: batches of ${P} and ${Q} should be equal, or one of them 1`
        : never
    : never
  : [...Batch, N];

type Scalar<A extends Shape, B extends Shape> = `matmul: ${Text<A>} and ${Text<B>}: a scalar has no rows; use mul`;

/** The shape of `x @ W + b` on the last axis of `x`, for a layer or function `Name` with `W` of shape `[I, O]`. */
export type LinearRows<
  Name extends string,
  S extends Shape,
  I extends number,
  O extends number,
> = number extends S["length"]
  ? Shape
  : S extends readonly [...infer Rows extends Shape, infer K extends number]
    ? [K & I] extends [never]
      ? `${Name}: ${Text<S>} has ${K} features; expected ${I}`
      : [...Rows, O]
    : `${Name}: ${Text<S>} has no features; expected ${I}`;

/** `Linear` with the shape of `W`. */
export type LinearShape<S extends Shape, W extends Shape> = W extends readonly [
  infer I extends number,
  infer O extends number,
]
  ? LinearRows<"linear", S, I, O>
  : number extends W["length"]
    ? Shape
    : `linear: W is ${Text<W>}; expected [in, out]`;

/** The shape of the output of a layer whose `sizes` tell how many features it takes and gives. */
export type FeaturesShape<S extends Shape, Layer> = Layer extends {
  readonly [sizes]: { is(sizes: infer W extends readonly [number, number]): void };
}
  ? LinearRows<"FullyConnected", S, W[0], W[1]>
  : Shape;

/** The shape of the products of all elements with all elements. */
export type OuterShape<A extends Shape, B extends Shape> = number extends (A | B)["length"]
  ? Shape
  : [Size<A>, Size<B>];
