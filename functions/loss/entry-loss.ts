import { ArgumentError, ShapeError } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import * as numeric from "../../core/numeric.js";
import { describe, unquoted } from "../../core/options.js";
import { sameShape, shapeText } from "../../core/shape.js";
import { asVariable, type Operand, type Variable } from "../../core/variable.js";
import { FrugalBroadcasting, mul } from "../arithmetic.js";
import { floating } from "../dtype.js";
import { mean, sum } from "../reduce.js";

/** What becomes of the losses of the single entries or examples: their mean, their sum, or all of them. */
export type LossReduction = "mean" | "sum" | "none";

/** Options of the losses that have no others. */
export interface LossOptions {
  /** What becomes of the single losses; each function says what it does unless told. */
  reduction?: LossReduction;
}

/** The reductions that all losses know. */
export const REDUCTIONS: readonly LossReduction[] = ["mean", "sum", "none"];

/** A function of prediction and target, entry by entry, reduced; the gradients come back in their dtypes. */
export abstract class EntryLoss extends FrugalBroadcasting {
  constructor(private readonly reduction: LossReduction) {
    super();
  }

  /** The loss of every entry. */
  protected abstract entries(x: NDArray, t: NDArray): NDArray;

  override forward(x: NDArray, t: NDArray): NDArray {
    const losses = this.entries(x, t);
    if (this.reduction === "none") return losses;
    const axes = losses.shape.map((_, i) => i);
    const total = numeric.reduce("sum", losses, axes, false);
    if (this.reduction === "sum") return total;
    return numeric.binary("div", total, numeric.filled([], losses.size, losses.dtype));
  }

  /** The gradient that each entry gets: one for each, or a scalar for all. */
  protected share(gy: Variable): Variable {
    return this.reduction === "mean" ? mul(gy, 1 / this.inputs[0]!.size) : gy;
  }
}

/** The losses of entries or examples, reduced. */
export function reduced(losses: Variable, reduction: LossReduction): Variable {
  if (reduction === "none") return losses;
  return reduction === "sum" ? sum(losses) : mean(losses);
}

/**
 * Prediction and target of equal shapes, the prediction floating-point.
 * @throws ShapeError when the shapes differ, or there are no entries.
 */
export function entrywise(operation: string, x: Operand, t: Operand): [Variable, Variable] {
  const prediction = floating(operation, x);
  const target = asVariable(operation, t, prediction);
  if (!sameShape(prediction.shape, target.shape)) {
    throw new ShapeError(
      `${operation}: the prediction has shape ${shapeText(prediction.shape)} and the target ${shapeText(target.shape)}; ` +
        "expected equal shapes",
    );
  }
  checkNotEmpty(operation, "prediction", prediction);
  return [prediction, target];
}

/**
 * Checks that there is something to compute the loss of.
 * @throws ShapeError when there is not.
 */
export function checkNotEmpty(operation: string, what: string, x: Variable): void {
  if (x.size > 0) return;
  throw new ShapeError(
    `${operation}: the ${what} of shape ${shapeText(x.shape)} has no elements; expected at least one`,
  );
}

/**
 * Checks the option `reduction`.
 * @throws ArgumentError naming the choices.
 */
export function checkReduction<T extends string>(operation: string, reduction: T, choices: readonly T[]): void {
  if (choices.includes(reduction)) return;
  const known = choices.map((choice) => JSON.stringify(choice)).join(", ");
  throw new ArgumentError(`${operation}: reduction is ${describe(reduction)}; expected one of ${known}`);
}

/**
 * Checks an option that is a number.
 * @throws ArgumentError naming the option and what would fit.
 */
export function checkSetting(
  operation: string,
  option: string,
  value: unknown,
  fits: (value: number) => boolean,
  expected: string,
): void {
  if (typeof value === "number" && Number.isFinite(value) && fits(value)) return;
  throw new ArgumentError(`${operation}: ${option} is ${unquoted(value)}; expected ${expected}`);
}

/**
 * Checks that all of `x` lies from 0 to 1.
 * @throws ArgumentError naming the first value that does not.
 */
export function checkProbabilities(operation: string, what: string, x: Variable): void {
  checkRange(operation, what, x, 1, "probabilities from 0 to 1");
}

/**
 * Checks that all of `x` lies from 0 to `max`.
 * @throws ArgumentError naming the first value that does not.
 */
export function checkRange(operation: string, what: string, x: Variable, max: number, expected: string): void {
  if (x.dtype === "bool") return;
  const axes = x.shape.map((_, i) => i);
  const low = numeric.reduce("min", x.data, axes, false).item();
  const high = max === Infinity ? low : numeric.reduce("max", x.data, axes, false).item();
  if (low >= 0 && high <= max) return;
  const values = x.toTypedArray();
  const at = values.findIndex((value) => !(value >= 0 && value <= max));
  throw new ArgumentError(`${operation}: the ${what} holds ${values[at]} at position ${at}; expected ${expected}`);
}
