import { bytesOf } from "./dtype.js";
import { ArgumentError, IndexError } from "./errors.js";
import type { NDArray } from "./ndarray.js";
import { type Shape, shapeText } from "./shape.js";

/** A range of an axis, as `slice` makes it: Python's `start:stop:step`, null for what was left out. */
export class Slice {
  /** @internal Use `slice`. */
  constructor(
    /** Python's `start`; null where it was left out. */
    readonly start: number | null,
    /** Python's `stop`; null where it was left out. */
    readonly stop: number | null,
    /** Python's `step`; null where it was left out. */
    readonly step: number | null,
  ) {}
}

/** In an index, as many full slices as are missing. */
export const ellipsis: unique symbol = Symbol("ellipsis");

/** In an index, a new axis of length 1. */
export const newAxis: unique symbol = Symbol("newAxis");

/** What an index holds for a view: no arrays. */
export type BasicIndex = number | Slice | typeof ellipsis | typeof newAxis;

/**
 * Python's `start:stop:step` (always in this order: `slice(3)` is `3:`). Negative positions count from the end, positions
 * outside the axis are cut to it, a negative step goes backward, and null or undefined is the default.
 * @throws ArgumentError when one is not an integer, or the step is 0.
 */
export function slice(start?: number | null, stop?: number | null, step?: number | null): Slice {
  for (const [name, value] of Object.entries({ start, stop, step })) {
    if (value !== null && value !== undefined && !Number.isInteger(value)) {
      throw new ArgumentError(
        `slice: ${name} ${String(value)} is not an integer; expected an integer, null or undefined`,
      );
    }
  }
  if (step === 0) throw new ArgumentError("slice: step is 0; expected a positive or negative integer");
  return new Slice(start ?? null, stop ?? null, step ?? null);
}

/** The positions that a slice takes of an axis: `length` of them, `step` apart, from `first` on. */
export interface Positions {
  first: number;
  length: number;
  step: number;
}

/** The positions that `index` takes of an axis of length `n`. */
export function positionsOf(index: Slice, n: number): Positions {
  const step = index.step ?? 1;
  const lower = step > 0 ? 0 : -1;
  const upper = step > 0 ? n : n - 1;
  const within = (position: number) => (position < 0 ? Math.max(position + n, lower) : Math.min(position, upper));
  const start = index.start === null ? (step > 0 ? lower : upper) : within(index.start);
  const stop = index.stop === null ? (step > 0 ? upper : lower) : within(index.stop);
  const length = Math.max(0, Math.ceil((stop - start) / step));
  return { first: length === 0 ? 0 : start, length, step };
}

/**
 * `index` counted from the front of an axis of length `n`.
 * @throws IndexError when it is not an integer in [-n, n).
 */
export function wrapIndex(operation: string, index: number, axis: number, n: number): number {
  if (Number.isInteger(index) && index >= -n && index < n) return index < 0 ? index + n : index;
  if (!Number.isInteger(index)) {
    throw new IndexError(`${operation}: index ${index} for axis ${axis} is not an integer; expected ${validRange(n)}`);
  }
  throw new IndexError(
    `${operation}: index ${index} is out of range for axis ${axis} with length ${n}; expected ${validRange(n)}`,
  );
}

function validRange(n: number): string {
  return n === 0 ? "a slice, since the axis is empty" : `${-n} to ${n - 1}`;
}

/**
 * `indices` for an array of `shape`, with full slices in the place of the ellipsis and of what is missing at the end.
 * `axesOf` tells how many axes an index stands for.
 * @throws IndexError when there are more indices than axes, or more than one ellipsis.
 */
export function completeIndices<T>(
  operation: string,
  indices: readonly (T | typeof ellipsis)[],
  shape: Shape,
  axesOf: (index: T) => number,
): (T | Slice)[] {
  let taken = 0;
  let ellipses = 0;
  for (const index of indices) {
    if (index === ellipsis) ellipses++;
    else taken += axesOf(index as T);
  }
  if (taken > shape.length) {
    throw new IndexError(
      `${operation}: too many indices: ${taken} for ${shapeText(shape)}; expected at most ${shape.length}`,
    );
  }
  if (ellipses > 1) throw new IndexError(`${operation}: ${ellipses} ellipses in one index; expected at most one`);
  const missing = Array.from({ length: shape.length - taken }, () => FULL);
  const complete: (T | Slice)[] = [];
  for (const index of indices) {
    if (index === ellipsis) complete.push(...missing);
    else complete.push(index as T);
  }
  return ellipses === 0 ? [...complete, ...missing] : complete;
}

const FULL = new Slice(null, null, null);

/** Whether `index` is one that a view can take. */
export function isBasicIndex(index: unknown): index is BasicIndex {
  return typeof index === "number" || index instanceof Slice || index === ellipsis || index === newAxis;
}

/**
 * The view of `x` that `indices` pick by NumPy's rules of basic indexing.
 * @throws IndexError for an index outside its axis and for too many; ArgumentError for one of another kind.
 */
export function sliceView(operation: string, x: NDArray, indices: readonly BasicIndex[]): NDArray {
  for (const index of indices) if (!isBasicIndex(index)) throw notBasic(operation, index);
  const complete = completeIndices<Exclude<BasicIndex, typeof ellipsis>>(operation, indices, x.shape, (index) =>
    index === newAxis ? 0 : 1,
  );
  const shape: number[] = [];
  const strides: number[] = [];
  let offset = 0;
  let axis = 0;
  for (const index of complete) {
    if (index === newAxis) {
      shape.push(1);
      strides.push(0);
      continue;
    }
    const stride = x.strides[axis]!;
    const n = x.shape[axis]!;
    if (typeof index === "number") {
      offset += wrapIndex(operation, index, axis, n) * stride;
    } else {
      const { first, length, step } = positionsOf(index, n);
      offset += first * stride;
      shape.push(length);
      strides.push(step * stride);
    }
    axis++;
  }
  return x.view(x.address + offset * bytesOf(x.dtype), shape, strides);
}

function notBasic(operation: string, index: unknown): ArgumentError {
  const kind = typeof index === "object" && index !== null ? (index.constructor?.name ?? "object") : String(index);
  return new ArgumentError(
    `${operation}: cannot take a view by ${kind}; expected integers, slice(start, stop, step), ellipsis or newAxis ` +
      "(getItem takes arrays of integers and bools too)",
  );
}
