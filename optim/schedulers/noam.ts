import { checkCount, checkOptions } from "../../core/options.js";
import { checkPositive, Scheduler, type SchedulerState } from "./scheduler.js";

/** Options of `NoamScheduler`. */
export interface NoamSchedulerOptions {
  /** The width of the model: 512 unless given. */
  modelDim?: number;
  /** A factor of every rate: 1 unless given. */
  scaleFactor?: number;
  /** How many steps the rate rises: 4000 unless given. */
  warmupSteps?: number;
}

/**
 * `scaleFactor * modelDim ** -0.5 * min(step ** -0.5, step * warmupSteps ** -1.5)`: linear up to `warmupSteps`, then by the root
 * of the step down (Vaswani et al., "Attention is all you need", 2017). It knows no learning rate of an optimizer.
 */
export class NoamScheduler extends Scheduler {
  /** The names of the options. */
  static readonly options: readonly string[] = ["modelDim", "scaleFactor", "warmupSteps"];
  /** The option that is the rate of an optimizer, where that is taken over. */
  static readonly rateOption = null;
  private readonly settings: Required<NoamSchedulerOptions>;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: NoamSchedulerOptions = {}) {
    super();
    checkOptions("NoamScheduler", options, NoamScheduler.options);
    const { modelDim = 512, scaleFactor = 1, warmupSteps = 4000 } = options;
    checkCount("NoamScheduler", "modelDim", modelDim);
    checkPositive("NoamScheduler", "scaleFactor", scaleFactor);
    checkCount("NoamScheduler", "warmupSteps", warmupSteps);
    this.settings = { modelDim, scaleFactor, warmupSteps };
  }

  override hyperparameters(): SchedulerState {
    return { ...this.settings };
  }

  protected override at(step: number): number {
    const { modelDim, scaleFactor, warmupSteps } = this.settings;
    return scaleFactor * modelDim ** -0.5 * Math.min(step ** -0.5, step * warmupSteps ** -1.5);
  }
}
