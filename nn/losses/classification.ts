import type { Operand, Variable } from "../../core/variable.js";
import {
  type BinaryCrossEntropyOptions,
  binaryCrossEntropy,
  type SigmoidCrossEntropyOptions,
  sigmoidCrossEntropy,
} from "../../functions/loss/binary.js";
import type { LossOptions } from "../../functions/loss/entry-loss.js";
import { crossEntropy } from "../../functions/loss/probability.js";
import {
  checkIgnoreIndex,
  checkLabelSmoothing,
  type SoftmaxCrossEntropyOptions,
  softmaxCrossEntropy,
} from "../../functions/loss/softmax.js";
import type { Hyperparameters } from "../config.js";
import { Loss, numbersOf } from "./loss.js";

/** The cross-entropy of probabilities, summed unless told: `crossEntropy`. `SoftmaxCrossEntropy` is for logits. */
export class CrossEntropy extends Loss<LossOptions> {
  /** All options, as they are unless given. */
  static readonly standard: Required<LossOptions> = { reduction: "sum" };

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: LossOptions = {}) {
    super(options, CrossEntropy.standard);
  }

  /** @throws as `crossEntropy`. */
  override forward(x: Operand, t: Operand): Variable {
    return crossEntropy(x, t, this.options);
  }
}

/** The cross-entropy of logits (..., classes): `softmaxCrossEntropy`. PyTorch's `CrossEntropyLoss`, whose classes are on axis 1. */
export class SoftmaxCrossEntropy extends Loss<SoftmaxCrossEntropyOptions> {
  /** All options, as they are unless given. */
  static readonly standard: Required<SoftmaxCrossEntropyOptions> = {
    weight: null,
    ignoreIndex: -100,
    labelSmoothing: 0,
    reduction: "mean",
  };

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: SoftmaxCrossEntropyOptions = {}) {
    super(options, SoftmaxCrossEntropy.standard);
    checkIgnoreIndex("SoftmaxCrossEntropy", this.options.ignoreIndex);
    checkLabelSmoothing("SoftmaxCrossEntropy", this.options.labelSmoothing);
  }

  /** @throws as `softmaxCrossEntropy`. */
  override forward(x: Operand, t: Operand): Variable {
    return softmaxCrossEntropy(x, t, this.options);
  }

  override hyperparameters(): Hyperparameters {
    return { ...super.hyperparameters(), weight: numbersOf(this.options.weight) };
  }
}

/** The binary cross-entropy of probabilities: `binaryCrossEntropy`. PyTorch's `BCELoss`. */
export class BCE extends Loss<BinaryCrossEntropyOptions> {
  /** All options, as they are unless given. */
  static readonly standard: Required<BinaryCrossEntropyOptions> = { weight: null, reduction: "mean" };

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: BinaryCrossEntropyOptions = {}) {
    super(options, BCE.standard);
  }

  /** @throws as `binaryCrossEntropy`. */
  override forward(x: Operand, t: Operand): Variable {
    return binaryCrossEntropy(x, t, this.options);
  }

  override hyperparameters(): Hyperparameters {
    return { ...super.hyperparameters(), weight: numbersOf(this.options.weight) };
  }
}

/** The binary cross-entropy of logits: `sigmoidCrossEntropy`. PyTorch's `BCEWithLogitsLoss`. */
export class BCEWithLogits extends Loss<SigmoidCrossEntropyOptions> {
  /** All options, as they are unless given. */
  static readonly standard: Required<SigmoidCrossEntropyOptions> = { weight: null, posWeight: null, reduction: "mean" };

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: SigmoidCrossEntropyOptions = {}) {
    super(options, BCEWithLogits.standard);
  }

  /** @throws as `sigmoidCrossEntropy`. */
  override forward(x: Operand, t: Operand): Variable {
    return sigmoidCrossEntropy(x, t, this.options);
  }

  override hyperparameters(): Hyperparameters {
    const { weight, posWeight } = this.options;
    return { ...super.hyperparameters(), weight: numbersOf(weight), posWeight: numbersOf(posWeight) };
  }
}
