import { ArgumentError, AxisError, ShapeError } from "./errors.js";
import { unquoted } from "./options.js";

/** The lengths of an array's axes; `[]` is a scalar. */
export type Shape = readonly number[];

/** `shape` as it is written in messages: `(2, 3)`, `(5,)`, `()`. */
export function shapeText(shape: Shape): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}

/** The number of elements an array of `shape` has. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i]!;
  return size;
}

/** Whether two shapes are equal. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Strides, in elements, of a row-major array of `shape`. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i]!;
  }
  return strides;
}

/** Whether an array of `shape` and `strides` lies in row-major order without gaps. */
export function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const n = shape[i]!;
    if (n === 0) return true;
    if (n !== 1 && strides[i] !== step) return false;
    step *= n;
  }
  return true;
}

/**
 * Checks that every length in `shape` is a non-negative integer.
 * @throws ShapeError naming the operation and the shape.
 */
export function checkShape(operation: string, shape: unknown): asserts shape is Shape {
  if (!Array.isArray(shape)) {
    throw new ArgumentError(`${operation}: expected a shape such as [2, 3], got ${unquoted(shape)}`);
  }
  for (const n of shape) {
    if (!Number.isInteger(n) || n < 0) {
      throw new ShapeError(`${operation}: a shape holds non-negative integers, got ${shapeText(shape)}`);
    }
  }
}

/**
 * The shape that `a` and `b` broadcast to by NumPy's rule: aligned at the last axis, lengths equal or one of them 1.
 * @throws ShapeError naming the operation, both shapes and the axis that does not fit.
 */
export function broadcastShapes(operation: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const ndim = Math.max(a.length, b.length);
  const shape = new Array<number>(ndim);
  for (let i = 1; i <= ndim; i++) {
    const m = i <= a.length ? a[a.length - i]! : 1;
    const n = i <= b.length ? b[b.length - i]! : 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(
        `${operation}: shapes ${shapeText(a)} and ${shapeText(b)} do not broadcast: ` +
          `axis ${-i} has length ${m} on the left and ${n} on the right; expected equal lengths or 1`,
      );
    }
    shape[ndim - i] = m === 1 ? n : m;
  }
  return shape;
}

/**
 * `axis` counted from the front.
 * @throws AxisError when it is not an integer in [-ndim, ndim).
 */
export function normalizeAxis(operation: string, axis: number, ndim: number): number {
  if (!Number.isInteger(axis) || axis < -ndim || axis >= ndim) {
    throw new AxisError(
      ndim === 0
        ? `${operation}: axis ${axis} does not exist: the operand is a scalar and has no axes`
        : `${operation}: axis ${axis} is out of range for ${ndim} dimension${ndim === 1 ? "" : "s"}; expected ${-ndim} to ${ndim - 1}`,
    );
  }
  return axis < 0 ? axis + ndim : axis;
}

/**
 * Axes counted from the front, in ascending order; `undefined` or `null` means all.
 * @throws AxisError when one is out of range or given twice.
 */
export function normalizeAxes(
  operation: string,
  axis: number | readonly number[] | null | undefined,
  ndim: number,
): number[] {
  if (axis === undefined || axis === null) return Array.from({ length: ndim }, (_, i) => i);
  const axes = (typeof axis === "number" ? [axis] : [...axis]).map((a) => normalizeAxis(operation, a, ndim));
  axes.sort((a, b) => a - b);
  for (let i = 1; i < axes.length; i++) {
    if (axes[i] === axes[i - 1]) throw new AxisError(`${operation}: axis ${axes[i]} is given twice`);
  }
  return axes;
}

/** The shape left after reducing `axes` (ascending): they become 1 with `keepdims`, else they go. */
export function reducedShape(shape: Shape, axes: readonly number[], keepdims: boolean): number[] {
  const result: number[] = [];
  for (let i = 0; i < shape.length; i++) {
    if (!axes.includes(i)) result.push(shape[i]!);
    else if (keepdims) result.push(1);
  }
  return result;
}

/**
 * `shape` with one -1 replaced by the length that makes it hold `size` elements.
 * @throws ShapeError when no length does, or more than one is -1.
 */
export function inferShape(operation: string, shape: Shape, size: number, from: Shape): Shape {
  const unknown = shape.indexOf(-1);
  if (unknown < 0) {
    checkShape(operation, shape);
    if (sizeOf(shape) !== size) {
      throw new ShapeError(
        `${operation}: cannot make ${shapeText(shape)} (${sizeOf(shape)} elements) of ${shapeText(from)} (${size} elements)`,
      );
    }
    return shape;
  }
  const known = shape.filter((_, i) => i !== unknown);
  if (known.includes(-1)) {
    throw new ShapeError(`${operation}: only one length can be -1, got ${shapeText(shape)}`);
  }
  checkShape(operation, known);
  const rest = sizeOf(known);
  if (rest === 0 || size % rest !== 0) {
    throw new ShapeError(
      `${operation}: cannot make ${shapeText(shape)} of ${shapeText(from)}: ${size} elements do not divide into ${rest}`,
    );
  }
  return shape.map((n) => (n === -1 ? size / rest : n));
}
