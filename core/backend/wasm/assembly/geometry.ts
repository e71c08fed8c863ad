import { clearRun, copyRun } from "./copy";

/* How windows slide over NHWC images, and blocks of images laid out so that no window sticks out of them. */

/** Window2D of core/backend/kernels.ts, field by field. */
@unmanaged
export class Window {
  batch: i32;
  rows: i32;
  cols: i32;
  channels: i32;
  kernelRows: i32;
  kernelCols: i32;
  strideRows: i32;
  strideCols: i32;
  stepRows: i32;
  stepCols: i32;
  padTop: i32;
  padLeft: i32;
  outRows: i32;
  outCols: i32;

  /** Rows of the padded image under windows at `outRows` rows of positions. */
  @inline
  coveredRows(outRows: i32): i32 {
    return (outRows - 1) * this.strideRows + (this.kernelRows - 1) * this.stepRows + 1;
  }

  /** Columns of the padded image under all windows. */
  @inline
  coveredCols(): i32 {
    return (this.outCols - 1) * this.strideCols + (this.kernelCols - 1) * this.stepCols + 1;
  }

  /** Whether every tap of every window lies inside the image. */
  @inline
  inside(): bool {
    return (
      this.padTop == 0 && this.padLeft == 0 &&
      this.coveredRows(this.outRows) <= this.rows && this.coveredCols() <= this.cols
    );
  }
}

/**
 * A convolution cut into units: whole images, or strips of `rows` rows of window positions where an image is large. A block, which
 * a thread does at a time, is some units.
 */
@unmanaged
export class Blocks {
  window: Window;
  /** Rows of positions of a unit, which the last strip of an image may lack. */
  rows: i32;
  /** Units of a block; 1 when a unit is a strip. */
  units: i32;
  /** Channels on the other side of the kernel. */
  outChannels: i32;

  /** Units of an image. */
  @inline
  strips(): i32 {
    return (this.window.outRows + this.rows - 1) / this.rows;
  }
}

/** What a thread knows about the block it is at. Lies at the start of its scratch. */
@unmanaged
export class Block {
  /** The first tap of the first window. */
  base: usize;
  /** Bytes from row to row. */
  rowStep: i32;
  /** Bytes from image to image. */
  imageStep: i32;
  /** Images, or 1 when it is a strip. */
  images: i32;
  /** The image it begins with. */
  image: i32;
  /** The row of positions it begins with. */
  row: i32;
  /** Rows of positions of each image. */
  rows: i32;
  /** Window positions. */
  positions: i32;

  /** Room for itself in scratch. */
  static readonly BYTES: i32 = 64;
}

/** Moves `block` to the units from `unit` on, before `end`; `room` is for images that have to be padded. */
export function enter<T>(block: Block, blocks: Blocks, x: usize, unit: i32, end: i32, room: usize): void {
  const w = blocks.window;
  const strips = blocks.strips();
  const pixelBytes = w.channels * sizeof<T>();
  block.image = unit / strips;
  block.row = (unit - block.image * strips) * blocks.rows;
  block.rows = min(blocks.rows, w.outRows - block.row);
  block.images = min(blocks.units, end - unit);
  block.positions = block.images * block.rows * w.outCols;
  const imageBytes = w.rows * w.cols * pixelBytes;
  const from = x + <usize>block.image * <usize>imageBytes;
  if (w.inside()) {
    block.rowStep = w.cols * pixelBytes;
    block.imageStep = imageBytes;
    block.base = from + <usize>(block.row * w.strideRows * block.rowStep);
    return;
  }
  const covered = w.coveredRows(block.rows);
  block.rowStep = w.coveredCols() * pixelBytes;
  block.imageStep = covered * block.rowStep;
  block.base = room;
  for (let i = 0; i < block.images; i++) {
    padImage(w, from + <usize>(i * imageBytes), block.row * w.strideRows - w.padTop, covered, pixelBytes, room);
    room += block.imageStep;
  }
}

/** Copies `count` rows from `row` on with the columns that windows cover; what lies outside the image is 0. */
function padImage(w: Window, image: usize, row: i32, count: i32, pixelBytes: i32, to: usize): void {
  const cols = w.coveredCols();
  const left = min(w.padLeft, cols);
  const middle = min(w.cols, cols - left);
  const rowBytes = cols * pixelBytes;
  for (let end = row + count; row < end; row++) {
    if (row < 0 || row >= w.rows) {
      clearRun(to, rowBytes);
    } else {
      clearRun(to, left * pixelBytes);
      copyRun(to + <usize>(left * pixelBytes), image + <usize>(row * w.cols * pixelBytes), middle * pixelBytes);
      clearRun(to + <usize>((left + middle) * pixelBytes), (cols - left - middle) * pixelBytes);
    }
    to += rowBytes;
  }
}

/** Writes where each window of `block` begins, in bytes from its base; the last is repeated up to a multiple of four. */
export function positionOffsets<T>(w: Window, block: Block, to: usize): void {
  const colStep = w.strideCols * w.channels * sizeof<T>();
  const rowStep = w.strideRows * block.rowStep;
  let last = 0;
  for (let i = 0; i < block.images; i++) {
    for (let row = 0; row < block.rows; row++) {
      for (let col = 0; col < w.outCols; col++) {
        last = i * block.imageStep + row * rowStep + col * colStep;
        store<i32>(to, last);
        to += 4;
      }
    }
  }
  for (let n = block.positions; (n & 3) != 0; n++) {
    store<i32>(to, last);
    to += 4;
  }
}

/** Rounded up to whole vectors. */
// @ts-ignore: decorator
@inline
export function aligned(address: usize): usize {
  return (address + 15) & ~15;
}
