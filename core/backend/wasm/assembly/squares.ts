import { both, high, loadPart, low } from "./lanes";

/** The sum of squares of `n` numbers, in float64, to `out`. */
export function squareSum_f32(x: usize, n: i32, out: usize): void {
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  for (; n > 0; n -= 4, x += 16) {
    const v = n >= 4 ? v128.load(x) : loadPart(x, n);
    const l = low(v);
    const h = high(v);
    a = f64x2.add(a, f64x2.mul(l, l));
    b = f64x2.add(b, f64x2.mul(h, h));
  }
  store<f64>(out, both(f64x2.add(a, b)));
}

export function squareSum_f64(x: usize, n: i32, out: usize): void {
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  for (; n >= 4; n -= 4, x += 32) {
    const v = v128.load(x);
    const w = v128.load(x, 16);
    a = f64x2.add(a, f64x2.mul(v, v));
    b = f64x2.add(b, f64x2.mul(w, w));
  }
  let sum = both(f64x2.add(a, b));
  for (; n > 0; n--, x += 8) sum += load<f64>(x) * load<f64>(x);
  store<f64>(out, sum);
}
