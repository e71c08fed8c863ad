import { type Definition, type OptimizerOptions, optimizerOptionNames } from "./definition.js";
import type { ParametersOrGroups, Values } from "./group.js";
import { Optimizer } from "./optimizer.js";
import { fraction, nonNegative, type ReferenceNames } from "./settings.js";
import type { Update } from "./update.js";

/** Settings of `Lion`. */
export interface LionSettings {
  /** How much the mean counts beside the gradient for the direction, below 1: 0.9 unless given. */
  beta1: number;
  /** How much of the mean lasts to the next step, below 1: 0.99 unless given. */
  beta2: number;
  /** Decoupled weight decay, `p -= lr * weightDecay * p`: 0 unless given. */
  weightDecay: number;
}

/** Options of `Lion`; `lr` is 0.0001 unless given. */
export type LionOptions = OptimizerOptions<LionSettings> & Omit<ReferenceNames, "eps">;

const LION_DEFINITION: Definition<LionSettings> = {
  name: "Lion",
  lr: 1e-4,
  settings: { beta1: fraction(0.9), beta2: fraction(0.99), weightDecay: nonNegative(0) },
  arrays: ["mean"],
  numbers: [],
};

/**
 * Lion (Chen et al., "Symbolic discovery of optimization algorithms", 2023): each element moves by `lr`, whatever its gradient,
 * `p -= lr * (sign(beta1 * m + (1 - beta1) * g) + weightDecay * p)`, and then `m = beta2 * m + (1 - beta2) * g`. The authors advise
 * a learning rate 3 to 10 times smaller than Adam's.
 */
export class Lion extends Optimizer<LionSettings> {
  /** The names of the options. */
  static readonly options: readonly string[] = optimizerOptionNames(LION_DEFINITION);

  /** @throws ArgumentError as Optimizer. */
  constructor(parameters: ParametersOrGroups<LionSettings>, options: LionOptions = {}) {
    super(LION_DEFINITION, parameters, options);
  }

  protected override update(update: Update, settings: Readonly<Values<LionSettings>>): void {
    const { lr, beta1, beta2, weightDecay } = settings;
    const keep = 1 - lr * weightDecay;
    update.apply("lion", [update.array("mean")], [lr, beta1, 1 - beta1, beta2, 1 - beta2], { keep });
  }
}
