import { ArgumentError, IndexError } from "../../core/errors.js";
import { checkCount, describe } from "../../core/options.js";
import { type Arrays, type NDArrays, type Parts, partsOf, rowsOf } from "./arrays.js";

/** Examples by number: whatever has a length and gives the example with a number, also as a promise. */
export interface Dataset<E = unknown> {
  /** The number of examples. */
  readonly length: number;
  /** Example number `index`, from 0 on. */
  get(index: number): E;
  /** A whole batch, for datasets that have a better way than to collate single examples. */
  getBatch?(indices: Int32Array): unknown;
}

/** Whether it has what a `Dataset` must have. */
export function isDataset(value: unknown): value is Dataset {
  if (typeof value !== "object" || value === null) return false;
  return "length" in value && "get" in value && typeof value.get === "function";
}

/**
 * Checks the number of examples of a dataset.
 * @throws ArgumentError when it is not a whole number of at least 1.
 */
export function checkLength(operation: string, { length }: Dataset): void {
  checkCount(operation, "the number of examples", length);
}

/**
 * The examples along the first axes of arrays that belong together, such as `{ x: images, t: labels }`, `[images, labels]` or
 * `images` alone. Examples, and batches of them that follow each other, are views. PyTorch's `TensorDataset`.
 */
export class TensorDataset<const A extends Arrays | { readonly [K in keyof A]: unknown }>
  implements Dataset<NDArrays<A>>
{
  readonly length: number;
  private readonly parts: Parts;

  /**
   * @param operation What errors name, for others that take arrays.
   * @throws ArgumentError for what is no array, and for no arrays; ShapeError when an array has no axis, no examples or not as
   * many as the first.
   */
  constructor(
    arrays: A,
    private readonly operation = "TensorDataset",
  ) {
    this.parts = partsOf(operation, arrays as Arrays);
    this.length = this.parts.arrays[0]!.shape[0]!;
  }

  /** @throws IndexError for a number that is not from 0 to `length - 1`. */
  get(index: number): NDArrays<A> {
    checkIndex(this.operation, index, this.length);
    return this.parts.assemble(this.parts.arrays.map((x) => x.slice(index))) as NDArrays<A>;
  }

  /** The examples with these numbers. @throws IndexError for one that there is not. */
  getBatch(indices: Int32Array): NDArrays<A> {
    const { arrays } = this.parts;
    return this.parts.assemble(arrays.map((x) => rowsOf(this.operation, x, indices))) as NDArrays<A>;
  }
}

/** Some examples of a dataset, in the order of their numbers given. PyTorch's `Subset`. */
export class Subset<E> implements Dataset<E> {
  readonly length: number;
  /** A whole batch, where the dataset has a way of its own. */
  readonly getBatch?: (indices: Int32Array) => unknown;
  private readonly indices: Int32Array;

  /** @throws ArgumentError for what is no dataset, or no numbers; IndexError for a number that the dataset does not have. */
  constructor(
    private readonly dataset: Dataset<E>,
    indices: Iterable<number>,
  ) {
    if (!isDataset(dataset)) {
      throw new ArgumentError(`Subset: the dataset is ${describe(dataset)}; expected { length, get(index) }`);
    }
    const list = [...indices];
    for (const index of list) checkIndex("Subset", index, dataset.length);
    this.indices = Int32Array.from(list);
    this.length = list.length;
    checkLength("Subset", this);
    if (dataset.getBatch !== undefined) {
      this.getBatch = (places) => dataset.getBatch!(places.map((place) => this.indexAt(place)));
    }
  }

  /** @throws IndexError for a number that is not from 0 to `length - 1`. */
  get(index: number): E {
    return this.dataset.get(this.indexAt(index));
  }

  private indexAt(place: number): number {
    checkIndex("Subset", place, this.length);
    return this.indices[place]!;
  }
}

function checkIndex(operation: string, index: number, length: number): void {
  if (Number.isInteger(index) && index >= 0 && index < length) return;
  throw new IndexError(`${operation}: index ${describe(index)} is out of range; expected 0 to ${length - 1}`);
}
