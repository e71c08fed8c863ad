import { type ArrayLike, array } from "../../core/creation.js";
import { ArgumentError, IndexError, ShapeError } from "../../core/errors.js";
import { NDArray, type NestedArray, type NumericArray } from "../../core/ndarray.js";
import { takeRows } from "../../core/numeric.js";
import { describe } from "../../core/options.js";
import { shapeText, sizeOf } from "../../core/shape.js";
import { slice } from "../../core/slicing.js";

/** Arrays that belong together, along whose first axes are the same examples: one, several in a list, or several by name. */
export type Arrays = ArrayLike | readonly ArrayLike[] | Readonly<Record<string, ArrayLike>>;

/** What there is of `Arrays` in a batch, or of one example: an NDArray in the place of each. */
export type NDArrays<A> = A extends NDArray | NumericArray | NestedArray
  ? NDArray
  : { -readonly [K in keyof A]: NDArray };

/** `Arrays` as a list of NDArrays with the names that messages give them, and what puts such a list back into the same form. */
export interface Parts {
  readonly names: readonly string[];
  readonly arrays: readonly NDArray[];
  assemble(arrays: readonly NDArray[]): unknown;
}

/** Whether it is a number or bool, or nested lists of nothing else. */
export function isNested(value: unknown): value is NestedArray {
  if (Array.isArray(value)) return value.every(isNested);
  return typeof value === "number" || typeof value === "boolean";
}

/** Whether it is an array in itself, rather than numbers that can become one. */
export function isTyped(value: unknown): value is NDArray | NumericArray {
  return value instanceof NDArray || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/** Whether it is an object that a literal or `JSON.parse` made, in any realm. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether it is what `partsOf` takes. */
export function isArrays(value: unknown): value is Arrays {
  if (isTyped(value)) return true;
  if (Array.isArray(value)) return value.every(isNested) || value.some(isTyped);
  return isRecord(value);
}

/**
 * The parts of `arrays`. NDArrays are taken as they are, all else is copied.
 * @throws ArgumentError for what is none, and for no arrays; ShapeError when an array has no axis, no examples or not as many
 * as the first.
 */
export function partsOf(operation: string, arrays: Arrays): Parts {
  if (!isArrays(arrays)) {
    throw new ArgumentError(`${operation}: expected arrays, such as { x: images, t: labels }, got ${describe(arrays)}`);
  }
  const single = isTyped(arrays) || isNested(arrays);
  const entries: [string, ArrayLike][] = single ? [["the array", arrays]] : Object.entries(arrays);
  if (entries.length === 0) throw new ArgumentError(`${operation}: there are no arrays; expected at least one`);
  const names = entries.map(([key]) => (Array.isArray(arrays) && !single ? `array ${key}` : key));
  // Rows are gathered from contiguous memory; a copy here saves one for every batch.
  const values = entries.map(([, x]) => (x instanceof NDArray ? x : array(x)).asContiguous());
  checkExamples(operation, names, values);
  return {
    names,
    arrays: values,
    assemble(parts) {
      if (single) return parts[0];
      return Array.isArray(arrays) ? [...parts] : Object.fromEntries(names.map((name, i) => [name, parts[i]!]));
    },
  };
}

/**
 * Checks that arrays have examples, and as many in each.
 * @throws ShapeError naming the one that does not.
 */
export function checkExamples(operation: string, names: readonly string[], arrays: readonly NDArray[]): void {
  const first = arrays[0]!;
  for (const [i, x] of arrays.entries()) {
    if (x.ndim === 0) {
      throw new ShapeError(`${operation}: ${names[i]} is a scalar; expected examples along a first axis`);
    }
    if (x.shape[0] === 0) {
      throw new ShapeError(
        `${operation}: ${names[i]} of shape ${shapeText(x.shape)} has no examples; expected at least one`,
      );
    }
    if (x.shape[0] !== first.shape[0]) {
      throw new ShapeError(
        `${operation}: ${names[0]} has shape ${shapeText(first.shape)} and ${names[i]} ${shapeText(x.shape)}; expected as many examples in each`,
      );
    }
  }
}

/**
 * The examples of `x` (contiguous) that `indices` name: a view where they follow each other, else a copy.
 * @throws IndexError for one that there is not.
 */
export function rowsOf(operation: string, x: NDArray, indices: Int32Array): NDArray {
  const count = x.shape[0]!;
  let consecutive = indices.length > 0;
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (index < 0 || index >= count) {
      throw new IndexError(`${operation}: index ${index} is out of range; expected 0 to ${count - 1}`);
    }
    consecutive &&= index === indices[0]! + i;
  }
  if (consecutive) return x.slice(slice(indices[0]!, indices[0]! + indices.length));
  const rest = x.shape.slice(1);
  return takeRows(x, array(indices), sizeOf(rest), [indices.length, ...rest]);
}
