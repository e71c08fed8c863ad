/*
 * Matrix products over packed panels. The caller cuts the product into blocks (wasm/matmul.ts), packs a block of each
 * operand, and lets `multiply` run over them; all of it works on ranges, so that threads can share one product.
 *
 * A packed operand is a row of panels, each `width` rows of A (or columns of B) by `depth`, the depth outermost:
 * the tile kernel reads both operands front to back. A last panel that is not full is filled up with zeros.
 */

/** Packs `count` lines of `depth` elements into panels of `width` (4 or 8) lines. Strides in bytes. */
// @ts-ignore: decorator
@inline
function pack32(src: usize, lineStep: isize, depthStep: isize, count: i32, depth: i32, to: usize, width: i32): void {
  for (let line = 0; line < count; line += width) {
    const lines = min(width, count - line);
    const first = src + <usize>(<isize>line * lineStep);
    const panelBytes = <usize>(depth * width) << 2;
    if (lines == width && lineStep == 4) {
      let from = first;
      for (let end = to + panelBytes; to < end; from += <usize>depthStep) {
        v128.store(to, v128.load(from));
        if (width == 8) v128.store(to, v128.load(from, 16), 16);
        to += <usize>width << 2;
      }
    } else if (lines == width && depthStep == 4) {
      const done = depth & ~3;
      for (let group = 0; group < width; group += 4) {
        let from = first + <usize>(<isize>group * lineStep);
        let at = to + (<usize>group << 2);
        for (let d = 0; d < done; d += 4) {
          transpose4(from, <usize>lineStep, at, <usize>width << 2);
          from += 16;
          at += <usize>width << 4;
        }
        for (let d = done; d < depth; d++) {
          for (let i: usize = 0; i < 4; i++) f32.store(at + (i << 2), f32.load(from + i * <usize>lineStep));
          from += 4;
          at += <usize>width << 2;
        }
      }
      to += panelBytes;
    } else {
      for (let d = 0; d < depth; d++) {
        const from = first + <usize>(<isize>d * depthStep);
        for (let i = 0; i < width; i++) {
          f32.store(to, i < lines ? f32.load(from + <usize>(<isize>i * lineStep)) : 0);
          to += 4;
        }
      }
    }
  }
}

/** Reads four rows of four float32 `fromStep` bytes apart and writes their transpose. */
// @ts-ignore: decorator
@inline
export function transpose4(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + fromStep);
  const c = v128.load(from + 2 * fromStep);
  const d = v128.load(from + 3 * fromStep);
  const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab0, cd0, 0, 2));
  v128.store(to + toStep, v128.shuffle<i64>(ab0, cd0, 1, 3));
  v128.store(to + 2 * toStep, v128.shuffle<i64>(ab1, cd1, 0, 2));
  v128.store(to + 3 * toStep, v128.shuffle<i64>(ab1, cd1, 1, 3));
}

/** Packs `rows` rows of A, `depth` deep, into panels of 4. Strides in elements. */
export function packA_f32(src: usize, rowStep: i32, depthStep: i32, rows: i32, depth: i32, to: usize): void {
  pack32(src, <isize>rowStep << 2, <isize>depthStep << 2, rows, depth, to, 4);
}

/** Packs `cols` columns of B, `depth` deep, into panels of 8. Strides in elements. */
export function packB_f32(src: usize, colStep: i32, depthStep: i32, cols: i32, depth: i32, to: usize): void {
  pack32(src, <isize>colStep << 2, <isize>depthStep << 2, cols, depth, to, 8);
}

/**
 * The product of packed rows and packed columns, `depth` deep, stored to (or with `accumulate` added to) the rows of
 * `out`, which lie `outStep` elements apart. `tile` is 128 bytes of scratch of the calling thread.
 */
export function multiply_f32(
  packedA: usize, packedB: usize, rows: i32, cols: i32, depth: i32, out: usize, outStep: i32, accumulate: i32, tile: usize,
): void {
  const rowBytes = <usize>outStep << 2;
  for (let col = 0; col < cols; col += 8) {
    const panelB = packedB + (<usize>(col * depth) << 2);
    for (let row = 0; row < rows; row += 4) {
      const panelA = packedA + (<usize>(row * depth) << 2);
      const target = out + <usize>row * rowBytes + (<usize>col << 2);
      if (row + 4 <= rows && col + 8 <= cols) {
        tile_f32(panelA, panelB, depth, target, rowBytes, accumulate);
      } else {
        tile_f32(panelA, panelB, depth, tile, 32, 0);
        addCorner<f32>(tile, 32, min(4, rows - row), min(8, cols - col), target, rowBytes, accumulate);
      }
    }
  }
}

/** Copies (or adds) the part of a tile that lies inside the output. */
function addCorner<T>(tile: usize, tileStep: usize, rows: i32, cols: i32, out: usize, rowBytes: usize, accumulate: i32): void {
  const lanes = <i32>(16 / sizeof<T>());
  for (let i = 0; i < rows; i++) {
    let j = 0;
    for (; j + lanes <= cols; j += lanes) {
      const at = out + <usize>i * rowBytes + <usize>j * sizeof<T>();
      const value = v128.load(tile + <usize>i * tileStep + <usize>j * sizeof<T>());
      v128.store(at, accumulate != 0 ? v128.add<T>(v128.load(at), value) : value);
    }
    for (; j < cols; j++) {
      const at = out + <usize>i * rowBytes + <usize>j * sizeof<T>();
      const value = load<T>(tile + <usize>i * tileStep + <usize>j * sizeof<T>());
      store<T>(at, accumulate != 0 ? load<T>(at) + value : value);
    }
  }
}

/**
 * One 4 x 8 tile, kept in eight registers. The `break` between the unrolled steps keeps V8 from hoisting their loads
 * above the arithmetic, for which it has no registers left: without it the loop runs at two thirds of the speed.
 */
function tile_f32(a: usize, b: usize, depth: i32, out: usize, rowBytes: usize, accumulate: i32): void {
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
    c00 = f32x4.add(c00, f32x4.mul(x, b0));
    c01 = f32x4.add(c01, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(x, b0));
    c11 = f32x4.add(c11, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(x, b0));
    c21 = f32x4.add(c21, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(x, b0));
    c31 = f32x4.add(c31, f32x4.mul(x, b1));
    if (k == 1) break;
    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
    x = v128.load32_splat(a, 16);
    c00 = f32x4.add(c00, f32x4.mul(x, b0));
    c01 = f32x4.add(c01, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 20);
    c10 = f32x4.add(c10, f32x4.mul(x, b0));
    c11 = f32x4.add(c11, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 24);
    c20 = f32x4.add(c20, f32x4.mul(x, b0));
    c21 = f32x4.add(c21, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 28);
    c30 = f32x4.add(c30, f32x4.mul(x, b0));
    c31 = f32x4.add(c31, f32x4.mul(x, b1));
    if (k == 2) break;
    b0 = v128.load(b, 64);
    b1 = v128.load(b, 80);
    x = v128.load32_splat(a, 32);
    c00 = f32x4.add(c00, f32x4.mul(x, b0));
    c01 = f32x4.add(c01, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 36);
    c10 = f32x4.add(c10, f32x4.mul(x, b0));
    c11 = f32x4.add(c11, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 40);
    c20 = f32x4.add(c20, f32x4.mul(x, b0));
    c21 = f32x4.add(c21, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 44);
    c30 = f32x4.add(c30, f32x4.mul(x, b0));
    c31 = f32x4.add(c31, f32x4.mul(x, b1));
    if (k == 3) break;
    b0 = v128.load(b, 96);
    b1 = v128.load(b, 112);
    x = v128.load32_splat(a, 48);
    c00 = f32x4.add(c00, f32x4.mul(x, b0));
    c01 = f32x4.add(c01, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 52);
    c10 = f32x4.add(c10, f32x4.mul(x, b0));
    c11 = f32x4.add(c11, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 56);
    c20 = f32x4.add(c20, f32x4.mul(x, b0));
    c21 = f32x4.add(c21, f32x4.mul(x, b1));
    x = v128.load32_splat(a, 60);
    c30 = f32x4.add(c30, f32x4.mul(x, b0));
    c31 = f32x4.add(c31, f32x4.mul(x, b1));
    a += 64;
    b += 128;
  }
  if (accumulate != 0) {
    c00 = f32x4.add(c00, v128.load(out));
    c01 = f32x4.add(c01, v128.load(out, 16));
    c10 = f32x4.add(c10, v128.load(out + rowBytes));
    c11 = f32x4.add(c11, v128.load(out + rowBytes, 16));
    c20 = f32x4.add(c20, v128.load(out + 2 * rowBytes));
    c21 = f32x4.add(c21, v128.load(out + 2 * rowBytes, 16));
    c30 = f32x4.add(c30, v128.load(out + 3 * rowBytes));
    c31 = f32x4.add(c31, v128.load(out + 3 * rowBytes, 16));
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

/** Packs `count` lines of `depth` float64 into panels of 4 lines. Strides in elements. */
export function pack_f64(src: usize, lineStep: i32, depthStep: i32, count: i32, depth: i32, to: usize): void {
  const lineBytes = <isize>lineStep << 3;
  const depthBytes = <isize>depthStep << 3;
  for (let line = 0; line < count; line += 4) {
    const lines = min(4, count - line);
    const first = src + <usize>(<isize>line * lineBytes);
    for (let d = 0; d < depth; d++, to += 32) {
      const from = first + <usize>(<isize>d * depthBytes);
      if (lines == 4) {
        f64.store(to, f64.load(from));
        f64.store(to, f64.load(from + <usize>lineBytes), 8);
        f64.store(to, f64.load(from + <usize>(2 * lineBytes)), 16);
        f64.store(to, f64.load(from + <usize>(3 * lineBytes)), 24);
      } else {
        for (let i = 0; i < 4; i++) {
          f64.store(to + (<usize>i << 3), i < lines ? f64.load(from + <usize>(<isize>i * lineBytes)) : 0);
        }
      }
    }
  }
}

/** As `multiply_f32`, in float64 and with panels of 4 on both sides. */
export function multiply_f64(
  packedA: usize, packedB: usize, rows: i32, cols: i32, depth: i32, out: usize, outStep: i32, accumulate: i32, tile: usize,
): void {
  const rowBytes = <usize>outStep << 3;
  for (let col = 0; col < cols; col += 4) {
    const panelB = packedB + (<usize>(col * depth) << 3);
    for (let row = 0; row < rows; row += 4) {
      const panelA = packedA + (<usize>(row * depth) << 3);
      const target = out + <usize>row * rowBytes + (<usize>col << 3);
      if (row + 4 <= rows && col + 4 <= cols) {
        tile_f64(panelA, panelB, depth, target, rowBytes, accumulate);
      } else {
        tile_f64(panelA, panelB, depth, tile, 32, 0);
        addCorner<f64>(tile, 32, min(4, rows - row), min(4, cols - col), target, rowBytes, accumulate);
      }
    }
  }
}

/** One 4 x 4 tile; see `tile_f32`. */
function tile_f64(a: usize, b: usize, depth: i32, out: usize, rowBytes: usize, accumulate: i32): void {
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
    c00 = f64x2.add(c00, f64x2.mul(x, b0));
    c01 = f64x2.add(c01, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 8);
    c10 = f64x2.add(c10, f64x2.mul(x, b0));
    c11 = f64x2.add(c11, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 16);
    c20 = f64x2.add(c20, f64x2.mul(x, b0));
    c21 = f64x2.add(c21, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 24);
    c30 = f64x2.add(c30, f64x2.mul(x, b0));
    c31 = f64x2.add(c31, f64x2.mul(x, b1));
    if (k == 1) break;
    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
    x = v128.load64_splat(a, 32);
    c00 = f64x2.add(c00, f64x2.mul(x, b0));
    c01 = f64x2.add(c01, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 40);
    c10 = f64x2.add(c10, f64x2.mul(x, b0));
    c11 = f64x2.add(c11, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 48);
    c20 = f64x2.add(c20, f64x2.mul(x, b0));
    c21 = f64x2.add(c21, f64x2.mul(x, b1));
    x = v128.load64_splat(a, 56);
    c30 = f64x2.add(c30, f64x2.mul(x, b0));
    c31 = f64x2.add(c31, f64x2.mul(x, b1));
    a += 64;
    b += 64;
  }
  if (accumulate != 0) {
    c00 = f64x2.add(c00, v128.load(out));
    c01 = f64x2.add(c01, v128.load(out, 16));
    c10 = f64x2.add(c10, v128.load(out + rowBytes));
    c11 = f64x2.add(c11, v128.load(out + rowBytes, 16));
    c20 = f64x2.add(c20, v128.load(out + 2 * rowBytes));
    c21 = f64x2.add(c21, v128.load(out + 2 * rowBytes, 16));
    c30 = f64x2.add(c30, v128.load(out + 3 * rowBytes));
    c31 = f64x2.add(c31, v128.load(out + 3 * rowBytes, 16));
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
