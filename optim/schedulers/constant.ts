import { checkOptions } from "../../core/options.js";
import { checkRate, Scheduler, type SchedulerState } from "./scheduler.js";

/** Options of `ConstantScheduler`. */
export interface ConstantSchedulerOptions {
  /** The rate: 0.01 unless given. */
  lr?: number;
}

/** The same rate at every step. */
export class ConstantScheduler extends Scheduler {
  /** The names of the options. */
  static readonly options: readonly string[] = ["lr"];
  /** The option that is the rate of an optimizer, where that is taken over. */
  static readonly rateOption = "lr";
  private readonly lr: number;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: ConstantSchedulerOptions = {}) {
    super();
    checkOptions("ConstantScheduler", options, ConstantScheduler.options);
    const { lr = 0.01 } = options;
    checkRate("ConstantScheduler", "lr", lr);
    this.lr = lr;
  }

  override hyperparameters(): SchedulerState {
    return { lr: this.lr };
  }

  protected override at(): number {
    return this.lr;
  }
}
