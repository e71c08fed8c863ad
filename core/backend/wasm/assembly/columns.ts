import { high, low } from "./lanes";

/*
 * What batch normalization does to the columns of (rows, width): sums down them and arithmetic with numbers of each. Those that
 * take `from` and `to` do that range of the rows, with the addresses of row 0, and leave sums of it, in float64, at `totals`.
 */

/** Float32 are added up as they are down this many rows, and the sums of those in float64. */
const ROWS = 16;

/** Adds the lanes of `sums` to the totals of their columns. */
// @ts-ignore: decorator
@inline
function addLanes<T>(total: usize, sums: v128): void {
  if (sizeof<T>() == 4) {
    v128.store(total, f64x2.add(v128.load(total), low(sums)));
    v128.store(total, f64x2.add(v128.load(total, 16), high(sums)), 16);
  } else {
    v128.store(total, f64x2.add(v128.load(total), sums));
  }
}

// @ts-ignore: decorator
@inline
function addScalar(total: usize, value: f64): void {
  store<f64>(total, load<f64>(total) + value);
}

/** The sums of `(x - mean)^2`. */
function columnSquares<T>(x: usize, means: usize, from: i32, to: i32, width: i32, totals: usize): void {
  const size = sizeof<T>();
  const bytes = <usize>width * size;
  const vectors = bytes & ~15;
  const wide: usize = 8 / size;
  memory.fill(totals, 0, <usize>width << 3);
  const last = x + <usize>to * bytes;
  for (let block = x + <usize>from * bytes; block < last; block += ROWS * bytes) {
    const end = min(block + ROWS * bytes, last);
    for (let at: usize = 0; at < vectors; at += 16) {
      const mean = v128.load(means + at);
      let s0 = v128.splat<T>(0);
      let s1 = s0;
      let row = block + at;
      for (; row + bytes < end; row += 2 * bytes) {
        const d0 = v128.sub<T>(v128.load(row), mean);
        const d1 = v128.sub<T>(v128.load(row + bytes), mean);
        s0 = v128.add<T>(s0, v128.mul<T>(d0, d0));
        s1 = v128.add<T>(s1, v128.mul<T>(d1, d1));
      }
      if (row < end) {
        const d0 = v128.sub<T>(v128.load(row), mean);
        s0 = v128.add<T>(s0, v128.mul<T>(d0, d0));
      }
      addLanes<T>(totals + at * wide, v128.add<T>(s0, s1));
    }
    for (let at = vectors; at < bytes; at += size) {
      const mean = <f64>load<T>(means + at);
      let sum: f64 = 0;
      for (let row = block + at; row < end; row += bytes) {
        const difference = <f64>load<T>(row) - mean;
        sum += difference * difference;
      }
      addScalar(totals + at * wide, sum);
    }
  }
}

export function columnSquares_f32(x: usize, means: usize, from: i32, to: i32, width: i32, totals: usize): void { columnSquares<f32>(x, means, from, to, width, totals); }
export function columnSquares_f64(x: usize, means: usize, from: i32, to: i32, width: i32, totals: usize): void { columnSquares<f64>(x, means, from, to, width, totals); }

/** The sums of `gy (x - mean)`, and after them those of `gy`. */
function columnProducts<T>(x: usize, means: usize, gy: usize, from: i32, to: i32, width: i32, totals: usize): void {
  const size = sizeof<T>();
  const bytes = <usize>width * size;
  const vectors = bytes & ~15;
  const wide: usize = 8 / size;
  const plain = totals + (<usize>width << 3);
  memory.fill(totals, 0, <usize>width << 4);
  const toGradient = gy - x;
  const last = x + <usize>to * bytes;
  for (let block = x + <usize>from * bytes; block < last; block += ROWS * bytes) {
    const end = min(block + ROWS * bytes, last);
    for (let at: usize = 0; at < vectors; at += 16) {
      const mean = v128.load(means + at);
      let p0 = v128.splat<T>(0);
      let p1 = p0;
      let s0 = p0;
      let s1 = p0;
      let row = block + at;
      for (; row + bytes < end; row += 2 * bytes) {
        const g0 = v128.load(row + toGradient);
        const g1 = v128.load(row + bytes + toGradient);
        s0 = v128.add<T>(s0, g0);
        s1 = v128.add<T>(s1, g1);
        p0 = v128.add<T>(p0, v128.mul<T>(g0, v128.sub<T>(v128.load(row), mean)));
        p1 = v128.add<T>(p1, v128.mul<T>(g1, v128.sub<T>(v128.load(row + bytes), mean)));
      }
      if (row < end) {
        const g0 = v128.load(row + toGradient);
        s0 = v128.add<T>(s0, g0);
        p0 = v128.add<T>(p0, v128.mul<T>(g0, v128.sub<T>(v128.load(row), mean)));
      }
      addLanes<T>(totals + at * wide, v128.add<T>(p0, p1));
      addLanes<T>(plain + at * wide, v128.add<T>(s0, s1));
    }
    for (let at = vectors; at < bytes; at += size) {
      const mean = <f64>load<T>(means + at);
      let product: f64 = 0;
      let sum: f64 = 0;
      for (let row = block + at; row < end; row += bytes) {
        const g = <f64>load<T>(row + toGradient);
        product += g * (<f64>load<T>(row) - mean);
        sum += g;
      }
      addScalar(totals + at * wide, product);
      addScalar(plain + at * wide, sum);
    }
  }
}

export function columnProducts_f32(x: usize, means: usize, gy: usize, from: i32, to: i32, width: i32, totals: usize): void { columnProducts<f32>(x, means, gy, from, to, width, totals); }
export function columnProducts_f64(x: usize, means: usize, gy: usize, from: i32, to: i32, width: i32, totals: usize): void { columnProducts<f64>(x, means, gy, from, to, width, totals); }

/** `(x - mean) * scale + shift`. */
function normalizeColumns<T>(
  x: usize, means: usize, scales: usize, shifts: usize, rows: i32, width: i32, out: usize,
): void {
  const size = sizeof<T>();
  const bytes = <usize>width * size;
  const vectors = bytes & ~15;
  for (let r = 0; r < rows; r++) {
    for (let at: usize = 0; at < vectors; at += 16) {
      const centered = v128.sub<T>(v128.load(x + at), v128.load(means + at));
      v128.store(out + at, v128.add<T>(v128.mul<T>(centered, v128.load(scales + at)), v128.load(shifts + at)));
    }
    for (let at = vectors; at < bytes; at += size) {
      const centered = (load<T>(x + at) - load<T>(means + at)) as T;
      store<T>(out + at, (centered * load<T>(scales + at) + load<T>(shifts + at)) as T);
    }
    x += bytes;
    out += bytes;
  }
}

export function normalizeColumns_f32(x: usize, means: usize, scales: usize, shifts: usize, rows: i32, width: i32, out: usize): void { normalizeColumns<f32>(x, means, scales, shifts, rows, width, out); }
export function normalizeColumns_f64(x: usize, means: usize, scales: usize, shifts: usize, rows: i32, width: i32, out: usize): void { normalizeColumns<f64>(x, means, scales, shifts, rows, width, out); }

/** `(gy - (x - mean) * slope - shift) * scale`. */
function normalizeColumnsGrad<T>(
  x: usize, gy: usize, means: usize, scales: usize, slopes: usize, shifts: usize, rows: i32, width: i32, out: usize,
): void {
  const size = sizeof<T>();
  const bytes = <usize>width * size;
  const vectors = bytes & ~15;
  for (let r = 0; r < rows; r++) {
    for (let at: usize = 0; at < vectors; at += 16) {
      const centered = v128.sub<T>(v128.load(x + at), v128.load(means + at));
      const rest = v128.sub<T>(v128.load(gy + at), v128.mul<T>(centered, v128.load(slopes + at)));
      v128.store(out + at, v128.mul<T>(v128.sub<T>(rest, v128.load(shifts + at)), v128.load(scales + at)));
    }
    for (let at = vectors; at < bytes; at += size) {
      const centered = (load<T>(x + at) - load<T>(means + at)) as T;
      const rest = (load<T>(gy + at) - centered * load<T>(slopes + at)) as T;
      store<T>(out + at, ((rest - load<T>(shifts + at)) * load<T>(scales + at)) as T);
    }
    x += bytes;
    gy += bytes;
    out += bytes;
  }
}

export function normalizeColumnsGrad_f32(x: usize, gy: usize, means: usize, scales: usize, slopes: usize, shifts: usize, rows: i32, width: i32, out: usize): void { normalizeColumnsGrad<f32>(x, gy, means, scales, slopes, shifts, rows, width, out); }
export function normalizeColumnsGrad_f64(x: usize, gy: usize, means: usize, scales: usize, slopes: usize, shifts: usize, rows: i32, width: i32, out: usize): void { normalizeColumnsGrad<f64>(x, gy, means, scales, slopes, shifts, rows, width, out); }
