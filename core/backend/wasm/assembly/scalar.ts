/* Functions of one float64 that Math lacks; the same formulas as in js/special.ts. */

const TWO_OVER_SQRT_PI: f64 = 1.1283791670955126;
const SQRT_PI: f64 = 1.772453850905516;

/** The error function: a series below 2.5, above it the continued fraction of its complement. */
export function erf(x: f64): f64 {
  const magnitude = abs(x);
  if (magnitude < 2.5) {
    const twice = 2 * x * x;
    let term = x;
    let sum = x;
    for (let n: f64 = 3; abs(term) > 1e-17 * abs(sum); n += 2) {
      term *= twice / n;
      sum += term;
    }
    return TWO_OVER_SQRT_PI * Math.exp(-x * x) * sum;
  }
  if (magnitude >= 6) return x < 0 ? -1 : 1;
  if (x != x) return x;
  let fraction = magnitude;
  for (let n: f64 = 60; n > 0; n--) fraction = magnitude + n / 2 / fraction;
  const rest = Math.exp(-x * x) / (fraction * SQRT_PI);
  return x < 0 ? rest - 1 : 1 - rest;
}

/** 1 / (1 + e^-x), with the exponential never overflowing. */
export function sigmoid(x: f64): f64 {
  const e = Math.exp(-abs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

/** ln(1 + e^x), with the exponential never overflowing. */
export function softplus(x: f64): f64 {
  return max(x, 0) + Math.log1p(Math.exp(-abs(x)));
}

/** `x ** y` as in C: 1 ** anything and (-1) ** (+-infinity) are 1. */
export function pow(x: f64, y: f64): f64 {
  if (x == 1 || (x == -1 && abs(y) == Infinity)) return 1;
  return Math.pow(x, y);
}

/** As `pow`, in float32. */
export function powf(x: f32, y: f32): f32 {
  if (x == 1 || (x == -1 && abs(y) == Infinity)) return 1;
  return Mathf.pow(x, y);
}
