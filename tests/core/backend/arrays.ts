import { type Elements, elementsOf, firstIndex } from "../../../core/backend/elements";
import { bytesOf, type DType } from "../../../core/dtype";
import { NDArray, type NumericArray } from "../../../core/ndarray";

const { imul } = Math;

/** Numbers in [0, 1) that are the same in every run: a linear congruential generator modulo 2^32, its low bits mixed. */
export class Numbers {
  constructor(private state: number) {}

  next(): number {
    this.state = (imul(this.state, 1664525) + 1013904223) >>> 0;
    return imul(this.state ^ (this.state >>> 15), 0x2c1b3c6d) / 2 ** 32 + 0.5;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  integer(n: number): number {
    return Math.floor(this.next() * n);
  }
}

/** Writes `value(i)` to the n elements from the start of `x` on, whatever the shape of `x`. */
function write(x: NDArray, n: number, value: (i: number) => number): void {
  const elements: Elements = elementsOf(x.dtype);
  const first = firstIndex(x);
  for (let i = 0; i < n; i++) elements[first + i] = value(i);
}

/** A contiguous array of `value(0)`, `value(1)`, ... */
export function filled(shape: readonly number[], dtype: DType, value: (i: number) => number): NDArray {
  const x = NDArray.empty(shape, dtype);
  write(x, x.size, value);
  return x;
}

/** A random value that suits `dtype`. */
export function randomValue(numbers: Numbers, dtype: DType): number {
  if (dtype === "bool") return numbers.integer(2);
  return dtype === "int32" ? numbers.integer(2001) - 1000 : numbers.between(-3, 3);
}

/** Ways in which an array of one shape can lie in memory. */
export const LAYOUTS = [
  "contiguous",
  "transposed",
  "stepped",
  "reversed",
  "rows repeated",
  "columns repeated",
] as const;
export type Layout = (typeof LAYOUTS)[number];

/** An array of `shape` in the given layout, over random memory. */
export function laidOut(shape: readonly number[], dtype: DType, layout: Layout, numbers: Numbers): NDArray {
  const size = shape.reduce((a, b) => a * b, 1);
  const room = 2 * size + 1;
  const memory = filled([room], dtype, () => randomValue(numbers, dtype));
  const strides: number[] = shape.map(() => 0);
  let start = 0;
  let step = layout === "stepped" || layout === "reversed" ? 2 : 1;
  const order = shape.map((_, axis) => shape.length - 1 - axis);
  if (layout === "transposed") order.reverse();
  for (const axis of order) {
    const repeated =
      (layout === "rows repeated" && axis === 0) || (layout === "columns repeated" && axis === shape.length - 1);
    if (repeated) continue;
    const reversed = layout === "reversed";
    strides[axis] = reversed ? -step : step;
    if (reversed) start += step * Math.max(shape[axis]! - 1, 0);
    step *= shape[axis]!;
  }
  return memory.view(memory.address + start * bytesOf(dtype), [...shape], strides);
}

/** The element of `x` at `index`, by the definition of strides; axes that `x` lacks or has with length 1 repeat. */
export function at(x: NDArray, index: readonly number[]): number {
  let position = firstIndex(x);
  for (let axis = 0; axis < x.ndim; axis++) {
    if (x.shape[axis] !== 1) position += x.strides[axis]! * index[index.length - x.ndim + axis]!;
  }
  return elementsOf(x.dtype)[position]!;
}

/** All indices into an array of `shape`, in row-major order. */
export function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (prefixes, n) => prefixes.flatMap((prefix) => Array.from({ length: n }, (_, i) => [...prefix, i])),
    [[]],
  );
}

/** How far two results may be apart: relative to the larger one, plus an absolute part. */
export interface Tolerance {
  relative?: number;
  absolute?: number;
}

/** Fails when two lists of numbers differ by more than the tolerance; NaN and infinities must agree exactly. */
export function expectClose(
  actual: NumericArray,
  expected: NumericArray,
  { relative = 0, absolute = 0 }: Tolerance,
  context = "",
): void {
  if (actual.length !== expected.length)
    throw new Error(`${context}: ${actual.length} elements, not ${expected.length}`);
  for (let i = 0; i < actual.length; i++) {
    const a = actual[i]!;
    const e = expected[i]!;
    // Looking up a global takes long under jest, so what is equal, nearly everything, goes without.
    if (a === e) continue;
    const same = Number.isNaN(a) && Number.isNaN(e);
    const near = Math.abs(a - e) <= relative * Math.max(Math.abs(a), Math.abs(e)) + absolute;
    if (!same && !(Number.isFinite(a) && Number.isFinite(e) && near)) {
      throw new Error(`${context}: element ${i} is ${a}, expected ${e}`);
    }
  }
}

/** Lengths around the widths of vectors, unrolled loops and blocks. */
export const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 257, 1000, 1025];

/** Numbers at which floating-point functions go wrong. */
export const SPECIAL = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  -1.5,
  2.5,
  NaN,
  Infinity,
  -Infinity,
  1e-45,
  -1e-45,
  1e-40,
  -1e-40,
  1.17549435e-38,
  5e-324,
  3.4e38,
  -3.4e38,
  1e-8,
  -1e-8,
  1e-4,
  88.7,
  89,
  -87.3,
  -88,
  -103,
  -104,
  1000,
  -1000,
  709.7,
  -745,
  16777216,
  1e6,
  1e30,
];
