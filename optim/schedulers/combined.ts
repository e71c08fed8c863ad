import { ArgumentError } from "../../core/errors.js";
import { checkOptions, describe } from "../../core/options.js";
import type { Json } from "../../core/spec.js";
import { specText } from "../../core/spec.js";
import { registeredName } from "./registry.js";
import { resolveScheduler, type SchedulerSpec } from "./resolve.js";
import { checkRate, checkState, Scheduler, type SchedulerState } from "./scheduler.js";
import { checkMilestones } from "./step.js";

/** The base of the schedulers that consist of others. */
abstract class CombinedScheduler extends Scheduler {
  constructor(protected readonly schedulers: readonly Scheduler[]) {
    super();
  }

  override get needsLoss(): boolean {
    return this.schedulers.some((scheduler) => scheduler.needsLoss);
  }

  override state(): SchedulerState {
    return { schedulers: this.schedulers.map((scheduler) => scheduler.state()) };
  }

  override loadState(state: SchedulerState): void {
    const { name } = this.constructor;
    const fits = (value: unknown) => Array.isArray(value) && value.length === this.schedulers.length;
    checkState(name, state, [["schedulers", fits]]);
    const former = this.schedulers.map((scheduler) => scheduler.state());
    const given = state.schedulers as readonly SchedulerState[];
    try {
      this.schedulers.forEach((scheduler, i) => {
        scheduler.loadState(given[i]!);
      });
    } catch (error) {
      this.schedulers.forEach((scheduler, i) => {
        scheduler.loadState(former[i]!);
      });
      throw error;
    }
  }

  override toString(): string {
    return specText(registeredName(this), { ...this.hyperparameters(), schedulers: this.schedulers.map(String) });
  }

  protected configs(): readonly Json[] {
    return this.schedulers.map((scheduler) => scheduler.config());
  }
}

/** Options of `ChainedScheduler`. */
export interface ChainedSchedulerOptions {
  /** The schedulers whose rates are multiplied, as `resolveScheduler` takes them. */
  schedulers: readonly SchedulerSpec[];
  /** A factor of the product: 0.01 unless given. */
  lr?: number;
}

/**
 * `lr` times the rates of all schedulers, each of which has the rate 1 where it does not say another, so that they are factors:
 * `new ChainedScheduler({ lr: 0.1, schedulers: ["linearWarmup(warmupSteps=5)", "step(stepSize=30)"] })`. PyTorch's
 * `ChainedScheduler`.
 */
export class ChainedScheduler extends CombinedScheduler {
  /** The names of the options. */
  static readonly options: readonly string[] = ["schedulers", "lr"];
  /** The option that is the rate of an optimizer, where that is taken over. */
  static readonly rateOption = "lr";
  private readonly lr: number;

  /** @throws ArgumentError for options that are unknown or out of range, also those of the schedulers. */
  constructor(options: ChainedSchedulerOptions) {
    checkOptions("ChainedScheduler", options, ChainedScheduler.options);
    const { schedulers, lr = 0.01 } = options;
    checkRate("ChainedScheduler", "lr", lr);
    super(resolveAll("ChainedScheduler", schedulers, 1));
    this.lr = lr;
  }

  override hyperparameters(): SchedulerState {
    return { schedulers: this.configs(), lr: this.lr };
  }

  protected override at(step: number, loss: number | undefined): number {
    return this.schedulers.reduce((product, scheduler) => product * scheduler.rate(step, loss), this.lr);
  }
}

/** Options of `SequentialScheduler`. */
export interface SequentialSchedulerOptions {
  /** The schedulers in their order, as `resolveScheduler` takes them. */
  schedulers: readonly SchedulerSpec[];
  /** After how many steps each but the first takes over. */
  milestones: readonly number[];
  /** The learning rate of the schedulers that do not say theirs: 0.01 unless given. */
  lr?: number;
}

/**
 * One scheduler after the other, each of which counts its own steps from 1: PyTorch's `SequentialLR`.
 * `new SequentialScheduler({ lr: 0.1, schedulers: ["linearWarmup(warmupSteps=5)", "exponential"], milestones: [5] })`.
 */
export class SequentialScheduler extends CombinedScheduler {
  /** The names of the options. */
  static readonly options: readonly string[] = ["schedulers", "milestones", "lr"];
  /** The option that is the rate of an optimizer, where that is taken over. */
  static readonly rateOption = "lr";
  private readonly milestones: readonly number[];
  private readonly lr: number;

  /** @throws ArgumentError for options that are unknown or out of range, also those of the schedulers. */
  constructor(options: SequentialSchedulerOptions) {
    checkOptions("SequentialScheduler", options, SequentialScheduler.options);
    const { schedulers, milestones, lr = 0.01 } = options;
    checkRate("SequentialScheduler", "lr", lr);
    checkMilestones("SequentialScheduler", milestones);
    super(resolveAll("SequentialScheduler", schedulers, lr));
    if (milestones.length !== this.schedulers.length - 1) {
      throw new ArgumentError(
        `SequentialScheduler: there are ${milestones.length} milestones and ${this.schedulers.length} schedulers; expected one milestone less`,
      );
    }
    this.milestones = [...milestones];
    this.lr = lr;
  }

  override hyperparameters(): SchedulerState {
    return { schedulers: this.configs(), milestones: this.milestones, lr: this.lr };
  }

  protected override at(step: number, loss: number | undefined): number {
    const passed = this.milestones.filter((milestone) => milestone < step);
    return this.schedulers[passed.length]!.rate(step - (passed.at(-1) ?? 0), loss);
  }
}

function resolveAll(name: string, specs: unknown, lr: number): Scheduler[] {
  if (!Array.isArray(specs) || specs.length === 0) {
    throw new ArgumentError(`${name}: schedulers is ${describe(specs)}; expected an array of at least one`);
  }
  const resolved = specs.map((spec, i) => resolveScheduler(spec, lr, `${name}: schedulers[${i}]`));
  const again = resolved.findIndex((scheduler, i) => resolved.indexOf(scheduler) !== i);
  if (again < 0) return resolved;
  throw new ArgumentError(`${name}: schedulers[${again}] is an object that is there already; expected each once`);
}
