import { ArgumentError } from "../errors.js";
import type { NDArray } from "../ndarray.js";
import { environment } from "../platform.js";
import { NATIVE, type NativeFunctions, pool } from "./pool.js";
import type { KernelModule } from "./wasm/kernel-module.js";

/*
 * One job shared by several threads: the same WebAssembly function called with different numbers, once for each part.
 * Parts may run in any order and at the same time, so they write to different places; scratch is theirs alone.
 * How work is divided depends on the number of threads alone, never on which of them are free, so that the same number of
 * threads gives the same bits.
 */

/** Flops that are worth sharing with another thread: some 20 microseconds of work. */
const GRAIN = 100_000;
let grain = GRAIN;

function requestedThreads(): void {
  const text = environment("RETROGRAD_THREADS");
  if (text === undefined || text === "") return;
  const n = Number(text);
  if (Number.isInteger(n) && n >= 1) pool.threads = Math.min(n, pool.limit);
  else
    console.warn(
      `retrograd: RETROGRAD_THREADS is "${text}", using ${pool.threads}; expected a whole number of at least 1`,
    );
}

requestedThreads();

/** The number of threads that work is divided among. */
export function threadCount(): number {
  return pool.threads;
}

/**
 * Divides work among `n` threads from now on, the main thread included: at most as many as there are, 16 at the most.
 * The default is one for each processor; `RETROGRAD_THREADS` sets it from outside.
 * @throws ArgumentError when `n` is not a positive integer; nothing changes then.
 */
export function setThreads(n: number): void {
  if (!Number.isInteger(n) || n < 1)
    throw new ArgumentError(`setThreads: expected a whole number of at least 1, got ${String(n)}`);
  pool.threads = Math.min(n, pool.limit);
}

/**
 * Into how many parts to divide `units` equal pieces of work of `cost` flops (or bytes touched) each: no more than there are
 * threads or pieces, and none so small that sharing it costs more than doing it.
 */
export function partCount(units: number, cost: number): number {
  if (pool.threads === 1) return 1;
  return Math.max(1, Math.min(pool.threads, units, Math.floor((units * cost) / grain)));
}

/** @internal Shares work of at least `flops` from now on, null for as much as pays; gives the former number. For tests. */
export function setGrain(flops: number | null): number {
  const former = grain;
  grain = flops ?? GRAIN;
  return former;
}

/**
 * As `partCount`, for parts that cost little of their own: two for each thread where each still has a lot to do, so that a thread
 * that comes late, or shares its core with another, holds up the others less.
 */
export function finePartCount(units: number, cost: number): number {
  const parts = partCount(units, cost);
  const plenty = parts > 1 && parts === pool.threads && units * cost >= parts * 10 * GRAIN;
  return plenty ? Math.min(2 * parts, units) : parts;
}

/** The `index`-th of `count` contiguous ranges that make up 0 ... units - 1, all but the last of a length divisible by `step`. */
export function range(units: number, count: number, index: number, step = 1): [from: number, to: number] {
  const blocks = Math.ceil(units / step);
  const at = (i: number) => Math.min(units, Math.floor((blocks * i) / count) * step);
  return [at(index), at(index + 1)];
}

let findNative: () => NativeFunctions | undefined = () => undefined;
let native: NativeFunctions | undefined;

/** Says where a library's functions come from, which workers can call too. `find` is called when workers start. */
export function setNativeFunctions(find: () => NativeFunctions | undefined): void {
  findNative = find;
}

function startWorkers(): void {
  native ??= findNative();
  pool.start(native);
}

/**
 * Calls the function `name` of `module` with each of `parts`, on all threads, and returns when all are done. `repeatable` says that a
 * part changes nothing that it reads, so that it can be begun again where a worker ended in the middle of it.
 */
export function runParts(
  module: KernelModule,
  name: string,
  parts: readonly (readonly number[])[],
  repeatable: boolean,
): void {
  const run = module.functions[name]!;
  if (parts.length === 1) {
    run(...parts[0]!);
    return;
  }
  startWorkers();
  pool.publish(module.number, module.binaries);
  pool.run(module.number, module.indexOf(name), run, parts, repeatable);
}

/** `runParts` for one of the library functions that were given to `setNativeFunctions`; `run` is the function on this thread. */
export function runNativeParts(
  name: string,
  run: (...numbers: number[]) => unknown,
  parts: readonly (readonly number[])[],
  repeatable: boolean,
): void {
  if (parts.length === 1 || pool.threads === 1) {
    for (const part of parts) run(...part);
    return;
  }
  startWorkers();
  const index = native?.functions.findIndex((f) => f.name === name) ?? -1;
  pool.run(NATIVE, index, run, parts, repeatable);
}

/** Whether what is written shares no memory with what is read: then a kernel may do the same work again. */
export function apart(written: readonly NDArray[], ...read: readonly (NDArray | null)[]): boolean {
  return written.every((out) => read.every((x) => x === null || x.storage !== out.storage || x.base !== out.base));
}
