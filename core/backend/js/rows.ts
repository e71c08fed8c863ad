import type { NDArray } from "../../ndarray.js";
import { elementsOf, firstIndex } from "../elements.js";

/** `Kernels.takeRows`. */
export function takeRows(x: NDArray, rows: NDArray, width: number, out: NDArray): void {
  const elements = elementsOf(x.dtype);
  const indices = elementsOf("int32");
  const from = firstIndex(x);
  const at = firstIndex(rows);
  const to = firstIndex(out);
  for (let r = 0; r < rows.size; r++) {
    const row = from + indices[at + r]! * width;
    for (let c = 0; c < width; c++) elements[to + r * width + c] = elements[row + c]!;
  }
}

/** `Kernels.addRows`. */
export function addRows(x: NDArray, rows: NDArray, width: number, out: NDArray): void {
  const elements = elementsOf(x.dtype);
  const indices = elementsOf("int32");
  const from = firstIndex(x);
  const at = firstIndex(rows);
  const to = firstIndex(out);
  for (let r = 0; r < rows.size; r++) {
    const row = to + indices[at + r]! * width;
    for (let c = 0; c < width; c++) elements[row + c]! += elements[from + r * width + c]!;
  }
}
