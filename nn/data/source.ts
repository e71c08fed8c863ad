import type { ArrayLike } from "../../core/creation.js";
import { ArgumentError } from "../../core/errors.js";
import type { NDArray, NestedArray, NumericArray } from "../../core/ndarray.js";
import { describe } from "../../core/options.js";
import { type Arrays, isArrays, isTyped, type NDArrays } from "./arrays.js";
import type { Collated } from "./collate.js";
import { checkLength, type Dataset, isDataset, TensorDataset } from "./dataset.js";

/** Examples that come one after the other. */
export type Examples = Iterable<unknown> | AsyncIterable<unknown>;

/** What a `DataLoader` makes batches of. */
export type Source = Arrays | Dataset | readonly unknown[] | Examples | (() => Examples);

/** An example of a source. */
export type ExampleOf<S> = S extends NDArray | NumericArray | NestedArray
  ? NDArray
  : S extends { get(index: number): infer E }
    ? Awaited<E>
    : S extends readonly ArrayLike[]
      ? NDArrays<S>
      : S extends (() => infer I) | infer I
        ? I extends Iterable<infer E> | AsyncIterable<infer E>
          ? Awaited<E>
          : NDArrays<I>
        : never;

/** What a `DataLoader` gives of a source when it is not told how to collate. */
export type BatchOf<S> = S extends NDArray | NumericArray | NestedArray
  ? NDArray
  : S extends { getBatch(indices: Int32Array): infer B }
    ? Awaited<B>
    : S extends { get(index: number): infer E }
      ? Collated<Awaited<E>>
      : S extends readonly ArrayLike[]
        ? NDArrays<S>
        : S extends (() => infer I) | infer I
          ? I extends Iterable<infer E> | AsyncIterable<infer E>
            ? Collated<Awaited<E>>
            : NDArrays<I>
          : never;

/** The number of batches where it can be known, else null. */
export type LengthOf<S> = S extends NDArray | NumericArray | NestedArray | { readonly length: number }
  ? S extends () => unknown
    ? null
    : number
  : S extends Examples | (() => unknown)
    ? null
    : number;

/** A source as the loader reads it: by number, or one example after the other. */
export type Reader = { readonly dataset: Dataset } | { open(): Examples };

/**
 * What reads a source: arrays (several in a list only when one of them is an NDArray or typed array), a dataset, a list of
 * examples, an iterable, or a function that gives one for each pass.
 * @throws ArgumentError for anything else, and for no examples; ShapeError for arrays that do not fit together.
 */
export function readerOf(operation: string, source: unknown): Reader {
  if (typeof source === "function") return { open: () => opened(operation, source as () => unknown) };
  if (isDataset(source)) {
    checkLength(operation, source);
    return { dataset: source };
  }
  if (Array.isArray(source) && (source.length === 0 || !isArrays(source))) {
    const dataset: Dataset = { length: source.length, get: (i) => source[i] };
    checkLength(operation, dataset);
    return { dataset };
  }
  if (!Array.isArray(source) && !isTyped(source) && isExamples(source)) return { open: eachTime(operation, source) };
  if (isArrays(source)) return { dataset: new TensorDataset(source, operation) };
  throw new ArgumentError(
    `${operation}: expected arrays, such as { x: images, t: labels }, a dataset { length, get(index) }, an iterable or a function that gives one, got ${describe(source)}`,
  );
}

function isExamples(value: unknown): value is Examples {
  if (typeof value !== "object" || value === null) return false;
  return Symbol.iterator in value || Symbol.asyncIterator in value;
}

function opened(operation: string, source: () => unknown): Examples {
  const examples: unknown = source();
  if (isExamples(examples)) return examples;
  throw new ArgumentError(`${operation}: the source gave ${describe(examples)}; expected an iterable`);
}

/** What gives the examples of an iterable for each pass, as far as it can be read again. */
function eachTime(operation: string, source: Examples): () => Examples {
  let read = false;
  return () => {
    if (read) {
      throw new ArgumentError(
        `${operation}: the source is an iterator, which can be read only once; expected a function that gives one for each pass`,
      );
    }
    read = isOneShot(source);
    return source;
  };
}

/** Whether it is its own iterator, as generators are: it goes on where it was left rather than from the start. */
function isOneShot(source: Examples): boolean {
  if (Symbol.asyncIterator in source) return (source[Symbol.asyncIterator]() as unknown) === source;
  return (source[Symbol.iterator]() as unknown) === source;
}
