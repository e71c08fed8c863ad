import type { FloatDType } from "./dtype.js";
import { ArgumentError } from "./errors.js";

/**
 * Checks that `options` is an object with none but the options in `known`, so that a misspelt one is not silently ignored.
 * @throws ArgumentError naming the unknown ones and those there are.
 */
export function checkOptions(operation: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new ArgumentError(
      `${operation}: expected an object of options (${known.join(", ")}), got ${describe(options)}`,
    );
  }
  const unknown = Object.keys(options).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    throw new ArgumentError(`${operation}: unknown option ${unknown.join(", ")}; expected some of ${known.join(", ")}`);
  }
}

/** `checkOptions` for functions that are called in every step: it looks at no more than it must. */
export function checkKnown(operation: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    checkOptions(operation, options, known);
  for (const key in options) if (!known.includes(key)) checkOptions(operation, options, known);
}

/**
 * Checks that an option is a whole number of at least `least`.
 * @throws ArgumentError naming the operation, the option and the value.
 */
export function checkCount(operation: string, option: string, value: unknown, least = 1): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    throw new ArgumentError(
      `${operation}: ${option} is ${describe(value)}; expected a whole number of at least ${least}`,
    );
  }
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

/** A value as messages show it: strings in quotes, objects by their class. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(describe).join(", ")}]`;
  if (typeof value === "function") return `the function ${value.name || "without a name"}`;
  if (typeof value !== "object" || value === null) return String(value);
  return `a ${value.constructor?.name ?? "null-prototype object"}`;
}
