import { generator } from "../../core/index.js";
import { DataLoader } from "../../nn/index.js";
import { resolveScheduler, type Scheduler } from "../../optim/index.js";
import type { Format } from "./formats.js";

const SPECS = [
  "constant(lr=0.1)",
  "cosineAnnealing(steps=10)",
  "exponential(stageLength=3)",
  "king(initialLr=0.1, patience=2)",
  "linearWarmup(warmupSteps=4)",
  "multiStep(milestones=[2, 5])",
  "noam(modelDim=64)",
  "oneCycle(totalSteps=20)",
  "reduceOnPlateau(initialLr=0.1, patience=2)",
  "step(stepSize=3)",
  "chained(schedulers=['step(stepSize=3)', 'reduceOnPlateau(patience=1)'])",
  "sequential(schedulers=['linearWarmup(warmupSteps=4)', 'king(patience=2)'], milestones=[4])",
];

/** One of each kind, which has seen some losses. */
export function schedulers(): Scheduler[] {
  return SPECS.map((spec) => {
    const scheduler = resolveScheduler(spec);
    for (let step = 1; step <= 6; step++) scheduler.rate(step, 1 / step);
    return scheduler;
  });
}

/** The states that programs keep as JSON. A state that is refused must leave the one that was there. */
export function states(
  json: (seeds: readonly unknown[], take: (value: unknown) => unknown) => Format,
): Record<string, Format> {
  const taking = (thing: { state(): unknown; loadState(state: never): void }, state: unknown) => {
    const before = JSON.stringify(thing.state());
    try {
      thing.loadState(state as never);
    } catch (error) {
      if (JSON.stringify(thing.state()) !== before) throw new Error("a state that was refused changed something");
      throw error;
    }
  };
  const loader = () => new DataLoader([1, 2, 3, 4, 5, 6, 7], { batchSize: 2, shuffle: true, seed: 1 });
  const begun = loader();
  begun[Symbol.iterator]().next();
  return {
    "scheduler state": json(
      schedulers().map((scheduler, kind) => ({ kind, state: scheduler.state() })),
      (value) => {
        const { kind, state } = Object(value) as { kind?: unknown; state?: unknown };
        const scheduler = schedulers()[typeof kind === "number" ? kind : 3] ?? schedulers()[3]!;
        taking(scheduler, state);
        const rate = scheduler.rate(7, 0.3);
        if (!Number.isFinite(rate) || rate < 0) throw new Error(`the rate is ${rate}`);
      },
    ),
    "loader state": json([loader().state(), begun.state()], (state) => {
      const made = loader();
      taking(made, state);
      for (const _ of made);
    }),
    "generator state": json([generator.state], (state) => {
      const before = generator.state;
      try {
        generator.state = state as never;
        generator.normal();
      } finally {
        generator.state = before;
      }
    }),
  };
}
