import type { NDArray } from "../../core/ndarray.js";
import * as numeric from "../../core/numeric.js";
import { checkOptions } from "../../core/options.js";
import type { Operand, Variable } from "../../core/variable.js";
import { mul, neg, sub } from "../arithmetic.js";
import { sign } from "../math.js";
import { clip } from "../selection.js";
import {
  checkReduction,
  checkSetting,
  EntryLoss,
  entrywise,
  type LossOptions,
  type LossReduction,
  REDUCTIONS,
} from "./entry-loss.js";

/** A loss of the difference between prediction and target. */
abstract class DifferenceLoss extends EntryLoss {
  /** The loss of each difference. */
  protected abstract of(difference: NDArray): NDArray;
  /** Its derivative, times the gradient that each entry gets. */
  protected abstract slope(difference: Variable, share: Variable): Variable;

  protected override entries(x: NDArray, t: NDArray): NDArray {
    return this.of(numeric.binary("sub", x, t));
  }

  override gradients(gy: Variable): (Variable | null)[] {
    const gx = this.slope(sub(this.input(0), this.input(1)), this.share(gy));
    return [gx, this.needs(1) ? neg(gx) : null];
  }
}

class MeanSquaredError extends DifferenceLoss {
  protected override of(difference: NDArray): NDArray {
    return numeric.unary("square", difference);
  }

  protected override slope(difference: Variable, share: Variable): Variable {
    return mul(difference, mul(share, 2));
  }
}

class SquaredError extends DifferenceLoss {
  protected override of(difference: NDArray): NDArray {
    return numeric.binary("mul", numeric.unary("square", difference), numeric.filled([], 0.5, difference.dtype));
  }

  protected override slope(difference: Variable, share: Variable): Variable {
    return mul(difference, share);
  }
}

class MeanAbsoluteError extends DifferenceLoss {
  protected override of(difference: NDArray): NDArray {
    return numeric.unary("abs", difference);
  }

  protected override slope(difference: Variable, share: Variable): Variable {
    return mul(sign(difference), share);
  }
}

class HuberLoss extends DifferenceLoss {
  constructor(
    reduction: LossReduction,
    private readonly delta: number,
  ) {
    super(reduction);
  }

  /** With m = min(|d|, delta) both branches are m (|d| - m / 2). */
  protected override of(difference: NDArray): NDArray {
    const number = (value: number) => numeric.filled([], value, difference.dtype);
    const magnitude = numeric.unary("abs", difference);
    const within = numeric.binary("minimum", magnitude, number(this.delta));
    const half = numeric.binary("mul", within, number(0.5));
    return numeric.binary("mul", within, numeric.binary("sub", magnitude, half));
  }

  protected override slope(difference: Variable, share: Variable): Variable {
    return mul(clip(difference, -this.delta, this.delta), share);
  }
}

/**
 * `(x - t) ** 2`, its mean over all entries unless told: PyTorch's `mse_loss`.
 * @throws ShapeError when the shapes differ (a loss does not broadcast) or there are no entries; ArgumentError for an unknown
 * reduction.
 */
export function meanSquaredError(x: Operand, t: Operand, options: LossOptions = {}): Variable {
  checkOptions("meanSquaredError", options, ["reduction"]);
  const { reduction = "mean" } = options;
  checkReduction("meanSquaredError", reduction, REDUCTIONS);
  return new MeanSquaredError(reduction).apply(...entrywise("meanSquaredError", x, t));
}

/**
 * `(x - t) ** 2 / 2`, its sum over all entries unless told.
 * @throws as `meanSquaredError`.
 */
export function squaredError(x: Operand, t: Operand, options: LossOptions = {}): Variable {
  checkOptions("squaredError", options, ["reduction"]);
  const { reduction = "sum" } = options;
  checkReduction("squaredError", reduction, REDUCTIONS);
  return new SquaredError(reduction).apply(...entrywise("squaredError", x, t));
}

/**
 * `|x - t|`, its mean over all entries unless told; the gradient where they are equal is 0. PyTorch's `l1_loss`.
 * @throws as `meanSquaredError`.
 */
export function meanAbsoluteError(x: Operand, t: Operand, options: LossOptions = {}): Variable {
  checkOptions("meanAbsoluteError", options, ["reduction"]);
  const { reduction = "mean" } = options;
  checkReduction("meanAbsoluteError", reduction, REDUCTIONS);
  return new MeanAbsoluteError(reduction).apply(...entrywise("meanAbsoluteError", x, t));
}

/** Options of `huberLoss`. */
export interface HuberOptions extends LossOptions {
  /** The difference up to which the loss is quadratic; beyond it is linear. 1 unless given. */
  delta?: number;
}

/**
 * `d ** 2 / 2` where the difference `d = |x - t|` is at most `delta` and `delta * (d - delta / 2)` beyond (Huber, "Robust
 * estimation of a location parameter", 1964), its mean over all entries unless told. PyTorch's `huber_loss`.
 * @throws as `meanSquaredError`; ArgumentError when `delta` is not a number above 0.
 */
export function huberLoss(x: Operand, t: Operand, options: HuberOptions = {}): Variable {
  checkOptions("huberLoss", options, ["delta", "reduction"]);
  const { delta = 1, reduction = "mean" } = options;
  checkReduction("huberLoss", reduction, REDUCTIONS);
  checkDelta("huberLoss", delta);
  return new HuberLoss(reduction, delta).apply(...entrywise("huberLoss", x, t));
}

/**
 * Checks the option `delta`.
 * @throws ArgumentError when it is not a number above 0.
 */
export function checkDelta(operation: string, delta: number): void {
  checkSetting(operation, "delta", delta, (value) => value > 0, "a finite number above 0");
}
