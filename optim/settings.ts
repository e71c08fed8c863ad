import type { Argument, Declared } from "../core/catalogue.js";
import { ArgumentError } from "../core/errors.js";
import { describe } from "../core/options.js";

/** What a setting can be. */
export type SettingValue = number | boolean | string | null;

/** Settings by name, of one kind of optimizer. */
export type SettingsOf<S> = Declared<S>;

/** What every group of parameters has, whatever the optimizer. */
export interface CommonSettings {
  /**
   * The longest a parameter's gradient may be, in the L2 norm; a longer one is shortened to it. Each parameter by itself, as the
   * reference does it; null for no bound. `clipGlobalNorm` of the optimizer measures all together.
   */
  clipNorm: number | null;
  /** The largest magnitude of an element of a gradient; larger ones are set to it, after `clipNorm`. Null for no bound. */
  clipValue: number | null;
  /**
   * Whether a gradient of a few rows of a table, such as an Embedding's, changes these rows and what is remembered of them alone, as
   * `torch.optim.SparseAdam` does. False unless given: the others go on by momentum and weight decay, and a step costs the whole
   * table, except where nothing would become of the other rows anyway, as in SGD without momentum and in AdaGrad, both without weight
   * decay.
   */
  lazy: boolean;
}

/** A finite number of at least 0. */
export function nonNegative(standard: number): Argument<number> {
  return setting(standard, "a finite number of at least 0", (x) => finite(x) && x >= 0);
}

/** A finite number above 0, or null. */
export function positiveOrNull(standard: number | null): Argument<number | null> {
  return setting(standard, "a finite number above 0, or null", (x) => x === null || (finite(x) && x > 0));
}

/** A number of at least 0 and less than 1. */
export function fraction(standard: number): Argument<number> {
  return setting(standard, "a number in [0, 1)", (x) => finite(x) && x >= 0 && x < 1);
}

/** A number from 0 to 1. */
export function share(standard: number): Argument<number> {
  return setting(standard, "a number in [0, 1]", (x) => finite(x) && x >= 0 && x <= 1);
}

/** A whole number of at least 1. */
export function count(standard: number): Argument<number> {
  return setting(standard, "a whole number of at least 1", (x) => Number.isSafeInteger(x) && (x as number) >= 1);
}

/** True or false. */
export function flag(standard: boolean): Argument<boolean> {
  return setting(standard, "true or false", (x) => typeof x === "boolean");
}

/** One of several texts. */
export function choice<V extends string>(standard: V, choices: readonly V[]): Argument<V> {
  const expected = choices.map((text) => JSON.stringify(text)).join(" or ");
  return setting(standard, expected, (x) => (choices as readonly unknown[]).includes(x));
}

function finite(x: unknown): x is number {
  return Number.isFinite(x);
}

function setting<V extends SettingValue>(
  standard: V,
  expected: string,
  fits: (value: unknown) => boolean,
): Argument<V> {
  return {
    standard,
    check(operation, name, value) {
      if (!fits(value)) throw new ArgumentError(`${operation}: ${name} is ${describe(value)}; expected ${expected}`);
    },
  };
}

/** The learning rate, whose standard value each optimizer has for itself. */
export const RATE = nonNegative(0);

/** The declarations of `CommonSettings`. */
export const COMMON: SettingsOf<CommonSettings> = {
  clipNorm: positiveOrNull(null),
  clipValue: positiveOrNull(null),
  lazy: flag(false),
};

/** What the reference calls settings that have another name here. */
export interface ReferenceNames {
  /** `epsilon`. */
  eps?: number;
  /** `beta1`. */
  decay1?: number;
  /** `beta2`. */
  decay2?: number;
}

const REFERENCE_NAMES: Readonly<Record<string, string>> = { eps: "epsilon", decay1: "beta1", decay2: "beta2" };

/** The names that options for `known` settings may have. */
export function optionNames(known: readonly string[]): string[] {
  return [...known, ...Object.keys(REFERENCE_NAMES).filter((name) => known.includes(REFERENCE_NAMES[name]!))];
}

/**
 * `options` under the names of this library, without those that are undefined.
 * @throws ArgumentError, in whose message `operation` stands, for what is no object, unknown options, and ones given under two names.
 */
export function canonicalOptions(
  operation: string,
  options: unknown,
  known: readonly string[],
): Record<string, unknown> {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new ArgumentError(
      `${operation}: expected an object of options (${known.join(", ")}), got ${describe(options)}`,
    );
  }
  const names = optionNames(known);
  const unknown = Object.keys(options).filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new ArgumentError(`${operation}: unknown option ${unknown.join(", ")}; expected some of ${known.join(", ")}`);
  }
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const own = known.includes(name) ? name : REFERENCE_NAMES[name]!;
    if (Object.hasOwn(result, own)) {
      throw new ArgumentError(`${operation}: ${own} is given twice, also under the reference's name`);
    }
    result[own] = value;
  }
  return result;
}
