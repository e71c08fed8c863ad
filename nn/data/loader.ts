import type { ArrayLike } from "../../core/creation.js";
import { ArgumentError } from "../../core/errors.js";
import { checkCount, checkFlag, checkOptions, describe } from "../../core/options.js";
import { Generator, type GeneratorState, generator } from "../../core/rng.js";
import {
  type BatchOptions,
  datasetBatches,
  datasetBatchesAsync,
  streamBatches,
  streamBatchesAsync,
} from "./batches.js";
import { type Closing, readAhead } from "./read-ahead.js";
import { checkShard, type Shard } from "./shard.js";
import { type BatchOf, type ExampleOf, type LengthOf, type Reader, readerOf, type Source } from "./source.js";

/** Options of `DataLoader`. */
export interface DataLoaderOptions<E = unknown, B = unknown> {
  /** Examples in a batch: 256 unless given. */
  batchSize?: number;
  /** Whether each pass goes through the examples in a new random order: true unless given, where the source has numbers. */
  shuffle?: boolean;
  /** Seed of the order. Unless given it is drawn from the generator that `seed` seeds. */
  seed?: number | null;
  /** Whether a last batch of fewer examples is left out: false unless given. */
  dropLast?: boolean;
  /** How many batches `for await` reads ahead while the loop is busy with one: 0 unless given. */
  prefetch?: number;
  /** What makes a batch of examples: `collate` unless given. */
  collate?: ((examples: E[]) => B) | null;
  /**
   * Which part of each batch to give, of processes that share the work: `world()`, or { rank, size }. `batchSize` is that of all parts
   * together. A random order needs a `seed` then, the same for all. All of the batch unless given.
   */
  shard?: Shard | null;
}

/** Where a `DataLoader` is: plain numbers, for a checkpoint. */
export interface DataLoaderState {
  /** How many batches of the pass have been given. */
  readonly position: number;
  /** The state of the loader's random numbers before the pass. */
  readonly generator: GeneratorState;
  readonly batchSize: number;
  /** The number of examples, where it is known. */
  readonly examples: number | null;
}

/** A way through the examples. */
interface Pass {
  /** The state of the random numbers before it. */
  readonly start: GeneratorState;
  position: number;
}

const NAME = "DataLoader";
const KNOWN = ["batchSize", "shuffle", "seed", "dropLast", "prefetch", "collate", "shard"];
const WHOLE: Shard = { rank: 0, size: 1 };

/**
 * Batches of examples: each pass of `for (const batch of loader)` gives every example once. The source is
 *
 *  - arrays that belong together, `{ x: images, t: labels }`, `[images, labels]` or one alone, to batches of the same form; those
 *    that need no gathering are views. So a list of NDArrays or typed arrays is one of arrays, not of examples;
 *  - a dataset, `{ length, get(index) }`, or a list of examples, which `collate` joins;
 *  - an iterable of examples, or a function that gives one for each pass, such as a generator function.
 *
 * What is asynchronous, an async generator or a `get` that gives promises, takes `for await (const batch of loader)`, which goes
 * for everything else too.
 *
 * With `shard`, each of several processes gets its part of every batch: every example is given once, and a process that takes the mean over
 * all parts learns from the batches that one alone would have. Parts differ by one example where a batch cannot be divided evenly,
 * and a last batch of fewer examples than processes leaves those without one that come last.
 *
 * Random orders come from a generator of the loader's own, so that nothing else that draws numbers changes them. A pass that
 * was left early is not gone on with, except by `state` and `loadState`. PyTorch's `DataLoader`, which does not shuffle unless told.
 */
export class DataLoader<const S extends Source | { readonly [K in keyof S]: ArrayLike }, B = BatchOf<S>>
  implements Iterable<B>, AsyncIterable<B>
{
  /** Number of batches in a pass, of all shards; null when the source does not say how many examples it has. */
  readonly length: LengthOf<S>;
  private readonly source: S;
  private readonly reader: Reader;
  private readonly examples: number | null;
  private readonly options: Omit<BatchOptions, "from">;
  private readonly shuffle: boolean;
  private readonly prefetch: number;
  private random: Generator;
  /** The pass that `state` is about; null between two of them. */
  private pass: Pass | null = null;
  /** Whether the next pass is the rest of one that a state was taken in. */
  private resuming = false;

  /**
   * @throws ArgumentError for a source that is none of these or has no examples, and options that are unknown, out of range or not
   * for such a source; ShapeError when an array has no axis or not as many examples as the first.
   */
  constructor(source: S, options: DataLoaderOptions<ExampleOf<S>, B> = {}) {
    checkOptions(NAME, options, KNOWN);
    const { batchSize = 256, dropLast = false, prefetch = 0, seed = null, collate = null } = options;
    const shard = options.shard ?? WHOLE;
    checkShard(NAME, shard);
    checkCount(NAME, "batchSize", batchSize);
    checkFlag(NAME, "dropLast", dropLast);
    checkCount(NAME, "prefetch", prefetch, 0);
    if (seed !== null) checkCount(NAME, "seed", seed, Number.MIN_SAFE_INTEGER);
    if (collate !== null && typeof collate !== "function") {
      throw new ArgumentError(`${NAME}: collate is ${describe(collate)}; expected a function of a list of examples`);
    }
    this.reader = readerOf(NAME, source);
    this.examples = "dataset" in this.reader ? this.reader.dataset.length : null;
    const { shuffle = this.examples !== null } = options;
    checkFlag(NAME, "shuffle", shuffle);
    if (shuffle && this.examples === null) {
      throw new ArgumentError(
        `${NAME}: shuffle is true, and the source gives its examples in an order of its own; expected false, or a dataset`,
      );
    }
    if (shuffle && seed === null && shard.size > 1) {
      throw new ArgumentError(
        `${NAME}: a shard of batches in random order has no seed; expected one, the same for all shards`,
      );
    }
    this.source = source;
    this.shuffle = shuffle;
    this.prefetch = prefetch;
    this.options = { operation: NAME, batchSize, dropLast, collate: collate as BatchOptions["collate"], shard };
    this.random = new Generator(seed ?? (shuffle ? generator.bits() : 0));
    const batches = this.examples === null ? null : this.examples / batchSize;
    this.length = (batches === null ? null : dropLast ? Math.floor(batches) : Math.ceil(batches)) as LengthOf<S>;
  }

  /** @throws ArgumentError where batches have to be awaited, and with `prefetch`, which only `for await` can do. */
  *[Symbol.iterator](): globalThis.Generator<B, void, undefined> {
    if (this.prefetch > 0) {
      throw new ArgumentError(
        `${NAME}: prefetch is ${this.prefetch}; expected for await (const batch of loader), since nothing is read ahead without`,
      );
    }
    const { reader } = this;
    const pass = this.begin();
    const options = { ...this.options, from: pass.position };
    const batches =
      "dataset" in reader
        ? datasetBatches(reader.dataset, this.order(), options)
        : streamBatches(reader.open(), options);
    for (const batch of batches) {
      pass.position++;
      yield batch as B;
    }
    this.end(pass);
  }

  /** A pass through the batches, for sources and ways to collate that are asynchronous too. */
  async *[Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    const { reader, prefetch } = this;
    const pass = this.begin();
    const options = { ...this.options, from: pass.position };
    const closing: Closing = { closed: false };
    const batches =
      "dataset" in reader
        ? datasetBatchesAsync(reader.dataset, this.order(), options)
        : streamBatchesAsync(reader.open(), options, closing);
    for await (const batch of prefetch > 0 ? readAhead(batches, prefetch, closing) : batches) {
      pass.position++;
      yield batch as B;
    }
    this.end(pass);
  }

  /**
   * Where it is, for `loadState` of a loader with the same source and options. Taken inside a loop, the batch that the loop is
   * at counts as done.
   */
  state(): DataLoaderState {
    const { start, position } = this.pass ?? { start: this.random.state, position: 0 };
    return { position, generator: start, batchSize: this.options.batchSize, examples: this.examples };
  }

  /**
   * Makes the next pass give what was left of the one that the state was taken in, nothing if that was all, and those after
   * it the orders that they had there. A source that is an iterable is read again up to that place.
   * @throws ArgumentError for what is no state, or that of a loader with another batch size or number of examples.
   */
  loadState(state: DataLoaderState): void {
    const { position, generator: start } = checkState(state, this.state(), this.length);
    this.random.state = start;
    this.pass = { start, position };
    this.resuming = true;
  }

  /** Which part of each batch it gives. */
  get shard(): Shard {
    return this.options.shard;
  }

  /**
   * A loader of another part of each batch of the same source, with the same options. It gives what would be this one's next pass; passes of
   * both draw their orders in turn.
   * @throws ArgumentError for what is no shard, and for a source that can be read only once.
   */
  sharded(shard: Shard): DataLoader<S, B> {
    checkShard("DataLoader.sharded", shard);
    const { batchSize, dropLast, collate } = this.options;
    const { shuffle, prefetch } = this;
    const made = new DataLoader<S, B>(this.source, {
      batchSize,
      dropLast,
      collate: collate as ((examples: unknown[]) => B) | null,
      shuffle,
      prefetch,
      shard,
      seed: 0,
    } as DataLoaderOptions<ExampleOf<S>, B>);
    // One and the same: passes of either draw their orders in turn.
    made.random = this.random;
    if (this.resuming) made.loadState(this.state());
    this.resuming = false;
    return made;
  }

  private begin(): Pass {
    if (!this.resuming) this.pass = { start: this.random.state, position: 0 };
    this.resuming = false;
    return this.pass!;
  }

  private end(pass: Pass): void {
    if (this.pass === pass) this.pass = null;
  }

  private order(): Int32Array | null {
    return this.shuffle ? this.random.permutation(this.examples!) : null;
  }
}

function checkState(state: unknown, own: DataLoaderState, length: number | null): DataLoaderState {
  const operation = `${NAME}.loadState`;
  checkOptions(operation, state, ["position", "generator", "batchSize", "examples"]);
  const given = state as DataLoaderState;
  checkCount(operation, "position", given.position, 0);
  if (given.batchSize !== own.batchSize) {
    throw new ArgumentError(
      `${operation}: the state has batchSize ${describe(given.batchSize)}; expected ${own.batchSize}`,
    );
  }
  if (given.examples !== own.examples) {
    throw new ArgumentError(
      `${operation}: the state is of ${describe(given.examples)} examples; expected ${own.examples}`,
    );
  }
  if (length !== null && given.position > length) {
    throw new ArgumentError(`${operation}: position is ${given.position}; expected at most ${length}`);
  }
  const { words, spare } = (given.generator ?? {}) as Partial<GeneratorState>;
  const whole =
    Array.isArray(words) && words.length === 4 && words.every((word) => Number.isInteger(word) && (word | 0) === word);
  if (!whole || !(spare === null || typeof spare === "number")) {
    throw new ArgumentError(`${operation}: generator is ${describe(given.generator)}; expected the one of a state`);
  }
  return given;
}
