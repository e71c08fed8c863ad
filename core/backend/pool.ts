import { RetrogradError } from "../errors.js";
import { heap } from "../heap.js";
import {
  canShareMemory,
  hardwareThreads,
  onExit,
  shared,
  sharedBytes,
  startWorker,
  type WorkerThread,
} from "../platform.js";
import * as protocol from "./pool-protocol.js";
import { POOL_WORKER } from "./pool-worker.js";
import { CODE_BYTES, KERNELS } from "./wasm/code/digest.js";

/*
 * Worker threads on the heap's memory, to which the main thread gives jobs without yielding.
 *
 * A job is one function called with several rows of numbers, its parts. Whoever is free takes the next part, the main thread too,
 * so workers that are still starting, or parked, cost nothing but their share. Workers look for the next job for a while,
 * then park; waking a parked one takes 40 to 90 microseconds.
 *
 * A worker may end at any moment, by lack of memory for one. When the main thread has waited for a part for a while, it looks
 * whether the worker that took it is still alive. If not, or if the part failed there, it does the part itself, provided that the
 * part can be repeated: that it changes nothing that it reads.
 */

/** The bits of a claim that are the place of a thread. */
const PLACES = 15;
/** The most parts of a job, and the most numbers a part may have. */
const MAX_PARTS = 64;
const WIDTH = 32;
/** How many modules there may be, with that of the native functions, and functions in one. */
const MODULES = 16;
const FUNCTIONS = 256;
/** A module and one with relaxed SIMD: where each begins and its bytes. */
const CODE_WORDS = 4;
/** The number of the native functions among the modules. */
export const NATIVE = 0;
/** How often an idle worker looks for a job before it parks: for half a millisecond or so, longer than the pause between most kernels. */
const LOOKS = 20_000;
const MAX_THREADS = 16;
/** Milliseconds that the end of the process waits at most for workers that load the native library, which takes some ten. */
const LOADING_PATIENCE = 5000;
/** Workers that are started in the life of a process: one that cannot live is not replaced for ever. */
const MAX_STARTS = 3 * MAX_THREADS;
/** How often a claim is read between two looks at the clock, and milliseconds between two looks whether its owner is alive. */
const CLAIM_READS = 1024;
const PATIENCE = 100;

/** A library's functions for workers to call beside those of the WebAssembly module; see `openblas.ts`. */
export interface NativeFunctions {
  /** The file of the package koffi, and the library to load with it. */
  koffi: string;
  library: string;
  /** Where the heap lies in the process; added to each argument that is an address. */
  base: number;
  /** A function to call once with a number. */
  setup: { signature: string; argument: number };
  /** Their C signatures, and which arguments are addresses on the heap. */
  functions: readonly { name: string; signature: string; addresses: readonly number[] }[];
}

const nothing = (): void => {};

/** The workers and the words they share with the main thread. */
export class Pool {
  /** The most threads there can be. */
  limit = canShareMemory() ? MAX_THREADS : 1;
  /** The threads that work is divided among, the main thread included. */
  threads = Math.min(hardwareThreads(), this.limit);
  private readonly control = new Int32Array(sharedBytes(protocol.claimOf(MAX_PARTS) * 4));
  private readonly numbers = new Float64Array(sharedBytes(MAX_PARTS * WIDTH * 8));
  /** The text of an error in a worker, in UTF-16. */
  private readonly reason = new Uint16Array(sharedBytes(2 * 200));
  /**
   * The modules that workers are to know: where they are, as `CODE_WORDS` say, then their bytes. Workers are never told of
   * them, since they do not yield; they look here for a module that they have not called yet.
   */
  private readonly code = new Uint8Array(sharedBytes(MODULES * CODE_WORDS * 4 + CODE_BYTES));
  private codeEnd = MODULES * CODE_WORDS * 4;
  /** The workers that are alive as far as is known, by place. */
  private readonly workers: (WorkerThread | undefined)[] = [];
  private running = 0;
  private starts = 0;

  /** Workers that have come up and are alive, as far as is known. */
  get ready(): number {
    let count = 0;
    for (let bits = Atomics.load(this.control, protocol.READY); bits !== 0; bits &= bits - 1) count++;
    return count;
  }

  /** Starts the workers that are missing. They come up in their own time and join the jobs of then. */
  start(native?: NativeFunctions): void {
    if (native !== undefined && this.starts === 0) onExit(() => this.end());
    if (this.running >= this.threads - 1) return;
    for (let place = 1; place < this.threads && this.starts < MAX_STARTS; place++) {
      if (this.workers[place] !== undefined) continue;
      const data = {
        memory: heap.memory,
        code: this.code,
        control: this.control,
        numbers: this.numbers,
        reason: this.reason,
        width: WIDTH,
        looks: LOOKS,
        native,
        place,
      };
      const worker = startWorker(POOL_WORKER, data, () => this.lose(place, worker));
      if (worker === undefined) {
        this.limit = place;
        this.threads = place;
        return;
      }
      this.workers[place] = worker;
      this.running++;
      this.starts++;
    }
  }

  /** Waits for workers that load the native library: its loader aborts the process when a thread is stopped within it. */
  private end(): void {
    const { control } = this;
    Atomics.store(control, protocol.ENDING, 1);
    const loading = Atomics.load(control, protocol.LOADING);
    if (loading === 0) return;
    if (Atomics.wait(control, protocol.LOADING, loading, LOADING_PATIENCE) !== "timed-out") this.end();
  }

  /** Takes a worker that has ended off the list, so that the next `start` puts another one in its place. */
  private lose(place: number, worker: WorkerThread | undefined): void {
    if (worker === undefined || this.workers[place] !== worker) return;
    this.workers[place] = undefined;
    this.running--;
    Atomics.and(this.control, protocol.READY, ~(1 << place));
    Atomics.and(this.control, protocol.PARKED, ~(1 << place));
  }

  /** Lets the workers park, when the main thread has work for the other processors. */
  rest(): void {
    if (this.running > 0) this.runJob(0, nothing, [], true);
  }

  /** Lets workers know the module of this number, made of `binaries`, of which the functions of the last count. */
  publish(number: number, binaries: readonly Uint8Array[]): void {
    const table = new Int32Array(this.code.buffer, number * CODE_WORDS * 4, CODE_WORDS);
    if (table[0] !== 0) return;
    for (const [i, binary] of binaries.entries()) {
      this.code.set(binary, this.codeEnd);
      table.set([this.codeEnd, binary.length], 2 * i);
      this.codeEnd += binary.length;
    }
  }

  /**
   * Runs the function at `index` in the module of this number, as workers count, which is `run` here, on each of `parts`.
   * Returns when all are done. `repeatable` says that a part may be begun again, after it was done in part.
   * @throws RetrogradError when a part that is not repeatable failed in a worker, or was lost with one.
   */
  run(
    number: number,
    index: number,
    run: (...numbers: number[]) => unknown,
    parts: readonly (readonly number[])[],
    repeatable: boolean,
  ): void {
    const id = number * FUNCTIONS + index;
    const long = parts.find((part) => part.length >= WIDTH);
    if (long !== undefined) throw new RetrogradError(`a part has ${long.length} numbers; expected fewer than ${WIDTH}`);
    for (let from = 0; from < parts.length; from += MAX_PARTS)
      this.runJob(id, run, parts.slice(from, from + MAX_PARTS), repeatable);
  }

  private runJob(
    id: number,
    run: (...numbers: number[]) => unknown,
    parts: readonly (readonly number[])[],
    repeatable: boolean,
  ): void {
    const { control, numbers } = this;
    const count = parts.length;
    const sequence = Atomics.add(control, protocol.SEQUENCE, 1) + 2;
    const job = sequence << protocol.JOB_SHIFT;
    // Claims are compared by their distance, which must not reach the wrap-around of 32 bits.
    if ((sequence & 0x00ffffff) === 0) control.fill(job - (2 << protocol.JOB_SHIFT), protocol.CLAIMS);
    for (let i = 0; i < count; i++) {
      const part = parts[i]!;
      numbers[i * WIDTH] = part.length;
      for (let j = 0; j < part.length; j++) numbers[i * WIDTH + 1 + j] = part[j]!;
    }
    Atomics.store(control, protocol.PARTS, count);
    Atomics.store(control, protocol.FUNCTION, id);
    Atomics.store(control, protocol.PAGES, heap.u8.byteLength >>> 16);
    Atomics.add(control, protocol.SEQUENCE, 1);
    if (count > 0 && Atomics.load(control, protocol.PARKED) !== 0) Atomics.notify(control, protocol.SEQUENCE);
    let failure: unknown;
    for (let i = 0; i < count; i++) {
      const claim = Atomics.load(control, protocol.claimOf(i));
      if (((claim - job) | 0) >= 0) continue;
      if (Atomics.compareExchange(control, protocol.claimOf(i), claim, job) !== claim) continue;
      try {
        run(...parts[i]!);
      } catch (error) {
        failure = error;
      }
      Atomics.store(control, protocol.claimOf(i), job | protocol.FINISHED);
    }
    const missing: number[] = [];
    for (let i = 0; i < count; i++) if (!this.finished(i, job)) missing.push(i);
    if (missing.length > 0) {
      const reason = this.failureReason();
      if (!repeatable) failure ??= lostPart(reason);
      for (const i of failure === undefined ? missing : []) run(...parts[i]!);
    }
    if (failure !== undefined) throw failure;
  }

  /** Waits until part `i` is done or never will be; whether it was done. */
  private finished(i: number, job: number): boolean {
    const { control } = this;
    let reads = 0;
    let lookAt = 0;
    let pause = 1;
    for (;;) {
      const state = Atomics.load(control, protocol.claimOf(i)) - job;
      if (state >= protocol.FINISHED) return state < protocol.BROKEN;
      for (let root = 0; root < protocol.PAUSE; root++) pause = Math.sqrt(pause + 1);
      // Never 0, but the compiler must not know.
      if (++reads < CLAIM_READS && pause !== 0) continue;
      reads = 0;
      const now = performance.now();
      if (lookAt === 0) lookAt = now + PATIENCE;
      if (now < lookAt) continue;
      lookAt = now + PATIENCE;
      const place = state & PLACES;
      const worker = this.workers[place];
      if (worker?.alive()) continue;
      this.lose(place, worker);
      // It may have finished just before it ended.
      return ((Atomics.load(control, protocol.claimOf(i)) - job) & protocol.FINISHED) !== 0;
    }
  }

  /** Why a part failed in a worker, if one did since the last time. */
  private failureReason(): string | undefined {
    const length = Atomics.exchange(this.control, protocol.FAILED, 0);
    return length === 0 ? undefined : String.fromCharCode(...this.reason.subarray(0, length));
  }
}

function lostPart(reason: string | undefined): RetrogradError {
  const what = reason === undefined ? "a worker thread ended" : `a worker thread failed (${reason})`;
  return new RetrogradError(
    `${what} in the middle of a kernel that changes arrays in place; what it was to change is changed in part. ` +
      "Expected what came before to be taken up again, from a checkpoint for one",
  );
}

/**
 * The workers of the process, for these kernels: another version of them would call other functions by the same numbers. They
 * start with the first job that is large enough to be shared.
 */
export const pool: Pool = shared(`retrograd.pool.${KERNELS}`, () => new Pool());
// Collecting garbage has threads of its own.
heap.beforeSweep = () => pool.rest();
