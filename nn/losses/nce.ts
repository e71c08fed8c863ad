import { array, zeros } from "../../core/creation.js";
import type { FloatDType } from "../../core/dtype.js";
import { DTypeError, IndexError, ShapeError } from "../../core/errors.js";
import { checkCount, checkFlag, checkFloat, checkOptions } from "../../core/options.js";
import { shapeText } from "../../core/shape.js";
import { asVariable, type Operand, Variable } from "../../core/variable.js";
import { softplus } from "../../functions/activation.js";
import { add, mul, neg } from "../../functions/arithmetic.js";
import { getItem } from "../../functions/indexing.js";
import { split } from "../../functions/joining.js";
import { matmul } from "../../functions/linalg.js";
import { checkReduction, type LossReduction, REDUCTIONS, reduced } from "../../functions/loss/entry-loss.js";
import { sigmoid } from "../../functions/math.js";
import { sum } from "../../functions/reduce.js";
import { expandDims, reshape, transpose } from "../../functions/shape.js";
import type { Hyperparameters } from "../config.js";
import {
  drawWeight,
  type Initializer,
  type InitializerSpec,
  initializerName,
  resolveInitializer,
} from "../initializers.js";
import { Layer } from "../layer.js";
import { checkLast, layerInput } from "../layers/input.js";
import { LazyParameter } from "../state.js";
import { Noise, type NoiseSampler } from "./noise.js";

/** Options of `NCELoss`. */
export interface NCELossOptions {
  /** Number of classes. */
  nClasses: number;
  /** The probabilities by which classes are drawn as noise and, where `sample` is given, how. A config keeps the probabilities. */
  noiseSampler: NoiseSampler;
  /** How many classes are drawn at each forward; the examples of a batch share them. */
  numNegativeSamples: number;
  /** Number of features; told by the first input unless given. */
  nIn?: number | null;
  /** Draws the weight: `"glorot_uniform"` unless given. The bias starts at 0. */
  init?: InitializerSpec;
  /** Whether the logarithm of a class's probability as noise is subtracted from its score: true unless given. */
  subtractLogLabelProb?: boolean;
  /** What becomes of the losses of the inputs: `"sum"` unless given. */
  reduction?: LossReduction;
  /** float32 unless given. */
  dtype?: FloatDType;
}

const KNOWN = [
  "nClasses",
  "noiseSampler",
  "numNegativeSamples",
  "nIn",
  "init",
  "subtractLogLabelProb",
  "reduction",
  "dtype",
];

/**
 * Noise-contrastive estimation (Gutmann and Hyvaerinen 2010; Mnih and Teh, "A fast and simple algorithm for training neural
 * probabilistic language models", 2012): which of many classes an input belongs to is learned by telling its class from a few drawn
 * as noise. With the score `z(c) = x W[c] + b[c]` of class c, less the logarithm of the probability of c as noise, the loss of an
 * input is `-log(sigmoid(z(target))) - sum(log(1 - sigmoid(z(noise))))`.
 *
 * `W` is (nClasses, nIn) and `b` (nClasses,). A target that is also drawn as noise counts as both. A target that noise never is
 * (probability 0) is certain: with the logarithm subtracted its loss and gradient are 0. The loss only computes; an optimizer learns.
 */
export class NCELoss extends Layer {
  /** The weights of the classes (nClasses, nIn). */
  readonly W: LazyParameter;
  /** The bias of the classes (nClasses,). */
  readonly b: LazyParameter;
  private readonly noise: Noise;
  private readonly negatives: number;
  private readonly init: Initializer;
  private readonly subtractLogLabelProb: boolean;
  private readonly reduction: LossReduction;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: NCELossOptions) {
    super();
    checkOptions("NCELoss", options, KNOWN);
    const { nClasses, noiseSampler, numNegativeSamples, nIn = null, init = "glorot_uniform" } = options;
    const { subtractLogLabelProb = true, reduction = "sum", dtype = "float32" } = options;
    checkCount("NCELoss", "nClasses", nClasses);
    checkCount("NCELoss", "numNegativeSamples", numNegativeSamples);
    if (nIn !== null) checkCount("NCELoss", "nIn", nIn);
    checkFlag("NCELoss", "subtractLogLabelProb", subtractLogLabelProb);
    checkReduction("NCELoss", reduction, REDUCTIONS);
    checkFloat("NCELoss", dtype);
    this.noise = new Noise("NCELoss", noiseSampler, nClasses);
    this.negatives = numNegativeSamples;
    this.init = resolveInitializer("NCELoss", init);
    this.subtractLogLabelProb = subtractLogLabelProb;
    this.reduction = reduction;
    this.W = new LazyParameter("W", [nClasses, nIn], dtype);
    this.b = new LazyParameter("b", [nClasses], dtype);
    if (nIn !== null) this.initialize(nIn);
  }

  /**
   * The loss of inputs (N, nIn) or (N, nC, nIn) of which each, or each group of nC, belongs to the class that `target` (N,) tells.
   * @throws ShapeError for another number of axes, no elements, another number of inputs than before or a target that does not fit;
   * DTypeError for another dtype than the layer's, or a target that is not int32; IndexError for a class that there is not;
   * ArgumentError when the sampler does not draw what it should.
   */
  override forward(x: Operand, target: Operand): Variable {
    const { groups, classes, shape } = this.inputs(x, target);
    const noise = this.noise.draw(this.negatives);
    const ids = array(Int32Array.from([...classes, ...noise]));
    const [W, Wn] = split(getItem(this.W, ids), [classes.length]) as [Variable, Variable];
    const [b, bn] = split(this.biases(ids.toTypedArray() as Int32Array), [classes.length]) as [Variable, Variable];
    const positive = softplus(neg(scoresOf(groups, W, b)));
    const negative = sum(softplus(add(matmul(groups, transpose(Wn)), bn)), { axis: -1 });
    return reduced(reshape(add(positive, negative), shape), this.reduction);
  }

  /**
   * The probability that each input belongs to its target rather than to noise, of the shape of `x` without its last axis.
   * @throws as `forward`.
   */
  probabilities(x: Operand, target: Operand): Variable {
    const { groups, classes, shape } = this.inputs(x, target);
    return reshape(sigmoid(scoresOf(groups, getItem(this.W, array(classes)), this.biases(classes))), shape);
  }

  protected override hyperparameters(): Hyperparameters {
    const [nClasses, nIn] = this.W.initialized ? this.W.shape : this.W.pattern;
    return {
      nClasses: nClasses!,
      noiseSampler: { probs: [...this.noise.probabilities] },
      numNegativeSamples: this.negatives,
      nIn: nIn!,
      init: initializerName("NCELoss", this.init),
      subtractLogLabelProb: this.subtractLogLabelProb,
      reduction: this.reduction,
      dtype: this.W.dtype,
    };
  }

  /** The inputs as (N, nC, nIn), their classes, and the shape of their losses. */
  private inputs(x: Operand, target: Operand): { groups: Variable; classes: Int32Array; shape: readonly number[] } {
    const dtype = this.W.dtype as FloatDType;
    const input = layerInput("NCELoss", x, { layout: "(N, nIn) or (N, nC, nIn)", ndim: 2, orMore: true, dtype });
    if (input.ndim > 3) {
      throw new ShapeError(`NCELoss: the input has shape ${shapeText(input.shape)}; expected (N, nIn) or (N, nC, nIn)`);
    }
    if (this.W.initialized) checkLast("NCELoss", "features", input, this.W.shape[1]!);
    const classes = this.classesOf(target, input);
    if (!this.W.initialized) this.initialize(input.shape.at(-1)!);
    const groups = input.ndim === 3 ? input : expandDims(input, 1);
    return { groups, classes, shape: input.shape.slice(0, -1) };
  }

  private classesOf(target: Operand, input: Variable): Int32Array {
    const given = asVariable("NCELoss", target, { dtype: "int32" });
    if (given.ndim !== 1 || given.size !== input.shape[0]) {
      throw new ShapeError(
        `NCELoss: the input has shape ${shapeText(input.shape)} and the target ${shapeText(given.shape)}; expected a target of shape (${input.shape[0]},)`,
      );
    }
    if (given.dtype !== "int32") throw new DTypeError(`NCELoss: the target is ${given.dtype}; expected int32`);
    const classes = given.toTypedArray() as Int32Array;
    const count = this.b.pattern[0]!;
    const wrong = classes.findIndex((id) => id < 0 || id >= count);
    if (wrong < 0) return classes;
    throw new IndexError(
      `NCELoss: class ${classes[wrong]} at position ${wrong} is out of range for ${count} classes; expected 0 to ${count - 1}`,
    );
  }

  /** What is added to the scores of classes. */
  private biases(classes: Int32Array): Variable {
    const b = getItem(this.b, array(classes));
    if (!this.subtractLogLabelProb) return b;
    // For a class that noise never is this is infinite: the sigmoid of its score is 1 and the derivative of that 0.
    const logs = Float64Array.from(classes, (id) => -Math.log(this.noise.probabilities[id]!));
    return add(b, new Variable(array(logs, { dtype: this.W.dtype as FloatDType }), false));
  }

  private initialize(nIn: number): void {
    const [nClasses] = this.W.pattern;
    const dtype = this.W.dtype as FloatDType;
    this.W.initialize(drawWeight("NCELoss", this.init, [nClasses!, nIn], { dtype, gain: 1 }));
    this.b.initialize(zeros([nClasses!], { dtype }));
  }
}

/** The scores of groups (N, nC, nIn) for the class of each, whose weights are the rows of `W` (N, nIn): (N, nC). */
function scoresOf(groups: Variable, W: Variable, b: Variable): Variable {
  return add(sum(mul(groups, expandDims(W, 1)), { axis: -1 }), expandDims(b, 1));
}
