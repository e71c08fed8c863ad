import { type Definition, type OptimizerOptions, optimizerOptionNames } from "./definition.js";
import type { ParametersOrGroups, Values } from "./group.js";
import { Optimizer } from "./optimizer.js";
import { fraction, nonNegative, type ReferenceNames } from "./settings.js";
import type { Update } from "./update.js";

/** Settings of `AdaDelta`. */
export interface AdaDeltaSettings {
  /** How much of the means of squares lasts to the next step, below 1: 0.9 unless given (PyTorch's `rho`). */
  decay: number;
  /** Added to the means of squares before their roots are taken: 1e-7 unless given (PyTorch: 1e-6). */
  epsilon: number;
  /** The share of each value that is added to its gradient: 0 unless given. */
  weightDecay: number;
}

/** Options of `AdaDelta`; `lr` is 1 unless given. */
export type AdaDeltaOptions = OptimizerOptions<AdaDeltaSettings> & Pick<ReferenceNames, "eps">;

const ADADELTA_DEFINITION: Definition<AdaDeltaSettings> = {
  name: "AdaDelta",
  lr: 1,
  settings: { decay: fraction(0.9), epsilon: nonNegative(1e-7), weightDecay: nonNegative(0) },
  arrays: ["square", "delta"],
  numbers: [],
};

/**
 * AdaDelta (Zeiler, "ADADELTA: an adaptive learning rate method", 2012): `p -= lr * u` with
 * `u = sqrt(d + epsilon) / sqrt(s + epsilon) * g`, where s and d are the running means of `g^2` and of `u^2`.
 * `torch.optim.Adadelta`.
 */
export class AdaDelta extends Optimizer<AdaDeltaSettings> {
  /** The names of the options. */
  static readonly options: readonly string[] = optimizerOptionNames(ADADELTA_DEFINITION);

  /** @throws ArgumentError as Optimizer. */
  constructor(parameters: ParametersOrGroups<AdaDeltaSettings>, options: AdaDeltaOptions = {}) {
    super(ADADELTA_DEFINITION, parameters, options);
  }

  protected override update(update: Update, settings: Readonly<Values<AdaDeltaSettings>>): void {
    const { lr, decay, epsilon, weightDecay } = settings;
    const state = [update.array("square"), update.array("delta")] as const;
    update.apply("adadelta", state, [lr, decay, 1 - decay, epsilon], { decay: weightDecay });
  }
}
