import { wasm } from "./wasm/instance.js";

/*
 * One job shared by several threads: the same WebAssembly function called with different numbers, once for each part.
 * Parts may run in any order and at the same time, so they write to different places; scratch is theirs alone.
 */

/** The most threads that work is shared by: 1 where there are no workers. */
export function threadCount(): number {
  return 1;
}

/**
 * Into how many parts to divide work of `units` equal pieces of `cost` flops (or bytes touched) each: no more than there are threads
 * or pieces, and none so small that sharing it costs more than doing it.
 */
export function partCount(units: number, cost: number): number {
  return Math.max(1, Math.min(threadCount(), units, Math.floor((units * cost) / GRAIN)));
}

/** Flops that are worth waking another thread for: some 20 microseconds of work. */
const GRAIN = 100_000;

/** The `index`-th of `count` contiguous ranges of 0 ... units - 1 that differ in length by at most a multiple of `step`. */
export function range(units: number, count: number, index: number, step = 1): [from: number, to: number] {
  const blocks = Math.ceil(units / step);
  const at = (i: number) => Math.min(units, Math.floor((blocks * i) / count) * step);
  return [at(index), at(index + 1)];
}

/** Calls the function `name` of the WebAssembly module with each of `parts`, on all threads, and returns when all are done. */
export function runParts(name: string, parts: readonly (readonly number[])[]): void {
  const run = wasm()[name]!;
  for (const part of parts) run(...part);
}
