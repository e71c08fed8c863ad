import { RetrogradError } from "../errors.js";
import { heap } from "../heap.js";
import { canShareMemory, hardwareThreads, onExit, shared, sharedBytes, startWorker } from "../platform.js";
import { POOL_WORKER } from "./pool-worker.js";
import { CODE_BYTES, KERNELS } from "./wasm/code/digest.js";

/*
 * Worker threads on the heap's memory, to which the main thread gives jobs without yielding.
 *
 * A job is one function called with several rows of numbers, its parts. Whoever is free takes the next part, the main thread too,
 * so workers that are still starting, or parked, cost nothing but their share. Workers look for the next job for a while,
 * then park; waking a parked one takes 40 to 90 microseconds.
 */

const SEQUENCE = 0;
const PARTS = 1;
const FUNCTION = 2;
const DONE = 3;
const PARKED = 4;
const READY = 5;
const FAILED = 6;
const PAGES = 7;
const LOADING = 8;
const ENDING = 9;
const FIRST_CLAIM = 16;
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
/**
 * How often an idle worker looks for a job before it parks: a tenth of a millisecond or so, the pause between two kernels of a step.
 * Five times as long made the steps of small networks longer: where two processors share a core, looking costs the main thread's.
 */
const SPINS = 20_000;
const MAX_THREADS = 16;
/** Milliseconds that the end of the process waits at most for workers that load the native library, which takes some ten. */
const PATIENCE = 5000;

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
  private readonly control = new Int32Array(sharedBytes((FIRST_CLAIM + MAX_PARTS) * 4));
  private readonly numbers = new Float64Array(sharedBytes(MAX_PARTS * WIDTH * 8));
  /** The text of an error in a worker, in UTF-16. */
  private readonly reason = new Uint16Array(sharedBytes(2 * 200));
  /**
   * The modules that workers are to know: where they are, as `CODE_WORDS` say, then their bytes. Workers are never told of
   * them, since they do not yield; they look here for a module that they have not called yet.
   */
  private readonly code = new Uint8Array(sharedBytes(MODULES * CODE_WORDS * 4 + CODE_BYTES));
  private codeEnd = MODULES * CODE_WORDS * 4;
  private started = 0;

  /** Workers that have come up so far. */
  get ready(): number {
    return Atomics.load(this.control, READY);
  }

  /** Starts the workers that are missing. They come up in their own time and join the jobs of then. */
  start(native?: NativeFunctions): void {
    if (native !== undefined && this.started === 0) onExit(() => this.end());
    while (this.started < this.threads - 1) {
      const started = startWorker(POOL_WORKER, {
        memory: heap.memory,
        code: this.code,
        control: this.control,
        numbers: this.numbers,
        reason: this.reason,
        width: WIDTH,
        firstClaim: FIRST_CLAIM,
        spins: SPINS,
        native,
        place: this.started + 1,
      });
      if (!started) {
        this.limit = this.started + 1;
        this.threads = this.limit;
        return;
      }
      this.started++;
    }
  }

  /** Waits for workers that load the native library: its loader aborts the process when a thread is stopped within it. */
  private end(): void {
    const { control } = this;
    Atomics.store(control, ENDING, 1);
    const loading = Atomics.load(control, LOADING);
    if (loading === 0) return;
    if (Atomics.wait(control, LOADING, loading, PATIENCE) !== "timed-out") this.end();
  }

  /** Lets the workers park, when the main thread has work for the other processors. */
  rest(): void {
    if (this.started > 0) this.runJob(0, nothing, []);
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
   * Returns when all are done.
   */
  run(
    number: number,
    index: number,
    run: (...numbers: number[]) => unknown,
    parts: readonly (readonly number[])[],
  ): void {
    const id = number * FUNCTIONS + index;
    const long = parts.find((part) => part.length >= WIDTH);
    if (long !== undefined) throw new RetrogradError(`a part has ${long.length} numbers; expected fewer than ${WIDTH}`);
    for (let from = 0; from < parts.length; from += MAX_PARTS)
      this.runJob(id, run, parts.slice(from, from + MAX_PARTS));
  }

  private runJob(id: number, run: (...numbers: number[]) => unknown, parts: readonly (readonly number[])[]): void {
    const { control, numbers } = this;
    const count = parts.length;
    const sequence = Atomics.add(control, SEQUENCE, 1) + 2;
    // Claims are compared by their distance, which must not reach the wrap-around of 32 bits.
    if ((sequence & 0x0fffffff) === 0) control.fill(sequence - 2, FIRST_CLAIM);
    for (let i = 0; i < count; i++) {
      const part = parts[i]!;
      numbers[i * WIDTH] = part.length;
      for (let j = 0; j < part.length; j++) numbers[i * WIDTH + 1 + j] = part[j]!;
    }
    Atomics.store(control, PARTS, count);
    Atomics.store(control, FUNCTION, id);
    Atomics.store(control, DONE, 0);
    Atomics.store(control, PAGES, heap.u8.byteLength >>> 16);
    Atomics.add(control, SEQUENCE, 1);
    if (count > 0 && Atomics.load(control, PARKED) > 0) Atomics.notify(control, SEQUENCE);
    let failure: unknown;
    for (let i = 0; i < count; i++) {
      const claim = Atomics.load(control, FIRST_CLAIM + i);
      if (((claim - sequence) | 0) >= 0) continue;
      if (Atomics.compareExchange(control, FIRST_CLAIM + i, claim, sequence) !== claim) continue;
      try {
        run(...parts[i]!);
      } catch (error) {
        failure = error;
      }
      Atomics.add(control, DONE, 1);
    }
    while (Atomics.load(control, DONE) < count);
    const length = Atomics.exchange(control, FAILED, 0);
    if (length !== 0) {
      const reason = String.fromCharCode(...this.reason.subarray(0, length));
      failure ??= new RetrogradError(
        `a worker thread failed in a kernel (${reason}); its part of the result is missing`,
      );
    }
    if (failure !== undefined) throw failure;
  }
}

/**
 * The workers of the process, for these kernels: another version of them would call other functions by the same numbers. They
 * start with the first job that is large enough to be shared.
 */
export const pool: Pool = shared(`retrograd.pool.${KERNELS}`, () => new Pool());
// Collecting garbage has threads of its own.
heap.beforeSweep = () => pool.rest();
