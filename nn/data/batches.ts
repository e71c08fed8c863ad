import { ArgumentError } from "../../core/errors.js";
import { collate } from "./collate.js";
import type { Dataset } from "./dataset.js";
import { indexBatches } from "./minibatch.js";
import type { Closing } from "./read-ahead.js";
import { type Shard, shardOf } from "./shard.js";
import type { Examples } from "./source.js";

/** Which batches are made of a source, and how. */
export interface BatchOptions {
  readonly operation: string;
  readonly batchSize: number;
  readonly dropLast: boolean;
  /** Null: what the dataset does itself, or else the `collate` of this library. */
  readonly collate: ((examples: unknown[]) => unknown) | null;
  /** How many batches to leave out at the start. */
  readonly from: number;
  /** Which part of each batch to give. A batch of which that is nothing is left out. */
  readonly shard: Shard;
}

/** The batches of a dataset whose examples are taken in the given order. */
export function* datasetBatches(
  dataset: Dataset,
  order: Int32Array | null,
  options: BatchOptions,
): Generator<unknown, void, undefined> {
  const { operation } = options;
  for (const indices of indicesOf(dataset, order, options)) {
    if (options.collate === null && dataset.getBatch !== undefined) {
      yield notPromised(operation, "getBatch", dataset.getBatch(indices));
    } else {
      const examples = Array.from(indices, (i) => notPromised(operation, "get", dataset.get(i)));
      yield (options.collate ?? collate)(examples);
    }
  }
}

/** `datasetBatches` of a dataset that may give promises: those of one batch are awaited together. */
export async function* datasetBatchesAsync(
  dataset: Dataset,
  order: Int32Array | null,
  options: BatchOptions,
): AsyncGenerator<unknown, void, undefined> {
  for (const indices of indicesOf(dataset, order, options)) {
    if (options.collate === null && dataset.getBatch !== undefined) {
      yield await dataset.getBatch(indices);
    } else {
      // An async function around `get`, so that none of the promises is left alone when another `get` throws.
      const examples = await Promise.all(Array.from(indices, async (i) => dataset.get(i)));
      yield (options.collate ?? collate)(examples);
    }
  }
}

/** The batches of examples that come one after the other. */
export function* streamBatches(source: Examples, options: BatchOptions): Generator<unknown, void, undefined> {
  const { operation } = options;
  if (!(Symbol.iterator in source)) {
    throw new ArgumentError(`${operation}: the source is asynchronous; expected for await (const batch of loader)`);
  }
  const batcher = new Batcher(options);
  for (const example of source) {
    const batch = batcher.add(notPromised(operation, "the source", example));
    if (batch !== null) yield batch.value;
  }
  const rest = batcher.end();
  if (rest !== null) yield rest.value;
}

/** `streamBatches` of examples that may be promised. Leaves off between two examples when it is told so. */
export async function* streamBatchesAsync(
  source: Examples,
  options: BatchOptions,
  closing: Closing,
): AsyncGenerator<unknown, void, undefined> {
  const batcher = new Batcher(options);
  for await (const example of source) {
    if (closing.closed) return;
    const batch = batcher.add(example);
    if (batch !== null) yield batch.value;
  }
  const rest = batcher.end();
  if (rest !== null) yield rest.value;
}

/** Puts examples into batches, of which the first `from` are left out. */
class Batcher {
  private examples: unknown[] = [];
  private count = 0;

  constructor(private readonly options: BatchOptions) {}

  add(example: unknown): { value: unknown } | null {
    const { batchSize, from } = this.options;
    if (this.count++ < from * batchSize) return null;
    this.examples.push(example);
    return this.examples.length === batchSize ? this.batch() : null;
  }

  end(): { value: unknown } | null {
    const { operation, batchSize, dropLast, from } = this.options;
    if (this.count === 0) {
      throw new ArgumentError(`${operation}: the source gave no examples; expected at least one`);
    }
    if (this.count <= (from - 1) * batchSize) {
      throw new ArgumentError(
        `${operation}: the source gave ${this.count} examples, and ${from} batches of ${batchSize} had been read when the state was taken`,
      );
    }
    return this.examples.length === 0 || dropLast ? null : this.batch();
  }

  private batch(): { value: unknown } | null {
    const examples = this.examples.slice(...shardOf(this.examples.length, this.options.shard));
    this.examples = [];
    return examples.length === 0 ? null : { value: (this.options.collate ?? collate)(examples) };
  }
}

function* indicesOf({ length }: Dataset, order: Int32Array | null, options: BatchOptions) {
  const { batchSize, dropLast, from, shard } = options;
  for (const indices of indexBatches(length, order, batchSize, from)) {
    if (indices.length < batchSize && dropLast) continue;
    const own = shard.size === 1 ? indices : indices.slice(...shardOf(indices.length, shard));
    if (own.length > 0) yield own;
  }
}

function notPromised<T>(operation: string, what: string, value: T): T {
  if (typeof value !== "object" || value === null || !("then" in value)) return value;
  throw new ArgumentError(`${operation}: ${what} gave a promise; expected for await (const batch of loader)`);
}
