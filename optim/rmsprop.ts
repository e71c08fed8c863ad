import { type Definition, type OptimizerOptions, optimizerOptionNames } from "./definition.js";
import type { ParametersOrGroups, Values } from "./group.js";
import { Optimizer } from "./optimizer.js";
import { flag, fraction, nonNegative, type ReferenceNames } from "./settings.js";
import type { Update } from "./update.js";

/** Settings of `RMSProp`. */
export interface RMSPropSettings {
  /** How much of the mean of squares lasts to the next step, below 1: 0.9 unless given (PyTorch's `alpha`: 0.99). */
  decay: number;
  /** Added to the root of the mean of squares: 1e-7 unless given (PyTorch: 1e-8). */
  epsilon: number;
  /** How much of the velocity lasts to the next step, below 1: 0 unless given. */
  momentum: number;
  /** Whether to divide by the deviation from the running mean instead of the mean of squares: false unless given. */
  centered: boolean;
  /** The share of each value that is added to its gradient: 0 unless given. */
  weightDecay: number;
}

/** Options of `RMSProp`; `lr` is 0.001 unless given. */
export type RMSPropOptions = OptimizerOptions<RMSPropSettings> & Pick<ReferenceNames, "eps">;

const RMSPROP_DEFINITION: Definition<RMSPropSettings> = {
  name: "RMSProp",
  lr: 0.001,
  settings: {
    decay: fraction(0.9),
    epsilon: nonNegative(1e-7),
    momentum: fraction(0),
    centered: flag(false),
    weightDecay: nonNegative(0),
  },
  arrays: ["square", "mean", "velocity"],
  numbers: [],
};

/**
 * RMSProp (Tieleman and Hinton, Coursera, "Neural networks for machine learning", lecture 6.5, 2012):
 * `s = decay * s + (1 - decay) * g^2; p -= lr * g / (sqrt(s) + epsilon)`. With `centered` (Graves, "Generating sequences with
 * recurrent neural networks", 2013) the square of the running mean of g is taken off s; with `momentum`
 * `v = momentum * v + g / (sqrt(s) + epsilon); p -= lr * v`. `torch.optim.RMSprop`.
 */
export class RMSProp extends Optimizer<RMSPropSettings> {
  /** The names of the options. */
  static readonly options: readonly string[] = optimizerOptionNames(RMSPROP_DEFINITION);

  /** @throws ArgumentError as Optimizer. */
  constructor(parameters: ParametersOrGroups<RMSPropSettings>, options: RMSPropOptions = {}) {
    super(RMSPROP_DEFINITION, parameters, options);
  }

  protected override update(update: Update, settings: Readonly<Values<RMSPropSettings>>): void {
    const { lr, decay, epsilon, momentum, centered, weightDecay } = settings;
    const mean = centered ? update.array("mean") : null;
    const velocity = momentum === 0 ? null : update.array("velocity");
    const numbers = [lr, decay, 1 - decay, epsilon, momentum] as const;
    update.apply("rmsprop", [update.array("square"), mean, velocity], numbers, { decay: weightDecay });
  }
}
