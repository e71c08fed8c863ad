import { both, high, low, narrow } from "./lanes";
import { Add } from "./operations";

/*
 * Reductions of (outer, length, inner) to (outer, inner). The arguments: x, outer, length, inner, the distance of two outer
 * blocks, that of two rows, out, the distance of its rows, and 8 * inner bytes of scratch. Distances in elements; what is
 * inner runs. With them a thread can take a range of any of the three axes.
 */

/** Float32 are added up as they are in runs this long, and the sums of the runs in float64. */
const RUN = 1024;
/** Likewise down the columns. Twice as many, 2048 bytes apart, would drive each other out of the first-level cache. */
const ROWS = 16;

function sumRun32(x: usize, n: i32): f64 {
  let total = f64x2.splat(0);
  while (n >= 64) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let s4 = s0;
    let s5 = s0;
    let s6 = s0;
    let s7 = s0;
    const run = min(n & ~63, RUN);
    for (const end = x + (<usize>run << 2); x < end; x += 256) {
      s0 = f32x4.add(s0, f32x4.add(v128.load(x), v128.load(x, 128)));
      s1 = f32x4.add(s1, f32x4.add(v128.load(x, 16), v128.load(x, 144)));
      s2 = f32x4.add(s2, f32x4.add(v128.load(x, 32), v128.load(x, 160)));
      s3 = f32x4.add(s3, f32x4.add(v128.load(x, 48), v128.load(x, 176)));
      s4 = f32x4.add(s4, f32x4.add(v128.load(x, 64), v128.load(x, 192)));
      s5 = f32x4.add(s5, f32x4.add(v128.load(x, 80), v128.load(x, 208)));
      s6 = f32x4.add(s6, f32x4.add(v128.load(x, 96), v128.load(x, 224)));
      s7 = f32x4.add(s7, f32x4.add(v128.load(x, 112), v128.load(x, 240)));
    }
    s0 = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
    s4 = f32x4.add(f32x4.add(s4, s5), f32x4.add(s6, s7));
    total = f64x2.add(total, f64x2.add(f64x2.add(low(s0), high(s0)), f64x2.add(low(s4), high(s4))));
    n -= run;
  }
  if (n >= 4) {
    let rest = v128.load(x);
    for (n -= 4, x += 16; n >= 4; n -= 4, x += 16) rest = f32x4.add(rest, v128.load(x));
    total = f64x2.add(total, f64x2.add(low(rest), high(rest)));
  }
  let sum = both(total);
  for (; n > 0; n--, x += 4) sum += <f64>load<f32>(x);
  return sum;
}

export function sum_f32(
  x: usize, outer: i32, length: i32, inner: i32, outerStep: i32, rowStep: i32, out: usize, outStep: i32, scratch: usize,
): void {
  for (let i = 0; i < outer; i++) {
    if (inner == 1 && rowStep == 1) store<f32>(out, <f32>sumRun32(x, length));
    else sumRows32(x, length, inner, <usize>rowStep << 2, out, scratch);
    x += <usize>outerStep << 2;
    out += <usize>outStep << 2;
  }
}

/**
 * Sums down the columns, of sixteen at a time, in which one address serves four loads. Two rows a round: V8 moves the loads of a round
 * before its arithmetic, and has no registers for those of four.
 */
function sumRows32(x: usize, length: i32, inner: i32, step: usize, out: usize, totals: usize): void {
  memory.fill(totals, 0, <usize>inner << 3);
  const columns = inner & ~3;
  let row = 0;
  while (row + 2 <= length) {
    const rows = min(ROWS, (length - row) & ~1);
    let j: usize = 0;
    for (; j + 16 <= <usize>columns; j += 16) {
      let at = x + (j << 2);
      let s0 = f32x4.splat(0);
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      for (let k = 0; k < rows; k += 2) {
        s0 = f32x4.add(s0, f32x4.add(v128.load(at), v128.load(at + step)));
        s1 = f32x4.add(s1, f32x4.add(v128.load(at, 16), v128.load(at + step, 16)));
        s2 = f32x4.add(s2, f32x4.add(v128.load(at, 32), v128.load(at + step, 32)));
        s3 = f32x4.add(s3, f32x4.add(v128.load(at, 48), v128.load(at + step, 48)));
        at += 2 * step;
      }
      const total = totals + (j << 3);
      addLanes(total, s0);
      addLanes(total + 32, s1);
      addLanes(total + 64, s2);
      addLanes(total + 96, s3);
    }
    for (; j < <usize>columns; j += 4) {
      let at = x + (j << 2);
      let s0 = f32x4.splat(0);
      for (let k = 0; k < rows; k++, at += step) s0 = f32x4.add(s0, v128.load(at));
      addLanes(totals + (j << 3), s0);
    }
    addScalars(x, columns, inner, rows, step, totals);
    row += rows;
    x += <usize>rows * step;
  }
  if (row < length) {
    for (let j: usize = 0; j < <usize>columns; j += 4) addLanes(totals + (j << 3), v128.load(x + (j << 2)));
    addScalars(x, columns, inner, 1, step, totals);
  }
  for (let j: usize = 0; j < <usize>columns; j += 4) {
    v128.store(out + (j << 2), narrow(v128.load(totals + (j << 3)), v128.load(totals + (j << 3), 16)));
  }
  for (let j: usize = columns; j < <usize>inner; j++) store<f32>(out + (j << 2), <f32>load<f64>(totals + (j << 3)));
}

/** Adds the lanes of float32 to four float64. */
// @ts-ignore: decorator
@inline
function addLanes(total: usize, value: v128): void {
  v128.store(total, f64x2.add(v128.load(total), low(value)));
  v128.store(total, f64x2.add(v128.load(total, 16), high(value)), 16);
}

/** Adds `rows` rows of the last columns, from `first` on. */
// @ts-ignore: decorator
@inline
function addScalars(x: usize, first: i32, inner: i32, rows: i32, step: usize, totals: usize): void {
  for (let j: usize = first; j < <usize>inner; j++) {
    let sum = load<f64>(totals + (j << 3));
    let at = x + (j << 2);
    for (let k = 0; k < rows; k++, at += step) sum += <f64>load<f32>(at);
    store<f64>(totals + (j << 3), sum);
  }
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

export function sum_f64(
  x: usize, outer: i32, length: i32, inner: i32, outerStep: i32, rowStep: i32, out: usize, outStep: i32, scratch: usize,
): void {
  if (inner != 1 || rowStep != 1) {
    fold<f64, Add<f64>>(x, outer, length, inner, outerStep, rowStep, out, outStep, 0);
    return;
  }
  for (let i = 0; i < outer; i++) {
    store<f64>(out, sumRun64(x, length));
    x += <usize>outerStep << 3;
    out += <usize>outStep << 3;
  }
}

/** The greatest element of each lane, or the smallest; NaN wins. */
@unmanaged
export class Greatest<T> {
  @inline vector(a: v128, b: v128): v128 { return v128.pmax<T>(a, b); }
  @inline scalar(a: T, b: T): T { return max<T>(a, b); }
}

@unmanaged
export class Least<T> {
  @inline vector(a: v128, b: v128): v128 { return v128.pmin<T>(a, b); }
  @inline scalar(a: T, b: T): T { return min<T>(a, b); }
}

/** Integers have no NaN, and no `pmax`. */
@unmanaged
export class IntegerMax {
  @inline vector(a: v128, b: v128): v128 { return i32x4.max_s(a, b); }
  @inline scalar(a: i32, b: i32): i32 { return max<i32>(a, b); }
}

@unmanaged
export class IntegerMin {
  @inline vector(a: v128, b: v128): v128 { return i32x4.min_s(a, b); }
  @inline scalar(a: i32, b: i32): i32 { return min<i32>(a, b); }
}

/**
 * Combines the elements in any order, several lanes at a time. `F.vector` may pass over NaN in its second operand but not in
 * its first; for floats NaN is looked for beside it, which is faster than operations that let it through.
 */
function fold<T, F>(
  x: usize, outer: i32, length: i32, inner: i32, outerStep: i32, rowStep: i32, out: usize, outStep: i32, initial: T,
): void {
  const step = <usize>rowStep * sizeof<T>();
  for (let i = 0; i < outer; i++) {
    if (inner == 1 && rowStep == 1) store<T>(out, foldRun<T, F>(x, length, initial));
    else foldRows<T, F>(x, length, inner, step, out, initial);
    x += <usize>outerStep * sizeof<T>();
    out += <usize>outStep * sizeof<T>();
  }
}

// @ts-ignore: decorator
@inline
function foldRows<T, F>(x: usize, length: i32, inner: i32, step: usize, out: usize, initial: T): void {
  const f = changetype<F>(0);
  const lanes = <i32>(16 / sizeof<T>());
  const end = out + <usize>(inner & ~(lanes - 1)) * sizeof<T>();
  const last = out + <usize>inner * sizeof<T>();
  for (let to = out; to < last; to += sizeof<T>()) store<T>(to, initial);
  for (let row = 0; row < length; ) {
    const four = row + 4 <= length;
    const second = four ? step : 0;
    let at = x;
    let to = out;
    for (; to < end; to += 16, at += 16) {
      const a = v128.load(at);
      let result = v128.load(to);
      if (four) {
        const b = v128.load(at + second);
        const c = v128.load(at + 2 * second);
        const d = v128.load(at + 3 * second);
        result = f.vector(f.vector(f.vector(f.vector(result, a), b), c), d);
        if (isFloat<T>()) {
          const nan = v128.or(v128.or(v128.ne<T>(a, a), v128.ne<T>(b, b)), v128.or(v128.ne<T>(c, c), v128.ne<T>(d, d)));
          result = v128.or(result, nan);
        }
      } else {
        result = f.vector(result, a);
        if (isFloat<T>()) result = v128.or(result, v128.ne<T>(a, a));
      }
      v128.store(to, result);
    }
    for (; to < last; to += sizeof<T>(), at += sizeof<T>()) {
      let result = f.scalar(load<T>(to), load<T>(at));
      if (four) {
        for (let k = 1; k < 4; k++) result = f.scalar(result, load<T>(at + <usize>k * step));
      }
      store<T>(to, result);
    }
    row += four ? 4 : 1;
    x += four ? 4 * step : step;
  }
}

// @ts-ignore: decorator
@inline
export function foldRun<T, F>(x: usize, n: i32, initial: T): T {
  const f = changetype<F>(0);
  const lanes = <i32>(16 / sizeof<T>());
  let s0 = v128.splat<T>(initial);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let nan = i32x4.splat(0);
  for (; n >= 4 * lanes; n -= 4 * lanes, x += 64) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    const c = v128.load(x, 32);
    const d = v128.load(x, 48);
    s0 = f.vector(s0, a);
    s1 = f.vector(s1, b);
    s2 = f.vector(s2, c);
    s3 = f.vector(s3, d);
    if (isFloat<T>()) {
      nan = v128.or(nan, v128.or(v128.ne<T>(a, a), v128.ne<T>(b, b)));
      nan = v128.or(nan, v128.or(v128.ne<T>(c, c), v128.ne<T>(d, d)));
    }
  }
  s0 = v128.or(f.vector(f.vector(s0, s1), f.vector(s2, s3)), nan);
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

export function max_f32(x: usize, outer: i32, length: i32, inner: i32, outerStep: i32, rowStep: i32, out: usize, outStep: i32, scratch: usize): void { fold<f32, Greatest<f32>>(x, outer, length, inner, outerStep, rowStep, out, outStep, -Infinity); }
export function min_f32(x: usize, outer: i32, length: i32, inner: i32, outerStep: i32, rowStep: i32, out: usize, outStep: i32, scratch: usize): void { fold<f32, Least<f32>>(x, outer, length, inner, outerStep, rowStep, out, outStep, Infinity); }
export function max_f64(x: usize, outer: i32, length: i32, inner: i32, outerStep: i32, rowStep: i32, out: usize, outStep: i32, scratch: usize): void { fold<f64, Greatest<f64>>(x, outer, length, inner, outerStep, rowStep, out, outStep, -Infinity); }
export function min_f64(x: usize, outer: i32, length: i32, inner: i32, outerStep: i32, rowStep: i32, out: usize, outStep: i32, scratch: usize): void { fold<f64, Least<f64>>(x, outer, length, inner, outerStep, rowStep, out, outStep, Infinity); }
export function sum_i32(x: usize, outer: i32, length: i32, inner: i32, outerStep: i32, rowStep: i32, out: usize, outStep: i32, scratch: usize): void { fold<i32, Add<i32>>(x, outer, length, inner, outerStep, rowStep, out, outStep, 0); }
export function max_i32(x: usize, outer: i32, length: i32, inner: i32, outerStep: i32, rowStep: i32, out: usize, outStep: i32, scratch: usize): void { fold<i32, IntegerMax>(x, outer, length, inner, outerStep, rowStep, out, outStep, i32.MIN_VALUE); }
export function min_i32(x: usize, outer: i32, length: i32, inner: i32, outerStep: i32, rowStep: i32, out: usize, outStep: i32, scratch: usize): void { fold<i32, IntegerMin>(x, outer, length, inner, outerStep, rowStep, out, outStep, i32.MAX_VALUE); }

function product<T>(
  x: usize, outer: i32, length: i32, inner: i32, outerStep: i32, rowStep: i32, out: usize, outStep: i32,
): void {
  for (let i = 0; i < outer; i++) {
    for (let j: usize = 0; j < <usize>inner; j++) {
      let result: f64 = 1;
      let at = x + j * sizeof<T>();
      for (let k = 0; k < length; k++, at += <usize>rowStep * sizeof<T>()) result *= <f64>load<T>(at);
      store<T>(out + j * sizeof<T>(), <T>result);
    }
    x += <usize>outerStep * sizeof<T>();
    out += <usize>outStep * sizeof<T>();
  }
}

export function prod_f32(x: usize, outer: i32, length: i32, inner: i32, outerStep: i32, rowStep: i32, out: usize, outStep: i32, scratch: usize): void { product<f32>(x, outer, length, inner, outerStep, rowStep, out, outStep); }
export function prod_f64(x: usize, outer: i32, length: i32, inner: i32, outerStep: i32, rowStep: i32, out: usize, outStep: i32, scratch: usize): void { product<f64>(x, outer, length, inner, outerStep, rowStep, out, outStep); }
