import { config } from "./config.js";
import { isFloat } from "./dtype.js";
import { GraphError } from "./errors.js";
import type { LeafUses } from "./leaf-uses.js";
import type { NDArray } from "./ndarray.js";
import { GraphNode } from "./node.js";
import { shapeText } from "./shape.js";
import { asVariable, type Operand, Variable } from "./variable.js";
import { weakReference } from "./weak.js";

/** What `backward` returns for each input: its gradient, or null when it needs none. */
export type InputGradients = Variable | null | readonly (Variable | null)[];

/** The backward pass at work, as far as functions are concerned: it knows which gradients are asked for. */
export interface GradientDemand {
  wants(x: Variable): boolean;
}

/** The backward pass at work, or null. */
export let activePass: GradientDemand | null = null;

/** @internal Called by a backward pass when it begins and ends. */
export function setActivePass(pass: GradientDemand | null): void {
  activePass = pass;
}

/** What `detectAnomaly` looks at; it throws at what is not finite. */
export interface AnomalyWatch {
  /** A function has become part of a graph. */
  applied(fn: Function): void;
  /** A backward pass starts from an output with a gradient. */
  startsFrom(y: Variable, gradient: Variable): void;
  /** A function's `backward` made the gradient of one of its inputs. */
  made(fn: Function, index: number, gradient: Variable): void;
  /** A hook gave a gradient of its own. */
  hooked(x: Variable, gradient: Variable): void;
}

/** The watch of the `detectAnomaly` at work, or null. */
export let anomalyWatch: AnomalyWatch | null = null;

/** @internal Called by `detectAnomaly` when it begins and ends. */
export function setAnomalyWatch(watch: AnomalyWatch | null): void {
  anomalyWatch = watch;
}

/** What is told of the gradients of leaves while a backward pass is still at work. */
export interface LeafWatch {
  /** Counts the uses of the leaves behind `ys`: a program that watches none goes without. */
  usesOf(ys: readonly Variable[]): LeafUses;
  /** The gradient of a leaf is whole: nothing more will be added to it in this pass. */
  whole(leaf: Variable, gradient: Variable): void;
  /** Another function has been gone through. */
  onWay(): void;
}

/** The watch of those that want to use gradients early, or null. */
export let leafWatch: LeafWatch | null = null;

/** @internal Called by `optim/distributed`. */
export function setLeafWatch(watch: LeafWatch | null): void {
  leafWatch = watch;
}

/** What `profile` puts around the work of functions: each of these does it and returns what came of it. */
export interface Profiler {
  forward(fn: Function, xs: readonly NDArray[]): NDArray | readonly NDArray[];
  backward(fn: Function, gys: readonly Variable[]): InputGradients;
  /** A whole backward pass. */
  pass(run: () => void): void;
}

/** The profiler of the `profile` at work, or null. */
export let profiler: Profiler | null = null;

/** @internal Called by `profile` when it begins and ends. */
export function setProfiler(next: Profiler | null): void {
  profiler = next;
}

/** Sees every Function that is applied, or null; see core/hidden-classes.ts. */
let classKeeper: ((fn: Function) => void) | null = null;

/** @internal Called by `keepHiddenClasses`. */
export function setClassKeeper(keeper: (fn: Function) => void): void {
  classKeeper = keeper;
}

const NO_INPUTS: readonly Variable[] = [];

/**
 * A differentiable operation: `forward` computes on arrays, `backward` computes on Variables with differentiable
 * functions, so that the gradient of a gradient comes for free.
 *
 *     class Square extends Function {
 *       forward(x: NDArray) { return unary("square", x); }
 *       backward(gy: Variable) { return mul(mul(gy, 2), this.input(0)); }
 *     }
 *     const square = (x: Operand) => new Square().apply(x);
 *
 * An object is applied once. The graph it becomes part of holds its inputs strongly and its outputs weakly.
 */
export abstract class Function {
  // Assigned in the constructor, since V8 defines the fields of a class with many subclasses one by one in its runtime: two
  // microseconds for each operation, more than all the rest of it takes. Whatever else the engine knows is in the node.
  /** @internal Its place in the graph, once it is part of one. */
  declare node: GraphNode | null;

  constructor() {
    this.node = null;
  }

  /** The Variables it was applied to, once it is part of a graph. */
  get inputs(): readonly Variable[] {
    return this.node === null ? NO_INPUTS : this.node.inputs;
  }

  /** The largest generation of its inputs. */
  get generation(): number {
    return this.node === null ? 0 : this.node.generation;
  }

  /** @internal Whether `backward` keeps no gradient for later; see core/frugal-function.ts. */
  get frugal(): boolean {
    return false;
  }

  /** What messages and pictures of the graph call it. */
  get name(): string {
    return this.constructor.name;
  }

  /** The value: one array, or several for a function applied with `applyMany`. It must not change its inputs. */
  abstract forward(...xs: NDArray[]): NDArray | readonly NDArray[];

  /** Gradients of the inputs from those of the outputs, in differentiable functions. */
  abstract backward(...gys: Variable[]): InputGradients;

  /** Computes the one output for `operands` and, where one of them needs a gradient, records the graph. */
  apply(...operands: Operand[]): Variable {
    const inputs = asVariables(this, operands);
    const data = this.compute(inputs) as NDArray;
    if (!config.enableBackprop || !needsGradient(inputs)) return new Variable(data, false);
    if (!isFloat(data.dtype)) return this.undifferentiable(data);
    return this.firstOf(this.record(inputs), data);
  }

  /** As `apply`, for a function whose `forward` returns several arrays. */
  applyMany(...operands: Operand[]): Variable[] {
    const inputs = asVariables(this, operands);
    const data = this.compute(inputs) as readonly NDArray[];
    if (!config.enableBackprop || !needsGradient(inputs) || data.length === 0) {
      return data.map((d) => new Variable(d, false));
    }
    const node = this.record(inputs);
    const first = this.firstOf(node, data[0]!);
    const rest = data.slice(1).map((d, i) => this.outputOf(node, d, i + 1));
    node.several = {
      shape: first.shape,
      dtype: first.dtype,
      pending: null,
      rest: rest.map((y) => ({ reference: weakReference(y), shape: y.shape, dtype: y.dtype, version: y.version })),
    };
    return [first, ...rest];
  }

  /** The outputs that are still in use, by index; undefined for those that were collected. */
  get outputs(): (Variable | undefined)[] {
    return this.node === null ? [] : this.node.outputs;
  }

  /** Number of outputs. */
  get outputCount(): number {
    return 1 + (this.node?.several?.rest.length ?? 0);
  }

  /**
   * The input at `index`, for use in `backward`.
   * @throws GraphError when its array was changed since `forward`.
   */
  protected input(index: number): Variable {
    const node = this.node!;
    const x = node.inputs[index]!;
    if (x.version !== node.inputVersion(index)) throw this.changed("input", index, x);
    return x;
  }

  /**
   * The output at `index`, for use in `backward`.
   * @throws GraphError when its array was changed since `forward`, or when nothing holds it any more.
   */
  protected output(index = 0): Variable {
    const node = this.node!;
    const further = index === 0 ? null : node.several!.rest[index - 1]!;
    const y = (further === null ? node.output! : further.reference).deref();
    if (y === undefined) {
      throw new GraphError(`${this.name}.backward: output ${index} was collected; save what backward needs`);
    }
    if (y.version !== (further === null ? node.outputVersion : further.version)) throw this.changed("output", index, y);
    return y;
  }

  /** Whether the backward pass at work needs the gradient of the input at `index`; `backward` need not compute others. */
  protected needs(index: number): boolean {
    const x = this.node!.inputs[index]!;
    return x.requiresGrad && (activePass === null || activePass.wants(x));
  }

  private compute(inputs: readonly Variable[]): NDArray | readonly NDArray[] {
    if (this.node !== null) {
      throw new GraphError(`${this.name}: a Function object is applied once; expected a new one`);
    }
    if (classKeeper !== null) classKeeper(this);
    if (profiler !== null) return profiler.forward(this, dataOf(inputs));
    switch (inputs.length) {
      case 1:
        return this.forward(inputs[0]!.data);
      case 2:
        return this.forward(inputs[0]!.data, inputs[1]!.data);
      default:
        return this.forward(...dataOf(inputs));
    }
  }

  private record(inputs: readonly Variable[]): GraphNode {
    const node = new GraphNode(this, inputs);
    this.node = node;
    if (anomalyWatch !== null) anomalyWatch.applied(this);
    return node;
  }

  private firstOf(node: GraphNode, data: NDArray): Variable {
    const y = this.outputOf(node, data, 0);
    node.output = weakReference(y);
    node.outputVersion = data.version;
    return y;
  }

  private outputOf(node: GraphNode, data: NDArray, index: number): Variable {
    if (!isFloat(data.dtype)) return this.undifferentiable(data);
    const y = new Variable(data, true);
    y.node = node;
    y.outputIndex = index;
    return y;
  }

  /** Integers and bools carry no gradient. */
  private undifferentiable(data: NDArray): Variable {
    const y = new Variable(data, false);
    y.undifferentiable = this.name;
    return y;
  }

  private changed(what: string, index: number, x: Variable): GraphError {
    const name = x.name === null ? "" : ` (${x.name})`;
    return new GraphError(
      `${this.name}.backward: ${what} ${index}${name} of shape ${shapeText(x.shape)} was changed in place after forward ` +
        "saved it; expected it unchanged until backward, or a copy for forward",
    );
  }
}

/** Converts in place: `operands` is the rest array of the call, which nobody else holds. */
function asVariables(fn: Function, operands: Operand[]): readonly Variable[] {
  for (let i = 0; i < operands.length; i++) {
    if (!(operands[i] instanceof Variable)) operands[i] = asVariable(fn.name, operands[i]!);
  }
  return operands as Variable[];
}

function dataOf(inputs: readonly Variable[]): NDArray[] {
  return inputs.map((x) => x.data);
}

function needsGradient(inputs: readonly Variable[]): boolean {
  for (let i = 0; i < inputs.length; i++) if (inputs[i]!.requiresGrad) return true;
  return false;
}
