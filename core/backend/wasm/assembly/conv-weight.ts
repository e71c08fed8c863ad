import { Block, Blocks, aligned, enter, positionOffsets } from "./geometry";
import { mulAdd } from "./mul-add";

/*
 * The gradient of a convolution with respect to its weights: for four taps and 32 bytes of output channels at a time, the sum
 * over all window positions of pixel times gradient, in registers for a block of images and in a tile of 128 bytes from
 * block to block. Threads divide the images among them, with tiles of their own, or the taps.
 */

/** Four taps that lie anywhere. */
@unmanaged
class Scattered<T> {
  @inline second(first: usize, tap: usize, place: usize): v128 { return v128.load_splat<T>(tap + place); }
  @inline third(first: usize, tap: usize, place: usize): v128 { return v128.load_splat<T>(tap + place); }
  @inline fourth(first: usize, tap: usize, place: usize): v128 { return v128.load_splat<T>(tap + place); }
}

/** Four taps next to each other, as those of a row of a window are: they need one address. */
@unmanaged
class InRow<T> {
  @inline second(first: usize, tap: usize, place: usize): v128 { return v128.load_splat<T>(first + place, sizeof<T>()); }
  @inline third(first: usize, tap: usize, place: usize): v128 { return v128.load_splat<T>(first + place, 2 * sizeof<T>()); }
  @inline fourth(first: usize, tap: usize, place: usize): v128 { return v128.load_splat<T>(first + place, 3 * sizeof<T>()); }
}

/**
 * Adds one tile: four taps at `tap0` ... `tap3` from every place, which lie as `Taps` says, and a panel of the gradient's rows, `step`
 * bytes apart.
 */
function addTile<T, Taps>(
  tap0: usize, tap1: usize, tap2: usize, tap3: usize, places: usize, positions: i32, g: usize, step: usize, tile: usize,
): void {
  const taps = changetype<Taps>(0);
  let c00 = v128.load(tile);
  let c01 = v128.load(tile, 16);
  let c10 = v128.load(tile, 32);
  let c11 = v128.load(tile, 48);
  let c20 = v128.load(tile, 64);
  let c21 = v128.load(tile, 80);
  let c30 = v128.load(tile, 96);
  let c31 = v128.load(tile, 112);
  // The `break` between the unrolled steps keeps V8 from hoisting their loads: see tile.ts.
  for (let p = positions; p > 0; p -= 2) {
    let place = <usize>load<u32>(places);
    let b0 = v128.load(g);
    let b1 = v128.load(g, 16);
    let a = v128.load_splat<T>(tap0 + place);
    c00 = mulAdd<T>(c00, a, b0);
    c01 = mulAdd<T>(c01, a, b1);
    a = taps.second(tap0, tap1, place);
    c10 = mulAdd<T>(c10, a, b0);
    c11 = mulAdd<T>(c11, a, b1);
    a = taps.third(tap0, tap2, place);
    c20 = mulAdd<T>(c20, a, b0);
    c21 = mulAdd<T>(c21, a, b1);
    a = taps.fourth(tap0, tap3, place);
    c30 = mulAdd<T>(c30, a, b0);
    c31 = mulAdd<T>(c31, a, b1);
    g += step;
    if (p == 1) break;
    place = <usize>load<u32>(places, 4);
    b0 = v128.load(g);
    b1 = v128.load(g, 16);
    a = v128.load_splat<T>(tap0 + place);
    c00 = mulAdd<T>(c00, a, b0);
    c01 = mulAdd<T>(c01, a, b1);
    a = taps.second(tap0, tap1, place);
    c10 = mulAdd<T>(c10, a, b0);
    c11 = mulAdd<T>(c11, a, b1);
    a = taps.third(tap0, tap2, place);
    c20 = mulAdd<T>(c20, a, b0);
    c21 = mulAdd<T>(c21, a, b1);
    a = taps.fourth(tap0, tap3, place);
    c30 = mulAdd<T>(c30, a, b0);
    c31 = mulAdd<T>(c31, a, b1);
    g += step;
    places += 8;
  }
  v128.store(tile, c00);
  v128.store(tile, c01, 16);
  v128.store(tile, c10, 32);
  v128.store(tile, c11, 48);
  v128.store(tile, c20, 64);
  v128.store(tile, c21, 80);
  v128.store(tile, c30, 96);
  v128.store(tile, c31, 112);
}

/** Writes where each tap of a window lies, in bytes from its first; the last is repeated up to a multiple of four. */
function tapOffsets<T>(blocks: Blocks, rowStep: i32, to: usize): void {
  const w = blocks.window;
  let last = 0;
  let count = 0;
  for (let row = 0; row < w.kernelRows; row++) {
    for (let col = 0; col < w.kernelCols; col++) {
      for (let c = 0; c < w.channels; c++, count++) {
        last = row * w.stepRows * rowStep + (col * w.stepCols * w.channels + c) * sizeof<T>();
        store<i32>(to + (<usize>count << 2), last);
      }
    }
  }
  for (; (count & 3) != 0; count++) store<i32>(to + (<usize>count << 2), last);
}

/** Copies rows of `n` elements to rows of `width`, filled up with zeros. */
// @ts-ignore: decorator
@inline
function widen<T>(from: usize, rows: i32, n: i32, width: i32, to: usize): void {
  for (let row = 0; row < rows; row++) {
    let i = 0;
    for (; i < n; i++) store<T>(to + <usize>i * sizeof<T>(), load<T>(from + <usize>i * sizeof<T>()));
    for (; i < width; i++) store<T>(to + <usize>i * sizeof<T>(), 0);
    from += <usize>n * sizeof<T>();
    to += <usize>width * sizeof<T>();
  }
}

// @ts-ignore: decorator
@inline
function gather<T>(
  blocks: Blocks, x: usize, gy: usize, tiles: usize, from: i32, to: i32, groupFrom: i32, groupTo: i32, scratch: usize,
): void {
  const w = blocks.window;
  const n = blocks.outChannels;
  const width = <i32>(32 / sizeof<T>());
  const panels = (n + width - 1) / width;
  const most = (blocks.units * blocks.rows * w.outCols + 3) & ~3;
  const block = changetype<Block>(scratch);
  const places = scratch + Block.BYTES;
  const taps = places + <usize>most * 4;
  const wide = aligned(taps + <usize>((w.kernelRows * w.kernelCols * w.channels + 3) & ~3) * 4);
  const ragged = n % width != 0;
  const room = ragged ? wide + <usize>(most * panels * 32) : wide;
  const rowBytes = <usize>n * sizeof<T>();
  const wideBytes = <usize>panels << 5;
  const end = gy + <usize>(w.batch * w.outRows * w.outCols) * rowBytes;
  memory.fill(tiles, 0, <usize>((groupTo - groupFrom) * panels) << 7);
  let placed = 0;
  for (let unit = from; unit < to; unit += blocks.units) {
    enter<T>(block, blocks, x, unit, to, room);
    if (block.positions != placed) {
      positionOffsets<T>(w, block, places);
      tapOffsets<T>(blocks, block.rowStep, taps);
      placed = block.positions;
    }
    let g = gy + <usize>((block.image * w.outRows + block.row) * w.outCols * n) * sizeof<T>();
    // Vectors may reach over the end of a row into the next one, but not out of the array.
    let step = rowBytes;
    if (ragged && g + <usize>block.positions * rowBytes + 32 > end) {
      step = wideBytes;
      widen<T>(g, block.positions, n, panels * width, wide);
      g = wide;
    }
    let tile = tiles;
    for (let group = groupFrom; group < groupTo; group++) {
      const tap = taps + (<usize>group << 4);
      const tap0 = block.base + load<u32>(tap);
      const tap1 = block.base + load<u32>(tap, 4);
      const tap2 = block.base + load<u32>(tap, 8);
      const tap3 = block.base + load<u32>(tap, 12);
      const inRow = tap1 - tap0 == sizeof<T>() && tap2 - tap1 == sizeof<T>() && tap3 - tap2 == sizeof<T>();
      for (let panel = 0; panel < panels; panel++) {
        const from = g + (<usize>panel << 5);
        if (inRow) addTile<T, InRow<T>>(tap0, tap1, tap2, tap3, places, block.positions, from, step, tile);
        else addTile<T, Scattered<T>>(tap0, tap1, tap2, tap3, places, block.positions, from, step, tile);
        tile += 128;
      }
    }
  }
}

/** The tiles of taps 4 * `groupFrom` to 4 * `groupTo` for units `from` to `to`. */
export function conv2dGradWeight_f32(
  blocks: Blocks, x: usize, gy: usize, tiles: usize, from: i32, to: i32, groupFrom: i32, groupTo: i32, scratch: usize,
): void { gather<f32>(blocks, x, gy, tiles, from, to, groupFrom, groupTo, scratch); }

export function conv2dGradWeight_f64(
  blocks: Blocks, x: usize, gy: usize, tiles: usize, from: i32, to: i32, groupFrom: i32, groupTo: i32, scratch: usize,
): void { gather<f64>(blocks, x, gy, tiles, from, to, groupFrom, groupTo, scratch); }

// @ts-ignore: decorator
@inline
function sumTiles<T>(
  tiles: usize, copies: i32, copyBytes: usize, taps: i32, n: i32, out: usize, groupFrom: i32, groupTo: i32,
): void {
  const width = <i32>(32 / sizeof<T>());
  const panels = (n + width - 1) / width;
  for (let tap = groupFrom * 4; tap < min(taps, groupTo * 4); tap++) {
    for (let col = 0; col < n; col++) {
      const panel = col / width;
      let at = tiles + <usize>(((tap >>> 2) * panels + panel) * 128 + ((tap & 3) << 5))
        + <usize>(col - panel * width) * sizeof<T>();
      let sum = load<T>(at);
      for (let i = 1; i < copies; i++) {
        at += copyBytes;
        sum += load<T>(at);
      }
      store<T>(out + <usize>(tap * n + col) * sizeof<T>(), sum);
    }
  }
}

/** The rows of the gradient for taps 4 * `groupFrom` to 4 * `groupTo`: the sums of `copies` sets of tiles. */
export function sumTiles_f32(
  tiles: usize, copies: i32, copyBytes: usize, taps: i32, n: i32, out: usize, groupFrom: i32, groupTo: i32,
): void { sumTiles<f32>(tiles, copies, copyBytes, taps, n, out, groupFrom, groupTo); }

export function sumTiles_f64(
  tiles: usize, copies: i32, copyBytes: usize, taps: i32, n: i32, out: usize, groupFrom: i32, groupTo: i32,
): void { sumTiles<f64>(tiles, copies, copyBytes, taps, n, out, groupFrom, groupTo); }
