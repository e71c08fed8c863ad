import type { NDArray } from "../../core/ndarray.js";
import type { Variable } from "../../core/variable.js";
import type { Draw } from "./draw.js";

/** What the settings of a step are made of. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Operands, by the numbers of their values, and settings that were drawn for a step. */
export interface Choice<P> {
  args: number[];
  params: P;
}

/** A way to call functions of the library in a random program. */
export interface Operation<P> {
  /** The functions of `retrograd/functions` that it stands for. */
  functions: readonly string[];
  /** Chooses operands and settings; null where none of the values there are will do. */
  draw(d: Draw): Choice<P> | null;
  run(xs: Variable[], params: P): Variable | Variable[];
  /** The same in Python, of x0, x1, ... with what pytorch.py offers. */
  torch(params: P): string;
  /** Whether the operands keep clear of kinks and of places where derivatives grow without bounds. */
  smooth?(xs: NDArray[], params: P): boolean;
}

/** An operation whose settings are some JSON. */
export function operation<P>(definition: Operation<P>): Operation<Json> {
  return definition as unknown as Operation<Json>;
}

/** JSON as a Python literal, arrays as tuples. */
export function py(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === Infinity) return "math.inf";
  if (value === -Infinity) return "-math.inf";
  if (Array.isArray(value)) return `(${value.map((v) => `${py(v)}, `).join("")})`;
  if (typeof value === "object") {
    const entries = Object.entries(value).map(([key, v]) => `${JSON.stringify(key)}: ${py(v)}`);
    return `{${entries.join(", ")}}`;
  }
  return JSON.stringify(value);
}

/** The elements as numbers. */
export function elements(x: NDArray): number[] {
  return Array.from(x.toTypedArray());
}

/** Whether all elements lie from `low` to `high`. */
export function within(x: NDArray, low: number, high: number): boolean {
  return elements(x).every((v) => v >= low && v <= high);
}

/** How near to each other counts as a tie. */
const NEAR = 2e-3;

/** Whether no element is near any of `points`. */
export function clearOf(x: NDArray, ...points: number[]): boolean {
  return elements(x).every((v) => points.every((p) => Math.abs(v - p) >= NEAR * Math.max(1, Math.abs(v))));
}

/** Whether no two of the numbers are near each other. */
export function distinct(values: readonly number[]): boolean {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.every((v, i) => i === 0 || v - sorted[i - 1]! >= NEAR * Math.max(1, Math.abs(v)));
}
