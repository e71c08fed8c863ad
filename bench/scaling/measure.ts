import { array, constant, heap, type NDArray, slice, zeros } from "retrograd";
import * as F from "retrograd/functions";
import { DistributedOptimizer, type Optimizer, SGD, world } from "retrograd/optim";
import { mean, median } from "../statistics.js";
import type { Task } from "./tasks.js";

/** What steps took in one turn, in milliseconds: each way has its turn, shortly one after the other, in the same processes. */
export interface Turn {
  /** One process with the whole batch, while the others wait: the median. */
  alone: number;
  /** Every process with its part of the batch and without any exchange: the mean over the processes of the medians. */
  apart: number;
  /** Of these the slowest in each step, which a step that all take together must wait for: the mean. */
  slowest: number;
  /** Every process with its part of the batch, and gradients exchanged: the median. */
  together: number;
  /** The fastest steps: what is left of them on a machine that is at work with other things. */
  least: { alone: number; apart: number; together: number };
  /** In exchanges, waiting for others included: the median. */
  exchange: number;
}

/** What the turns of a task found. */
export interface Steps {
  about: string;
  turns: Turn[];
  /** What a rank exchanges in a step. */
  bytes: number;
  /** Sweeps of the memory in a hundred steps together, and how many milliseconds one took. */
  sweeps: number;
  sweepTime: number;
}

/** What an exchange takes. */
export interface Exchange {
  bytes: number;
  seconds: number;
}

/**
 * Milliseconds for which every process takes steps before anything is measured. Until then code is compiled, by threads that want processors too,
 * and memory grows to its size: a page that is touched for the first time takes 3 microseconds.
 */
const WARM_UP = 15_000;
/** Steps of each way before the first turn. */
const FIRST_STEPS = 30;

/** Turns of so many steps each: forward, backward, exchange and SGD. */
export function measureSteps(task: () => Task, count: number, turns: number): Steps {
  const { rank, size, statistics } = world();
  const alone = stepOf(task(), 0, 1, (sgd) => sgd);
  const apart = stepOf(task(), rank, size, (sgd) => sgd);
  const together = stepOf(task(), rank, size, (sgd) => new DistributedOptimizer(sgd));
  let bytes = 0;
  let sweeps = 0;
  let sweepTime = 0;
  const turn = (steps: number): Turn => {
    world().barrier();
    const one = rank === 0 ? timed(steps, alone) : [0];
    world().barrier();
    const own = timed(steps, apart);
    world().barrier();
    const [before, memory] = [{ ...statistics }, heap.statistics()];
    const exchanges: number[] = [];
    const shared = timed(steps, () => {
      const { seconds } = statistics;
      together();
      exchanges.push(1000 * (statistics.seconds - seconds));
    });
    bytes = (statistics.bytes - before.bytes) / steps;
    sweeps += heap.statistics().sweeps - memory.sweeps;
    sweepTime += heap.statistics().sweepTime - memory.sweepTime;
    const all = world().allGather(array(own, { dtype: "float64" }));
    const ranks = Array.from({ length: size }, (_, r) => [...all.slice(r).toTypedArray()]);
    return {
      alone: median(one),
      apart: mean(ranks.map(median)),
      slowest: mean(own.map((_, i) => Math.max(...ranks.map((times) => times[i]!)))),
      together: median(shared),
      least: {
        alone: Math.min(...one),
        apart: mean(ranks.map((times) => Math.min(...times))),
        together: Math.min(...shared),
      },
      exchange: median(exchanges),
    };
  };
  for (const end = performance.now() + WARM_UP; performance.now() < end; ) apart();
  turn(FIRST_STEPS);
  sweeps = sweepTime = 0;
  const found = Array.from({ length: turns }, () => turn(count));
  return {
    about: task().about,
    turns: found,
    bytes,
    sweeps: (100 * sweeps) / (turns * count),
    sweepTime: sweeps === 0 ? 0 : sweepTime / sweeps,
  };
}

/** A step with one of so many parts of the batch. */
function stepOf(
  { model, x, t }: Task,
  part: number,
  parts: number,
  distributed: (optimizer: Optimizer) => Optimizer,
): () => void {
  const own = x.shape[0]! / parts;
  const mine = (values: NDArray): NDArray => values.slice(slice(part * own, (part + 1) * own)).copy();
  const [input, target] = [constant(mine(x)), mine(t)];
  const optimizer = distributed(new SGD(model.parameters(), { lr: 0.01 }));
  return () => {
    const loss = F.softmaxCrossEntropy(model.forward(input), target);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  };
}

/** What each of so many calls took, in milliseconds. */
function timed(count: number, call: () => void): number[] {
  return Array.from({ length: count }, () => {
    const start = performance.now();
    call();
    return performance.now() - start;
  });
}

/** Exchanges of arrays from 4 bytes to 16 MiB. */
export function measureExchanges(): Exchange[] {
  return [1, 256, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304].map((length) => {
    const x = zeros([length]);
    const times = timed(length > 300_000 ? 20 : 200, () => world().allReduce(x));
    return { bytes: 4 * length, seconds: median(times) / 1000 };
  });
}
