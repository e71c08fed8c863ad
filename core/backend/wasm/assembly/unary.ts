import { cosh, exp2, expm12, log1p2, log2, sigmoid2, sinh, softplus2, tanh2 } from "./double";
import { loadPart, storePart } from "./lanes";
import { acos, asin, atan, cos, sin, tan } from "./math";
import { erf } from "./scalar";
import { beyondNormal4, cos4, erf4, exp4, expm14, expNormal4, log1p4, log4, logNormal4 } from "./vector";
import { notPositiveNormal4, sigmoid4, sigmoidNormal4, sin4, softplus4, softplusNormal4, tanh4 } from "./vector";

/* Maps of contiguous arrays: (x, out, n). `out` may be `x`. */

@unmanaged class Neg<T> { @inline apply(x: v128): v128 { return v128.neg<T>(x); } }
@unmanaged class Abs<T> { @inline apply(x: v128): v128 { return v128.abs<T>(x); } }
@unmanaged class Square<T> { @inline apply(x: v128): v128 { return v128.mul<T>(x, x); } }
@unmanaged class Sqrt<T> { @inline apply(x: v128): v128 { return v128.sqrt<T>(x); } }
@unmanaged class Rsqrt<T> { @inline apply(x: v128): v128 { return v128.div<T>(v128.splat<T>(1), v128.sqrt<T>(x)); } }
@unmanaged class Reciprocal<T> { @inline apply(x: v128): v128 { return v128.div<T>(v128.splat<T>(1), x); } }
@unmanaged class Relu<T> { @inline apply(x: v128): v128 { return v128.pmax<T>(x, v128.splat<T>(0)); } }
@unmanaged class Floor<T> { @inline apply(x: v128): v128 { return v128.floor<T>(x); } }
@unmanaged class Ceil<T> { @inline apply(x: v128): v128 { return v128.ceil<T>(x); } }
@unmanaged class Round<T> { @inline apply(x: v128): v128 { return v128.nearest<T>(x); } }
@unmanaged class Sign<T> {
  @inline apply(x: v128): v128 {
    const zero = v128.splat<T>(0);
    const one = v128.or(v128.and(x, v128.splat<T>(-0.0 as T)), v128.splat<T>(1));
    return v128.bitselect(one, x, v128.or(v128.lt<T>(x, zero), v128.gt<T>(x, zero)));
  }
}
@unmanaged class Exp { @inline apply(x: v128): v128 { return exp4(x); } }
@unmanaged class Expm1 { @inline apply(x: v128): v128 { return expm14(x); } }
@unmanaged class Log { @inline apply(x: v128): v128 { return log4(x); } }
@unmanaged class Log1p { @inline apply(x: v128): v128 { return log1p4(x); } }
@unmanaged class Sin { @inline apply(x: v128): v128 { return sin4(x); } }
@unmanaged class Cos { @inline apply(x: v128): v128 { return cos4(x); } }
@unmanaged class Tanh { @inline apply(x: v128): v128 { return tanh4(x); } }
@unmanaged class Erf { @inline apply(x: v128): v128 { return erf4(x); } }
@unmanaged class Sigmoid { @inline apply(x: v128): v128 { return sigmoid4(x); } }
@unmanaged class Softplus { @inline apply(x: v128): v128 { return softplus4(x); } }

/* The same without what special numbers need, and which lanes are special. */
@unmanaged class NormalExp {
  @inline apply(x: v128): v128 { return expNormal4(x); }
  @inline special(x: v128): v128 { return beyondNormal4(x); }
}
@unmanaged class NormalLog {
  @inline apply(x: v128): v128 { return logNormal4(x); }
  @inline special(x: v128): v128 { return notPositiveNormal4(x); }
}
@unmanaged class NormalSigmoid {
  @inline apply(x: v128): v128 { return sigmoidNormal4(x); }
  @inline special(x: v128): v128 { return beyondNormal4(x); }
}
@unmanaged class NormalSoftplus {
  @inline apply(x: v128): v128 { return softplusNormal4(x); }
  @inline special(x: v128): v128 { return beyondNormal4(x); }
}

@unmanaged class DoubleExp { @inline apply(x: v128): v128 { return exp2(x); } }
@unmanaged class DoubleExpm1 { @inline apply(x: v128): v128 { return expm12(x); } }
@unmanaged class DoubleLog { @inline apply(x: v128): v128 { return log2(x); } }
@unmanaged class DoubleLog1p { @inline apply(x: v128): v128 { return log1p2(x); } }
@unmanaged class ScalarSin { @inline apply(x: f64): f64 { return sin(x); } }
@unmanaged class ScalarCos { @inline apply(x: f64): f64 { return cos(x); } }
@unmanaged class ScalarTan { @inline apply(x: f64): f64 { return tan(x); } }
@unmanaged class ScalarAsin { @inline apply(x: f64): f64 { return asin(x); } }
@unmanaged class ScalarAcos { @inline apply(x: f64): f64 { return acos(x); } }
@unmanaged class ScalarAtan { @inline apply(x: f64): f64 { return atan(x); } }
@unmanaged class ScalarSinh { @inline apply(x: f64): f64 { return sinh(x); } }
@unmanaged class ScalarCosh { @inline apply(x: f64): f64 { return cosh(x); } }
@unmanaged class DoubleTanh { @inline apply(x: v128): v128 { return tanh2(x); } }
@unmanaged class ScalarErf { @inline apply(x: f64): f64 { return erf(x); } }
@unmanaged class DoubleSigmoid { @inline apply(x: v128): v128 { return sigmoid2(x); } }
@unmanaged class DoubleSoftplus { @inline apply(x: v128): v128 { return softplus2(x); } }

/** Two vectors at a time, for the one to be computed in the latencies of the other. */
function map32<F>(x: usize, out: usize, n: i32): void {
  const f = changetype<F>(0);
  for (; n >= 8; n -= 8) {
    const a = f.apply(v128.load(x));
    const b = f.apply(v128.load(x, 16));
    v128.store(out, a);
    v128.store(out, b, 16);
    x += 32;
    out += 32;
  }
  each32<F>(x, out, n);
}

/** One vector at a time, the last of which may be a part: `f` is in the module once. */
// @ts-ignore: decorator
@inline
function each32<F>(x: usize, out: usize, n: i32): void {
  const f = changetype<F>(0);
  for (; n > 0; n -= 4) {
    const y = f.apply(n >= 4 ? v128.load(x) : loadPart(x, n));
    if (n >= 4) v128.store(out, y);
    else storePart(out, y, n);
    x += 16;
    out += 16;
  }
}

/** As `each32`, for what `mapNormal` leaves. */
function rest32<F>(x: usize, out: usize, n: i32): void {
  each32<F>(x, out, n);
}

/** Four vectors at a time by `N`, those with a special number among them and the rest by `F`. */
function mapNormal<N, F>(x: usize, out: usize, n: i32): void {
  const f = changetype<N>(0);
  for (; n >= 16; n -= 16) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    const c = v128.load(x, 32);
    const d = v128.load(x, 48);
    const special = v128.or(v128.or(f.special(a), f.special(b)), v128.or(f.special(c), f.special(d)));
    if (i32x4.bitmask(special) != 0) {
      rest32<F>(x, out, 16);
    } else {
      const p = f.apply(a);
      const q = f.apply(b);
      const r = f.apply(c);
      const s = f.apply(d);
      v128.store(out, p);
      v128.store(out, q, 16);
      v128.store(out, r, 32);
      v128.store(out, s, 48);
    }
    x += 64;
    out += 64;
  }
  if (n > 0) rest32<F>(x, out, n);
}

function map64<F>(x: usize, out: usize, n: i32): void {
  const f = changetype<F>(0);
  for (; n >= 2; n -= 2) {
    v128.store(out, f.apply(v128.load(x)));
    x += 16;
    out += 16;
  }
  if (n > 0) v128.store_lane<f64>(out, f.apply(v128.load64_zero(x)), 0);
}

function each<T, F>(x: usize, out: usize, n: i32): void {
  const f = changetype<F>(0);
  for (; n > 0; n--) {
    store<T>(out, f.apply(load<T>(x)) as T);
    x += sizeof<T>();
    out += sizeof<T>();
  }
}

export function neg_f32(x: usize, out: usize, n: i32): void { map32<Neg<f32>>(x, out, n); }
export function abs_f32(x: usize, out: usize, n: i32): void { map32<Abs<f32>>(x, out, n); }
export function sign_f32(x: usize, out: usize, n: i32): void { map32<Sign<f32>>(x, out, n); }
export function square_f32(x: usize, out: usize, n: i32): void { map32<Square<f32>>(x, out, n); }
export function sqrt_f32(x: usize, out: usize, n: i32): void { map32<Sqrt<f32>>(x, out, n); }
export function rsqrt_f32(x: usize, out: usize, n: i32): void { map32<Rsqrt<f32>>(x, out, n); }
export function reciprocal_f32(x: usize, out: usize, n: i32): void { map32<Reciprocal<f32>>(x, out, n); }
export function relu_f32(x: usize, out: usize, n: i32): void { map32<Relu<f32>>(x, out, n); }
export function floor_f32(x: usize, out: usize, n: i32): void { map32<Floor<f32>>(x, out, n); }
export function ceil_f32(x: usize, out: usize, n: i32): void { map32<Ceil<f32>>(x, out, n); }
export function round_f32(x: usize, out: usize, n: i32): void { map32<Round<f32>>(x, out, n); }
export function exp_f32(x: usize, out: usize, n: i32): void { mapNormal<NormalExp, Exp>(x, out, n); }
export function expm1_f32(x: usize, out: usize, n: i32): void { map32<Expm1>(x, out, n); }
export function log_f32(x: usize, out: usize, n: i32): void { mapNormal<NormalLog, Log>(x, out, n); }
export function log1p_f32(x: usize, out: usize, n: i32): void { map32<Log1p>(x, out, n); }
export function sin_f32(x: usize, out: usize, n: i32): void { map32<Sin>(x, out, n); }
export function cos_f32(x: usize, out: usize, n: i32): void { map32<Cos>(x, out, n); }
export function tan_f32(x: usize, out: usize, n: i32): void { each<f32, ScalarTan>(x, out, n); }
export function asin_f32(x: usize, out: usize, n: i32): void { each<f32, ScalarAsin>(x, out, n); }
export function acos_f32(x: usize, out: usize, n: i32): void { each<f32, ScalarAcos>(x, out, n); }
export function atan_f32(x: usize, out: usize, n: i32): void { each<f32, ScalarAtan>(x, out, n); }
export function sinh_f32(x: usize, out: usize, n: i32): void { each<f32, ScalarSinh>(x, out, n); }
export function cosh_f32(x: usize, out: usize, n: i32): void { each<f32, ScalarCosh>(x, out, n); }
export function tanh_f32(x: usize, out: usize, n: i32): void { map32<Tanh>(x, out, n); }
export function erf_f32(x: usize, out: usize, n: i32): void { map32<Erf>(x, out, n); }
export function sigmoid_f32(x: usize, out: usize, n: i32): void { mapNormal<NormalSigmoid, Sigmoid>(x, out, n); }
export function softplus_f32(x: usize, out: usize, n: i32): void { mapNormal<NormalSoftplus, Softplus>(x, out, n); }

export function neg_f64(x: usize, out: usize, n: i32): void { map64<Neg<f64>>(x, out, n); }
export function abs_f64(x: usize, out: usize, n: i32): void { map64<Abs<f64>>(x, out, n); }
export function sign_f64(x: usize, out: usize, n: i32): void { map64<Sign<f64>>(x, out, n); }
export function square_f64(x: usize, out: usize, n: i32): void { map64<Square<f64>>(x, out, n); }
export function sqrt_f64(x: usize, out: usize, n: i32): void { map64<Sqrt<f64>>(x, out, n); }
export function rsqrt_f64(x: usize, out: usize, n: i32): void { map64<Rsqrt<f64>>(x, out, n); }
export function reciprocal_f64(x: usize, out: usize, n: i32): void { map64<Reciprocal<f64>>(x, out, n); }
export function relu_f64(x: usize, out: usize, n: i32): void { map64<Relu<f64>>(x, out, n); }
export function floor_f64(x: usize, out: usize, n: i32): void { map64<Floor<f64>>(x, out, n); }
export function ceil_f64(x: usize, out: usize, n: i32): void { map64<Ceil<f64>>(x, out, n); }
export function round_f64(x: usize, out: usize, n: i32): void { map64<Round<f64>>(x, out, n); }
export function exp_f64(x: usize, out: usize, n: i32): void { map64<DoubleExp>(x, out, n); }
export function expm1_f64(x: usize, out: usize, n: i32): void { map64<DoubleExpm1>(x, out, n); }
export function log_f64(x: usize, out: usize, n: i32): void { map64<DoubleLog>(x, out, n); }
export function log1p_f64(x: usize, out: usize, n: i32): void { map64<DoubleLog1p>(x, out, n); }
export function sin_f64(x: usize, out: usize, n: i32): void { each<f64, ScalarSin>(x, out, n); }
export function cos_f64(x: usize, out: usize, n: i32): void { each<f64, ScalarCos>(x, out, n); }
export function tan_f64(x: usize, out: usize, n: i32): void { each<f64, ScalarTan>(x, out, n); }
export function asin_f64(x: usize, out: usize, n: i32): void { each<f64, ScalarAsin>(x, out, n); }
export function acos_f64(x: usize, out: usize, n: i32): void { each<f64, ScalarAcos>(x, out, n); }
export function atan_f64(x: usize, out: usize, n: i32): void { each<f64, ScalarAtan>(x, out, n); }
export function sinh_f64(x: usize, out: usize, n: i32): void { each<f64, ScalarSinh>(x, out, n); }
export function cosh_f64(x: usize, out: usize, n: i32): void { each<f64, ScalarCosh>(x, out, n); }
export function tanh_f64(x: usize, out: usize, n: i32): void { map64<DoubleTanh>(x, out, n); }
export function erf_f64(x: usize, out: usize, n: i32): void { each<f64, ScalarErf>(x, out, n); }
export function sigmoid_f64(x: usize, out: usize, n: i32): void { map64<DoubleSigmoid>(x, out, n); }
export function softplus_f64(x: usize, out: usize, n: i32): void { map64<DoubleSoftplus>(x, out, n); }
