import { loadPart, storePart } from "./lanes";

/*
 * Steps of optimizers, in place; the formulas stand in kernels.ts. Each is written once, for a vector of which the last of a run
 * fills a part. An array that is not kept has address 0.
 */

/** The number of lanes of T in a vector. */
// @ts-ignore: decorator
@inline
function lanes<T>(): i32 {
  return <i32>(16 / sizeof<T>());
}

/** The first `n` elements at `from`; n is the number of lanes, a constant, in all calls but that for the rest of a run. */
// @ts-ignore: decorator
@inline
function take<T>(from: usize, n: i32): v128 {
  if (n == lanes<T>()) return v128.load(from);
  if (sizeof<T>() == 8) return v128.load64_zero(from);
  return loadPart(from, n);
}

// @ts-ignore: decorator
@inline
function put<T>(to: usize, v: v128, n: i32): void {
  if (n == lanes<T>()) v128.store(to, v);
  else if (sizeof<T>() == 8) v128.store_lane<f64>(to, v, 0);
  else storePart(to, v, n);
}

// @ts-ignore: decorator
@inline
function times<T>(x: T, v: v128): v128 {
  return v128.mul<T>(v128.splat<T>(x), v);
}

/** `a x + b y`. */
// @ts-ignore: decorator
@inline
function mixed<T>(a: T, x: v128, b: T, y: v128): v128 {
  return v128.add<T>(times<T>(a, x), times<T>(b, y));
}

/** The gradient that a rule sees. The order of the operands lets NaN through. */
// @ts-ignore: decorator
@inline
function gradient<T>(grad: v128, x: v128, scale: T, limit: T, decay: T): v128 {
  const scaled = times<T>(scale, grad);
  const bounded = v128.pmax<T>(v128.pmin<T>(scaled, v128.splat<T>(limit)), v128.splat<T>(-limit as T));
  return v128.add<T>(bounded, times<T>(decay, x));
}

// @ts-ignore: decorator
@inline
function sgdAt<T>(
  p: usize, grad: usize, velocity: usize, n: i32, scale: T, limit: T, decay: T, keep: T, momentum: T, inner: T,
  ofVelocity: T, ofGradient: T,
): void {
  const x = take<T>(p, n);
  const g = gradient<T>(take<T>(grad, n), x, scale, limit, decay);
  let change = times<T>(ofGradient, g);
  if (velocity) {
    const v = mixed<T>(momentum, take<T>(velocity, n), inner, g);
    put<T>(velocity, v, n);
    change = v128.add<T>(change, times<T>(ofVelocity, v));
  }
  put<T>(p, v128.sub<T>(times<T>(keep, x), change), n);
}

function sgd<T>(
  p: usize, grad: usize, velocity: usize, n: i32, scale: T, limit: T, decay: T, keep: T, momentum: T, inner: T,
  ofVelocity: T, ofGradient: T,
): void {
  const next = velocity ? 16 : 0;
  for (; n >= lanes<T>(); n -= lanes<T>(), p += 16, grad += 16, velocity += next) {
    sgdAt<T>(p, grad, velocity, lanes<T>(), scale, limit, decay, keep, momentum, inner, ofVelocity, ofGradient);
  }
  if (n > 0) sgdAt<T>(p, grad, velocity, n, scale, limit, decay, keep, momentum, inner, ofVelocity, ofGradient);
}

// @ts-ignore: decorator
@inline
function adagradAt<T>(
  p: usize, grad: usize, sum: usize, n: i32, scale: T, limit: T, decay: T, keep: T, lr: T, epsilon: T,
): void {
  const x = take<T>(p, n);
  const g = gradient<T>(take<T>(grad, n), x, scale, limit, decay);
  const s = v128.add<T>(take<T>(sum, n), v128.mul<T>(g, g));
  put<T>(sum, s, n);
  const root = v128.add<T>(v128.sqrt<T>(s), v128.splat<T>(epsilon));
  put<T>(p, v128.sub<T>(times<T>(keep, x), v128.div<T>(times<T>(lr, g), root)), n);
}

function adagrad<T>(
  p: usize, grad: usize, sum: usize, n: i32, scale: T, limit: T, decay: T, keep: T, lr: T, epsilon: T,
): void {
  for (; n >= lanes<T>(); n -= lanes<T>(), p += 16, grad += 16, sum += 16) {
    adagradAt<T>(p, grad, sum, lanes<T>(), scale, limit, decay, keep, lr, epsilon);
  }
  if (n > 0) adagradAt<T>(p, grad, sum, n, scale, limit, decay, keep, lr, epsilon);
}

// @ts-ignore: decorator
@inline
function rmspropAt<T>(
  p: usize, grad: usize, square: usize, mean: usize, velocity: usize, n: i32, scale: T, limit: T, decay: T, keep: T, lr: T,
  last: T, rest: T, epsilon: T, momentum: T,
): void {
  const x = take<T>(p, n);
  const g = gradient<T>(take<T>(grad, n), x, scale, limit, decay);
  let s = v128.add<T>(times<T>(last, take<T>(square, n)), v128.mul<T>(times<T>(rest, g), g));
  put<T>(square, s, n);
  if (mean) {
    const m = mixed<T>(last, take<T>(mean, n), rest, g);
    put<T>(mean, m, n);
    // Rounding can take the variance of equal gradients below 0.
    s = v128.pmax<T>(v128.sub<T>(s, v128.mul<T>(m, m)), v128.splat<T>(0));
  }
  let u = v128.div<T>(g, v128.add<T>(v128.sqrt<T>(s), v128.splat<T>(epsilon)));
  if (velocity) {
    u = v128.add<T>(times<T>(momentum, take<T>(velocity, n)), u);
    put<T>(velocity, u, n);
  }
  put<T>(p, v128.sub<T>(times<T>(keep, x), times<T>(lr, u)), n);
}

function rmsprop<T>(
  p: usize, grad: usize, square: usize, mean: usize, velocity: usize, n: i32, scale: T, limit: T, decay: T, keep: T, lr: T,
  last: T, rest: T, epsilon: T, momentum: T,
): void {
  const nextMean = mean ? 16 : 0;
  const nextVelocity = velocity ? 16 : 0;
  for (; n >= lanes<T>(); n -= lanes<T>()) {
    rmspropAt<T>(p, grad, square, mean, velocity, lanes<T>(), scale, limit, decay, keep, lr, last, rest, epsilon, momentum);
    p += 16;
    grad += 16;
    square += 16;
    mean += nextMean;
    velocity += nextVelocity;
  }
  if (n > 0) rmspropAt<T>(p, grad, square, mean, velocity, n, scale, limit, decay, keep, lr, last, rest, epsilon, momentum);
}

// @ts-ignore: decorator
@inline
function adamAt<T>(
  p: usize, grad: usize, mean: usize, square: usize, largest: usize, n: i32, scale: T, limit: T, decay: T, keep: T,
  ofGradient: T, ofMean: T, beta1: T, rest1: T, beta2: T, rest2: T, correction: T, epsilon: T,
): void {
  const x = take<T>(p, n);
  const g = gradient<T>(take<T>(grad, n), x, scale, limit, decay);
  const m = mixed<T>(beta1, take<T>(mean, n), rest1, g);
  put<T>(mean, m, n);
  let s = v128.add<T>(times<T>(beta2, take<T>(square, n)), v128.mul<T>(times<T>(rest2, g), g));
  put<T>(square, s, n);
  if (largest) {
    s = v128.pmax<T>(s, take<T>(largest, n));
    put<T>(largest, s, n);
  }
  const root = v128.add<T>(v128.sqrt<T>(times<T>(correction, s)), v128.splat<T>(epsilon));
  put<T>(p, v128.sub<T>(times<T>(keep, x), v128.div<T>(mixed<T>(ofGradient, g, ofMean, m), root)), n);
}

function adam<T>(
  p: usize, grad: usize, mean: usize, square: usize, largest: usize, n: i32, scale: T, limit: T, decay: T, keep: T,
  ofGradient: T, ofMean: T, beta1: T, rest1: T, beta2: T, rest2: T, correction: T, epsilon: T,
): void {
  const next = largest ? 16 : 0;
  for (; n >= lanes<T>(); n -= lanes<T>()) {
    adamAt<T>(
      p, grad, mean, square, largest, lanes<T>(), scale, limit, decay, keep, ofGradient, ofMean, beta1, rest1, beta2, rest2,
      correction, epsilon,
    );
    p += 16;
    grad += 16;
    mean += 16;
    square += 16;
    largest += next;
  }
  if (n > 0) {
    adamAt<T>(
      p, grad, mean, square, largest, n, scale, limit, decay, keep, ofGradient, ofMean, beta1, rest1, beta2, rest2, correction,
      epsilon,
    );
  }
}

// @ts-ignore: decorator
@inline
function adadeltaAt<T>(
  p: usize, grad: usize, square: usize, delta: usize, n: i32, scale: T, limit: T, decay: T, keep: T, lr: T, last: T, rest: T,
  epsilon: T,
): void {
  const x = take<T>(p, n);
  const g = gradient<T>(take<T>(grad, n), x, scale, limit, decay);
  const s = v128.add<T>(times<T>(last, take<T>(square, n)), v128.mul<T>(times<T>(rest, g), g));
  put<T>(square, s, n);
  const d = take<T>(delta, n);
  const e = v128.splat<T>(epsilon);
  const u = v128.mul<T>(v128.div<T>(v128.sqrt<T>(v128.add<T>(d, e)), v128.sqrt<T>(v128.add<T>(s, e))), g);
  put<T>(delta, v128.add<T>(times<T>(last, d), v128.mul<T>(times<T>(rest, u), u)), n);
  put<T>(p, v128.sub<T>(times<T>(keep, x), times<T>(lr, u)), n);
}

function adadelta<T>(
  p: usize, grad: usize, square: usize, delta: usize, n: i32, scale: T, limit: T, decay: T, keep: T, lr: T, last: T, rest: T,
  epsilon: T,
): void {
  for (; n >= lanes<T>(); n -= lanes<T>(), p += 16, grad += 16, square += 16, delta += 16) {
    adadeltaAt<T>(p, grad, square, delta, lanes<T>(), scale, limit, decay, keep, lr, last, rest, epsilon);
  }
  if (n > 0) adadeltaAt<T>(p, grad, square, delta, n, scale, limit, decay, keep, lr, last, rest, epsilon);
}

// @ts-ignore: decorator
@inline
function lionAt<T>(
  p: usize, grad: usize, mean: usize, n: i32, scale: T, limit: T, decay: T, keep: T, lr: T, beta1: T, rest1: T, beta2: T,
  rest2: T,
): void {
  const x = take<T>(p, n);
  const g = gradient<T>(take<T>(grad, n), x, scale, limit, decay);
  const m = take<T>(mean, n);
  const u = mixed<T>(beta1, m, rest1, g);
  const zero = v128.splat<T>(0);
  const one = v128.or(v128.and(u, v128.splat<T>(-0.0 as T)), v128.splat<T>(1));
  const sign = v128.bitselect(one, u, v128.or(v128.lt<T>(u, zero), v128.gt<T>(u, zero)));
  put<T>(mean, mixed<T>(beta2, m, rest2, g), n);
  put<T>(p, v128.sub<T>(times<T>(keep, x), times<T>(lr, sign)), n);
}

function lion<T>(
  p: usize, grad: usize, mean: usize, n: i32, scale: T, limit: T, decay: T, keep: T, lr: T, beta1: T, rest1: T, beta2: T,
  rest2: T,
): void {
  for (; n >= lanes<T>(); n -= lanes<T>(), p += 16, grad += 16, mean += 16) {
    lionAt<T>(p, grad, mean, lanes<T>(), scale, limit, decay, keep, lr, beta1, rest1, beta2, rest2);
  }
  if (n > 0) lionAt<T>(p, grad, mean, n, scale, limit, decay, keep, lr, beta1, rest1, beta2, rest2);
}

export function sgd_f32(p: usize, grad: usize, velocity: usize, n: i32, scale: f32, limit: f32, decay: f32, keep: f32, momentum: f32, inner: f32, ofVelocity: f32, ofGradient: f32): void { sgd<f32>(p, grad, velocity, n, scale, limit, decay, keep, momentum, inner, ofVelocity, ofGradient); }
export function sgd_f64(p: usize, grad: usize, velocity: usize, n: i32, scale: f64, limit: f64, decay: f64, keep: f64, momentum: f64, inner: f64, ofVelocity: f64, ofGradient: f64): void { sgd<f64>(p, grad, velocity, n, scale, limit, decay, keep, momentum, inner, ofVelocity, ofGradient); }
export function adagrad_f32(p: usize, grad: usize, sum: usize, n: i32, scale: f32, limit: f32, decay: f32, keep: f32, lr: f32, epsilon: f32): void { adagrad<f32>(p, grad, sum, n, scale, limit, decay, keep, lr, epsilon); }
export function adagrad_f64(p: usize, grad: usize, sum: usize, n: i32, scale: f64, limit: f64, decay: f64, keep: f64, lr: f64, epsilon: f64): void { adagrad<f64>(p, grad, sum, n, scale, limit, decay, keep, lr, epsilon); }
export function rmsprop_f32(p: usize, grad: usize, square: usize, mean: usize, velocity: usize, n: i32, scale: f32, limit: f32, decay: f32, keep: f32, lr: f32, last: f32, rest: f32, epsilon: f32, momentum: f32): void { rmsprop<f32>(p, grad, square, mean, velocity, n, scale, limit, decay, keep, lr, last, rest, epsilon, momentum); }
export function rmsprop_f64(p: usize, grad: usize, square: usize, mean: usize, velocity: usize, n: i32, scale: f64, limit: f64, decay: f64, keep: f64, lr: f64, last: f64, rest: f64, epsilon: f64, momentum: f64): void { rmsprop<f64>(p, grad, square, mean, velocity, n, scale, limit, decay, keep, lr, last, rest, epsilon, momentum); }
export function adam_f32(p: usize, grad: usize, mean: usize, square: usize, largest: usize, n: i32, scale: f32, limit: f32, decay: f32, keep: f32, ofGradient: f32, ofMean: f32, beta1: f32, rest1: f32, beta2: f32, rest2: f32, correction: f32, epsilon: f32): void { adam<f32>(p, grad, mean, square, largest, n, scale, limit, decay, keep, ofGradient, ofMean, beta1, rest1, beta2, rest2, correction, epsilon); }
export function adam_f64(p: usize, grad: usize, mean: usize, square: usize, largest: usize, n: i32, scale: f64, limit: f64, decay: f64, keep: f64, ofGradient: f64, ofMean: f64, beta1: f64, rest1: f64, beta2: f64, rest2: f64, correction: f64, epsilon: f64): void { adam<f64>(p, grad, mean, square, largest, n, scale, limit, decay, keep, ofGradient, ofMean, beta1, rest1, beta2, rest2, correction, epsilon); }
export function adadelta_f32(p: usize, grad: usize, square: usize, delta: usize, n: i32, scale: f32, limit: f32, decay: f32, keep: f32, lr: f32, last: f32, rest: f32, epsilon: f32): void { adadelta<f32>(p, grad, square, delta, n, scale, limit, decay, keep, lr, last, rest, epsilon); }
export function adadelta_f64(p: usize, grad: usize, square: usize, delta: usize, n: i32, scale: f64, limit: f64, decay: f64, keep: f64, lr: f64, last: f64, rest: f64, epsilon: f64): void { adadelta<f64>(p, grad, square, delta, n, scale, limit, decay, keep, lr, last, rest, epsilon); }
export function lion_f32(p: usize, grad: usize, mean: usize, n: i32, scale: f32, limit: f32, decay: f32, keep: f32, lr: f32, beta1: f32, rest1: f32, beta2: f32, rest2: f32): void { lion<f32>(p, grad, mean, n, scale, limit, decay, keep, lr, beta1, rest1, beta2, rest2); }
export function lion_f64(p: usize, grad: usize, mean: usize, n: i32, scale: f64, limit: f64, decay: f64, keep: f64, lr: f64, beta1: f64, rest1: f64, beta2: f64, rest2: f64): void { lion<f64>(p, grad, mean, n, scale, limit, decay, keep, lr, beta1, rest1, beta2, rest2); }
