import { ArgumentError, IndexError } from "../../../core/errors.js";
import { checkChoice, checkCount } from "../../../core/options.js";
import type { Operand } from "../../../core/variable.js";
import type { Tree } from "../../files/tree.js";
import { checkDecisionOptions, DECISION_OPTIONS, type DecisionOptions, decisions } from "./decisions.js";
import { Metric, noExamples, noState } from "./metric.js";

/** Options of `ConfusionMatrix`. */
export interface ConfusionMatrixOptions extends DecisionOptions {
  /** What the classes are called where the matrix is printed or drawn: their numbers unless given. */
  labels?: readonly string[] | null;
}

/** How the figures of single classes become one. */
export type Average = "binary" | "macro" | "micro" | "weighted";

/** Options of `Precision`, `Recall` and `F1`. */
export interface ClassFigureOptions extends DecisionOptions {
  /**
   * The figure of class `positive` (`"binary"`); the mean over the classes that there are among predictions and targets, each
   * alike (`"macro"`) or by its number of targets (`"weighted"`); or that of all decisions together (`"micro"`). Unless given:
   * binary where there are two classes, else macro.
   */
  average?: Average | null;
  /** The class that `"binary"` is about: 1 unless given. */
  positive?: number;
}

/** How often each class was taken for each. */
abstract class Counts extends Metric {
  /** By the right class, then the predicted one. */
  protected rows: number[][] = [];

  constructor(
    private readonly metric: string,
    name: string,
    direction: "max" | null,
    private readonly decision: DecisionOptions,
  ) {
    super(name, direction);
  }

  /** @throws ShapeError, DTypeError or IndexError for targets that do not fit. */
  override update(y: Operand, t: Operand): void {
    const { predicted, actual, classes } = decisions(this.metric, y, t, this.decision);
    this.growTo(classes);
    for (let i = 0; i < actual.length; i++) this.rows[actual[i]!]![predicted[i]!]!++;
  }

  override reset(): void {
    this.rows = [];
  }

  override state(): Tree {
    return this.rows.map((row) => [...row]);
  }

  override loadState(state: Tree): void {
    const square = (row: unknown, _: number, rows: readonly unknown[]) =>
      Array.isArray(row) &&
      row.length === rows.length &&
      row.every((count) => Number.isSafeInteger(count) && count >= 0);
    if (!Array.isArray(state) || !state.every(square)) throw noState(this.name, state);
    this.rows = (state as number[][]).map((row) => [...row]);
  }

  private growTo(classes: number): void {
    while (this.rows.length < classes) this.rows.push([]);
    for (const row of this.rows) while (row.length < this.rows.length) row.push(0);
  }
}

/**
 * How often examples of each class (rows) were taken for each class (columns): scikit-learn's `confusion_matrix`. It is no
 * single number, so it is read from `matrix`, and the Trainer's figures leave it out.
 */
export class ConfusionMatrix extends Counts {
  /** The names of the options. */
  static readonly options: readonly string[] = ["labels", ...DECISION_OPTIONS];
  /** What the classes are called, if it was told; `confusionChart` takes them from here. A list of its own. */
  readonly labels: readonly string[] | null;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: ConfusionMatrixOptions = {}) {
    const { labels = null, ...decision } = options;
    checkDecisionOptions("ConfusionMatrix", decision);
    if (labels !== null && !(Array.isArray(labels) && labels.every((label) => typeof label === "string"))) {
      throw new ArgumentError("ConfusionMatrix: labels must be a list of texts, one for each class");
    }
    super("ConfusionMatrix", options.name ?? "confusionMatrix", null, decision);
    this.labels = labels === null ? null : [...labels];
  }

  /** The counts, in lists of their own. Empty before the first batch. */
  get matrix(): number[][] {
    return this.rows.map((row) => [...row]);
  }

  override value(): null {
    return null;
  }

  /** The counts as a table: right classes down, predicted ones across. */
  override toString(): string {
    const names = this.rows.map((_, i) => this.labels?.[i] ?? `${i}`);
    const table = [["", ...names], ...this.rows.map((row, i) => [names[i]!, ...row.map(String)])];
    const width = Math.max(...table.flat().map(({ length }) => length));
    return table.map((row) => row.map((cell) => cell.padStart(width)).join(" ")).join("\n");
  }
}

/** A figure of single classes, made of its hits, what was taken for it, and what it is. */
abstract class ClassFigure extends Counts {
  /** The names of the options. */
  static readonly options: readonly string[] = ["average", "positive", ...DECISION_OPTIONS];
  private readonly average: Average | null;
  private readonly positive: number;

  constructor(metric: string, name: string, options: ClassFigureOptions) {
    const { average = null, positive = 1, ...decision } = options;
    checkDecisionOptions(metric, decision);
    if (average !== null) checkChoice(metric, "average", average, ["binary", "macro", "micro", "weighted"] as const);
    checkCount(metric, "positive", positive, 0);
    super(metric, options.name ?? name, "max", decision);
    this.average = average;
    this.positive = positive;
  }

  /** @throws GraphError without examples; IndexError when there is no class `positive`. */
  override value(): number {
    const classes = this.rows.map((row, c) => ({
      hits: row[c]!,
      actual: row.reduce((sum, n) => sum + n, 0),
      predicted: this.rows.reduce((sum, other) => sum + other[c]!, 0),
    }));
    const total = classes.reduce((sum, { actual }) => sum + actual, 0);
    if (total === 0) throw noExamples(this.name);
    switch (this.average ?? (classes.length === 2 ? "binary" : "macro")) {
      case "binary": {
        const one = classes[this.positive];
        if (one !== undefined) return this.figure(one.hits, one.predicted, one.actual);
        throw new IndexError(`${this.name}: there is no class ${this.positive}; expected 0 to ${classes.length - 1}`);
      }
      case "micro": {
        const hits = classes.reduce((sum, one) => sum + one.hits, 0);
        return this.figure(hits, total, total);
      }
      case "weighted":
        return classes.reduce((sum, c) => sum + c.actual * this.figure(c.hits, c.predicted, c.actual), 0) / total;
      case "macro": {
        const present = classes.filter(({ predicted, actual }) => predicted + actual > 0);
        return present.reduce((sum, c) => sum + this.figure(c.hits, c.predicted, c.actual), 0) / present.length;
      }
    }
  }

  protected abstract figure(hits: number, predicted: number, actual: number): number;
}

/** The share of what is taken for a class that is of it; 0 where nothing is. scikit-learn's `precision_score`. */
export class Precision extends ClassFigure {
  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: ClassFigureOptions = {}) {
    super("Precision", "precision", options);
  }

  protected override figure(hits: number, predicted: number): number {
    return predicted === 0 ? 0 : hits / predicted;
  }
}

/** The share of what is of a class that is taken for it; 0 where nothing is. scikit-learn's `recall_score`. */
export class Recall extends ClassFigure {
  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: ClassFigureOptions = {}) {
    super("Recall", "recall", options);
  }

  protected override figure(hits: number, _predicted: number, actual: number): number {
    return actual === 0 ? 0 : hits / actual;
  }
}

/** The harmonic mean of precision and recall. scikit-learn's `f1_score`. */
export class F1 extends ClassFigure {
  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: ClassFigureOptions = {}) {
    super("F1", "f1", options);
  }

  protected override figure(hits: number, predicted: number, actual: number): number {
    return predicted + actual === 0 ? 0 : (2 * hits) / (predicted + actual);
  }
}
