import { clearRun, copyRun } from "./copy";
import { Window } from "./geometry";

/* Patches of NHWC images and back, for the images from `from` on before `to`. A pixel is the run of channels at one place. */

/** For any dtype: `elementBytes` is its size. */
export function im2col(w: Window, x: usize, out: usize, elementBytes: i32, from: i32, to: i32): void {
  const pixelBytes = <usize>(w.channels * elementBytes);
  const rowBytes = <usize>w.cols * pixelBytes;
  const tapRowBytes = <usize>w.kernelCols * pixelBytes;
  const kernelCols = w.kernelCols;
  const cols = w.cols;
  out += <usize>(from * w.outRows * w.outCols * w.kernelRows) * tapRowBytes;
  for (let image = from; image < to; image++) {
    const start = x + <usize>(image * w.rows) * rowBytes;
    for (let outRow = 0; outRow < w.outRows; outRow++) {
      for (let outCol = 0; outCol < w.outCols; outCol++) {
        const firstCol = outCol * w.strideCols - w.padLeft;
        for (let tapRow = 0; tapRow < w.kernelRows; tapRow++) {
          const row = outRow * w.strideRows - w.padTop + tapRow * w.stepRows;
          const line = start + <usize>row * rowBytes;
          if (row < 0 || row >= w.rows) {
            clearRun(out, tapRowBytes);
          } else if (w.stepCols == 1) {
            if (firstCol >= 0 && firstCol + kernelCols <= cols) {
              copyRun(out, line + <usize>firstCol * pixelBytes, tapRowBytes);
            } else {
              const left = min(kernelCols, max(0, -firstCol));
              const right = max(left, min(kernelCols, cols - firstCol));
              clearRun(out, <usize>left * pixelBytes);
              copyRun(
                out + <usize>left * pixelBytes,
                line + <usize>(firstCol + left) * pixelBytes,
                <usize>(right - left) * pixelBytes,
              );
              clearRun(out + <usize>right * pixelBytes, <usize>(kernelCols - right) * pixelBytes);
            }
          } else {
            for (let tap = 0; tap < kernelCols; tap++) {
              const col = firstCol + tap * w.stepCols;
              const at = out + <usize>tap * pixelBytes;
              if (col < 0 || col >= cols) clearRun(at, pixelBytes);
              else copyRun(at, line + <usize>col * pixelBytes, pixelBytes);
            }
          }
          out += tapRowBytes;
        }
      }
    }
  }
}

/** Adds `n` elements at `from` to those at `to`. */
// @ts-ignore: decorator
@inline
export function addRun<T>(to: usize, from: usize, n: i32): void {
  const lanes = <i32>(16 / sizeof<T>());
  for (; n >= lanes; n -= lanes) {
    v128.store(to, v128.add<T>(v128.load(to), v128.load(from)));
    to += 16;
    from += 16;
  }
  if (sizeof<T>() == 4 && n >= 2) {
    v128.store_lane<u64>(to, f32x4.add(v128.load64_zero(to), v128.load64_zero(from)), 0);
    to += 8;
    from += 8;
    n -= 2;
  }
  for (; n > 0; n--) {
    store<T>(to, (load<T>(to) + load<T>(from)) as T);
    to += sizeof<T>();
    from += sizeof<T>();
  }
}

/**
 * Adds one row of taps of each window in a row of positions, (kernelCols, channels) elements that lie `step` elements apart, to the
 * row of the image under them.
 */
export function addLines<T>(w: Window, lines: usize, step: i32, row: usize): void {
  const channels = w.channels;
  const kernelCols = w.kernelCols;
  const cols = w.cols;
  const pixelBytes = <usize>channels * sizeof<T>();
  const stepBytes = <usize>step * sizeof<T>();
  let firstCol = -w.padLeft;
  for (let outCol = 0; outCol < w.outCols; outCol++) {
    if (w.stepCols == 1) {
      const left = min(kernelCols, max(0, -firstCol));
      const right = max(left, min(kernelCols, cols - firstCol));
      addRun<T>(row + <usize>(firstCol + left) * pixelBytes, lines + <usize>left * pixelBytes, (right - left) * channels);
    } else {
      for (let tap = 0; tap < kernelCols; tap++) {
        const col = firstCol + tap * w.stepCols;
        if (col < 0 || col >= cols) continue;
        addRun<T>(row + <usize>col * pixelBytes, lines + <usize>tap * pixelBytes, channels);
      }
    }
    firstCol += w.strideCols;
    lines += stepBytes;
  }
}

// @ts-ignore: decorator
@inline
function col2im<T>(w: Window, patches: usize, out: usize, from: i32, to: i32): void {
  const rowBytes = <usize>(w.cols * w.channels) * sizeof<T>();
  const imageBytes = <usize>w.rows * rowBytes;
  const line = w.kernelCols * w.channels;
  const patch = w.kernelRows * line;
  patches += <usize>(from * w.outRows * w.outCols * patch) * sizeof<T>();
  for (let image = from; image < to; image++) {
    const target = out + <usize>image * imageBytes;
    memory.fill(target, 0, imageBytes);
    for (let outRow = 0; outRow < w.outRows; outRow++) {
      for (let tapRow = 0; tapRow < w.kernelRows; tapRow++) {
        const row = outRow * w.strideRows - w.padTop + tapRow * w.stepRows;
        if (row < 0 || row >= w.rows) continue;
        addLines<T>(w, patches + <usize>(tapRow * line) * sizeof<T>(), patch, target + <usize>row * rowBytes);
      }
      patches += <usize>(w.outCols * patch) * sizeof<T>();
    }
  }
}

export function col2im_f32(w: Window, patches: usize, out: usize, from: i32, to: i32): void { col2im<f32>(w, patches, out, from, to); }
export function col2im_f64(w: Window, patches: usize, out: usize, from: i32, to: i32): void { col2im<f64>(w, patches, out, from, to); }
