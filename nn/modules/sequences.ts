import type { FloatDType } from "../../core/dtype.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { describe } from "../../core/options.js";
import { shapeText } from "../../core/shape.js";
import type { Operand, Variable } from "../../core/variable.js";
import { checkLast, layerInput } from "../layers/input.js";

/** What a module expects of a batch of sequences. */
export interface SequenceRequirements {
  dtype: FloatDType;
  /** The number of features, when it is known. */
  features: number | null;
  /** The axes of a batch as messages show them: `(N, T, nIn)` unless given. */
  layout?: string;
}

/**
 * Sequences (N, T, nIn), or one (T, nIn), as a Variable.
 * @throws ShapeError for another number of axes, no elements or another number of features; DTypeError for another dtype.
 */
export function sequenceInput(
  operation: string,
  x: Operand,
  { dtype, features, layout = "(N, T, nIn)" }: SequenceRequirements,
): Variable {
  const both = `${layout} or ${layout.replace("N, ", "")}`;
  const input = layerInput(operation, x, { layout: both, ndim: 2, orMore: true, dtype });
  if (input.ndim > 3) {
    throw new ShapeError(`${operation}: the input has shape ${shapeText(input.shape)}; expected 2 or 3 axes ${both}`);
  }
  if (features !== null) checkLast(operation, "features", input, features);
  return input;
}

/**
 * Checks that an option is a probability.
 * @throws ArgumentError naming the module, the option and the value.
 */
export function checkProbability(operation: string, option: string, p: unknown): asserts p is number {
  if (typeof p === "number" && p >= 0 && p <= 1) return;
  throw new ArgumentError(`${operation}: ${option} is ${describe(p)}; expected a probability from 0 to 1`);
}
