import { ArgumentError } from "../../../core/errors.js";
import { describe } from "../../../core/options.js";
import { foldName, type Json, matchArguments, readSpec } from "../../../core/spec.js";
import type { Operand, Variable } from "../../../core/variable.js";
import { isRecord } from "../../data/arrays.js";
import { type LossSpec, resolveLoss, type SupervisedLoss } from "../../losses/index.js";
import { Accuracy, TopKAccuracy } from "./accuracy.js";
import { ConfusionMatrix, F1, Precision, Recall } from "./confusion.js";
import { MeanMetric, Metric } from "./metric.js";

/** A figure of a batch: its predictions, then its targets. The Trainer takes the mean over the examples. */
export type MetricFunction = (y: Operand, t: Operand) => number | Variable;

/**
 * What is taken where a metric is: a Metric; a text such as "accuracy", "topK(k=3)" or "f1(average=micro)"; the name of a loss, of
 * which the mean is taken; `{ name: "f1", average: "micro" }`; or a function.
 */
export type MetricSpec = Metric | string | MetricFunction | { readonly name: string; readonly [key: string]: Json };

/** Metrics in a list or, with names of their own, in an object. */
export type MetricSpecs = readonly MetricSpec[] | { readonly [name: string]: MetricSpec };

interface MetricClass {
  readonly options: readonly string[];
  new (options: never): Metric;
}

const CLASSES: Readonly<Record<string, MetricClass>> = {
  accuracy: Accuracy,
  topkaccuracy: TopKAccuracy,
  topk: TopKAccuracy,
  precision: Precision,
  recall: Recall,
  f1: F1,
  f1score: F1,
  confusionmatrix: ConfusionMatrix,
};

/**
 * The metrics that `specs` says.
 * @throws ArgumentError for what is no metric, options that are unknown or out of range, and two of one name.
 */
export function resolveMetrics(operation: string, specs: MetricSpecs): Metric[] {
  if (!Array.isArray(specs) && !isRecord(specs)) {
    throw new ArgumentError(
      `${operation}: metrics is ${describe(specs)}; expected a list, or an object of them by name`,
    );
  }
  const entries = Array.isArray(specs)
    ? specs.map((spec: MetricSpec, i) => resolveMetric(`${operation}: metric ${i}`, spec))
    : Object.entries(specs).map(([name, spec]) => resolveMetric(`${operation}: metric ${name}`, spec, name));
  const names = new Set<string>();
  for (const { name } of entries) {
    if (names.has(name)) throw new ArgumentError(`${operation}: two metrics are called ${name}; expected another name`);
    names.add(name);
  }
  return entries;
}

function resolveMetric(what: string, spec: MetricSpec, name: string | null = null): Metric {
  if (spec instanceof Metric) {
    if (name === null || name === spec.name) return spec;
    throw new ArgumentError(`${what} is called ${spec.name}; expected the option name of it to say so`);
  }
  if (typeof spec === "function") {
    const own = name ?? spec.name;
    if (own === "") throw new ArgumentError(`${what} has no name; expected { name: (y, t) => ... }`);
    return new MeanMetric(own, spec);
  }
  const asked = readSpec(what, "metric", spec);
  if (asked === undefined) {
    throw new ArgumentError(`${what} is ${describe(spec)}; expected a Metric, a name or a function`);
  }
  const metricClass = Object.hasOwn(CLASSES, foldName(asked.name)) ? CLASSES[foldName(asked.name)]! : undefined;
  if (metricClass === undefined) return lossMetric(what, spec, name ?? asked.name);
  const options = matchArguments(`${what} ${asked.name}`, asked, metricClass.options);
  return new metricClass((name === null ? options : { ...options, name }) as never);
}

function lossMetric(what: string, spec: LossSpec, name: string): Metric {
  let loss: SupervisedLoss;
  try {
    loss = resolveLoss(spec, what) as SupervisedLoss;
  } catch (error) {
    const names = "accuracy, topK, precision, recall, f1, confusionMatrix";
    throw new ArgumentError(`${(error as Error).message}, or a metric: ${names}`);
  }
  return new MeanMetric(name, (y, t) => loss.forward(y, t), "min");
}
