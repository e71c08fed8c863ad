import { ArgumentError } from "../core/errors.js";
import { type Definition, type OptimizerOptions, optimizerOptionNames } from "./definition.js";
import type { ParametersOrGroups, Values } from "./group.js";
import { Optimizer } from "./optimizer.js";
import { choice, flag, fraction, nonNegative, share } from "./settings.js";
import type { Update } from "./update.js";

/** Settings of `SGD`. */
export interface SGDSettings {
  /** How much of the velocity lasts to the next step, below 1: 0 unless given. */
  momentum: number;
  /**
   * Where the learning rate comes in: `"velocity"`, as in the reference, `v = momentum * v + lr * g; p -= v`, or `"step"`, as in
   * PyTorch, `v = momentum * v + g; p -= lr * v`. They differ once `lr` changes. `"velocity"` unless given.
   */
  rateIn: "velocity" | "step";
  /** The share of each gradient but the first that does not go into the velocity, PyTorch's: 0 unless given. */
  dampening: number;
  /** Whether to go by the velocity after the next step (Nesterov), as PyTorch has it: false unless given. */
  nesterov: boolean;
  /** The share of each value that is added to its gradient: 0 unless given. */
  weightDecay: number;
}

/** Options of `SGD`; `lr` is 0.01 unless given. */
export type SGDOptions = OptimizerOptions<SGDSettings>;

const SGD_DEFINITION: Definition<SGDSettings> = {
  name: "SGD",
  lr: 0.01,
  settings: {
    momentum: fraction(0),
    rateIn: choice("velocity", ["velocity", "step"]),
    dampening: share(0),
    nesterov: flag(false),
    weightDecay: nonNegative(0),
  },
  arrays: ["velocity"],
  numbers: [],
  check(operation, { nesterov, momentum, dampening }) {
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ArgumentError(
        `${operation}: nesterov with momentum ${momentum} and dampening ${dampening}; expected a momentum above 0 and no dampening`,
      );
    }
  },
};

/**
 * Stochastic gradient descent, `p -= v` with the velocity `v = momentum * v + lr * g` of the gradient
 * `g = grad + weightDecay * p`; `p -= momentum * v + lr * g` with `nesterov`. `torch.optim.SGD` is `rateIn: "step"`.
 */
export class SGD extends Optimizer<SGDSettings> {
  /** The names of the options. */
  static readonly options: readonly string[] = optimizerOptionNames(SGD_DEFINITION);

  /** @throws ArgumentError as Optimizer, and for `nesterov` without momentum or with dampening. */
  constructor(parameters: ParametersOrGroups<SGDSettings>, options: SGDOptions = {}) {
    super(SGD_DEFINITION, parameters, options);
  }

  protected override update(update: Update, settings: Readonly<Values<SGDSettings>>): void {
    const { lr, momentum, rateIn, dampening, nesterov, weightDecay: decay } = settings;
    if (momentum === 0) {
      update.apply("sgd", [null], [0, 0, 0, lr], { decay, zeroStays: true });
      return;
    }
    const fresh = update.has("velocity") ? 1 - dampening : 1;
    const [inner, outer] = rateIn === "velocity" ? [lr, 1] : [1, lr];
    const velocity = update.array("velocity");
    const ofVelocity = nesterov ? outer * momentum : outer;
    update.apply("sgd", [velocity], [momentum, inner * fresh, ofVelocity, nesterov ? lr : 0], { decay });
  }
}
