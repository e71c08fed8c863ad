import { kernels } from "../core/backend/select.js";
import type { NDArray } from "../core/ndarray.js";
import { filled } from "../core/numeric.js";
import type { Parameter } from "../core/variable.js";
import { checkNumber, checkOptions, Optimizer } from "./optimizer.js";

/** Options of `Adam`. */
export interface AdamOptions {
  /** The learning rate: 0.001 unless given. */
  lr?: number;
  /** How much of the mean of the gradients lasts to the next step, below 1: 0.9 unless given. */
  beta1?: number;
  /** How much of the mean of their squares lasts to the next step, below 1: 0.999 unless given. */
  beta2?: number;
  /** Added to the root of the mean of squares: 1e-7 unless given (PyTorch: 1e-8). */
  epsilon?: number;
  /** The share of each value that is added to its gradient: 0 unless given. */
  weightDecay?: number;
}

interface Moments {
  steps: number;
  readonly mean: NDArray;
  readonly square: NDArray;
}

/**
 * Adam (Kingma and Ba, "Adam: a method for stochastic optimization", 2015): `p -= lr * m' / (sqrt(v') + epsilon)` with `m'`
 * and `v'` the bias-corrected running means of the gradient and of its square. Each parameter counts its own steps.
 */
export class Adam extends Optimizer {
  private readonly settings: { beta1: number; beta2: number; epsilon: number; weightDecay: number };
  private readonly moments = new WeakMap<Parameter, Moments>();

  /** @throws ArgumentError as Optimizer, and for options that are unknown or out of range. */
  constructor(parameters: Iterable<Parameter>, options: AdamOptions = {}) {
    checkOptions("Adam", options, ["lr", "beta1", "beta2", "epsilon", "weightDecay"]);
    const { lr = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, weightDecay = 0 } = options;
    super(parameters, lr);
    this.settings = {
      beta1: checkNumber("Adam", "beta1", beta1, 1),
      beta2: checkNumber("Adam", "beta2", beta2, 1),
      epsilon: checkNumber("Adam", "epsilon", epsilon),
      weightDecay: checkNumber("Adam", "weightDecay", weightDecay),
    };
  }

  protected override update(parameter: Parameter, values: NDArray, gradient: NDArray): void {
    const moments = this.momentsOf(parameter);
    const { beta1, beta2 } = this.settings;
    const steps = ++moments.steps;
    const step = { lr: this.lr, ...this.settings, correction1: 1 - beta1 ** steps, correction2: 1 - beta2 ** steps };
    kernels.adam(values, gradient, moments.mean, moments.square, step);
  }

  private momentsOf(parameter: Parameter): Moments {
    const former = this.moments.get(parameter);
    if (former !== undefined) return former;
    const { shape, dtype } = parameter;
    const moments = { steps: 0, mean: filled(shape, 0, dtype), square: filled(shape, 0, dtype) };
    this.moments.set(parameter, moments);
    return moments;
  }
}
