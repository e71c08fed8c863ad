import { array } from "./creation.js";
import { ArgumentError, DTypeError, IndexError } from "./errors.js";
import { NDArray, type NestedArray, type NumericArray } from "./ndarray.js";
import { addRows, binary, filled, takeRows } from "./numeric.js";
import { unquoted } from "./options.js";
import { broadcastShapes, type Shape, shapeText, sizeOf, stridesOf } from "./shape.js";
import {
  type BasicIndex,
  completeIndices,
  type ellipsis,
  isBasicIndex,
  newAxis,
  positionsOf,
  Slice,
  sliceView,
  wrapIndex,
} from "./slicing.js";

/** What an index holds: for a view, or arrays of positions (integers) and masks (bools). */
export type ArrayIndex = BasicIndex | NDArray | NumericArray | NestedArray;

/** The elements that an index picks of arrays of one shape. `take` and `spread` are each other's adjoint. */
export interface Selection {
  /** The elements picked of `x`; a view where the index holds no arrays. */
  take(x: NDArray): NDArray;
  /** Zeros of the indexed shape, to which `y`, of the shape of what is picked, has been added where it was picked. */
  spread(y: NDArray): NDArray;
  /** Where it picks whole rows of the array seen as (-1, width): their numbers (int32) and the width. */
  readonly picked?: { readonly rows: NDArray; readonly width: number };
}

/**
 * What `indices` pick of arrays of `shape` by NumPy's rules, checked and resolved once.
 * @throws IndexError for positions outside their axis, too many indices and masks that do not fit; DTypeError for indices that are
 * not integers or bools; ShapeError when index arrays do not broadcast; ArgumentError for anything else.
 */
export function selection(operation: string, shape: Shape, indices: readonly ArrayIndex[]): Selection {
  const resolved = indices.map((index) => resolve(operation, index));
  if (!resolved.every(isBasicIndex)) return rowSelection(operation, shape, resolved);
  return {
    take: (x) => sliceView(operation, x, resolved),
    spread: (y) => {
      const out = filled(shape, 0, y.dtype);
      sliceView(operation, out, resolved).assign(y);
      return out;
    },
  };
}

/** An int32 NDArray of one or more axes, a mask, or a basic index. */
function resolve(operation: string, index: ArrayIndex): BasicIndex | NDArray {
  if (isBasicIndex(index)) return index;
  const ids = indexArray(operation, index);
  return ids.dtype === "int32" && ids.ndim === 0 ? ids.item() : ids;
}

/**
 * `index` as an array of positions (int32) or a mask (bool).
 * @throws DTypeError when it holds anything else.
 */
export function indexArray(operation: string, index: NDArray | NumericArray | NestedArray): NDArray {
  let ids: NDArray;
  if (index instanceof NDArray) ids = index;
  else if (ArrayBuffer.isView(index)) ids = array(index);
  else ids = fromNested(operation, index);
  if (ids.dtype === "int32" || ids.dtype === "bool") return ids;
  throw new DTypeError(
    `${operation}: an index array is ${ids.dtype}; expected int32 positions or a bool mask, such as array(..., { dtype: "int32" })`,
  );
}

function fromNested(operation: string, index: NestedArray): NDArray {
  let numbers = 0;
  let bools = 0;
  const check = (value: NestedArray): void => {
    if (Array.isArray(value)) {
      value.forEach(check);
    } else if (typeof value === "boolean") {
      bools++;
    } else if (typeof value !== "number") {
      throw new ArgumentError(
        `${operation}: cannot index with ${typeof value} ${unquoted(value)}; expected integers, slice(start, stop, step), ` +
          "ellipsis, newAxis, or arrays of integers or bools",
      );
    } else if (Number.isInteger(value)) {
      numbers++;
    } else {
      throw new DTypeError(
        `${operation}: index ${value} in an index array is not an integer; expected integers or bools`,
      );
    }
  };
  check(index);
  if (numbers > 0 && bools > 0) {
    throw new DTypeError(`${operation}: an index array mixes integers and bools; expected one or the other`);
  }
  return array(index, { dtype: bools > 0 ? "bool" : "int32" });
}

/** A part of the result's shape, with the offset, in rows, that each position along it adds (int32). */
interface Part {
  shape: Shape;
  offsets: NDArray;
}

/**
 * Picks whole rows of the array, seen as (-1, width), where width covers the axes at the end that are taken as they are. The
 * position of each row is the sum of the offsets that the parts of the index add, and broadcasting does the sums.
 */
function rowSelection(operation: string, shape: Shape, indices: readonly (BasicIndex | NDArray)[]): Selection {
  const complete = completeIndices<Exclude<BasicIndex, typeof ellipsis> | NDArray>(operation, indices, shape, axesOf);
  let leading = shape.length;
  while (isFull(complete.at(-1), shape[leading - 1]!)) {
    complete.pop();
    leading--;
  }
  const strides = stridesOf(shape.slice(0, leading));
  const kept: Part[] = [];
  const advanced: Part[] = [];
  let place = 0;
  let axis = 0;
  for (const index of complete) {
    if (index === newAxis) {
      kept.push({ shape: [1], offsets: filled([1], 0, "int32") });
    } else if (index instanceof Slice) {
      kept.push(slicePart(index, shape[axis]!, strides[axis]!));
    } else {
      if (advanced.length === 0) place = kept.length;
      advanced.push(arrayPart(operation, index, axis, shape, strides));
    }
    axis += axesOf(index);
  }
  kept.splice(isSeparated(indices) ? 0 : place, 0, joined(operation, advanced));
  const rows = outerSum(kept);
  const row = shape.slice(leading);
  const width = sizeOf(row);
  const result = [...rows.shape, ...row];
  return {
    take: (x) => takeRows(x, rows, width, result),
    spread: (y) => addRows(y, rows, width, shape),
    picked: { rows, width },
  };
}

function axesOf(index: Exclude<BasicIndex, typeof ellipsis> | NDArray): number {
  if (index === newAxis) return 0;
  return index instanceof NDArray && index.dtype === "bool" ? index.ndim : 1;
}

function isFull(index: unknown, n: number): boolean {
  if (!(index instanceof Slice)) return false;
  const { first, length, step } = positionsOf(index, n);
  return first === 0 && length === n && step === 1;
}

/** Whether anything but integers and arrays stands between the first and the last of them: then their axes come first. */
function isSeparated(indices: readonly (BasicIndex | NDArray)[]): boolean {
  const places = indices.map((index) => typeof index === "number" || index instanceof NDArray);
  return places.slice(places.indexOf(true), places.lastIndexOf(true)).includes(false);
}

function slicePart(index: Slice, n: number, stride: number): Part {
  const { first, length, step } = positionsOf(index, n);
  return offsetsPart(
    [length],
    Int32Array.from({ length }, (_, i) => (first + i * step) * stride),
  );
}

function offsetsPart(shape: Shape, offsets: Int32Array): Part {
  return { shape, offsets: array(offsets).reshape(shape) };
}

/** The offsets that an integer, an array of integers or a mask adds. */
function arrayPart(
  operation: string,
  index: number | NDArray,
  axis: number,
  shape: Shape,
  strides: readonly number[],
): Part {
  if (typeof index === "number") {
    return offsetsPart([], Int32Array.of(wrapIndex(operation, index, axis, shape[axis]!) * strides[axis]!));
  }
  if (index.dtype === "bool") return maskPart(operation, index, axis, shape, strides);
  const n = shape[axis]!;
  const stride = strides[axis]!;
  const ids = index.toTypedArray() as Int32Array;
  for (let i = 0; i < ids.length; i++) ids[i] = wrapIndex(operation, ids[i]!, axis, n) * stride;
  return offsetsPart(index.shape, ids);
}

/** The positions at which a mask is true. One without axes keeps all or nothing along a new axis. */
function maskPart(operation: string, mask: NDArray, axis: number, shape: Shape, strides: readonly number[]): Part {
  const covered = shape.slice(axis, axis + mask.ndim);
  if (mask.shape.some((n, i) => n !== covered[i])) {
    throw new IndexError(
      `${operation}: a mask of shape ${shapeText(mask.shape)} does not fit ${shapeText(shape)} from axis ${axis} on; ` +
        `expected shape ${shapeText(covered)}`,
    );
  }
  // Strides of neighbouring axes: a flat position in the mask counts in units of the innermost one.
  const unit = mask.ndim === 0 ? 0 : strides[axis + mask.ndim - 1]!;
  const offsets: number[] = [];
  mask.toTypedArray().forEach((value, i) => {
    if (value !== 0) offsets.push(i * unit);
  });
  return offsetsPart([offsets.length], Int32Array.from(offsets));
}

/** All index arrays, broadcast together: they have one place in the result. */
function joined(operation: string, parts: readonly Part[]): Part {
  const shape = parts.reduce<Shape>((all, part) => broadcastShapes(`${operation} (index arrays)`, all, part.shape), []);
  const offsets = parts.map((part) => part.offsets).reduce((sum, part) => binary("add", sum, part));
  return { shape, offsets };
}

/** The offsets of every combination of positions, one from each part: an array of the parts' shapes in a row. */
function outerSum(parts: readonly Part[]): NDArray {
  let axesAfter = parts.reduce((sum, part) => sum + part.shape.length, 0);
  return parts
    .map(({ shape, offsets }) => {
      axesAfter -= shape.length;
      return offsets.reshape([...shape, ...new Array<number>(axesAfter).fill(1)]);
    })
    .reduce((sum, part) => binary("add", sum, part));
}
