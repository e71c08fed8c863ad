import { ArgumentError } from "../../core/errors.js";
import { checkCount, checkFlag, checkOptions } from "../../core/options.js";
import { checkRate, Scheduler, type SchedulerState } from "./scheduler.js";

/** Options of `CosineAnnealingScheduler`. */
export interface CosineAnnealingSchedulerOptions {
  /** How many steps the rate falls, after the warm-up; with restarts, the first time. */
  steps: number;
  /** The highest rate: 0.01 unless given. */
  maxLr?: number;
  /** The lowest rate: 0 unless given. */
  minLr?: number;
  /** How many steps the rate first rises to `maxLr`, in equal parts from 0: none unless given. */
  warmupSteps?: number;
  /** Whether it jumps back to `maxLr` after falling, and falls again; else it stays low. False unless given. */
  restarts?: boolean;
  /** How many times as long as the one before each fall after a restart is: 1 unless given. */
  periodFactor?: number;
}

/**
 * `minLr + (maxLr - minLr) * (1 + cos(pi * t / steps)) / 2` with t = 0 at the first step (Loshchilov and Hutter, "SGDR: stochastic
 * gradient descent with warm restarts", 2017). PyTorch's `CosineAnnealingLR(T_max, eta_min)`, which would rise again after
 * `steps`, and with restarts `CosineAnnealingWarmRestarts(T_0, T_mult, eta_min)`.
 */
export class CosineAnnealingScheduler extends Scheduler {
  /** The names of the options. */
  static readonly options: readonly string[] = ["steps", "maxLr", "minLr", "warmupSteps", "restarts", "periodFactor"];
  /** The option that is the rate of an optimizer, where that is taken over. */
  static readonly rateOption = "maxLr";
  private readonly settings: Required<CosineAnnealingSchedulerOptions>;

  /** @throws ArgumentError for options that are unknown, out of range, or do not go together. */
  constructor(options: CosineAnnealingSchedulerOptions) {
    super();
    const name = "CosineAnnealingScheduler";
    checkOptions(name, options, CosineAnnealingScheduler.options);
    const { steps, maxLr = 0.01, minLr = 0, warmupSteps = 0, restarts = false, periodFactor = 1 } = options;
    checkCount(name, "steps", steps);
    checkRate(name, "maxLr", maxLr);
    checkRate(name, "minLr", minLr);
    checkCount(name, "warmupSteps", warmupSteps, 0);
    checkFlag(name, "restarts", restarts);
    checkCount(name, "periodFactor", periodFactor);
    if (minLr > maxLr) throw new ArgumentError(`${name}: minLr is ${minLr}; expected at most maxLr, ${maxLr}`);
    if (!restarts && periodFactor !== 1) {
      throw new ArgumentError(`${name}: periodFactor is ${periodFactor} without restarts; expected restarts: true`);
    }
    this.settings = { steps, maxLr, minLr, warmupSteps, restarts, periodFactor };
  }

  override hyperparameters(): SchedulerState {
    return { ...this.settings };
  }

  protected override at(step: number): number {
    const { maxLr, minLr, warmupSteps } = this.settings;
    if (step <= warmupSteps) return (maxLr * step) / warmupSteps;
    const fallen = (1 + Math.cos(Math.PI * this.progress(step - 1 - warmupSteps))) / 2;
    return minLr + (maxLr - minLr) * fallen;
  }

  /** Which share of its fall the rate has behind it after `t` steps. */
  private progress(t: number): number {
    const { steps, restarts, periodFactor } = this.settings;
    if (!restarts) return Math.min(1, t / steps);
    if (periodFactor === 1) return (t % steps) / steps;
    let start = 0;
    let length = steps;
    while (t >= start + length) {
      start += length;
      length *= periodFactor;
    }
    return (t - start) / length;
  }
}
