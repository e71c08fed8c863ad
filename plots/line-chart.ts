import type * as Plot from "@observablehq/plot";
import { ArgumentError } from "../core/errors.js";
import { checkCount, checkFlag, checkOptions, describe } from "../core/options.js";
import { foldName } from "../core/spec.js";
import { xmlText } from "../core/xml-text.js";
import { draw, legend } from "./drawing.js";
import { CHART_OPTIONS, type ChartOptions } from "./options.js";

/** An epoch as `History` has it. */
export interface Epoch {
  readonly epoch: number;
  readonly figures: Readonly<Record<string, number>>;
}

/** Values by the names of their lines. */
export type Lines = Readonly<Record<string, ArrayLike<number>>>;

/** Options of `lineChart`. */
export interface LineChartOptions extends ChartOptions {
  /** Which lines there are, in any spelling. Unless given: of a history the losses, else all. */
  figures?: readonly string[];
  /** Where the values stand: their epochs, or 0, 1 and so on, unless given. */
  x?: ArrayLike<number>;
  /** What stands below: `epoch` for a history. */
  xLabel?: string;
  yLabel?: string;
  /** Whether the values are drawn on a logarithmic scale. Those that are not above zero are left out. */
  log?: boolean;
}

interface Point {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

const AXIS = { labelAnchor: "center", labelArrow: "none" } as const;
/** Up to so many values of a line have dots. */
const MOST_DOTS = 30;

/**
 * Training curves as an SVG document: lines of a `History`, or of lists of numbers by their names. What is not finite is a gap.
 *
 *     await lineChart(trainer.history, { title: "MNIST" });
 *     await lineChart(trainer.history, { figures: ["accuracy", "valAccuracy"] });
 *     await lineChart({ SGD: losses, Adam: others }, { log: true, xLabel: "step" });
 *
 * Drawn by the optional packages `@observablehq/plot` and, outside of browsers, `linkedom`.
 *
 * @throws MissingPackageError without them; ArgumentError when there is nothing to draw, for a figure that there is not, and for
 * options that are unknown or do not fit.
 */
export async function lineChart(source: Iterable<Epoch> | Lines, options: LineChartOptions = {}): Promise<string> {
  checkOptions("lineChart", options, [...CHART_OPTIONS, "figures", "x", "xLabel", "yLabel", "log"]);
  const { title, width = 640, height = 400, figures, yLabel, log = false } = options;
  checkCount("lineChart", "width", width);
  checkCount("lineChart", "height", height);
  checkFlag("lineChart", "log", log);
  const epochs = isHistory(source) ? [...source] : null;
  const lines = epochs === null ? linesOf(source as Lines) : linesOfEpochs(epochs);
  const chosen = figures === undefined ? (epochs === null ? lines : lossesOf(lines)) : pick(lines, figures);
  const points = chosen.flatMap(([name, ys]) => pointsOf(name, ys, options.x ?? epochs?.map(({ epoch }) => epoch)));
  const drawn = points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y) && (!log || y > 0));
  if (drawn.length === 0) {
    throw new ArgumentError("lineChart: there is nothing to draw; expected epochs, or lists of numbers by their names");
  }
  const names = chosen.map(([name]) => xmlText(name));
  const dots = chosen.every(([, ys]) => ys.length <= MOST_DOTS);
  return draw("lineChart", title, (plot) => ({
    width,
    height,
    marginLeft: 60,
    marginRight: 30 + 8 * Math.max(...names.map(({ length }) => length)),
    color: { domain: names },
    x: { ...AXIS, label: text(options.xLabel ?? (epochs === null ? undefined : "epoch")), ...integerTicks(drawn) },
    y: { ...AXIS, label: text(yLabel), grid: true, nice: true, ...(log ? { type: "log", tickFormat: "~g" } : {}) },
    marks: [
      plot.line(points, { x: "x", y: "y", stroke: "name" }),
      ...(dots ? [plot.dot(drawn, { x: "x", y: "y", fill: "name", r: 2.5 })] : []),
      ...legend(plot, names),
    ],
  }));
}

function isHistory(source: unknown): source is Iterable<Epoch> {
  return typeof source === "object" && source !== null && Symbol.iterator in source;
}

function linesOf(source: Lines): [name: string, ys: ArrayLike<number>][] {
  if (typeof source !== "object" || source === null) {
    throw new ArgumentError(
      `lineChart: expected a history, or lists of numbers by their names, got ${describe(source)}`,
    );
  }
  const lines = Object.entries(source);
  for (const [name, ys] of lines) {
    if (!isNumbers(ys)) throw new ArgumentError(`lineChart: ${name} is ${describe(ys)}; expected a list of numbers`);
  }
  return lines;
}

function linesOfEpochs(epochs: readonly Epoch[]): [name: string, ys: number[]][] {
  const bad = epochs.find((record) => typeof record?.epoch !== "number" || typeof record.figures !== "object");
  if (bad !== undefined) {
    throw new ArgumentError(`lineChart: ${describe(bad)} is no epoch of a history; expected { epoch, figures }`);
  }
  const names = [...new Set(epochs.flatMap(({ figures }) => Object.keys(figures)))];
  return names.map((name) => [name, epochs.map(({ figures }) => figures[name] ?? Number.NaN)]);
}

/** The losses where there are some, else everything. */
function lossesOf<T>(lines: [string, T][]): [string, T][] {
  const losses = lines.filter(([name]) => ["loss", "valloss"].includes(foldName(name)));
  return losses.length > 0 ? losses : lines;
}

function pick<T>(lines: [string, T][], figures: readonly string[]): [string, T][] {
  return figures.map((wanted) => {
    const line = lines.find(([name]) => foldName(name) === foldName(wanted));
    if (line !== undefined) return line;
    const names = lines.map(([name]) => name).join(", ");
    throw new ArgumentError(`lineChart: there is no figure ${describe(wanted)}; expected some of ${names}`);
  });
}

function pointsOf(name: string, ys: ArrayLike<number>, xs: ArrayLike<number> | undefined): Point[] {
  if (xs !== undefined && (!isNumbers(xs) || xs.length !== ys.length)) {
    throw new ArgumentError(
      `lineChart: x is ${describe(xs)} and ${name} has ${ys.length} values; expected a number for each`,
    );
  }
  return Array.from(ys, (y, i) => ({ name: xmlText(name), x: xs === undefined ? i : xs[i]!, y }));
}

function isNumbers(values: unknown): values is ArrayLike<number> {
  const list =
    ArrayBuffer.isView(values) && !(values instanceof DataView) ? values : Array.isArray(values) ? values : null;
  return list !== null && Array.from(list as ArrayLike<unknown>).every((value) => typeof value === "number");
}

/** Between few epochs there is nothing to mark. */
function integerTicks(points: readonly Point[]): Plot.ScaleOptions {
  const xs = [...new Set(points.map(({ x }) => x))];
  return xs.length <= 12 && xs.every(Number.isInteger) ? { ticks: xs, tickFormat: String } : {};
}

function text(label: string | undefined): string | null {
  return label === undefined ? null : xmlText(label);
}
