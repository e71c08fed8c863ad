import { shapeText } from "../core/shape.js";
import type { Parameter } from "../core/variable.js";
import type { Layer } from "./layer.js";
import { type Buffer, LazyParameter, patternText } from "./state.js";

/** A line of the table; a layer with many parameters has several. */
type Row = readonly [layer: string, output: string, shapes: string, count: string, frozen: string];

const HEADER: Row = ["Layer", "Output", "Shapes", "Parameters", ""];
/** How wide the column of shapes becomes before it goes on in another line. */
const SHAPES_WIDTH = 40;

/**
 * The table that `Layer.summary` returns: for each layer its name and class, the shapes of its last output, the shapes of its
 * own parameters, their number (`?` for those whose size is unknown) and whether they are frozen; then totals. What is shared
 * counts once.
 */
export function summaryTable(root: Layer): string {
  const layers = root.namedLayers();
  const named = root.namedParameters();
  const names = layers.map(([name]) => name);
  const owners = named.map(([name]) => enclosing(name, names).at(-1));
  const rows = layers.flatMap(([name, layer]): Row[] => {
    const indent = "  ".repeat(enclosing(name, names).length);
    const own = named.filter((_, i) => owners[i] === name);
    const parameters = own.map(([, parameter]) => parameter);
    const [shapes = "", ...more] = wrapped(own.map(([path, p]) => `${path.slice(prefix(name).length)} ${shapeOf(p)}`));
    const title = `${indent}${name === "" ? "" : `${name} `}${layer.constructor.name}`;
    const output = layer.outputShapes.map(shapeText).join(" ") || "-";
    return [
      [title, output, shapes, countText(parameters), frozenText(parameters)],
      ...more.map((line): Row => ["", "", line, "", ""]),
    ];
  });
  const table = aligned([HEADER, ...rows]);
  const rule = "-".repeat(Math.max(...table.map((line) => line.length)));
  return [table[0], rule, ...table.slice(1), rule, totals(root)].join("\n");
}

function totals(root: Layer): string {
  const [parameters, buffers] = [root.parameters(), root.buffers()];
  const trainable = countText(parameters.filter((parameter) => parameter.requiresGrad));
  const frozen = countText(parameters.filter((parameter) => !parameter.requiresGrad));
  const text = `Parameters: ${countText(parameters)} (trainable: ${trainable}, frozen: ${frozen})`;
  return buffers.length === 0 ? text : `${text}, buffers: ${countText(buffers)}`;
}

/** The names of the layers around what is called `name`, the outermost first. */
function enclosing(name: string, layers: readonly string[]): string[] {
  return layers.filter((layer) => layer !== name && name.startsWith(prefix(layer)));
}

/** What the names of all that is in the layer called `name` begin with. */
function prefix(name: string): string {
  return name === "" ? "" : `${name}.`;
}

function shapeOf(parameter: Parameter): string {
  if (parameter.initialized) return shapeText(parameter.shape);
  return parameter instanceof LazyParameter ? patternText(parameter.pattern) : "?";
}

/** The texts side by side, in as many lines as it takes. */
function wrapped(texts: readonly string[]): string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 2 + text.length <= SHAPES_WIDTH) lines.push(`${lines.pop()}  ${text}`);
    else lines.push(text);
  }
  return lines;
}

/** The number of elements of `entries`: `1,234`, or `1,234 + ?` while some have no size yet. */
function countText(entries: readonly (Parameter | Buffer)[]): string {
  const known = entries.filter((entry) => entry.initialized);
  const count = known.reduce((sum, entry) => sum + entry.data.size, 0).toLocaleString("en-US");
  if (known.length === entries.length) return count;
  return known.length === 0 ? "?" : `${count} + ?`;
}

function frozenText(parameters: readonly Parameter[]): string {
  const frozen = parameters.filter((parameter) => !parameter.requiresGrad).length;
  if (frozen === 0) return "";
  return frozen === parameters.length ? "frozen" : "partly frozen";
}

/** The rows as lines: text to the left, numbers to the right. */
function aligned(rows: readonly Row[]): string[] {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 3 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
}
