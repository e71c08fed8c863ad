import { OutOfMemoryError } from "../../../core/errors.js";
import { heap } from "../../../core/heap.js";

/** What came of work of which one allocation was refused: its result, or "refused"; and whether it came so far as to ask for it. */
export interface Refusal<T> {
  result: T | "refused";
  reached: boolean;
}

/**
 * Runs `fn` on a heap that refuses allocation `n`, counted from 0, and no other.
 * @throws whatever `fn` throws beside the OutOfMemoryError that comes of it.
 */
export function refusing<T>(n: number, fn: () => T): Refusal<T> {
  const own = Object.getOwnPropertyDescriptor(heap, "allocate");
  const { allocate } = heap;
  let count = 0;
  heap.allocate = (bytes) => {
    if (count++ === n) throw new OutOfMemoryError(`allocate: no room for ${bytes} bytes in a test`);
    return allocate.call(heap, bytes);
  };
  try {
    return { result: fn(), reached: count > n };
  } catch (error) {
    if (!(error instanceof OutOfMemoryError)) throw error;
    return { result: "refused", reached: true };
  } finally {
    if (own === undefined) Reflect.deleteProperty(heap, "allocate");
    else Object.defineProperty(heap, "allocate", own);
  }
}

/** Refuses each allocation of `fn` in turn and tells `then` what came of it, until there are no more. Returns how many there were. */
export function refuseEach<T>(fn: () => T, then: (refusal: Refusal<T>, n: number) => void): number {
  for (let n = 0; ; n++) {
    const refusal = refusing(n, fn);
    if (!refusal.reached) return n;
    then(refusal, n);
  }
}
