import { transpose4 } from "./pack";

/*
 * Strided copies and casts of arrays seen as (outer, inner): (from, its two strides, to, its two strides, outer, inner),
 * strides in elements.
 */

// @ts-ignore: decorator
@inline
function bytes<T>(step: i32): usize {
  return <usize>(<isize>step * <isize>sizeof<T>());
}

/** Copies `n` bytes. For short runs a loop is several times faster than the engine's own copy. */
// @ts-ignore: decorator
@inline
export function copyRun(to: usize, from: usize, n: usize): void {
  if (n >= 256) {
    memory.copy(to, from, n);
    return;
  }
  if (n >= 16) {
    // The last vector may overlap the one before it, which saves a loop over the rest.
    const last = n - 16;
    for (let i: usize = 0; i < last; i += 16) v128.store(to + i, v128.load(from + i));
    v128.store(to + last, v128.load(from + last));
    return;
  }
  for (; n >= 4; n -= 4) {
    store<u32>(to, load<u32>(from));
    to += 4;
    from += 4;
  }
  for (; n > 0; n--) store<u8>(to++, load<u8>(from++));
}

/** Writes `n` zero bytes. */
// @ts-ignore: decorator
@inline
export function clearRun(to: usize, n: usize): void {
  if (n >= 256) {
    memory.fill(to, 0, n);
    return;
  }
  if (n >= 16) {
    const last = n - 16;
    for (let i: usize = 0; i < last; i += 16) v128.store(to + i, i32x4.splat(0));
    v128.store(to + last, i32x4.splat(0));
    return;
  }
  for (; n >= 4; n -= 4) {
    store<u32>(to, 0);
    to += 4;
  }
  for (; n > 0; n--) store<u8>(to++, 0);
}

const TILE = 32;

function copy<T>(
  from: usize, fromOuter: i32, fromInner: i32, to: usize, toOuter: i32, toInner: i32, outer: i32, inner: i32,
): void {
  if (fromInner == 1 && toInner == 1) {
    for (let i = 0; i < outer; i++) {
      copyRun(to, from, bytes<T>(inner));
      from += bytes<T>(fromOuter);
      to += bytes<T>(toOuter);
    }
    return;
  }
  // Tiles keep the lines of the side that jumps in the cache until all of each has been used.
  for (let i0 = 0; i0 < outer; i0 += TILE) {
    const i1 = min(outer, i0 + TILE);
    for (let j0 = 0; j0 < inner; j0 += TILE) {
      const j1 = min(inner, j0 + TILE);
      let i = i0;
      if (sizeof<T>() == 4 && fromOuter == 1 && toInner == 1) {
        for (; i + 4 <= i1; i += 4) {
          let j = j0;
          for (; j + 4 <= j1; j += 4) {
            const source = from + bytes<T>(j * fromInner + i);
            transpose4(source, bytes<T>(fromInner), to + bytes<T>(i * toOuter + j), bytes<T>(toOuter));
          }
          for (; j < j1; j++) {
            for (let k = i; k < i + 4; k++) {
              store<T>(to + bytes<T>(k * toOuter + j), load<T>(from + bytes<T>(j * fromInner + k)));
            }
          }
        }
      }
      for (; i < i1; i++) {
        let source = from + bytes<T>(i * fromOuter + j0 * fromInner);
        let target = to + bytes<T>(i * toOuter + j0 * toInner);
        for (let j = j0; j < j1; j++) {
          store<T>(target, load<T>(source));
          source += bytes<T>(fromInner);
          target += bytes<T>(toInner);
        }
      }
    }
  }
}

export function copy_8(from: usize, fo: i32, fi: i32, to: usize, so: i32, si: i32, outer: i32, inner: i32): void { copy<u8>(from, fo, fi, to, so, si, outer, inner); }
export function copy_32(from: usize, fo: i32, fi: i32, to: usize, so: i32, si: i32, outer: i32, inner: i32): void { copy<u32>(from, fo, fi, to, so, si, outer, inner); }
export function copy_64(from: usize, fo: i32, fi: i32, to: usize, so: i32, si: i32, outer: i32, inner: i32): void { copy<u64>(from, fo, fi, to, so, si, outer, inner); }

/** To integers: toward zero, NaN to 0 and what is out of range to the nearest end, as `trunc_sat` does. */
function cast<F, T>(
  from: usize, fromOuter: i32, fromInner: i32, to: usize, toOuter: i32, toInner: i32, outer: i32, inner: i32,
): void {
  for (let i = 0; i < outer; i++) {
    let source = from + bytes<F>(i * fromOuter);
    let target = to + bytes<T>(i * toOuter);
    for (let j = 0; j < inner; j++) {
      store<T>(target, <T>load<F>(source));
      source += bytes<F>(fromInner);
      target += bytes<T>(toInner);
    }
  }
}

function castToBool<F>(
  from: usize, fromOuter: i32, fromInner: i32, to: usize, toOuter: i32, toInner: i32, outer: i32, inner: i32,
): void {
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const value = load<F>(from + bytes<F>(i * fromOuter + j * fromInner));
      store<u8>(to + <usize>(i * toOuter + j * toInner), <u8>(value != 0));
    }
  }
}

export function f32_to_f64(from: usize, fo: i32, fi: i32, to: usize, so: i32, si: i32, outer: i32, inner: i32): void { cast<f32, f64>(from, fo, fi, to, so, si, outer, inner); }
export function f32_to_i32(from: usize, fo: i32, fi: i32, to: usize, so: i32, si: i32, outer: i32, inner: i32): void { cast<f32, i32>(from, fo, fi, to, so, si, outer, inner); }
export function f32_to_u8(from: usize, fo: i32, fi: i32, to: usize, so: i32, si: i32, outer: i32, inner: i32): void { castToBool<f32>(from, fo, fi, to, so, si, outer, inner); }
export function f64_to_f32(from: usize, fo: i32, fi: i32, to: usize, so: i32, si: i32, outer: i32, inner: i32): void { cast<f64, f32>(from, fo, fi, to, so, si, outer, inner); }
export function f64_to_i32(from: usize, fo: i32, fi: i32, to: usize, so: i32, si: i32, outer: i32, inner: i32): void { cast<f64, i32>(from, fo, fi, to, so, si, outer, inner); }
export function f64_to_u8(from: usize, fo: i32, fi: i32, to: usize, so: i32, si: i32, outer: i32, inner: i32): void { castToBool<f64>(from, fo, fi, to, so, si, outer, inner); }
export function i32_to_f32(from: usize, fo: i32, fi: i32, to: usize, so: i32, si: i32, outer: i32, inner: i32): void { cast<i32, f32>(from, fo, fi, to, so, si, outer, inner); }
export function i32_to_f64(from: usize, fo: i32, fi: i32, to: usize, so: i32, si: i32, outer: i32, inner: i32): void { cast<i32, f64>(from, fo, fi, to, so, si, outer, inner); }
export function i32_to_u8(from: usize, fo: i32, fi: i32, to: usize, so: i32, si: i32, outer: i32, inner: i32): void { castToBool<i32>(from, fo, fi, to, so, si, outer, inner); }
export function u8_to_f32(from: usize, fo: i32, fi: i32, to: usize, so: i32, si: i32, outer: i32, inner: i32): void { cast<u8, f32>(from, fo, fi, to, so, si, outer, inner); }
export function u8_to_f64(from: usize, fo: i32, fi: i32, to: usize, so: i32, si: i32, outer: i32, inner: i32): void { cast<u8, f64>(from, fo, fi, to, so, si, outer, inner); }
export function u8_to_i32(from: usize, fo: i32, fi: i32, to: usize, so: i32, si: i32, outer: i32, inner: i32): void { cast<u8, i32>(from, fo, fi, to, so, si, outer, inner); }

function fill<T>(to: usize, value: T, n: i32): void {
  const values = v128.splat<T>(value);
  const lanes = <i32>(16 / sizeof<T>());
  for (; n >= lanes; n -= lanes) {
    v128.store(to, values);
    to += 16;
  }
  for (; n > 0; n--) {
    store<T>(to, value);
    to += sizeof<T>();
  }
}

export function fill_f32(to: usize, value: f32, n: i32): void { fill<f32>(to, value, n); }
export function fill_f64(to: usize, value: f64, n: i32): void { fill<f64>(to, value, n); }
