import { config } from "./config.js";
import type { DType } from "./dtype.js";
import { GraphError } from "./errors.js";
import {
  activePass,
  anomalyWatch,
  Function,
  type InputGradients,
  type LeafWatch,
  leafWatch,
  profiler,
  setActivePass,
} from "./function.js";
import type { LeafUses } from "./leaf-uses.js";
import type { NDArray } from "./ndarray.js";
import type { GraphNode, SeveralOutputs } from "./node.js";
import { binary, filled } from "./numeric.js";
import { GenerationQueue } from "./queue.js";
import { claim, GradientRelease } from "./release.js";
import { addRowGradients } from "./row-gradient.js";
import { type Shape, sameShape, shapeText } from "./shape.js";
import { Variable } from "./variable.js";
import { releaseKeptObjects } from "./weak.js";

/** One walk from outputs to leaves in the order of generations. */
export class BackwardPass {
  /** Finished gradients: of the leaves and, as asked, of targets and Variables in between. */
  readonly results = new Map<Variable, Variable>();
  private readonly queue = new GenerationQueue();
  private readonly leaves: Variable[] = [];
  private readonly between: Set<GraphNode> | null = null;
  private suspended: (() => void)[] = [];
  /** Gives memory back on the way; not when a graph of the gradients is recorded, nor when all are kept. */
  private release: GradientRelease | null = null;
  /** Where each leaf is still to get gradients from, when somebody wants to know. */
  private uses: LeafUses | null = null;

  constructor(
    private readonly targets: ReadonlySet<Variable> | null,
    private readonly retainGrad: boolean,
  ) {
    if (targets !== null) this.between = new Set();
  }

  /** Whether the gradient of `x` leads to anything that was asked for. */
  wants(x: Variable): boolean {
    if (this.targets === null || this.targets.has(x)) return true;
    return x.node !== null && this.between!.has(x.node);
  }

  run(ys: readonly Variable[], gys: readonly Variable[], createGraph: boolean): void {
    if (profiler === null) this.walk(ys, gys, createGraph);
    else profiler.pass(() => this.walk(ys, gys, createGraph));
  }

  private walk(ys: readonly Variable[], gys: readonly Variable[], createGraph: boolean): void {
    const outer = activePass as BackwardPass | null;
    const { enableBackprop } = config;
    outer?.suspend();
    setActivePass(this);
    config.enableBackprop = createGraph;
    if (!createGraph && !this.retainGrad) this.release = new GradientRelease();
    try {
      if (this.targets !== null) {
        this.findBetween(ys);
        for (const x of this.targets) if (x.node !== null) x.node.observed = true;
      }
      ys.forEach((y, i) => {
        anomalyWatch?.startsFrom(y, gys[i]!);
        if (this.wants(y)) this.add(y, gys[i]!);
      });
      if (leafWatch !== null && this.targets === null && !createGraph) {
        this.walkWatched(ys, leafWatch);
      } else {
        for (let node = this.queue.pop(); node !== null; node = this.queue.pop()) {
          if (node.several === null) this.stepSingle(node);
          else this.stepMany(node, node.several);
        }
      }
      for (const x of this.leaves) if (!this.uses?.done(x)) this.finish(x, x.pending!);
    } finally {
      this.clear();
      config.enableBackprop = enableBackprop;
      setActivePass(outer);
      outer?.resume();
    }
    if (outer === null) releaseKeptObjects();
  }

  /** Finishes leaves on the way, as soon as all functions that use them have been gone through. */
  private walkWatched(ys: readonly Variable[], watch: LeafWatch): void {
    const uses = watch.usesOf(ys);
    this.uses = uses;
    for (let node = this.queue.pop(); node !== null; node = this.queue.pop()) {
      if (node.several === null) this.stepSingle(node);
      else this.stepMany(node, node.several);
      for (const x of uses.after(node)) if (x.pending !== null) watch.whole(x, this.finish(x, x.pending));
      watch.onWay();
    }
  }

  /** Takes the gradient of the output of one function to its inputs. */
  private stepSingle(node: GraphNode): void {
    const { fn } = node;
    const pending = node.pending!;
    let gy = pending;
    node.pending = null;
    node.queued = false;
    if (node.observed || this.retainGrad) {
      const y = node.output!.deref();
      if (y !== undefined) gy = this.finish(y, gy);
    }
    const { frugal } = fn;
    if (!frugal) this.release?.keep(gy);
    this.pass(node, frugal, profiler === null ? fn.backward(gy) : profiler.backward(fn, [gy]));
    this.release?.drop(pending);
  }

  /** As `stepSingle`, for a function of several outputs. */
  private stepMany(node: GraphNode, several: SeveralOutputs): void {
    const { fn, outputs } = node;
    const pending = [node.pending, ...(several.pending ?? [])];
    node.pending = null;
    several.pending = null;
    node.queued = false;
    const gys = outputs.map((y, i) => {
      const gy = pending[i];
      if (gy === null || gy === undefined) return zeroGradient(i === 0 ? several : several.rest[i - 1]!);
      return y === undefined ? gy : this.finish(y, gy);
    });
    const { frugal } = fn;
    if (!frugal) for (const gy of gys) this.release?.keep(gy);
    this.pass(node, frugal, profiler === null ? fn.backward(...gys) : profiler.backward(fn, gys));
    for (const gy of pending) if (gy !== null && gy !== undefined) this.release?.drop(gy);
  }

  /** Hands the gradients that a function returned on to its inputs. */
  private pass(node: GraphNode, frugal: boolean, gxs: InputGradients): void {
    const { fn, inputs } = node;
    if (gxs === null || gxs instanceof Variable) {
      if (inputs.length !== 1) throw wrongCount(fn, 1);
      if (gxs !== null) this.addChecked(node, 0, gxs, frugal);
      return;
    }
    if (gxs.length !== inputs.length) throw wrongCount(fn, gxs.length);
    // Several gradients may lie in one memory: it must not go with the first of them before all have been put down.
    const release = frugal ? this.release : null;
    if (release !== null) for (const gx of gxs) if (gx) release.hold(gx);
    for (let i = 0; i < inputs.length; i++) {
      const gx = gxs[i];
      if (gx !== null && gx !== undefined) this.addChecked(node, i, gx, frugal);
    }
    if (release !== null) for (const gx of gxs) if (gx) release.drop(gx);
  }

  /** Runs the hooks on the finished gradient of `x` and keeps it where it was asked for. */
  private finish(x: Variable, gx: Variable): Variable {
    let result = gx;
    if (x.hooks !== null) {
      this.release?.keep(gx);
      for (const hook of x.hooks) {
        const replaced = hook(result);
        if (replaced instanceof Variable) {
          checkGradient(`the hook on ${x.name ?? "a Variable"}`, x, replaced);
          anomalyWatch?.hooked(x, replaced);
          this.release?.keep(replaced);
          result = replaced;
        }
      }
    }
    const asked = this.targets === null ? this.retainGrad || x.node === null : this.targets.has(x);
    if (asked) {
      if (this.targets === null && result === gx) this.release?.own(result);
      else this.release?.keep(result);
      this.results.set(x, result);
    }
    return result;
  }

  private addChecked({ fn, inputs }: GraphNode, index: number, gx: Variable, frugal: boolean): void {
    const x = inputs[index]!;
    if (!x.requiresGrad || !this.wants(x)) return;
    if (!sameShape(gx.shape, x.shape) || gx.dtype !== x.dtype) checkGradient(`${fn.name}.backward`, x, gx, index);
    if (anomalyWatch !== null) anomalyWatch.made(fn, index, gx);
    if (!frugal) this.release?.keep(gx);
    this.add(x, gx);
  }

  private add(x: Variable, gx: Variable): void {
    this.release?.hold(gx);
    const { node } = x;
    if (node === null) {
      if (x.pending === null) this.leaves.push(x);
      x.pending = this.joined(x.pending, gx);
      return;
    }
    const index = x.outputIndex;
    if (index === 0) {
      node.pending = this.joined(node.pending, gx);
    } else {
      const several = node.several!;
      several.pending ??= new Array<Variable | null>(several.rest.length).fill(null);
      several.pending[index - 1] = this.joined(several.pending[index - 1]!, gx);
    }
    if (!node.queued) this.queue.push(node);
  }

  /** The sum of what has arrived so far, if anything, and one more gradient. */
  private joined(former: Variable | null, gx: Variable): Variable {
    if (former === null) return gx;
    const sum = addRowGradients(former, gx) ?? plus(former, gx);
    if (this.release !== null) {
      this.release.hold(sum);
      this.release.drop(former);
      this.release.drop(gx);
    }
    return sum;
  }

  /** Finds the functions that lie between the targets and `ys`. */
  private findBetween(ys: readonly Variable[]): void {
    const seen = new Set<GraphNode>();
    const open: GraphNode[] = [];
    const visit = ({ node }: Variable) => {
      if (node === null || seen.has(node)) return;
      seen.add(node);
      open.push(node);
    };
    ys.forEach(visit);
    for (let node = open.pop(); node !== undefined; node = open.pop()) node.inputs.forEach(visit);
    const ordered = [...seen].sort((a, b) => a.generation - b.generation);
    for (const node of ordered) if (node.inputs.some((x) => this.wants(x))) this.between!.add(node);
  }

  /** Leaves no trace on the graph, also when a function or a hook threw. */
  private clear(): void {
    for (let node = this.queue.pop(); node !== null; node = this.queue.pop()) {
      node.pending = null;
      if (node.several !== null) node.several.pending = null;
      node.queued = false;
    }
    for (const x of this.leaves) x.pending = null;
  }

  /** Clears the marks of this pass from the graph while another one, started by a function or a hook, walks it. */
  private suspend(): void {
    for (const node of this.queue.items) {
      const { several, pending } = node;
      const rest = several?.pending ?? null;
      this.suspended.push(() => {
        Object.assign(node, { pending, queued: true });
        if (several !== null) several.pending = rest;
      });
      Object.assign(node, { pending: null, queued: false });
      if (several !== null) several.pending = null;
    }
    for (const x of this.leaves) {
      const { pending } = x;
      this.suspended.push(() => Object.assign(x, { pending }));
      x.pending = null;
    }
  }

  private resume(): void {
    for (const restore of this.suspended) restore();
    this.suspended = [];
  }
}

/** The sum of two gradients of one Variable; differentiable like any function. */
class AddGradients extends Function {
  override forward(a: NDArray, b: NDArray): NDArray {
    return binary("add", a, b);
  }

  override backward(gy: Variable): [Variable, Variable] {
    return [gy, gy];
  }
}

function plus(a: Variable, b: Variable): Variable {
  return new AddGradients().apply(a, b);
}

/** What a leaf has after `b` came to its gradient `a`; recorded if `createGraph` says so. */
export function accumulate(a: Variable, b: Variable, createGraph: boolean): Variable {
  if (createGraph) return plus(a, b);
  const sum = addRowGradients(a, b) ?? new Variable(binary("add", a.data, b.data), false);
  claim(sum);
  return sum;
}

function zeroGradient({ shape, dtype }: { shape: Shape; dtype: DType }): Variable {
  return new Variable(filled([], 0, dtype).broadcastTo(shape), false);
}

/** @throws GraphError unless `gx` has the shape and the dtype of `x`. */
export function checkGradient(where: string, x: Variable, gx: Variable, index?: number): void {
  if (sameShape(gx.shape, x.shape) && gx.dtype === x.dtype) return;
  const which = index === undefined ? "" : ` for input ${index}`;
  throw new GraphError(
    `${where} gave a gradient of shape ${shapeText(gx.shape)}, ${gx.dtype}${which}; expected ${shapeText(x.shape)}, ${x.dtype}`,
  );
}

function wrongCount(fn: Function, count: number): GraphError {
  return new GraphError(
    `${fn.name}.backward returned ${count} gradient${count === 1 ? "" : "s"}; expected ${fn.inputs.length}, one for each input (null for none)`,
  );
}
