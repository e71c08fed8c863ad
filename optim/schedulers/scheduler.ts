import { ArgumentError } from "../../core/errors.js";
import { describe, named, unquoted } from "../../core/options.js";
import type { Json } from "../../core/spec.js";
import { specText } from "../../core/spec.js";
import { registeredName } from "./registry.js";

/** What a scheduler remembers between steps, and what its options are: `JSON.stringify` and `JSON.parse` keep it. */
export type SchedulerState = { readonly [key: string]: Json };

/** What rebuilds a scheduler as it was before its first step: `JSON.stringify` and `JSON.parse` keep it. */
export type SchedulerConfig = { readonly scheduler: string; readonly hyperparameters: SchedulerState };

/**
 * The base of the schedulers: the learning rate of an optimizer as a function of the step and, for some, of the loss.
 *
 * A step is an update of the parameters, however many parameters there are; the first is 1. PyTorch's schedulers count from
 * 0: the rate of step s is what they give at `last_epoch = s - 1`.
 */
export abstract class Scheduler {
  /** Whether `rate` needs the loss: true of those that watch it. */
  get needsLoss(): boolean {
    return false;
  }

  /**
   * The learning rate of update `step`, counted from 1. Asked again for the same step it answers the same, so one scheduler
   * can serve several groups of parameters.
   * @throws ArgumentError when `step` is not a whole number of at least 1, or `loss` is needed and is not a finite number;
   * then nothing has changed.
   */
  rate(step: number, loss?: number): number {
    if (!Number.isSafeInteger(step) || step < 1) {
      throw new ArgumentError(
        `${this.constructor.name}: step is ${describe(step)}; expected a whole number of at least 1, the first step`,
      );
    }
    if (this.needsLoss && !Number.isFinite(loss)) {
      throw new ArgumentError(
        `${this.constructor.name}: the loss of step ${step} is ${describe(loss)}; expected a finite number, as it decides on the rate`,
      );
    }
    return this.at(step, loss);
  }

  /** What it remembers between steps; nothing for those that are functions of the step alone. */
  state(): SchedulerState {
    return {};
  }

  /**
   * Takes what `state()` gave, so that the rates go on as they would have.
   * @throws ArgumentError when it is not the state of such a scheduler; then nothing has changed.
   */
  loadState(state: SchedulerState): void {
    checkState(this.constructor.name, state, []);
  }

  /** The options that the constructor takes, as JSON can say them. */
  abstract hyperparameters(): SchedulerState;

  /**
   * What `resolveScheduler` rebuilds it from: the registered name of its class and its options.
   * @throws ArgumentError when the class is not registered.
   */
  config(): SchedulerConfig {
    return { scheduler: registeredName(this), hyperparameters: this.hyperparameters() };
  }

  /** The config as text, which `resolveScheduler` reads too: `NoamScheduler(modelDim=512, scaleFactor=1, warmupSteps=4000)`. */
  toString(): string {
    return specText(registeredName(this), this.hyperparameters());
  }

  /** The rate of `step`, which is checked, as `loss` is where it is needed. */
  protected abstract at(step: number, loss: number | undefined): number;
}

/**
 * Checks that `state` is an object with exactly the entries that `kinds` names, each of which fits.
 * @throws ArgumentError naming the scheduler and all that does not fit.
 */
export function checkState(
  scheduler: string,
  state: unknown,
  kinds: readonly [name: string, fits: (value: unknown) => boolean][],
): asserts state is SchedulerState {
  if (typeof state !== "object" || state === null || Array.isArray(state)) {
    throw new ArgumentError(`${scheduler}: the state is ${describe(state)}; expected what state() gave`);
  }
  const problems = kinds.flatMap(([name, fits]) => {
    if (!Object.hasOwn(state, name)) return [`${name} is missing`];
    const value = (state as Record<string, unknown>)[name];
    return fits(value) ? [] : [`${name} is ${describe(value)}`];
  });
  const names = kinds.map(([name]) => name);
  for (const name of Object.keys(state)) if (!names.includes(name)) problems.push(`${unquoted(name)} is unexpected`);
  if (problems.length === 0) return;
  throw new ArgumentError(`${scheduler}: the state does not fit: ${named(problems)}; expected what state() gave`);
}

/** Whether it is a whole number of at least 0. */
export function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Whether it is a finite number of at least 0, as a learning rate is. */
export function isRate(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0;
}

/**
 * Checks an option that is a learning rate.
 * @throws ArgumentError when it is not a finite number of at least 0.
 */
export function checkRate(scheduler: string, option: string, value: unknown): void {
  if (isRate(value)) return;
  throw new ArgumentError(`${scheduler}: ${option} is ${describe(value)}; expected a finite number of at least 0`);
}

/**
 * Checks an option that is a number in a range.
 * @throws ArgumentError when it is not.
 */
export function checkWithin(scheduler: string, option: string, value: unknown, low: number, high = Infinity): void {
  if (Number.isFinite(value) && (value as number) >= low && (value as number) <= high) return;
  const range = high === Infinity ? `a finite number of at least ${low}` : `a number from ${low} to ${high}`;
  throw new ArgumentError(`${scheduler}: ${option} is ${describe(value)}; expected ${range}`);
}

/**
 * Checks an option that is a number above 0.
 * @throws ArgumentError when it is not.
 */
export function checkPositive(scheduler: string, option: string, value: unknown): void {
  if (Number.isFinite(value) && (value as number) > 0) return;
  throw new ArgumentError(`${scheduler}: ${option} is ${describe(value)}; expected a finite number above 0`);
}
