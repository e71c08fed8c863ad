import { DTypeError } from "./errors.js";
import { unquoted } from "./options.js";

/** The element types of an NDArray. */
export type DType = "float32" | "float64" | "int32" | "bool";

/** The dtypes that gradients, parameters and layers have. */
export type FloatDType = "float32" | "float64";

/** All dtypes, in the order of promotion: an operation on two of them has the later one as its result. */
export const DTYPES: readonly DType[] = ["bool", "int32", "float32", "float64"];

/** Bytes an element of `dtype` takes. */
export function bytesOf(dtype: DType): number {
  return dtype === "float64" ? 8 : dtype === "bool" ? 1 : 4;
}

/** Whether `dtype` is a floating-point type, the only kind that can carry a gradient. */
export function isFloat(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64";
}

/** The dtype of the result of an operation on `a` and `b`: the wider of the two, as in NumPy and PyTorch. */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  return DTYPES.indexOf(a) > DTYPES.indexOf(b) ? a : b;
}

/** `dtype` if it is floating-point, else float32: the dtype in which a function such as exp is computed. */
export function floatOf(dtype: DType): DType {
  return isFloat(dtype) ? dtype : "float32";
}

/**
 * Checks that `dtype` names a dtype.
 * @throws DTypeError naming the operation and the dtypes there are.
 */
export function checkDType(operation: string, dtype: unknown): asserts dtype is DType {
  if (!(DTYPES as readonly unknown[]).includes(dtype)) {
    throw new DTypeError(`${operation}: unknown dtype ${unquoted(dtype)}; expected one of ${DTYPES.join(", ")}`);
  }
}
