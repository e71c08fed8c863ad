import { NDArray } from "../core/ndarray.js";
import { filled, where } from "../core/numeric.js";
import { describe } from "../core/options.js";
import { sameShape, shapeText } from "../core/shape.js";
import { keep } from "../core/tidy.js";
import type { Parameter } from "../core/variable.js";

/** What an optimizer remembers of one parameter, as `state()` gives it. */
export interface ParameterEntry {
  /** How often it has changed the parameter. */
  readonly steps: number;
  /** What it remembers of each element, by name: arrays of the parameter's shape and dtype. */
  readonly arrays: Readonly<Record<string, NDArray>>;
  /** Numbers it remembers, by name. */
  readonly numbers: Readonly<Record<string, number>>;
  /** The gradient that waits for more to be added to it; see the option `accumulate`. */
  readonly gradient?: NDArray;
}

/** The names of what an optimizer remembers of each parameter. */
export interface Remembered {
  readonly arrays: readonly string[];
  readonly numbers: readonly string[];
}

/** What an optimizer remembers of one parameter. */
export class ParameterState {
  steps = 0;
  readonly arrays = new Map<string, NDArray>();
  readonly numbers = new Map<string, number>();
  /** Whether it may not fit, since it was loaded before the parameter had data. */
  private unchecked = false;

  /** The array `name`, full of `initial` at first. */
  array(parameter: Parameter, name: string, initial: number): NDArray {
    let kept = this.arrays.get(name);
    if (kept === undefined) {
      kept = keep(filled(parameter.shape, initial, parameter.dtype));
      this.arrays.set(name, kept);
    }
    return kept;
  }

  /** Why it does not fit `parameter`, which may have been initialized since it was loaded; null when it does. */
  misfit(parameter: Parameter): string | null {
    if (!this.unchecked) return null;
    for (const [name, kept] of this.arrays) {
      const reason = arrayMisfit(kept, parameter);
      if (reason !== null) return `${name} has ${reason}`;
    }
    this.unchecked = false;
    return null;
  }

  /** Sets the elements at which `mask` is true to what they are at first. */
  reset(mask: NDArray, initial: (array: string) => number): void {
    for (const [name, kept] of this.arrays) kept.assign(where(mask, filled([], initial(name), kept.dtype), kept));
  }

  /** Copies of all of it. */
  entry(): ParameterEntry {
    return {
      steps: this.steps,
      arrays: Object.fromEntries([...this.arrays].map(([name, kept]) => [name, kept.copy()])),
      numbers: Object.fromEntries(this.numbers),
    };
  }

  /** Of an entry that has been checked, as far as it could be. */
  static of(entry: ParameterEntry, parameter: Parameter): ParameterState {
    const state = new ParameterState();
    state.unchecked = !parameter.initialized;
    state.steps = entry.steps;
    for (const [name, kept] of Object.entries(entry.arrays)) state.arrays.set(name, keep(kept.copy()));
    for (const [name, value] of Object.entries(entry.numbers)) state.numbers.set(name, value);
    return state;
  }
}

/** What is wrong with `entry`, each thing on a line, as what is remembered of `parameter`. */
export function entryProblems(entry: unknown, parameter: Parameter, remembered: Remembered): string[] {
  if (!isRecord(entry)) return [`is ${describe(entry)}; expected { steps, arrays, numbers }`];
  const { steps, arrays, numbers, gradient } = entry;
  if (!isCount(steps)) return [`has steps ${describe(steps)}; expected a whole number of at least 0`];
  if (!isRecord(arrays)) return [`has arrays ${describe(arrays)}; expected an object of NDArrays`];
  if (!isRecord(numbers)) return [`has numbers ${describe(numbers)}; expected an object of numbers`];
  const all: [string, unknown][] = Object.entries(arrays);
  const problems = all.flatMap(([name, value]) => {
    if (!remembered.arrays.includes(name)) return [`has ${name}; expected some of ${remembered.arrays.join(", ")}`];
    const reason = arrayMisfit(value, parameter);
    return reason === null ? [] : [`has ${name} of ${reason}`];
  });
  for (const [name, value] of Object.entries(numbers)) {
    if (!remembered.numbers.includes(name)) {
      problems.push(
        `has ${name}; expected ${remembered.numbers.length === 0 ? "no numbers" : remembered.numbers.join(", ")}`,
      );
    } else if (!Number.isFinite(value)) {
      problems.push(`has ${name} ${describe(value)}; expected a finite number`);
    }
  }
  const reason = gradient === undefined ? null : arrayMisfit(gradient, parameter);
  if (reason !== null) problems.push(`has a gradient of ${reason}`);
  return problems;
}

function arrayMisfit(value: unknown, parameter: Parameter): string | null {
  if (!(value instanceof NDArray)) return `${describe(value)}; expected an NDArray`;
  if (!parameter.initialized) return null;
  if (!sameShape(value.shape, parameter.shape)) {
    return `shape ${shapeText(value.shape)}; expected that of the parameter, ${shapeText(parameter.shape)}`;
  }
  return value.dtype === parameter.dtype ? null : `${value.dtype}; expected that of the parameter, ${parameter.dtype}`;
}

/** Whether it is an object with entries. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof NDArray);
}

/** Whether it is a whole number of at least 0. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
