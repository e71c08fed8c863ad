import { shapeText } from "../core/shape.js";
import type { Parameter } from "../core/variable.js";
import type { Layer } from "./layer.js";

type Row = readonly [layer: string, output: string, parameters: string];

const HEADER: Row = ["Layer", "Output", "Parameters"];

/**
 * The table that `Layer.summary` returns: a line for each layer with its name and class, the shapes of its last output and
 * the number of its own parameters (`?` for those whose size is unknown), then totals. What is shared counts once.
 */
export function summaryTable(root: Layer): string {
  const layers = root.namedLayers();
  const named = root.namedParameters();
  const names = layers.map(([name]) => name);
  const owners = named.map(([name]) => enclosing(name, names).at(-1));
  const rows = layers.map(([name, layer]): Row => {
    const indent = "  ".repeat(enclosing(name, names).length);
    const own = named.filter((_, i) => owners[i] === name).map(([, parameter]) => parameter);
    const output = layer.outputShapes.map(shapeText).join(" ") || "-";
    return [`${indent}${name === "" ? "" : `${name} `}${layer.constructor.name}`, output, countText(own)];
  });
  const parameters = named.map(([, parameter]) => parameter);
  const trainable = countText(parameters.filter((parameter) => parameter.requiresGrad));
  const frozen = countText(parameters.filter((parameter) => !parameter.requiresGrad));
  const table = aligned([HEADER, ...rows]);
  const rule = "-".repeat(table[0]!.length);
  const totals = `Parameters: ${countText(parameters)} (trainable: ${trainable}, frozen: ${frozen})`;
  return [table[0], rule, ...table.slice(1), rule, totals].join("\n");
}

/** The names of the layers around what is called `name`, the outermost first. */
function enclosing(name: string, layers: readonly string[]): string[] {
  return layers.filter((layer) => layer !== name && (layer === "" || name.startsWith(`${layer}.`)));
}

/** The number of elements of `parameters`: `1,234`, or `1,234 + ?` while some have no size yet. */
function countText(parameters: readonly Parameter[]): string {
  const known = parameters.filter((parameter) => parameter.initialized);
  const count = known.reduce((sum, parameter) => sum + parameter.size, 0).toLocaleString("en-US");
  if (known.length === parameters.length) return count;
  return known.length === 0 ? "?" : `${count} + ?`;
}

/** The rows as lines of equal length: text to the left, numbers to the right. */
function aligned(rows: readonly Row[]): string[] {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map(([layer, output, count]) =>
    [layer.padEnd(widths[0]!), output.padEnd(widths[1]!), count.padStart(widths[2]!)].join("  "),
  );
}
