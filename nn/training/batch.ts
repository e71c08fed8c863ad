import { ArgumentError } from "../../core/errors.js";
import { NDArray, type NumericArray } from "../../core/ndarray.js";
import { describe } from "../../core/options.js";
import { type Operand, Variable } from "../../core/variable.js";
import { isNested, isRecord, isTyped } from "../data/arrays.js";

/** A batch of a loader of arrays `{ x, t }`. */
export interface Batch {
  readonly x: NDArray;
  readonly t: NDArray;
}

/** What models are trained on unless a `step` says otherwise: inputs and targets. */
export type SupervisedBatch = { readonly x: Operand; readonly t: Operand } | readonly [x: Operand, t: Operand];

/**
 * The inputs and targets in a batch `{ x, t }` or `[x, t]`.
 * @throws ArgumentError when it is neither.
 */
export function inputAndTarget(operation: string, batch: unknown): [x: Operand, t: Operand] {
  if (Array.isArray(batch) && batch.length === 2 && batch.every(isOperand)) return [batch[0], batch[1]];
  if (isRecord(batch) && isOperand(batch.x) && isOperand(batch.t)) return [batch.x, batch.t];
  throw new ArgumentError(
    `${operation}: a batch is ${shown(batch)}; expected { x, t } or [x, t], inputs and targets, or a step that takes it`,
  );
}

/**
 * The inputs in a batch that may have targets too.
 * @throws ArgumentError when there are none.
 */
export function inputOf(operation: string, batch: unknown): Operand {
  if (batch instanceof Variable || isTyped(batch)) return batch;
  if (Array.isArray(batch) && batch.length <= 2 && isOperand(batch[0]) && !isNested(batch)) return batch[0];
  if (isRecord(batch) && isOperand(batch.x)) return batch.x;
  if (isNested(batch)) return batch;
  throw new ArgumentError(`${operation}: a batch is ${shown(batch)}; expected an array, or { x } or [x] of one`);
}

/** How many examples a batch has: the length of the first axis of the first array in it, or 1. */
export function examplesIn(batch: unknown): number {
  if (batch instanceof Variable || batch instanceof NDArray) return batch.shape[0] ?? 1;
  if (ArrayBuffer.isView(batch)) return (batch as NumericArray).length;
  if (isNested(batch)) return Array.isArray(batch) ? batch.length : 1;
  const parts = Array.isArray(batch) ? batch : isRecord(batch) ? Object.values(batch) : [];
  const first = parts.find((part) => isOperand(part) || Array.isArray(part) || isRecord(part));
  return first === undefined ? 1 : examplesIn(first);
}

function isOperand(value: unknown): value is Operand {
  return value instanceof Variable || isTyped(value) || isNested(value);
}

function shown(batch: unknown): string {
  if (isRecord(batch)) return `{ ${Object.keys(batch).join(", ")} }`;
  return Array.isArray(batch) ? `a list of ${batch.length}` : describe(batch);
}
