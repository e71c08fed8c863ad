import { ArgumentError } from "../../core/errors.js";
import { checkState, isCount, isRate, Scheduler, type SchedulerState } from "./scheduler.js";

/** The base of the schedulers that watch the loss. They look at the loss of a step once, however often they are asked for its rate. */
export abstract class WatchingScheduler extends Scheduler {
  private lastStep = 0;

  constructor(private current: number) {
    super();
  }

  override get needsLoss(): boolean {
    return true;
  }

  override state(): SchedulerState {
    return { step: this.lastStep, lr: this.current, ...this.memory() };
  }

  override loadState(state: SchedulerState): void {
    checkState(this.constructor.name, state, [["step", isCount], ["lr", isRate], ...this.memoryKinds()]);
    this.lastStep = state.step as number;
    this.current = state.lr as number;
    this.remember(state);
  }

  protected override at(step: number, loss: number): number {
    if (step < this.lastStep) {
      throw new ArgumentError(
        `${this.constructor.name}: step ${step} comes after step ${this.lastStep}; expected that one or a later one`,
      );
    }
    if (step > this.lastStep) {
      this.current = this.next(this.current, loss);
      this.lastStep = step;
    }
    return this.current;
  }

  /** The rate after `lr` once `loss` is known. */
  protected abstract next(lr: number, loss: number): number;
  /** What is remembered of the losses. */
  protected abstract memory(): SchedulerState;
  /** The entries of `memory()` and whether a value fits. */
  protected abstract memoryKinds(): [name: string, fits: (value: unknown) => boolean][];
  /** Takes what `memory()` gave, which is checked. */
  protected abstract remember(memory: SchedulerState): void;
}
