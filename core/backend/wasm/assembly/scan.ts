/* Positions of extremes and running sums of (outer, length, inner). */

/** The position of the first greatest (or, with `least`, smallest) element; NaN counts as extreme. */
// @ts-ignore: decorator
@inline
function argExtreme<T>(x: usize, outer: i32, length: i32, inner: i32, out: usize, least: bool): void {
  const step = <usize>inner * sizeof<T>();
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      let at = x + <usize>j * sizeof<T>();
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
      store<i32>(out, best);
      out += 4;
    }
    x += <usize>length * step;
  }
}

export function argmax_f32(x: usize, outer: i32, length: i32, inner: i32, out: usize): void { argExtreme<f32>(x, outer, length, inner, out, false); }
export function argmin_f32(x: usize, outer: i32, length: i32, inner: i32, out: usize): void { argExtreme<f32>(x, outer, length, inner, out, true); }
export function argmax_f64(x: usize, outer: i32, length: i32, inner: i32, out: usize): void { argExtreme<f64>(x, outer, length, inner, out, false); }
export function argmin_f64(x: usize, outer: i32, length: i32, inner: i32, out: usize): void { argExtreme<f64>(x, outer, length, inner, out, true); }
export function argmax_i32(x: usize, outer: i32, length: i32, inner: i32, out: usize): void { argExtreme<i32>(x, outer, length, inner, out, false); }
export function argmin_i32(x: usize, outer: i32, length: i32, inner: i32, out: usize): void { argExtreme<i32>(x, outer, length, inner, out, true); }

/** Sums of `T` in `S`: float32 are added up in float64. */
// @ts-ignore: decorator
@inline
function runningSums<T, S>(x: usize, outer: i32, length: i32, inner: i32, reverse: i32, out: usize): void {
  const step = <usize>inner * sizeof<T>();
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

export function cumsum_f32(x: usize, outer: i32, length: i32, inner: i32, reverse: i32, out: usize): void { runningSums<f32, f64>(x, outer, length, inner, reverse, out); }
export function cumsum_f64(x: usize, outer: i32, length: i32, inner: i32, reverse: i32, out: usize): void { runningSums<f64, f64>(x, outer, length, inner, reverse, out); }
export function cumsum_i32(x: usize, outer: i32, length: i32, inner: i32, reverse: i32, out: usize): void { runningSums<i32, i32>(x, outer, length, inner, reverse, out); }
