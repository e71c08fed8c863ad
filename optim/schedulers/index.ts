import { ChainedScheduler, SequentialScheduler } from "./combined.js";
import { ConstantScheduler } from "./constant.js";
import { CosineAnnealingScheduler } from "./cosine.js";
import { ExponentialScheduler } from "./exponential.js";
import { KingScheduler } from "./king.js";
import { NoamScheduler } from "./noam.js";
import { OneCycleScheduler } from "./one-cycle.js";
import { ReduceOnPlateauScheduler } from "./plateau.js";
import { registerScheduler } from "./registry.js";
import { MultiStepScheduler, StepScheduler } from "./step.js";
import { LinearWarmupScheduler } from "./warmup.js";

const builtIn = {
  ChainedScheduler,
  ConstantScheduler,
  CosineAnnealingScheduler,
  ExponentialScheduler,
  KingScheduler,
  LinearWarmupScheduler,
  MultiStepScheduler,
  NoamScheduler,
  OneCycleScheduler,
  ReduceOnPlateauScheduler,
  SequentialScheduler,
  StepScheduler,
};
for (const [name, schedulerClass] of Object.entries(builtIn)) registerScheduler(name, schedulerClass);

export type { ChainedSchedulerOptions, SequentialSchedulerOptions } from "./combined.js";
export type { ConstantSchedulerOptions } from "./constant.js";
export type { CosineAnnealingSchedulerOptions } from "./cosine.js";
export type { ExponentialSchedulerOptions } from "./exponential.js";
export { gaussianCdf, type KingSchedulerOptions } from "./king.js";
export type { NoamSchedulerOptions } from "./noam.js";
export type { OneCycleSchedulerOptions } from "./one-cycle.js";
export type { ReduceOnPlateauSchedulerOptions } from "./plateau.js";
export { registerScheduler, type SchedulerClass } from "./registry.js";
export { resolveScheduler, type SchedulerSpec } from "./resolve.js";
export { Scheduler, type SchedulerConfig, type SchedulerState } from "./scheduler.js";
export type { MultiStepSchedulerOptions, StepSchedulerOptions } from "./step.js";
export type { LinearWarmupSchedulerOptions } from "./warmup.js";
export {
  ChainedScheduler,
  ConstantScheduler,
  CosineAnnealingScheduler,
  ExponentialScheduler,
  KingScheduler,
  LinearWarmupScheduler,
  MultiStepScheduler,
  NoamScheduler,
  OneCycleScheduler,
  ReduceOnPlateauScheduler,
  SequentialScheduler,
  StepScheduler,
};
