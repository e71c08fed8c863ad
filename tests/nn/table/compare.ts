import { shapeText, sizeOf } from "../../../core/shape.js";
import type { Variable } from "../../../core/variable.js";
import type { FloatDType } from "../../../nn/index.js";
import type { GoldenArray } from "../../golden/golden.js";
import type { Run } from "./run.js";

/** How far results may lie apart that were computed in another order. */
export const ROUNDING: Readonly<Record<FloatDType, number>> = { float64: 1e-12, float32: 2e-6 };

/** Expects two runs to have given the same, but for rounding. */
export function expectSame(actual: Run, expected: Run, dtype: FloatDType = "float64"): void {
  compareLists("output", actual.ys, expected.ys, ROUNDING[dtype]);
  compareLists("gradient of input", actual.inputGradients, expected.inputGradients, ROUNDING[dtype]);
  expect(Object.keys(actual.gradients)).toEqual(Object.keys(expected.gradients));
  for (const [name, gradient] of Object.entries(expected.gradients)) {
    compareVariables(`gradient of ${name}`, actual.gradients[name]!, gradient, ROUNDING[dtype]);
  }
}

/** Expects the Variables of two lists to be the same, as `compare` does. */
export function compareLists(
  what: string,
  actual: readonly Variable[],
  expected: readonly Variable[],
  tolerance: number,
): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((x, i) => {
    compareVariables(`${what} ${i}`, x, expected[i]!, tolerance);
  });
}

/** Expects two Variables to be the same, as `compare` does. */
export function compareVariables(what: string, actual: Variable, expected: Variable, tolerance: number): void {
  compare(what, actual, { shape: [...expected.shape], values: numbersOf(expected) }, tolerance);
}

/** Expects a list of Variables to be what the golden file has, as `compare` does. */
export function compareAll(
  what: string,
  actual: readonly Variable[],
  golden: readonly GoldenArray[],
  tolerance: number,
): void {
  expect(`${what}: ${actual.length}`).toBe(`${what}: ${golden.length}`);
  actual.forEach((x, i) => {
    compare(`${what} ${i}`, x, golden[i]!, tolerance);
  });
}

/** Expects equal shapes, and values within `tolerance` times the largest of them, or 1. */
export function compare(what: string, actual: Variable, golden: GoldenArray, tolerance: number): void {
  expect(`${what}: ${shapeText(actual.shape)}`).toBe(`${what}: ${shapeText(golden.shape)}`);
  const wanted = numbers(golden);
  const scale = Math.max(1, ...wanted.filter(Number.isFinite).map(Math.abs));
  const wrong = numbersOf(actual).flatMap((v, i) =>
    Object.is(v, wanted[i]) || Math.abs(v - wanted[i]!) <= tolerance * scale ? [] : [`${i}: ${v}, not ${wanted[i]}`],
  );
  expect(wrong.map((line) => `${what} ${line}`)).toEqual([]);
}

/** The numbers of an array in the golden file. */
export function numbers({ shape, values }: GoldenArray): number[] {
  const list = Array.isArray(values) ? values : new Array<number | string>(sizeOf(shape)).fill(values);
  return list.map(Number);
}

/** The numbers of a Variable in row-major order. */
export function numbersOf(x: Variable): number[] {
  return Array.from(x.toTypedArray(), Number);
}
