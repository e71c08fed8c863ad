import { exp, log } from "./double";
import { loadPart, storePart, sumOfLanes } from "./lanes";
import { maxOfRun, sumOfExponentials } from "./softmax";
import { exp4 } from "./vector";

/*
 * Functions of whole rows and their gradients, each in one pass over memory: cross-entropy of logits and layer normalization.
 * Those that take `from` and `to` do that range of the rows; the addresses are those of row 0.
 */

/**
 * For rows of logits -ln(softmax) at the classes, which are given by their flat positions, and for the gradient the maximum of
 * each row and ln(sum(e^(x - maximum))), in pairs.
 */
function crossEntropy<T>(x: usize, positions: usize, from: i32, to: i32, width: i32, stats: usize, out: usize): void {
  const size = sizeof<T>();
  for (let r: usize = from; r < <usize>to; r++) {
    const row = x + r * <usize>width * size;
    let maximum: T = -Infinity;
    let sum: f64 = 0;
    if (sizeof<T>() == 4) {
      const lanes = maxOfRun(row, width);
      maximum = v128.extract_lane<T>(lanes, 0);
      sum = sumOfExponentials(row, width, lanes, 0, false);
    } else {
      const end = row + <usize>width * size;
      for (let at = row; at < end; at += size) maximum = max(maximum, load<T>(at));
      for (let at = row; at < end; at += size) sum += exp(<f64>load<T>(at) - <f64>maximum);
    }
    const logSum = log(sum);
    store<T>(stats + 2 * r * size, maximum);
    store<T>(stats + (2 * r + 1) * size, <T>logSum);
    store<T>(out + r * size, <T>(logSum - (<f64>load<T>(x + <usize>load<i32>(positions + 4 * r) * size) - <f64>maximum)));
  }
}

export function crossEntropy_f32(x: usize, positions: usize, from: i32, to: i32, width: i32, stats: usize, out: usize): void { crossEntropy<f32>(x, positions, from, to, width, stats, out); }
export function crossEntropy_f64(x: usize, positions: usize, from: i32, to: i32, width: i32, stats: usize, out: usize): void { crossEntropy<f64>(x, positions, from, to, width, stats, out); }

/** `scale` times (softmax minus 1 at the class) for each row, with the numbers that `crossEntropy` left. */
function crossEntropyGrad<T>(
  x: usize, positions: usize, from: i32, to: i32, width: i32, stats: usize, scale: T, out: usize,
): void {
  const size = sizeof<T>();
  for (let r: usize = from; r < <usize>to; r++) {
    const maximum = load<T>(stats + 2 * r * size);
    const logSum = load<T>(stats + (2 * r + 1) * size);
    let at = r * <usize>width * size;
    let n = width;
    if (sizeof<T>() == 4) {
      const maxima = v128.splat<T>(maximum);
      const sums = v128.splat<T>(logSum);
      const scales = v128.splat<T>(scale);
      for (; n >= 4; n -= 4, at += 16) {
        const e = exp4(f32x4.sub(f32x4.sub(v128.load(x + at), maxima), sums));
        v128.store(out + at, f32x4.mul(e, scales));
      }
      if (n > 0) {
        const e = exp4(f32x4.sub(f32x4.sub(loadPart(x + at, n), maxima), sums));
        storePart(out + at, f32x4.mul(e, scales), n);
      }
    } else {
      for (; n > 0; n--, at += size) {
        store<T>(out + at, <T>(exp(<f64>load<T>(x + at) - <f64>maximum - <f64>logSum) * <f64>scale));
      }
    }
    const target = out + <usize>load<i32>(positions + 4 * r) * size;
    store<T>(target, (load<T>(target) - scale) as T);
  }
}

export function crossEntropyGrad_f32(x: usize, positions: usize, from: i32, to: i32, width: i32, stats: usize, scale: f32, out: usize): void { crossEntropyGrad<f32>(x, positions, from, to, width, stats, scale, out); }
export function crossEntropyGrad_f64(x: usize, positions: usize, from: i32, to: i32, width: i32, stats: usize, scale: f64, out: usize): void { crossEntropyGrad<f64>(x, positions, from, to, width, stats, scale, out); }

/** The sum of `bytes` bytes of numbers, in four vectors at once: additions take four cycles and begin every half. */
// @ts-ignore: decorator
@inline
function sumOfRun<T>(x: usize, bytes: usize): T {
  const size = sizeof<T>();
  const end = x + bytes;
  const vectors = x + (bytes & ~15);
  let s0 = v128.splat<T>(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (; x + 64 <= end; x += 64) {
    s0 = v128.add<T>(s0, v128.load(x));
    s1 = v128.add<T>(s1, v128.load(x, 16));
    s2 = v128.add<T>(s2, v128.load(x, 32));
    s3 = v128.add<T>(s3, v128.load(x, 48));
  }
  for (; x < vectors; x += 16) s0 = v128.add<T>(s0, v128.load(x));
  let sum = sumOfLanes<T>(v128.add<T>(v128.add<T>(s0, s1), v128.add<T>(s2, s3)));
  for (; x < end; x += size) sum = (sum + load<T>(x)) as T;
  return sum;
}

/** The squares of the distances from `mean`, added up as in `sumOfRun`. */
// @ts-ignore: decorator
@inline
function squaresOfRun<T>(x: usize, bytes: usize, mean: T): T {
  const size = sizeof<T>();
  const end = x + bytes;
  const vectors = x + (bytes & ~15);
  const means = v128.splat<T>(mean);
  let s0 = v128.splat<T>(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (; x + 64 <= end; x += 64) {
    const a = v128.sub<T>(v128.load(x), means);
    const b = v128.sub<T>(v128.load(x, 16), means);
    const c = v128.sub<T>(v128.load(x, 32), means);
    const d = v128.sub<T>(v128.load(x, 48), means);
    s0 = v128.add<T>(s0, v128.mul<T>(a, a));
    s1 = v128.add<T>(s1, v128.mul<T>(b, b));
    s2 = v128.add<T>(s2, v128.mul<T>(c, c));
    s3 = v128.add<T>(s3, v128.mul<T>(d, d));
  }
  for (; x < vectors; x += 16) {
    const a = v128.sub<T>(v128.load(x), means);
    s0 = v128.add<T>(s0, v128.mul<T>(a, a));
  }
  let sum = sumOfLanes<T>(v128.add<T>(v128.add<T>(s0, s1), v128.add<T>(s2, s3)));
  for (; x < end; x += size) {
    const a = (load<T>(x) - mean) as T;
    sum = (sum + a * a) as T;
  }
  return sum;
}

/** `(x - mean) / sqrt(variance + epsilon) * gamma + beta` for each row; mean and the reciprocal of the root go to `stats`. */
function layerNorm<T>(
  x: usize, gamma: usize, beta: usize, from: i32, to: i32, width: i32, epsilon: f64, stats: usize, out: usize,
): void {
  const size = sizeof<T>();
  const bytes = <usize>width * size;
  const vectors = bytes & ~15;
  for (let r: usize = from; r < <usize>to; r++) {
    const row = x + r * bytes;
    const mean = (sumOfRun<T>(row, bytes) / <T>width) as T;
    const means = v128.splat<T>(mean);
    const squares = squaresOfRun<T>(row, bytes, mean);
    const factor = <T>(1 / sqrt(<f64>squares / <f64>width + epsilon));
    const factors = v128.splat<T>(factor);
    const to0 = out + r * bytes;
    for (let at: usize = 0; at < vectors; at += 16) {
      const normal = v128.mul<T>(v128.sub<T>(v128.load(row + at), means), factors);
      v128.store(to0 + at, v128.add<T>(v128.mul<T>(normal, v128.load(gamma + at)), v128.load(beta + at)));
    }
    for (let at = vectors; at < bytes; at += size) {
      store<T>(to0 + at, ((load<T>(row + at) - mean) * factor * load<T>(gamma + at) + load<T>(beta + at)) as T);
    }
    store<T>(stats + 2 * r * size, mean);
    store<T>(stats + (2 * r + 1) * size, factor);
  }
}

export function layerNorm_f32(x: usize, gamma: usize, beta: usize, from: i32, to: i32, width: i32, epsilon: f64, stats: usize, out: usize): void { layerNorm<f32>(x, gamma, beta, from, to, width, epsilon, stats, out); }
export function layerNorm_f64(x: usize, gamma: usize, beta: usize, from: i32, to: i32, width: i32, epsilon: f64, stats: usize, out: usize): void { layerNorm<f64>(x, gamma, beta, from, to, width, epsilon, stats, out); }

/** The gradients of `layerNorm`: that of x, and in `sums` those of gamma and beta, added up over the range. */
function layerNormGrad<T>(
  x: usize, gamma: usize, gy: usize, stats: usize, from: i32, to: i32, width: i32, gx: usize, sums: usize,
): void {
  const size = sizeof<T>();
  const bytes = <usize>width * size;
  const vectors = bytes & ~15;
  const betas = sums + bytes;
  memory.fill(sums, 0, 2 * bytes);
  for (let r: usize = from; r < <usize>to; r++) {
    const row = x + r * bytes;
    const gradient = gy + r * bytes;
    const mean = load<T>(stats + 2 * r * size);
    const factor = load<T>(stats + (2 * r + 1) * size);
    const means = v128.splat<T>(mean);
    const factors = v128.splat<T>(factor);
    let slopes = v128.splat<T>(0);
    let products = slopes;
    for (let at: usize = 0; at < vectors; at += 16) {
      const g = v128.load(gradient + at);
      const normal = v128.mul<T>(v128.sub<T>(v128.load(row + at), means), factors);
      const scaled = v128.mul<T>(g, v128.load(gamma + at));
      slopes = v128.add<T>(slopes, scaled);
      products = v128.add<T>(products, v128.mul<T>(scaled, normal));
      v128.store(sums + at, v128.add<T>(v128.load(sums + at), v128.mul<T>(g, normal)));
      v128.store(betas + at, v128.add<T>(v128.load(betas + at), g));
    }
    let slope = sumOfLanes<T>(slopes);
    let product = sumOfLanes<T>(products);
    for (let at = vectors; at < bytes; at += size) {
      const g = load<T>(gradient + at);
      const normal = ((load<T>(row + at) - mean) * factor) as T;
      const scaled = (g * load<T>(gamma + at)) as T;
      slope = (slope + scaled) as T;
      product = (product + scaled * normal) as T;
      store<T>(sums + at, (load<T>(sums + at) + g * normal) as T);
      store<T>(betas + at, (load<T>(betas + at) + g) as T);
    }
    slope = (slope / <T>width) as T;
    product = (product / <T>width) as T;
    slopes = v128.splat<T>(slope);
    products = v128.splat<T>(product);
    const to0 = gx + r * bytes;
    for (let at: usize = 0; at < vectors; at += 16) {
      const normal = v128.mul<T>(v128.sub<T>(v128.load(row + at), means), factors);
      const scaled = v128.mul<T>(v128.load(gradient + at), v128.load(gamma + at));
      const rest = v128.sub<T>(v128.sub<T>(scaled, slopes), v128.mul<T>(normal, products));
      v128.store(to0 + at, v128.mul<T>(rest, factors));
    }
    for (let at = vectors; at < bytes; at += size) {
      const normal = ((load<T>(row + at) - mean) * factor) as T;
      store<T>(to0 + at, ((load<T>(gradient + at) * load<T>(gamma + at) - slope - normal * product) * factor) as T);
    }
  }
}

export function layerNormGrad_f32(x: usize, gamma: usize, gy: usize, stats: usize, from: i32, to: i32, width: i32, gx: usize, sums: usize): void { layerNormGrad<f32>(x, gamma, gy, stats, from, to, width, gx, sums); }
export function layerNormGrad_f64(x: usize, gamma: usize, gy: usize, stats: usize, from: i32, to: i32, width: i32, gx: usize, sums: usize): void { layerNormGrad<f64>(x, gamma, gy, stats, from, to, width, gx, sums); }
