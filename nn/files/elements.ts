import { bytesOf, type DType, type FloatDType, isFloat } from "../../core/dtype.js";
import { FileError } from "../../core/errors.js";
import { heap } from "../../core/heap.js";
import { NDArray, type NumericArray } from "../../core/ndarray.js";
import { checkChoice } from "../../core/options.js";
import { type Shape, sizeOf } from "../../core/shape.js";
import type { Source } from "./source.js";

/**
 * What becomes of elements in a file. False: arrays are read as they are, float32, float64, int32 and bool. True: half precision
 * and bfloat16 become float32, and other integers int32, which refuses those that it cannot hold. A floating-point dtype: the same,
 * and all floating-point arrays become that dtype.
 */
export type Convert = boolean | FloatDType;

/** The elements that files have. */
export interface ElementKind {
  /** As NumPy calls it. */
  readonly name: string;
  readonly bytes: number;
  /** The dtype of an array of them. */
  readonly dtype: DType;
  /** Whether the dtype has the same bits. */
  readonly exact: boolean;
  /** The element at a byte of `view`. */
  read(view: DataView, at: number, little: boolean): number;
}

/** Where the elements of an array lie in a file. */
export interface Stored {
  readonly kind: ElementKind;
  readonly shape: Shape;
  /** Whether the first byte of an element is its least. */
  readonly little: boolean;
  /** Where the first one is. */
  readonly from: number;
}

/** How many axes an array may have, as in NumPy. */
export const MOST_AXES = 64;
/** How many bytes are converted at once. */
const CHUNK = 2 ** 16;

const kind = (name: string, bytes: number, dtype: DType, read: ElementKind["read"]): ElementKind => ({
  name,
  bytes,
  dtype,
  exact: name === dtype,
  read,
});

/** All kinds of elements that can become an array. */
export const KINDS: readonly ElementKind[] = [
  kind("float32", 4, "float32", (view, at, little) => view.getFloat32(at, little)),
  kind("float64", 8, "float64", (view, at, little) => view.getFloat64(at, little)),
  kind("int32", 4, "int32", (view, at, little) => view.getInt32(at, little)),
  kind("bool", 1, "bool", (view, at) => view.getUint8(at)),
  kind("float16", 2, "float32", (view, at, little) => half(view.getUint16(at, little))),
  kind("bfloat16", 2, "float32", (view, at, little) => brain(view.getUint16(at, little))),
  kind("int8", 1, "int32", (view, at) => view.getInt8(at)),
  kind("int16", 2, "int32", (view, at, little) => view.getInt16(at, little)),
  kind("int64", 8, "int32", (view, at, little) => wide(view, at, little, view.getInt32(at + (little ? 4 : 0), little))),
  kind("uint8", 1, "int32", (view, at) => view.getUint8(at)),
  kind("uint16", 2, "int32", (view, at, little) => view.getUint16(at, little)),
  kind("uint32", 4, "int32", (view, at, little) => view.getUint32(at, little)),
  kind("uint64", 8, "int32", (view, at, little) =>
    wide(view, at, little, view.getUint32(at + (little ? 4 : 0), little)),
  ),
];

/**
 * Checks an option `convert`.
 * @throws ArgumentError naming the operation and the choices.
 */
export function checkConvert(operation: string, convert: unknown): asserts convert is Convert {
  checkChoice(operation, "convert", convert, [false, true, "float32", "float64"]);
}

/** The dtype of an array of elements; null when they would have to be converted, and nobody asked for it. */
export function dtypeOf({ dtype, exact }: ElementKind, convert: Convert): DType | null {
  if (convert === false) return exact ? dtype : null;
  return convert !== true && isFloat(dtype) ? convert : dtype;
}

/** The bytes of an array in a file. Not a number that can be relied on above 2 ** 53. */
export function bytesIn({ bytes }: ElementKind, shape: Shape): number {
  return shape.includes(0) ? 0 : shape.reduce((product, n) => product * n, bytes);
}

/** Whether a value can be the shape of an array: of few axes, and its size a number even without those of length 0. */
export function isShape(value: unknown): value is readonly number[] {
  if (!Array.isArray(value) || value.length > MOST_AXES) return false;
  if (!value.every((n) => Number.isSafeInteger(n) && n >= 0)) return false;
  return Number.isSafeInteger(value.reduce((product: number, n: number) => product * (n || 1), 8));
}

/**
 * The array that lies at a place of a file, which was checked to be there. The elements go straight to where the array keeps
 * them; what is converted, in small pieces.
 * @throws FileError, which begins with `where`, for bools that are neither 0 nor 1, and for integers beyond int32.
 */
export function readArray(where: string, source: Source, stored: Stored, dtype: DType): NDArray {
  const { kind, shape, little, from } = stored;
  const x = NDArray.empty([...shape], dtype);
  if (!kind.exact || dtype !== kind.dtype) {
    convertInto(where, source, stored, x);
    return x;
  }
  const bytes = memoryOf(x);
  source.read(bytes, from);
  if (!little && kind.bytes > 1) turn(bytes, kind.bytes);
  if (dtype === "bool" && !bytes.every((byte) => byte <= 1)) {
    throw new FileError(`${where} is bool and has other bytes than 0 and 1`);
  }
  return x;
}

/** The memory of a contiguous array; valid until the next allocation. */
export function memoryOf(x: NDArray): Uint8Array {
  const { address } = x;
  return heap.u8.subarray(address, address + x.size * bytesOf(x.dtype));
}

function convertInto(where: string, source: Source, { kind, shape, little, from }: Stored, x: NDArray): void {
  const count = sizeOf(shape);
  const step = CHUNK / kind.bytes;
  const buffer = new Uint8Array(Math.min(CHUNK, count * kind.bytes));
  const view = new DataView(buffer.buffer);
  const values = elementsOf(x);
  for (let first = 0; first < count; first += step) {
    const here = Math.min(step, count - first);
    source.read(buffer.subarray(0, here * kind.bytes), from + first * kind.bytes);
    for (let i = 0; i < here; i++) {
      const value = kind.read(view, i * kind.bytes, little);
      if (x.dtype === "int32" && (value | 0) !== value) {
        throw new FileError(`${where} is ${kind.name} and has ${value}; expected numbers that int32 can hold`);
      }
      values[first + i] = value;
    }
  }
}

function elementsOf(x: NDArray): NumericArray {
  const { address, size } = x;
  if (x.dtype === "float64") return heap.f64.subarray(address >>> 3, (address >>> 3) + size);
  const words = x.dtype === "float32" ? heap.f32 : heap.i32;
  return words.subarray(address >>> 2, (address >>> 2) + size);
}

/** Turns the bytes of each element round. */
function turn(bytes: Uint8Array, width: number): void {
  for (let first = 0; first < bytes.length; first += width) {
    for (let i = first, j = first + width - 1; i < j; i++, j--) {
      const byte = bytes[i]!;
      bytes[i] = bytes[j]!;
      bytes[j] = byte;
    }
  }
}

const bits = new Uint32Array(1);
const asFloat = new Float32Array(bits.buffer);
const HALF_SCALES = Float64Array.from({ length: 31 }, (_, exponent) => 2 ** (Math.max(exponent, 1) - 25));

/** The number that 16 bits of IEEE 754 half precision are. */
function half(word: number): number {
  const exponent = (word >>> 10) & 31;
  const fraction = word & 1023;
  const sign = word >>> 15 === 0 ? 1 : -1;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (exponent === 0 ? fraction : fraction + 1024) * HALF_SCALES[exponent]!;
}

/** The number that 16 bits of bfloat16 are: the upper half of a float32. */
function brain(word: number): number {
  bits[0] = word << 16;
  return asFloat[0]!;
}

/** An integer of 64 bits whose upper half is `high`: exact where int32 could hold it. */
function wide(view: DataView, at: number, little: boolean, high: number): number {
  return high * 2 ** 32 + view.getUint32(at + (little ? 0 : 4), little);
}
