import type { Json } from "../core/spec.js";
import { type Declarations, groupOptionNames, type RateOptions } from "./group.js";
import type { Remembered } from "./parameter-state.js";
import { type CommonSettings, count, optionNames, positiveOrNull } from "./settings.js";

/** What a kind of optimizer is made of. */
export interface Definition<S> extends Declarations<S>, Remembered {
  /** What configs and states call it. */
  readonly name: string;
  /** The learning rate unless given. */
  readonly lr: number;
}

/** What every optimizer takes beside the settings of its groups. */
export interface OverallOptions {
  /**
   * The longest that all gradients together, as one vector, may be in the L2 norm; longer ones are scaled to it, by PyTorch's
   * `min(1, clipGlobalNorm / (norm + 1e-6))`, before `clipNorm` and `clipValue`. Null, for no bound, unless given.
   */
  clipGlobalNorm?: number | null;
  /**
   * How many calls of `step` make one: the parameters are changed at every `accumulate`-th, by the mean of the gradients since
   * the last change. `zeroGrad` does nothing in between. 1 unless given.
   */
  accumulate?: number;
}

/** Options of an optimizer with the settings S. */
export type OptimizerOptions<S> = { [K in keyof S]?: S[K] | undefined } & {
  [K in keyof CommonSettings]?: CommonSettings[K] | undefined;
} & RateOptions &
  OverallOptions;

/** What rebuilds an optimizer, for any parameters: `JSON.stringify` and `JSON.parse` keep it. */
export interface OptimizerConfig {
  readonly optimizer: string;
  readonly hyperparameters: { readonly [key: string]: Json };
}

/** The names of the options of an optimizer. */
export function ownOptionNames<S>(definition: Definition<S>): string[] {
  return [...groupOptionNames(definition), ...Object.keys(OVERALL)];
}

/** The names of the options of an optimizer, also those that the reference has for them: for `registerOptimizer`. */
export function optimizerOptionNames<S>(definition: Definition<S>): string[] {
  return optionNames(ownOptionNames(definition));
}

const OVERALL = { clipGlobalNorm: positiveOrNull(null), accumulate: count(1) };

/** What an optimizer has beside the settings of its groups. */
export type OverallSettings = Required<OverallOptions>;

/**
 * The overall settings in what an optimizer was given.
 * @throws ArgumentError, in whose message `operation` stands, for values that are out of range.
 */
export function overallSettings(operation: string, given: Readonly<Record<string, unknown>>): OverallSettings {
  const settings = Object.entries(OVERALL).map(([name, { standard, check }]) => {
    const value = given[name] === undefined ? standard : given[name];
    check(operation, name, value);
    return [name, value];
  });
  return Object.fromEntries(settings);
}
