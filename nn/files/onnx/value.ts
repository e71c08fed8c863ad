import { bytesOf } from "../../../core/dtype.js";
import type { NDArray } from "../../../core/ndarray.js";
import type { Shape } from "../../../core/shape.js";
import { memoryOf } from "../elements.js";
import type { ElementType } from "./schema.js";

/** A number that is an integer, a text, a float, or a list of integers or texts. */
export type Attribute = number | string | { readonly float: number } | readonly (number | string)[];

/** Attributes by name. */
export type Attributes = Readonly<Record<string, Attribute>>;

/** An operator of a file, with the values that go in (null for one left out) and come out. */
export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly (Value | null)[];
  readonly attributes: Attributes;
}

/** What a constant holds. */
export interface Data {
  /** The array, for constants of a dtype that there is here. */
  readonly array: NDArray | null;
  /** The numbers, for constants of int64. */
  readonly integers: readonly number[] | null;
  readonly byteLength: number;
  bytes(): Uint8Array;
}

/** A tensor of a file. */
export interface Value {
  /** What the file calls it; a constant gets its name when it is first used. */
  name: string;
  readonly type: ElementType;
  /** The shape in each trace. */
  readonly shapes: readonly Shape[];
  /** The elements, of a constant. */
  readonly data: Data | null;
  /** Where it comes from, if it is computed. */
  node: OnnxNode | null;
}

/** What a constant of a dtype that there is here holds. */
export function arrayData(array: NDArray): Data {
  return {
    array,
    integers: null,
    byteLength: array.size * bytesOf(array.dtype),
    bytes: () => {
      const contiguous = array.asContiguous();
      return memoryOf(contiguous).slice();
    },
  };
}

/** What a constant of int64 holds. */
export function integerData(integers: readonly number[]): Data {
  return {
    array: null,
    integers,
    byteLength: integers.length * 8,
    bytes: () => new Uint8Array(BigInt64Array.from(integers, BigInt).buffer),
  };
}
