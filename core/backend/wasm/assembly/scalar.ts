import { exp } from "./double";

const TWO_OVER_SQRT_PI: f64 = 1.1283791670955126;
const SQRT_PI: f64 = 1.772453850905516;

/** The error function, as in js/special.ts: a series below 2.5, above it the continued fraction of its complement. */
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
    return TWO_OVER_SQRT_PI * exp(-x * x) * sum;
  }
  if (magnitude >= 6) return x < 0 ? -1 : 1;
  if (x != x) return x;
  let fraction = magnitude;
  for (let n: f64 = 60; n > 0; n--) fraction = magnitude + n / 2 / fraction;
  const rest = exp(-x * x) / (fraction * SQRT_PI);
  return x < 0 ? rest - 1 : 1 - rest;
}
