import type { Function } from "./function.js";

/** A priority queue (binary heap) of functions: the one of the largest generation comes first. */
export class GenerationQueue {
  /** @internal The functions that wait, in heap order. */
  readonly items: Function[] = [];

  /** Adds a function and marks it as queued. */
  push(fn: Function): void {
    const { items } = this;
    fn.queued = true;
    let i = items.length;
    items.push(fn);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (items[parent]!.generation >= fn.generation) break;
      items[i] = items[parent]!;
      i = parent;
    }
    items[i] = fn;
  }

  /** Takes the first function off, or returns null when none waits. */
  pop(): Function | null {
    const { items } = this;
    if (items.length === 0) return null;
    const first = items[0]!;
    const last = items.pop()!;
    const n = items.length;
    if (n === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= n) break;
      if (child + 1 < n && items[child + 1]!.generation > items[child]!.generation) child++;
      if (items[child]!.generation <= last.generation) break;
      items[i] = items[child]!;
      i = child;
    }
    items[i] = last;
    return first;
  }
}
