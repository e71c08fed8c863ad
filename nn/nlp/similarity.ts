import type { NumericArray } from "../../core/ndarray.js";

/** A row of a matrix, and the cosine of the angle between it and another vector. */
export interface SimilarRow {
  readonly row: number;
  readonly similarity: number;
}

/** The rows of a matrix of that width, those first that point most nearly the way of `vector`. */
export function mostSimilarRows(vector: NumericArray, matrix: NumericArray, width: number): SimilarRow[] {
  const rows = Array.from({ length: matrix.length / width }, (_, row) => ({
    row,
    similarity: cosine(vector, matrix.subarray(row * width, (row + 1) * width)),
  }));
  return rows.sort((a, b) => b.similarity - a.similarity);
}

/** The cosine of the angle between two vectors; 0 when one of them is zero. */
export function cosine(a: NumericArray, b: NumericArray): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return aa === 0 || bb === 0 ? 0 : dot / (Math.sqrt(aa) * Math.sqrt(bb));
}
