import { grad } from "../../core/backward.js";
import { array } from "../../core/creation.js";
import { type DType, isFloat } from "../../core/dtype.js";
import type { NDArray } from "../../core/ndarray.js";
import { Generator } from "../../core/rng.js";
import { type Shape, sizeOf } from "../../core/shape.js";
import { Variable } from "../../core/variable.js";
import { layouts } from "../functions/table/layouts.js";
import type { Json } from "./operation.js";
import { operations } from "./operations/index.js";

/** A value that a program starts from. */
export interface Leaf {
  shape: Shape;
  dtype: DType;
  values: number[];
  /** How its elements lie in memory: an index into `layouts`, -1 for in order. */
  layout: number;
  requiresGrad: boolean;
}

/** A function applied to values that came before. */
export interface Step {
  op: string;
  /** Numbers of values: those of leaves and outputs of steps count in their order. */
  args: number[];
  params: Json;
  /** How many values it makes. */
  outputs: number;
}

/** A program, and which of its values gradients start from. */
export interface Program {
  nodes: (Leaf | Step)[];
  roots: number[];
}

/** What retrograd makes of a program; gradients are those of the leaves that require one. */
export interface Outcome {
  values: NDArray[];
  /** First gradients by `backward` of one root after the other, without a graph of their own. */
  first: NDArray[];
  /** First gradients by `grad` with `createGraph`. */
  again: NDArray[];
  second: NDArray[];
}

/** Whether a node is a leaf. */
export function isLeaf(node: Leaf | Step): node is Leaf {
  return "shape" in node;
}

/** How many values a node makes. */
export function outputsOf(node: Leaf | Step): number {
  return isLeaf(node) ? 1 : node.outputs;
}

/** The numbers of the values that each node makes. */
export function firstIds({ nodes }: Program): number[] {
  let next = 0;
  return nodes.map((node) => {
    const first = next;
    next += outputsOf(node);
    return first;
  });
}

/** Numbers of three decimals and either sign, none of them near 0; what they are depends on `index` and the shape alone. */
export function cotangent(index: number, shape: Shape): number[] {
  const g = new Generator(1000 + index);
  return Array.from({ length: sizeOf(shape) }, () => {
    const magnitude = Math.round(100 + 1900 * g.uniform()) / 1000;
    return g.uniform() < 0.5 ? -magnitude : magnitude;
  });
}

/** The array of a leaf. */
export function leafArray({ shape, dtype, values, layout }: Leaf): NDArray {
  const plain = array(values, { dtype }).reshape(shape);
  return layout < 0 ? plain : layouts[layout]![1](plain);
}

/** The outputs of a step as a list. */
export function apply(step: Pick<Step, "op" | "params">, xs: readonly Variable[]): Variable[] {
  const ys = operations[step.op]!.run([...xs], step.params);
  return ys instanceof Variable ? [ys] : ys;
}

/** Computes the values of a program. */
export function forward({ nodes }: Program): { values: Variable[]; leaves: Variable[] } {
  const values: Variable[] = [];
  const leaves: Variable[] = [];
  for (const node of nodes) {
    if (isLeaf(node)) {
      const leaf = new Variable(leafArray(node), node.requiresGrad && isFloat(node.dtype));
      if (leaf.requiresGrad) leaves.push(leaf);
      values.push(leaf);
    } else {
      values.push(
        ...apply(
          node,
          node.args.map((id) => values[id]!),
        ),
      );
    }
  }
  return { values, leaves };
}

/** Runs a program: values, first gradients in two ways, and second gradients. */
export function execute(program: Program): Outcome {
  return { ...withoutGraph(program), ...withGraph(program) };
}

/** An array of random numbers like `y`. */
export function cotangentLike(index: number, y: { readonly shape: Shape; readonly dtype: DType }): NDArray {
  return array(cotangent(index, y.shape), { dtype: y.dtype }).reshape(y.shape);
}

function withoutGraph(program: Program): Pick<Outcome, "first"> {
  const { values, leaves } = forward(program);
  program.roots.forEach((id, i) => {
    const y = values[id]!;
    if (y.requiresGrad) y.backward({ gradient: cotangentLike(i, y) });
  });
  return { first: leaves.map((x) => x.grad?.data ?? zeros(x)) };
}

function withGraph(program: Program): Pick<Outcome, "values" | "again" | "second"> {
  const { values, leaves } = forward(program);
  const starts = program.roots.map((id, i) => ({ y: values[id]!, i })).filter(({ y }) => y.requiresGrad);
  const seconds = { again: leaves.map(zeros), second: leaves.map(zeros) };
  const arrays = values.map((y) => y.data);
  if (starts.length === 0) return { values: arrays, ...seconds };
  const again = grad(
    starts.map(({ y }) => y),
    leaves,
    { gradYs: starts.map(({ y, i }) => cotangentLike(i, y)), createGraph: true, allowUnused: true },
  );
  seconds.again = again.map((g) => g.data);
  const further = again.map((g, i) => ({ g, i })).filter(({ g }) => g.requiresGrad);
  if (further.length > 0) {
    const second = grad(
      further.map(({ g }) => g),
      leaves,
      { gradYs: further.map(({ g, i }) => cotangentLike(100 + i, g)), allowUnused: true },
    );
    seconds.second = second.map((g) => g.data);
  }
  return { values: arrays, ...seconds };
}

function zeros(x: Variable): NDArray {
  return array(new Float64Array(x.size), { dtype: x.dtype }).reshape(x.shape);
}
