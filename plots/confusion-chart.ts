import { ArgumentError } from "../core/errors.js";
import { checkCount, checkFlag, checkOptions, describe } from "../core/options.js";
import { xmlText } from "../core/xml-text.js";
import { draw } from "./drawing.js";
import { CHART_OPTIONS, type ChartOptions } from "./options.js";

/** Counts by the right class (rows), then the predicted one: the metric `ConfusionMatrix`, or what is in its `matrix`. */
export type Confusions =
  | readonly (readonly number[])[]
  | { readonly matrix: readonly (readonly number[])[]; readonly labels?: readonly string[] | null };

/** Options of `confusionChart`. */
export interface ConfusionChartOptions extends ChartOptions {
  /** What the classes are called: unless given, what a metric calls them, else their numbers. */
  labels?: readonly string[];
  /** Whether shares of each right class, in percent, are written rather than counts. */
  percent?: boolean;
}

interface Cell {
  readonly actual: number;
  readonly predicted: number;
  readonly count: number;
  /** Of those that are of the right class. */
  readonly share: number;
}

const CELL = 44;
/** From this share on a cell is so dark that its number is white. */
const DARK = 0.5;

/**
 * A confusion matrix as an SVG document: right classes down, predicted ones across, the darker the larger the share of the right class.
 *
 *     await confusionChart(matrix, { labels: ["cat", "dog"] });
 *
 * Drawn by the optional packages `@observablehq/plot` and, outside of browsers, `linkedom`. scikit-learn's `ConfusionMatrixDisplay`.
 *
 * @throws MissingPackageError without them; ArgumentError when the matrix is empty, not square or holds what is no count, when there
 * is not a label for each class, and for options that are unknown.
 */
export async function confusionChart(confusions: Confusions, options: ConfusionChartOptions = {}): Promise<string> {
  checkOptions("confusionChart", options, [...CHART_OPTIONS, "labels", "percent"]);
  const { percent = false, title } = options;
  checkFlag("confusionChart", "percent", percent);
  const cells = cellsOf(confusions);
  const classes = Math.sqrt(cells.length);
  const labels = labelsOf(options.labels ?? namesOf(confusions, classes), classes);
  const room = 40 + 7 * Math.max(...labels.map(({ length }) => length));
  const upright = room > CELL + 40;
  const marginBottom = upright ? room : 48;
  const { width = room + 30 + CELL * classes, height = 40 + marginBottom + CELL * classes } = options;
  checkCount("confusionChart", "width", width);
  checkCount("confusionChart", "height", height);
  const numbers = Array.from(labels.keys());
  const axis = { domain: numbers, tickFormat: (i: number) => labels[i]!, tickSize: 0 };
  const place = { x: "predicted", y: "actual" };
  return draw("confusionChart", title, (plot) => ({
    width,
    height,
    marginLeft: room,
    marginRight: 30,
    marginBottom,
    padding: 0,
    x: { ...axis, label: "predicted", tickRotate: upright ? -90 : 0 },
    y: { ...axis, label: "actual" },
    color: { type: "linear", domain: [0, 1], scheme: "blues" },
    marks: [
      plot.cell(cells, { ...place, fill: "share", stroke: "white" }),
      plot.text(cells, {
        ...place,
        text: ({ count, share }: Cell) => (percent ? `${(100 * share).toFixed(1)}` : `${count}`),
        fill: ({ share }: Cell) => (share > DARK ? "white" : "black"),
      }),
    ],
  }));
}

function cellsOf(confusions: Confusions): Cell[] {
  const matrix = "matrix" in Object(confusions) ? (confusions as { matrix: unknown }).matrix : confusions;
  if (!Array.isArray(matrix) || matrix.length === 0 || !matrix.every((row) => Array.isArray(row))) {
    throw new ArgumentError(`confusionChart: expected rows of counts, got ${describe(matrix)}`);
  }
  return (matrix as unknown[][]).flatMap((row, actual) => {
    if (row.length !== matrix.length || !row.every((count) => Number.isFinite(count) && (count as number) >= 0)) {
      throw new ArgumentError(
        `confusionChart: row ${actual} is ${describe(row)}; expected ${matrix.length} counts, as many as there are rows`,
      );
    }
    const counts = row as number[];
    const all = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count, predicted) => ({ actual, predicted, count, share: all === 0 ? 0 : count / all }));
  });
}

/** A metric may have been told fewer names than it met classes. */
function namesOf(confusions: Confusions, classes: number): string[] {
  const known = "labels" in confusions ? confusions.labels : null;
  return Array.from({ length: classes }, (_, i) => known?.[i] ?? `${i}`);
}

function labelsOf(labels: readonly string[], classes: number): string[] {
  if (!Array.isArray(labels) || labels.length !== classes || !labels.every((label) => typeof label === "string")) {
    throw new ArgumentError(
      `confusionChart: labels is ${describe(labels)}; expected ${classes} texts, one for each class`,
    );
  }
  return labels.map(xmlText);
}
