import { ShapeError } from "../../../core/errors.js";
import { checkCount } from "../../../core/options.js";
import { shapeText } from "../../../core/shape.js";
import type { Operand } from "../../../core/variable.js";
import { floating } from "../../../functions/dtype.js";
import type { Tree } from "../../files/tree.js";
import { checkDecisionOptions, type DecisionOptions, decisions, targetClasses } from "./decisions.js";
import { Metric, noExamples, numbersIn } from "./metric.js";

/** Options of `TopKAccuracy`. */
export interface TopKAccuracyOptions extends Omit<DecisionOptions, "threshold"> {
  /** How many of the largest entries are looked at: 5 unless given. */
  k?: number;
}

/** A share of the examples. */
abstract class Share extends Metric {
  private hits = 0;
  private count = 0;

  override value(): number {
    if (this.count === 0) throw noExamples(this.name);
    return this.hits / this.count;
  }

  override reset(): void {
    this.hits = 0;
    this.count = 0;
  }

  override state(): Tree {
    return { hits: this.hits, count: this.count };
  }

  override loadState(state: Tree): void {
    ({ hits: this.hits, count: this.count } = numbersIn(this.name, state, ["hits", "count"]));
  }

  protected add(count: number, isHit: (i: number) => boolean): void {
    for (let i = 0; i < count; i++) if (isHit(i)) this.hits++;
    this.count += count;
  }
}

/**
 * The share of predictions that are right: (..., classes) with the largest entry at the class that the target tells, int32 of
 * shape (...) or one-hot, or (N,) and (N, 1) on the right side of a threshold. torchmetrics' `Accuracy` with `average="micro"`.
 */
export class Accuracy extends Share {
  /** The names of the options. */
  static readonly options: readonly string[] = ["name", "threshold", "ignoreIndex"];

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(private readonly options: DecisionOptions = {}) {
    checkDecisionOptions("Accuracy", options);
    super(options.name ?? "accuracy", "max");
  }

  /** @throws ShapeError, DTypeError or IndexError for targets that do not fit. */
  override update(y: Operand, t: Operand): void {
    const { predicted, actual } = decisions("Accuracy", y, t, this.options);
    this.add(actual.length, (i) => predicted[i] === actual[i]);
  }
}

/**
 * The share of predictions (..., classes) that have the right class among the `k` largest entries; of equal entries the first is the
 * larger. scikit-learn's `top_k_accuracy_score`, which takes the last.
 */
export class TopKAccuracy extends Share {
  /** The names of the options. */
  static readonly options: readonly string[] = ["k", "name", "ignoreIndex"];
  private readonly k: number;
  private readonly ignoreIndex: number | null;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: TopKAccuracyOptions = {}) {
    const { k = 5, ignoreIndex = null } = options;
    checkDecisionOptions("TopKAccuracy", options, ["k"]);
    checkCount("TopKAccuracy", "k", k);
    super(options.name ?? `top${k}Accuracy`, "max");
    this.k = k;
    this.ignoreIndex = ignoreIndex;
  }

  /** @throws ShapeError, DTypeError or IndexError for targets that do not fit, and for fewer than `k` classes. */
  override update(y: Operand, t: Operand): void {
    const prediction = floating("TopKAccuracy", y);
    const classes = prediction.shape.at(-1) ?? 0;
    if (classes < this.k) {
      throw new ShapeError(
        `TopKAccuracy: the prediction has shape ${shapeText(prediction.shape)}; expected at least k = ${this.k} classes`,
      );
    }
    const all = targetClasses("TopKAccuracy", prediction, t, this.ignoreIndex);
    const scores = prediction.data.toTypedArray();
    const rows = [...all.keys()].filter((row) => all[row] !== this.ignoreIndex);
    this.add(rows.length, (i) => {
      const row = rows[i]!;
      const own = all[row]!;
      const score = scores[row * classes + own]!;
      let before = 0;
      for (let c = 0; c < classes; c++) {
        const other = scores[row * classes + c]!;
        if (other > score || (other === score && c < own)) before++;
      }
      return before < this.k && !Number.isNaN(score);
    });
  }
}
