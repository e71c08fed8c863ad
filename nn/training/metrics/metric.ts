import { ArgumentError, FileError, GraphError } from "../../../core/errors.js";
import { describe } from "../../../core/options.js";
import { type Operand, Variable } from "../../../core/variable.js";
import { isRecord } from "../../data/arrays.js";
import type { Tree } from "../../files/tree.js";
import { examplesIn } from "../batch.js";

/** Whether what is measured should become large or small. */
export type Direction = "max" | "min";

/**
 * The base of the metrics: how good predictions are, over all batches since `reset`.
 *
 *     const accuracy = new Accuracy();
 *     for (const { x, t } of loader) accuracy.update(model.forward(x), t);
 *     accuracy.value();
 */
export abstract class Metric {
  constructor(
    /** What figures and histories call it. */
    readonly name: string,
    /** What is better, or null when nobody knows. */
    readonly direction: Direction | null,
  ) {}

  /** Takes a batch in: predictions, then targets. When it throws, nothing has changed. */
  abstract update(y: Operand, t: Operand): void;

  /**
   * The figure; null for a metric that is more than a number and read in another way.
   * @throws GraphError when no batch has been taken in.
   */
  abstract value(): number | null;

  /** Forgets all batches. */
  abstract reset(): void;

  /** What it remembers, for a checkpoint. */
  abstract state(): Tree;

  /** Takes what `state()` gave. @throws FileError for what it cannot have given; then nothing has changed. */
  abstract loadState(state: Tree): void;

  /**
   * The state of one that has taken in the batches of all: of processes that each take a part. Unless a metric says otherwise, numbers in
   * equal places add up, and lists are as long as the longest.
   * @throws ArgumentError for states that hold anything but numbers in lists and objects.
   */
  merge(states: readonly Tree[]): Tree {
    return states.reduce((a, b) => added(this.name, a, b));
  }

  /** Name and value as text. */
  toString(): string {
    return `${this.name} ${this.value()}`;
  }
}

/** The mean over all examples of a figure that a function has for a batch. */
export class MeanMetric extends Metric {
  private sum = 0;
  private count = 0;

  constructor(
    name: string,
    private readonly figure: (y: Operand, t: Operand) => number | Variable,
    direction: Direction | null = null,
  ) {
    super(name, direction);
  }

  override update(y: Operand, t: Operand): void {
    const figure = this.figure(y, t);
    const examples = examplesIn(t);
    this.sum += examples * (figure instanceof Variable ? figure.item() : figure);
    this.count += examples;
  }

  override value(): number {
    if (this.count === 0) throw noExamples(this.name);
    return this.sum / this.count;
  }

  override reset(): void {
    this.sum = 0;
    this.count = 0;
  }

  override state(): Tree {
    return { sum: this.sum, count: this.count };
  }

  override loadState(state: Tree): void {
    ({ sum: this.sum, count: this.count } = numbersIn(this.name, state, ["sum", "count"]));
  }
}

/** @throws FileError when `state` has not a number of each name. */
export function numbersIn<K extends string>(metric: string, state: Tree, names: readonly K[]): Record<K, number> {
  const given = (isRecord(state) ? state : {}) as Record<K, unknown>;
  if (names.every((name) => Object.hasOwn(given, name) && typeof given[name] === "number"))
    return given as Record<K, number>;
  throw noState(metric, state);
}

/** The error for what cannot be the state of a metric. */
export function noState(metric: string, state: Tree): FileError {
  return new FileError(`${metric}: ${describe(state)} is no state of this metric, or not all of one`);
}

function added(name: string, a: Tree, b: Tree): Tree {
  if (a === undefined || b === undefined) return a ?? b;
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (Array.isArray(a) && Array.isArray(b)) {
    const [long, short] = a.length >= b.length ? [a, b] : [b, a];
    return long.map((item: Tree, i) => added(name, item, short[i] as Tree));
  }
  if (isRecord(a) && isRecord(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return Object.fromEntries([...keys].map((key) => [key, added(name, a[key] as Tree, b[key] as Tree)]));
  }
  throw new ArgumentError(
    `${name}: the states of several processes hold ${describe(a)} and ${describe(b)} in one place; expected numbers, or a merge of the metric's own`,
  );
}

/** What says that a metric has nothing to measure. */
export function noExamples(name: string): GraphError {
  return new GraphError(`${name}: there were no examples; expected update(y, t) before value()`);
}
