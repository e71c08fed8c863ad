import { both, high, low, narrow } from "./lanes";
import { Add, Max, Min } from "./operations";

/* Reductions of (outer, length, inner) to (outer, inner): (x, outer, length, inner, out). */

/** Float32 are added up as they are in runs this long, and the sums of the runs in float64. */
const RUN = 256;
/** Likewise down the columns. */
const ROWS = 16;

function sumRun32(x: usize, n: i32): f64 {
  let total = f64x2.splat(0);
  while (n >= 32) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    const run = min(n & ~15, RUN);
    for (const end = x + (<usize>run << 2); x < end; x += 64) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
      s2 = f32x4.add(s2, v128.load(x, 32));
      s3 = f32x4.add(s3, v128.load(x, 48));
    }
    total = f64x2.add(total, f64x2.add(f64x2.add(low(s0), high(s0)), f64x2.add(low(s1), high(s1))));
    total = f64x2.add(total, f64x2.add(f64x2.add(low(s2), high(s2)), f64x2.add(low(s3), high(s3))));
    n -= run;
  }
  let sum = both(total);
  for (; n > 0; n--, x += 4) sum += <f64>load<f32>(x);
  return sum;
}

export function sum_f32(x: usize, outer: i32, length: i32, inner: i32, out: usize): void {
  if (inner == 1) {
    for (let i = 0; i < outer; i++) {
      store<f32>(out, <f32>sumRun32(x, length));
      x += <usize>length << 2;
      out += 4;
    }
    return;
  }
  const step = <usize>inner << 2;
  for (let i = 0; i < outer; i++) {
    let j = 0;
    for (; j + 8 <= inner; j += 8) sumColumns8(x + (<usize>j << 2), step, length, out + (<usize>j << 2));
    for (; j < inner; j++) {
      let sum: f64 = 0;
      let at = x + (<usize>j << 2);
      for (let k = 0; k < length; k++, at += step) sum += <f64>load<f32>(at);
      store<f32>(out + (<usize>j << 2), <f32>sum);
    }
    x += <usize>length * step;
    out += step;
  }
}

function sumColumns8(x: usize, step: usize, length: i32, out: usize): void {
  let t0 = f64x2.splat(0);
  let t1 = t0;
  let t2 = t0;
  let t3 = t0;
  while (length > 0) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    const rows = min(length, ROWS);
    for (let k = 0; k < rows; k++, x += step) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
    }
    t0 = f64x2.add(t0, low(s0));
    t1 = f64x2.add(t1, high(s0));
    t2 = f64x2.add(t2, low(s1));
    t3 = f64x2.add(t3, high(s1));
    length -= rows;
  }
  v128.store(out, narrow(t0, t1));
  v128.store(out, narrow(t2, t3), 16);
}

/** Halves long runs, so that the error grows with the logarithm of their length. */
function sumRun64(x: usize, n: i32): f64 {
  if (n > 1024) {
    const half = (n >> 1) & ~7;
    return sumRun64(x, half) + sumRun64(x + (<usize>half << 3), n - half);
  }
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (; n >= 8; n -= 8, x += 64) {
    s0 = f64x2.add(s0, v128.load(x));
    s1 = f64x2.add(s1, v128.load(x, 16));
    s2 = f64x2.add(s2, v128.load(x, 32));
    s3 = f64x2.add(s3, v128.load(x, 48));
  }
  let sum = both(f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3)));
  for (; n > 0; n--, x += 8) sum += load<f64>(x);
  return sum;
}

export function sum_f64(x: usize, outer: i32, length: i32, inner: i32, out: usize): void {
  if (inner != 1) {
    fold<f64, Add<f64>>(x, outer, length, inner, out, 0);
    return;
  }
  for (let i = 0; i < outer; i++) {
    store<f64>(out, sumRun64(x, length));
    x += <usize>length << 3;
    out += 8;
  }
}

/** Combines the elements in any order, several lanes at a time. */
function fold<T, F>(x: usize, outer: i32, length: i32, inner: i32, out: usize, initial: T): void {
  const f = changetype<F>(0);
  const step = <usize>inner * sizeof<T>();
  for (let i = 0; i < outer; i++) {
    if (inner == 1) {
      store<T>(out, foldRun<T, F>(x, length, initial));
    } else {
      const lanes = <i32>(16 / sizeof<T>());
      let j = 0;
      for (; j + 2 * lanes <= inner; j += 2 * lanes) {
        let s0 = v128.splat<T>(initial);
        let s1 = s0;
        let at = x + <usize>j * sizeof<T>();
        for (let k = 0; k < length; k++, at += step) {
          s0 = f.vector(s0, v128.load(at));
          s1 = f.vector(s1, v128.load(at, 16));
        }
        v128.store(out + <usize>j * sizeof<T>(), s0);
        v128.store(out + <usize>j * sizeof<T>(), s1, 16);
      }
      for (; j < inner; j++) {
        let s = initial;
        let at = x + <usize>j * sizeof<T>();
        for (let k = 0; k < length; k++, at += step) s = f.scalar(s, load<T>(at));
        store<T>(out + <usize>j * sizeof<T>(), s);
      }
    }
    x += <usize>length * step;
    out += step;
  }
}

// @ts-ignore: decorator
@inline
function foldRun<T, F>(x: usize, n: i32, initial: T): T {
  const f = changetype<F>(0);
  const lanes = <i32>(16 / sizeof<T>());
  let s0 = v128.splat<T>(initial);
  let s1 = s0;
  for (; n >= 2 * lanes; n -= 2 * lanes, x += 32) {
    s0 = f.vector(s0, v128.load(x));
    s1 = f.vector(s1, v128.load(x, 16));
  }
  s0 = f.vector(s0, s1);
  let s = initial;
  s = f.scalar(s, v128.extract_lane<T>(s0, 0));
  s = f.scalar(s, v128.extract_lane<T>(s0, 1));
  if (sizeof<T>() == 4) {
    s = f.scalar(s, v128.extract_lane<T>(s0, 2));
    s = f.scalar(s, v128.extract_lane<T>(s0, 3));
  }
  for (; n > 0; n--, x += sizeof<T>()) s = f.scalar(s, load<T>(x));
  return s;
}

export function max_f32(x: usize, outer: i32, length: i32, inner: i32, out: usize): void { fold<f32, Max<f32>>(x, outer, length, inner, out, -Infinity); }
export function min_f32(x: usize, outer: i32, length: i32, inner: i32, out: usize): void { fold<f32, Min<f32>>(x, outer, length, inner, out, Infinity); }
export function max_f64(x: usize, outer: i32, length: i32, inner: i32, out: usize): void { fold<f64, Max<f64>>(x, outer, length, inner, out, -Infinity); }
export function min_f64(x: usize, outer: i32, length: i32, inner: i32, out: usize): void { fold<f64, Min<f64>>(x, outer, length, inner, out, Infinity); }
export function sum_i32(x: usize, outer: i32, length: i32, inner: i32, out: usize): void { fold<i32, Add<i32>>(x, outer, length, inner, out, 0); }
export function max_i32(x: usize, outer: i32, length: i32, inner: i32, out: usize): void { fold<i32, Max<i32>>(x, outer, length, inner, out, i32.MIN_VALUE); }
export function min_i32(x: usize, outer: i32, length: i32, inner: i32, out: usize): void { fold<i32, Min<i32>>(x, outer, length, inner, out, i32.MAX_VALUE); }

function product<T>(x: usize, outer: i32, length: i32, inner: i32, out: usize): void {
  const step = <usize>inner * sizeof<T>();
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      let result: f64 = 1;
      let at = x + <usize>j * sizeof<T>();
      for (let k = 0; k < length; k++, at += step) result *= <f64>load<T>(at);
      store<T>(out, <T>result);
      out += sizeof<T>();
    }
    x += <usize>length * step;
  }
}

export function prod_f32(x: usize, outer: i32, length: i32, inner: i32, out: usize): void { product<f32>(x, outer, length, inner, out); }
export function prod_f64(x: usize, outer: i32, length: i32, inner: i32, out: usize): void { product<f64>(x, outer, length, inner, out); }
