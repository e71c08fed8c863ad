import { Window } from "./geometry";

/* Pooling of NHWC images, for the images from `from` on before `to`. */

/** The first tap, of `taps` that lie `step` apart from `start` on, that is not before 0. */
// @ts-ignore: decorator
@inline
function firstInside(start: i32, step: i32, taps: i32): i32 {
  return start >= 0 ? 0 : min(taps, (step - 1 - start) / step);
}

/** One behind the last tap, of `taps` that lie `step` apart from `start` on, that lies below `end`. */
// @ts-ignore: decorator
@inline
function endInside(start: i32, step: i32, taps: i32, end: i32): i32 {
  if (start + (taps - 1) * step < end) return taps;
  return start >= end ? 0 : (end - 1 - start) / step + 1;
}

/** Where `value` is larger than `best`, or NaN where that is not. */
// @ts-ignore: decorator
@inline
function isBetter(value: v128, best: v128): v128 {
  return v128.andnot(f32x4.eq(best, best), f32x4.le(value, best));
}

// @ts-ignore: decorator
@inline
function maxPool<T>(w: Window, x: usize, out: usize, positions: usize, from: i32, to: i32): void {
  const channels = w.channels;
  const cols = w.cols;
  const stepRows = w.stepRows;
  const stepCols = w.stepCols;
  const tapStep = stepCols * channels;
  const lineStep = stepRows * cols * channels;
  for (let image = from; image < to; image++) {
    const firstOut = image * w.outRows * w.outCols * channels;
    let target = out + <usize>firstOut * sizeof<T>();
    let place = positions + (<usize>firstOut << 2);
    for (let outRow = 0; outRow < w.outRows; outRow++) {
      const top = outRow * w.strideRows - w.padTop;
      const row0 = firstInside(top, stepRows, w.kernelRows);
      const row1 = endInside(top, stepRows, w.kernelRows, w.rows);
      for (let outCol = 0; outCol < w.outCols; outCol++) {
        const left = outCol * w.strideCols - w.padLeft;
        const col0 = firstInside(left, stepCols, w.kernelCols);
        const col1 = endInside(left, stepCols, w.kernelCols, cols);
        const none = row0 >= row1 || col0 >= col1;
        const firstTap = ((image * w.rows + top + row0 * stepRows) * cols + left + col0 * stepCols) * channels;
        const first = none ? image * w.rows * cols * channels : firstTap;
        let c = 0;
        if (sizeof<T>() == 4 && channels >= 4) {
          while (true) {
            let at = i32x4.add(i32x4.splat(first + c), i32x4(0, 1, 2, 3));
            let best = none ? f32x4.splat(-Infinity) : v128.load(x + (<usize>(first + c) << 2));
            let line = firstTap + c;
            for (let i = row0; i < row1; i++) {
              let index = line;
              for (let j = col0; j < col1; j++) {
                const value = v128.load(x + (<usize>index << 2));
                const better = isBetter(value, best);
                best = v128.bitselect(value, best, better);
                at = v128.bitselect(i32x4.add(i32x4.splat(index), i32x4(0, 1, 2, 3)), at, better);
                index += tapStep;
              }
              line += lineStep;
            }
            v128.store(target + (<usize>c << 2), best);
            v128.store(place + (<usize>c << 2), at);
            if (c + 4 == channels) break;
            // The last vector may overlap the one before it.
            c = min(c + 4, channels - 4);
          }
        } else {
          for (; c < channels; c++) {
            let at = first + c;
            let best: T = none ? <T>-Infinity : load<T>(x + <usize>at * sizeof<T>());
            for (let i = row0; i < row1; i++) {
              let index = firstTap + (i - row0) * lineStep + c;
              for (let j = col0; j < col1; j++) {
                const value = load<T>(x + <usize>index * sizeof<T>());
                if (value > best || (value != value && best == best)) {
                  best = value;
                  at = index;
                }
                index += tapStep;
              }
            }
            store<T>(target + <usize>c * sizeof<T>(), best);
            store<i32>(place + (<usize>c << 2), at);
          }
        }
        target += <usize>channels * sizeof<T>();
        place += <usize>channels << 2;
      }
    }
  }
}

/** Whether windows are 2 x 2 and inside of the images, of channels enough for a vector: the usual pooling. */
function isHalving(w: Window): bool {
  return w.kernelRows == 2 && w.kernelCols == 2 && w.stepRows == 1 && w.stepCols == 1 && w.padTop == 0 && w.padLeft == 0
    && w.channels >= 4 && (w.outRows - 1) * w.strideRows + 2 <= w.rows
    && (w.outCols - 1) * w.strideCols + 2 <= w.cols;
}

/** `maxPool` where `isHalving`. */
function halve(w: Window, x: usize, out: usize, positions: usize, from: i32, to: i32): void {
  const channels = w.channels;
  const right = i32x4.splat(channels);
  const below = i32x4.splat(w.cols * channels);
  const belowRight = i32x4.add(below, right);
  const pixel = <usize>channels << 2;
  const line = <usize>w.cols * pixel;
  const done = <usize>(from * w.outRows * w.outCols) * pixel;
  out += done;
  positions += done;
  for (let image = from; image < to; image++) {
    for (let outRow = 0; outRow < w.outRows; outRow++) {
      let first = (image * w.rows + outRow * w.strideRows) * w.cols * channels;
      for (let outCol = 0; outCol < w.outCols; outCol++) {
        let c = 0;
        while (true) {
          const start = x + (<usize>(first + c) << 2);
          const place = i32x4.add(i32x4.splat(first + c), i32x4(0, 1, 2, 3));
          let at = place;
          let best = v128.load(start);
          let value = v128.load(start + pixel);
          let better = isBetter(value, best);
          best = v128.bitselect(value, best, better);
          at = v128.bitselect(i32x4.add(place, right), at, better);
          value = v128.load(start + line);
          better = isBetter(value, best);
          best = v128.bitselect(value, best, better);
          at = v128.bitselect(i32x4.add(place, below), at, better);
          value = v128.load(start + line + pixel);
          better = isBetter(value, best);
          v128.store(out + (<usize>c << 2), v128.bitselect(value, best, better));
          v128.store(positions + (<usize>c << 2), v128.bitselect(i32x4.add(place, belowRight), at, better));
          if (c + 4 == channels) break;
          // The last vector may overlap the one before it.
          c = min(c + 4, channels - 4);
        }
        first += w.strideCols * channels;
        out += pixel;
        positions += pixel;
      }
    }
  }
}

export function maxPool_f32(w: Window, x: usize, out: usize, positions: usize, from: i32, to: i32): void {
  if (isHalving(w)) halve(w, x, out, positions, from, to);
  else maxPool<f32>(w, x, out, positions, from, to);
}

export function maxPool_f64(w: Window, x: usize, out: usize, positions: usize, from: i32, to: i32): void {
  maxPool<f64>(w, x, out, positions, from, to);
}

// @ts-ignore: decorator
@inline
function maxPoolGrad<T>(w: Window, gy: usize, positions: usize, out: usize, from: i32, to: i32): void {
  const imageBytes = <usize>(w.rows * w.cols * w.channels) * sizeof<T>();
  const perImage = w.outRows * w.outCols * w.channels;
  for (let image = from; image < to; image++) {
    memory.fill(out + <usize>image * imageBytes, 0, imageBytes);
    let g = gy + <usize>(image * perImage) * sizeof<T>();
    let place = positions + (<usize>(image * perImage) << 2);
    for (let i = 0; i < perImage; i++) {
      const at = out + <usize>load<i32>(place) * sizeof<T>();
      store<T>(at, load<T>(at) + load<T>(g));
      g += sizeof<T>();
      place += 4;
    }
  }
}

export function maxPoolGrad_f32(w: Window, gy: usize, positions: usize, out: usize, from: i32, to: i32): void {
  maxPoolGrad<f32>(w, gy, positions, out, from, to);
}

export function maxPoolGrad_f64(w: Window, gy: usize, positions: usize, out: usize, from: i32, to: i32): void {
  maxPoolGrad<f64>(w, gy, positions, out, from, to);
}

/** Averages windows of `images` into `pooled`, or, with `adjoint`, spreads `pooled` evenly over the windows of `images`. */
// @ts-ignore: decorator
@inline
function average<T>(w: Window, images: usize, pooled: usize, from: i32, to: i32, adjoint: bool): void {
  const lanes = <i32>(16 / sizeof<T>());
  const channels = w.channels;
  const cols = w.cols;
  const pixelBytes = <usize>channels * sizeof<T>();
  const tapStep = <usize>w.stepCols * pixelBytes;
  const taps = <T>(w.kernelRows * w.kernelCols);
  pooled += <usize>(from * w.outRows * w.outCols) * pixelBytes;
  if (adjoint) {
    const imageBytes = <usize>(w.rows * cols) * pixelBytes;
    memory.fill(images + <usize>from * imageBytes, 0, <usize>(to - from) * imageBytes);
  }
  for (let n = from; n < to; n++) {
    for (let outRow = 0; outRow < w.outRows; outRow++) {
      const top = outRow * w.strideRows - w.padTop;
      const row0 = firstInside(top, w.stepRows, w.kernelRows);
      const row1 = endInside(top, w.stepRows, w.kernelRows, w.rows);
      for (let outCol = 0; outCol < w.outCols; outCol++) {
        const left = outCol * w.strideCols - w.padLeft;
        const col0 = firstInside(left, w.stepCols, w.kernelCols);
        const col1 = endInside(left, w.stepCols, w.kernelCols, cols);
        let c = 0;
        for (; c + lanes <= channels; c += lanes) {
          let sum = v128.splat<T>(0);
          const share = v128.div<T>(v128.load(pooled), v128.splat<T>(taps));
          for (let i = row0; i < row1; i++) {
            const pixel = (n * w.rows + top + i * w.stepRows) * cols + left + col0 * w.stepCols;
            let at = images + <usize>pixel * pixelBytes + <usize>c * sizeof<T>();
            for (let j = col0; j < col1; j++, at += tapStep) {
              if (adjoint) v128.store(at, v128.add<T>(v128.load(at), share));
              else sum = v128.add<T>(sum, v128.load(at));
            }
          }
          if (!adjoint) v128.store(pooled, v128.div<T>(sum, v128.splat<T>(taps)));
          pooled += 16;
        }
        for (; c < channels; c++) {
          let sum: T = 0;
          const share: T = load<T>(pooled) / taps;
          for (let i = row0; i < row1; i++) {
            const pixel = (n * w.rows + top + i * w.stepRows) * cols + left + col0 * w.stepCols;
            let at = images + <usize>pixel * pixelBytes + <usize>c * sizeof<T>();
            for (let j = col0; j < col1; j++, at += tapStep) {
              if (adjoint) store<T>(at, load<T>(at) + share);
              else sum += load<T>(at);
            }
          }
          if (!adjoint) store<T>(pooled, sum / taps);
          pooled += sizeof<T>();
        }
      }
    }
  }
}

export function averagePool_f32(w: Window, x: usize, out: usize, from: i32, to: i32): void { average<f32>(w, x, out, from, to, false); }
export function averagePool_f64(w: Window, x: usize, out: usize, from: i32, to: i32): void { average<f64>(w, x, out, from, to, false); }
export function averagePoolGrad_f32(w: Window, gy: usize, out: usize, from: i32, to: i32): void { average<f32>(w, out, gy, from, to, true); }
export function averagePoolGrad_f64(w: Window, gy: usize, out: usize, from: i32, to: i32): void { average<f64>(w, out, gy, from, to, true); }
