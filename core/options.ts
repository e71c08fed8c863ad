import type { FloatDType } from "./dtype.js";
import { ArgumentError } from "./errors.js";

/**
 * Checks that `options` is an object with none but the options in `known`, so that a misspelt one is not silently ignored. Functions call it
 * in every step: nothing is put together unless something is wrong.
 * @throws ArgumentError naming the unknown ones and those there are.
 */
export function checkOptions(operation: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new ArgumentError(
      `${operation}: expected an object of options (${known.join(", ")}), got ${describe(options)}`,
    );
  }
  for (const key in options) {
    if (known.includes(key) || !Object.hasOwn(options, key)) continue;
    const unknown = Object.keys(options).filter((name) => !known.includes(name));
    throw new ArgumentError(`${operation}: unknown option ${named(unknown)}; expected some of ${known.join(", ")}`);
  }
}

/** Names as messages list them; they may be out of a file. */
export function named(names: readonly string[]): string {
  const shown = names.slice(0, MOST).map((name) => (name.length <= LONGEST ? name : `${name.slice(0, LONGEST)}...`));
  if (names.length > MOST) shown.push(`... ${names.length} in all`);
  return shown.join(", ");
}

/** The most layers that one number may ask for: a config that is a mistake, or hostile, must not fill the memory with them. */
export const MOST_LAYERS = 10_000;

/**
 * Checks that an option is a whole number of at least `least` and, where it says how many objects are made, of at most `most`.
 * @throws ArgumentError naming the operation, the option and the value.
 */
export function checkCount(
  operation: string,
  option: string,
  value: unknown,
  least = 1,
  most = Number.MAX_SAFE_INTEGER,
): asserts value is number {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return;
  const and = most === Number.MAX_SAFE_INTEGER ? "" : ` and at most ${most}`;
  throw new ArgumentError(
    `${operation}: ${option} is ${describe(value)}; expected a whole number of at least ${least}${and}`,
  );
}

/**
 * Checks that an option is a finite number of at least `least`.
 * @throws ArgumentError naming the operation, the option and the value.
 */
export function checkNumber(
  operation: string,
  option: string,
  value: unknown,
  least = -Infinity,
): asserts value is number {
  if (!Number.isFinite(value) || (value as number) < least) {
    const expected = least === -Infinity ? "a finite number" : `a finite number of at least ${least}`;
    throw new ArgumentError(`${operation}: ${option} is ${describe(value)}; expected ${expected}`);
  }
}

/**
 * Checks that an option is true or false.
 * @throws ArgumentError naming the operation, the option and the value.
 */
export function checkFlag(operation: string, option: string, value: unknown): asserts value is boolean {
  if (typeof value !== "boolean") {
    throw new ArgumentError(`${operation}: ${option} is ${describe(value)}; expected true or false`);
  }
}

/**
 * Checks that an option is one of `choices`.
 * @throws ArgumentError naming the operation, the option, the value and the choices.
 */
export function checkChoice<T>(
  operation: string,
  option: string,
  value: unknown,
  choices: readonly T[],
): asserts value is T {
  if (!(choices as readonly unknown[]).includes(value)) {
    const known = choices.map((choice) => JSON.stringify(choice)).join(" or ");
    throw new ArgumentError(`${operation}: ${option} is ${describe(value)}; expected ${known}`);
  }
}

const FLOATS: readonly FloatDType[] = ["float32", "float64"];

/**
 * Checks that the dtype of a layer is a floating-point one.
 * @throws ArgumentError when it is not.
 */
export function checkFloat(operation: string, dtype: unknown): asserts dtype is FloatDType {
  checkChoice(operation, "dtype", dtype, FLOATS);
}

/** Characters of a string, entries of a list, and lists in lists that messages show: values may be out of a file. */
const LONGEST = 200;
const MOST = 32;
const DEEPEST = 3;

/** A value as messages show it: strings in quotes, objects by their class. Short, whatever the value is. */
export function describe(value: unknown): string {
  return described(value, DEEPEST);
}

/** As `describe`, with strings as they are. */
export function unquoted(value: unknown): string {
  return typeof value === "string" && value.length <= LONGEST ? value : describe(value);
}

function described(value: unknown, depth: number): string {
  if (typeof value === "string") {
    if (value.length <= LONGEST) return JSON.stringify(value);
    return `${JSON.stringify(value.slice(0, LONGEST))}... of ${value.length} characters`;
  }
  if (Array.isArray(value)) {
    if (value.length > 0 && depth === 0) return "[...]";
    const shown = value.slice(0, MOST).map((item) => described(item, depth - 1));
    if (value.length > MOST) shown.push(`... ${value.length} in all`);
    return `[${shown.join(", ")}]`;
  }
  if (typeof value === "function") return `the function ${value.name || "without a name"}`;
  if (typeof value !== "object" || value === null) return String(value);
  const name: unknown = value.constructor?.name;
  return `a ${typeof name === "string" ? name : "null-prototype object"}`;
}
