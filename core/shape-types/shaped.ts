import type { Shape } from "../shape.js";

/** The key of a member of Variables and NDArrays that is there for the compiler only. */
export declare const shaped: unique symbol;

/**
 * What makes a `Variable<[2, 3]>` differ from a `Variable<[2, 4]>`, and fit where a `Variable` is expected as well as the other way
 * round: lengths that are known on both sides must agree, and what is not known fits. `is` is a method since the parameters of
 * methods are compared either way; the known lengths are optional since what is optional may be missing, and then the
 * compiler takes a list of a `Variable` and a `Variable<[2, 3]>` for one of Variables.
 */
export type Shaped<S extends Shape> = KnownLengths<S> & { is(shape: S): void };

/** The key of a member of layers that is there for the compiler only. */
export declare const sizes: unique symbol;

/**
 * The number of axes and the lengths that are known, by position. A mapped type and nothing around it: that is what tells the
 * compiler to compare a `Variable<S>` member by member instead of by `S` alone.
 */
type KnownLengths<S extends Shape> = {
  readonly [Axis in keyof S as Axis extends `${number}` | "length"
    ? number extends S[Axis]
      ? never
      : Axis
    : never]?: S[Axis];
};
