import { mulAdd } from "./mul-add";
import { addCorner, finishTile } from "./tile";

/* Products of packed panels (pack.ts) of float64. */

/** As `multiply_f32`, in float64 and with panels of 4 on both sides. */
export function multiply_f64(
  packedA: usize, packedB: usize, rows: i32, cols: i32, depth: i32, out: usize, outStep: i32, accumulate: i32, tile: usize,
  bias: usize = 0,
): void {
  const rowBytes = <usize>outStep << 3;
  for (let col = 0; col < cols; col += 4) {
    const panelB = packedB + (<usize>(col * depth) << 3);
    const row0 = bias != 0 ? bias + (<usize>col << 3) : 0;
    for (let row = 0; row < rows; row += 4) {
      const panelA = packedA + (<usize>(row * depth) << 3);
      const target = out + <usize>row * rowBytes + (<usize>col << 3);
      if (row + 4 <= rows && col + 4 <= cols) {
        tile_f64(panelA, panelB, depth, target, rowBytes, accumulate, row0);
      } else {
        tile_f64(panelA, panelB, depth, tile, 32, 0, 0);
        addCorner<f64>(tile, 32, min(4, rows - row), min(4, cols - col), target, rowBytes, accumulate, row0);
      }
    }
  }
}

/** One 4 x 4 tile; see `tile_f32`. */
function tile_f64(a: usize, b: usize, depth: i32, out: usize, rowBytes: usize, accumulate: i32, bias: usize): void {
  let c00 = f64x2.splat(0);
  let c01 = f64x2.splat(0);
  let c10 = f64x2.splat(0);
  let c11 = f64x2.splat(0);
  let c20 = f64x2.splat(0);
  let c21 = f64x2.splat(0);
  let c30 = f64x2.splat(0);
  let c31 = f64x2.splat(0);
  for (let k = depth; k > 0; k -= 2) {
    let b0 = v128.load(b);
    let b1 = v128.load(b, 16);
    let x = v128.load64_splat(a);
    c00 = mulAdd<f64>(c00, x, b0);
    c01 = mulAdd<f64>(c01, x, b1);
    x = v128.load64_splat(a, 8);
    c10 = mulAdd<f64>(c10, x, b0);
    c11 = mulAdd<f64>(c11, x, b1);
    x = v128.load64_splat(a, 16);
    c20 = mulAdd<f64>(c20, x, b0);
    c21 = mulAdd<f64>(c21, x, b1);
    x = v128.load64_splat(a, 24);
    c30 = mulAdd<f64>(c30, x, b0);
    c31 = mulAdd<f64>(c31, x, b1);
    if (k == 1) break;
    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
    x = v128.load64_splat(a, 32);
    c00 = mulAdd<f64>(c00, x, b0);
    c01 = mulAdd<f64>(c01, x, b1);
    x = v128.load64_splat(a, 40);
    c10 = mulAdd<f64>(c10, x, b0);
    c11 = mulAdd<f64>(c11, x, b1);
    x = v128.load64_splat(a, 48);
    c20 = mulAdd<f64>(c20, x, b0);
    c21 = mulAdd<f64>(c21, x, b1);
    x = v128.load64_splat(a, 56);
    c30 = mulAdd<f64>(c30, x, b0);
    c31 = mulAdd<f64>(c31, x, b1);
    a += 64;
    b += 64;
  }
  finishTile<f64>(c00, c01, c10, c11, c20, c21, c30, c31, out, rowBytes, accumulate, bias);
}
