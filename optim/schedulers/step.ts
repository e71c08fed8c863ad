import { ArgumentError } from "../../core/errors.js";
import { checkCount, checkOptions, describe } from "../../core/options.js";
import { checkPositive, checkRate, isCount, Scheduler, type SchedulerState } from "./scheduler.js";

/** Options of `StepScheduler`. */
export interface StepSchedulerOptions {
  /** How many steps a rate lasts. */
  stepSize: number;
  /** The first rate: 0.01 unless given. */
  initialLr?: number;
  /** The factor of the rate after each `stepSize` steps: 0.1 unless given. */
  gamma?: number;
}

/** `initialLr * gamma ** floor((step - 1) / stepSize)`: PyTorch's `StepLR`. */
export class StepScheduler extends Scheduler {
  /** The names of the options. */
  static readonly options: readonly string[] = ["stepSize", "initialLr", "gamma"];
  /** The option that is the rate of an optimizer, where that is taken over. */
  static readonly rateOption = "initialLr";
  private readonly settings: Required<StepSchedulerOptions>;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: StepSchedulerOptions) {
    super();
    checkOptions("StepScheduler", options, StepScheduler.options);
    const { stepSize, initialLr = 0.01, gamma = 0.1 } = options;
    checkCount("StepScheduler", "stepSize", stepSize);
    checkRate("StepScheduler", "initialLr", initialLr);
    checkPositive("StepScheduler", "gamma", gamma);
    this.settings = { stepSize, initialLr, gamma };
  }

  override hyperparameters(): SchedulerState {
    return { ...this.settings };
  }

  protected override at(step: number): number {
    const { stepSize, initialLr, gamma } = this.settings;
    return initialLr * gamma ** Math.floor((step - 1) / stepSize);
  }
}

/** Options of `MultiStepScheduler`. */
export interface MultiStepSchedulerOptions {
  /** After how many steps the rate changes, in ascending order; one that is there twice changes it twice. */
  milestones: readonly number[];
  /** The first rate: 0.01 unless given. */
  initialLr?: number;
  /** The factor of the rate at each milestone: 0.1 unless given. */
  gamma?: number;
}

/** `initialLr` times `gamma` for each milestone that lies behind, which is before `step`: PyTorch's `MultiStepLR`. */
export class MultiStepScheduler extends Scheduler {
  /** The names of the options. */
  static readonly options: readonly string[] = ["milestones", "initialLr", "gamma"];
  /** The option that is the rate of an optimizer, where that is taken over. */
  static readonly rateOption = "initialLr";
  private readonly settings: Required<MultiStepSchedulerOptions>;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: MultiStepSchedulerOptions) {
    super();
    checkOptions("MultiStepScheduler", options, MultiStepScheduler.options);
    const { milestones, initialLr = 0.01, gamma = 0.1 } = options;
    checkMilestones("MultiStepScheduler", milestones);
    checkRate("MultiStepScheduler", "initialLr", initialLr);
    checkPositive("MultiStepScheduler", "gamma", gamma);
    this.settings = { milestones: [...milestones], initialLr, gamma };
  }

  override hyperparameters(): SchedulerState {
    return { ...this.settings };
  }

  protected override at(step: number): number {
    const { milestones, initialLr, gamma } = this.settings;
    return initialLr * gamma ** milestones.filter((milestone) => milestone < step).length;
  }
}

/**
 * Checks the option `milestones`.
 * @throws ArgumentError when it is not an array of whole numbers of at least 0 that ascends.
 */
export function checkMilestones(scheduler: string, milestones: unknown): asserts milestones is readonly number[] {
  const fits =
    Array.isArray(milestones) &&
    milestones.every((m, i) => isCount(m) && (i === 0 || m >= (milestones[i - 1] as number)));
  if (fits) return;
  throw new ArgumentError(
    `${scheduler}: milestones is ${describe(milestones)}; expected whole numbers of at least 0, ascending`,
  );
}
