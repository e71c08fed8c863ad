import type { Operand, Variable } from "../../core/variable.js";
import type { LossOptions } from "../../functions/loss/entry-loss.js";
import {
  checkDelta,
  type HuberOptions,
  huberLoss,
  meanAbsoluteError,
  meanSquaredError,
  squaredError,
} from "../../functions/loss/regression.js";
import { Loss } from "./loss.js";

/** Half the squared distance of prediction and target, summed over everything unless told: `squaredError`. */
export class SquaredError extends Loss<LossOptions> {
  /** All options, as they are unless given. */
  static readonly standard: Required<LossOptions> = { reduction: "sum" };

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: LossOptions = {}) {
    super(options, SquaredError.standard);
  }

  /** @throws as `squaredError`. */
  override forward(x: Operand, t: Operand): Variable {
    return squaredError(x, t, this.options);
  }
}

/** The mean squared error: `meanSquaredError`. PyTorch's `MSELoss`. */
export class MSE extends Loss<LossOptions> {
  /** All options, as they are unless given. */
  static readonly standard: Required<LossOptions> = { reduction: "mean" };

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: LossOptions = {}) {
    super(options, MSE.standard);
  }

  /** @throws as `meanSquaredError`. */
  override forward(x: Operand, t: Operand): Variable {
    return meanSquaredError(x, t, this.options);
  }
}

/** The mean absolute error: `meanAbsoluteError`. PyTorch's `L1Loss`. */
export class MAE extends Loss<LossOptions> {
  /** All options, as they are unless given. */
  static readonly standard: Required<LossOptions> = { reduction: "mean" };

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: LossOptions = {}) {
    super(options, MAE.standard);
  }

  /** @throws as `meanAbsoluteError`. */
  override forward(x: Operand, t: Operand): Variable {
    return meanAbsoluteError(x, t, this.options);
  }
}

/** Quadratic up to `delta`, linear beyond: `huberLoss`. PyTorch's `HuberLoss`. */
export class Huber extends Loss<HuberOptions> {
  /** All options, as they are unless given. */
  static readonly standard: Required<HuberOptions> = { delta: 1, reduction: "mean" };

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: HuberOptions = {}) {
    super(options, Huber.standard);
    checkDelta("Huber", this.options.delta);
  }

  /** @throws as `huberLoss`. */
  override forward(x: Operand, t: Operand): Variable {
    return huberLoss(x, t, this.options);
  }
}
