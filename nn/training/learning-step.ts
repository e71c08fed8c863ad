import { detectAnomaly, nonFinite, nonFiniteGradient } from "../../core/anomaly.js";
import { AnomalyError, ArgumentError } from "../../core/errors.js";
import { generator } from "../../core/rng.js";
import type { Parameter } from "../../core/variable.js";
import type { Optimizer } from "../../optim/index.js";
import type { Objective, Outcome, StepContext } from "./objective.js";
import { type Ranks, startingGradient } from "./ranks.js";

/** What a step of training works on. */
export interface Learner<B> {
  readonly operation: string;
  readonly objective: Objective<B>;
  /** By name; one alone is called `optimizer`. */
  readonly optimizers: Readonly<Record<string, Optimizer>>;
  /** The parameters with their names. */
  readonly parameters: readonly [name: string, parameter: Parameter][];
  /** Whether what is not finite stops the run. */
  readonly checkFinite: boolean;
  /** Whether every step is watched by `detectAnomaly`. */
  readonly detectAnomaly: boolean;
  readonly ranks: Ranks;
}

/**
 * Takes one step: the loss, its gradient times `weight`, and the optimizer's step.
 * @throws AnomalyError for a loss or a gradient that is not finite, before the parameters have changed, naming the step, the parameter
 * and the function that made it; whatever the model, the loss and the optimizer throw.
 */
export function learn<B>(learner: Learner<B>, batch: B, context: StepContext, weight = 1): Outcome {
  if (!learner.detectAnomaly) return learnUnwatched(learner, batch, context, weight);
  try {
    return detectAnomaly(() => learnUnwatched(learner, batch, context, weight));
  } catch (error) {
    if (!(error instanceof AnomalyError) || error.message.startsWith(learner.operation)) throw error;
    throw new AnomalyError(`${learner.operation}: ${placeOf(context)} ${error.message}`);
  }
}

/**
 * Checks that all parameters are finite.
 * @throws AnomalyError naming the first that is not.
 */
export function checkParameters<B>(learner: Learner<B>, context: Omit<StepContext, "training">): void {
  for (const [name, parameter] of learner.parameters) {
    const value = parameter.initialized ? nonFinite(parameter.data) : null;
    if (value === null) continue;
    throw new AnomalyError(
      `${learner.operation}: ${placeOf(context)} the parameter ${name} has ${value}: a learning rate that is too large, or a gradient that was not checked`,
    );
  }
}

/** Takes part in a step for which the other processes alone have a batch. */
export function learnNothing<B>({ optimizers }: Learner<B>): void {
  for (const optimizer of Object.values(optimizers)) {
    optimizer.zeroGrad();
    optimizer.step(0);
  }
}

function learnUnwatched<B>(learner: Learner<B>, batch: B, context: StepContext, weight: number): Outcome {
  const { operation, objective, optimizers, ranks } = learner;
  const before = generator.state;
  const outcome = objective(batch, context);
  const { loss, figures } = outcome;
  const again = (): void => {
    // A step that calls its optimizers itself has changed the parameters already: it would not do the same again.
    if (loss === null) return;
    generator.state = before;
    ranks.by(() => objective(batch, context).loss?.backward());
  };
  if (learner.checkFinite) checkFigures(learner, outcome, context, again);
  if (loss === null) return outcome;
  const { optimizer, ...others } = optimizers;
  if (optimizer === undefined || Object.keys(others).length > 0) {
    const names = Object.keys(optimizers).join(", ");
    throw new ArgumentError(
      `${operation}: the step gave a loss to differentiate, and there are the optimizers ${names}; expected numbers alone, of a step that calls them`,
    );
  }
  optimizer.zeroGrad();
  loss.backward({ gradient: startingGradient(loss, weight) });
  if (learner.checkFinite) checkGradients(learner, context, again);
  optimizer.step(figures.loss === undefined ? undefined : weight * figures.loss);
  return outcome;
}

/** Checks the loss; of a step that gives numbers alone, that all are some. */
function checkFigures<B>(
  learner: Learner<B>,
  { loss, figures }: Outcome,
  context: StepContext,
  again: () => void,
): void {
  const wrong = Object.entries(figures).find(([name, value]) =>
    name === "loss" ? !Number.isFinite(value) : loss === null && Number.isNaN(value),
  );
  if (wrong === undefined) return;
  checkParameters(learner, context);
  throw stopped(learner, `${placeOf(context)} the ${wrong[0]} is ${wrong[1]}`, again);
}

function checkGradients<B>(learner: Learner<B>, context: StepContext, again: () => void): void {
  for (const [name, parameter] of learner.parameters) {
    const gradient = parameter.initialized && parameter.requiresGrad ? parameter.peekGrad() : null;
    const value = gradient === null ? null : nonFiniteGradient(gradient);
    if (value !== null) throw stopped(learner, `${placeOf(context)} the gradient of ${name} has ${value}`, again);
  }
}

/** The error that ends a run. What happened is done again under `detectAnomaly`, to find out where it came from. */
function stopped<B>({ operation }: Learner<B>, what: string, again: () => void): AnomalyError {
  let origin = "";
  try {
    detectAnomaly(again);
  } catch (error) {
    if (error instanceof AnomalyError) origin = `: ${error.message}`;
  }
  return new AnomalyError(`${operation}: ${what}${origin}`);
}

function placeOf({ step, epoch }: Omit<StepContext, "training">): string {
  return `at step ${step}, in epoch ${epoch},`;
}
