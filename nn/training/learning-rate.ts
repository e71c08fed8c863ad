import { ArgumentError } from "../../core/errors.js";
import { checkOptions, describe } from "../../core/options.js";
import { resolveScheduler, type Scheduler, type SchedulerSpec, type SchedulerState } from "../../optim/index.js";
import type { Tree } from "../files/tree.js";
import type { Callback, TrainingEvent } from "./callback.js";
import { Watch } from "./watch.js";

/** Options of `LearningRate`. */
export interface LearningRateOptions {
  /** The figure that a scheduler which watches the loss is told after each epoch: as in `EarlyStopping` unless given. */
  monitor?: string | null;
}

/**
 * Sets the learning rate of all optimizers before each epoch: to what a function says of its number, or a scheduler, whose steps are
 * epochs. A rate that a scheduler by name does not say itself is the first optimizer's. An optimizer's own `lrScheduler` sets the rate
 * before each step instead.
 *
 *     new LearningRate((epoch) => 0.1 * 0.5 ** (epoch - 1));
 *     new LearningRate("reduceOnPlateau(patience=2)", { monitor: "valLoss" });
 */
export class LearningRate implements Callback {
  private readonly watch: Watch;
  private scheduler: Scheduler | null;
  /** The rate that was there at first. */
  private lr: number | null = null;

  /** @throws ArgumentError for what is no scheduler, and options that are unknown. */
  constructor(
    private readonly schedule: SchedulerSpec | ((epoch: number) => number),
    options: LearningRateOptions = {},
  ) {
    checkOptions("LearningRate", options, ["monitor"]);
    this.watch = new Watch("LearningRate", { ...options, mode: "min" });
    // By name it is made again when the optimizer's rate is known.
    this.scheduler = this.made(undefined);
  }

  onStart(event: TrainingEvent): void {
    const optimizers = Object.entries(event.optimizers);
    for (const [name, { groups }] of optimizers) {
      if (groups.every(({ lrScheduler }) => lrScheduler === null)) continue;
      throw new ArgumentError(`LearningRate: ${name} has an lrScheduler; expected one of the two`);
    }
    if (this.lr === null) {
      this.lr = optimizers[0]![1].lr;
      this.scheduler = this.made(this.lr);
    }
    if (this.scheduler?.needsLoss) this.watch.begin(event);
  }

  onEpochStart(event: TrainingEvent): void {
    const { schedule, scheduler } = this;
    if (typeof schedule === "function") setRates(event, schedule(event.epoch));
    else if (scheduler?.needsLoss) setRates(event, scheduler.state().lr);
    else setRates(event, scheduler!.rate(event.epoch));
  }

  onEpoch(event: TrainingEvent): void {
    if (this.scheduler?.needsLoss) {
      setRates(event, this.scheduler.rate(event.epoch, this.watch.figure(event.figures)));
    }
  }

  state(): Tree {
    return { lr: this.lr, scheduler: this.scheduler?.state() ?? null };
  }

  /** @throws ArgumentError for the state of another schedule. */
  loadState(state: Tree): void {
    const { lr = null, scheduler = null } = (state ?? {}) as { lr?: number | null; scheduler?: SchedulerState | null };
    if (lr !== null && !(Number.isFinite(lr) && lr >= 0)) {
      throw new ArgumentError(`LearningRate.loadState: lr is ${describe(lr)}; expected null or a number of at least 0`);
    }
    if ((scheduler === null) !== (this.scheduler === null)) {
      throw new ArgumentError("LearningRate.loadState: one of the two has a scheduler and the other a function");
    }
    const made = this.made(lr ?? undefined);
    if (scheduler !== null) made!.loadState(scheduler);
    this.scheduler = made;
    this.lr = lr;
  }

  private made(lr: number | undefined): Scheduler | null {
    const { schedule } = this;
    return typeof schedule === "function" ? null : resolveScheduler(schedule, lr, "LearningRate: the schedule");
  }
}

/** Those that watch a figure in a combination say no rate before they have seen one: it stays what it is. */
function setRates({ optimizers }: TrainingEvent, rate: unknown): void {
  if (typeof rate !== "number") return;
  for (const optimizer of Object.values(optimizers)) optimizer.lr = rate;
}
