import { packA_f32, packB_f32, pack_f64 } from "./pack";
import { multiply_f32 } from "./tile";
import { multiply_f64 } from "./tile64";

export { packA_f32, packB_f32, pack_f64 } from "./pack";
export { multiply_f32 } from "./tile";
export { multiply_f64 } from "./tile64";

/*
 * Products of matrices of any strides, over packed panels (pack.ts). One call does a whole product, or a batch of them, so
 * that threads can share one: each takes a range of rows, of columns or of the batch.
 */

/** A packed block of B, KC x NC, stays in the second-level cache, and one of A, MC x KC, beside it. */
const MC = 128;
const KC = 256;
const NC = 1024;
/** One tile of the output, for those that stick out of it, at the beginning of the scratch. */
const TILE_BYTES: usize = 128;

// @ts-ignore: decorator
@inline
function packA<T>(from: usize, rowStep: i32, depthStep: i32, rows: i32, depth: i32, to: usize): void {
  if (sizeof<T>() == 4) packA_f32(from, rowStep, depthStep, rows, depth, to);
  else pack_f64(from, rowStep, depthStep, rows, depth, to);
}

// @ts-ignore: decorator
@inline
function packB<T>(from: usize, colStep: i32, depthStep: i32, cols: i32, depth: i32, to: usize): void {
  if (sizeof<T>() == 4) packB_f32(from, colStep, depthStep, cols, depth, to);
  else pack_f64(from, colStep, depthStep, cols, depth, to);
}

// @ts-ignore: decorator
@inline
function multiply<T>(
  a: usize, b: usize, rows: i32, cols: i32, depth: i32, out: usize, outRow: i32, accumulate: i32, tile: usize, bias: usize,
): void {
  if (sizeof<T>() == 4) multiply_f32(a, b, rows, cols, depth, out, outRow, accumulate, tile, bias);
  else multiply_f64(a, b, rows, cols, depth, out, outRow, accumulate, tile, bias);
}

// @ts-ignore: decorator
@inline
function bytes<T>(elements: i32): usize {
  return <usize>elements * sizeof<T>();
}

function gemm<T>(
  a: usize, aRow: i32, aCol: i32, b: usize, bRow: i32, bCol: i32, out: usize, outRow: i32, m: i32, n: i32, k: i32,
  bias: usize, accumulate: i32, starts: usize, batches: i32, scratch: usize,
): void {
  const packedA = scratch + TILE_BYTES;
  const packedB = packedA + bytes<T>(min(MC, (m + 3) & ~3) * min(KC, k));
  for (let batch = 0; batch < batches; batch++) {
    let fromA = a;
    let fromB = b;
    let to = out;
    if (starts != 0) {
      fromA += bytes<T>(load<i32>(starts));
      fromB += bytes<T>(load<i32>(starts, 4));
      to += bytes<T>(load<i32>(starts, 8));
      starts += 12;
    }
    for (let col = 0; col < n; col += NC) {
      const cols = min(NC, n - col);
      for (let depth = 0; depth < k; depth += KC) {
        const depths = min(KC, k - depth);
        packB<T>(fromB + bytes<T>(depth * bRow + col * bCol), bCol, bRow, cols, depths, packedB);
        const adds = depth == 0 ? accumulate : 1;
        const biasRow = depth == 0 && bias != 0 ? bias + bytes<T>(col) : 0;
        for (let row = 0; row < m; row += MC) {
          const rows = min(MC, m - row);
          packA<T>(fromA + bytes<T>(row * aRow + depth * aCol), aRow, aCol, rows, depths, packedA);
          multiply<T>(packedA, packedB, rows, cols, depths, to + bytes<T>(row * outRow + col), outRow, adds, scratch, biasRow);
        }
      }
    }
  }
}

/**
 * `out = a @ b` for `batches` products (m, k) @ (k, n), k > 0; `+= ` with `accumulate`. The row `bias` of n is added unless
 * it is 0. Strides in elements; the rows of `out` run. `starts` holds for each product the offsets, in elements, of a, b and
 * out, and may be 0 for a single product. `scratch` has room for a tile and a packed block of A and of B.
 */
export function gemm_f32(
  a: usize, aRow: i32, aCol: i32, b: usize, bRow: i32, bCol: i32, out: usize, outRow: i32, m: i32, n: i32, k: i32,
  bias: usize, accumulate: i32, starts: usize, batches: i32, scratch: usize,
): void {
  gemm<f32>(a, aRow, aCol, b, bRow, bCol, out, outRow, m, n, k, bias, accumulate, starts, batches, scratch);
}

/** As `gemm_f32`. */
export function gemm_f64(
  a: usize, aRow: i32, aCol: i32, b: usize, bRow: i32, bCol: i32, out: usize, outRow: i32, m: i32, n: i32, k: i32,
  bias: usize, accumulate: i32, starts: usize, batches: i32, scratch: usize,
): void {
  gemm<f64>(a, aRow, aCol, b, bRow, bCol, out, outRow, m, n, k, bias, accumulate, starts, batches, scratch);
}
