import type { DType } from "../dtype.js";
import { ArgumentError } from "../errors.js";
import type { Function } from "../function.js";
import { describe } from "../options.js";
import type { Shape } from "../shape.js";
import { Parameter, type Variable } from "../variable.js";

/** What a Variable is to its graph: one that a layer learns, another leaf with or without a gradient, or something computed. */
export type VariableKind = "parameter" | "input" | "constant" | "computed";

/** A Variable of a graph as it was when the graph was looked at. */
export interface VariableNode {
  /** `v0`, `v1` and so on: what it is called in DOT and in the SVG. */
  readonly id: string;
  readonly kind: VariableKind;
  /** Its name, that of the leaf it is the gradient of followed by `.grad`, or the value of a scalar constant; else null. */
  readonly name: string | null;
  /** Null for a Parameter that has no data yet. */
  readonly shape: Shape | null;
  readonly dtype: DType;
  readonly generation: number;
  /** Whether it is one of those the graph was asked for. */
  readonly output: boolean;
  /** Whether the function that made it is left out. */
  readonly cut: boolean;
}

/** A function of a graph, with the ids of its Variables. */
export interface FunctionNode {
  /** `f0`, `f1` and so on. */
  readonly id: string;
  /** The name of its class, or what it calls itself. */
  readonly name: string;
  readonly generation: number;
  readonly inputs: readonly string[];
  /** Those of its outputs that the graph shows. */
  readonly outputs: readonly { readonly id: string; readonly index: number }[];
  /** How many outputs it has, shown or not. */
  readonly outputCount: number;
}

/** All there is to draw: functions and Variables, what comes first in front, and how many there was no room for. */
export interface Nodes {
  readonly functions: readonly FunctionNode[];
  readonly variables: readonly VariableNode[];
  readonly leftOut: { readonly functions: number; readonly variables: number };
}

/** The graph behind `ys`, at most `maxFunctions` functions of it: those of the largest generations. */
export function nodesBehind(
  ys: readonly Variable[],
  names: ReadonlyMap<Variable, string>,
  maxFunctions: number,
): Nodes {
  const all = everythingBehind(ys);
  const kept = all.functions.slice(Math.max(0, all.functions.length - maxFunctions));
  const shown = new Set(kept);
  const ids = new Map<Variable, string>();
  const outputsOf = new Map<Function, Variable[]>(kept.map((fn) => [fn, []]));
  const show = (x: Variable) => {
    if (ids.has(x)) return;
    ids.set(x, `v${ids.size}`);
    if (x.creator !== null) outputsOf.get(x.creator)?.push(x);
  };
  for (const fn of kept) fn.inputs.forEach(show);
  ys.forEach(show);
  const asked = new Set(ys);
  const texts = namesOf([...ids.keys()], names);
  return {
    functions: kept.map((fn, i) => ({
      id: `f${i}`,
      name: fn.name || "Function",
      generation: fn.generation,
      inputs: fn.inputs.map((x) => ids.get(x)!),
      outputs: outputsOf.get(fn)!.map((y) => ({ id: ids.get(y)!, index: y.outputIndex })),
      outputCount: fn.outputCount,
    })),
    variables: [...ids].map(([x, id]) => ({
      id,
      kind: kindOf(x),
      name: texts.get(x) ?? null,
      shape: x instanceof Parameter && !x.initialized ? null : x.shape,
      dtype: x.dtype,
      generation: x.generation,
      output: asked.has(x),
      cut: x.creator !== null && !shown.has(x.creator),
    })),
    leftOut: { functions: all.functions.length - kept.length, variables: all.variables - ids.size },
  };
}

/** Every function behind `ys`, in the order of generations, and the number of Variables there are. */
function everythingBehind(ys: readonly Variable[]): { functions: Function[]; variables: number } {
  const functions = new Set<Function>();
  const variables = new Set<Variable>();
  const open: Function[] = [];
  const visit = (x: Variable) => {
    variables.add(x);
    if (x.creator === null || functions.has(x.creator)) return;
    functions.add(x.creator);
    open.push(x.creator);
  };
  ys.forEach(visit);
  for (let fn = open.pop(); fn !== undefined; fn = open.pop()) fn.inputs.forEach(visit);
  return { functions: [...functions].sort((a, b) => a.generation - b.generation), variables: variables.size };
}

function kindOf(x: Variable): VariableKind {
  if (x.creator !== null) return "computed";
  if (x instanceof Parameter) return "parameter";
  return x.requiresGrad ? "input" : "constant";
}

/** The names of those that have one. A gradient that nobody has named is called after what it is the gradient of. */
function namesOf(shown: readonly Variable[], given: ReadonlyMap<Variable, string>): Map<Variable, string> {
  const names = new Map<Variable, string>();
  for (const x of shown) {
    const name = given.get(x) ?? ownName(x) ?? (isScalarConstant(x) ? `${Number(x.item().toPrecision(6))}` : null);
    if (name !== null) names.set(x, name);
  }
  const gradients = new Map<Variable, string[]>();
  for (const x of shown) {
    const gradient = x.peekGrad();
    if (gradient === null || names.has(gradient)) continue;
    const name = names.has(x) ? `${names.get(x)}.grad` : "grad";
    gradients.set(gradient, [...(gradients.get(gradient) ?? []), name]);
  }
  for (const [gradient, texts] of gradients) names.set(gradient, [...new Set(texts)].join(", "));
  return names;
}

function ownName({ name }: Variable): string | null {
  if (name === null || name === undefined || typeof name === "string") return name;
  throw new ArgumentError(`graph: the name of a Variable is ${describe(name)}; expected a text or null`);
}

function isScalarConstant(x: Variable): boolean {
  return kindOf(x) === "constant" && x.ndim === 0;
}
