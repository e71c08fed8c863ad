import { high, low, narrow } from "./lanes";
import { cos, sin } from "./math";
import { mulAdd, mulSub } from "./mul-add";

/*
 * Elementary functions of four float32 at once. The polynomials are minimax fits of this project (relative error below
 * 2e-8, then rounded to float32); the reductions around them are the textbook ones.
 */

/*
 * Constants are read from memory: one instruction, where V8 puts a vector constant together anew, in three or four, every
 * time round a loop.
 */
const LOG2_E = memory.data<f32>([1.44269504]);
/** ln 2 in two parts; the first has 12 bits, so that its product with an exponent is exact. */
const LN2_HIGH = memory.data<f32>([0.693115234]);
const LN2_LOW = memory.data<f32>([3.19461849e-5]);
/** 1.5 * 2^23: adding it rounds to the nearest integer and leaves that in the low bits. */
const ROUNDER = memory.data<f32>([12582912]);
const MAGNITUDE = memory.data<u32>([0x7fffffff]);
const SIGN = memory.data<u32>([0x80000000]);
const INTEGER_ONE = memory.data<i32>([1]);
const HALF = memory.data<f32>([0.5]);
const ONE = memory.data<f32>([1]);
const TWO = memory.data<f32>([2]);
const FOUR = memory.data<f32>([4]);
const NEGATIVE_INFINITY = memory.data<f32>([-Infinity]);
const LARGEST = memory.data<f32>([f32.MAX_VALUE]);

/** The constant at an address in all lanes. */
// @ts-ignore: decorator
@inline
function constant(address: usize): v128 {
  return v128.load32_splat(address);
}

/** The `i`-th coefficient of a polynomial. */
// @ts-ignore: decorator
@inline
function term(polynomial: usize, i: usize): v128 {
  return v128.load32_splat(polynomial + (i << 2));
}

// @ts-ignore: decorator
@inline
function muladd(a: v128, b: v128, c: v128): v128 {
  return mulAdd<f32>(c, a, b);
}

// @ts-ignore: decorator
@inline
export function abs4(x: v128): v128 {
  return v128.and(x, constant(MAGNITUDE));
}

/** The polynomial of degree 3 with the coefficients at `p`, the highest first. */
// @ts-ignore: decorator
@inline
function cubic(p: usize, x: v128): v128 {
  return muladd(muladd(muladd(term(p, 0), x, term(p, 1)), x, term(p, 2)), x, term(p, 3));
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
  const n = f32x4.sub(shifted, constant(ROUNDER));
  return mulSub<f32>(mulSub<f32>(x, n, constant(LN2_HIGH)), n, constant(LN2_LOW));
}

/** 2^n for the integers in the low bits of the lanes of `n`, -126 to 127. */
// @ts-ignore: decorator
@inline
function power2(n: v128): v128 {
  return i32x4.add(i32x4.shl(n, 23), constant(ONE));
}

/** (e^r - 1 - r) / r^2 for |r| <= ln(2) / 2. */
const EXP = memory.data<f32>([0.00138822093, 0.00836814754, 0.0416672528, 0.166665316, 0.49999997]);
const EXP_LARGEST = memory.data<f32>([89]);
const EXP_SMALLEST = memory.data<f32>([-104]);

// @ts-ignore: decorator
@inline
function expTail(r: v128): v128 {
  return muladd(cubic(EXP, r), r, term(EXP, 4));
}

/** e^r for |r| <= ln(2) / 2. */
// @ts-ignore: decorator
@inline
function expRemainder(r: v128): v128 {
  return muladd(muladd(expTail(r), r, constant(ONE)), r, constant(ONE));
}

/** e^x: x = n ln 2 + r, e^r by polynomial, 2^n in two factors so that overflow and subnormals come out right. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const bounded = f32x4.pmax(f32x4.pmin(x, constant(EXP_LARGEST)), constant(EXP_SMALLEST));
  const shifted = quotient(bounded);
  const p = expRemainder(remainderOf(bounded, shifted));
  // `power2` drops what ROUNDER has in the high bits, of both halves too.
  const half = i32x4.shr_s(shifted, 1);
  return f32x4.mul(f32x4.mul(p, power2(half)), power2(i32x4.sub(shifted, half)));
}

const EXP_NORMAL = memory.data<f32>([87]);

/** Which lanes `expNormal4` gets wrong: those above 87 in magnitude, and NaN. */
// @ts-ignore: decorator
@inline
export function beyondNormal4(x: v128): v128 {
  return i32x4.gt_s(v128.and(x, constant(MAGNITUDE)), constant(EXP_NORMAL));
}

/** e^x where that is a normal number: 2^n is added to the exponent. */
// @ts-ignore: decorator
@inline
export function expNormal4(x: v128): v128 {
  const shifted = quotient(x);
  return i32x4.add(expRemainder(remainderOf(x, shifted)), i32x4.shl(shifted, 23));
}

const EXPM1_SMALLEST = memory.data<f32>([-20]);
const EXPM1_IDENTITY = memory.data<f32>([2.98e-8]);

/** (e^x - 1) / 2 for -20 <= x <= 89 without cancellation: with e^x = 2^n e^r, (2^n expm1(r) + 2^n - 1) / 2. */
// @ts-ignore: decorator
@inline
function halfExpm1(x: v128): v128 {
  const shifted = quotient(x);
  const r = remainderOf(x, shifted);
  const p = muladd(f32x4.mul(r, r), expTail(r), r);
  const scale = power2(i32x4.sub(shifted, constant(INTEGER_ONE)));
  return f32x4.add(f32x4.mul(scale, p), f32x4.sub(scale, constant(HALF)));
}

/** e^x - 1 without cancellation. */
// @ts-ignore: decorator
@inline
export function expm14(x: v128): v128 {
  const half = halfExpm1(f32x4.pmax(f32x4.pmin(x, constant(EXP_LARGEST)), constant(EXPM1_SMALLEST)));
  return v128.bitselect(x, f32x4.add(half, half), f32x4.lt(abs4(x), constant(EXPM1_IDENTITY)));
}

/** Bits of the root of 1/2, from which the mantissa is counted, and of the fraction of a number. */
const ROOT_HALF = memory.data<u32>([0x3f3504f3]);
const FRACTION = memory.data<u32>([0x7fffff]);
const LOG = memory.data<f32>([0.298791707, 0.399772853, 0.666667759]);
const SMALLEST_NORMAL = memory.data<f32>([1.17549435e-38]);
const TWO_TO_23 = memory.data<f32>([8388608]);
const MINUS_23 = memory.data<i32>([-23]);
const MINUS_ONE = memory.data<f32>([-1]);
/** Below this ln(1 + x) is x. */
const LOG1P_IDENTITY = memory.data<f32>([5.9e-8]);

/** ln(x) of normal positive x: x = 2^n (1 + f), ln(1 + f) through s = f / (2 + f). */
// @ts-ignore: decorator
@inline
function logNormal(x: v128, extraExponent: v128): v128 {
  const offset = i32x4.sub(x, constant(ROOT_HALF));
  const n = i32x4.add(i32x4.shr_s(offset, 23), extraExponent);
  const mantissa = i32x4.add(v128.and(offset, constant(FRACTION)), constant(ROOT_HALF));
  const f = f32x4.sub(mantissa, constant(ONE));
  const s = f32x4.div(f, f32x4.add(f, constant(TWO)));
  const z = f32x4.mul(s, s);
  let rest = muladd(term(LOG, 0), z, term(LOG, 1));
  rest = f32x4.mul(z, muladd(rest, z, term(LOG, 2)));
  const square = f32x4.mul(constant(HALF), f32x4.mul(f, f));
  const nf = f32x4.convert_i32x4_s(n);
  const correction = muladd(s, f32x4.add(square, rest), f32x4.mul(nf, constant(LN2_LOW)));
  return muladd(nf, constant(LN2_HIGH), f32x4.sub(f, f32x4.sub(square, correction)));
}

/** ln(x). */
// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  const tiny = f32x4.lt(x, constant(SMALLEST_NORMAL));
  const scaled = v128.bitselect(f32x4.mul(x, constant(TWO_TO_23)), x, tiny);
  let y = logNormal(scaled, v128.and(tiny, constant(MINUS_23)));
  y = v128.bitselect(y, x, f32x4.le(x, constant(LARGEST)));
  y = v128.bitselect(constant(NEGATIVE_INFINITY), y, f32x4.eq(x, i32x4.splat(0)));
  return v128.or(y, f32x4.lt(x, i32x4.splat(0)));
}

const BEFORE_NORMAL = memory.data<u32>([0x7fffff]);
const INFINITE = memory.data<u32>([0x7f800000]);

/** Which lanes `logNormal4` gets wrong: those that are not positive normal numbers. */
// @ts-ignore: decorator
@inline
export function notPositiveNormal4(x: v128): v128 {
  return v128.not(v128.and(i32x4.gt_s(x, constant(BEFORE_NORMAL)), i32x4.lt_s(x, constant(INFINITE))));
}

/** ln(x) of normal positive x. */
// @ts-ignore: decorator
@inline
export function logNormal4(x: v128): v128 {
  return logNormal(x, i32x4.splat(0));
}

/** ln(1 + x) for x >= 0 below infinity: the rounding of u = 1 + x is made up for by (x - (u - 1)) / u. */
// @ts-ignore: decorator
@inline
function log1pPositive(x: v128): v128 {
  const u = f32x4.add(x, constant(ONE));
  const lost = f32x4.sub(x, f32x4.sub(u, constant(ONE)));
  return f32x4.add(logNormal(u, i32x4.splat(0)), f32x4.div(lost, u));
}

/** ln(1 + x). */
// @ts-ignore: decorator
@inline
export function log1p4(x: v128): v128 {
  const u = f32x4.add(x, constant(ONE));
  const lost = v128.bitselect(
    f32x4.sub(x, f32x4.sub(u, constant(ONE))),
    f32x4.sub(constant(ONE), f32x4.sub(u, x)),
    f32x4.lt(x, constant(ONE)),
  );
  let y = f32x4.add(logNormal(u, i32x4.splat(0)), f32x4.div(lost, u));
  y = v128.bitselect(y, x, f32x4.le(x, constant(LARGEST)));
  y = v128.bitselect(x, y, f32x4.lt(abs4(x), constant(LOG1P_IDENTITY)));
  y = v128.bitselect(constant(NEGATIVE_INFINITY), y, f32x4.eq(x, constant(MINUS_ONE)));
  return v128.or(y, f32x4.lt(x, constant(MINUS_ONE)));
}

/** tanh(x) = -h / (h + 1) with h = expm1(-2 |x|) / 2, and the sign of x. */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const h = halfExpm1(f32x4.pmax(v128.or(f32x4.add(x, x), constant(SIGN)), constant(EXPM1_SMALLEST)));
  return v128.bitselect(x, f32x4.div(h, f32x4.add(h, constant(ONE))), constant(SIGN));
}

/** 1 / (1 + e^-x), through e^-|x|, which does not overflow. */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  const e = exp4(v128.or(x, constant(SIGN)));
  const y = f32x4.div(constant(ONE), f32x4.add(e, constant(ONE)));
  return v128.bitselect(f32x4.mul(e, y), y, f32x4.lt(x, i32x4.splat(0)));
}

/** As `sigmoid4`, where e^-x is a normal number. */
// @ts-ignore: decorator
@inline
export function sigmoidNormal4(x: v128): v128 {
  return f32x4.div(constant(ONE), f32x4.add(expNormal4(v128.xor(x, constant(SIGN))), constant(ONE)));
}

/** As `softplus4`, where e^x and e^-x are normal numbers. */
// @ts-ignore: decorator
@inline
export function softplusNormal4(x: v128): v128 {
  return f32x4.add(f32x4.pmax(x, i32x4.splat(0)), log1pPositive(expNormal4(v128.or(x, constant(SIGN)))));
}

/** ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|). */
// @ts-ignore: decorator
@inline
export function softplus4(x: v128): v128 {
  const y = f32x4.add(f32x4.pmax(x, i32x4.splat(0)), log1pPositive(exp4(v128.or(x, constant(SIGN)))));
  return v128.bitselect(x, y, f32x4.ne(x, x));
}

const ERF_SMALL = memory.data<f32>([
  7.85385782e-5, -0.000801019254, 0.00518832775, -0.026853811, 0.112835854, -0.37612626, 0.128379166,
]);
const ERF_LARGE = memory.data<f32>([
  -0.000186380086, 0.00294766668, -0.0218380969, 0.103106819, 0.638144732, 1.12708926, 0.000341512583,
]);

/** erf(x): x (1 + P(x^2)) below 1, else 1 - e^-g(|x|) with g a polynomial. */
// @ts-ignore: decorator
@inline
export function erf4(x: v128): v128 {
  const sign = v128.and(x, constant(SIGN));
  const magnitude = f32x4.pmin(abs4(x), constant(FOUR));
  const z = f32x4.mul(x, x);
  let p = muladd(muladd(cubic(ERF_SMALL, z), z, term(ERF_SMALL, 4)), z, term(ERF_SMALL, 5));
  p = muladd(p, z, term(ERF_SMALL, 6));
  const small = muladd(p, x, x);
  let g = muladd(cubic(ERF_LARGE, magnitude), magnitude, term(ERF_LARGE, 4));
  g = muladd(muladd(g, magnitude, term(ERF_LARGE, 5)), magnitude, term(ERF_LARGE, 6));
  const large = v128.or(f32x4.sub(constant(ONE), exp4(f32x4.neg(g))), sign);
  return v128.bitselect(small, large, f32x4.lt(magnitude, constant(ONE)));
}

/** Above this the quotient by pi / 2 leaves too few bits for the remainder. */
const TRIGONOMETRIC_LIMIT = memory.data<f32>([500000]);
const TWO_OVER_PI = memory.data<f64>([0.6366197723675814]);
/** pi / 2 in two parts; the first has 32 bits, so that its product with a quotient is exact. */
const HALF_PI_HIGH = memory.data<f64>([1.5707963267341256]);
const HALF_PI_LOW = memory.data<f64>([6.077100506506192e-11]);
const SINE = memory.data<f32>([-0.000195136206, 0.00833214913, -0.166666538]);
const COSINE = memory.data<f32>([2.4431256e-5, -0.00138873002, 0.0416666456]);
/** Below this sin(x) is x. */
const SINE_IDENTITY = memory.data<f32>([1e-4]);
const INTEGER_TWO = memory.data<i32>([2]);
const MINUS_HALF = memory.data<f32>([-0.5]);

/** The remainder of two float64 after taking away `quotient` times pi / 2. */
// @ts-ignore: decorator
@inline
function remainder(x: v128, quotient: v128): v128 {
  const rough = f64x2.sub(x, f64x2.mul(quotient, v128.load64_splat(HALF_PI_HIGH)));
  return f64x2.sub(rough, f64x2.mul(quotient, v128.load64_splat(HALF_PI_LOW)));
}

/** sin(x + shift pi / 2); the reduction is done in float64, so that zeros far from 0 keep their relative accuracy. */
// @ts-ignore: decorator
@inline
function sine(x: v128, shift: i32): v128 {
  const lowX = low(x);
  const highX = high(x);
  const lowQuotient = f64x2.nearest(f64x2.mul(lowX, v128.load64_splat(TWO_OVER_PI)));
  const highQuotient = f64x2.nearest(f64x2.mul(highX, v128.load64_splat(TWO_OVER_PI)));
  const r = narrow(remainder(lowX, lowQuotient), remainder(highX, highQuotient));
  const rounded = f32x4.add(narrow(lowQuotient, highQuotient), constant(ROUNDER));
  const quadrant = i32x4.add(rounded, i32x4.splat(shift));
  const z = f32x4.mul(r, r);
  const s = muladd(muladd(term(SINE, 0), z, term(SINE, 1)), z, term(SINE, 2));
  const sin = muladd(f32x4.mul(s, z), r, r);
  const c = muladd(muladd(term(COSINE, 0), z, term(COSINE, 1)), z, term(COSINE, 2));
  const cos = f32x4.add(muladd(f32x4.mul(c, z), z, f32x4.mul(z, constant(MINUS_HALF))), constant(ONE));
  const odd = i32x4.eq(v128.and(quadrant, constant(INTEGER_ONE)), constant(INTEGER_ONE));
  const sign = i32x4.shl(v128.and(quadrant, constant(INTEGER_TWO)), 30);
  return v128.xor(v128.bitselect(cos, sin, odd), sign);
}

// @ts-ignore: decorator
@inline
function allReducible(x: v128): bool {
  return v128.all_true<i32>(f32x4.le(abs4(x), constant(TRIGONOMETRIC_LIMIT)));
}

/** sin(x). */
// @ts-ignore: decorator
@inline
export function sin4(x: v128): v128 {
  if (!allReducible(x)) return eachSin(x);
  return v128.bitselect(x, sine(x, 0), f32x4.lt(abs4(x), constant(SINE_IDENTITY)));
}

/** cos(x). */
// @ts-ignore: decorator
@inline
export function cos4(x: v128): v128 {
  if (!allReducible(x)) return eachCos(x);
  return sine(x, 1);
}

function eachSin(x: v128): v128 {
  let y = f32x4.splat(<f32>sin(f32x4.extract_lane(x, 0)));
  y = f32x4.replace_lane(y, 1, <f32>sin(f32x4.extract_lane(x, 1)));
  y = f32x4.replace_lane(y, 2, <f32>sin(f32x4.extract_lane(x, 2)));
  return f32x4.replace_lane(y, 3, <f32>sin(f32x4.extract_lane(x, 3)));
}

function eachCos(x: v128): v128 {
  let y = f32x4.splat(<f32>cos(f32x4.extract_lane(x, 0)));
  y = f32x4.replace_lane(y, 1, <f32>cos(f32x4.extract_lane(x, 1)));
  y = f32x4.replace_lane(y, 2, <f32>cos(f32x4.extract_lane(x, 2)));
  return f32x4.replace_lane(y, 3, <f32>cos(f32x4.extract_lane(x, 3)));
}
