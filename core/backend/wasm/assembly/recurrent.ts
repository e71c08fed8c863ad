import { multiply_f32, multiply_f64, packA_f32, packB_f32, pack_f64 } from "./gemm";
import { loadPart, storePart } from "./lanes";
import { sigmoid_f32, sigmoid_f64, tanh_f32, tanh_f64 } from "./unary";

/*
 * What the passes over a sequence share: a product with weights that were packed before the first step, and vectors of
 * either dtype. wasm/recurrent.ts says how much scratch a pass needs.
 */

/** The packed block of weights that one pass over the rows uses, and the block of rows, as in wasm/matmul.ts. */
const DEPTH: i32 = 256;
const ROWS: i32 = 128;
/** One tile of a product, at the start of the scratch. */
const TILE: usize = 128;

/** Elements in a vector. */
// @ts-ignore: decorator
@inline
export function lanes<T>(): i32 {
  return <i32>(16 / sizeof<T>());
}

/** The address of element `index`. */
// @ts-ignore: decorator
@inline
export function at<T>(from: usize, index: i32): usize {
  return from + <usize>index * sizeof<T>();
}

/** The vector at `from`, of which the first `n` elements exist; the others are 0. */
// @ts-ignore: decorator
@inline
export function read<T>(from: usize, n: i32): v128 {
  if (n >= lanes<T>()) return v128.load(from);
  return sizeof<T>() == 4 ? loadPart(from, n) : v128.load64_zero(from);
}

/** Stores the first `n` elements of a vector. */
// @ts-ignore: decorator
@inline
export function write<T>(to: usize, v: v128, n: i32): void {
  if (n >= lanes<T>()) v128.store(to, v);
  else if (sizeof<T>() == 4) storePart(to, v, n);
  else v128.store_lane<f64>(to, v, 0);
}

/** The sigmoid of `n` neighbours, in place: in runs, since vectors one by one take twice as long. */
// @ts-ignore: decorator
@inline
export function sigmoidRun<T>(x: usize, n: i32): void {
  if (sizeof<T>() == 4) sigmoid_f32(x, x, n);
  else sigmoid_f64(x, x, n);
}

/** The tanh of `n` neighbours. */
// @ts-ignore: decorator
@inline
export function tanhRun<T>(x: usize, out: usize, n: i32): void {
  if (sizeof<T>() == 4) tanh_f32(x, out, n);
  else tanh_f64(x, out, n);
}

/** y (1 - y), the derivative of the sigmoid where its value is y. */
// @ts-ignore: decorator
@inline
export function sigmoidSlope<T>(y: v128): v128 {
  return v128.sub<T>(y, v128.mul<T>(y, y));
}

/** 1 - y^2, the derivative of tanh where its value is y. */
// @ts-ignore: decorator
@inline
export function tanhSlope<T>(y: v128): v128 {
  return v128.sub<T>(v128.splat<T>(1), v128.mul<T>(y, y));
}

/** Packs weights (depth, cols) of any strides, in elements, in blocks of DEPTH rows one after the other. */
export function packWeights_f32(W: usize, rowStep: i32, colStep: i32, depth: i32, cols: i32, to: usize): void {
  for (let k = 0; k < depth; k += DEPTH) {
    packB_f32(at<f32>(W, k * rowStep), colStep, rowStep, cols, min(DEPTH, depth - k), at<f32>(to, ((cols + 7) & -8) * k));
  }
}

export function packWeights_f64(W: usize, rowStep: i32, colStep: i32, depth: i32, cols: i32, to: usize): void {
  for (let k = 0; k < depth; k += DEPTH) {
    pack_f64(at<f64>(W, k * rowStep), colStep, rowStep, cols, min(DEPTH, depth - k), at<f64>(to, ((cols + 3) & -4) * k));
  }
}

/**
 * `rows` rows of `a`, `depth` wide and `aStep` elements apart, times the packed weights of `cols` columns, stored or (with
 * `accumulate`) added to rows of `out`, plus the row `bias` unless that is 0. `scratch` has room for a tile and a packed block
 * of rows. Nothing where `packed` is 0: then the caller has the product from elsewhere.
 */
export function product<T>(
  a: usize, aStep: i32, rows: i32, depth: i32, packed: usize, cols: i32, out: usize, outStep: i32,
  accumulate: i32, bias: usize, scratch: usize,
): void {
  if (packed == 0) return;
  const panel = sizeof<T>() == 4 ? 8 : 4;
  const packedCols = (cols + panel - 1) & -panel;
  const block = scratch + TILE;
  for (let k = 0; k < depth; k += DEPTH) {
    const depths = min(DEPTH, depth - k);
    for (let row = 0; row < rows; row += ROWS) {
      const count = min(ROWS, rows - row);
      const from = at<T>(a, row * aStep + k);
      const to = at<T>(out, row * outStep);
      if (sizeof<T>() == 4) {
        packA_f32(from, aStep, 1, count, depths, block);
        multiply_f32(block, packed, count, cols, depths, to, outStep, accumulate, scratch, bias);
      } else {
        pack_f64(from, aStep, 1, count, depths, block);
        multiply_f64(block, packed, count, cols, depths, to, outStep, accumulate, scratch, bias);
      }
    }
    packed = at<T>(packed, packedCols * depths);
    accumulate = 1;
    bias = 0;
  }
}
