import { mulAdd } from "./mul-add";

/* Products of packed panels (pack.ts) of float32, one tile of the output after another. */

/**
 * The product of packed rows and packed columns, `depth` deep, stored to (or with `accumulate` added to) the rows of
 * `out`, which lie `outStep` elements apart, plus the row `bias` unless that is 0. `tile` is 128 bytes of scratch.
 */
export function multiply_f32(
  packedA: usize, packedB: usize, rows: i32, cols: i32, depth: i32, out: usize, outStep: i32, accumulate: i32, tile: usize,
  bias: usize = 0,
): void {
  const rowBytes = <usize>outStep << 2;
  for (let col = 0; col < cols; col += 8) {
    const panelB = packedB + (<usize>(col * depth) << 2);
    const row0 = bias != 0 ? bias + (<usize>col << 2) : 0;
    for (let row = 0; row < rows; row += 4) {
      const panelA = packedA + (<usize>(row * depth) << 2);
      const target = out + <usize>row * rowBytes + (<usize>col << 2);
      if (row + 4 <= rows && col + 8 <= cols) {
        tile_f32(panelA, panelB, depth, target, rowBytes, accumulate, row0);
      } else {
        tile_f32(panelA, panelB, depth, tile, 32, 0, 0);
        addCorner<f32>(tile, 32, min(4, rows - row), min(8, cols - col), target, rowBytes, accumulate, row0);
      }
    }
  }
}

/** Copies (or adds) the part of a tile that lies inside the output, with the row `bias` added unless it is 0. */
export function addCorner<T>(
  tile: usize, tileStep: usize, rows: i32, cols: i32, out: usize, rowBytes: usize, accumulate: i32, bias: usize,
): void {
  const lanes = <i32>(16 / sizeof<T>());
  for (let i = 0; i < rows; i++) {
    let j = 0;
    for (; j + lanes <= cols; j += lanes) {
      const at = <usize>j * sizeof<T>();
      let value = v128.load(tile + at);
      if (accumulate != 0) value = v128.add<T>(value, v128.load(out + at));
      if (bias != 0) value = v128.add<T>(value, v128.load(bias + at));
      v128.store(out + at, value);
    }
    for (; j < cols; j++) {
      const at = <usize>j * sizeof<T>();
      let value = load<T>(tile + at);
      if (accumulate != 0) value = (value + load<T>(out + at)) as T;
      if (bias != 0) value = (value + load<T>(bias + at)) as T;
      store<T>(out + at, value);
    }
    tile += tileStep;
    out += rowBytes;
  }
}

/**
 * One 4 x 8 tile, kept in eight registers. The `break` between the unrolled steps keeps V8 from hoisting their loads
 * above the arithmetic, for which it has no registers left: without it the loop runs at two thirds of the speed.
 */
function tile_f32(a: usize, b: usize, depth: i32, out: usize, rowBytes: usize, accumulate: i32, bias: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  for (let k = depth; k > 0; k -= 4) {
    let b0 = v128.load(b);
    let b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = mulAdd<f32>(c00, x, b0);
    c01 = mulAdd<f32>(c01, x, b1);
    x = v128.load32_splat(a, 4);
    c10 = mulAdd<f32>(c10, x, b0);
    c11 = mulAdd<f32>(c11, x, b1);
    x = v128.load32_splat(a, 8);
    c20 = mulAdd<f32>(c20, x, b0);
    c21 = mulAdd<f32>(c21, x, b1);
    x = v128.load32_splat(a, 12);
    c30 = mulAdd<f32>(c30, x, b0);
    c31 = mulAdd<f32>(c31, x, b1);
    if (k == 1) break;
    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
    x = v128.load32_splat(a, 16);
    c00 = mulAdd<f32>(c00, x, b0);
    c01 = mulAdd<f32>(c01, x, b1);
    x = v128.load32_splat(a, 20);
    c10 = mulAdd<f32>(c10, x, b0);
    c11 = mulAdd<f32>(c11, x, b1);
    x = v128.load32_splat(a, 24);
    c20 = mulAdd<f32>(c20, x, b0);
    c21 = mulAdd<f32>(c21, x, b1);
    x = v128.load32_splat(a, 28);
    c30 = mulAdd<f32>(c30, x, b0);
    c31 = mulAdd<f32>(c31, x, b1);
    if (k == 2) break;
    b0 = v128.load(b, 64);
    b1 = v128.load(b, 80);
    x = v128.load32_splat(a, 32);
    c00 = mulAdd<f32>(c00, x, b0);
    c01 = mulAdd<f32>(c01, x, b1);
    x = v128.load32_splat(a, 36);
    c10 = mulAdd<f32>(c10, x, b0);
    c11 = mulAdd<f32>(c11, x, b1);
    x = v128.load32_splat(a, 40);
    c20 = mulAdd<f32>(c20, x, b0);
    c21 = mulAdd<f32>(c21, x, b1);
    x = v128.load32_splat(a, 44);
    c30 = mulAdd<f32>(c30, x, b0);
    c31 = mulAdd<f32>(c31, x, b1);
    if (k == 3) break;
    b0 = v128.load(b, 96);
    b1 = v128.load(b, 112);
    x = v128.load32_splat(a, 48);
    c00 = mulAdd<f32>(c00, x, b0);
    c01 = mulAdd<f32>(c01, x, b1);
    x = v128.load32_splat(a, 52);
    c10 = mulAdd<f32>(c10, x, b0);
    c11 = mulAdd<f32>(c11, x, b1);
    x = v128.load32_splat(a, 56);
    c20 = mulAdd<f32>(c20, x, b0);
    c21 = mulAdd<f32>(c21, x, b1);
    x = v128.load32_splat(a, 60);
    c30 = mulAdd<f32>(c30, x, b0);
    c31 = mulAdd<f32>(c31, x, b1);
    a += 64;
    b += 128;
  }
  finishTile<f32>(c00, c01, c10, c11, c20, c21, c30, c31, out, rowBytes, accumulate, bias);
}

/** Writes the four rows of a tile, two vectors each, with what there is and the bias added if asked for. */
// @ts-ignore: decorator
@inline
export function finishTile<T>(
  c00: v128, c01: v128, c10: v128, c11: v128, c20: v128, c21: v128, c30: v128, c31: v128,
  out: usize, rowBytes: usize, accumulate: i32, bias: usize,
): void {
  if (accumulate != 0) {
    c00 = v128.add<T>(c00, v128.load(out));
    c01 = v128.add<T>(c01, v128.load(out, 16));
    c10 = v128.add<T>(c10, v128.load(out + rowBytes));
    c11 = v128.add<T>(c11, v128.load(out + rowBytes, 16));
    c20 = v128.add<T>(c20, v128.load(out + 2 * rowBytes));
    c21 = v128.add<T>(c21, v128.load(out + 2 * rowBytes, 16));
    c30 = v128.add<T>(c30, v128.load(out + 3 * rowBytes));
    c31 = v128.add<T>(c31, v128.load(out + 3 * rowBytes, 16));
  }
  if (bias != 0) {
    const b0 = v128.load(bias);
    const b1 = v128.load(bias, 16);
    c00 = v128.add<T>(c00, b0);
    c01 = v128.add<T>(c01, b1);
    c10 = v128.add<T>(c10, b0);
    c11 = v128.add<T>(c11, b1);
    c20 = v128.add<T>(c20, b0);
    c21 = v128.add<T>(c21, b1);
    c30 = v128.add<T>(c30, b0);
    c31 = v128.add<T>(c31, b1);
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out + rowBytes, c10);
  v128.store(out + rowBytes, c11, 16);
  v128.store(out + 2 * rowBytes, c20);
  v128.store(out + 2 * rowBytes, c21, 16);
  v128.store(out + 3 * rowBytes, c30);
  v128.store(out + 3 * rowBytes, c31, 16);
}
