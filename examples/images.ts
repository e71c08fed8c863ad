import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { PNG } from "pngjs";
import type { NDArray } from "retrograd";

/** What the pixels of a PNG file have, by its specification. */
const [GREY, RGB] = [0, 2] as const;

/** Options of `imageGrid`. */
export interface GridOptions {
  /** Images in a row of the grid: as many as there are rows, or one more, unless given. */
  columns?: number;
  /** How many pixels wide and high each pixel of an image is drawn: 1 unless given. */
  scale?: number;
  /** White pixels between images: 2 unless given. */
  gap?: number;
}

/**
 * A PNG file of images side by side: grey ones (N, rows, cols) or (N, rows, cols, 1), or coloured ones (N, rows, cols, 3), with
 * values from 0 (black) to 1; what lies outside is drawn as the nearer of the two.
 */
export function imageGrid(images: NDArray, { columns, scale = 1, gap = 2 }: GridOptions = {}): Uint8Array {
  const [count, rows, cols, channels = 1] = images.shape as [number, number, number, number?];
  if (images.ndim < 3 || images.ndim > 4 || (channels !== 1 && channels !== 3)) {
    throw new Error(
      `Expected images (N, rows, cols), (N, rows, cols, 1) or (N, rows, cols, 3), got (${images.shape}).`,
    );
  }
  const across = columns ?? Math.ceil(Math.sqrt(count));
  const down = Math.ceil(count / across);
  const [width, height] = [cols * scale + gap, rows * scale + gap];
  const png = new PNG({ width: across * width + gap, height: down * height + gap });
  png.data.fill(255);
  const values = images.toTypedArray();
  for (let i = 0; i < count; i++) {
    const [left, top] = [gap + (i % across) * width, gap + Math.floor(i / across) * height];
    for (let y = 0; y < rows * scale; y++) {
      for (let x = 0; x < cols * scale; x++) {
        const from = ((i * rows + Math.floor(y / scale)) * cols + Math.floor(x / scale)) * channels;
        const to = 4 * ((top + y) * png.width + left + x);
        for (let c = 0; c < 3; c++) png.data[to + c] = level(values[from + (channels === 3 ? c : 0)]!);
      }
    }
  }
  // Without transparency, and without colours where there are none, the file is a third as large.
  return PNG.sync.write(png, { colorType: channels === 3 ? RGB : GREY });
}

/** Writes images as a PNG file; see `imageGrid`. */
export function saveImages(path: string, images: NDArray, options: GridOptions = {}): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, imageGrid(images, options));
}

function level(value: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}
