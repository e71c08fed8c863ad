import { magnitudePow2, pow, signedPow } from "./double";
import { Add, Div, Max, Min, Mul, ReluGrad, SigmoidGrad, Sub, TanhGrad } from "./operations";

/*
 * Maps of two strided arrays, seen as (outer, inner), to a contiguous one:
 * (a, its two strides, b, its two strides, out, outer, inner), strides in elements.
 */

// @ts-ignore: decorator
@inline
function bytes<T>(step: i32): usize {
  return <usize>(<isize>step * <isize>sizeof<T>());
}

function binary<T, F>(
  a: usize, aOuter: i32, aInner: i32, b: usize, bOuter: i32, bInner: i32, out: usize, outer: i32, inner: i32,
): void {
  for (let i = 0; i < outer; i++) {
    if (aInner == 1 && bInner == 1) bothRun<T, F>(a, b, out, inner);
    else if (aInner == 1 && bInner == 0) oneRun<T, F>(a, b, out, inner, false);
    else if (aInner == 0 && bInner == 1) oneRun<T, F>(b, a, out, inner, true);
    else stepped<T, F>(a, bytes<T>(aInner), b, bytes<T>(bInner), out, inner);
    a += bytes<T>(aOuter);
    b += bytes<T>(bOuter);
    out += bytes<T>(inner);
  }
}

// @ts-ignore: decorator
@inline
function bothRun<T, F>(a: usize, b: usize, out: usize, n: i32): void {
  const f = changetype<F>(0);
  const lanes = <i32>(16 / sizeof<T>());
  for (; n >= 2 * lanes; n -= 2 * lanes) {
    v128.store(out, f.vector(v128.load(a), v128.load(b)));
    v128.store(out, f.vector(v128.load(a, 16), v128.load(b, 16)), 16);
    a += 32;
    b += 32;
    out += 32;
  }
  for (; n > 0; n--) {
    store<T>(out, f.scalar(load<T>(a), load<T>(b)));
    a += sizeof<T>();
    b += sizeof<T>();
    out += sizeof<T>();
  }
}

/** One operand runs and the other, a single element, is the left one if `swapped`. */
// @ts-ignore: decorator
@inline
function oneRun<T, F>(run: usize, single: usize, out: usize, n: i32, swapped: bool): void {
  const f = changetype<F>(0);
  const lanes = <i32>(16 / sizeof<T>());
  const value = load<T>(single);
  const values = v128.splat<T>(value);
  for (; n >= lanes; n -= lanes) {
    const x = v128.load(run);
    v128.store(out, swapped ? f.vector(values, x) : f.vector(x, values));
    run += 16;
    out += 16;
  }
  for (; n > 0; n--) {
    const x = load<T>(run);
    store<T>(out, swapped ? f.scalar(value, x) : f.scalar(x, value));
    run += sizeof<T>();
    out += sizeof<T>();
  }
}

// @ts-ignore: decorator
@inline
function stepped<T, F>(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  const f = changetype<F>(0);
  for (; n > 0; n--) {
    store<T>(out, f.scalar(load<T>(a), load<T>(b)));
    a += aStep;
    b += bStep;
    out += sizeof<T>();
  }
}

export function add_f32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f32, Add<f32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function sub_f32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f32, Sub<f32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function mul_f32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f32, Mul<f32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function div_f32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f32, Div<f32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function maximum_f32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f32, Max<f32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function minimum_f32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f32, Min<f32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function add_f64(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f64, Add<f64>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function sub_f64(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f64, Sub<f64>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function mul_f64(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f64, Mul<f64>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function div_f64(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f64, Div<f64>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function maximum_f64(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f64, Max<f64>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function minimum_f64(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f64, Min<f64>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function add_i32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<i32, Add<i32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function sub_i32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<i32, Sub<i32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function mul_i32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<i32, Mul<i32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function maximum_i32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<i32, Max<i32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function minimum_i32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<i32, Min<i32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function reluGrad_f32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f32, ReluGrad<f32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function tanhGrad_f32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f32, TanhGrad<f32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function sigmoidGrad_f32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f32, SigmoidGrad<f32>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function reluGrad_f64(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f64, ReluGrad<f64>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function tanhGrad_f64(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f64, TanhGrad<f64>>(a, ao, ai, b, bo, bi, out, outer, inner); }
export function sigmoidGrad_f64(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void { binary<f64, SigmoidGrad<f64>>(a, ao, ai, b, bo, bi, out, outer, inner); }

export function pow_f32(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void {
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j += 2) {
      const next = min(j + 1, inner - 1);
      const x = load<f32>(a + bytes<f32>(i * ao + j * ai));
      const y = load<f32>(b + bytes<f32>(i * bo + j * bi));
      const x1 = load<f32>(a + bytes<f32>(i * ao + next * ai));
      const y1 = load<f32>(b + bytes<f32>(i * bo + next * bi));
      const sizes = magnitudePow2(
        f64x2.replace_lane(f64x2.splat(x), 1, x1),
        f64x2.replace_lane(f64x2.splat(y), 1, y1),
      );
      store<f32>(out, signedPow(x, y, f64x2.extract_lane(sizes, 0)));
      if (next > j) store<f32>(out, signedPow(x1, y1, f64x2.extract_lane(sizes, 1)), 4);
      out += next > j ? 8 : 4;
    }
  }
}

export function pow_f64(a: usize, ao: i32, ai: i32, b: usize, bo: i32, bi: i32, out: usize, outer: i32, inner: i32): void {
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const x = load<f64>(a + bytes<f64>(i * ao + j * ai));
      store<f64>(out, pow(x, load<f64>(b + bytes<f64>(i * bo + j * bi))));
      out += 8;
    }
  }
}
