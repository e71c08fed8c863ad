import { checkCount, checkFlag, checkOptions } from "../../core/options.js";
import { checkPositive, checkRate, Scheduler, type SchedulerState } from "./scheduler.js";

/** Options of `ExponentialScheduler`. */
export interface ExponentialSchedulerOptions {
  /** The rate before the first step: 0.01 unless given. */
  initialLr?: number;
  /** How many steps a stage has: 500 unless given. */
  stageLength?: number;
  /** Whether the rate stays the same within a stage: false unless given. */
  staircase?: boolean;
  /** The factor of the rate per stage: 0.1 unless given. */
  decay?: number;
}

/**
 * `initialLr * decay ** (step / stageLength)`, the exponent rounded down with `staircase`. As the first step is 1 it decays a
 * little already. PyTorch's `ExponentialLR(gamma)` is, one step later, that of `decay: gamma, stageLength: 1`.
 */
export class ExponentialScheduler extends Scheduler {
  /** The names of the options. */
  static readonly options: readonly string[] = ["initialLr", "stageLength", "staircase", "decay"];
  /** The option that is the rate of an optimizer, where that is taken over. */
  static readonly rateOption = "initialLr";
  private readonly settings: Required<ExponentialSchedulerOptions>;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: ExponentialSchedulerOptions = {}) {
    super();
    checkOptions("ExponentialScheduler", options, ExponentialScheduler.options);
    const { initialLr = 0.01, stageLength = 500, staircase = false, decay = 0.1 } = options;
    checkRate("ExponentialScheduler", "initialLr", initialLr);
    checkCount("ExponentialScheduler", "stageLength", stageLength);
    checkFlag("ExponentialScheduler", "staircase", staircase);
    checkPositive("ExponentialScheduler", "decay", decay);
    this.settings = { initialLr, stageLength, staircase, decay };
  }

  override hyperparameters(): SchedulerState {
    return { ...this.settings };
  }

  protected override at(step: number): number {
    const { initialLr, stageLength, staircase, decay } = this.settings;
    const stage = step / stageLength;
    return initialLr * decay ** (staircase ? Math.floor(stage) : stage);
  }
}
