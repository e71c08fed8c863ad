import { Block, Blocks, Window, aligned, enter, positionOffsets } from "./geometry";
import { mulAdd } from "./mul-add";
import { packB_f32, pack_f64 } from "./pack";
import { addLines } from "./window";

/*
 * Convolution and its gradient with respect to the images. Patches are never written down for the convolution: the tile
 * kernel reads its four rows from wherever their windows lie in the image, and only the weights are packed, in panels of
 * 32 bytes of output channels with the taps outermost. Every function does a range of units: see `Blocks`.
 */

/**
 * For each of `positions` places, at offsets (`places`, a multiple of four of them) from `base`, the products of what lies there
 * with the packed columns: `runCount` runs of `runLength` neighbours, each at an offset from the place and, in the panel, at
 * another from its start (`runs` has both in turn). Rows of `columns` results go to `out`, each begun with `bias` if there is one.
 *
 * The last panel comes first, and may write over the end of its rows into the next ones, which are written later; nothing is
 * written from `outEnd` on. `tile` is 128 bytes of scratch.
 */
function products<T>(
  base: usize, places: usize, positions: i32, runs: usize, runCount: i32, runLength: i32, packed: usize, panelBytes: usize,
  bias: usize, out: usize, columns: i32, outEnd: usize, tile: usize,
): void {
  const width = <i32>(32 / sizeof<T>());
  const panels = (columns + width - 1) / width;
  const rowBytes = <usize>columns * sizeof<T>();
  for (let i = 0; i < panels; i++) {
    const panel = i == 0 ? panels - 1 : i - 1;
    const first = packed + <usize>panel * panelBytes;
    const start0 = bias == 0 ? i32x4.splat(0) : v128.load(bias + (<usize>panel << 5));
    const start1 = bias == 0 ? i32x4.splat(0) : v128.load(bias + (<usize>panel << 5), 16);
    const colsHere = min(width, columns - panel * width);
    let to = out + (<usize>panel << 5);
    for (let p = 0; p < positions; p += 4) {
      const place = places + (<usize>p << 2);
      const row0 = base + load<u32>(place);
      const row1 = base + load<u32>(place, 4);
      const row2 = base + load<u32>(place, 8);
      const row3 = base + load<u32>(place, 12);
      let c00 = start0;
      let c01 = start1;
      let c10 = start0;
      let c11 = start1;
      let c20 = start0;
      let c21 = start1;
      let c30 = start0;
      let c31 = start1;
      for (let r = 0; r < runCount; r++) {
        const run = <usize>load<u32>(runs + (<usize>r << 3));
        let b = first + <usize>load<u32>(runs + (<usize>r << 3), 4);
        let a0 = row0 + run;
        let a1 = row1 + run;
        let a2 = row2 + run;
        let a3 = row3 + run;
        // The `break` between the unrolled steps keeps V8 from hoisting their loads: see tile.ts.
        for (let k = runLength; k > 0; k -= 4) {
          let b0 = v128.load(b);
          let b1 = v128.load(b, 16);
          let a = v128.load_splat<T>(a0);
          c00 = mulAdd<T>(c00, a, b0);
          c01 = mulAdd<T>(c01, a, b1);
          a = v128.load_splat<T>(a1);
          c10 = mulAdd<T>(c10, a, b0);
          c11 = mulAdd<T>(c11, a, b1);
          a = v128.load_splat<T>(a2);
          c20 = mulAdd<T>(c20, a, b0);
          c21 = mulAdd<T>(c21, a, b1);
          a = v128.load_splat<T>(a3);
          c30 = mulAdd<T>(c30, a, b0);
          c31 = mulAdd<T>(c31, a, b1);
          b += 32;
          if (k == 1) break;
          b0 = v128.load(b);
          b1 = v128.load(b, 16);
          a = v128.load_splat<T>(a0, sizeof<T>());
          c00 = mulAdd<T>(c00, a, b0);
          c01 = mulAdd<T>(c01, a, b1);
          a = v128.load_splat<T>(a1, sizeof<T>());
          c10 = mulAdd<T>(c10, a, b0);
          c11 = mulAdd<T>(c11, a, b1);
          a = v128.load_splat<T>(a2, sizeof<T>());
          c20 = mulAdd<T>(c20, a, b0);
          c21 = mulAdd<T>(c21, a, b1);
          a = v128.load_splat<T>(a3, sizeof<T>());
          c30 = mulAdd<T>(c30, a, b0);
          c31 = mulAdd<T>(c31, a, b1);
          b += 32;
          if (k == 2) break;
          b0 = v128.load(b);
          b1 = v128.load(b, 16);
          a = v128.load_splat<T>(a0, 2 * sizeof<T>());
          c00 = mulAdd<T>(c00, a, b0);
          c01 = mulAdd<T>(c01, a, b1);
          a = v128.load_splat<T>(a1, 2 * sizeof<T>());
          c10 = mulAdd<T>(c10, a, b0);
          c11 = mulAdd<T>(c11, a, b1);
          a = v128.load_splat<T>(a2, 2 * sizeof<T>());
          c20 = mulAdd<T>(c20, a, b0);
          c21 = mulAdd<T>(c21, a, b1);
          a = v128.load_splat<T>(a3, 2 * sizeof<T>());
          c30 = mulAdd<T>(c30, a, b0);
          c31 = mulAdd<T>(c31, a, b1);
          b += 32;
          if (k == 3) break;
          b0 = v128.load(b);
          b1 = v128.load(b, 16);
          a = v128.load_splat<T>(a0, 3 * sizeof<T>());
          c00 = mulAdd<T>(c00, a, b0);
          c01 = mulAdd<T>(c01, a, b1);
          a = v128.load_splat<T>(a1, 3 * sizeof<T>());
          c10 = mulAdd<T>(c10, a, b0);
          c11 = mulAdd<T>(c11, a, b1);
          a = v128.load_splat<T>(a2, 3 * sizeof<T>());
          c20 = mulAdd<T>(c20, a, b0);
          c21 = mulAdd<T>(c21, a, b1);
          a = v128.load_splat<T>(a3, 3 * sizeof<T>());
          c30 = mulAdd<T>(c30, a, b0);
          c31 = mulAdd<T>(c31, a, b1);
          b += 32;
          a0 += 4 * sizeof<T>();
          a1 += 4 * sizeof<T>();
          a2 += 4 * sizeof<T>();
          a3 += 4 * sizeof<T>();
        }
      }
      const whole = p + 4 <= positions && to + 3 * rowBytes + 32 <= outEnd;
      const step = whole ? rowBytes : 32;
      const at = whole ? to : tile;
      v128.store(at, c00);
      v128.store(at, c01, 16);
      v128.store(at + step, c10);
      v128.store(at + step, c11, 16);
      v128.store(at + 2 * step, c20);
      v128.store(at + 2 * step, c21, 16);
      v128.store(at + 3 * step, c30);
      v128.store(at + 3 * step, c31, 16);
      if (!whole) {
        for (let row = 0; row < min(4, positions - p); row++) {
          for (let col = 0; col < colsHere; col++) {
            const value = load<T>(tile + <usize>(row << 5) + <usize>col * sizeof<T>());
            store<T>(to + <usize>row * rowBytes + <usize>col * sizeof<T>(), value);
          }
        }
      }
      to += 4 * rowBytes;
    }
  }
}

/** Writes where the runs of neighbouring taps of a window begin, in bytes from its first tap and in a panel. */
function runOffsets(w: Window, rowStep: i32, pixelBytes: i32, runLength: i32, to: usize): void {
  const perRow = w.stepCols == 1 ? 1 : w.kernelCols;
  let inPanel = 0;
  for (let row = 0; row < w.kernelRows; row++) {
    for (let run = 0; run < perRow; run++) {
      store<i32>(to, row * w.stepRows * rowStep + run * w.stepCols * pixelBytes);
      store<i32>(to, inPanel, 4);
      inPanel += runLength << 5;
      to += 8;
    }
  }
}

// @ts-ignore: decorator
@inline
function convolve<T>(
  blocks: Blocks, x: usize, packed: usize, bias: usize, out: usize, from: i32, to: i32, scratch: usize,
): void {
  const w = blocks.window;
  const block = changetype<Block>(scratch);
  const tile = scratch + Block.BYTES;
  const places = tile + 128;
  const runs = places + <usize>((blocks.units * blocks.rows * w.outCols + 3) & ~3) * 4;
  const room = aligned(runs + <usize>(w.kernelRows * w.kernelCols) * 8);
  const dense = w.stepCols == 1;
  const runCount = dense ? w.kernelRows : w.kernelRows * w.kernelCols;
  const runLength = dense ? w.kernelCols * w.channels : w.channels;
  const panelBytes = <usize>(runCount * runLength) << 5;
  const imageBytes = <usize>(w.outRows * w.outCols * blocks.outChannels) * sizeof<T>();
  const strips = blocks.strips();
  const endRow = min(w.outRows, (to - to / strips * strips) * blocks.rows);
  const outEnd = out + <usize>(to / strips) * imageBytes
    + <usize>(endRow * w.outCols * blocks.outChannels) * sizeof<T>();
  let placed = 0;
  for (let unit = from; unit < to; unit += blocks.units) {
    enter<T>(block, blocks, x, unit, to, room);
    if (block.positions != placed) {
      positionOffsets<T>(w, block, places);
      runOffsets(w, block.rowStep, w.channels * sizeof<T>(), runLength, runs);
      placed = block.positions;
    }
    const target = out + <usize>block.image * imageBytes
      + <usize>(block.row * w.outCols * blocks.outChannels) * sizeof<T>();
    products<T>(
      block.base, places, block.positions, runs, runCount, runLength, packed, panelBytes, bias, target, blocks.outChannels,
      outEnd, tile,
    );
  }
}

/** Units `from` to `to` of the convolution of `x` with packed weights, to which packed `bias` (or 0) is added. */
export function conv2d_f32(
  blocks: Blocks, x: usize, packed: usize, bias: usize, out: usize, from: i32, to: i32, scratch: usize,
): void { convolve<f32>(blocks, x, packed, bias, out, from, to, scratch); }

export function conv2d_f64(
  blocks: Blocks, x: usize, packed: usize, bias: usize, out: usize, from: i32, to: i32, scratch: usize,
): void { convolve<f64>(blocks, x, packed, bias, out, from, to, scratch); }

/**
 * Row by row of the images: a row of positions whose windows reach it gives each of its windows' tap rows there, a line of
 * (kernelCols, channels), as one product over all tap rows and output channels. The lines are then added where they lie.
 * Blocks are of `units` images.
 */
// @ts-ignore: decorator
@inline
function spread<T>(blocks: Blocks, gy: usize, packed: usize, gx: usize, from: i32, to: i32, scratch: usize): void {
  const w = blocks.window;
  const n = blocks.outChannels;
  const width = <i32>(32 / sizeof<T>());
  const panels = (w.kernelCols * w.channels + width - 1) / width;
  const columns = panels * width;
  const panelBytes = <usize>n << 5;
  const pixelBytes = n * sizeof<T>();
  const gyRowBytes = w.outCols * pixelBytes;
  const gyImageBytes = w.outRows * gyRowBytes;
  const rowBytes = <usize>(w.cols * w.channels) * sizeof<T>();
  const imageBytes = <usize>w.rows * rowBytes;
  const tile = scratch;
  const runs = tile + 128;
  const places = aligned(runs + <usize>w.kernelRows * 8);
  const lines = aligned(places + <usize>((blocks.units * w.outCols + 3) & ~3) * 4);
  memory.fill(gx + <usize>from * imageBytes, 0, <usize>(to - from) * imageBytes);
  let placed = 0;
  for (let image = from; image < to; image += blocks.units) {
    const images = min(blocks.units, to - image);
    const positions = images * w.outCols;
    if (placed != positions) {
      for (let p = 0; p < ((positions + 3) & ~3); p++) {
        const place = min(p, positions - 1);
        store<i32>(places + (<usize>p << 2), place / w.outCols * gyImageBytes + place % w.outCols * pixelBytes);
      }
      placed = positions;
    }
    const base = gy + <usize>image * <usize>gyImageBytes;
    for (let row = 0; row < w.rows; row++) {
      let runCount = 0;
      for (let tapRow = 0; tapRow < w.kernelRows; tapRow++) {
        const below = row + w.padTop - tapRow * w.stepRows;
        const outRow = below / w.strideRows;
        if (below < 0 || outRow >= w.outRows || outRow * w.strideRows != below) continue;
        store<i32>(runs + (<usize>runCount << 3), outRow * gyRowBytes);
        store<i32>(runs + (<usize>runCount << 3), tapRow * panels * <i32>panelBytes, 4);
        runCount++;
      }
      if (runCount == 0) continue;
      products<T>(base, places, positions, runs, runCount, n, packed, panelBytes, 0, lines, columns, -1, tile);
      let line = lines;
      for (let i = 0; i < images; i++) {
        addLines<T>(w, line, columns, gx + <usize>(image + i) * imageBytes + <usize>row * rowBytes);
        line += <usize>(w.outCols * columns) * sizeof<T>();
      }
    }
  }
}

/** Images `from` to `to` of the gradient of a convolution with respect to its images; `packed` are the transposed weights. */
export function conv2dGradInput_f32(
  blocks: Blocks, gy: usize, packed: usize, gx: usize, from: i32, to: i32, scratch: usize,
): void { spread<f32>(blocks, gy, packed, gx, from, to, scratch); }

export function conv2dGradInput_f64(
  blocks: Blocks, gy: usize, packed: usize, gx: usize, from: i32, to: i32, scratch: usize,
): void { spread<f64>(blocks, gy, packed, gx, from, to, scratch); }

/** Packs weights, (depth, n) with both neighbours in memory, in panels of columns, the depth outermost. A bias has depth 1. */
export function packTaps_f32(weights: usize, depth: i32, n: i32, to: usize): void {
  packB_f32(weights, 1, n, n, depth, to);
}

export function packTaps_f64(weights: usize, depth: i32, n: i32, to: usize): void {
  pack_f64(weights, 1, n, n, depth, to);
}

/** Packs weights, (tapRows, line, n), for the gradient of images: for each tap row in panels of its line, n outermost. */
export function packLines_f32(weights: usize, tapRows: i32, line: i32, n: i32, to: usize): void {
  const bytes = <usize>((line + 7) & ~7) * <usize>n << 2;
  for (let i = 0; i < tapRows; i++) packB_f32(weights + (<usize>(i * line * n) << 2), n, 1, line, n, to + <usize>i * bytes);
}

export function packLines_f64(weights: usize, tapRows: i32, line: i32, n: i32, to: usize): void {
  const bytes = <usize>((line + 3) & ~3) * <usize>n << 3;
  for (let i = 0; i < tapRows; i++) pack_f64(weights + (<usize>(i * line * n) << 3), n, 1, line, n, to + <usize>i * bytes);
}
