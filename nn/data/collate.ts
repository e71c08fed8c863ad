import { array } from "../../core/creation.js";
import { ArgumentError, DTypeError, ShapeError } from "../../core/errors.js";
import { NDArray, type NestedArray, type NumericArray } from "../../core/ndarray.js";
import { concatenate } from "../../core/numeric.js";
import { describe } from "../../core/options.js";
import { sameShape, shapeText } from "../../core/shape.js";
import { Variable } from "../../core/variable.js";
import { isNested, isRecord, isTyped } from "./arrays.js";

/** What `collate` makes of examples of type `E`. */
export type Collated<E> = E extends NDArray | Variable | NumericArray | NestedArray
  ? NDArray
  : E extends readonly unknown[]
    ? { -readonly [K in keyof E]: Collated<E[K]> }
    : E extends string | symbol | bigint | null | undefined | Date | ((...args: never[]) => unknown)
      ? E[]
      : { -readonly [K in keyof E]: Collated<E[K]> };

/**
 * Examples as one batch. Numbers, bools and arrays (NDArrays, typed arrays, nested numbers) become one NDArray with a new
 * first axis; lists of other things are joined place by place, objects name by name; anything else, such as text, stays in a list.
 * Plain numbers become float32, so a class label is best an int32 array. PyTorch's `default_collate`.
 * @throws ArgumentError for no examples, and for examples that are not alike; ShapeError or DTypeError for arrays that do not
 * have the same shape and dtype.
 */
export function collate<E>(examples: readonly E[]): Collated<E> {
  if (examples.length === 0) throw new ArgumentError("collate: there are no examples; expected at least one");
  return join(examples, "") as Collated<E>;
}

/** What becomes of the values at `path`, such as `.x`, of all examples. */
function join(values: readonly unknown[], path: string): unknown {
  const first = values[0];
  if (first instanceof Variable || isTyped(first) || isNested(first)) return stack(values, path);
  if (Array.isArray(first)) {
    checkAlike(values, path, Array.isArray, "a list");
    const lists = values as (readonly unknown[])[];
    checkSame(lists, path, (list) => `${list.length} items`);
    return first.map((_, place) =>
      join(
        lists.map((list) => list[place]),
        `${path}[${place}]`,
      ),
    );
  }
  if (isRecord(first)) {
    checkAlike(values, path, isRecord, "an object");
    const records = values as Readonly<Record<string, unknown>>[];
    checkSame(records, path, (record) => `the keys ${Object.keys(record).sort().join(", ")}`);
    return Object.fromEntries(
      Object.keys(first).map((key) => [
        key,
        join(
          records.map((record) => record[key]),
          `${path}.${key}`,
        ),
      ]),
    );
  }
  return [...values];
}

function stack(values: readonly unknown[], path: string): NDArray {
  checkAlike(values, path, (value) => value instanceof Variable || isTyped(value) || isNested(value), "an array");
  if (values.every((value) => typeof value === "number" || typeof value === "boolean")) {
    checkSame(values, path, (value) => `a ${typeof value}`);
    return array(values as number[]);
  }
  const arrays = (values as (NDArray | Variable | NestedArray)[]).map((value) => {
    if (value instanceof Variable) return value.data;
    return value instanceof NDArray ? value : array(value);
  });
  const { shape, dtype } = arrays[0]!;
  for (const [i, x] of arrays.entries()) {
    if (!sameShape(x.shape, shape)) {
      throw new ShapeError(
        `collate: example ${i}${at(path)} has shape ${shapeText(x.shape)} and example 0 ${shapeText(shape)}; expected equal shapes, or a collate of your own`,
      );
    }
    if (x.dtype !== dtype) {
      throw new DTypeError(`collate: example ${i}${at(path)} is ${x.dtype} and example 0 ${dtype}; expected one dtype`);
    }
  }
  return concatenate(
    arrays.map((x) => x.reshape([1, ...shape])),
    0,
  );
}

function checkAlike(
  values: readonly unknown[],
  path: string,
  fits: (value: unknown) => boolean,
  expected: string,
): void {
  const i = values.findIndex((value) => !fits(value));
  if (i < 0) return;
  throw new ArgumentError(
    `collate: example ${i}${at(path)} is ${describe(values[i])}; expected ${expected}, as in example 0`,
  );
}

function checkSame<T>(values: readonly T[], path: string, has: (value: T) => string): void {
  const first = has(values[0]!);
  const i = values.findIndex((value) => has(value) !== first);
  if (i < 0) return;
  throw new ArgumentError(
    `collate: example ${i}${at(path)} has ${has(values[i]!)}; expected ${first}, as in example 0`,
  );
}

function at(path: string): string {
  return path === "" ? "" : ` at ${path}`;
}
