/* Steps of optimizers, in place; the formulas stand in kernels.ts. */

function sgd<T>(p: usize, grad: usize, n: i32, lr: T, weightDecay: T): void {
  const lanes = <i32>(16 / sizeof<T>());
  const rates = v128.splat<T>(lr);
  const decays = v128.splat<T>(weightDecay);
  for (; n >= lanes; n -= lanes, p += 16, grad += 16) {
    const x = v128.load(p);
    const g = v128.add<T>(v128.load(grad), v128.mul<T>(decays, x));
    v128.store(p, v128.sub<T>(x, v128.mul<T>(rates, g)));
  }
  for (; n > 0; n--, p += sizeof<T>(), grad += sizeof<T>()) {
    const x = load<T>(p);
    store<T>(p, x - lr * (load<T>(grad) + weightDecay * x));
  }
}

function momentumSgd<T>(p: usize, grad: usize, velocity: usize, n: i32, lr: T, momentum: T, weightDecay: T): void {
  const lanes = <i32>(16 / sizeof<T>());
  const rates = v128.splat<T>(lr);
  const momenta = v128.splat<T>(momentum);
  const decays = v128.splat<T>(weightDecay);
  for (; n >= lanes; n -= lanes, p += 16, grad += 16, velocity += 16) {
    const x = v128.load(p);
    const g = v128.add<T>(v128.load(grad), v128.mul<T>(decays, x));
    const v = v128.add<T>(v128.mul<T>(momenta, v128.load(velocity)), v128.mul<T>(rates, g));
    v128.store(velocity, v);
    v128.store(p, v128.sub<T>(x, v));
  }
  for (; n > 0; n--, p += sizeof<T>(), grad += sizeof<T>(), velocity += sizeof<T>()) {
    const x = load<T>(p);
    const v = momentum * load<T>(velocity) + lr * (load<T>(grad) + weightDecay * x);
    store<T>(velocity, v);
    store<T>(p, x - v);
  }
}

/** `rate` is lr / correction1 and `scale` 1 / correction2. */
function adam<T>(
  p: usize, grad: usize, m: usize, v: usize, n: i32, rate: T, beta1: T, rest1: T, beta2: T, rest2: T, scale: T,
  epsilon: T, weightDecay: T,
): void {
  const lanes = <i32>(16 / sizeof<T>());
  for (; n >= lanes; n -= lanes) {
    const x = v128.load(p);
    const g = v128.add<T>(v128.load(grad), v128.mul<T>(v128.splat<T>(weightDecay), x));
    const mean = v128.add<T>(v128.mul<T>(v128.splat<T>(beta1), v128.load(m)), v128.mul<T>(v128.splat<T>(rest1), g));
    const square = v128.add<T>(
      v128.mul<T>(v128.splat<T>(beta2), v128.load(v)),
      v128.mul<T>(v128.mul<T>(v128.splat<T>(rest2), g), g),
    );
    v128.store(m, mean);
    v128.store(v, square);
    const root = v128.add<T>(v128.sqrt<T>(v128.mul<T>(square, v128.splat<T>(scale))), v128.splat<T>(epsilon));
    v128.store(p, v128.sub<T>(x, v128.div<T>(v128.mul<T>(v128.splat<T>(rate), mean), root)));
    p += 16;
    grad += 16;
    m += 16;
    v += 16;
  }
  for (; n > 0; n--) {
    const x = load<T>(p);
    const g = load<T>(grad) + weightDecay * x;
    const mean = beta1 * load<T>(m) + rest1 * g;
    const square = beta2 * load<T>(v) + rest2 * g * g;
    store<T>(m, mean);
    store<T>(v, square);
    store<T>(p, x - (rate * mean) / (sqrt<T>(square * scale) + epsilon));
    p += sizeof<T>();
    grad += sizeof<T>();
    m += sizeof<T>();
    v += sizeof<T>();
  }
}

export function sgd_f32(p: usize, grad: usize, n: i32, lr: f32, weightDecay: f32): void { sgd<f32>(p, grad, n, lr, weightDecay); }
export function sgd_f64(p: usize, grad: usize, n: i32, lr: f64, weightDecay: f64): void { sgd<f64>(p, grad, n, lr, weightDecay); }
export function momentumSgd_f32(p: usize, grad: usize, velocity: usize, n: i32, lr: f32, momentum: f32, weightDecay: f32): void { momentumSgd<f32>(p, grad, velocity, n, lr, momentum, weightDecay); }
export function momentumSgd_f64(p: usize, grad: usize, velocity: usize, n: i32, lr: f64, momentum: f64, weightDecay: f64): void { momentumSgd<f64>(p, grad, velocity, n, lr, momentum, weightDecay); }
export function adam_f32(p: usize, grad: usize, m: usize, v: usize, n: i32, rate: f32, beta1: f32, rest1: f32, beta2: f32, rest2: f32, scale: f32, epsilon: f32, weightDecay: f32): void { adam<f32>(p, grad, m, v, n, rate, beta1, rest1, beta2, rest2, scale, epsilon, weightDecay); }
export function adam_f64(p: usize, grad: usize, m: usize, v: usize, n: i32, rate: f64, beta1: f64, rest1: f64, beta2: f64, rest2: f64, scale: f64, epsilon: f64, weightDecay: f64): void { adam<f64>(p, grad, m, v, n, rate, beta1, rest1, beta2, rest2, scale, epsilon, weightDecay); }
