import { high, low, narrow } from "./lanes";

/*
 * Elementary functions of four float32 at once. The polynomials are minimax fits of this project (relative error below
 * 2e-8, then rounded to float32); the reductions around them are the textbook ones.
 */

const LOG2_E: f32 = 1.44269504;
/** ln 2 in two parts; the first has 12 bits, so that its product with an exponent is exact. */
const LN2_HIGH: f32 = 0.693115234;
const LN2_LOW: f32 = 3.19461849e-5;
/** 1.5 * 2^23: adding it rounds to the nearest integer and leaves that in the low bits. */
const ROUNDER: f32 = 12582912;
const SIGN: i32 = 0x80000000;

// @ts-ignore: decorator
@inline
function splat(x: f32): v128 {
  return f32x4.splat(x);
}

// @ts-ignore: decorator
@inline
function muladd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c);
}

// @ts-ignore: decorator
@inline
export function abs4(x: v128): v128 {
  return f32x4.abs(x);
}

/** 2^n for the integers in the lanes of `n`, -126 to 127. */
// @ts-ignore: decorator
@inline
function power2(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** (expm1(r) - r) / r^2 for |r| <= ln(2) / 2. */
// @ts-ignore: decorator
@inline
function expTail(r: v128): v128 {
  let p = splat(0.00138822093);
  p = muladd(p, r, splat(0.00836814754));
  p = muladd(p, r, splat(0.0416672528));
  p = muladd(p, r, splat(0.166665316));
  return muladd(p, r, splat(0.49999997));
}

/** e^x: x = n ln 2 + r, e^r by polynomial, 2^n in two factors so that overflow and subnormals come out right. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, splat(89)), splat(-104));
  const shifted = muladd(x, splat(LOG2_E), splat(ROUNDER));
  const n = i32x4.sub(shifted, splat(ROUNDER));
  const nf = f32x4.sub(shifted, splat(ROUNDER));
  let r = f32x4.sub(x, f32x4.mul(nf, splat(LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(nf, splat(LN2_LOW)));
  const p = f32x4.add(muladd(f32x4.mul(r, r), expTail(r), r), splat(1));
  const half = i32x4.shr_s(n, 1);
  return f32x4.mul(f32x4.mul(p, power2(half)), power2(i32x4.sub(n, half)));
}

/** e^x - 1 without cancellation: 2^n expm1(r) + (2^n - 1), computed at half the scale. */
// @ts-ignore: decorator
@inline
export function expm14(x: v128): v128 {
  const bounded = f32x4.pmax(f32x4.pmin(x, splat(89)), splat(-20));
  const shifted = muladd(bounded, splat(LOG2_E), splat(ROUNDER));
  const n = i32x4.sub(shifted, splat(ROUNDER));
  const nf = f32x4.sub(shifted, splat(ROUNDER));
  let r = f32x4.sub(bounded, f32x4.mul(nf, splat(LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(nf, splat(LN2_LOW)));
  const p = muladd(f32x4.mul(r, r), expTail(r), r);
  const scale = power2(i32x4.sub(n, i32x4.splat(1)));
  const half = f32x4.add(f32x4.mul(scale, p), f32x4.sub(scale, splat(0.5)));
  return v128.bitselect(x, f32x4.add(half, half), f32x4.lt(abs4(x), splat(2.98e-8)));
}

/** ln(x) of normal positive x: x = 2^n (1 + f), ln(1 + f) through s = f / (2 + f). */
// @ts-ignore: decorator
@inline
function logNormal(x: v128, extraExponent: v128): v128 {
  const offset = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const n = i32x4.add(i32x4.shr_s(offset, 23), extraExponent);
  const mantissa = i32x4.add(v128.and(offset, i32x4.splat(0x7fffff)), i32x4.splat(0x3f3504f3));
  const f = f32x4.sub(mantissa, splat(1));
  const s = f32x4.div(f, f32x4.add(f, splat(2)));
  const z = f32x4.mul(s, s);
  let rest = muladd(splat(0.298791707), z, splat(0.399772853));
  rest = f32x4.mul(z, muladd(rest, z, splat(0.666667759)));
  const square = f32x4.mul(splat(0.5), f32x4.mul(f, f));
  const nf = f32x4.convert_i32x4_s(n);
  const correction = muladd(s, f32x4.add(square, rest), f32x4.mul(nf, splat(LN2_LOW)));
  return muladd(nf, splat(LN2_HIGH), f32x4.sub(f, f32x4.sub(square, correction)));
}

/** ln(x). */
// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  const tiny = f32x4.lt(x, splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, splat(8388608)), x, tiny);
  let y = logNormal(scaled, v128.and(tiny, i32x4.splat(-23)));
  y = v128.bitselect(y, x, f32x4.lt(x, splat(f32.MAX_VALUE * 2)));
  y = v128.bitselect(splat(-Infinity), y, f32x4.eq(x, splat(0)));
  return v128.bitselect(splat(NaN), y, f32x4.lt(x, splat(0)));
}

/** ln(1 + x) for x >= 0 below infinity: the rounding of u = 1 + x is made up for by (x - (u - 1)) / u. */
// @ts-ignore: decorator
@inline
function log1pPositive(x: v128): v128 {
  const u = f32x4.add(x, splat(1));
  const lost = f32x4.sub(x, f32x4.sub(u, splat(1)));
  return f32x4.add(logNormal(u, i32x4.splat(0)), f32x4.div(lost, u));
}

/** ln(1 + x). */
// @ts-ignore: decorator
@inline
export function log1p4(x: v128): v128 {
  const u = f32x4.add(x, splat(1));
  const lost = v128.bitselect(
    f32x4.sub(x, f32x4.sub(u, splat(1))),
    f32x4.sub(splat(1), f32x4.sub(u, x)),
    f32x4.lt(x, splat(1)),
  );
  let y = f32x4.add(logNormal(u, i32x4.splat(0)), f32x4.div(lost, u));
  y = v128.bitselect(y, x, f32x4.lt(x, splat(f32.MAX_VALUE * 2)));
  y = v128.bitselect(x, y, f32x4.lt(abs4(x), splat(5.9e-8)));
  y = v128.bitselect(splat(-Infinity), y, f32x4.eq(x, splat(-1)));
  return v128.bitselect(splat(NaN), y, f32x4.lt(x, splat(-1)));
}

/** tanh(x) = -u / (u + 2) with u = expm1(-2 |x|), and the sign of x. */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const sign = v128.and(x, i32x4.splat(SIGN));
  const u = expm14(f32x4.mul(abs4(x), splat(-2)));
  const y = f32x4.div(f32x4.neg(u), f32x4.add(u, splat(2)));
  return v128.or(y, sign);
}

/** 1 / (1 + e^-x), through e^-|x|, which does not overflow. */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  const e = exp4(f32x4.neg(abs4(x)));
  const y = f32x4.div(splat(1), f32x4.add(e, splat(1)));
  return v128.bitselect(f32x4.mul(e, y), y, f32x4.lt(x, splat(0)));
}

/** ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|). */
// @ts-ignore: decorator
@inline
export function softplus4(x: v128): v128 {
  const y = f32x4.add(f32x4.pmax(x, splat(0)), log1pPositive(exp4(f32x4.neg(abs4(x)))));
  return v128.bitselect(x, y, f32x4.ne(x, x));
}

/** erf(x): x (1 + P(x^2)) below 1, else 1 - e^-g(|x|) with g a polynomial. */
// @ts-ignore: decorator
@inline
export function erf4(x: v128): v128 {
  const sign = v128.and(x, i32x4.splat(SIGN));
  const magnitude = f32x4.pmin(abs4(x), splat(4));
  const z = f32x4.mul(x, x);
  let p = splat(7.85385782e-5);
  p = muladd(p, z, splat(-0.000801019254));
  p = muladd(p, z, splat(0.00518832775));
  p = muladd(p, z, splat(-0.026853811));
  p = muladd(p, z, splat(0.112835854));
  p = muladd(p, z, splat(-0.37612626));
  p = muladd(p, z, splat(0.128379166));
  const small = muladd(p, x, x);
  let g = splat(-0.000186380086);
  g = muladd(g, magnitude, splat(0.00294766668));
  g = muladd(g, magnitude, splat(-0.0218380969));
  g = muladd(g, magnitude, splat(0.103106819));
  g = muladd(g, magnitude, splat(0.638144732));
  g = muladd(g, magnitude, splat(1.12708926));
  g = muladd(g, magnitude, splat(0.000341512583));
  const large = v128.or(f32x4.sub(splat(1), exp4(f32x4.neg(g))), sign);
  return v128.bitselect(small, large, f32x4.lt(magnitude, splat(1)));
}

/** Above this the quotient by pi / 2 leaves too few bits for the remainder. */
const TRIGONOMETRIC_LIMIT: f32 = 500000;
const TWO_OVER_PI: f64 = 0.6366197723675814;
/** pi / 2 in two parts; the first has 32 bits, so that its product with a quotient is exact. */
const HALF_PI_HIGH: f64 = 1.5707963267341256;
const HALF_PI_LOW: f64 = 6.077100506506192e-11;

/** The remainder of two float64 after taking away `quotient` times pi / 2. */
// @ts-ignore: decorator
@inline
function remainder(x: v128, quotient: v128): v128 {
  const rough = f64x2.sub(x, f64x2.mul(quotient, f64x2.splat(HALF_PI_HIGH)));
  return f64x2.sub(rough, f64x2.mul(quotient, f64x2.splat(HALF_PI_LOW)));
}

/** sin(x + shift pi / 2); the reduction is done in float64, so that zeros far from 0 keep their relative accuracy. */
// @ts-ignore: decorator
@inline
function sine(x: v128, shift: i32): v128 {
  const lowX = low(x);
  const highX = high(x);
  const lowQuotient = f64x2.nearest(f64x2.mul(lowX, f64x2.splat(TWO_OVER_PI)));
  const highQuotient = f64x2.nearest(f64x2.mul(highX, f64x2.splat(TWO_OVER_PI)));
  const r = narrow(remainder(lowX, lowQuotient), remainder(highX, highQuotient));
  const rounded = f32x4.add(narrow(lowQuotient, highQuotient), splat(ROUNDER));
  const quadrant = i32x4.add(rounded, i32x4.splat(shift));
  const z = f32x4.mul(r, r);
  let s = muladd(splat(-0.000195136206), z, splat(0.00833214913));
  s = muladd(s, z, splat(-0.166666538));
  const sin = muladd(f32x4.mul(s, z), r, r);
  let c = muladd(splat(2.4431256e-5), z, splat(-0.00138873002));
  c = muladd(c, z, splat(0.0416666456));
  const cos = f32x4.add(muladd(f32x4.mul(c, z), z, f32x4.mul(z, splat(-0.5))), splat(1));
  const odd = i32x4.eq(v128.and(quadrant, i32x4.splat(1)), i32x4.splat(1));
  const sign = i32x4.shl(v128.and(quadrant, i32x4.splat(2)), 30);
  return v128.xor(v128.bitselect(cos, sin, odd), sign);
}

// @ts-ignore: decorator
@inline
function allReducible(x: v128): bool {
  return v128.all_true<i32>(f32x4.le(abs4(x), splat(TRIGONOMETRIC_LIMIT)));
}

/** sin(x). */
// @ts-ignore: decorator
@inline
export function sin4(x: v128): v128 {
  if (!allReducible(x)) return eachSin(x);
  return v128.bitselect(x, sine(x, 0), f32x4.lt(abs4(x), splat(1e-4)));
}

/** cos(x). */
// @ts-ignore: decorator
@inline
export function cos4(x: v128): v128 {
  if (!allReducible(x)) return eachCos(x);
  return sine(x, 1);
}

function eachSin(x: v128): v128 {
  let y = f32x4.splat(<f32>Math.sin(f32x4.extract_lane(x, 0)));
  y = f32x4.replace_lane(y, 1, <f32>Math.sin(f32x4.extract_lane(x, 1)));
  y = f32x4.replace_lane(y, 2, <f32>Math.sin(f32x4.extract_lane(x, 2)));
  return f32x4.replace_lane(y, 3, <f32>Math.sin(f32x4.extract_lane(x, 3)));
}

function eachCos(x: v128): v128 {
  let y = f32x4.splat(<f32>Math.cos(f32x4.extract_lane(x, 0)));
  y = f32x4.replace_lane(y, 1, <f32>Math.cos(f32x4.extract_lane(x, 1)));
  y = f32x4.replace_lane(y, 2, <f32>Math.cos(f32x4.extract_lane(x, 2)));
  return f32x4.replace_lane(y, 3, <f32>Math.cos(f32x4.extract_lane(x, 3)));
}
