import { kernels } from "../core/backend/select.js";
import type { NDArray } from "../core/ndarray.js";
import { filled } from "../core/numeric.js";
import type { Parameter } from "../core/variable.js";
import { checkNumber, checkOptions, Optimizer } from "./optimizer.js";

/** Options of `SGD`. */
export interface SGDOptions {
  /** The learning rate: 0.01 unless given. */
  lr?: number;
  /** How much of the velocity lasts to the next step, below 1: 0 unless given. */
  momentum?: number;
  /** The share of each value that is added to its gradient: 0 unless given. */
  weightDecay?: number;
}

/**
 * Stochastic gradient descent, `p -= v` with the velocity `v = momentum * v + lr * (grad + weightDecay * p)`.
 * PyTorch multiplies by the learning rate outside, `p -= lr * v`, which differs once `lr` changes and momentum is not 0.
 */
export class SGD extends Optimizer {
  private readonly momentum: number;
  private readonly weightDecay: number;
  private readonly velocities = new WeakMap<Parameter, NDArray>();

  /** @throws ArgumentError as Optimizer, and for options that are unknown or out of range. */
  constructor(parameters: Iterable<Parameter>, options: SGDOptions = {}) {
    checkOptions("SGD", options, ["lr", "momentum", "weightDecay"]);
    const { lr = 0.01, momentum = 0, weightDecay = 0 } = options;
    super(parameters, lr);
    this.momentum = checkNumber("SGD", "momentum", momentum, 1);
    this.weightDecay = checkNumber("SGD", "weightDecay", weightDecay);
  }

  protected override update(parameter: Parameter, values: NDArray, gradient: NDArray): void {
    kernels.sgd(values, gradient, this.velocityOf(parameter), this.lr, this.momentum, this.weightDecay);
  }

  private velocityOf(parameter: Parameter): NDArray | null {
    if (this.momentum === 0) return null;
    const former = this.velocities.get(parameter);
    if (former !== undefined) return former;
    const velocity = filled(parameter.shape, 0, parameter.dtype);
    this.velocities.set(parameter, velocity);
    return velocity;
  }
}
