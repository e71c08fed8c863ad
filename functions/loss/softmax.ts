import { config } from "../../core/config.js";
import { type ArrayLike, array } from "../../core/creation.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { FrugalFunction } from "../../core/frugal-function.js";
import type { NDArray } from "../../core/ndarray.js";
import { crossEntropy, crossEntropyGrad } from "../../core/normalization.js";
import * as numeric from "../../core/numeric.js";
import { checkOptions } from "../../core/options.js";
import { shapeText, sizeOf } from "../../core/shape.js";
import { asVariable, type Operand, Variable } from "../../core/variable.js";
import { logSoftmax, softmax } from "../activation.js";
import { add, mul, neg, sub } from "../arithmetic.js";
import { astype, floating } from "../dtype.js";
import { exp, log } from "../math.js";
import { sum } from "../reduce.js";
import { where } from "../selection.js";
import { reshape, sumTo } from "../shape.js";
import { classesOf, oneHotAt, positionsOf, targetOf } from "./classes.js";
import {
  checkNotEmpty,
  checkProbabilities,
  checkRange,
  checkReduction,
  checkSetting,
  type LossOptions,
  type LossReduction,
  REDUCTIONS,
} from "./entry-loss.js";

/** Cross-entropy of logits (..., classes) with classes given by their flat positions in the logits. */
class SoftmaxCrossEntropy extends FrugalFunction {
  private statistics: NDArray | null = null;

  constructor(
    private readonly positions: NDArray,
    private readonly reduction: LossReduction,
  ) {
    super();
  }

  override forward(x: NDArray): NDArray {
    const { result, statistics } = crossEntropy(x, this.positions);
    this.statistics = statistics;
    if (this.reduction === "none") return result.reshape(x.shape.slice(0, -1));
    const total = numeric.reduce("sum", result, [0], false);
    if (this.reduction === "sum") return total;
    return numeric.binary("div", total, numeric.filled([], this.positions.size, x.dtype));
  }

  override backward(gy: Variable): Variable {
    const x = this.input(0);
    const scale = this.reduction === "mean" ? 1 / this.positions.size : 1;
    const each = this.reduction === "none" ? reshape(gy, [...gy.shape, 1]) : gy;
    if (!config.enableBackprop) {
      const factor = this.reduction === "none" ? 1 : gy.data.item() * scale;
      const gx = new Variable(crossEntropyGrad(x.data, this.positions, this.statistics!, factor), false);
      return this.reduction === "none" ? mul(gx, each) : gx;
    }
    const target = new Variable(oneHotAt(this.positions, x), false);
    return mul(sub(softmax(x), target), mul(each, scale));
  }
}

/** Options of `softmaxCrossEntropy`. */
export interface SoftmaxCrossEntropyOptions extends LossOptions {
  /** How much each class counts, (classes,); all 1 unless given. */
  weight?: ArrayLike | null;
  /** A target class that does not count, in or out of the range of classes: -100 unless given, null for none. */
  ignoreIndex?: number | null;
  /** How much of each target is spread evenly over all classes, from 0 to 1: 0 unless given. */
  labelSmoothing?: number;
}

/** The options of `softmaxCrossEntropy` with their defaults. */
type Settings = { reduction: LossReduction; weight: Variable | null; ignoreIndex: number | null; smoothing: number };

/**
 * The cross-entropy between `t` and `softmax(x)`, from the logits `x` (..., classes) and so without overflow: PyTorch's
 * `cross_entropy`, whose classes are on axis 1. `t` holds classes (int32 of shape (...)), or one-hot vectors or probabilities
 * of the shape of `x`. Its mean over the batch unless told: for classes it divides by the sum of the weights of the targets
 * that count, for probabilities by the size of the batch. `labelSmoothing` after Szegedy et al., "Rethinking the inception
 * architecture for computer vision", 2016.
 * @throws ShapeError when the shapes do not fit or there are no logits; DTypeError when classes are not int32; IndexError for a
 * class that is not among those of `x`; ArgumentError for probabilities that are none, options out of range, or a mean over
 * nothing that counts.
 */
export function softmaxCrossEntropy(x: Operand, t: Operand, options: SoftmaxCrossEntropyOptions = {}): Variable {
  checkOptions("softmaxCrossEntropy", options, ["reduction", "weight", "ignoreIndex", "labelSmoothing"]);
  const { reduction = "mean", weight = null, labelSmoothing = 0 } = options;
  checkReduction("softmaxCrossEntropy", reduction, REDUCTIONS);
  checkLabelSmoothing("softmaxCrossEntropy", labelSmoothing);
  checkIgnoreIndex("softmaxCrossEntropy", options.ignoreIndex ?? null);
  const logits = floating("softmaxCrossEntropy", x);
  const target = targetOf("softmaxCrossEntropy", logits, t);
  checkNotEmpty("softmaxCrossEntropy", "prediction", logits);
  const settings: Settings = {
    reduction,
    weight: weight === null ? null : classWeights(weight, logits),
    ignoreIndex: options.ignoreIndex === undefined ? -100 : options.ignoreIndex,
    smoothing: labelSmoothing,
  };
  return target.ndim < logits.ndim
    ? ofClasses(logits, target, settings)
    : ofProbabilities(logits, target, settings, typeof options.ignoreIndex === "number");
}

function ofClasses(logits: Variable, target: Variable, settings: Settings): Variable {
  const { reduction, weight, ignoreIndex, smoothing } = settings;
  const count = logits.shape[logits.ndim - 1]!;
  const classes = classesOf("softmaxCrossEntropy", logits, target, ignoreIndex);
  const ignored = ignoreIndex !== null && classes.includes(ignoreIndex);
  if (!ignored && weight === null && smoothing === 0) {
    return new SoftmaxCrossEntropy(positionsOf(classes, count), reduction).apply(logits);
  }
  const weights = weight === null ? null : weight.toTypedArray();
  const shares = Float64Array.from(classes, (id) => (id === ignoreIndex ? 0 : (weights?.[id] ?? 1)));
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (reduction === "mean" && !(total > 0)) {
    throw new ArgumentError(
      `softmaxCrossEntropy: the mean is over targets of which none counts, for ignoreIndex ${ignoreIndex} and the weights given; ` +
        'expected one that does, or reduction "sum"',
    );
  }
  const inBatch = (data: ArrayLike, dtype: NDArray["dtype"]) => array(data, { dtype }).reshape(target.shape);
  const positions = positionsOf(ignored ? classes.map((id) => (id === ignoreIndex ? 0 : id)) : classes, count);
  let losses = mul(new SoftmaxCrossEntropy(positions, "none").apply(logits), inBatch(shares, logits.dtype));
  if (smoothing > 0) {
    const logs = logSoftmax(logits);
    const spread = sum(weight === null ? logs : mul(logs, weight), { axis: -1 });
    losses = sub(mul(losses, 1 - smoothing), mul(spread, smoothing / count));
  }
  if (ignored)
    losses = where(
      inBatch(
        Uint8Array.from(classes, (id) => Number(id !== ignoreIndex)),
        "bool",
      ),
      losses,
      0,
    );
  if (reduction === "none") return losses;
  return reduction === "sum" ? sum(losses) : mul(sum(losses), 1 / total);
}

function ofProbabilities(logits: Variable, target: Variable, settings: Settings, ignores: boolean): Variable {
  const { reduction, weight, smoothing } = settings;
  if (ignores) {
    throw new ArgumentError(
      `softmaxCrossEntropy: ignoreIndex is ${settings.ignoreIndex} and the target holds probabilities, of shape ${shapeText(target.shape)}; ` +
        "expected classes, or no ignoreIndex",
    );
  }
  checkProbabilities("softmaxCrossEntropy", "target", target);
  let shares = target;
  if (smoothing > 0) {
    const smoothed = mul(astype(target, logits.dtype), 1 - smoothing);
    shares = add(smoothed, smoothing / logits.shape[logits.ndim - 1]!);
  }
  const products = mul(logSoftmax(logits), weight === null ? shares : mul(shares, weight));
  if (reduction === "none") return neg(sum(products, { axis: -1 }));
  return reduction === "sum" ? neg(sum(products)) : meanOverBatch(products);
}

/**
 * `softmaxCrossEntropy` without options, composed of simple functions: the same value and gradient, slower. For checking and
 * for reading.
 * @throws as `softmaxCrossEntropy`.
 */
export function softmaxCrossEntropySimple(x: Operand, t: Operand): Variable {
  const logits = floating("softmaxCrossEntropySimple", x);
  let target = targetOf("softmaxCrossEntropySimple", logits, t);
  checkNotEmpty("softmaxCrossEntropySimple", "prediction", logits);
  if (target.ndim < logits.ndim) {
    const classes = classesOf("softmaxCrossEntropySimple", logits, target);
    target = new Variable(oneHotAt(positionsOf(classes, logits.shape[logits.ndim - 1]!), logits), false);
  }
  const largest = numeric.reduce("max", logits.data, [logits.ndim - 1], true);
  const shifted = sub(logits, largest);
  const logs = sub(shifted, log(sumTo(exp(shifted), largest.shape)));
  return meanOverBatch(mul(logs, target));
}

/** Minus the mean over the batch of the sums of `products` along the last axis. */
function meanOverBatch(products: Variable): Variable {
  return mul(sum(products), -1 / sizeOf(products.shape.slice(0, -1)));
}

/** The class weights beside logits, in their dtype. */
function classWeights(weight: ArrayLike, logits: Variable): Variable {
  const count = logits.shape[logits.ndim - 1]!;
  const weights = asVariable("softmaxCrossEntropy", weight, logits);
  if (weights.ndim !== 1 || weights.size !== count) {
    throw new ShapeError(
      `softmaxCrossEntropy: weight has shape ${shapeText(weights.shape)}; expected one for each of ${count} classes, (${count},)`,
    );
  }
  checkRange("softmaxCrossEntropy", "weight", weights, Number.MAX_VALUE, "finite numbers of at least 0");
  return astype(weights.detach(), logits.dtype);
}

/**
 * Checks the option `labelSmoothing`.
 * @throws ArgumentError when it is not a number from 0 to 1.
 */
export function checkLabelSmoothing(operation: string, labelSmoothing: number): void {
  checkSetting(operation, "labelSmoothing", labelSmoothing, (v) => v >= 0 && v <= 1, "a number from 0 to 1");
}

/**
 * Checks the option `ignoreIndex`.
 * @throws ArgumentError when it is neither a whole number nor null.
 */
export function checkIgnoreIndex(operation: string, ignoreIndex: number | null): void {
  if (ignoreIndex === null) return;
  checkSetting(operation, "ignoreIndex", ignoreIndex, Number.isSafeInteger, "a class (a whole number) or null");
}
