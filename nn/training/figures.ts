import { ArgumentError, FileError } from "../../core/errors.js";
import { named } from "../../core/options.js";
import { type Operand, Variable } from "../../core/variable.js";
import type { Tree } from "../files/tree.js";
import type { Metric } from "./metrics/metric.js";
import type { Outcome } from "./objective.js";

/** Figures by their names: loss, accuracy and so on. */
export type Figures = Readonly<Record<string, number>>;

interface MeasuresState {
  readonly means: readonly [name: string, sum: number, count: number][];
  readonly metrics: readonly { readonly name: string; readonly state: Tree }[];
}

function isMeasuresState(state: unknown): state is MeasuresState {
  const { means, metrics } = (state ?? {}) as Partial<MeasuresState>;
  return (
    Array.isArray(means) &&
    means.every((mean) => Array.isArray(mean) && typeof mean[0] === "string" && mean.slice(1).every(isNumber)) &&
    Array.isArray(metrics) &&
    metrics.every((metric) => typeof metric === "object" && metric !== null && typeof metric.name === "string")
  );
}

const isNumber = (value: unknown): value is number => typeof value === "number";

/** What a pass through the data amounts to so far: means over the examples, and metrics. */
export class Measures {
  private readonly sums = new Map<string, { sum: number; count: number }>();

  constructor(
    private readonly operation: string,
    private readonly metrics: readonly Metric[],
  ) {}

  /** Takes in what came of a batch of so many examples. */
  add({ figures, prediction, target }: Outcome, examples: number): void {
    if (this.metrics.length > 0) this.updateMetrics(prediction, target);
    for (const [name, value] of Object.entries(figures)) {
      const entry = this.sums.get(name) ?? { sum: 0, count: 0 };
      this.sums.set(name, { sum: entry.sum + examples * value, count: entry.count + examples });
    }
  }

  /** What `add` needs of what came of a batch: without metrics not the prediction, whose memory it would keep. */
  needed(outcome: Outcome): Outcome {
    return this.metrics.length > 0 ? outcome : { ...outcome, prediction: null, target: null };
  }

  /** The figures so far. */
  values(): Figures {
    const means = [...this.sums].map(([name, { sum, count }]) => [name, sum / count] as const);
    const measured = this.metrics.flatMap((metric) => {
      const value = metric.value();
      return value === null ? [] : [[metric.name, value] as const];
    });
    return Object.fromEntries([...means, ...measured]);
  }

  /** Forgets everything. */
  reset(): void {
    this.sums.clear();
    for (const metric of this.metrics) metric.reset();
  }

  /** The state of one that has taken in what those of the states `given` have. */
  merged(given: readonly Tree[]): Tree {
    const all = given as unknown as readonly MeasuresState[];
    const sums = new Map<string, [sum: number, count: number]>();
    for (const [name, sum, count] of all.flatMap(({ means }) => means)) {
      const [formerSum, formerCount] = sums.get(name) ?? [0, 0];
      sums.set(name, [formerSum + sum, formerCount + count]);
    }
    return {
      means: [...sums].map(([name, [sum, count]]) => [name, sum, count]),
      metrics: this.metrics.map((metric, i) => ({
        name: metric.name,
        state: metric.merge(all.map(({ metrics }) => metrics[i]!.state)),
      })),
    };
  }

  /** What it remembers, for a checkpoint. */
  state(): Tree {
    return {
      means: [...this.sums].map(([name, { sum, count }]) => [name, sum, count]),
      metrics: this.metrics.map((metric) => ({ name: metric.name, state: metric.state() })),
    };
  }

  /** Takes what `state()` gave. @throws ArgumentError for that of other metrics; then nothing has changed. */
  loadState(state: Tree): void {
    if (!isMeasuresState(state)) {
      throw new FileError(`${this.operation}: the state of the figures is none, or not all of one`);
    }
    const { means, metrics } = state;
    const had = named(metrics.map(({ name }) => name));
    const has = named(this.metrics.map(({ name }) => name));
    if (had !== has) {
      throw new ArgumentError(
        `${this.operation}: the state has the metrics ${had || "(none)"}; expected ${has || "none"}`,
      );
    }
    const former = this.metrics.map((metric) => metric.state());
    try {
      for (const [i, metric] of this.metrics.entries()) metric.loadState(metrics[i]!.state);
    } catch (error) {
      for (const [i, metric] of this.metrics.entries()) metric.loadState(former[i]!);
      throw error;
    }
    this.sums.clear();
    for (const [name, sum, count] of means) this.sums.set(name, { sum, count });
  }

  private updateMetrics(prediction: Operand | null, target: Operand | null): void {
    if (prediction === null || target === null) {
      throw new ArgumentError(
        `${this.operation}: there are metrics and the step gave no ${prediction === null ? "prediction" : "target"}; expected { loss, prediction, target }`,
      );
    }
    // Detached, so that no metric of one's own keeps the graph of a batch alive.
    const detached = prediction instanceof Variable ? prediction.detach() : prediction;
    for (const metric of this.metrics) metric.update(detached, target);
  }
}
