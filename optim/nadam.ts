import { type Definition, type OptimizerOptions, optimizerOptionNames } from "./definition.js";
import type { ParametersOrGroups, Values } from "./group.js";
import { Optimizer } from "./optimizer.js";
import { fraction, nonNegative, type ReferenceNames } from "./settings.js";
import type { Update } from "./update.js";

/** Settings of `NAdam`. */
export interface NAdamSettings {
  /** How much of the mean of the gradients lasts to the next step, below 1: 0.9 unless given. */
  beta1: number;
  /** How much of the mean of their squares lasts to the next step, below 1: 0.999 unless given. */
  beta2: number;
  /** Added to the root of the mean of squares: 1e-7 unless given (PyTorch: 1e-8). */
  epsilon: number;
  /** The share of each value that is added to its gradient: 0 unless given. */
  weightDecay: number;
  /** How fast the momentum grows to `beta1`: 0.004 unless given. */
  momentumDecay: number;
}

/** Options of `NAdam`; `lr` is 0.002 unless given. */
export type NAdamOptions = OptimizerOptions<NAdamSettings> & ReferenceNames;

const NADAM_DEFINITION: Definition<NAdamSettings> = {
  name: "NAdam",
  lr: 0.002,
  settings: {
    beta1: fraction(0.9),
    beta2: fraction(0.999),
    epsilon: nonNegative(1e-7),
    weightDecay: nonNegative(0),
    momentumDecay: nonNegative(0.004),
  },
  arrays: ["mean", "square"],
  numbers: ["product"],
};

/**
 * Adam with Nesterov momentum (Dozat, "Incorporating Nesterov momentum into Adam", 2016), whose momentum at step t is
 * `mu(t) = beta1 * (1 - 0.5 * 0.96^(t * momentumDecay))`. `torch.optim.NAdam` from version 2 on; before, it multiplied by mu(t) once
 * too often.
 */
export class NAdam extends Optimizer<NAdamSettings> {
  /** The names of the options. */
  static readonly options: readonly string[] = optimizerOptionNames(NADAM_DEFINITION);

  /** @throws ArgumentError as Optimizer. */
  constructor(parameters: ParametersOrGroups<NAdamSettings>, options: NAdamOptions = {}) {
    super(NADAM_DEFINITION, parameters, options);
  }

  protected override update(update: Update, settings: Readonly<Values<NAdamSettings>>): void {
    const { lr, beta1, beta2, epsilon, weightDecay: decay, momentumDecay } = settings;
    const momentum = (step: number) => beta1 * (1 - 0.5 * 0.96 ** (step * momentumDecay));
    const now = momentum(update.steps);
    const next = momentum(update.steps + 1);
    const product = update.number("product", 1) * now;
    update.remember("product", product);
    const ofGradient = (lr * (1 - now)) / (1 - product);
    const ofMean = (lr * next) / (1 - product * next);
    const scale = 1 / (1 - beta2 ** update.steps);
    const state = [update.array("mean"), update.array("square"), null] as const;
    update.apply("adam", state, [ofGradient, ofMean, beta1, 1 - beta1, beta2, 1 - beta2, scale, epsilon], { decay });
  }
}
