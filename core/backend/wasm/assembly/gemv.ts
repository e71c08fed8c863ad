/*
 * Products of a matrix and a vector, without packing: every element of the matrix is used once, so the time is that of reading
 * it. The matrix is `lines` dot products of `depth` elements; strides in elements, and one of its two must be 1.
 */

function gemv<T>(
  matrix: usize, lineStep: i32, depthStep: i32, vector: usize, vectorStep: i32, out: usize, outStep: i32, lines: i32,
  depth: i32, bias: usize, biasStep: i32, accumulate: i32,
): void {
  const size = sizeof<T>();
  const outBytes = <usize>outStep * size;
  const biasBytes = <usize>biasStep * size;
  if (depthStep == 1 && vectorStep == 1) {
    const lineBytes = <usize>lineStep * size;
    for (let line = 0; line < lines; line++) {
      store<T>(out, ((accumulate != 0 ? load<T>(out) : 0) + (bias != 0 ? load<T>(bias) : 0) + dot<T>(matrix, vector, depth)) as T);
      matrix += lineBytes;
      out += outBytes;
      if (bias != 0) bias += biasBytes;
    }
    return;
  }
  for (let line = 0; line < lines; line += COLUMNS) {
    const count = min(COLUMNS, lines - line);
    if (accumulate == 0) {
      for (let i: usize = 0; i < <usize>count; i++) store<T>(out + i * outBytes, 0);
    }
    if (bias != 0) {
      for (let i: usize = 0; i < <usize>count; i++) {
        store<T>(out + i * outBytes, (load<T>(out + i * outBytes) + load<T>(bias + i * biasBytes)) as T);
      }
      bias += <usize>count * biasBytes;
    }
    if (lineStep == 1 && outStep == 1) addLines<T>(matrix, depthStep, vector, vectorStep, out, count, depth);
    else addLine<T>(matrix, lineStep, depthStep, vector, vectorStep, out, outStep, count, depth);
    matrix += <usize>(count * lineStep) * size;
    out += <usize>count * outBytes;
  }
}

/** So many sums stay in the first-level cache while the matrix goes by. */
const COLUMNS = 2048;

// @ts-ignore: decorator
@inline
function dot<T>(x: usize, y: usize, n: i32): T {
  const lanes = <i32>(16 / sizeof<T>());
  let s0 = v128.splat<T>(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (; n >= 4 * lanes; n -= 4 * lanes, x += 64, y += 64) {
    s0 = v128.add<T>(s0, v128.mul<T>(v128.load(x), v128.load(y)));
    s1 = v128.add<T>(s1, v128.mul<T>(v128.load(x, 16), v128.load(y, 16)));
    s2 = v128.add<T>(s2, v128.mul<T>(v128.load(x, 32), v128.load(y, 32)));
    s3 = v128.add<T>(s3, v128.mul<T>(v128.load(x, 48), v128.load(y, 48)));
  }
  for (; n >= lanes; n -= lanes, x += 16, y += 16) s0 = v128.add<T>(s0, v128.mul<T>(v128.load(x), v128.load(y)));
  s0 = v128.add<T>(v128.add<T>(s0, s1), v128.add<T>(s2, s3));
  let sum: T = (v128.extract_lane<T>(s0, 0) + v128.extract_lane<T>(s0, 1)) as T;
  if (sizeof<T>() == 4) sum = (sum + (v128.extract_lane<T>(s0, 2) + v128.extract_lane<T>(s0, 3))) as T;
  for (; n > 0; n--, x += sizeof<T>(), y += sizeof<T>()) sum = (sum + load<T>(x) * load<T>(y)) as T;
  return sum;
}

/** Adds the lines, which lie side by side, four steps of the depth at a time. */
// @ts-ignore: decorator
@inline
function addLines<T>(matrix: usize, depthStep: i32, vector: usize, vectorStep: i32, out: usize, count: i32, depth: i32): void {
  const lanes = <i32>(16 / sizeof<T>());
  const step = <usize>depthStep * sizeof<T>();
  const next = <usize>vectorStep * sizeof<T>();
  for (; depth >= 4; depth -= 4) {
    const f0 = load<T>(vector);
    const f1 = load<T>(vector + next);
    const f2 = load<T>(vector + 2 * next);
    const f3 = load<T>(vector + 3 * next);
    const m1 = matrix + step;
    const m2 = m1 + step;
    const m3 = m2 + step;
    let i: usize = 0;
    const end = <usize>(count & ~(lanes - 1)) * sizeof<T>();
    for (; i < end; i += 16) {
      const p01 = v128.add<T>(v128.mul<T>(v128.splat<T>(f0), v128.load(matrix + i)), v128.mul<T>(v128.splat<T>(f1), v128.load(m1 + i)));
      const p23 = v128.add<T>(v128.mul<T>(v128.splat<T>(f2), v128.load(m2 + i)), v128.mul<T>(v128.splat<T>(f3), v128.load(m3 + i)));
      v128.store(out + i, v128.add<T>(v128.load(out + i), v128.add<T>(p01, p23)));
    }
    for (; i < <usize>count * sizeof<T>(); i += sizeof<T>()) {
      const p01 = f0 * load<T>(matrix + i) + f1 * load<T>(m1 + i);
      const p23 = f2 * load<T>(m2 + i) + f3 * load<T>(m3 + i);
      store<T>(out + i, (load<T>(out + i) + (p01 + p23)) as T);
    }
    matrix = m3 + step;
    vector += 4 * next;
  }
  addLine<T>(matrix, 1, depthStep, vector, vectorStep, out, 1, count, depth);
}

/** Adds the lines one step of the depth at a time, whatever the strides. */
function addLine<T>(
  matrix: usize, lineStep: i32, depthStep: i32, vector: usize, vectorStep: i32, out: usize, outStep: i32, count: i32,
  depth: i32,
): void {
  for (; depth > 0; depth--) {
    const factor = load<T>(vector);
    for (let i = 0; i < count; i++) {
      const at = out + <usize>(i * outStep) * sizeof<T>();
      store<T>(at, (load<T>(at) + factor * load<T>(matrix + <usize>(i * lineStep) * sizeof<T>())) as T);
    }
    matrix += <usize>depthStep * sizeof<T>();
    vector += <usize>vectorStep * sizeof<T>();
  }
}

/** `out = matrix @ vector` (`+=` with `accumulate`), plus `bias` unless it is 0. */
export function gemv_f32(
  matrix: usize, lineStep: i32, depthStep: i32, vector: usize, vectorStep: i32, out: usize, outStep: i32, lines: i32,
  depth: i32, bias: usize, biasStep: i32, accumulate: i32,
): void {
  gemv<f32>(matrix, lineStep, depthStep, vector, vectorStep, out, outStep, lines, depth, bias, biasStep, accumulate);
}

/** As `gemv_f32`. */
export function gemv_f64(
  matrix: usize, lineStep: i32, depthStep: i32, vector: usize, vectorStep: i32, out: usize, outStep: i32, lines: i32,
  depth: i32, bias: usize, biasStep: i32, accumulate: i32,
): void {
  gemv<f64>(matrix, lineStep, depthStep, vector, vectorStep, out, outStep, lines, depth, bias, biasStep, accumulate);
}
