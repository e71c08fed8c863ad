import { type Definition, type OptimizerOptions, optimizerOptionNames } from "./definition.js";
import type { ParametersOrGroups, Values } from "./group.js";
import { Optimizer } from "./optimizer.js";
import { nonNegative, type ReferenceNames } from "./settings.js";
import type { Update } from "./update.js";

/** Settings of `AdaGrad`. */
export interface AdaGradSettings {
  /** Added to the root of the sum of squares: 1e-7 unless given (PyTorch: 1e-10). */
  epsilon: number;
  /** What the sum of squares starts from: 0 unless given. */
  initialSum: number;
  /** How the learning rate falls, to `lr / (1 + (step - 1) * lrDecay)` of each parameter's steps: 0 unless given. */
  lrDecay: number;
  /** The share of each value that is added to its gradient: 0 unless given. */
  weightDecay: number;
}

/** Options of `AdaGrad`; `lr` is 0.01 unless given. */
export type AdaGradOptions = OptimizerOptions<AdaGradSettings> & Pick<ReferenceNames, "eps">;

const ADAGRAD_DEFINITION: Definition<AdaGradSettings> = {
  name: "AdaGrad",
  lr: 0.01,
  settings: {
    epsilon: nonNegative(1e-7),
    initialSum: nonNegative(0),
    lrDecay: nonNegative(0),
    weightDecay: nonNegative(0),
  },
  arrays: ["sum"],
  numbers: [],
};

/**
 * AdaGrad (Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011):
 * `s += g^2; p -= lr * g / (sqrt(s) + epsilon)`. `torch.optim.Adagrad`, whose `initial_accumulator_value` is `initialSum`.
 */
export class AdaGrad extends Optimizer<AdaGradSettings> {
  /** The names of the options. */
  static readonly options: readonly string[] = optimizerOptionNames(ADAGRAD_DEFINITION);

  /** @throws ArgumentError as Optimizer. */
  constructor(parameters: ParametersOrGroups<AdaGradSettings>, options: AdaGradOptions = {}) {
    super(ADAGRAD_DEFINITION, parameters, options);
  }

  protected override update(update: Update, settings: Readonly<Values<AdaGradSettings>>): void {
    const { lr, epsilon, lrDecay, weightDecay: decay } = settings;
    const rate = lr / (1 + (update.steps - 1) * lrDecay);
    update.apply("adagrad", [update.array("sum")], [rate, epsilon], { decay, zeroStays: true });
  }

  protected override initialValue(_: string, settings: Readonly<Values<AdaGradSettings>>): number {
    return settings.initialSum;
  }
}
