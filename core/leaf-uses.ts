import type { GraphNode } from "./node.js";
import type { Variable } from "./variable.js";

/** How often the functions of a graph use each leaf, counted down as a backward pass goes through them. */
export class LeafUses {
  private readonly left = new Map<Variable, number>();

  constructor(ys: readonly Variable[]) {
    const seen = new Set<GraphNode>();
    const open: GraphNode[] = [];
    const visit = (x: Variable): void => {
      if (x.node === null) {
        if (x.requiresGrad) this.left.set(x, (this.left.get(x) ?? 0) + 1);
      } else if (!seen.has(x.node)) {
        seen.add(x.node);
        open.push(x.node);
      }
    };
    ys.forEach(visit);
    for (let node = open.pop(); node !== undefined; node = open.pop()) node.inputs.forEach(visit);
  }

  /** The leaves to which nothing comes any more when `node` has been gone through. */
  after(node: GraphNode): Variable[] {
    const finished: Variable[] = [];
    for (const x of node.inputs) {
      if (x.node !== null || !x.requiresGrad) continue;
      const left = this.left.get(x)! - 1;
      this.left.set(x, left);
      if (left === 0) finished.push(x);
    }
    return finished;
  }

  /** Whether nothing comes to a leaf any more. */
  done(x: Variable): boolean {
    return this.left.get(x) === 0;
  }
}
