/* Pooling of NHWC images. The arguments after the arrays are those of Window2D in its order. */

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
  return start >= end ? 0 : min(taps, (end - 1 - start) / step + 1);
}

function maxPool<T>(
  x: usize, out: usize, positions: usize, batch: i32, rows: i32, cols: i32, channels: i32, kernelRows: i32,
  kernelCols: i32, strideRows: i32, strideCols: i32, stepRows: i32, stepCols: i32, padTop: i32, padLeft: i32,
  outRows: i32, outCols: i32,
): void {
  for (let image = 0; image < batch; image++) {
    for (let outRow = 0; outRow < outRows; outRow++) {
      const top = outRow * strideRows - padTop;
      const row0 = firstInside(top, stepRows, kernelRows);
      const row1 = endInside(top, stepRows, kernelRows, rows);
      for (let outCol = 0; outCol < outCols; outCol++) {
        const left = outCol * strideCols - padLeft;
        const col0 = firstInside(left, stepCols, kernelCols);
        const col1 = endInside(left, stepCols, kernelCols, cols);
        const none = row0 >= row1 || col0 >= col1;
        const firstPixel = none
          ? image * rows * cols
          : (image * rows + top + row0 * stepRows) * cols + left + col0 * stepCols;
        let c = 0;
        if (sizeof<T>() == 4) {
          for (; c + 4 <= channels; c += 4) {
            const start = firstPixel * channels + c;
            let at = i32x4.add(i32x4.splat(start), i32x4(0, 1, 2, 3));
            let best = none ? f32x4.splat(-Infinity) : v128.load(x + (<usize>start << 2));
            for (let i = row0; i < row1; i++) {
              let index = ((image * rows + top + i * stepRows) * cols + left + col0 * stepCols) * channels + c;
              for (let j = col0; j < col1; j++) {
                const value = v128.load(x + (<usize>index << 2));
                const better = v128.or(
                  f32x4.gt(value, best),
                  v128.and(f32x4.ne(value, value), f32x4.eq(best, best)),
                );
                best = v128.bitselect(value, best, better);
                at = v128.bitselect(i32x4.add(i32x4.splat(index), i32x4(0, 1, 2, 3)), at, better);
                index += stepCols * channels;
              }
            }
            v128.store(out, best);
            v128.store(positions, at);
            out += 16;
            positions += 16;
          }
        }
        for (; c < channels; c++) {
          let at = firstPixel * channels + c;
          let best: T = none ? <T>-Infinity : load<T>(x + <usize>at * sizeof<T>());
          for (let i = row0; i < row1; i++) {
            let index = ((image * rows + top + i * stepRows) * cols + left + col0 * stepCols) * channels + c;
            for (let j = col0; j < col1; j++) {
              const value = load<T>(x + <usize>index * sizeof<T>());
              if (value > best || (value != value && best == best)) {
                best = value;
                at = index;
              }
              index += stepCols * channels;
            }
          }
          store<T>(out, best);
          store<i32>(positions, at);
          out += sizeof<T>();
          positions += 4;
        }
      }
    }
  }
}

export function maxPool_f32(
  x: usize, out: usize, positions: usize, batch: i32, rows: i32, cols: i32, channels: i32, kernelRows: i32,
  kernelCols: i32, strideRows: i32, strideCols: i32, stepRows: i32, stepCols: i32, padTop: i32, padLeft: i32,
  outRows: i32, outCols: i32,
): void {
  maxPool<f32>(
    x, out, positions, batch, rows, cols, channels, kernelRows, kernelCols, strideRows, strideCols, stepRows, stepCols,
    padTop, padLeft, outRows, outCols,
  );
}

export function maxPool_f64(
  x: usize, out: usize, positions: usize, batch: i32, rows: i32, cols: i32, channels: i32, kernelRows: i32,
  kernelCols: i32, strideRows: i32, strideCols: i32, stepRows: i32, stepCols: i32, padTop: i32, padLeft: i32,
  outRows: i32, outCols: i32,
): void {
  maxPool<f64>(
    x, out, positions, batch, rows, cols, channels, kernelRows, kernelCols, strideRows, strideCols, stepRows, stepCols,
    padTop, padLeft, outRows, outCols,
  );
}

/** Averages windows of `image` into `pooled`, or, with `adjoint`, spreads `pooled` evenly over the windows of `image`. */
// @ts-ignore: decorator
@inline
function average<T>(
  image: usize, pooled: usize, batch: i32, rows: i32, cols: i32, channels: i32, kernelRows: i32, kernelCols: i32,
  strideRows: i32, strideCols: i32, stepRows: i32, stepCols: i32, padTop: i32, padLeft: i32, outRows: i32, outCols: i32,
  adjoint: bool,
): void {
  const lanes = <i32>(16 / sizeof<T>());
  const pixelBytes = <usize>channels * sizeof<T>();
  const tapStep = <usize>stepCols * pixelBytes;
  const taps = <T>(kernelRows * kernelCols);
  for (let n = 0; n < batch; n++) {
    for (let outRow = 0; outRow < outRows; outRow++) {
      const top = outRow * strideRows - padTop;
      const row0 = firstInside(top, stepRows, kernelRows);
      const row1 = endInside(top, stepRows, kernelRows, rows);
      for (let outCol = 0; outCol < outCols; outCol++) {
        const left = outCol * strideCols - padLeft;
        const col0 = firstInside(left, stepCols, kernelCols);
        const col1 = endInside(left, stepCols, kernelCols, cols);
        let c = 0;
        for (; c + lanes <= channels; c += lanes) {
          let sum = v128.splat<T>(0);
          const share = v128.div<T>(v128.load(pooled), v128.splat<T>(taps));
          for (let i = row0; i < row1; i++) {
            const pixel = (n * rows + top + i * stepRows) * cols + left + col0 * stepCols;
            let at = image + <usize>pixel * pixelBytes + <usize>c * sizeof<T>();
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
            const pixel = (n * rows + top + i * stepRows) * cols + left + col0 * stepCols;
            let at = image + <usize>pixel * pixelBytes + <usize>c * sizeof<T>();
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

export function averagePool_f32(
  x: usize, out: usize, batch: i32, rows: i32, cols: i32, channels: i32, kernelRows: i32, kernelCols: i32,
  strideRows: i32, strideCols: i32, stepRows: i32, stepCols: i32, padTop: i32, padLeft: i32, outRows: i32, outCols: i32,
): void {
  average<f32>(
    x, out, batch, rows, cols, channels, kernelRows, kernelCols, strideRows, strideCols, stepRows, stepCols, padTop,
    padLeft, outRows, outCols, false,
  );
}

export function averagePool_f64(
  x: usize, out: usize, batch: i32, rows: i32, cols: i32, channels: i32, kernelRows: i32, kernelCols: i32,
  strideRows: i32, strideCols: i32, stepRows: i32, stepCols: i32, padTop: i32, padLeft: i32, outRows: i32, outCols: i32,
): void {
  average<f64>(
    x, out, batch, rows, cols, channels, kernelRows, kernelCols, strideRows, strideCols, stepRows, stepCols, padTop,
    padLeft, outRows, outCols, false,
  );
}

export function averagePoolGrad_f32(
  gy: usize, out: usize, batch: i32, rows: i32, cols: i32, channels: i32, kernelRows: i32, kernelCols: i32,
  strideRows: i32, strideCols: i32, stepRows: i32, stepCols: i32, padTop: i32, padLeft: i32, outRows: i32, outCols: i32,
): void {
  memory.fill(out, 0, <usize>(batch * rows * cols * channels) << 2);
  average<f32>(
    out, gy, batch, rows, cols, channels, kernelRows, kernelCols, strideRows, strideCols, stepRows, stepCols, padTop,
    padLeft, outRows, outCols, true,
  );
}

export function averagePoolGrad_f64(
  gy: usize, out: usize, batch: i32, rows: i32, cols: i32, channels: i32, kernelRows: i32, kernelCols: i32,
  strideRows: i32, strideCols: i32, stepRows: i32, stepCols: i32, padTop: i32, padLeft: i32, outRows: i32, outCols: i32,
): void {
  memory.fill(out, 0, <usize>(batch * rows * cols * channels) << 3);
  average<f64>(
    out, gy, batch, rows, cols, channels, kernelRows, kernelCols, strideRows, strideCols, stepRows, stepCols, padTop,
    padLeft, outRows, outCols, true,
  );
}
