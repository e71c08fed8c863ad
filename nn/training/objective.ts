import { ArgumentError } from "../../core/errors.js";
import { describe } from "../../core/options.js";
import { type Operand, Variable } from "../../core/variable.js";
import type { Layer } from "../layer.js";
import { Loss, type LossSpec, resolveLoss } from "../losses/index.js";
import { inputAndTarget } from "./batch.js";

/** A loss of predictions and targets. */
export type LossFunction = (y: Variable, t: Operand) => Variable;

/** Where a step stands. */
export interface StepContext {
  /** Whether it is to learn, or only to be measured: then no graph is recorded and the model is in `eval()`. */
  readonly training: boolean;
  /** The number of the epoch and that of the step in all, both from 1 on; while measuring, of the latest. */
  readonly epoch: number;
  readonly step: number;
}

/**
 * What a step of one's own gives. With a `loss` that is a Variable, the Trainer takes the gradient and changes the parameters. With
 * numbers alone, the step has done so itself. `prediction` and `target` are for the metrics; all else are figures to report.
 */
export type StepResult =
  | Variable
  | {
      readonly loss?: Variable | number;
      readonly prediction?: Operand;
      readonly target?: Operand;
      readonly [figure: string]: unknown;
    };

/** What is done with a batch: for models that are more than predictions and a loss. */
export type Step<B> = (batch: B, context: StepContext) => StepResult;

/** What came of a batch. */
export interface Outcome {
  /** What to take the gradient of, or null when the step has done all that itself. */
  readonly loss: Variable | null;
  readonly figures: Readonly<Record<string, number>>;
  readonly prediction: Operand | null;
  readonly target: Operand | null;
}

/** What a Trainer does with a batch, up to the gradient. */
export type Objective<B> = (batch: B, context: StepContext) => Outcome;

/** The objective of a model with a loss. */
export function supervised(operation: string, model: Layer, loss: LossFunction): Objective<unknown> {
  const { forward } = model as unknown as { forward(x: Operand): unknown };
  return (batch) => {
    const [x, t] = inputAndTarget(operation, batch);
    const prediction = predicted(operation, forward.call(model, x));
    const value: unknown = loss(prediction, t);
    if (!(value instanceof Variable)) {
      throw new ArgumentError(`${operation}: the loss gave ${describe(value)}; expected a Variable of one element`);
    }
    return { loss: value, figures: { loss: value.item() }, prediction, target: t };
  };
}

/** What a model gave, if it is a prediction. @throws ArgumentError when it is not. */
export function predicted(operation: string, output: unknown): Variable {
  if (output instanceof Variable) return output;
  throw new ArgumentError(
    `${operation}: the model gave ${describe(output)}; expected a Variable, or a step of your own`,
  );
}

/** The objective of a step of one's own. */
export function stepObjective<B>(operation: string, step: Step<B>): Objective<B> {
  return (batch, context) => {
    const result: unknown = step(batch, context);
    const record: unknown = result instanceof Variable ? { loss: result } : result;
    if (typeof record !== "object" || record === null || Array.isArray(record) || record instanceof Promise) {
      throw new ArgumentError(
        `${operation}: the step gave ${describe(result)}; expected a loss, or an object of figures; it cannot be asynchronous`,
      );
    }
    const { prediction = null, target = null, ...rest } = record as Record<string, unknown>;
    const figures = Object.entries(rest).map(([name, value]) => [name, figureOf(operation, name, value)]);
    return {
      loss: rest.loss instanceof Variable ? rest.loss : null,
      figures: Object.fromEntries(figures),
      prediction: prediction as Operand | null,
      target: target as Operand | null,
    };
  };
}

/**
 * The function that a `loss` option means.
 * @throws ArgumentError when it is no loss.
 */
export function resolveLossFunction(what: string, spec: LossSpec | LossFunction | Layer): LossFunction {
  if (typeof spec === "function") return spec;
  const loss = hasForward(spec) ? spec : resolveLoss(spec as LossSpec, what);
  return (y, t) => (loss as { forward(y: Variable, t: Operand): Variable }).forward(y, t);
}

function hasForward(spec: unknown): boolean {
  return !(spec instanceof Loss) && typeof spec === "object" && spec !== null && "forward" in spec;
}

function figureOf(operation: string, name: string, value: unknown): number {
  if (typeof value === "number") return value;
  if (value instanceof Variable) return value.item();
  throw new ArgumentError(`${operation}: the step gave ${describe(value)} as ${name}; expected a number or a Variable`);
}
