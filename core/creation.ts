import { checkDType, DTYPES, type DType, isFloat } from "./dtype.js";
import { ArgumentError, DTypeError, ShapeError } from "./errors.js";
import { heap } from "./heap.js";
import { NDArray, type NestedArray, type NumericArray } from "./ndarray.js";
import { filled } from "./numeric.js";
import { unquoted } from "./options.js";
import { generator } from "./rng.js";
import { checkShape, type Shape, shapeText } from "./shape.js";
import type { DataShape, Literal } from "./shape-types/operand.js";

/** What `array` makes an NDArray of. */
export type ArrayLike = NDArray | NumericArray | NestedArray;

/** Options of the functions that make arrays. */
export interface ArrayOptions {
  /** float32 unless given or told by the data (booleans give bool, a typed array its own kind). */
  dtype?: DType;
}

/**
 * A new NDArray of a number, nested arrays, a typed array or another NDArray, always copied.
 * Nested numbers become float32, nested booleans bool; Float64Array gives float64, integer arrays int32.
 * @throws ShapeError for ragged nesting; DTypeError for a value that the dtype cannot hold; ArgumentError for anything else.
 */
export function array<const D extends ArrayLike>(data: D, options?: ArrayOptions): NDArray<DataShape<D>>;
export function array(data: ArrayLike, options: ArrayOptions = {}): NDArray {
  if (options.dtype !== undefined) checkDType("array", options.dtype);
  return arrayOf("array", data, options.dtype);
}

/** @internal `array` on behalf of `operation`, which its errors name. */
export function arrayOf(operation: string, data: ArrayLike, dtype?: DType): NDArray {
  if (data instanceof NDArray) return fromNDArray(data, dtype);
  if (ArrayBuffer.isView(data)) return fromTyped(operation, data, dtype);
  return fromNested(operation, data, dtype);
}

const SCALAR: readonly number[] = [];

/** @internal A 0-d array of `value`, by the shortest way: every literal number in an expression becomes one. */
export function scalar(value: number, dtype: DType): NDArray {
  const address = heap.allocate(8);
  const out = new NDArray(heap.storage, address, address, SCALAR, SCALAR, dtype, 1, true);
  if (dtype === "float32") heap.f32[address >>> 2] = value;
  else if (dtype === "float64") heap.f64[address >>> 3] = value;
  else {
    checkValue("array", value, dtype);
    heap.i32[address >>> 2] = value;
  }
  return out;
}

/** An array of `shape` filled with 0. */
export function zeros<const S extends Shape>(shape: S, options?: ArrayOptions): NDArray<Literal<S>>;
export function zeros(shape: Shape, { dtype = "float32" }: ArrayOptions = {}): NDArray {
  return checkedFull("zeros", shape, 0, dtype);
}

/** An array of `shape` filled with 1. */
export function ones<const S extends Shape>(shape: S, options?: ArrayOptions): NDArray<Literal<S>>;
export function ones(shape: Shape, { dtype = "float32" }: ArrayOptions = {}): NDArray {
  return checkedFull("ones", shape, 1, dtype);
}

/**
 * An array of `shape` filled with `value`.
 * @throws DTypeError when the dtype cannot hold the value.
 */
export function full<const S extends Shape>(shape: S, value: number, options?: ArrayOptions): NDArray<Literal<S>>;
export function full(shape: Shape, value: number, { dtype = "float32" }: ArrayOptions = {}): NDArray {
  return checkedFull("full", shape, value, dtype);
}

/**
 * The numbers `start`, `start + step`, ... before `stop`; `arange(n)` counts from 0. float32 unless given.
 * @throws ArgumentError when the step is 0 or an argument is not finite.
 */
export function arange(
  ...args:
    | [stop: number, options?: ArrayOptions]
    | [start: number, stop: number, options?: ArrayOptions]
    | [start: number, stop: number, step: number, options?: ArrayOptions]
): NDArray {
  const numbers = args.filter((x) => typeof x === "number");
  const { dtype = "float32" } = (args.find((x) => typeof x === "object") ?? {}) as ArrayOptions;
  const [start, stop, step] = numbers.length === 1 ? [0, numbers[0]!, 1] : [numbers[0]!, numbers[1]!, numbers[2] ?? 1];
  if (![start, stop, step].every(Number.isFinite) || step === 0) {
    throw new ArgumentError(
      `arange: expected finite numbers and a step other than 0, got start ${start}, stop ${stop}, step ${step}`,
    );
  }
  const length = Math.max(0, Math.ceil((stop - start) / step));
  return generated("arange", [length], dtype, (i) => start + i * step);
}

/**
 * `count` numbers evenly spaced from `start` to `stop`, both included.
 * @throws ArgumentError when `count` is not a non-negative integer.
 */
export function linspace<const N extends number>(
  start: number,
  stop: number,
  count: N,
  options?: ArrayOptions,
): NDArray<Literal<[N]>>;
export function linspace(
  start: number,
  stop: number,
  count: number,
  { dtype = "float32" }: ArrayOptions = {},
): NDArray {
  if (!Number.isInteger(count) || count < 0) {
    throw new ArgumentError(`linspace: expected a count of 0 or more, got ${String(count)}`);
  }
  const last = count - 1;
  return generated("linspace", [count], dtype, (i) =>
    i === last && last > 0 ? stop : start + (i * (stop - start)) / Math.max(last, 1),
  );
}

/** The identity matrix of `rows` rows and `cols` columns (as many as rows unless given). */
export function eye<const M extends number, const N extends number = M>(
  rows: M,
  cols?: N,
  options?: ArrayOptions,
): NDArray<Literal<[M, N]>>;
export function eye(rows: number, cols = rows, { dtype = "float32" }: ArrayOptions = {}): NDArray {
  checkShape("eye", [rows, cols]);
  return generated("eye", [rows, cols], dtype, (i) => (Math.floor(i / cols) === i % cols ? 1 : 0));
}

/** Numbers drawn evenly from [low, high). */
export function randomUniform<const S extends Shape>(
  shape: S,
  options?: ArrayOptions & { low?: number; high?: number },
): NDArray<Literal<S>>;
export function randomUniform(
  shape: Shape,
  { low = 0, high = 1, dtype = "float32" }: ArrayOptions & { low?: number; high?: number } = {},
): NDArray {
  checkFloat("randomUniform", dtype);
  if (dtype === "float64")
    return generated("randomUniform", shape, dtype, () => low + (high - low) * generator.uniform());
  // Rounding to float32 could reach `high`, which 24 bits cannot.
  return generated("randomUniform", shape, dtype, () => low + (high - low) * ((generator.bits() >>> 8) / 16777216));
}

/** Numbers drawn from the normal distribution with the given mean and standard deviation. */
export function randomNormal<const S extends Shape>(
  shape: S,
  options?: ArrayOptions & { mean?: number; std?: number },
): NDArray<Literal<S>>;
export function randomNormal(
  shape: Shape,
  { mean = 0, std = 1, dtype = "float32" }: ArrayOptions & { mean?: number; std?: number } = {},
): NDArray {
  checkFloat("randomNormal", dtype);
  return generated("randomNormal", shape, dtype, () => mean + std * generator.normal());
}

/**
 * Integers (int32) drawn evenly from [low, high).
 * @throws ArgumentError when the range is empty or not of integers.
 */
export function randomInt<const S extends Shape>(low: number, high: number, shape: S): NDArray<Literal<S>>;
export function randomInt(low: number, high: number, shape: Shape): NDArray {
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low) {
    throw new ArgumentError(`randomInt: expected integers low < high, got low ${low} and high ${high}`);
  }
  return generated("randomInt", shape, "int32", () => low + generator.integer(high - low));
}

/** The integers (int32) from 0 to `n - 1` in random order. */
export function randomPermutation(n: number): NDArray {
  checkShape("randomPermutation", [n]);
  return fromTyped("randomPermutation", generator.permutation(n));
}

function checkedFull(operation: string, shape: Shape, value: number, dtype: DType): NDArray {
  checkShape(operation, shape);
  checkDType(operation, dtype);
  checkValue(operation, value, dtype);
  return filled([...shape], value, dtype);
}

/** An array of `shape` whose i-th element in row-major order is `element(i)`. */
function generated(operation: string, shape: Shape, dtype: DType, element: (i: number) => number): NDArray {
  checkShape(operation, shape);
  checkDType(operation, dtype);
  const out = NDArray.empty([...shape], dtype);
  const { values, first } = elements(out);
  for (let i = 0; i < out.size; i++) {
    const value = element(i);
    if (!isFloat(dtype)) checkValue(operation, value, dtype);
    values[first + i] = value;
  }
  return out;
}

function fromNDArray(x: NDArray, dtype: DType = x.dtype): NDArray {
  return dtype === x.dtype ? x.copy() : x.astype(dtype);
}

const DTYPE_OF_TAG: Readonly<Record<string, DType>> = {
  Float32Array: "float32",
  Float64Array: "float64",
  Int32Array: "int32",
  Int16Array: "int32",
  Int8Array: "int32",
  Uint16Array: "int32",
  Uint8Array: "int32",
  Uint8ClampedArray: "int32",
};

function fromTyped(operation: string, data: ArrayBufferView, dtype?: DType): NDArray {
  // The tag, not instanceof: arrays from structuredClone, vm contexts and messages belong to other realms.
  const tag = Object.prototype.toString.call(data).slice(8, -1);
  const own = DTYPE_OF_TAG[tag];
  if (own === undefined) {
    throw new DTypeError(`${operation}: cannot hold a ${tag}; expected one of ${Object.keys(DTYPE_OF_TAG).join(", ")}`);
  }
  const source = data as NumericArray;
  const target = dtype ?? own;
  if (!isFloat(target)) for (let i = 0; i < source.length; i++) checkValue(operation, source[i]!, target);
  const out = NDArray.empty([source.length], target);
  const { values, first } = elements(out);
  values.set(source, first);
  return out;
}

/** How deep arrays may be nested, as in NumPy 2: they may be out of a file, and are read by recursion. */
const DEEPEST = 64;

function fromNested(operation: string, data: NestedArray, dtype?: DType): NDArray {
  const shape: number[] = [];
  let probe: NestedArray = data;
  while (Array.isArray(probe)) {
    shape.push(probe.length);
    if (shape.length > DEEPEST) {
      throw new ShapeError(
        `${operation}: the arrays are nested more than ${DEEPEST} deep; expected ${DEEPEST} or less`,
      );
    }
    if (probe.length === 0) break;
    probe = probe[0] as NestedArray;
  }
  const target = dtype ?? (typeof probe === "boolean" ? "bool" : "float32");
  const flat: number[] = [];
  flatten(operation, data, shape, 0, target, flat);
  const out = NDArray.empty(shape, target);
  const { values, first } = elements(out);
  for (let i = 0; i < flat.length; i++) values[first + i] = flat[i]!;
  return out;
}

function flatten(operation: string, data: NestedArray, shape: Shape, axis: number, dtype: DType, flat: number[]): void {
  if (Array.isArray(data)) {
    if (axis === shape.length || data.length !== shape[axis]) {
      throw new ShapeError(
        `${operation}: ragged nesting: expected ${axis === shape.length ? "a number" : `length ${shape[axis]}`} at depth ${axis}, ` +
          `got an array of length ${data.length}; the first elements have shape ${shapeText(shape)}`,
      );
    }
    for (const item of data) flatten(operation, item as NestedArray, shape, axis + 1, dtype, flat);
    return;
  }
  if (typeof data !== "number" && typeof data !== "boolean") {
    throw new ArgumentError(
      `${operation}: expected numbers, nested arrays, a typed array or an NDArray, got ${describe(data)}`,
    );
  }
  if (axis !== shape.length) {
    throw new ShapeError(
      `${operation}: ragged nesting: expected an array of length ${shape[axis]} at depth ${axis}, got ${unquoted(data)}`,
    );
  }
  const value = Number(data);
  if (!isFloat(dtype)) checkValue(operation, value, dtype);
  flat.push(value);
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `${typeof value} ${unquoted(value)}`;
  return `a ${value.constructor?.name ?? "null-prototype object"}`;
}

/** The heap's view of the elements of a fresh contiguous array, and where they begin in it. */
function elements(x: NDArray): { values: NumericArray; first: number } {
  const { address } = x;
  switch (x.dtype) {
    case "float32":
      return { values: heap.f32, first: address >>> 2 };
    case "float64":
      return { values: heap.f64, first: address >>> 3 };
    case "int32":
      return { values: heap.i32, first: address >>> 2 };
    default:
      return { values: heap.u8, first: address };
  }
}

/**
 * Checks that `dtype` can hold `value`.
 * @throws DTypeError naming the operation and what would fit; ArgumentError when it is not a number.
 */
export function checkValue(operation: string, value: number, dtype: DType): void {
  if (typeof value !== "number") {
    throw new ArgumentError(`${operation}: expected a number, got ${describe(value)}`);
  }
  if (dtype === "int32" && (value | 0) !== value) {
    throw new DTypeError(`${operation}: ${value} is not an int32; expected an integer from -2147483648 to 2147483647`);
  }
  if (dtype === "bool" && value !== 0 && value !== 1) {
    throw new DTypeError(`${operation}: ${value} is not a bool; expected true, false, 1 or 0`);
  }
}

function checkFloat(operation: string, dtype: DType): void {
  if (!isFloat(dtype)) {
    throw new DTypeError(
      `${operation}: dtype ${dtype} is not a floating-point type; expected ${DTYPES.filter(isFloat).join(" or ")}`,
    );
  }
}
