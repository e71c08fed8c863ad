/*
 * Packing for matrix products. A packed operand is a row of panels, each `width` rows of A (or columns of B) by `depth`, the
 * depth outermost: the tile kernels read both operands front to back. A last panel that is not full is filled up with zeros.
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

