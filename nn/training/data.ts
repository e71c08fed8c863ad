import type { ArrayLike } from "../../core/creation.js";
import { ArgumentError } from "../../core/errors.js";
import { checkCount, describe } from "../../core/options.js";
import { type GeneratorState, generator, isGeneratorState } from "../../core/rng.js";
import { type Arrays, isArrays } from "../data/arrays.js";
import { type Dataset, isDataset } from "../data/dataset.js";
import { DataLoader, type DataLoaderState } from "../data/loader.js";
import type { Source } from "../data/source.js";
import type { Tree } from "../files/tree.js";
import type { Ranks } from "./ranks.js";

/**
 * What a Trainer takes batches from: a DataLoader, a list or another iterable of batches, also asynchronous, a function that gives
 * such an iterable for each pass, or arrays or a dataset, of which it makes a DataLoader.
 */
export type BatchData<B> =
  | DataLoader<Source, B>
  | Iterable<B>
  | AsyncIterable<B>
  | (() => Iterable<B> | AsyncIterable<B>)
  | Arrays
  | { readonly x: ArrayLike; readonly t?: ArrayLike }
  | Dataset;

/** How batches are made of what is no batches yet, and how many are taken. */
export interface BatchOptions {
  /** Examples in a batch, for arrays and datasets: 256 unless given. */
  readonly batchSize?: number | undefined;
  /** Whether these come in random order. */
  readonly shuffle: boolean;
  /** The most batches in a pass: all unless given. */
  readonly limit?: number | null | undefined;
  /** The processes that share the batches of a loader. */
  readonly ranks: Ranks;
}

/** Where a pass is. */
export interface PassState {
  /** How many batches have been given. */
  readonly position: number;
  /** The library's generator before the pass, by which what an iterable draws is drawn again. */
  readonly generator: GeneratorState;
  readonly loader: DataLoaderState | null;
}

/** Passes through batches, each of which can be gone on with where it was left. */
export class BatchSource<B> {
  private readonly loader: DataLoader<Source, B> | null;
  private readonly open: () => Iterable<B> | AsyncIterable<B>;
  private readonly limit: number;
  private start = generator.state;
  private position = 0;
  private resuming = false;

  /** @throws ArgumentError for what gives no batches, a loader of none, and a `batchSize` for what is batches already. */
  constructor(
    private readonly operation: string,
    data: BatchData<B>,
    { batchSize, shuffle, limit = null, ranks }: BatchOptions,
  ) {
    if (batchSize !== undefined) checkCount(operation, "batchSize", batchSize);
    if (limit !== null) checkCount(operation, "stepsPerEpoch", limit);
    this.limit = limit ?? Number.POSITIVE_INFINITY;
    let loader: DataLoader<Source, B> | null = null;
    if (!isBatched(data)) {
      loader = new DataLoader(data as Source, {
        shuffle,
        ...(batchSize === undefined ? {} : { batchSize }),
      }) as never;
    } else if (batchSize !== undefined) {
      throw new ArgumentError(`${operation}: batchSize is ${batchSize} and the data are batches; expected one of them`);
    } else {
      loader = data instanceof DataLoader ? data : null;
    }
    this.loader = loader === null ? null : ranks.shard(loader);
    if (this.loader?.length === 0) {
      throw new ArgumentError(`${operation}: the loader gives no batches; expected at least one`);
    }
    this.open = this.loader === null ? opener(operation, data) : () => this.loader!;
  }

  /** The number of batches in a pass, or null when it is not known. */
  get length(): number | null {
    const { limit } = this;
    if (this.loader !== null && this.loader.length !== null) return Math.min(this.loader.length, limit);
    return Number.isFinite(limit) ? limit : null;
  }

  /** How many batches of the pass have been given. */
  get given(): number {
    return this.position;
  }

  /** The batches of a pass, or the rest of the one that a state was taken in. @throws ArgumentError when there are none. */
  async *pass(): AsyncGenerator<B, void, undefined> {
    const left = this.resuming ? this.position : 0;
    const now = generator.state;
    if (!this.resuming) this.start = now;
    this.resuming = false;
    this.position = left;
    // A loader that goes by number finds its place itself; all else is read again up to there.
    let skipped = this.byNumber() ? left : 0;
    if (skipped < left) generator.state = this.start;
    if (left < this.limit) {
      for await (const batch of this.open()) {
        if (skipped < left) {
          if (++skipped === left) generator.state = now;
          continue;
        }
        this.position++;
        yield batch;
        if (this.position >= this.limit) break;
      }
    }
    if (skipped < left && left < this.limit) {
      throw new ArgumentError(`${this.operation}: the data gave ${skipped} batches, and ${left} had been read of them`);
    }
    if (this.position === 0)
      throw new ArgumentError(`${this.operation}: the data gave no batches; expected at least one`);
    if (this.position >= this.limit) await this.finishLoader();
    this.position = 0;
  }

  /** Where it is, for `loadState` of another with the same data. */
  state(): PassState {
    return { position: this.position, generator: this.start, loader: this.loader?.state() ?? null };
  }

  /**
   * Makes the next pass the rest of the one that the state was taken in; of a state taken between two passes, the next one.
   * @throws ArgumentError for what is no such state, and that of other data.
   */
  loadState(state: Tree): void {
    const { position, generator: start, loader } = state as unknown as PassState;
    checkCount(this.operation, "the position in the data", position, 0);
    if (!isGeneratorState(start)) {
      throw new ArgumentError(`${this.operation}: generator is ${describe(start)}; expected that of a state`);
    }
    if ((loader === null) !== (this.loader === null)) {
      const [had, has] = loader === null ? ["batches", "a DataLoader"] : ["a DataLoader", "batches"];
      throw new ArgumentError(`${this.operation}: the state is of ${had} and the data are ${has}; expected the same`);
    }
    if (loader !== null) this.loader!.loadState(this.byNumber() ? loader : { ...loader, position: 0 });
    this.start = start;
    this.position = position;
    this.resuming = position > 0;
  }

  private byNumber(): boolean {
    return this.loader !== null && this.loader.length !== null;
  }

  /** Takes a loader that was left early to the end of its pass, so that its state is that before the next one. */
  private async finishLoader(): Promise<void> {
    const { loader } = this;
    if (loader === null || loader.state().position === 0) return;
    loader.loadState({ ...loader.state(), position: loader.length ?? 0 });
    if (loader.length !== null) for await (const _ of loader);
  }
}

/** Whether data are batches already, rather than examples to make some of. */
export function isBatched(data: unknown): boolean {
  if (isDataset(data)) return false;
  const listOrTyped = Array.isArray(data) || ArrayBuffer.isView(data);
  return !isArrays(data) || (!listOrTyped && isIterable(data));
}

function isIterable(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);
}

function opener<B>(operation: string, data: unknown): () => Iterable<B> | AsyncIterable<B> {
  if (isIterable(data)) {
    let before = false;
    return () => {
      const iterator = Symbol.asyncIterator in data ? data[Symbol.asyncIterator]() : data[Symbol.iterator]();
      if (before && (iterator as unknown) === data) {
        throw new ArgumentError(
          `${operation}: the data are an iterator, which can be read only once; expected a function that gives one for each pass`,
        );
      }
      before = true;
      return data as Iterable<B>;
    };
  }
  if (typeof data !== "function") {
    throw new ArgumentError(
      `${operation}: the data are ${describe(data)}; expected a DataLoader, arrays such as { x, t }, batches in an iterable, or a function that gives one`,
    );
  }
  return () => {
    const given: unknown = data();
    if (isIterable(given)) return given as Iterable<B>;
    throw new ArgumentError(`${operation}: the function gave ${describe(given)}; expected an iterable of batches`);
  };
}
