import { checkCount, checkOptions } from "../../core/options.js";
import { checkRate, checkWithin, Scheduler, type SchedulerState } from "./scheduler.js";

/** Options of `LinearWarmupScheduler`. */
export interface LinearWarmupSchedulerOptions {
  /** How many steps the rate rises; that of the last of them, and of all that follow, is `maxLr`. */
  warmupSteps: number;
  /** The rate after the warm-up: 0.01 unless given. */
  maxLr?: number;
  /** The share of `maxLr` that the rise begins with, before the first step: 0 unless given. */
  startFactor?: number;
}

/**
 * `maxLr * (startFactor + (1 - startFactor) * min(1, step / warmupSteps))`: it rises in equal parts, the first of them at the
 * first step. PyTorch's `LinearLR(start_factor, total_iters)`, whose first rate is `start_factor`, has `warmupSteps` for
 * `total_iters + 1` and, for s of it, `startFactor` such that `startFactor + (1 - startFactor) / warmupSteps = s`.
 */
export class LinearWarmupScheduler extends Scheduler {
  /** The names of the options. */
  static readonly options: readonly string[] = ["warmupSteps", "maxLr", "startFactor"];
  /** The option that is the rate of an optimizer, where that is taken over. */
  static readonly rateOption = "maxLr";
  private readonly settings: Required<LinearWarmupSchedulerOptions>;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: LinearWarmupSchedulerOptions) {
    super();
    checkOptions("LinearWarmupScheduler", options, LinearWarmupScheduler.options);
    const { warmupSteps, maxLr = 0.01, startFactor = 0 } = options;
    checkCount("LinearWarmupScheduler", "warmupSteps", warmupSteps);
    checkRate("LinearWarmupScheduler", "maxLr", maxLr);
    checkWithin("LinearWarmupScheduler", "startFactor", startFactor, 0, 1);
    this.settings = { warmupSteps, maxLr, startFactor };
  }

  override hyperparameters(): SchedulerState {
    return { ...this.settings };
  }

  protected override at(step: number): number {
    const { warmupSteps, maxLr, startFactor } = this.settings;
    return maxLr * (startFactor + (1 - startFactor) * Math.min(1, step / warmupSteps));
  }
}
