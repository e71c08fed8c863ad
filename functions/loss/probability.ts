import { ArgumentError, ShapeError } from "../../core/errors.js";
import * as numeric from "../../core/numeric.js";
import { checkOptions } from "../../core/options.js";
import { sameShape, shapeText } from "../../core/shape.js";
import { asVariable, type Operand, Variable } from "../../core/variable.js";
import { add, mul, neg, sub } from "../arithmetic.js";
import { equal } from "../comparison.js";
import { astype, floating } from "../dtype.js";
import { exp, log, log1p, square } from "../math.js";
import { sum } from "../reduce.js";
import { clip, where } from "../selection.js";
import { reshape } from "../shape.js";
import { classesOf, oneHotAt, positionsOf, targetOf } from "./classes.js";
import {
  checkNotEmpty,
  checkProbabilities,
  checkRange,
  checkReduction,
  entrywise,
  type LossOptions,
  type LossReduction,
  REDUCTIONS,
  reduced,
} from "./entry-loss.js";

/** How far from 1 the probabilities of one example may add up to. */
const SUM_TOLERANCE = 1e-3;

/**
 * The cross-entropy between `t` and the probabilities `x` (..., classes), whose last axis adds up to 1: `-sum(t log(x + eps))`
 * with eps 2^-52, summed over the batch unless told; a mean divides by the size of the batch. `t` holds classes (int32 of shape
 * (...)), or one-hot vectors or probabilities of the shape of `x`. The gradient is with respect to the probabilities:
 * `softmaxCrossEntropy` is for logits.
 * @throws ShapeError when the shapes do not fit or there is nothing in them; DTypeError when classes are not int32; IndexError
 * for a class that is not among those of `x`; ArgumentError for probabilities that are none, or an unknown reduction.
 */
export function crossEntropy(x: Operand, t: Operand, options: LossOptions = {}): Variable {
  checkOptions("crossEntropy", options, ["reduction"]);
  const { reduction = "sum" } = options;
  checkReduction("crossEntropy", reduction, REDUCTIONS);
  const prediction = floating("crossEntropy", x);
  let target = targetOf("crossEntropy", prediction, t);
  checkNotEmpty("crossEntropy", "prediction", prediction);
  if (target.ndim < prediction.ndim) {
    const positions = positionsOf(classesOf("crossEntropy", prediction, target), prediction.shape.at(-1)!);
    target = new Variable(oneHotAt(positions, prediction), false);
  }
  checkDistributions("crossEntropy", "prediction", prediction);
  checkDistributions("crossEntropy", "target", target);
  const losses = neg(sum(mul(target, log(add(prediction, Number.EPSILON))), { axis: -1 }));
  return reduced(losses, reduction);
}

/** What becomes of the divergences of the entries; "batchMean" divides their sum by the length of the first axis. */
export type DivergenceReduction = LossReduction | "batchMean";

/** Options of `klDivergence`. */
export interface DivergenceOptions {
  /** "mean" unless given. */
  reduction?: DivergenceReduction;
  /** Whether the target holds logarithms of probabilities, as the prediction does: false unless given. */
  logTarget?: boolean;
}

/** The reductions that `klDivergence` knows. */
export const DIVERGENCE_REDUCTIONS: readonly DivergenceReduction[] = [...REDUCTIONS, "batchMean"];

/**
 * The Kullback-Leibler divergence of a prediction, given as logarithms `x`, from the probabilities `t`, entry by entry:
 * `t (log(t) - x)`, which is 0 where t is; or `e ** t (t - x)` with `logTarget`. As PyTorch's `kl_div` the mean is over all
 * entries unless told: the divergence of distributions is its "batchMean" or its "sum".
 * @throws ShapeError when the shapes differ or there are no entries; ArgumentError for a negative probability or an unknown
 * reduction.
 */
export function klDivergence(x: Operand, t: Operand, options: DivergenceOptions = {}): Variable {
  checkOptions("klDivergence", options, ["reduction", "logTarget"]);
  const { reduction = "mean", logTarget = false } = options;
  checkReduction("klDivergence", reduction, DIVERGENCE_REDUCTIONS);
  const [logs, target] = entrywise("klDivergence", x, t);
  const losses = logTarget ? mul(exp(target), sub(target, logs)) : fromProbabilities(logs, target);
  if (reduction !== "batchMean") return reduced(losses, reduction);
  return mul(sum(losses), 1 / (losses.shape[0] ?? 1));
}

function fromProbabilities(logs: Variable, target: Variable): Variable {
  checkRange("klDivergence", "target", target, Number.MAX_VALUE, "probabilities, or logTarget: true");
  const probabilities = astype(target, target.dtype === "float64" ? "float64" : logs.dtype);
  // The logarithm of 1 in the place of that of 0: 0 log 0 is 0, and so is its derivative here.
  const safe = where(equal(probabilities, 0), 1, probabilities);
  return mul(probabilities, sub(log(safe), logs));
}

/**
 * Minus the evidence lower bound of a variational autoencoder with a Bernoulli decoder and a normal encoder (Kingma and Welling,
 * "Auto-encoding variational Bayes", 2014): for each example the cross-entropy between `x` and its reconstruction `xRecon` (N, ...),
 * summed, and the divergence of N(mean, exp(logVar)) (N, T) from the standard normal,
 * `-sum(1 + logVar - mean ** 2 - exp(logVar)) / 2`. The mean over the examples unless told. The reconstruction is held between
 * the epsilon of its dtype and 1 less that; what this changes has gradient 0.
 * @throws ShapeError when the shapes do not fit or there are no examples; ArgumentError when `xRecon` or `x` are not
 * probabilities, or for an unknown reduction.
 */
export function vaeLoss(
  xRecon: Operand,
  x: Operand,
  mean: Operand,
  logVar: Operand,
  options: LossOptions = {},
): Variable {
  checkOptions("vaeLoss", options, ["reduction"]);
  const { reduction = "mean" } = options;
  checkReduction("vaeLoss", reduction, REDUCTIONS);
  const [recon, target] = entrywise("vaeLoss", xRecon, x);
  const [mu, logs] = [floating("vaeLoss", asVariable("vaeLoss", mean, recon)), asVariable("vaeLoss", logVar, recon)];
  const count = recon.shape[0];
  if (count === undefined || mu.shape[0] !== count || !sameShape(mu.shape, logs.shape)) {
    throw new ShapeError(
      `vaeLoss: the reconstruction has shape ${shapeText(recon.shape)}, the mean ${shapeText(mu.shape)} and the logarithm of the ` +
        `variance ${shapeText(logs.shape)}; expected (N, ...), (N, T) and (N, T)`,
    );
  }
  checkProbabilities("vaeLoss", "reconstruction", recon);
  checkProbabilities("vaeLoss", "target", target);
  const epsilon = recon.dtype === "float64" ? 2 ** -52 : 2 ** -23;
  const p = clip(recon, epsilon, 1 - epsilon);
  const t = astype(target, target.dtype === "float64" ? "float64" : recon.dtype);
  const likelihood = add(mul(t, log(p)), mul(sub(1, t), log1p(neg(p))));
  const divergence = sub(sub(add(logs, 1), square(mu)), exp(logs));
  const losses = neg(add(sumOfExamples(likelihood), mul(sumOfExamples(divergence), 0.5)));
  return reduced(losses, reduction);
}

/** The sum of each example: (N, ...) to (N,). */
function sumOfExamples(x: Variable): Variable {
  return sum(reshape(x, [x.shape[0]!, -1]), { axis: 1 });
}

/**
 * Checks that `x` is not negative and that its last axis adds up to 1.
 * @throws ArgumentError naming what does not.
 */
function checkDistributions(operation: string, what: string, x: Variable): void {
  checkRange(operation, what, x, Number.MAX_VALUE, "probabilities");
  const sums = numeric.reduce("sum", x.data, [x.ndim - 1], false).toTypedArray();
  const wrong = sums.findIndex((total) => !(Math.abs(total - 1) <= SUM_TOLERANCE));
  if (wrong < 0) return;
  throw new ArgumentError(
    `${operation}: row ${wrong} of the ${what} adds up to ${sums[wrong]}; expected probabilities that add up to 1`,
  );
}
