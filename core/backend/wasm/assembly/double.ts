import { power } from "./math";
import { mulAdd } from "./mul-add";

/*
 * Elementary functions of two float64 at once, to about one unit in the last place. They have no tables, as the compiler's own
 * do, which would be a third of the module. The reductions are the textbook ones and the polynomials Taylor's. Constants are
 * read from memory, as in vector.ts.
 */

const LOG2_E = memory.data<f64>([1.4426950408889634]);
/** ln 2 in two parts; the first has 32 bits, so that its product with an exponent is exact. */
const LN2_HIGH = memory.data<f64>([0.6931471803691238]);
const LN2_LOW = memory.data<f64>([1.9082149292705877e-10]);
/** 1.5 * 2^52: adding it rounds to the nearest integer and leaves that in the low bits. */
const ROUNDER = memory.data<f64>([6755399441055744]);
const MAGNITUDE = memory.data<u64>([0x7fffffffffffffff]);
const SIGN = memory.data<u64>([0x8000000000000000]);
const HALF = memory.data<f64>([0.5]);
const ONE = memory.data<f64>([1]);
const TWO = memory.data<f64>([2]);
const INFINITE = memory.data<f64>([Infinity]);

/** The constant at an address in both lanes. */
// @ts-ignore: decorator
@inline
function constant(address: usize): v128 {
  return v128.load64_splat(address);
}

/** The `i`-th coefficient of a polynomial. */
// @ts-ignore: decorator
@inline
function term(polynomial: usize, i: usize): v128 {
  return v128.load64_splat(polynomial + (i << 3));
}

// @ts-ignore: decorator
@inline
function muladd(a: v128, b: v128, c: v128): v128 {
  return mulAdd<f64>(c, a, b);
}

// @ts-ignore: decorator
@inline
function magnitude(x: v128): v128 {
  return v128.and(x, constant(MAGNITUDE));
}

/** x log2(e) rounded to an integer n, which lies in the low bits. */
// @ts-ignore: decorator
@inline
function quotient(x: v128): v128 {
  return muladd(x, constant(LOG2_E), constant(ROUNDER));
}

/** x - n ln 2. */
// @ts-ignore: decorator
@inline
function remainderOf(x: v128, shifted: v128): v128 {
  const n = f64x2.sub(shifted, constant(ROUNDER));
  return f64x2.sub(f64x2.sub(x, f64x2.mul(n, constant(LN2_HIGH))), f64x2.mul(n, constant(LN2_LOW)));
}

/** 2^n for the integers in the low bits of the lanes of `n`, -1022 to 1023. */
// @ts-ignore: decorator
@inline
function power2(n: v128): v128 {
  return i64x2.add(i64x2.shl(n, 52), constant(ONE));
}

/** 1 / k! for k of 2 to 13. */
const EXP = memory.data<f64>([
  1.0 / 2.0, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0, 1.0 / 5040.0, 1.0 / 40320.0, 1.0 / 362880.0,
  1.0 / 3628800.0, 1.0 / 39916800.0, 1.0 / 479001600.0, 1.0 / 6227020800.0,
]);

/** Four terms of EXP from the `i`-th on. */
// @ts-ignore: decorator
@inline
function fourTerms(i: usize, r: v128, z: v128): v128 {
  return muladd(muladd(r, term(EXP, i + 3), term(EXP, i + 2)), z, muladd(r, term(EXP, i + 1), term(EXP, i)));
}

/** e^r - 1 for |r| <= ln(2) / 2. */
// @ts-ignore: decorator
@inline
function expm1Remainder(r: v128): v128 {
  const z = f64x2.mul(r, r);
  const w = f64x2.mul(z, z);
  const tail = muladd(muladd(fourTerms(8, r, z), w, fourTerms(4, r, z)), w, fourTerms(0, r, z));
  return muladd(tail, z, r);
}

const EXP_NORMAL = memory.data<f64>([708]);
const EXP_LARGEST = memory.data<f64>([710]);
const EXP_SMALLEST = memory.data<f64>([-746]);

/** e^x: x = n ln 2 + r, and 2^n is added to the exponent. */
// @ts-ignore: decorator
@inline
export function exp2(x: v128): v128 {
  if (!v128.all_true<i64>(f64x2.lt(magnitude(x), constant(EXP_NORMAL)))) return expBeyond2(x);
  const shifted = quotient(x);
  return i64x2.add(f64x2.add(expm1Remainder(remainderOf(x, shifted)), constant(ONE)), i64x2.shl(shifted, 52));
}

/** The same with 2^n in two factors, so that overflow and subnormals come out right. */
function expBeyond2(x: v128): v128 {
  const bounded = f64x2.pmax(f64x2.pmin(x, constant(EXP_LARGEST)), constant(EXP_SMALLEST));
  const shifted = quotient(bounded);
  const p = f64x2.add(expm1Remainder(remainderOf(bounded, shifted)), constant(ONE));
  const half = i64x2.shr_s(shifted, 1);
  return f64x2.mul(f64x2.mul(p, power2(half)), power2(i64x2.sub(shifted, half)));
}

const EXPM1_SMALLEST = memory.data<f64>([-40]);
const EXPM1_LARGEST = memory.data<f64>([40]);
const EXPM1_IDENTITY = memory.data<f64>([1e-16]);

/** e^x - 1 without cancellation: 2^n expm1(r) + (2^n - 1). */
// @ts-ignore: decorator
@inline
export function expm12(x: v128): v128 {
  if (!v128.all_true<i64>(f64x2.lt(magnitude(x), constant(EXPM1_LARGEST)))) return expm1Beyond2(x);
  const shifted = quotient(x);
  const scale = power2(shifted);
  const y = muladd(scale, expm1Remainder(remainderOf(x, shifted)), f64x2.sub(scale, constant(ONE)));
  return v128.bitselect(x, y, f64x2.lt(magnitude(x), constant(EXPM1_IDENTITY)));
}

/** The same where one of the two is 40 or more, in magnitude: there e^x - 1 rounds to e^x or to -1. */
function expm1Beyond2(x: v128): v128 {
  const inner = f64x2.lt(magnitude(x), constant(EXPM1_LARGEST));
  const below = f64x2.lt(x, constant(EXPM1_SMALLEST));
  const far = v128.bitselect(f64x2.neg(constant(ONE)), expBeyond2(x), below);
  return v128.bitselect(expm12(v128.and(x, inner)), far, inner);
}

/** Bits of the root of 1/2, from which the mantissa is counted, and of the fraction of a number. */
const ROOT_HALF = memory.data<u64>([0x3fe6a09e667f3bcd]);
const FRACTION = memory.data<u64>([0xfffffffffffff]);
/** An exponent that is not negative can be put under the fraction of 2^52, which is then 2^52 more than it. */
const EXPONENT_BIAS = memory.data<u64>([1024]);
const TWO_TO_52 = memory.data<f64>([4503599627370496]);
const TWO_TO_52_AND_BIAS = memory.data<f64>([4503599627371520]);
/** 2 / (2 k + 1) for k of 1 to 9. */
const LOG = memory.data<f64>([
  2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0, 2.0 / 11.0, 2.0 / 13.0, 2.0 / 15.0, 2.0 / 17.0, 2.0 / 19.0,
]);
const SMALLEST_NORMAL = memory.data<f64>([2.2250738585072014e-308]);
const TWO_TO_54 = memory.data<f64>([18014398509481984]);
const FIFTY_FOUR = memory.data<f64>([54]);

/** ln(x) of normal positive x, plus that of 2^extra: x = 2^n (1 + f), ln(1 + f) = 2 artanh(s) with s = f / (2 + f). */
// @ts-ignore: decorator
@inline
function logNormal2(x: v128, extra: v128): v128 {
  const offset = i64x2.sub(x, constant(ROOT_HALF));
  const exponent = v128.or(i64x2.add(i64x2.shr_s(offset, 52), constant(EXPONENT_BIAS)), constant(TWO_TO_52));
  const n = f64x2.add(f64x2.sub(exponent, constant(TWO_TO_52_AND_BIAS)), extra);
  const f = f64x2.sub(i64x2.add(v128.and(offset, constant(FRACTION)), constant(ROOT_HALF)), constant(ONE));
  const s = f64x2.div(f, f64x2.add(f, constant(TWO)));
  const z = f64x2.mul(s, s);
  const w = f64x2.mul(z, z);
  const odd = muladd(muladd(muladd(term(LOG, 7), w, term(LOG, 5)), w, term(LOG, 3)), w, term(LOG, 1));
  const even = muladd(muladd(muladd(muladd(term(LOG, 8), w, term(LOG, 6)), w, term(LOG, 4)), w, term(LOG, 2)), w, term(LOG, 0));
  const rest = f64x2.mul(z, muladd(odd, z, even));
  const square = f64x2.mul(constant(HALF), f64x2.mul(f, f));
  const correction = muladd(s, f64x2.add(square, rest), f64x2.mul(n, constant(LN2_LOW)));
  return muladd(n, constant(LN2_HIGH), f64x2.sub(f, f64x2.sub(square, correction)));
}

// @ts-ignore: decorator
@inline
function zero(): v128 {
  return f64x2.splat(0);
}

/** ln(x). */
// @ts-ignore: decorator
@inline
export function log2(x: v128): v128 {
  const normal = v128.and(f64x2.ge(x, constant(SMALLEST_NORMAL)), f64x2.lt(x, constant(INFINITE)));
  return v128.all_true<i64>(normal) ? logNormal2(x, zero()) : logBeyond2(x);
}

function logBeyond2(x: v128): v128 {
  const tiny = f64x2.lt(x, constant(SMALLEST_NORMAL));
  const scaled = v128.bitselect(f64x2.mul(x, constant(TWO_TO_54)), x, tiny);
  let y = logNormal2(scaled, f64x2.neg(v128.and(tiny, constant(FIFTY_FOUR))));
  y = v128.bitselect(y, x, f64x2.lt(x, constant(INFINITE)));
  y = v128.bitselect(f64x2.neg(constant(INFINITE)), y, f64x2.eq(x, zero()));
  return v128.or(y, f64x2.lt(x, zero()));
}

/** ln(1 + x): the rounding of u = 1 + x is made up for. */
// @ts-ignore: decorator
@inline
export function log1p2(x: v128): v128 {
  const u = f64x2.add(x, constant(ONE));
  const lost = v128.bitselect(
    f64x2.sub(x, f64x2.sub(u, constant(ONE))),
    f64x2.sub(constant(ONE), f64x2.sub(u, x)),
    f64x2.lt(x, constant(ONE)),
  );
  const inside = v128.and(f64x2.gt(u, zero()), f64x2.lt(u, constant(INFINITE)));
  const y = f64x2.add(log2(u), v128.and(f64x2.div(lost, u), inside));
  return v128.bitselect(x, y, f64x2.eq(u, constant(ONE)));
}

/** tanh(x) = -u / (u + 2) with u = expm1(-2 |x|), and the sign of x. */
// @ts-ignore: decorator
@inline
export function tanh2(x: v128): v128 {
  const u = expm12(f64x2.neg(f64x2.mul(magnitude(x), constant(TWO))));
  const y = f64x2.div(u, f64x2.add(u, constant(TWO)));
  return v128.or(magnitude(y), v128.and(x, constant(SIGN)));
}

/** 1 / (1 + e^-x), through e^-|x|, which does not overflow. */
// @ts-ignore: decorator
@inline
export function sigmoid2(x: v128): v128 {
  const e = exp2(v128.or(x, constant(SIGN)));
  const y = f64x2.div(constant(ONE), f64x2.add(e, constant(ONE)));
  return v128.bitselect(f64x2.mul(e, y), y, f64x2.lt(x, zero()));
}

/** ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|). */
// @ts-ignore: decorator
@inline
export function softplus2(x: v128): v128 {
  return f64x2.add(f64x2.max(x, zero()), log1p2(exp2(v128.or(x, constant(SIGN)))));
}

/* The same of one number. */

export function exp(x: f64): f64 {
  return f64x2.extract_lane(exp2(f64x2.splat(x)), 0);
}

export function log(x: f64): f64 {
  return f64x2.extract_lane(log2(f64x2.splat(x)), 0);
}

function expm1(x: f64): f64 {
  return f64x2.extract_lane(expm12(f64x2.splat(x)), 0);
}

export function sinh(x: f64): f64 {
  const size = abs(x);
  if (size > 709) return copysign(halfExp(size), x);
  const u = expm1(size);
  return copysign(0.5 * (u + u / (u + 1)), x);
}

export function cosh(x: f64): f64 {
  const size = abs(x);
  if (size > 709) return halfExp(size);
  const e = exp(size);
  return 0.5 * (e + 1 / e);
}

/** e^x / 2 where e^x may overflow. */
function halfExp(x: f64): f64 {
  const root = exp(0.5 * x);
  return 0.5 * root * root;
}

/** `x ** y` as in C: 1 ** anything and (-1) ** (+-infinity) are 1. */
export function pow(x: f64, y: f64): f64 {
  if (x == 1 || (x == -1 && abs(y) == Infinity)) return 1;
  return power(x, y);
}

/** |x| ** y of two pairs of float32, of whose logarithms float64 leaves enough bits. */
// @ts-ignore: decorator
@inline
export function magnitudePow2(x: v128, y: v128): v128 {
  return exp2(f64x2.mul(y, log2(magnitude(x))));
}

/** `pow` in float32, of |x| ** y. */
// @ts-ignore: decorator
@inline
export function signedPow(x: f32, y: f32, size: f64): f32 {
  if (y == 0 || x == 1 || (x == -1 && abs(y) == Infinity)) return 1;
  if (copysign<f32>(1, x) > 0 || x != x) return <f32>size;
  if (trunc(y) != y) return x < 0 && x > -Infinity ? NaN : <f32>size;
  return <f32>(abs(y) < 16777216 && (<i32>y & 1) != 0 ? -size : size);
}
