import { heap, type Storage } from "../../heap.js";

let scratch: Storage | undefined;
let scratchAddress = 0;
let scratchBytes = 0;

/**
 * The address of at least `bytes` bytes for a kernel to work in. They are kept for the next call, since a block for each
 * product would bring sweeps closer. May allocate, so it comes before any other address is read.
 */
export function scratchOf(bytes: number): number {
  if (scratch === undefined || scratchBytes < bytes) {
    const size = Math.max(bytes, 65536);
    scratchAddress = heap.allocate(size);
    scratch = heap.storage;
    scratch.kept = true;
    scratchBytes = size;
  }
  return scratchAddress;
}
