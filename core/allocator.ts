/**
 * Which byte ranges of the WebAssembly heap are free. Sizes are rounded up to classes, eight to a power of two, so that
 * at most 12.5 % of a block is unused and a training loop, which asks for the same sizes over and over, finds them at once.
 * It knows nothing of JavaScript objects: when a block may be reused is `heap.ts`'s decision.
 */

const STEPS = 8;
const GRAIN = 128;

/** Bytes of the blocks in class `index`: 128 to 1024 in steps of 128, then eight steps to each further power of two. */
function classBytes(index: number): number {
  if (index < STEPS) return GRAIN * (index + 1);
  const octave = Math.floor(index / STEPS) - 1;
  return GRAIN * 2 ** octave * (STEPS + 1 + (index % STEPS));
}

/** The class whose blocks hold `bytes` (1 to 2^32 - 1): the smallest that is large enough. */
function classHolding(bytes: number): number {
  if (bytes <= GRAIN * STEPS) return Math.max(Math.ceil(bytes / GRAIN) - 1, 0);
  const octave = 21 - Math.clz32(bytes - 1);
  return octave * STEPS + Math.ceil(bytes / (GRAIN * 2 ** octave)) - 1;
}

/** The largest class whose blocks fit into `bytes`, a positive multiple of 128. */
function classWithin(bytes: number): number {
  const index = classHolding(bytes);
  return classBytes(index) === bytes ? index : index - 1;
}

/** Bytes a request for `bytes` takes from the heap. */
export function roundedBytes(bytes: number): number {
  return classBytes(classHolding(bytes));
}

/** Free byte ranges in segregated lists, joined with their neighbours only when nothing else is left. */
export class Allocator {
  /** Bytes in the free lists. */
  freeBytes = 0;
  private readonly lists: number[][] = [];
  private joined = true;

  /** Takes a block of exactly `roundedBytes(bytes)` from the free lists, or returns 0. */
  takeExact(bytes: number): number {
    const index = classHolding(bytes);
    const address = this.lists[index]?.pop();
    if (address === undefined) return 0;
    this.freeBytes -= classBytes(index);
    return address;
  }

  /** Takes a block of `roundedBytes(bytes)` by cutting up a larger one, after joining neighbours if need be, or returns 0. */
  takeAny(bytes: number): number {
    const wanted = classHolding(bytes);
    const needed = classBytes(wanted);
    for (;;) {
      for (let index = wanted; index < this.lists.length; index++) {
        const address = this.lists[index]?.pop();
        if (address === undefined) continue;
        this.freeBytes -= classBytes(index);
        this.addRange(address + needed, classBytes(index) - needed);
        return address;
      }
      if (this.joined || this.freeBytes < needed) return 0;
      this.joinNeighbours();
    }
  }

  /** Gives back a block that was taken for `bytes`. */
  give(address: number, bytes: number): void {
    this.put(classHolding(bytes), address);
    this.joined = false;
  }

  /** Adds a free range whose length is a multiple of 128, as the blocks that fill it without a rest. */
  addRange(address: number, bytes: number): void {
    let at = address;
    let left = bytes;
    while (left > 0) {
      const index = classWithin(left);
      this.put(index, at);
      at += classBytes(index);
      left -= classBytes(index);
    }
    this.joined = false;
  }

  private put(index: number, address: number): void {
    while (this.lists.length <= index) this.lists.push([]);
    this.lists[index]!.push(address);
    this.freeBytes += classBytes(index);
  }

  private joinNeighbours(): void {
    const ranges: { address: number; bytes: number }[] = [];
    this.lists.forEach((addresses, index) => {
      for (const address of addresses) ranges.push({ address, bytes: classBytes(index) });
      addresses.length = 0;
    });
    ranges.sort((a, b) => a.address - b.address);
    this.freeBytes = 0;
    let i = 0;
    while (i < ranges.length) {
      const { address } = ranges[i]!;
      let end = address;
      while (i < ranges.length && ranges[i]!.address === end) end += ranges[i++]!.bytes;
      this.addRange(address, end - address);
    }
    this.joined = true;
  }
}
