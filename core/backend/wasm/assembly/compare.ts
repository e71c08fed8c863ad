import { Equal, Less, LessEqual, NotEqual } from "./operations";

/* Comparisons and selection of strided arrays seen as (outer, inner), as in binary.ts. Greater is less, turned round. */

// @ts-ignore: decorator
@inline
function bytes<T>(step: i32): usize {
  return <usize>(<isize>step * <isize>sizeof<T>());
}

function compare<T, F>(
  a: usize, aOuter: i32, aInner: i32, b: usize, bOuter: i32, bInner: i32, out: usize, outer: i32, inner: i32,
): void {
  const f = changetype<F>(0);
  for (let i = 0; i < outer; i++) {
    let x = a + bytes<T>(i * aOuter);
    let y = b + bytes<T>(i * bOuter);
    let n = inner;
    if (sizeof<T>() == 4 && aInner == 1 && (bInner == 1 || bInner == 0)) {
      const single = v128.load32_splat(y);
      for (; n >= 4; n -= 4) {
        const mask = f.vector(v128.load(x), bInner == 1 ? v128.load(y) : single);
        const halves = i16x8.narrow_i32x4_s(mask, mask);
        const flags = v128.and(i8x16.narrow_i16x8_s(halves, halves), i8x16.splat(1));
        v128.store_lane<i32>(out, flags, 0);
        x += 16;
        y += bytes<T>(4 * bInner);
        out += 4;
      }
    }
    for (; n > 0; n--) {
      store<u8>(out, <u8>f.scalar(load<T>(x), load<T>(y)));
      x += bytes<T>(aInner);
      y += bytes<T>(bInner);
      out++;
    }
  }
}

export function equal_f32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { compare<f32, Equal<f32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function notEqual_f32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { compare<f32, NotEqual<f32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function less_f32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { compare<f32, Less<f32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function lessEqual_f32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { compare<f32, LessEqual<f32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function equal_f64(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { compare<f64, Equal<f64>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function notEqual_f64(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { compare<f64, NotEqual<f64>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function less_f64(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { compare<f64, Less<f64>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function lessEqual_f64(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { compare<f64, LessEqual<f64>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function equal_i32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { compare<i32, Equal<i32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function notEqual_i32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { compare<i32, NotEqual<i32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function less_i32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { compare<i32, Less<i32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function lessEqual_i32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { compare<i32, LessEqual<i32>>(a, ao, ai, b, bo, bi, out, outer, inner); }

function where<T>(
  condition: usize, cOuter: i32, cInner: i32, a: usize, aOuter: i32, aInner: i32, b: usize, bOuter: i32, bInner: i32,
  out: usize, outer: i32, inner: i32,
): void {
  for (let i = 0; i < outer; i++) {
    let c = condition + <usize>(i * cOuter);
    let x = a + bytes<T>(i * aOuter);
    let y = b + bytes<T>(i * bOuter);
    let n = inner;
    if (sizeof<T>() == 4 && cInner == 1 && (aInner == 0 || aInner == 1) && (bInner == 0 || bInner == 1)) {
      const singleX = v128.load32_splat(x);
      const singleY = v128.load32_splat(y);
      for (; n >= 4; n -= 4) {
        const flags = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(c)));
        const mask = i32x4.ne(flags, i32x4.splat(0));
        const vx = aInner == 1 ? v128.load(x) : singleX;
        const vy = bInner == 1 ? v128.load(y) : singleY;
        v128.store(out, v128.bitselect(vx, vy, mask));
        c += 4;
        x += bytes<T>(4 * aInner);
        y += bytes<T>(4 * bInner);
        out += 16;
      }
    }
    for (; n > 0; n--) {
      store<T>(out, load<u8>(c) != 0 ? load<T>(x) : load<T>(y));
      c += <usize>cInner;
      x += bytes<T>(aInner);
      y += bytes<T>(bInner);
      out += sizeof<T>();
    }
  }
}

export function where_8(c: usize, co: i32, ci: i32, a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { where<u8>(c, co, ci, a, ao, ai, b, bo, bi, out, outer, inner); }
export function where_32(c: usize, co: i32, ci: i32, a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { where<u32>(c, co, ci, a, ao, ai, b, bo, bi, out, outer, inner); }
export function where_64(c: usize, co: i32, ci: i32, a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { where<u64>(c, co, ci, a, ao, ai, b, bo, bi, out, outer, inner); }
