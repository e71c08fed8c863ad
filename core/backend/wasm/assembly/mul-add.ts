/**
 * `c + x * y`, in one instruction and with one rounding in the build for engines that have relaxed SIMD (fused.ts).
 */
// @ts-ignore: decorator
@inline
export function mulAdd<T>(c: v128, x: v128, y: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(x, y, c);
  return v128.add<T>(c, v128.mul<T>(x, y));
}

/** `c - x * y`, likewise. */
// @ts-ignore: decorator
@inline
export function mulSub<T>(c: v128, x: v128, y: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_nmadd<T>(x, y, c);
  return v128.sub<T>(c, v128.mul<T>(x, y));
}
