import type { NDArray } from "../../ndarray.js";
import { matmulView } from "../batches.js";
import { type Elements, elementsOf, firstIndex } from "../elements.js";

/** `Kernels.matmul`, with sums in double precision. Batch axes that are missing or have length 1 repeat. */
export function matmul(a: NDArray, b: NDArray, out: NDArray, bias: NDArray | null = null, accumulate = false): void {
  const { m, k, n, aRow, aCol, bRow, bCol, outRow, aStarts, bStarts, outStarts } = matmulView(a, b, out);
  const elements = elementsOf(out.dtype);
  const row = new Float64Array(n);
  const addRow = out.dtype === "int32" ? addIntegerRow : addFloatRow;
  const ia = firstIndex(a);
  const ib = firstIndex(b);
  const ibias = bias === null ? 0 : firstIndex(bias);
  for (let batch = 0; batch < aStarts.length; batch++) {
    let io = firstIndex(out) + outStarts[batch]!;
    for (let i = 0; i < m; i++, io += outRow) {
      for (let j = 0; j < n; j++) {
        row[j] = (accumulate ? elements[io + j]! : 0) + (bias === null ? 0 : elements[ibias + j]!);
      }
      let at = ia + aStarts[batch]! + i * aRow;
      let from = ib + bStarts[batch]!;
      for (let p = 0; p < k; p++, at += aCol, from += bRow) addRow(row, elements[at]!, elements, from, bCol);
      for (let j = 0; j < n; j++) elements[io + j] = row[j]!;
    }
  }
}

function addFloatRow(row: Float64Array, factor: number, elements: Elements, from: number, step: number): void {
  for (let j = 0; j < row.length; j++, from += step) row[j]! += factor * elements[from]!;
}

function addIntegerRow(row: Float64Array, factor: number, elements: Elements, from: number, step: number): void {
  for (let j = 0; j < row.length; j++, from += step) row[j] = (row[j]! + Math.imul(factor, elements[from]!)) | 0;
}
