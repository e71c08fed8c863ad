/* Loading and storing the last one to three float32 of a run as a vector. */

/** The first `n` (1 to 3) float32 at `from`, with zeros in the other lanes. */
// @ts-ignore: decorator
@inline
export function loadPart(from: usize, n: i32): v128 {
  let v = v128.load32_zero(from);
  if (n > 1) v = v128.load_lane<f32>(from, v, 1, 4);
  if (n > 2) v = v128.load_lane<f32>(from, v, 2, 8);
  return v;
}

/** The first `n` (1 to 3) float32 at `from`, with `filler` in the other lanes. */
// @ts-ignore: decorator
@inline
export function loadPartOr(from: usize, n: i32, filler: f32): v128 {
  let v = f32x4.splat(filler);
  v = v128.load_lane<f32>(from, v, 0);
  if (n > 1) v = v128.load_lane<f32>(from, v, 1, 4);
  if (n > 2) v = v128.load_lane<f32>(from, v, 2, 8);
  return v;
}

/** Stores the first `n` (1 to 3) lanes of `v`. */
// @ts-ignore: decorator
@inline
export function storePart(to: usize, v: v128, n: i32): void {
  v128.store_lane<f32>(to, v, 0);
  if (n > 1) v128.store_lane<f32>(to, v, 1, 4);
  if (n > 2) v128.store_lane<f32>(to, v, 2, 8);
}

/** The low two float32 lanes as float64. */
// @ts-ignore: decorator
@inline
export function low(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

/** The high two float32 lanes as float64. */
// @ts-ignore: decorator
@inline
export function high(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 0));
}

/** Four float32 of two vectors of two float64. */
// @ts-ignore: decorator
@inline
export function narrow(lowPart: v128, highPart: v128): v128 {
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(lowPart), f32x4.demote_f64x2_zero(highPart), 0, 2);
}

/** The sum of both float64 lanes. */
// @ts-ignore: decorator
@inline
export function both(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** The sum of all lanes. */
// @ts-ignore: decorator
@inline
export function sumOfLanes<T>(v: v128): T {
  let sum = (v128.extract_lane<T>(v, 0) + v128.extract_lane<T>(v, 1)) as T;
  if (sizeof<T>() == 4) sum = (sum + (v128.extract_lane<T>(v, 2) + v128.extract_lane<T>(v, 3))) as T;
  return sum;
}
