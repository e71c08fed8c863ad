import { heap } from "../../heap.js";
import type { Window2D } from "../kernels.js";
import { scratchOf } from "./scratch.js";

/** Where Blocks of assembly/geometry.ts lies behind its Window, and what both take together. */
const BLOCKS_OFFSET = 64;
const DESCRIPTOR_BYTES = 128;

/**
 * Writes a window, and if there are `blocks` (rows, units, outChannels) those too, to scratch as assembly/geometry.ts has them.
 * Returns the address of the one, or of the other, and that of `bytes` bytes behind. May allocate, as `scratchOf` may.
 */
export function describe(
  w: Window2D,
  bytes = 0,
  blocks: readonly number[] = [],
): [descriptor: number, scratch: number] {
  const address = scratchOf(DESCRIPTOR_BYTES + bytes);
  const numbers = [
    w.batch,
    w.rows,
    w.cols,
    w.channels,
    w.kernelRows,
    w.kernelCols,
    w.strideRows,
    w.strideCols,
    w.stepRows,
    w.stepCols,
    w.padTop,
    w.padLeft,
    w.outRows,
    w.outCols,
  ];
  const at = address >>> 2;
  const { i32 } = heap;
  for (let i = 0; i < numbers.length; i++) i32[at + i] = numbers[i]!;
  if (blocks.length === 0) return [address, address + DESCRIPTOR_BYTES];
  const second = at + BLOCKS_OFFSET / 4;
  i32[second] = address;
  for (let i = 0; i < blocks.length; i++) i32[second + 1 + i] = blocks[i]!;
  return [address + BLOCKS_OFFSET, address + DESCRIPTOR_BYTES];
}
