import { type Definition, type OptimizerOptions, optimizerOptionNames } from "./definition.js";
import type { ParametersOrGroups, Values } from "./group.js";
import { Optimizer } from "./optimizer.js";
import { flag, fraction, nonNegative, type ReferenceNames } from "./settings.js";
import type { ApplyOptions, Update } from "./update.js";

/** Settings of `Adam` and `AdamW`. */
export interface AdamSettings {
  /** How much of the mean of the gradients lasts to the next step, below 1: 0.9 unless given. The reference's `decay1`. */
  beta1: number;
  /** How much of the mean of their squares lasts to the next step, below 1: 0.999 unless given. The reference's `decay2`. */
  beta2: number;
  /** Added to the root of the mean of squares: 1e-7 unless given (PyTorch: 1e-8). */
  epsilon: number;
  /** Weight decay, as the class says: 0 unless given, 0.01 in `AdamW`. */
  weightDecay: number;
  /** Whether to divide by the largest mean of squares so far (Reddi, Kale and Kumar, 2018): false unless given. */
  amsgrad: boolean;
}

/** Options of `Adam`; `lr` is 0.001 unless given. */
export type AdamOptions = OptimizerOptions<AdamSettings> & ReferenceNames;

/** Options of `AdamW`; `lr` is 0.001 unless given. */
export type AdamWOptions = AdamOptions;

const ADAM_DEFINITION: Definition<AdamSettings> = {
  name: "Adam",
  lr: 0.001,
  settings: {
    beta1: fraction(0.9),
    beta2: fraction(0.999),
    epsilon: nonNegative(1e-7),
    weightDecay: nonNegative(0),
    amsgrad: flag(false),
  },
  arrays: ["mean", "square", "largest"],
  numbers: [],
};

const ADAMW_DEFINITION: Definition<AdamSettings> = {
  ...ADAM_DEFINITION,
  name: "AdamW",
  settings: { ...ADAM_DEFINITION.settings, weightDecay: nonNegative(0.01) },
};

/**
 * Adam (Kingma and Ba, "Adam: a method for stochastic optimization", 2015): `p -= lr * m' / (sqrt(v') + epsilon)` with `m'`
 * and `v'` the bias-corrected running means of the gradient, to which `weightDecay * p` has been added, and of its square. Each
 * parameter counts its own steps. `torch.optim.Adam`.
 */
export class Adam extends Optimizer<AdamSettings> {
  /** The names of the options. */
  static readonly options: readonly string[] = optimizerOptionNames(ADAM_DEFINITION);

  /** @throws ArgumentError as Optimizer. */
  constructor(parameters: ParametersOrGroups<AdamSettings>, options: AdamOptions = {}) {
    super(ADAM_DEFINITION, parameters, options);
  }

  protected override update(update: Update, settings: Readonly<Values<AdamSettings>>): void {
    adamStep(update, settings, { decay: settings.weightDecay });
  }
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019):
 * `p -= lr * weightDecay * p`, then Adam's step by the gradient alone. `torch.optim.AdamW`.
 */
export class AdamW extends Optimizer<AdamSettings> {
  /** The names of the options. */
  static readonly options: readonly string[] = optimizerOptionNames(ADAMW_DEFINITION);

  /** @throws ArgumentError as Optimizer. */
  constructor(parameters: ParametersOrGroups<AdamSettings>, options: AdamWOptions = {}) {
    super(ADAMW_DEFINITION, parameters, options);
  }

  protected override update(update: Update, settings: Readonly<Values<AdamSettings>>): void {
    adamStep(update, settings, { keep: 1 - settings.lr * settings.weightDecay });
  }
}

function adamStep(update: Update, settings: Readonly<Values<AdamSettings>>, options: ApplyOptions): void {
  const { lr, beta1, beta2, epsilon, amsgrad } = settings;
  const rate = lr / (1 - beta1 ** update.steps);
  const scale = 1 / (1 - beta2 ** update.steps);
  const state = [update.array("mean"), update.array("square"), amsgrad ? update.array("largest") : null] as const;
  update.apply("adam", state, [0, rate, beta1, 1 - beta1, beta2, 1 - beta2, scale, epsilon], options);
}
