import { constant, slice, zeros } from "retrograd";
import * as F from "retrograd/functions";
import { DistributedOptimizer, SGD, world } from "retrograd/optim";
import { median } from "../statistics.js";
import type { Task } from "./tasks.js";

/** What steps take, in milliseconds, and what a rank exchanges in one. */
export interface Steps {
  about: string;
  step: number;
  /** The fastest of them: what is left of it on a machine that is at work with other things. */
  least: number;
  exchange: number;
  bytes: number;
}

/** What an exchange takes. */
export interface Exchange {
  bytes: number;
  seconds: number;
}

const WARM_UP = 10;

/** Steps of this process's part of the batch: forward, backward, exchange and SGD. */
export function measureSteps({ about, model, x, t }: Task, count: number): Steps {
  const { rank, size, statistics } = world();
  const own = x.shape[0]! / size;
  const part = slice(rank * own, (rank + 1) * own);
  const [input, target] = [constant(x.slice(part).copy()), t.slice(part).copy()];
  const optimizer = new DistributedOptimizer(new SGD(model.parameters(), { lr: 0.01 }));
  const step = (): void => {
    const loss = F.softmaxCrossEntropy(model.forward(input), target);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  };
  for (let i = 0; i < WARM_UP; i++) step();
  const times: number[] = [];
  const exchanges: number[] = [];
  const { bytes } = statistics;
  for (let i = 0; i < count; i++) {
    const [start, before] = [performance.now(), statistics.seconds];
    step();
    times.push(performance.now() - start);
    exchanges.push(1000 * (statistics.seconds - before));
  }
  return {
    about,
    step: median(times),
    least: Math.min(...times),
    exchange: median(exchanges),
    bytes: (statistics.bytes - bytes) / count,
  };
}

/** Exchanges of arrays from 4 bytes to 16 MiB. */
export function measureExchanges(): Exchange[] {
  if (world().size === 1) return [];
  return [1, 256, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304].map((length) => {
    const x = zeros([length]);
    const times = Array.from({ length: length > 300_000 ? 20 : 200 }, () => {
      const start = performance.now();
      world().allReduce(x);
      return (performance.now() - start) / 1000;
    });
    return { bytes: 4 * length, seconds: median(times) };
  });
}
