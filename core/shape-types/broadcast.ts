import type { Shape } from "../shape.js";
import type { Known, Text } from "./operand.js";

/** Two lengths that do not fit. */
export interface Misfit<M extends number = number, N extends number = number> {
  readonly left: M;
  readonly right: N;
}

/** The shape that `A` and `B` broadcast to, or the message that they do not. */
export type BroadcastShape<A extends Shape, B extends Shape> = [B] extends [readonly []]
  ? A
  : [A] extends [readonly []]
    ? B
    : number extends (A | B)["length"]
      ? Shape
      : Explained<A, B, Aligned<A, B>>;

/** The shape that the three operands of `where` broadcast to, or the message that they do not. */
export type ChosenShape<C extends Shape, A extends Shape, B extends Shape> =
  BroadcastShape<A, B> extends infer R ? (R extends Shape ? BroadcastShape<C, R> : R) : never;

/** The broadcast shape, or the two lengths that do not fit: aligned at the last axis, lengths equal or one of them 1. */
export type Aligned<A extends Shape, B extends Shape, Done extends Shape = []> = A extends readonly [
  ...infer RestA extends Shape,
  infer M extends number,
]
  ? B extends readonly [...infer RestB extends Shape, infer N extends number]
    ? Common<M, N> extends infer L
      ? L extends number
        ? Aligned<RestA, RestB, [L, ...Done]>
        : L
      : never
    : [...A, ...Done]
  : [...B, ...Done];

/** The length that `M` and `N` broadcast to. */
type Common<M extends number, N extends number> = [M] extends [1]
  ? N
  : [N] extends [1]
    ? M
    : [M & N] extends [never]
      ? Misfit<M, N>
      : M & N;

type Explained<A extends Shape, B extends Shape, R> =
  R extends Misfit<infer M, infer N>
    ? `broadcast: ${Text<A>} and ${Text<B>}: ${M} and ${N} should be equal, or one of them 1`
    : R;

/** The shape of `x` of shape `A` repeated to shape `B`, or the message that it does not broadcast to it. */
export type BroadcastToShape<A extends Shape, B extends Shape> = number extends (A | B)["length"]
  ? Shape
  : Aligned<A, B> extends infer R
    ? [R] extends [B]
      ? Known<B>
      : number extends B[number]
        ? Known<B>
        : `broadcastTo: ${Text<A>} does not broadcast to ${Text<B>}`
    : never;
