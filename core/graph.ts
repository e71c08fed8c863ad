import type { Viz } from "@viz-js/viz";
import { writeAtomically } from "./atomic.js";
import { ArgumentError } from "./errors.js";
import { dotText } from "./graph/dot.js";
import { type FunctionNode, type Nodes, nodesBehind, type VariableNode } from "./graph/nodes.js";
import { missingPackage } from "./missing-package.js";
import { checkCount, checkOptions, describe } from "./options.js";
import { Variable } from "./variable.js";

/** Names for Variables: `{ x, W }`, or pairs as `model.namedParameters()` returns them. */
export type VariableNames = Readonly<Record<string, Variable>> | Iterable<readonly [name: string, variable: Variable]>;

/** Options of `graph`. */
export interface GraphOptions {
  /** Names to show instead of the Variables' own, such as `model.namedParameters()`. */
  names?: VariableNames;
  /** How many functions to show at most: those nearest to the end, with a note of what is left out. All unless given. */
  maxFunctions?: number;
}

/**
 * The graph behind a Variable or several, to be looked at: every function and Variable once, with names, shapes, dtypes and
 * generations. Parameters, other leaves that need a gradient, constants and the Variables asked for are told apart. The graph of a
 * gradient, recorded with `createGraph`, is a graph like any other; it holds the forward pass that it came from.
 *
 *     const y = F.tanh(x.matmul(W));
 *     await graph(y, { names: { x, W } }).save("tanh.svg");
 *     y.sum().backward({ createGraph: true });
 *     await graph(x.grad!).save("tanh-backward.svg");
 *
 * What is shown is the graph as it is now; it may be changed or let go of afterwards. torchviz's `make_dot`, DeZero's `plot_dot_graph`.
 *
 * @throws ArgumentError for what is no Variable, for names that are no texts, and for options that are unknown or out of range.
 */
export function graph(ys: Variable | readonly Variable[], options: GraphOptions = {}): Graph {
  if ((options as unknown) instanceof Variable) {
    throw new ArgumentError("graph: options is a Variable; expected several Variables in one list: graph([a, b])");
  }
  checkOptions("graph", options, ["names", "maxFunctions"]);
  const { names = [], maxFunctions = Number.POSITIVE_INFINITY } = options;
  if (maxFunctions !== Number.POSITIVE_INFINITY) checkCount("graph", "maxFunctions", maxFunctions);
  const outputs = ys instanceof Variable ? [ys] : ys;
  if (!Array.isArray(outputs) || outputs.length === 0 || !outputs.every((y) => y instanceof Variable)) {
    throw new ArgumentError(`graph: expected a Variable or a list of Variables, got ${describe(ys)}`);
  }
  return new Graph(nodesBehind(outputs, namesGiven(names), maxFunctions));
}

/** A graph to look at, made by `graph`. */
export class Graph {
  /** Its functions, in the order of generations. */
  readonly functions: readonly FunctionNode[];
  /** Its Variables, inputs before what was computed from them. */
  readonly variables: readonly VariableNode[];
  /** How many functions and Variables `maxFunctions` left out. */
  readonly leftOut: { readonly functions: number; readonly variables: number };

  constructor(private readonly nodes: Nodes) {
    ({ functions: this.functions, variables: this.variables, leftOut: this.leftOut } = nodes);
  }

  /** The graph in DOT, the language of Graphviz. */
  toDot(): string {
    return dotText(this.nodes);
  }

  /**
   * An SVG document, laid out by Graphviz in WebAssembly: the optional package `@viz-js/viz`. The time it takes grows faster than
   * the graph, to a second or more at some hundred functions: `maxFunctions` keeps it short. For a page that styles it, elements are of
   * the classes `function`, `parameter`, `input`, `constant`, `computed` and `output`, and their titles are the ids in `functions` and
   * `variables`.
   * @throws MissingPackageError without that package.
   */
  async toSvg(): Promise<string> {
    return (await loadGraphviz()).renderString(this.toDot(), { format: "svg" });
  }

  /**
   * Writes the graph to a file, as DOT (`.dot`, `.gv`) or drawn (`.svg`), and makes the folder where there is none.
   * @throws ArgumentError for other names; MissingPackageError as `toSvg`; FileError where there are no files, as in a browser.
   */
  async save(path: string): Promise<void> {
    const ending = /\.(dot|gv|svg)$/i.exec(path)?.[1]?.toLowerCase();
    if (ending === undefined) {
      throw new ArgumentError(
        `graph.save: the file is ${describe(path)}; expected a name that ends in .svg, .dot or .gv`,
      );
    }
    const text = ending === "svg" ? await this.toSvg() : this.toDot();
    writeAtomically("graph.save", path, [() => new TextEncoder().encode(text)]);
  }
}

async function loadGraphviz(): Promise<Viz> {
  try {
    const { instance } = await import("@viz-js/viz");
    return await instance();
  } catch (cause) {
    throw missingPackage("graph.toSvg", "@viz-js/viz", cause);
  }
}

function namesGiven(names: VariableNames): Map<Variable, string> {
  const given = new Map<Variable, string>();
  for (const [name, x] of pairsOf(names)) {
    if (typeof name !== "string") {
      throw new ArgumentError(`graph: names calls ${describe(x)} ${describe(name)}; expected a text as its name`);
    }
    if (!(x instanceof Variable)) {
      throw new ArgumentError(`graph: names says that ${describe(name)} is ${describe(x)}; expected a Variable`);
    }
    if (!given.has(x)) given.set(x, name);
  }
  return given;
}

function pairsOf(names: unknown): [name: unknown, x: unknown][] {
  const expected =
    "expected { x, y } of Variables, or pairs of a name and a Variable as namedParameters() returns them";
  if (typeof names !== "object" || names === null || names instanceof Variable) {
    throw new ArgumentError(`graph: names is ${describe(names)}; ${expected}`);
  }
  if ("namedParameters" in names) {
    throw new ArgumentError(`graph: names is ${describe(names)}; expected what its namedParameters() returns`);
  }
  if (!(Symbol.iterator in names)) return Object.entries(names);
  return Array.from(names as Iterable<unknown>, (pair) => {
    if (Array.isArray(pair) && pair.length === 2) return pair as [unknown, unknown];
    throw new ArgumentError(`graph: names has ${describe(pair)}; ${expected}`);
  });
}
