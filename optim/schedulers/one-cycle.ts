import { ArgumentError } from "../../core/errors.js";
import { checkChoice, checkCount, checkFlag, checkOptions } from "../../core/options.js";
import { checkPositive, checkRate, checkWithin, Scheduler, type SchedulerState } from "./scheduler.js";

/** Options of `OneCycleScheduler`. */
export interface OneCycleSchedulerOptions {
  /** How many steps there are; asking for a later one is an error. */
  totalSteps: number;
  /** The highest rate: 0.01 unless given. */
  maxLr?: number;
  /** The share of the steps in which the rate rises: 0.3 unless given. */
  pctStart?: number;
  /** How it goes from one rate to the next: along a half cosine, `"cos"` (unless given), or `"linear"`. */
  annealStrategy?: "cos" | "linear";
  /** The first rate is `maxLr` divided by this: 25 unless given. */
  divFactor?: number;
  /** The last rate is the first divided by this: 10000 unless given. */
  finalDivFactor?: number;
  /** Whether the rate falls to the first one as long as it rose, and only then to the last: false unless given. */
  threePhase?: boolean;
}

interface Phase {
  /** The step it ends at, counted from 0. */
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Up to the highest rate and down to next to nothing (Smith and Topin, "Super-convergence: very fast training of neural networks
 * using large learning rates", 2018): PyTorch's `OneCycleLR` without its cycle of the momentum.
 */
export class OneCycleScheduler extends Scheduler {
  /** The names of the options. */
  static readonly options: readonly string[] = [
    "totalSteps",
    "maxLr",
    "pctStart",
    "annealStrategy",
    "divFactor",
    "finalDivFactor",
    "threePhase",
  ];
  /** The option that is the rate of an optimizer, where that is taken over. */
  static readonly rateOption = "maxLr";
  private readonly settings: Required<OneCycleSchedulerOptions>;
  private readonly phases: readonly Phase[];

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: OneCycleSchedulerOptions) {
    super();
    const name = "OneCycleScheduler";
    checkOptions(name, options, OneCycleScheduler.options);
    const { totalSteps, maxLr = 0.01, pctStart = 0.3, annealStrategy = "cos" } = options;
    const { divFactor = 25, finalDivFactor = 1e4, threePhase = false } = options;
    checkCount(name, "totalSteps", totalSteps);
    checkRate(name, "maxLr", maxLr);
    checkFlag(name, "threePhase", threePhase);
    checkWithin(name, "pctStart", pctStart, 0, threePhase ? 0.5 : 1);
    checkChoice(name, "annealStrategy", annealStrategy, ["cos", "linear"] as const);
    checkPositive(name, "divFactor", divFactor);
    checkPositive(name, "finalDivFactor", finalDivFactor);
    this.settings = { totalSteps, maxLr, pctStart, annealStrategy, divFactor, finalDivFactor, threePhase };
    this.phases = phasesOf(this.settings);
  }

  override hyperparameters(): SchedulerState {
    return { ...this.settings };
  }

  protected override at(step: number): number {
    const { totalSteps, annealStrategy } = this.settings;
    if (step > totalSteps) {
      throw new ArgumentError(
        `OneCycleScheduler: step ${step} is beyond the cycle; expected at most ${totalSteps}, or a larger totalSteps`,
      );
    }
    const t = step - 1;
    const found = this.phases.findIndex(({ end }) => t <= end);
    const index = found < 0 ? this.phases.length - 1 : found;
    const { end, from, to } = this.phases[index]!;
    const start = index === 0 ? 0 : this.phases[index - 1]!.end;
    const share = end === start ? 1 : (t - start) / (end - start);
    if (annealStrategy === "linear") return from + (to - from) * share;
    return to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share));
  }
}

function phasesOf(settings: Required<OneCycleSchedulerOptions>): Phase[] {
  const { totalSteps, maxLr, pctStart, divFactor, finalDivFactor, threePhase } = settings;
  const first = maxLr / divFactor;
  const last = first / finalDivFactor;
  const top = pctStart * totalSteps - 1;
  const rise = { end: top, from: first, to: maxLr };
  if (!threePhase) return [rise, { end: totalSteps - 1, from: maxLr, to: last }];
  return [rise, { end: 2 * top, from: maxLr, to: first }, { end: totalSteps - 1, from: first, to: last }];
}
