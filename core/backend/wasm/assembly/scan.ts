import { foldRun, Greatest, IntegerMax, IntegerMin, Least } from "./reduce";

/*
 * Positions of extremes and running sums of (outer, length, inner). `rowStep` is the distance of two rows, in elements, so that a
 * thread can take a range of what is inner; the outer blocks follow each other.
 */

/** The position of the first greatest (or, with `least`, smallest) element; NaN counts as extreme. */
// @ts-ignore: decorator
@inline
function argExtreme<T, F>(
  x: usize, outer: i32, length: i32, inner: i32, rowStep: i32, out: usize, least: bool, initial: T,
): void {
  const step = <usize>rowStep * sizeof<T>();
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const first = x + <usize>j * sizeof<T>();
      store<i32>(out, step == sizeof<T>() ? positionInRun<T, F>(first, length, initial) : position<T>(first, length, step, least));
      out += 4;
    }
    x += <usize>length * step;
  }
}

// @ts-ignore: decorator
@inline
function position<T>(at: usize, length: i32, step: usize, least: bool): i32 {
  let extreme = load<T>(at);
  let best = 0;
  for (let k = 1; k < length && extreme == extreme; k++) {
    at += step;
    const value = load<T>(at);
    if ((least ? value < extreme : value > extreme) || value != value) {
      extreme = value;
      best = k;
    }
  }
  return best;
}

/** Finds the extreme and then the first element that is it: two passes of vectors take less than one of scalars. */
// @ts-ignore: decorator
@inline
function positionInRun<T, F>(x: usize, length: i32, initial: T): i32 {
  const extreme = foldRun<T, F>(x, length, initial);
  const nan = extreme != extreme;
  const wanted = v128.splat<T>(extreme);
  const lanes = <i32>(16 / sizeof<T>());
  let k = 0;
  for (; k + lanes <= length; k += lanes) {
    const value = v128.load(x + <usize>k * sizeof<T>());
    if (v128.any_true(nan ? v128.ne<T>(value, value) : v128.eq<T>(value, wanted))) break;
  }
  for (; k < length; k++) {
    const value = load<T>(x + <usize>k * sizeof<T>());
    if (value == extreme || (nan && value != value)) return k;
  }
  return 0;
}

export function argmax_f32(x: usize, outer: i32, length: i32, inner: i32, rowStep: i32, out: usize): void { argExtreme<f32, Greatest<f32>>(x, outer, length, inner, rowStep, out, false, -Infinity); }
export function argmin_f32(x: usize, outer: i32, length: i32, inner: i32, rowStep: i32, out: usize): void { argExtreme<f32, Least<f32>>(x, outer, length, inner, rowStep, out, true, Infinity); }
export function argmax_f64(x: usize, outer: i32, length: i32, inner: i32, rowStep: i32, out: usize): void { argExtreme<f64, Greatest<f64>>(x, outer, length, inner, rowStep, out, false, -Infinity); }
export function argmin_f64(x: usize, outer: i32, length: i32, inner: i32, rowStep: i32, out: usize): void { argExtreme<f64, Least<f64>>(x, outer, length, inner, rowStep, out, true, Infinity); }
export function argmax_i32(x: usize, outer: i32, length: i32, inner: i32, rowStep: i32, out: usize): void { argExtreme<i32, IntegerMax>(x, outer, length, inner, rowStep, out, false, i32.MIN_VALUE); }
export function argmin_i32(x: usize, outer: i32, length: i32, inner: i32, rowStep: i32, out: usize): void { argExtreme<i32, IntegerMin>(x, outer, length, inner, rowStep, out, true, i32.MAX_VALUE); }

/** Sums of `T` in `S`: float32 are added up in float64. */
// @ts-ignore: decorator
@inline
function runningSums<T, S>(x: usize, outer: i32, length: i32, inner: i32, rowStep: i32, reverse: i32, out: usize): void {
  const step = <usize>rowStep * sizeof<T>();
  const last = <usize>(length - 1) * step;
  const move: usize = reverse != 0 ? <usize>0 - step : step;
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      let at = <usize>i * <usize>length * step + <usize>j * sizeof<T>() + (reverse != 0 ? last : 0);
      let sum: S = 0;
      for (let k = 0; k < length; k++) {
        sum += <S>load<T>(x + at);
        store<T>(out + at, <T>sum);
        at += move;
      }
    }
  }
}

export function cumsum_f32(x: usize, outer: i32, length: i32, inner: i32, rowStep: i32, reverse: i32, out: usize): void { runningSums<f32, f64>(x, outer, length, inner, rowStep, reverse, out); }
export function cumsum_f64(x: usize, outer: i32, length: i32, inner: i32, rowStep: i32, reverse: i32, out: usize): void { runningSums<f64, f64>(x, outer, length, inner, rowStep, reverse, out); }
export function cumsum_i32(x: usize, outer: i32, length: i32, inner: i32, rowStep: i32, reverse: i32, out: usize): void { runningSums<i32, i32>(x, outer, length, inner, rowStep, reverse, out); }
