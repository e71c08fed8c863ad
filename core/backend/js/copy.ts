import type { DType } from "../../dtype.js";
import type { NDArray } from "../../ndarray.js";
import { elementsOf, firstIndex } from "../elements.js";
import { eachPosition, plan } from "../walk.js";

/** Toward zero; NaN becomes 0 and what lies outside the range the nearest end of it. */
const toInt32 = (x: number): number => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, x));
const toBool = (x: number): number => (x !== 0 ? 1 : 0);

function conversion(from: DType, to: DType): ((x: number) => number) | undefined {
  if (from === to || from === "bool") return undefined;
  if (to === "bool") return toBool;
  return to === "int32" ? toInt32 : undefined;
}

/** `Kernels.copy`. */
export function copy(x: NDArray, out: NDArray): void {
  const source = elementsOf(x.dtype);
  const target = elementsOf(out.dtype);
  const from = firstIndex(x);
  const to = firstIndex(out);
  const convert = conversion(x.dtype, out.dtype);
  const walk = plan(out.shape, x.strides, out.strides);
  const inner = walk.ndim - 1;
  const n = walk.lengths[inner]!;
  const si = walk.steps[0][inner]!;
  const so = walk.steps[1][inner]!;
  eachPosition(walk, 1, (i, o) => {
    if (convert === undefined) {
      for (let k = 0; k < n; k++) target[to + o + k * so] = source[from + i + k * si]!;
    } else {
      for (let k = 0; k < n; k++) target[to + o + k * so] = convert(source[from + i + k * si]!);
    }
  });
}

/** `Kernels.fill`. */
export function fill(out: NDArray, value: number): void {
  const convert = conversion("float64", out.dtype);
  const start = firstIndex(out);
  elementsOf(out.dtype).fill(convert === undefined ? value : convert(value), start, start + out.size);
}
