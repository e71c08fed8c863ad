/** Functions that ECMAScript's Math lacks, in double precision. */

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);
const SQRT_PI = Math.sqrt(Math.PI);
/** From here on erf is taken from the continued fraction, whose relative error then weighs little. */
const SERIES_LIMIT = 2.5;
const FRACTION_DEPTH = 60;

/**
 * The error function 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x, to about 1e-15.
 * Below 2.5 by the series 2 / sqrt(pi) * exp(-x^2) * sum 2^n x^(2n+1) / (2n+1)!!, whose terms all have one sign;
 * above by the continued fraction of erfc (Abramowitz and Stegun 7.1.6 and 7.1.14).
 */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < SERIES_LIMIT) {
    const twice = 2 * x * x;
    let term = x;
    let sum = x;
    for (let n = 3; Math.abs(term) > 1e-17 * Math.abs(sum); n += 2) {
      term *= twice / n;
      sum += term;
    }
    return TWO_OVER_SQRT_PI * Math.exp(-x * x) * sum;
  }
  if (Number.isNaN(x)) return x;
  let fraction = magnitude;
  for (let n = FRACTION_DEPTH; n > 0; n--) fraction = magnitude + n / 2 / fraction;
  const rest = Math.exp(-x * x) / (fraction * SQRT_PI);
  return x < 0 ? rest - 1 : 1 - rest;
}

/** 1 / (1 + exp(-x)), with the exponential never overflowing. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** log(1 + exp(x)), with the exponential never overflowing. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** The nearest integer, the even one of two, as NumPy and IEEE 754 round. */
export function roundHalfEven(x: number): number {
  return Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x);
}

/** `x ** y` as C and NumPy have it: 1 ** anything and (-1) ** (+-infinity) are 1, where ECMAScript gives NaN. */
export function pow(x: number, y: number): number {
  if (x === 1 || (x === -1 && (y === Infinity || y === -Infinity))) return 1;
  return x ** y;
}
