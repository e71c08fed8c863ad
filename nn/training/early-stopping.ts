import { ArgumentError } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import { checkCount, checkFlag, checkOptions } from "../../core/options.js";
import type { Tree } from "../files/tree.js";
import type { StateDict } from "../layer.js";
import type { Callback, TrainingEvent } from "./callback.js";
import { WATCH_OPTIONS, Watch, type WatchOptions } from "./watch.js";

/** Options of `EarlyStopping`. */
export interface EarlyStoppingOptions extends WatchOptions {
  /** How many epochs without an improvement are put up with: 5 unless given. */
  patience?: number;
  /** Whether the model ends with the values it had after the best epoch: true unless given. */
  restoreBest?: boolean;
}

/** Ends the training when a figure has not become better for more than `patience` epochs. Keras's `EarlyStopping`. */
export class EarlyStopping implements Callback {
  /** The number of the best epoch so far; 0 before the first. */
  bestEpoch = 0;
  private readonly watch: Watch;
  private readonly patience: number;
  private readonly restoreBest: boolean;
  private waited = 0;
  private weights: StateDict | null = null;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: EarlyStoppingOptions = {}) {
    checkOptions("EarlyStopping", options, ["patience", "restoreBest", ...WATCH_OPTIONS]);
    const { patience = 5, restoreBest = true } = options;
    checkCount("EarlyStopping", "patience", patience, 0);
    checkFlag("EarlyStopping", "restoreBest", restoreBest);
    this.watch = new Watch("EarlyStopping", options);
    this.patience = patience;
    this.restoreBest = restoreBest;
  }

  /** The best value so far, or null. */
  get best(): number | null {
    return this.watch.best;
  }

  onStart(event: TrainingEvent): void {
    this.watch.begin(event);
  }

  onEpoch(event: TrainingEvent): void {
    if (this.watch.improves(event.figures)) {
      this.waited = 0;
      this.bestEpoch = event.epoch;
      if (this.restoreBest) this.weights = event.model.stateDict();
      return;
    }
    this.waited++;
    if (this.waited <= this.patience) return;
    const { name, best } = this.watch;
    event.stop(`${name} has not become better than the ${best} of epoch ${this.bestEpoch}`);
  }

  onEnd({ model, interrupted }: TrainingEvent): void {
    if (this.weights !== null && !interrupted) model.loadStateDict(this.weights);
  }

  state(): Tree {
    return { best: this.watch.best, bestEpoch: this.bestEpoch, waited: this.waited, weights: this.weights };
  }

  /** @throws ArgumentError for what is no such state. */
  loadState(state: Tree): void {
    const { best, bestEpoch, waited, weights } = (state ?? {}) as Record<string, Tree>;
    const counts = [bestEpoch, waited].every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
    const kept = weights === null || isStateDict(weights);
    if (!counts || !kept || (best !== null && typeof best !== "number")) {
      throw new ArgumentError("EarlyStopping.loadState: expected what state() gave");
    }
    this.watch.best = best as number | null;
    this.bestEpoch = bestEpoch as number;
    this.waited = waited as number;
    this.weights = weights as StateDict | null;
  }
}

function isStateDict(value: unknown): value is StateDict {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((entry) => entry instanceof NDArray);
}
