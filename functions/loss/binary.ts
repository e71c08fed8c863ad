import { ShapeError } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import * as numeric from "../../core/numeric.js";
import { checkOptions } from "../../core/options.js";
import { shapeText } from "../../core/shape.js";
import { asVariable, type Operand, type Variable } from "../../core/variable.js";
import { softplus } from "../activation.js";
import { add, div, mul, neg, sub } from "../arithmetic.js";
import { equal } from "../comparison.js";
import { log, sigmoid } from "../math.js";
import { clip, maximum, where } from "../selection.js";
import {
  checkProbabilities,
  checkReduction,
  EntryLoss,
  entrywise,
  type LossOptions,
  REDUCTIONS,
  reduced,
} from "./entry-loss.js";

/** Logarithms count as no less than this, so that a certain but wrong prediction has a finite loss; as in PyTorch. */
const LEAST_LOG = -100;
/** The derivative divides by no less than this, as in PyTorch, which rounds it to float32. */
const LEAST_VARIANCE = /* @__PURE__ */ Math.fround(1e-12);

class SigmoidCrossEntropy extends EntryLoss {
  protected override entries(x: NDArray, t: NDArray): NDArray {
    const linear = numeric.binary("sub", numeric.unary("relu", x), numeric.binary("mul", x, t));
    const rest = numeric.unary("softplus", numeric.unary("neg", numeric.unary("abs", x)));
    return numeric.binary("add", linear, rest);
  }

  override gradients(gy: Variable): (Variable | null)[] {
    const x = this.input(0);
    const share = this.share(gy);
    return [
      this.needs(0) ? mul(sub(sigmoid(x), this.input(1)), share) : null,
      this.needs(1) ? mul(x, neg(share)) : null,
    ];
  }
}

class BinaryCrossEntropy extends EntryLoss {
  protected override entries(x: NDArray, t: NDArray): NDArray {
    const { dtype } = x;
    const least = numeric.filled([], LEAST_LOG, dtype);
    const one = numeric.filled([], 1, dtype);
    const logs = numeric.binary("maximum", numeric.unary("log", x), least);
    const others = numeric.binary("maximum", numeric.unary("log1p", numeric.unary("neg", x)), least);
    const yes = numeric.binary("mul", logs, t);
    const no = numeric.binary("mul", others, numeric.binary("sub", one, t));
    return numeric.unary("neg", numeric.binary("add", yes, no));
  }

  override gradients(gy: Variable): (Variable | null)[] {
    const x = this.input(0);
    const share = this.share(gy);
    const variance = maximum(mul(x, sub(1, x)), LEAST_VARIANCE);
    return [
      this.needs(0) ? mul(div(sub(x, this.input(1)), variance), share) : null,
      this.needs(1) ? mul(sub(boundedLog(sub(1, x)), boundedLog(x)), share) : null,
    ];
  }
}

/** `log(x)`, no less than the bound; flat, rather than without a derivative, at 0. */
function boundedLog(x: Variable): Variable {
  const zero = equal(x, 0);
  return where(zero, LEAST_LOG, clip(log(where(zero, 1, x)), LEAST_LOG, null));
}

/** Options of `binaryCrossEntropy`. */
export interface BinaryCrossEntropyOptions extends LossOptions {
  /** Factors of the losses, broadcast to them; a mean still divides by the number of entries. */
  weight?: Operand | null;
}

/** Options of `sigmoidCrossEntropy`. */
export interface SigmoidCrossEntropyOptions extends BinaryCrossEntropyOptions {
  /** How many times as much the targets of 1 count, broadcast to the entries: one number for each class, say. */
  posWeight?: Operand | null;
}

/**
 * The cross-entropy between probabilities `t` and `x`, entry by entry: `-t log(x) - (1 - t) log(1 - x)`, its mean over all
 * entries unless told. Logarithms are bounded at -100 and the derivative at 1e12, as in PyTorch's `binary_cross_entropy`; better
 * than either is `sigmoidCrossEntropy` of logits.
 * @throws ShapeError when the shapes differ (a loss does not broadcast), there are no entries or `weight` does not fit;
 * ArgumentError when a probability is not from 0 to 1, or for an unknown reduction.
 */
export function binaryCrossEntropy(x: Operand, t: Operand, options: BinaryCrossEntropyOptions = {}): Variable {
  checkOptions("binaryCrossEntropy", options, ["weight", "reduction"]);
  const { weight = null, reduction = "mean" } = options;
  checkReduction("binaryCrossEntropy", reduction, REDUCTIONS);
  const [prediction, target] = entrywise("binaryCrossEntropy", x, t);
  checkProbabilities("binaryCrossEntropy", "prediction", prediction);
  checkProbabilities("binaryCrossEntropy", "target", target);
  if (weight === null) return new BinaryCrossEntropy(reduction).apply(prediction, target);
  const factors = weightOf("binaryCrossEntropy", "weight", weight, prediction);
  return reduced(mul(new BinaryCrossEntropy("none").apply(prediction, target), factors), reduction);
}

/**
 * The cross-entropy between probabilities `t` and `sigmoid(x)`, entry by entry, from the logits `x` and so without overflow:
 * `max(x, 0) - x t + log(1 + e ** -|x|)`, its mean over all entries unless told. PyTorch's `binary_cross_entropy_with_logits`.
 * @throws ShapeError when the shapes differ (a loss does not broadcast), there are no entries or a weight does not fit;
 * ArgumentError when a target is not from 0 to 1, or for an unknown reduction.
 */
export function sigmoidCrossEntropy(x: Operand, t: Operand, options: SigmoidCrossEntropyOptions = {}): Variable {
  checkOptions("sigmoidCrossEntropy", options, ["weight", "posWeight", "reduction"]);
  const { weight = null, posWeight = null, reduction = "mean" } = options;
  checkReduction("sigmoidCrossEntropy", reduction, REDUCTIONS);
  const [logits, target] = entrywise("sigmoidCrossEntropy", x, t);
  checkProbabilities("sigmoidCrossEntropy", "target", target);
  if (weight === null && posWeight === null) return new SigmoidCrossEntropy(reduction).apply(logits, target);
  const factors = weight === null ? null : weightOf("sigmoidCrossEntropy", "weight", weight, logits);
  let losses: Variable;
  if (posWeight === null) {
    losses = new SigmoidCrossEntropy("none").apply(logits, target);
  } else {
    const positive = mul(target, weightOf("sigmoidCrossEntropy", "posWeight", posWeight, logits));
    losses = add(mul(positive, softplus(neg(logits))), mul(sub(1, target), softplus(logits)));
  }
  return reduced(factors === null ? losses : mul(losses, factors), reduction);
}

/** A weight that broadcasts to the shape of the prediction. */
function weightOf(operation: string, option: string, weight: Operand, x: Variable): Variable {
  const factors = asVariable(operation, weight, x);
  const extra = x.ndim - factors.ndim;
  if (extra >= 0 && factors.shape.every((n, i) => n === 1 || n === x.shape[i + extra])) return factors;
  throw new ShapeError(
    `${operation}: ${option} has shape ${shapeText(factors.shape)}; expected one that broadcasts to the prediction's, ${shapeText(x.shape)}`,
  );
}
