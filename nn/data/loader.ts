import { type ArrayLike, array } from "../../core/creation.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import { takeRows } from "../../core/numeric.js";
import { shapeText, sizeOf } from "../../core/shape.js";
import { checkCount, checkFlag, checkOptions, describe } from "../options.js";
import { minibatch } from "./minibatch.js";

/** Options of `DataLoader`. */
export interface DataLoaderOptions {
  /** Examples in a batch: 256 unless given. */
  batchSize?: number;
  /** Whether each pass goes through the examples in a new random order: true unless given. */
  shuffle?: boolean;
  /** Whether a last batch of fewer examples is left out: false unless given. */
  dropLast?: boolean;
}

/**
 * Batches of arrays that belong together, such as `{ x: images, t: labels }`: each pass of `for (const { x, t } of loader)`
 * gives every example once, the arrays gathered along their first axes by the same indices.
 */
export class DataLoader<K extends string> implements Iterable<Record<K, NDArray>> {
  /** Number of batches in a pass. */
  readonly length: number;
  private readonly arrays: readonly (readonly [K, NDArray])[];
  private readonly examples: number;
  private readonly batchSize: number;
  private readonly shuffle: boolean;

  /**
   * @throws ArgumentError for no arrays or options that are unknown or out of range; ShapeError when an array has no axis or
   * not as many examples as the first.
   */
  constructor(arrays: Readonly<Record<K, ArrayLike>>, options: DataLoaderOptions = {}) {
    checkOptions("DataLoader", options, ["batchSize", "shuffle", "dropLast"]);
    const { batchSize = 256, shuffle = true, dropLast = false } = options;
    checkCount("DataLoader", "batchSize", batchSize);
    checkFlag("DataLoader", "shuffle", shuffle);
    checkFlag("DataLoader", "dropLast", dropLast);
    this.arrays = entriesOf(arrays);
    this.examples = countExamples(this.arrays);
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.length = dropLast ? Math.floor(this.examples / batchSize) : Math.ceil(this.examples / batchSize);
  }

  *[Symbol.iterator](): Iterator<Record<K, NDArray>> {
    const { batchSize, shuffle } = this;
    for (const indices of minibatch(this.examples, { batchSize, shuffle }).slice(0, this.length)) {
      const rows = array(indices);
      const batch = this.arrays.map(([key, x]) => [key, gather(x, rows)]);
      yield Object.fromEntries(batch) as Record<K, NDArray>;
    }
  }
}

function entriesOf<K extends string>(arrays: Readonly<Record<K, ArrayLike>>): (readonly [K, NDArray])[] {
  if (typeof arrays !== "object" || arrays === null || arrays instanceof NDArray || Array.isArray(arrays)) {
    throw new ArgumentError(
      `DataLoader: expected arrays by name, such as { x: images, t: labels }, got ${describe(arrays)}`,
    );
  }
  const entries = Object.entries(arrays) as [K, ArrayLike][];
  if (entries.length === 0) throw new ArgumentError("DataLoader: there are no arrays; expected at least one");
  // Rows are gathered from contiguous memory; a copy here saves one for every batch.
  return entries.map(([key, x]) => [key, (x instanceof NDArray ? x : array(x)).asContiguous()]);
}

function countExamples(arrays: readonly (readonly [string, NDArray])[]): number {
  const [first, x] = arrays[0]!;
  for (const [key, y] of arrays) {
    if (y.ndim === 0) throw new ShapeError(`DataLoader: ${key} is a scalar; expected examples along a first axis`);
    if (y.shape[0] !== x.shape[0]) {
      throw new ShapeError(
        `DataLoader: ${first} has shape ${shapeText(x.shape)} and ${key} ${shapeText(y.shape)}; expected as many examples in each`,
      );
    }
  }
  return x.shape[0]!;
}

function gather(x: NDArray, rows: NDArray): NDArray {
  const rest = x.shape.slice(1);
  return takeRows(x, rows, sizeOf(rest), [rows.size, ...rest]);
}
