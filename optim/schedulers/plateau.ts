import { ArgumentError } from "../../core/errors.js";
import { checkChoice, checkCount, checkOptions, describe } from "../../core/options.js";
import { checkRate, isCount, isRate, type SchedulerState } from "./scheduler.js";
import { WatchingScheduler } from "./watching.js";

/** Options of `ReduceOnPlateauScheduler`. */
export interface ReduceOnPlateauSchedulerOptions {
  /** The first rate: 0.01 unless given. */
  initialLr?: number;
  /** Whether what is watched should become small, `"min"` (unless given), or large, `"max"`. */
  mode?: "min" | "max";
  /** The factor of the rate after a plateau, below 1: 0.1 unless given. */
  factor?: number;
  /** How many steps without an improvement are put up with: 10 unless given. */
  patience?: number;
  /** How large an improvement must be: 1e-4 unless given. */
  threshold?: number;
  /** Whether that is a share of the best, `"rel"` (unless given), or a difference, `"abs"`. */
  thresholdMode?: "rel" | "abs";
  /** How many steps after a change are not counted: 0 unless given. */
  cooldown?: number;
  /** The lowest rate: 0 unless given. */
  minLr?: number;
  /** A change of less than this is not made: 1e-8 unless given. */
  epsilon?: number;
}

/**
 * Multiplies the rate by `factor` after more than `patience` steps without an improvement of the best loss: PyTorch's
 * `ReduceLROnPlateau`. What it is told as loss may be any number, and a step of it an epoch: `rate(epoch, validationLoss)`.
 */
export class ReduceOnPlateauScheduler extends WatchingScheduler {
  /** The names of the options. */
  static readonly options: readonly string[] = [
    "initialLr",
    "mode",
    "factor",
    "patience",
    "threshold",
    "thresholdMode",
    "cooldown",
    "minLr",
    "epsilon",
  ];
  /** The option that is the rate of an optimizer, where that is taken over. */
  static readonly rateOption = "initialLr";
  private readonly settings: Required<ReduceOnPlateauSchedulerOptions>;
  /** The best so far; null before the first step. */
  private best: number | null = null;
  private bad = 0;
  private cooling = 0;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: ReduceOnPlateauSchedulerOptions = {}) {
    const name = "ReduceOnPlateauScheduler";
    checkOptions(name, options, ReduceOnPlateauScheduler.options);
    const { initialLr = 0.01, mode = "min", factor = 0.1, patience = 10, threshold = 1e-4 } = options;
    const { thresholdMode = "rel", cooldown = 0, minLr = 0, epsilon = 1e-8 } = options;
    checkRate(name, "initialLr", initialLr);
    checkChoice(name, "mode", mode, ["min", "max"] as const);
    if (!isRate(factor) || factor >= 1) {
      throw new ArgumentError(`${name}: factor is ${describe(factor)}; expected a number of at least 0 and below 1`);
    }
    checkCount(name, "patience", patience, 0);
    checkRate(name, "threshold", threshold);
    checkChoice(name, "thresholdMode", thresholdMode, ["rel", "abs"] as const);
    checkCount(name, "cooldown", cooldown, 0);
    checkRate(name, "minLr", minLr);
    checkRate(name, "epsilon", epsilon);
    super(initialLr);
    this.settings = { initialLr, mode, factor, patience, threshold, thresholdMode, cooldown, minLr, epsilon };
  }

  override hyperparameters(): SchedulerState {
    return { ...this.settings };
  }

  protected override next(lr: number, loss: number): number {
    const { factor, patience, cooldown, minLr, epsilon } = this.settings;
    if (this.improves(loss)) {
      this.best = loss;
      this.bad = 0;
    } else {
      this.bad++;
    }
    if (this.cooling > 0) {
      this.cooling--;
      this.bad = 0;
    }
    if (this.bad <= patience) return lr;
    this.cooling = cooldown;
    this.bad = 0;
    const reduced = Math.max(lr * factor, minLr);
    return lr - reduced > epsilon ? reduced : lr;
  }

  protected override memory(): SchedulerState {
    return { best: this.best, bad: this.bad, cooling: this.cooling };
  }

  protected override memoryKinds(): [string, (value: unknown) => boolean][] {
    return [
      ["best", (value) => value === null || Number.isFinite(value)],
      ["bad", isCount],
      ["cooling", isCount],
    ];
  }

  protected override remember({ best, bad, cooling }: SchedulerState): void {
    this.best = best as number | null;
    this.bad = bad as number;
    this.cooling = cooling as number;
  }

  private improves(loss: number): boolean {
    const { best } = this;
    if (best === null) return true;
    const { mode, threshold, thresholdMode } = this.settings;
    const sign = mode === "min" ? 1 : -1;
    const bound = thresholdMode === "rel" ? best * (1 - sign * threshold) : best - sign * threshold;
    return sign * loss < sign * bound;
  }
}
