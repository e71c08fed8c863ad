import { shapeText } from "../shape.js";
import { xmlText } from "../xml-text.js";
import type { FunctionNode, Nodes, VariableKind, VariableNode } from "./nodes.js";

const FONT = `fontname="Helvetica,Arial,sans-serif", fontsize=11`;
const FUNCTION_COLOUR = "#cfe2f3";
const COLOURS: Record<VariableKind, string> = {
  parameter: "#ffe0b2",
  input: "#d9ead3",
  constant: "#eeeeee",
  computed: "#ffffff",
};
/** A layout that takes a second where one of Graphviz's best effort takes minutes, for graphs of more functions than `LARGE`. */
const HASTE = "splines=line, nslimit=0.3, nslimit1=0.3, mclimit=0.3, ";
const LARGE = 100;
/** Names that are longer are cut: an accident should not make a picture a mile wide. */
const LONGEST_NAME = 80;

/** A graph in the language of Graphviz (https://graphviz.org/doc/info/lang.html): Variables as ellipses, functions as boxes. */
export function dotText({ functions, variables, leftOut }: Nodes): string {
  return [
    "digraph {",
    `  graph [${functions.length > LARGE ? HASTE : ""}bgcolor="white"]`,
    `  node [${FONT}, style="filled", color="#666666", margin="0.15,0.07", ordering="in"]`,
    `  edge [${FONT}, color="#666666"]`,
    ...variables.map((x) => `  ${variableLine(x)}`),
    ...functions.map((fn) => `  ${functionLine(fn)}`),
    ...functions.flatMap(edges).map((edge) => `  ${edge}`),
    ...(leftOut.functions > 0 ? noteLines(variables, leftOut).map((line) => `  ${line}`) : []),
    "}",
    "",
  ].join("\n");
}

function variableLine({ id, kind, name, shape, dtype, generation, output }: VariableNode): string {
  const role = output ? [kind === "computed" ? "output" : `${kind}, output`] : kind === "computed" ? [] : [kind];
  const lines = [
    ...(name === null ? [] : [name]),
    `${shape === null ? "(?)" : shapeText(shape)} ${dtype}`,
    [...role, `generation ${generation}`].join(", "),
  ];
  const frame = output ? ", peripheries=2" : "";
  const classes = output ? `${kind} output` : kind;
  return `${id} [label=${quoted(lines)}, shape=ellipse, fillcolor="${COLOURS[kind]}", class="${classes}"${frame}]`;
}

function functionLine({ id, name, generation }: FunctionNode): string {
  const label = quoted([name, `generation ${generation}`]);
  return `${id} [label=${label}, shape=box, fillcolor="${FUNCTION_COLOUR}", class="function"]`;
}

/** Where a function has several outputs, each edge says which it is. */
function edges({ id, inputs, outputs, outputCount }: FunctionNode): string[] {
  return [
    ...inputs.map((x) => `${x} -> ${id}`),
    ...outputs.map((y) => `${id} -> ${y.id}${outputCount > 1 ? ` [label="${y.index}"]` : ""}`),
  ];
}

function noteLines(variables: readonly VariableNode[], leftOut: Nodes["leftOut"]): string[] {
  const label = quoted([
    counted(leftOut.functions, "function"),
    `and ${counted(leftOut.variables, "variable")} left out`,
  ]);
  const cut = variables.filter((x) => x.cut);
  return [
    `more [label=${label}, shape=note, style="dashed", class="leftOut"]`,
    ...cut.map((x) => `more -> ${x.id} [style="dashed"]`),
  ];
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

/** Lines of text as a label, in which nothing that a name holds has a meaning to Graphviz. */
function quoted(lines: readonly string[]): string {
  return `"${lines.map((line) => escaped(shortened(xmlText(line)))).join("\\n")}"`;
}

/** Graphviz knows `\N` and the like, the quote, and the entities of HTML. */
function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("&", "&amp;");
}

function shortened(text: string): string {
  const characters = [...text];
  return characters.length <= LONGEST_NAME ? text : `${characters.slice(0, LONGEST_NAME - 1).join("")}…`;
}
