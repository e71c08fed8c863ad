import { Allocator, roundedBytes } from "./allocator.js";
import { OutOfMemoryError } from "./errors.js";
import { nodeModule, processorTime, shared } from "./platform.js";
import { releaseKeptObjects, weakReference } from "./weak.js";

/*
 * The memory in which all numbers live: one growable, shared WebAssembly.Memory.
 *
 * Nothing is disposed by hand. An NDArray holds a Storage, its views share it, and the heap holds every Storage weakly.
 * When more than a budget has been allocated, and not released, since the last sweep, the heap clears the kept objects, collects
 * garbage and takes back the blocks whose Storage died. So allocating is a point where memory can be taken back: allocate outputs and
 * scratch first, keep the NDArrays in variables, and read their addresses last.
 */

const PAGE = 65536;
const MAX_PAGES = 65536;
const LIMIT = MAX_PAGES * PAGE;
/** Left to the kernels' static data and descriptors. */
const FIRST_ADDRESS = 2 * PAGE;
const HEADER = 16;
const SMALL = 1024;
const SLAB = 65536;
const MIN_BUDGET = 32 * 2 ** 20;
const MAX_BUDGET = 512 * 2 ** 20;
const GROWTH = 16 * 2 ** 20;

/** A block of the heap. It is free again when no NDArray holds its Storage any more, or when it is released. */
export class Storage {
  /** Set once its block has been given back: no kernel may touch it again. */
  released = false;
  /** Where the heap's list of storages has it. */
  slot = -1;
  /** How many gradients of the backward passes at work lie in it; see `core/release.ts`. */
  holders = 0;
  /** Whether it outlives the `tidy` in which it was allocated. */
  kept = false;

  constructor(
    /** The byte at which the block starts. */
    readonly block: number,
    /** The bytes it was taken for. */
    readonly bytes: number,
    /** Storages are numbered in the order in which they were allocated. */
    readonly serial: number,
    /** Whether small arrays share it. */
    readonly slab: boolean,
  ) {}
}

/** Figures about the heap, in bytes where not said otherwise. */
export interface HeapStatistics {
  /** Taken by storages that are alive or not yet swept. */
  used: number;
  /** Allocated in all since the start, whatever has become of it. */
  allocated: number;
  /** The size of the WebAssembly memory. */
  reserved: number;
  /** What may be allocated, and not released, between two sweeps at present. */
  budget: number;
  /** Number of sweeps so far. */
  sweeps: number;
  /** Milliseconds spent in sweeps so far. */
  sweepTime: number;
}

type Collect = () => void;

function makeCollect(): Collect | undefined {
  const vm = nodeModule("node:vm");
  const v8 = nodeModule("node:v8");
  if (vm === undefined || v8 === undefined) return undefined;
  v8.setFlagsFromString("--expose-gc");
  return vm.runInNewContext("gc") as Collect | undefined;
}

/** What the heap needs of a WebAssembly.Memory; written out so that the declarations do not need the DOM's types. */
export interface SharedMemory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}

/** Where a page may not have shared memory, it gets memory of its own: the kernels cannot work in that, but those in TypeScript can. */
function makeMemory(): SharedMemory {
  const limits = { initial: FIRST_ADDRESS / PAGE, maximum: MAX_PAGES };
  try {
    return new WebAssembly.Memory({ ...limits, shared: true });
  } catch {
    return new WebAssembly.Memory(limits);
  }
}

/** The one heap of the process; see the top of this file. */
export class Heap {
  /** The memory itself, which kernels import and workers share. */
  readonly memory: SharedMemory = makeMemory();
  /** Views of the whole memory. They are replaced when it grows: never keep one across an allocation. */
  f32: Float32Array = new Float32Array(0);
  f64: Float64Array = new Float64Array(0);
  i32: Int32Array = new Int32Array(0);
  u8: Uint8Array = new Uint8Array(0);
  /** The Storage of the latest `allocate`. */
  storage!: Storage;
  /** Called when a sweep begins. */
  beforeSweep: (() => void) | null = null;
  /** The serial number that the next Storage gets. */
  serial = 0;
  /** What has been allocated since the innermost `tidy` began, slabs aside; null outside. See `core/tidy.ts`. */
  scope: WeakRef<Storage>[] | null = null;

  private readonly allocator = new Allocator();
  private readonly alive: WeakRef<Storage>[] = [];
  private readonly blocks: number[] = [];
  private readonly sizes: number[] = [];
  private slab: Storage | undefined;
  private slabNext = 0;
  private slabEnd = 0;
  private top = FIRST_ADDRESS;
  private end = FIRST_ADDRESS;
  private budget = 2 * MIN_BUDGET;
  private taken = 0;
  private sinceSweep = 0;
  private sweeps = 0;
  private sweepTime = 0;
  private lastSweepEnd = performance.now();
  private processorAtEnd = processorTime();
  private readonly collect = makeCollect();
  /** Where garbage cannot be collected on demand (a browser), blocks come back between turns. */
  private readonly registry =
    this.collect === undefined
      ? new FinalizationRegistry<WeakRef<Storage>>((reference) => this.finalized(reference))
      : undefined;

  constructor() {
    this.refreshViews();
  }

  /**
   * Room for `bytes` bytes. Returns their address, a multiple of 16, and leaves the Storage that keeps them in `storage`.
   * The contents are whatever was there before. May sweep.
   * @throws OutOfMemoryError when live arrays leave no room within 4 GiB.
   */
  allocate(bytes: number): number {
    if (bytes > SMALL) return this.allocateLarge(bytes);
    const padded = (bytes + HEADER + 15) & ~15;
    if (this.slabNext + padded > this.slabEnd || this.slab === undefined) this.newSlab();
    const address = this.slabNext + HEADER;
    this.slabNext += padded;
    this.storage = this.slab!;
    this.i32[(address >>> 2) - 1] = 0;
    return address;
  }

  /**
   * Checks that `bytes` bytes would fit if nothing else were there, for who computes so many elsewhere first.
   * @throws OutOfMemoryError when they would not.
   */
  checkRoom(bytes: number): void {
    if (bytes > LIMIT - FIRST_ADDRESS) throw this.outOfMemory(bytes);
  }

  /** The bytes that have been allocated since the start, whatever has become of them. */
  get allocated(): number {
    return this.taken - (this.slabEnd - this.slabNext);
  }

  /** How often the allocation at `address` has been written to since it was made. */
  version(address: number): number {
    return this.i32[(address >>> 2) - 1]!;
  }

  /** Records that the allocation at `address` is about to be written to. */
  bumpVersion(address: number): void {
    this.i32[(address >>> 2) - 1]!++;
  }

  /** Gives a block back at once. The caller answers for nobody using it any more; whoever does gets an error. */
  release(storage: Storage): void {
    if (storage.released || storage.slab) return;
    storage.released = true;
    const { slot } = storage;
    this.sinceSweep -= this.sizes[slot]!;
    this.allocator.give(this.blocks[slot]!, this.sizes[slot]!);
    this.forget(slot);
  }

  /** Collects garbage and takes back every block whose Storage died. Does nothing where garbage cannot be collected on demand. */
  sweep(): void {
    if (this.collect === undefined) return;
    const start = performance.now();
    this.beforeSweep?.();
    releaseKeptObjects();
    this.collect();
    for (let slot = this.alive.length - 1; slot >= 0; slot--) {
      if (this.alive[slot]!.deref() !== undefined) continue;
      this.allocator.give(this.blocks[slot]!, this.sizes[slot]!);
      this.forget(slot);
    }
    this.scope &&= this.scope.filter((reference) => reference.deref());
    releaseKeptObjects();
    this.pace(start);
  }

  /** Figures about the heap at this moment. */
  statistics(): HeapStatistics {
    return {
      used: this.top - FIRST_ADDRESS - this.allocator.freeBytes,
      allocated: this.allocated,
      reserved: this.memory.buffer.byteLength,
      budget: this.budget,
      sweeps: this.sweeps,
      sweepTime: this.sweepTime,
    };
  }

  private allocateLarge(bytes: number): number {
    this.checkRoom(bytes);
    const block = this.takeBlock(bytes + HEADER);
    this.storage = this.register(block, bytes + HEADER, false);
    const address = block + HEADER;
    this.i32[(address >>> 2) - 1] = 0;
    return address;
  }

  private newSlab(): void {
    const block = this.takeBlock(SLAB);
    // Nobody gets what is left of the former one.
    this.taken -= this.slabEnd - this.slabNext;
    this.slab = this.register(block, SLAB, true);
    this.slabNext = block;
    this.slabEnd = block + SLAB;
  }

  private takeBlock(bytes: number): number {
    this.taken += bytes;
    this.sinceSweep += bytes;
    if (this.sinceSweep > this.budget) this.sweep();
    const block = this.allocator.takeExact(bytes) || this.allocator.takeAny(bytes) || this.takeFromTop(bytes);
    if (block !== 0) return block;
    this.sweep();
    const swept = this.allocator.takeAny(bytes) || this.takeFromTop(bytes);
    if (swept !== 0) return swept;
    this.taken -= bytes;
    throw this.outOfMemory(bytes);
  }

  private outOfMemory(bytes: number): OutOfMemoryError {
    const { used } = this.statistics();
    return new OutOfMemoryError(
      `allocate: no room for ${bytes} bytes: live arrays take ${used} of the ${LIMIT} bytes (4 GiB) of the WebAssembly heap; ` +
        "expected smaller batches, or fewer arrays kept alive (noGrad, tidy, unchainBackward)",
    );
  }

  private takeFromTop(bytes: number): number {
    const needed = roundedBytes(bytes);
    if (this.top + needed > this.end && !this.grow(needed)) return 0;
    const block = this.top;
    this.top += needed;
    return block;
  }

  private grow(needed: number): boolean {
    const missing = this.top + needed - this.end;
    const room = LIMIT - this.end;
    if (missing > room) return false;
    const wanted = Math.min(room, Math.max(missing, GROWTH, this.end / 8));
    for (const bytes of [wanted, missing]) {
      try {
        this.memory.grow(Math.ceil(bytes / PAGE));
        this.refreshViews();
        return true;
      } catch {
        // The engine has fewer pages to give than the limit says: ask for the least that will do, then give up.
      }
    }
    return false;
  }

  private refreshViews(): void {
    const { buffer } = this.memory;
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u8 = new Uint8Array(buffer);
    this.end = buffer.byteLength;
  }

  private register(block: number, bytes: number, slab: boolean): Storage {
    const storage = new Storage(block, bytes, this.serial++, slab);
    const reference = weakReference(storage);
    storage.slot = this.alive.length;
    this.alive.push(reference);
    this.blocks.push(block);
    this.sizes.push(bytes);
    if (!slab) this.scope?.push(reference);
    this.registry?.register(storage, reference);
    return storage;
  }

  /** Takes a slot off the lists by moving the last one into its place. */
  private forget(slot: number): void {
    const last = this.alive.length - 1;
    if (slot !== last) {
      this.alive[slot] = this.alive[last]!;
      this.blocks[slot] = this.blocks[last]!;
      this.sizes[slot] = this.sizes[last]!;
      const moved = this.alive[slot]!.deref();
      if (moved !== undefined) moved.slot = slot;
    }
    this.alive.pop();
    this.blocks.pop();
    this.sizes.pop();
  }

  private finalized(reference: WeakRef<Storage>): void {
    const slot = this.alive.indexOf(reference);
    if (slot < 0) return;
    this.allocator.give(this.blocks[slot]!, this.sizes[slot]!);
    this.forget(slot);
  }

  /**
   * A sweep costs what the JavaScript heap holds, so its price is kept between 1 and 3 percent of the time at work: a program that mostly waits
   * has not got more of it to spare.
   */
  private pace(start: number): void {
    const now = performance.now();
    const processor = processorTime();
    // Waiting for data, being halted: then no processor was at work either.
    const worked = processor === undefined ? Infinity : processor - this.processorAtEnd!;
    const share = (now - start) / Math.min(now - this.lastSweepEnd, worked);
    if (share > 0.03) this.budget = Math.min(this.budget * 2, MAX_BUDGET);
    else if (share < 0.01) this.budget = Math.max(this.budget * 0.7, MIN_BUDGET);
    this.sinceSweep = 0;
    this.sweeps++;
    this.sweepTime += now - start;
    this.lastSweepEnd = now;
    this.processorAtEnd = processor;
  }
}

/** The one heap of the process. */
export const heap: Heap = shared("retrograd.heap.1", () => new Heap());
