import type { NDArray } from "../../ndarray.js";
import { type MatmulView, matmulView } from "../batches.js";
import { jsKernels } from "../js.js";
import { scratchOf, wasm } from "./instance.js";

/** A packed block of B, KC x NC, stays in the second-level cache, and one of A, MC x KC, beside it. */
const MC = 128;
const KC = 256;
const NC = 1024;
const PANEL_A = 4;
/** One tile of the output, for those that stick out of it. */
const TILE_BYTES = 128;

const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

/** `Kernels.matmul`. Batch axes that are missing or have length 1 repeat. */
export function matmul(a: NDArray, b: NDArray, out: NDArray): void {
  if (out.dtype === "int32") {
    jsKernels.matmul(a, b, out);
    return;
  }
  const view = matmulView(a, b, out);
  const { m, n, k, aStarts, bStarts } = view;
  if (out.size === 0) return;
  if (k === 0) {
    jsKernels.fill(out, 0);
    return;
  }
  const wide = out.dtype === "float64";
  const bytes = wide ? 8 : 4;
  const packedBytesA = Math.min(MC, roundUp(m, PANEL_A)) * Math.min(KC, k) * bytes;
  const packedBytesB = Math.min(NC, roundUp(n, 8)) * Math.min(KC, k) * bytes;
  const tile = scratchOf(TILE_BYTES + packedBytesA + packedBytesB);
  const packedA = tile + TILE_BYTES;
  const packedB = packedA + packedBytesA;
  const product = wide ? product64 : product32;
  for (let i = 0; i < aStarts.length; i++) {
    const fromA = a.address + aStarts[i]! * bytes;
    const fromB = b.address + bStarts[i]! * bytes;
    product(view, fromA, fromB, out.address + i * m * n * bytes, tile, packedA, packedB);
  }
}

function product32(
  { m, n, k, aRow, aCol, bRow, bCol }: MatmulView,
  a: number,
  b: number,
  out: number,
  tile: number,
  packedA: number,
  packedB: number,
): void {
  const { packA_f32, packB_f32, multiply_f32 } = wasm();
  for (let col = 0; col < n; col += NC) {
    const cols = Math.min(NC, n - col);
    for (let depth = 0; depth < k; depth += KC) {
      const depths = Math.min(KC, k - depth);
      packB_f32!(b + (depth * bRow + col * bCol) * 4, bCol, bRow, cols, depths, packedB);
      for (let row = 0; row < m; row += MC) {
        const rows = Math.min(MC, m - row);
        packA_f32!(a + (row * aRow + depth * aCol) * 4, aRow, aCol, rows, depths, packedA);
        const to = out + (row * n + col) * 4;
        multiply_f32!(packedA, packedB, rows, cols, depths, to, n, depth === 0 ? 0 : 1, tile);
      }
    }
  }
}

function product64(
  { m, n, k, aRow, aCol, bRow, bCol }: MatmulView,
  a: number,
  b: number,
  out: number,
  tile: number,
  packedA: number,
  packedB: number,
): void {
  const { pack_f64, multiply_f64 } = wasm();
  for (let col = 0; col < n; col += NC) {
    const cols = Math.min(NC, n - col);
    for (let depth = 0; depth < k; depth += KC) {
      const depths = Math.min(KC, k - depth);
      pack_f64!(b + (depth * bRow + col * bCol) * 8, bCol, bRow, cols, depths, packedB);
      for (let row = 0; row < m; row += MC) {
        const rows = Math.min(MC, m - row);
        pack_f64!(a + (row * aRow + depth * aCol) * 8, aRow, aCol, rows, depths, packedA);
        const to = out + (row * n + col) * 8;
        multiply_f64!(packedA, packedB, rows, cols, depths, to, n, depth === 0 ? 0 : 1, tile);
      }
    }
  }
}
