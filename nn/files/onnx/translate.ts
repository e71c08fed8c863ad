import { array } from "../../../core/creation.js";
import { ArgumentError, GraphError } from "../../../core/errors.js";
import type { NDArray } from "../../../core/ndarray.js";
import { Graph, lengthsOf, shapesText } from "./graph.js";
import {
  earlierValues,
  equalArrays,
  type Program,
  placeOf,
  type Step,
  type TracedValue,
  withElements,
} from "./program.js";
import { ruleOf } from "./rules.js";
import { ELEMENT_TYPES } from "./schema.js";
import { isConstant, type Sizes } from "./sizes.js";
import { Translation } from "./translation.js";
import type { OnnxNode, Value } from "./value.js";

/** What a file is made from, beside the program. */
export interface TranslationSettings {
  operation: string;
  opset: number;
  sizes: Sizes;
  inputNames: readonly string[];
  outputNames: readonly string[];
  /** What parameters and buffers are called. */
  names: ReadonlyMap<NDArray, string>;
}

/** A program as operators. */
export interface Translated {
  graph: Graph;
  outputs: readonly Value[];
  /** The operators that the outputs need. */
  nodes: readonly OnnxNode[];
  /** The constants that they need, with names that nothing else has. */
  initializers: readonly Value[];
}

/**
 * Puts the functions of a program into operators.
 * @throws GraphError that names every function that cannot be, where it is and why.
 */
export function translate(program: Program, settings: TranslationSettings): Translated {
  const { operation, opset, sizes, inputNames, outputNames, names } = settings;
  const graph = new Graph(opset, sizes);
  const values = new Map<TracedValue, Value>();
  const problems: string[] = [];
  for (const [i, traced] of program.inputs.entries()) {
    values.set(traced, graph.input(inputNames[i]!, { type: traced.arrays[0]!.dtype, shapes: shapesOf(traced) }));
  }
  const reserved = outputNames.map((name) => graph.unique(name));
  const clash = reserved.findIndex((name, i) => name !== outputNames[i]);
  if (clash >= 0) {
    throw new ArgumentError(
      `${operation}: an input and an output are called ${outputNames[clash]}; expected names of their own (option outputNames)`,
    );
  }
  const lookup = (traced: TracedValue): Value => {
    const known = values.get(traced);
    if (known !== undefined) return known;
    if (!traced.constant && traced.step !== null) put(traced.step);
    else values.set(traced, oneHot(graph, program, traced, lookup) ?? withoutStep(graph, program, traced, names));
    return values.get(traced)!;
  };
  const put = (step: Step): void => {
    graph.scope = [step.path.replaceAll(".", "/")].filter((part) => part !== "").join("/");
    let made: readonly Value[];
    try {
      const rule = ruleOf(step.fns[0]!);
      if (rule === undefined)
        throw new GraphError("there is no rule for it, and its forward calls no functions that make its outputs");
      if (typeof rule === "string") throw new GraphError(rule);
      const result = rule(new Translation(graph, step, program, lookup, names));
      made = Array.isArray(result) ? (result as readonly Value[]) : [result as Value];
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      problems.push(`${placeOf(step)}, ${step.fns[0]!.name}: ${error.message}`);
      made = step.outputs.map((output) => standIn(output));
    }
    for (const [i, output] of step.outputs.entries()) if (!values.has(output)) values.set(output, made[i]!);
  };
  for (const step of neededSteps(program)) if (!step.outputs.some((output) => values.has(output))) put(step);
  graph.scope = "";
  const results = [...program.outputs].map(([name, traced]) => {
    try {
      const [first] = traced.arrays;
      const known = traced.step !== null || program.inputs.includes(traced) || names.has(first!);
      if (!known && traced.constant && first!.size > 0)
        throw new GraphError("it is an array that no function made, as far as a trace sees");
      return lookup(traced);
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      problems.push(`the output ${name}: ${error.message}`);
      return standIn(traced);
    }
  });
  if (problems.length > 0) {
    throw new GraphError(`${operation}: the model cannot be exported:\n  ${[...new Set(problems)].join("\n  ")}`);
  }
  return finished(graph, results, reserved);
}

/** The steps that outputs need, in their order. */
function neededSteps(program: Program): Step[] {
  const needed = new Set<Step>();
  const open = [...program.outputs.values()];
  for (let traced = open.pop(); traced !== undefined; traced = open.pop()) {
    const { step } = traced;
    if (traced.constant || step === null || needed.has(step)) continue;
    needed.add(step);
    // A choice between equals does not need its condition.
    const [, second, third] = step.inputs;
    open.push(...(second !== undefined && second === third && step.inputs.length === 3 ? [second] : step.inputs));
  }
  return program.steps.filter((step) => needed.has(step));
}

function shapesOf(traced: TracedValue) {
  return traced.arrays.map(({ shape }) => shape);
}

/** In the place of what cannot be exported, so that whatever else cannot be is named too. */
function standIn(traced: TracedValue): Value {
  return { name: "", type: traced.arrays[0]!.dtype, shapes: shapesOf(traced), data: null, node: null };
}

/** A constant, or one that is as long as an open axis and the same all along it. */
function withoutStep(graph: Graph, program: Program, traced: TracedValue, names: ReadonlyMap<NDArray, string>): Value {
  const [first] = traced.arrays;
  if (traced.constant) return graph.constant(first!, names.get(first!) ?? nameOf(traced));
  const varying = lengthsOf(shapesOf(traced)).map((lengths) => !isConstant(lengths));
  const pieces = traced.arrays.map((array) => alongAxes(array, varying));
  if (varying.includes(true) && pieces.every((piece) => piece !== null) && equalArrays(pieces as NDArray[])) {
    return graph.expand(graph.constant(pieces[0]!), shapesOf(traced));
  }
  const random = program.random ? "; the model drew random numbers, also in evaluation mode" : "";
  throw new GraphError(
    `an array of shape ${shapesText(shapesOf(traced))} differs with the inputs, or is random, and no function made it: it was computed ` +
      `on arrays or numbers that were read from Variables, of which a trace sees nothing${random}`,
  );
}

/** Rows of the identity, if the positions of their ones are a value of the program: what `oneHot` made of it. */
function oneHot(
  graph: Graph,
  program: Program,
  traced: TracedValue,
  lookup: (traced: TracedValue) => Value,
): Value | null {
  const { constant, arrays } = traced;
  const { ndim, dtype } = arrays[0]!;
  if (constant || ndim === 0) return null;
  const ids = arrays.map((rows) => {
    const n = rows.shape[ndim - 1]!;
    const values = rows.toTypedArray();
    const ones = Int32Array.from(values.keys()).filter((i) => values[i] === 1);
    const others = values.every((value) => value === 0 || value === 1);
    const each = ones.length * n === values.length && ones.every((at, i) => Math.floor(at / n) === i);
    return others && each && n === arrays[0]!.shape[ndim - 1] ? array(ones.map((at) => at % n)) : null;
  });
  if (ids.includes(null)) return null;
  const found = withElements(earlierValues(program, null, "int32"), ids as NDArray[]);
  if (found === null) return null;
  const rows = arrays.map(({ size, shape }) => [size / shape[ndim - 1]!]);
  const flat = graph.reshape(lookup(found), rows);
  const wide = graph.node("Cast", [flat], { type: "int64", shapes: flat.shapes }, { to: ELEMENT_TYPES.int64 });
  const n = arrays[0]!.shape[ndim - 1]!;
  const typed = { type: "float32" as const, shapes: rows.map(([m]) => [m!, n]) };
  const values = graph.constant(array([0, 1], { dtype: "float32" }));
  const ones = graph.node("OneHot", [wide, graph.integers([n]), values], typed, { axis: -1 });
  return graph.cast(graph.reshape(ones, shapesOf(traced)), dtype);
}

/** What folding calls a constant: where it was computed. */
function nameOf({ step }: TracedValue): string | undefined {
  return step === null ? undefined : [step.path, step.fns[0]!.name].filter((part) => part !== "").join(".");
}

/** The first entry along some axes, if all others are equal to it. */
function alongAxes(array: NDArray, along: readonly boolean[]): NDArray | null {
  if (array.size === 0) return null;
  const piece = along.reduce((x, is, axis) => {
    if (!is) return x;
    const before = x.transpose([axis, ...[...x.shape.keys()].filter((other) => other !== axis)]).slice(0);
    return before.reshape(x.shape.map((n, i) => (i === axis ? 1 : n)));
  }, array);
  return equalArrays([array, piece.broadcastTo(array.shape)]) ? piece : null;
}

/** The operators and constants that outputs need; outputs get their names, and constants ones of their own. */
function finished(graph: Graph, results: readonly Value[], names: readonly string[]): Translated {
  const outputs = results.map((value, i) => {
    const direct = value.node !== null && results.indexOf(value) === i;
    if (!direct) return identityOf(graph, value, names[i]!);
    value.name = names[i]!;
    return value;
  });
  const needed = new Set<OnnxNode>();
  const open = outputs.map(({ node }) => node!);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    for (const input of node.inputs) if (input !== null && input.node !== null) open.push(input.node);
  }
  const nodes = graph.nodes.filter((node) => needed.has(node));
  const constants = new Set(nodes.flatMap(({ inputs }) => inputs.filter((input) => input?.data)));
  const initializers = [...constants] as Value[];
  for (const value of initializers) value.name = graph.unique(value.name);
  return { graph, outputs, nodes, initializers };
}

/** An output that is an input, a constant or another output too. */
function identityOf(graph: Graph, value: Value, name: string): Value {
  const { type, shapes } = value;
  const result = graph.node("Identity", [value], { type, shapes });
  result.name = name;
  return result;
}
