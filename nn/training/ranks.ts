import { full } from "../../core/creation.js";
import { ArgumentError } from "../../core/errors.js";
import { type GeneratorState, generator } from "../../core/rng.js";
import type { Variable } from "../../core/variable.js";
import { checkAgreement } from "../../optim/distributed/agreement.js";
import { allReduceNumbers, type Communicator, SingleProcess } from "../../optim/distributed/communicator.js";
import { followFirstRank, type LateData } from "../../optim/distributed/parameters.js";
import { broadcastTree, gatherTrees } from "../../optim/distributed/tree.js";
import { usingCommunicator } from "../../optim/distributed/world.js";
import type { DataLoader } from "../data/loader.js";
import type { Source } from "../data/source.js";
import type { Tree } from "../files/tree.js";
import type { Layer } from "../layer.js";
import { examplesIn } from "./batch.js";
import type { Measures } from "./figures.js";

/** What one process does in a step that all take together. */
export interface SharedStep<B> {
  /** Its part of the batch, or null where the others alone have some. */
  readonly batch: B | null;
  /**
   * What its loss, a mean over its examples, is multiplied by, so that the mean over the processes is that over all examples: 1 for
   * parts of one size.
   */
  readonly weight: number;
}

/** The processes that a Trainer trains on, and what goes beyond gradients: data, random numbers, figures, and when it ends. */
export class Ranks {
  constructor(readonly communicator: Communicator) {}

  /** Whether there is one process only. Then nothing is exchanged. */
  get alone(): boolean {
    return this.communicator.size === 1;
  }

  /** Whether this is the process that prints and writes. */
  get first(): boolean {
    return this.communicator.rank === 0;
  }

  /**
   * Gives every process the parameters and buffers of rank 0, now or when they get data.
   * @throws CommunicationError, on all, when they do not have the same.
   */
  follow(operation: string, layers: readonly Layer[]): void {
    if (this.alone) return;
    const entries = layers.flatMap((layer) => [...layer.namedParameters(), ...layer.namedBuffers()]);
    checkAgreement(
      this.communicator,
      operation,
      entries.map(
        ([name, { initialized, shape }]) =>
          `${name} is ${initialized ? `of shape (${shape.join(", ")})` : "without data yet"}`,
      ),
    );
    followFirstRank(
      this.communicator,
      entries.map(([, entry]): LateData => entry),
    );
  }

  /** Gives every process the buffers of rank 0, such as running statistics. */
  shareBuffers(layers: readonly Layer[]): void {
    if (this.alone) return;
    for (const buffer of layers.flatMap((layer) => layer.buffers())) {
      if (buffer.initialized) buffer.data = this.communicator.broadcast(buffer.data.copy());
    }
  }

  /** The part of this process of the batches of a loader, in the order of rank 0; a loader of parts stays as it is. */
  shard<S extends Source, B>(loader: DataLoader<S, B>): DataLoader<S, B> {
    if (this.alone || loader.shard.size > 1) return loader;
    const own = loader.sharded(this.communicator);
    own.loadState(broadcastTree(this.communicator, own.state()));
    return own;
  }

  /** Lets random numbers differ between the processes from now on. Those of rank 0 stay what they are. */
  separateGenerators(): void {
    if (this.alone) return;
    const { words } = broadcastTree(this.communicator, generator.state);
    const { rank } = this.communicator;
    if (rank > 0) generator.seed(((words[0] >>> 0) ^ (words[2] >>> 0)) + rank * 2 ** 32);
  }

  /**
   * The steps that all take together, as long as any has batches.
   * @throws ArgumentError on all when some have no batch and `complete` says why each needs one.
   */
  async *steps<B>(
    batches: AsyncIterable<B>,
    complete: () => string | null,
  ): AsyncGenerator<SharedStep<B>, void, undefined> {
    if (this.alone) {
      for await (const batch of batches) yield { batch, weight: 1 };
      return;
    }
    const { size } = this.communicator;
    const iterator = batches[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { done = false, value } = await iterator.next();
        const batch = done ? null : (value as B);
        const examples = done ? 0 : examplesIn(batch);
        const [all, given] = allReduceNumbers(this.communicator, [examples, done ? 0 : 1]) as [number, number];
        if (given === 0) return;
        const reason = given < size ? complete() : null;
        if (reason !== null) {
          throw new ArgumentError(
            `Trainer.fit: ${given} of ${size} processes have a batch, and ${reason}; expected dropLast: true, or more examples in the last batch`,
          );
        }
        yield { batch, weight: all === 0 ? 1 : (examples * size) / all };
      }
    } finally {
      await iterator.return?.();
    }
  }

  /** Whether each of these is so on any process. */
  any(...flags: boolean[]): boolean[] {
    if (this.alone) return flags;
    return allReduceNumbers(this.communicator, flags.map(Number), "max").map((flag) => flag > 0);
  }

  /** Makes measures of this process's examples those of all. */
  merge(measures: Measures): void {
    if (!this.alone) measures.loadState(measures.merged(gatherTrees(this.communicator, measures.state())));
  }

  /** What every process has to remember for itself. */
  gather(own: RankState): RankState[] {
    return gatherTrees(this.communicator, own);
  }

  /** What rank 0 has read. */
  share(tree: Tree): Tree {
    return broadcastTree(this.communicator, tree);
  }

  /** Waits for all. */
  wait(): void {
    if (!this.alone) this.communicator.barrier();
  }

  /** Runs what one process does by itself, also where it would exchange something otherwise. */
  by<T>(fn: () => T): T {
    return this.alone ? fn() : usingCommunicator(new SingleProcess(), fn);
  }
}

/** What differs between processes in a checkpoint. */
export interface RankState {
  readonly generator: GeneratorState;
  /** Before the pass through the data; see `PassState`. */
  readonly passGenerator: GeneratorState | null;
  readonly measures: Tree;
}

/** The gradient that a weighted loss begins with, or undefined for 1. */
export function startingGradient(loss: Variable, weight: number): Variable["data"] | undefined {
  return weight === 1 ? undefined : full(loss.shape, weight, { dtype: loss.dtype });
}
