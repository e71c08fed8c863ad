import type { DType } from "../dtype.js";
import { heap } from "../heap.js";
import type { NDArray } from "../ndarray.js";

/** Views of the heap in which the elements of an array can be read and written by index. */
export type Elements = Float32Array | Float64Array | Int32Array | Uint8Array;

/** The view of the heap for `dtype`. Valid until the next allocation. */
export function elementsOf(dtype: DType): Elements {
  switch (dtype) {
    case "float32":
      return heap.f32;
    case "float64":
      return heap.f64;
    case "int32":
      return heap.i32;
    default:
      return heap.u8;
  }
}

/** The index of the first element of `x` in the view of its dtype. Valid until the next allocation. */
export function firstIndex(x: NDArray): number {
  switch (x.dtype) {
    case "float64":
      return x.address >>> 3;
    case "bool":
      return x.address;
    default:
      return x.address >>> 2;
  }
}
