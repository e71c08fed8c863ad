import { config } from "../core/config.js";
import { array } from "../core/creation.js";
import { DTypeError, IndexError, ShapeError } from "../core/errors.js";
import { Function } from "../core/function.js";
import { NDArray } from "../core/ndarray.js";
import { crossEntropy, crossEntropyGrad } from "../core/normalization.js";
import * as numeric from "../core/numeric.js";
import { releasesGradients } from "../core/release.js";
import { type Shape, sameShape, shapeText, sizeOf } from "../core/shape.js";
import { asVariable, type Operand, Variable } from "../core/variable.js";
import { logSoftmax, softmax } from "./activation.js";
import { Broadcasting, mul, neg, sub } from "./arithmetic.js";
import { floating } from "./dtype.js";
import { exp, log, sigmoid, sign } from "./math.js";
import { sum } from "./reduce.js";
import { sumTo } from "./shape.js";

/** The mean over all entries of a function of prediction and target; the gradients come back in their dtypes. */
abstract class MeanLoss extends Broadcasting {
  protected mean(entries: NDArray): NDArray {
    const axes = entries.shape.map((_, i) => i);
    return numeric.binary(
      "div",
      numeric.reduce("sum", entries, axes, false),
      numeric.filled([], entries.size, entries.dtype),
    );
  }

  /** The gradient that each entry gets, as a scalar. */
  protected share(gy: Variable): Variable {
    return mul(gy, 1 / this.inputs[0]!.size);
  }
}

class MeanSquaredError extends MeanLoss {
  override forward(x: NDArray, t: NDArray): NDArray {
    return this.mean(numeric.unary("square", numeric.binary("sub", x, t)));
  }

  override gradients(gy: Variable): (Variable | null)[] {
    const gx = mul(sub(this.input(0), this.input(1)), mul(this.share(gy), 2));
    return [gx, this.needs(1) ? neg(gx) : null];
  }
}

class MeanAbsoluteError extends MeanLoss {
  override forward(x: NDArray, t: NDArray): NDArray {
    return this.mean(numeric.unary("abs", numeric.binary("sub", x, t)));
  }

  override gradients(gy: Variable): (Variable | null)[] {
    const gx = mul(sign(sub(this.input(0), this.input(1))), this.share(gy));
    return [gx, this.needs(1) ? neg(gx) : null];
  }
}

class SigmoidCrossEntropy extends MeanLoss {
  override forward(x: NDArray, t: NDArray): NDArray {
    const linear = numeric.binary("sub", numeric.unary("relu", x), numeric.binary("mul", x, t));
    const rest = numeric.unary("softplus", numeric.unary("neg", numeric.unary("abs", x)));
    return this.mean(numeric.binary("add", linear, rest));
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

/** Cross-entropy of logits (..., classes) with classes given by their flat positions in the logits. */
class SoftmaxCrossEntropy extends Function {
  private statistics: NDArray | null = null;

  constructor(private readonly positions: NDArray) {
    super();
  }

  override forward(x: NDArray): NDArray {
    const { result, statistics } = crossEntropy(x, this.positions);
    this.statistics = statistics;
    const total = numeric.reduce("sum", result, [0], false);
    return numeric.binary("div", total, numeric.filled([], this.positions.size, x.dtype));
  }

  override backward(gy: Variable): Variable {
    const x = this.input(0);
    if (!config.enableBackprop) {
      const scale = gy.data.item() / this.positions.size;
      return new Variable(crossEntropyGrad(x.data, this.positions, this.statistics!, scale), false);
    }
    const target = new Variable(oneHotAt(this.positions, x), false);
    return mul(sub(softmax(x), target), mul(gy, 1 / this.positions.size));
  }
}

releasesGradients(MeanSquaredError, MeanAbsoluteError, SigmoidCrossEntropy, SoftmaxCrossEntropy);

/**
 * The mean of `(x - t) ** 2` over all entries.
 * @throws ShapeError when the shapes differ: a loss does not broadcast.
 */
export function meanSquaredError(x: Operand, t: Operand): Variable {
  return new MeanSquaredError().apply(...entrywise("meanSquaredError", x, t));
}

/**
 * The mean of `|x - t|` over all entries; the gradient where they are equal is 0.
 * @throws ShapeError when the shapes differ: a loss does not broadcast.
 */
export function meanAbsoluteError(x: Operand, t: Operand): Variable {
  return new MeanAbsoluteError().apply(...entrywise("meanAbsoluteError", x, t));
}

/**
 * The mean over all entries of the cross-entropy between probabilities `t` and `sigmoid(x)`, from the logits `x` and so
 * without overflow: `max(x, 0) - x t + log(1 + e ** -|x|)`.
 * @throws ShapeError when the shapes differ: a loss does not broadcast.
 */
export function sigmoidCrossEntropy(x: Operand, t: Operand): Variable {
  return new SigmoidCrossEntropy().apply(...entrywise("sigmoidCrossEntropy", x, t));
}

/**
 * The mean over the batch of the cross-entropy between `t` and `softmax(x)`, from the logits `x` (..., classes). `t` holds
 * classes (int32 of shape (...)), or one-hot vectors or probabilities of the shape of `x`.
 * @throws ShapeError when the shapes do not fit; DTypeError when classes are not int32; IndexError for a class that is not
 * among those of `x`.
 */
export function softmaxCrossEntropy(x: Operand, t: Operand): Variable {
  const logits = floating("softmaxCrossEntropy", x);
  const target = targetOf("softmaxCrossEntropy", logits, t);
  if (target.ndim < logits.ndim) {
    return new SoftmaxCrossEntropy(positionsOf("softmaxCrossEntropy", logits, target)).apply(logits);
  }
  return meanOverBatch(mul(logSoftmax(logits), target));
}

/**
 * `softmaxCrossEntropy` composed of simple functions: the same value and gradient, slower. For checking and for reading.
 * @throws as `softmaxCrossEntropy`.
 */
export function softmaxCrossEntropySimple(x: Operand, t: Operand): Variable {
  const logits = floating("softmaxCrossEntropySimple", x);
  let target = targetOf("softmaxCrossEntropySimple", logits, t);
  if (target.ndim < logits.ndim) {
    const positions = positionsOf("softmaxCrossEntropySimple", logits, target);
    target = new Variable(oneHotAt(positions, logits), false);
  }
  const largest = numeric.reduce("max", logits.data, [logits.ndim - 1], true);
  const shifted = sub(logits, largest);
  const logs = sub(shifted, log(sumTo(exp(shifted), largest.shape)));
  return meanOverBatch(mul(logs, target));
}

/**
 * The share of predictions `y` (..., classes) whose largest entry is at the class that `t` tells: classes (int32 of shape
 * (...)) or one-hot vectors of the shape of `y`. A scalar of the dtype of `y` without a gradient.
 * @throws as `softmaxCrossEntropy`.
 */
export function accuracy(y: Operand, t: Operand): Variable {
  const prediction = floating("accuracy", y);
  const target = targetOf("accuracy", prediction, t);
  const axis = prediction.ndim - 1;
  const classes =
    target.ndim < prediction.ndim
      ? array(classesOf("accuracy", prediction, target)).reshape(target.shape)
      : numeric.argReduce("argmax", target.data, axis, false);
  const hits = numeric.compare("equal", numeric.argReduce("argmax", prediction.data, axis, false), classes);
  const count = numeric.reduce("sum", hits.reshape([hits.size]).astype(prediction.dtype), [0], false);
  return new Variable(numeric.binary("div", count, numeric.filled([], hits.size, count.dtype)), false);
}

/** Minus the mean over the batch of the sums of `products` along the last axis. */
function meanOverBatch(products: Variable): Variable {
  return mul(sum(products), -1 / sizeOf(products.shape.slice(0, -1)));
}

/** Prediction and target, of equal shapes and the prediction floating-point. */
function entrywise(operation: string, x: Operand, t: Operand): [Variable, Variable] {
  const prediction = floating(operation, x);
  const target = asVariable(operation, t, prediction);
  if (sameShape(prediction.shape, target.shape)) return [prediction, target];
  throw new ShapeError(
    `${operation}: the prediction has shape ${shapeText(prediction.shape)} and the target ${shapeText(target.shape)}; ` +
      "expected equal shapes",
  );
}

/** The target beside logits (..., classes): int32 of shape (...), or of the shape of the logits. */
function targetOf(operation: string, logits: Variable, t: Operand): Variable {
  const classes = logits.shape.slice(0, -1);
  if (logits.ndim === 0)
    throw new ShapeError(`${operation}: the prediction is a scalar; expected shape (..., classes)`);
  // Nested arrays of integers are classes or one-hot; others are probabilities and take the dtype of the logits.
  const asClasses = asVariable(operation, t, { dtype: "int32" });
  const literal = !(t instanceof Variable || t instanceof NDArray || ArrayBuffer.isView(t));
  const target = literal && asClasses.dtype !== "int32" ? asVariable(operation, t, logits) : asClasses;
  if (sameShape(target.shape, logits.shape)) return target;
  if (!sameShape(target.shape, classes)) {
    throw new ShapeError(
      `${operation}: the prediction has shape ${shapeText(logits.shape)} and the target ${shapeText(target.shape)}; ` +
        `expected classes of shape ${shapeText(classes)} or probabilities of shape ${shapeText(logits.shape)}`,
    );
  }
  if (target.dtype !== "int32") {
    throw new DTypeError(
      `${operation}: a target of shape ${shapeText(target.shape)} holds classes and is ${target.dtype}; expected int32`,
    );
  }
  return target;
}

/** The flat positions, in the logits, of the classes in `target`. */
function positionsOf(operation: string, logits: Variable, target: Variable): NDArray {
  const count = logits.shape[logits.ndim - 1]!;
  return array(classesOf(operation, logits, target).map((id, i) => i * count + id));
}

/**
 * The classes in `target`, copied.
 * @throws IndexError for a class that is not among those of the logits.
 */
function classesOf(operation: string, logits: Variable, target: Variable): Int32Array {
  const count = logits.shape[logits.ndim - 1]!;
  const classes = target.data.toTypedArray() as Int32Array;
  const wrong = classes.findIndex((id) => id < 0 || id >= count);
  if (wrong < 0) return classes;
  throw new IndexError(
    `${operation}: class ${classes[wrong]} at position ${wrong} is out of range for ${count} classes; expected 0 to ${count - 1}`,
  );
}

/** Ones at flat positions in zeros of the shape and dtype of `like`. */
function oneHotAt(positions: NDArray, like: { readonly shape: Shape; readonly dtype: NDArray["dtype"] }): NDArray {
  return numeric.addRows(numeric.filled([positions.size], 1, like.dtype), positions, 1, like.shape);
}
