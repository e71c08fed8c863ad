import { ArgumentError, ShapeError } from "../../../core/errors.js";
import { argReduce } from "../../../core/numeric.js";
import { checkCount, checkNumber, checkOptions } from "../../../core/options.js";
import { sameShape, shapeText } from "../../../core/shape.js";
import { asVariable, type Operand, type Variable } from "../../../core/variable.js";
import { floating } from "../../../functions/dtype.js";
import { classesOf, targetOf } from "../../../functions/loss/classes.js";

/** Options of all metrics of classes. */
export interface DecisionOptions {
  /** What figures call it: a name of its own unless given. */
  name?: string;
  /**
   * Predictions above it are class 1, others class 0; targets are 0 and 1. Unless given, that is so, with 0.5, for predictions
   * (N,) and (N, 1); others (..., classes) are of the class with the largest entry. For logits it is 0.
   */
  threshold?: number | null;
  /** Targets of this class do not count: none unless given. */
  ignoreIndex?: number | null;
}

/** The classes that were predicted and the right ones. */
export interface Decisions {
  readonly predicted: Int32Array;
  readonly actual: Int32Array;
  /** How many classes there are. */
  readonly classes: number;
}

/** The names of `DecisionOptions`. */
export const DECISION_OPTIONS = ["name", "threshold", "ignoreIndex"];

/** @throws ArgumentError for options that are unknown or out of range. */
export function checkDecisionOptions(metric: string, options: DecisionOptions, others: readonly string[] = []): void {
  checkOptions(metric, options, [...others, ...DECISION_OPTIONS]);
  const { name = "", threshold = null, ignoreIndex = null } = options;
  if (typeof name !== "string") throw new ArgumentError(`${metric}: name is ${String(name)}; expected a text`);
  if (threshold !== null) checkNumber(metric, "threshold", threshold);
  if (ignoreIndex !== null) checkCount(metric, "ignoreIndex", ignoreIndex, Number.MIN_SAFE_INTEGER);
}

/**
 * What predictions `y` decide and what `t` says, as `DecisionOptions` tells.
 * @throws ShapeError, DTypeError or IndexError for targets that do not fit, as `accuracy`.
 */
export function decisions(metric: string, y: Operand, t: Operand, options: DecisionOptions): Decisions {
  const { threshold = null, ignoreIndex = null } = options;
  const prediction = floating(metric, y);
  const binary = threshold !== null || prediction.ndim <= 1 || prediction.shape.at(-1) === 1;
  const all = binary
    ? binaryDecisions(metric, prediction, t, threshold ?? 0.5, ignoreIndex)
    : classDecisions(metric, prediction, t, ignoreIndex);
  if (ignoreIndex === null) return all;
  const counted = (_: number, i: number) => all.actual[i] !== ignoreIndex;
  return { ...all, predicted: all.predicted.filter(counted), actual: all.actual.filter(counted) };
}

/** The right classes beside a prediction (..., classes): as classes or as one-hot vectors. */
export function targetClasses(
  metric: string,
  prediction: Variable,
  t: Operand,
  ignoreIndex: number | null,
): Int32Array {
  const target = targetOf(metric, prediction, t);
  if (target.ndim < prediction.ndim) return classesOf(metric, prediction, target, ignoreIndex);
  return argReduce("argmax", target.data, target.ndim - 1, false).toTypedArray() as Int32Array;
}

function classDecisions(metric: string, prediction: Variable, t: Operand, ignoreIndex: number | null): Decisions {
  const actual = targetClasses(metric, prediction, t, ignoreIndex);
  const predicted = argReduce("argmax", prediction.data, prediction.ndim - 1, false).toTypedArray() as Int32Array;
  return { predicted, actual, classes: prediction.shape.at(-1)! };
}

function binaryDecisions(
  metric: string,
  prediction: Variable,
  t: Operand,
  threshold: number,
  ignoreIndex: number | null,
): Decisions {
  const target = asVariable(metric, t, prediction);
  const { shape } = prediction;
  const flat = shape.at(-1) === 1 && sameShape(target.shape, shape.slice(0, -1));
  if (!flat && !sameShape(target.shape, shape)) {
    throw new ShapeError(
      `${metric}: the prediction has shape ${shapeText(shape)} and the target ${shapeText(target.shape)}; expected equal shapes`,
    );
  }
  const given = target.data.toTypedArray();
  const wrong = given.findIndex((value) => value !== 0 && value !== 1 && value !== ignoreIndex);
  if (wrong >= 0) {
    throw new ArgumentError(`${metric}: the target has ${given[wrong]} at position ${wrong}; expected 0 or 1`);
  }
  const predicted = Int32Array.from(prediction.data.toTypedArray(), (value) => (value > threshold ? 1 : 0));
  return { predicted, actual: Int32Array.from(given), classes: 2 };
}
