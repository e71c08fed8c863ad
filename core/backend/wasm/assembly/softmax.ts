import { exp, exp2, log as ln } from "./double";
import { both, high, loadPart, loadPartOr, low, narrow, storePart } from "./lanes";
import { beyondNormal4, exp4, expNormal4 } from "./vector";

/*
 * Softmax and its logarithm along the middle axis of (outer, length, inner): (x, outer, length, inner, rowStep, out). Both are
 * shifted by the maximum, and sums are in float64. `rowStep` is the distance of two rows, in elements, so that a thread can
 * take a range of what is inner.
 */

/** The maximum, passing over NaN, which makes the sum NaN anyway: `pmax` is one instruction, `max` is seven. */
export function maxOfRun(x: usize, n: i32): v128 {
  let m = f32x4.splat(-Infinity);
  let m1 = m;
  for (; n >= 8; n -= 8, x += 32) {
    m = f32x4.pmax(m, v128.load(x));
    m1 = f32x4.pmax(m1, v128.load(x, 16));
  }
  m = f32x4.pmax(m, m1);
  if (n >= 4) {
    m = f32x4.pmax(m, v128.load(x));
    x += 16;
    n -= 4;
  }
  if (n > 0) m = f32x4.pmax(m, loadPartOr(x, n, -Infinity));
  m = f32x4.pmax(m, v128.shuffle<i32>(m, m, 2, 3, 0, 1));
  return f32x4.pmax(m, v128.shuffle<i32>(m, m, 1, 0, 3, 2));
}

/** As `sumOfExponentials`, of any number of elements, which may be far below the maximum. */
function eachExp(x: usize, n: i32, maximum: v128, out: usize, stores: bool): f64 {
  let sum = f64x2.splat(0);
  for (; n > 0; n -= 4, x += 16, out += 16) {
    const e = exp4(f32x4.sub(n >= 4 ? v128.load(x) : loadPartOr(x, n, -Infinity), maximum));
    if (stores) {
      if (n >= 4) v128.store(out, e);
      else storePart(out, e, n);
    }
    sum = f64x2.add(sum, f64x2.add(low(e), high(e)));
  }
  return both(sum);
}

/** The sum of e^(x - max); the exponentials are stored to `out` if `stores` says so. */
export function sumOfExponentials(x: usize, n: i32, maximum: v128, out: usize, stores: bool): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  for (; n >= 16; n -= 16, x += 64) {
    const a = f32x4.sub(v128.load(x), maximum);
    const b = f32x4.sub(v128.load(x, 16), maximum);
    const c = f32x4.sub(v128.load(x, 32), maximum);
    const d = f32x4.sub(v128.load(x, 48), maximum);
    const beyond = v128.or(v128.or(beyondNormal4(a), beyondNormal4(b)), v128.or(beyondNormal4(c), beyondNormal4(d)));
    if (i32x4.bitmask(beyond) != 0) {
      s0 = f64x2.add(s0, f64x2.replace_lane(f64x2.splat(0), 0, eachExp(x, 16, maximum, out, stores)));
      if (stores) out += 64;
      continue;
    }
    const e = expNormal4(a);
    const f = expNormal4(b);
    const g = expNormal4(c);
    const h = expNormal4(d);
    if (stores) {
      v128.store(out, e);
      v128.store(out, f, 16);
      v128.store(out, g, 32);
      v128.store(out, h, 48);
      out += 64;
    }
    const sums = f32x4.add(f32x4.add(e, f), f32x4.add(g, h));
    s0 = f64x2.add(s0, low(sums));
    s1 = f64x2.add(s1, high(sums));
  }
  const sum = both(f64x2.add(s0, s1));
  return n > 0 ? sum + eachExp(x, n, maximum, out, stores) : sum;
}

// @ts-ignore: decorator
@inline
export function softmaxRun(x: usize, n: i32, out: usize): void {
  const sum = sumOfExponentials(x, n, maxOfRun(x, n), out, true);
  const factor = f32x4.splat(<f32>(1 / sum));
  for (; n >= 16; n -= 16, out += 64) {
    v128.store(out, f32x4.mul(v128.load(out), factor));
    v128.store(out, f32x4.mul(v128.load(out, 16), factor), 16);
    v128.store(out, f32x4.mul(v128.load(out, 32), factor), 32);
    v128.store(out, f32x4.mul(v128.load(out, 48), factor), 48);
  }
  for (; n >= 4; n -= 4, out += 16) v128.store(out, f32x4.mul(v128.load(out), factor));
  if (n > 0) storePart(out, f32x4.mul(loadPart(out, n), factor), n);
}

// @ts-ignore: decorator
@inline
function logSoftmaxRun(x: usize, n: i32, out: usize): void {
  const maximum = maxOfRun(x, n);
  const logSum = f32x4.splat(<f32>ln(sumOfExponentials(x, n, maximum, 0, false)));
  for (; n >= 4; n -= 4, x += 16, out += 16) {
    v128.store(out, f32x4.sub(f32x4.sub(v128.load(x), maximum), logSum));
  }
  if (n > 0) storePart(out, f32x4.sub(f32x4.sub(loadPart(x, n), maximum), logSum), n);
}

// @ts-ignore: decorator
@inline
function loadColumns(x: usize, n: i32): v128 {
  return n >= 4 ? v128.load(x) : loadPart(x, n);
}

// @ts-ignore: decorator
@inline
function storeColumns(out: usize, v: v128, n: i32): void {
  if (n >= 4) v128.store(out, v);
  else storePart(out, v, n);
}

/** Up to four columns side by side, `step` bytes from row to row. */
function columns(x: usize, step: usize, length: i32, out: usize, n: i32, log: bool): void {
  let maximum = f32x4.splat(-Infinity);
  for (let k = 0; k < length; k++) maximum = f32x4.pmax(maximum, loadColumns(x + <usize>k * step, n));
  let s0 = f64x2.splat(0);
  let s1 = s0;
  for (let k = 0; k < length; k++) {
    const shifted = f32x4.sub(loadColumns(x + <usize>k * step, n), maximum);
    const e = exp4(shifted);
    storeColumns(out + <usize>k * step, log ? shifted : e, n);
    s0 = f64x2.add(s0, low(e));
    s1 = f64x2.add(s1, high(e));
  }
  if (log) {
    s0 = f64x2.replace_lane(f64x2.splat(ln(f64x2.extract_lane(s0, 0))), 1, ln(f64x2.extract_lane(s0, 1)));
    s1 = f64x2.replace_lane(f64x2.splat(ln(f64x2.extract_lane(s1, 0))), 1, ln(f64x2.extract_lane(s1, 1)));
    const logSum = narrow(s0, s1);
    for (let k = 0; k < length; k++, out += step) storeColumns(out, f32x4.sub(loadColumns(out, n), logSum), n);
  } else {
    const one = f64x2.splat(1);
    const factor = narrow(f64x2.div(one, s0), f64x2.div(one, s1));
    for (let k = 0; k < length; k++, out += step) storeColumns(out, f32x4.mul(loadColumns(out, n), factor), n);
  }
}

// @ts-ignore: decorator
@inline
function normalize32(x: usize, outer: i32, length: i32, inner: i32, rowStep: i32, out: usize, log: bool): void {
  const step = <usize>rowStep << 2;
  for (let i = 0; i < outer; i++) {
    if (rowStep == 1) {
      if (log) logSoftmaxRun(x, length, out);
      else softmaxRun(x, length, out);
    } else {
      for (let j = 0; j < inner; j += 4) {
        columns(x + (<usize>j << 2), step, length, out + (<usize>j << 2), min(4, inner - j), log);
      }
    }
    x += <usize>length * step;
    out += <usize>length * step;
  }
}

export function normalize64(x: usize, outer: i32, length: i32, inner: i32, rowStep: i32, out: usize, log: bool): void {
  const step = <usize>rowStep << 3;
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const first = <usize>i * <usize>length * step + (<usize>j << 3);
      const end = first + <usize>length * step;
      let maximum: f64 = -Infinity;
      for (let at = first; at < end; at += step) maximum = max(maximum, load<f64>(x + at));
      let sum: f64 = 0;
      let rest = first;
      if (rowStep == 1) {
        const maxima = f64x2.splat(maximum);
        for (; rest + 16 <= end; rest += 16) {
          const shifted = f64x2.sub(v128.load(x + rest), maxima);
          const e = exp2(shifted);
          v128.store(out + rest, log ? shifted : e);
          sum = sum + f64x2.extract_lane(e, 0) + f64x2.extract_lane(e, 1);
        }
      }
      for (let at = rest; at < end; at += step) {
        const shifted = load<f64>(x + at) - maximum;
        const e = exp(shifted);
        store<f64>(out + at, log ? shifted : e);
        sum += e;
      }
      const logSum = log ? ln(sum) : 0;
      for (let at = first; at < end; at += step) {
        const value = load<f64>(out + at);
        store<f64>(out + at, log ? value - logSum : value / sum);
      }
    }
  }
}

export function softmax_f32(x: usize, outer: i32, length: i32, inner: i32, rowStep: i32, out: usize): void { normalize32(x, outer, length, inner, rowStep, out, false); }
export function logSoftmax_f32(x: usize, outer: i32, length: i32, inner: i32, rowStep: i32, out: usize): void { normalize32(x, outer, length, inner, rowStep, out, true); }
export function softmax_f64(x: usize, outer: i32, length: i32, inner: i32, rowStep: i32, out: usize): void { normalize64(x, outer, length, inner, rowStep, out, false); }
export function logSoftmax_f64(x: usize, outer: i32, length: i32, inner: i32, rowStep: i32, out: usize): void { normalize64(x, outer, length, inner, rowStep, out, true); }
