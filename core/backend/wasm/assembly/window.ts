import { clearRun, copyRun } from "./copy";

/*
 * Patches of NHWC images and back. The arguments after the arrays are those of Window2D in its order: batch, rows, cols,
 * channels (for im2col in bytes), kernel, stride, step, pad, output. A pixel is the run of channels at one place.
 */

export function im2col(
  x: usize, out: usize, batch: i32, rows: i32, cols: i32, pixelBytes: usize, kernelRows: i32, kernelCols: i32,
  strideRows: i32, strideCols: i32, stepRows: i32, stepCols: i32, padTop: i32, padLeft: i32, outRows: i32, outCols: i32,
): void {
  const rowBytes = <usize>cols * pixelBytes;
  const tapRowBytes = <usize>kernelCols * pixelBytes;
  for (let image = 0; image < batch; image++) {
    for (let outRow = 0; outRow < outRows; outRow++) {
      for (let outCol = 0; outCol < outCols; outCol++) {
        const firstCol = outCol * strideCols - padLeft;
        for (let tapRow = 0; tapRow < kernelRows; tapRow++) {
          const row = outRow * strideRows - padTop + tapRow * stepRows;
          if (row < 0 || row >= rows) {
            clearRun(out, tapRowBytes);
          } else if (stepCols == 1) {
            const from = x + <usize>row * rowBytes;
            if (firstCol >= 0 && firstCol + kernelCols <= cols) {
              copyRun(out, from + <usize>firstCol * pixelBytes, tapRowBytes);
            } else {
              const left = min(kernelCols, max(0, -firstCol));
              const right = max(left, min(kernelCols, cols - firstCol));
              clearRun(out, <usize>left * pixelBytes);
              copyRun(
                out + <usize>left * pixelBytes,
                from + <usize>(firstCol + left) * pixelBytes,
                <usize>(right - left) * pixelBytes,
              );
              clearRun(out + <usize>right * pixelBytes, <usize>(kernelCols - right) * pixelBytes);
            }
          } else {
            for (let tap = 0; tap < kernelCols; tap++) {
              const col = firstCol + tap * stepCols;
              const to = out + <usize>tap * pixelBytes;
              if (col < 0 || col >= cols) clearRun(to, pixelBytes);
              else copyRun(to, x + <usize>row * rowBytes + <usize>col * pixelBytes, pixelBytes);
            }
          }
          out += tapRowBytes;
        }
      }
    }
    x += <usize>rows * rowBytes;
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
  for (; n > 0; n--) {
    store<T>(to, (load<T>(to) + load<T>(from)) as T);
    to += sizeof<T>();
    from += sizeof<T>();
  }
}

function col2im<T>(
  patches: usize, out: usize, batch: i32, rows: i32, cols: i32, channels: i32, kernelRows: i32, kernelCols: i32,
  strideRows: i32, strideCols: i32, stepRows: i32, stepCols: i32, padTop: i32, padLeft: i32, outRows: i32, outCols: i32,
): void {
  const pixelBytes = <usize>channels * sizeof<T>();
  const rowBytes = <usize>cols * pixelBytes;
  const imageBytes = <usize>rows * rowBytes;
  memory.fill(out, 0, <usize>batch * imageBytes);
  for (let image = 0; image < batch; image++) {
    for (let outRow = 0; outRow < outRows; outRow++) {
      for (let outCol = 0; outCol < outCols; outCol++) {
        const firstCol = outCol * strideCols - padLeft;
        for (let tapRow = 0; tapRow < kernelRows; tapRow++) {
          const row = outRow * strideRows - padTop + tapRow * stepRows;
          const to = out + <usize>row * rowBytes;
          if (row >= 0 && row < rows) {
            if (stepCols == 1) {
              const left = min(kernelCols, max(0, -firstCol));
              const right = max(left, min(kernelCols, cols - firstCol));
              addRun<T>(
                to + <usize>(firstCol + left) * pixelBytes,
                patches + <usize>left * pixelBytes,
                (right - left) * channels,
              );
            } else {
              for (let tap = 0; tap < kernelCols; tap++) {
                const col = firstCol + tap * stepCols;
                if (col < 0 || col >= cols) continue;
                addRun<T>(to + <usize>col * pixelBytes, patches + <usize>tap * pixelBytes, channels);
              }
            }
          }
          patches += <usize>kernelCols * pixelBytes;
        }
      }
    }
    out += imageBytes;
  }
}

export function col2im_f32(
  patches: usize, out: usize, batch: i32, rows: i32, cols: i32, channels: i32, kernelRows: i32, kernelCols: i32,
  strideRows: i32, strideCols: i32, stepRows: i32, stepCols: i32, padTop: i32, padLeft: i32, outRows: i32, outCols: i32,
): void {
  col2im<f32>(
    patches, out, batch, rows, cols, channels, kernelRows, kernelCols, strideRows, strideCols, stepRows, stepCols,
    padTop, padLeft, outRows, outCols,
  );
}

export function col2im_f64(
  patches: usize, out: usize, batch: i32, rows: i32, cols: i32, channels: i32, kernelRows: i32, kernelCols: i32,
  strideRows: i32, strideCols: i32, stepRows: i32, stepCols: i32, padTop: i32, padLeft: i32, outRows: i32, outCols: i32,
): void {
  col2im<f64>(
    patches, out, batch, rows, cols, channels, kernelRows, kernelCols, strideRows, strideCols, stepRows, stepCols,
    padTop, padLeft, outRows, outCols,
  );
}
