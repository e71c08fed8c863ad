import type { GraphNode } from "./node.js";

/** A priority queue (binary heap) of nodes: the one of the largest generation comes first. */
export class GenerationQueue {
  /** @internal The nodes that wait, in heap order. */
  readonly items: GraphNode[] = [];

  /** Adds a node and marks it as queued. */
  push(node: GraphNode): void {
    const { items } = this;
    node.queued = true;
    let i = items.length;
    items.push(node);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (items[parent]!.generation >= node.generation) break;
      items[i] = items[parent]!;
      i = parent;
    }
    items[i] = node;
  }

  /** Takes the first node off, or returns null when none waits. */
  pop(): GraphNode | null {
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
