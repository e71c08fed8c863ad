import { erf } from "../../core/backend/js/special.js";
import { checkCount, checkOptions } from "../../core/options.js";
import { checkRate, checkWithin, type SchedulerState } from "./scheduler.js";
import { WatchingScheduler } from "./watching.js";

/** The loss counts as falling when that is at least this likely. */
const FALLING = 0.51;
/** The losses above this quantile are left out the second time. */
const QUANTILE = 0.9;

/** Options of `KingScheduler`. */
export interface KingSchedulerOptions {
  /** The first rate: 0.01 unless given. */
  initialLr?: number;
  /** How many steps without a falling loss are waited for, at least 2: 1000 unless given. */
  patience?: number;
  /** The factor of the rate once the loss no longer falls, from 0 to 1: 0.99 unless given. */
  decay?: number;
}

/**
 * Multiplies the rate by `decay` at each step after which the loss has stopped falling (King, "Automatic learning rate scheduling
 * that really works", dlib, 2018). A line is fitted by least squares to the last `patience + 1` losses; its slope is normal around
 * the one found, so that there is a probability that it is below 0. When that is less than 0.51, both of these losses and of those
 * that remain when the largest tenth of all remembered ones is left out, the loss no longer falls.
 *
 * It remembers the last 1.1 * (patience + 1) losses, rounded up, and decides nothing before it has that many; a change of the
 * rate does not make it forget them.
 */
export class KingScheduler extends WatchingScheduler {
  /** The names of the options. */
  static readonly options: readonly string[] = ["initialLr", "patience", "decay"];
  /** The option that is the rate of an optimizer, where that is taken over. */
  static readonly rateOption = "initialLr";
  private readonly settings: Required<KingSchedulerOptions>;
  private losses: number[] = [];

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: KingSchedulerOptions = {}) {
    checkOptions("KingScheduler", options, KingScheduler.options);
    const { initialLr = 0.01, patience = 1000, decay = 0.99 } = options;
    checkRate("KingScheduler", "initialLr", initialLr);
    checkCount("KingScheduler", "patience", patience, 2);
    checkWithin("KingScheduler", "decay", decay, 0, 1);
    super(initialLr);
    this.settings = { initialLr, patience, decay };
  }

  override hyperparameters(): SchedulerState {
    return { ...this.settings };
  }

  protected override next(lr: number, loss: number): number {
    this.losses.push(loss);
    if (this.losses.length > this.capacity) this.losses.shift();
    if (this.losses.length < this.capacity) return lr;
    const bound = quantile(this.losses, QUANTILE);
    const stuck = this.stuck(this.losses) && this.stuck(this.losses.filter((value) => value <= bound));
    return stuck ? lr * this.settings.decay : lr;
  }

  protected override memory(): SchedulerState {
    return { losses: [...this.losses] };
  }

  protected override memoryKinds(): [string, (value: unknown) => boolean][] {
    const fits = (value: unknown) =>
      Array.isArray(value) && value.length <= this.capacity && value.every(Number.isFinite);
    return [["losses", fits]];
  }

  protected override remember({ losses }: SchedulerState): void {
    this.losses = [...(losses as number[])];
  }

  /** How many losses it remembers. Whole numbers throughout: 1.1 * 110 is more than 121. */
  private get capacity(): number {
    return Math.ceil((11 * (this.settings.patience + 1)) / 10);
  }

  private stuck(losses: readonly number[]): boolean {
    return probabilityOfFalling(losses.slice(-(this.settings.patience + 1))) < FALLING;
  }
}

/** The probability that the slope of the line fitted to `losses` by least squares is below 0. */
function probabilityOfFalling(losses: readonly number[]): number {
  const n = losses.length;
  const middle = (n - 1) / 2;
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / n;
  const spread = (n ** 3 - n) / 12;
  const slope = losses.reduce((sum, loss, i) => sum + (i - middle) * (loss - mean), 0) / spread;
  const residuals = losses.reduce((sum, loss, i) => sum + (loss - mean - slope * (i - middle)) ** 2, 0);
  return gaussianCdf(0, slope, residuals / (n - 2) / spread);
}

/** NumPy's `quantile`, which interpolates between the nearest two. */
function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (at - below);
}

/**
 * The probability that a normal number of this mean and variance is below `x`. The variance counts as 2^-52 more, so that it
 * may be 0.
 */
export function gaussianCdf(x: number, mean: number, variance: number): number {
  return 0.5 * (1 + erf((x - mean) / Math.sqrt(2 * (variance + Number.EPSILON))));
}
