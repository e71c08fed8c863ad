import { bytesOf, isFloat } from "../../dtype.js";
import type { NDArray } from "../../ndarray.js";
import * as js from "../js/conv.js";
import type { Window2D } from "../kernels.js";
import { apart, finePartCount, partCount, threadCount } from "../parallel.js";
import { describe } from "./geometry.js";
import { SUFFIX } from "./kernel-module.js";
import { windows } from "./modules.js";
import { share } from "./share.js";

/** What a block may take of the second-level cache for its images with their padding. */
const BLOCK_BYTES = 128 * 1024;
/** Window positions that are enough for a block, and for a row of the gradient of images. */
const PLACES = 256;
const ROW_PLACES = 64;
/** Weight gradients up to this size are kept once for each thread; of larger ones each thread computes a share. */
const TILES_BYTES = 256 * 1024;
/** Bytes of a packed row, of a tile, and of what a thread knows about its block. */
const PANEL_BYTES = 32;
const TILE_BYTES = 128;
const BLOCK_HEAD = 64;

const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

/** The sizes of a convolution, and how assembly/geometry.ts cuts it into blocks. */
interface Cut {
  taps: number;
  n: number;
  bytes: number;
  /** Rows of window positions of a unit. */
  rows: number;
  /** Units of a block. */
  units: number;
  /** Units of the whole batch. */
  total: number;
  /** Flops of a unit. */
  flops: number;
  /** Scratch for the tables of places and taps, and for padded images. */
  tableBytes: number;
  imageBytes: number;
}

function cut(w: Window2D, n: number, bytes: number): Cut {
  const taps = w.kernelRows * w.kernelCols * w.channels;
  const coveredCols = (w.outCols - 1) * w.strideCols + (w.kernelCols - 1) * w.stepCols + 1;
  const coveredRows = (rows: number) => (rows - 1) * w.strideRows + (w.kernelRows - 1) * w.stepRows + 1;
  const lineBytes = coveredCols * w.channels * bytes;
  const fitting = Math.floor((BLOCK_BYTES / lineBytes - coveredRows(1)) / w.strideRows) + 1;
  // Fewer images than threads are cut into strips for all of them.
  const shared = Math.ceil(w.outRows / Math.ceil(threadCount() / w.batch));
  const rows = Math.max(1, Math.min(shared, fitting));
  const whole = rows === w.outRows;
  const unitBytes = coveredRows(rows) * lineBytes;
  const most = Math.min(w.batch, BLOCK_BYTES / unitBytes, PLACES / (rows * w.outCols));
  const units = whole ? Math.max(1, Math.floor(most)) : 1;
  const total = w.batch * Math.ceil(w.outRows / rows);
  const places = roundUp(units * rows * w.outCols, 4);
  return {
    taps,
    n,
    bytes,
    rows,
    units,
    total,
    flops: 2 * rows * w.outCols * taps * n,
    tableBytes: roundUp(4 * places + 8 * roundUp(taps, 4), 16) + 32,
    imageBytes: roundUp(units * unitBytes, 64),
  };
}

/** `Kernels.conv2d`. */
export function conv2d(x: NDArray, W: NDArray, b: NDArray | null, w: Window2D, out: NDArray): void {
  if (!isFloat(out.dtype)) {
    js.conv2d(x, W, b, w, out);
    return;
  }
  const suffix = SUFFIX[out.dtype];
  const sizes = cut(w, W.shape[W.ndim - 1]!, bytesOf(out.dtype));
  const { taps, n, bytes, units, total } = sizes;
  const parts = finePartCount(total, sizes.flops);
  const panelBytes = Math.ceil((n * bytes) / PANEL_BYTES) * PANEL_BYTES;
  const own = roundUp(BLOCK_HEAD + TILE_BYTES + sizes.tableBytes + sizes.imageBytes, 64);
  const blocks = [sizes.rows, units, n];
  const [descriptor, scratch] = describe(w, (taps + 1) * panelBytes + parts * own, blocks);
  const bias = scratch + taps * panelBytes;
  const pack = windows.functions[`packTaps_${suffix}`]!;
  pack(W.address, taps, n, scratch);
  if (b !== null) pack(b.address, 1, n, bias);
  const space = bias + panelBytes;
  const [from, to] = [x.address, out.address];
  share(windows, `conv2d_${suffix}`, total, parts, 1, apart([out], x), (first, end, i) => {
    return [descriptor, from, scratch, b === null ? 0 : bias, to, first, end, space + i * own];
  });
}

/** `Kernels.conv2dGradInput`. */
export function conv2dGradInput(gy: NDArray, W: NDArray, w: Window2D, out: NDArray): void {
  if (!isFloat(out.dtype)) {
    js.conv2dGradInput(gy, W, w, out);
    return;
  }
  const suffix = SUFFIX[out.dtype];
  const bytes = bytesOf(out.dtype);
  const n = W.shape[W.ndim - 1]!;
  const line = w.kernelCols * w.channels;
  const lineBytes = roundUp(line * bytes, PANEL_BYTES);
  const packedBytes = w.kernelRows * n * lineBytes;
  const parts = finePartCount(w.batch, 2 * w.outRows * w.outCols * w.kernelRows * line * n);
  const images = Math.max(1, Math.min(Math.ceil(w.batch / parts), Math.floor(ROW_PLACES / w.outCols)));
  const places = roundUp(images * w.outCols, 4);
  const own = roundUp(TILE_BYTES + 8 * w.kernelRows + places * (4 + lineBytes), 16) + 64;
  const [descriptor, scratch] = describe(w, packedBytes + parts * own, [w.outRows, images, n]);
  windows.functions[`packLines_${suffix}`]!(W.address, w.kernelRows, line, n, scratch);
  const space = scratch + packedBytes;
  const [from, to] = [gy.address, out.address];
  share(windows, `conv2dGradInput_${suffix}`, w.batch, parts, 1, apart([out], gy), (first, end, i) => {
    return [descriptor, from, scratch, to, first, end, space + i * own];
  });
}

/** `Kernels.conv2dGradWeight`. */
export function conv2dGradWeight(x: NDArray, gy: NDArray, w: Window2D, out: NDArray): void {
  if (!isFloat(out.dtype)) {
    js.conv2dGradWeight(x, gy, w, out);
    return;
  }
  const suffix = SUFFIX[out.dtype];
  const sizes = cut(w, out.shape[out.ndim - 1]!, bytesOf(out.dtype));
  const { taps, n, bytes, units, total } = sizes;
  const panels = Math.ceil((n * bytes) / PANEL_BYTES);
  const groups = Math.ceil(taps / 4);
  const tilesBytes = groups * panels * TILE_BYTES;
  const overUnits = finePartCount(total, sizes.flops);
  const overGroups = partCount(groups, (sizes.flops / groups) * total);
  const byGroups = tilesBytes > TILES_BYTES || overUnits < overGroups;
  const parts = byGroups ? overGroups : overUnits;
  const copies = byGroups ? 1 : parts;
  const wideBytes =
    (n * bytes) % PANEL_BYTES === 0 ? 0 : roundUp(sizes.units * sizes.rows * w.outCols, 4) * panels * PANEL_BYTES;
  const own = roundUp(BLOCK_HEAD + sizes.tableBytes + wideBytes + sizes.imageBytes, 64);
  const [descriptor, tiles] = describe(w, copies * tilesBytes + parts * own, [sizes.rows, units, n]);
  const space = tiles + copies * tilesBytes;
  const [images, gradients, to] = [x.address, gy.address, out.address];
  share(windows, `conv2dGradWeight_${suffix}`, byGroups ? groups : total, parts, 1, true, (first, end, i) => {
    const scratch = space + i * own;
    if (!byGroups) return [descriptor, images, gradients, tiles + i * tilesBytes, first, end, 0, groups, scratch];
    const first0 = tiles + first * panels * TILE_BYTES;
    return [descriptor, images, gradients, first0, 0, total, first, end, scratch];
  });
  share(windows, `sumTiles_${suffix}`, groups, partCount(groups, 4 * n * bytes * copies), 1, true, (first, end) => {
    return [tiles, copies, tilesBytes, taps, n, to, first, end];
  });
}
