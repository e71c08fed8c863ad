import { noGrad } from "../../core/config.js";
import { randomUniform, zeros } from "../../core/creation.js";
import type { FloatDType } from "../../core/dtype.js";
import { ArgumentError } from "../../core/errors.js";
import { checkCount, checkFlag, checkFloat, checkOptions, describe } from "../../core/options.js";
import type { Operand, Variable } from "../../core/variable.js";
import { softplus } from "../../functions/activation.js";
import { add, neg, sub } from "../../functions/arithmetic.js";
import { less } from "../../functions/comparison.js";
import { astype } from "../../functions/dtype.js";
import { linear, matmul } from "../../functions/linalg.js";
import { sigmoid, square } from "../../functions/math.js";
import { mean, sum } from "../../functions/reduce.js";
import { transpose } from "../../functions/shape.js";
import type { Hyperparameters } from "../config.js";
import {
  drawWeight,
  type Initializer,
  type InitializerSpec,
  initializerName,
  resolveInitializer,
} from "../initializers.js";
import { Layer } from "../layer.js";
import { LazyParameter } from "../state.js";
import { checkLast, layerInput } from "./input.js";

/** Options of `RBM`. */
export interface RBMOptions {
  /** Number of hidden units. */
  nOut: number;
  /** Steps of Gibbs sampling behind each gradient: 1 unless given. */
  K?: number;
  /** Number of visible units; told by the first input unless given. */
  nIn?: number | null;
  /** Draws the weight: `"glorot_uniform"` unless given. The biases start at 0. */
  init?: InitializerSpec;
  /** float32 unless given. */
  dtype?: FloatDType;
}

/** Options of `RBM.reconstruct`. */
export interface ReconstructOptions {
  /** Steps of Gibbs sampling: 10 unless given. */
  steps?: number;
  /** Whether to return probabilities instead of a sample of them: false unless given. */
  returnProb?: boolean;
}

/** What `RBM.cdUpdate` needs of an optimizer. */
export interface GradientStep {
  /** Forgets the gradients of the step before. */
  zeroGrad(): void;
  /** Changes the parameters by their gradients. */
  step(): void;
}

/**
 * A restricted Boltzmann machine of binary units: `p(h = 1 | v) = sigmoid(v W + bOut)` and
 * `p(v = 1 | h) = sigmoid(h W^T + bIn)`, with `W` (nIn, nOut), `bIn` (nIn,) and `bOut` (nOut,). `forward` takes visible units
 * (N, nIn), 0 or 1 or probabilities between, to the probabilities (N, nOut) of the hidden ones.
 *
 * It learns by contrastive divergence (Hinton, "Training products of experts by minimizing contrastive divergence", 2002):
 * minimize `loss`, or call `cdUpdate`. PyTorch has no such layer.
 */
export class RBM extends Layer {
  /** The weights (nIn, nOut). */
  readonly W: LazyParameter;
  /** The bias of the visible units (nIn,). */
  readonly bIn: LazyParameter;
  /** The bias of the hidden units (nOut,). */
  readonly bOut: LazyParameter;
  private readonly K: number;
  private readonly init: Initializer;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: RBMOptions) {
    super();
    checkOptions("RBM", options, ["nOut", "K", "nIn", "init", "dtype"]);
    const { nOut, K = 1, nIn = null, init = "glorot_uniform", dtype = "float32" } = options;
    checkCount("RBM", "nOut", nOut);
    checkCount("RBM", "K", K);
    if (nIn !== null) checkCount("RBM", "nIn", nIn);
    checkFloat("RBM", dtype);
    this.K = K;
    this.init = resolveInitializer("RBM", init);
    this.W = new LazyParameter("W", [nIn, nOut], dtype);
    this.bIn = new LazyParameter("bIn", [nIn], dtype);
    this.bOut = new LazyParameter("bOut", [nOut], dtype);
    if (nIn !== null) this.initialize(nIn);
  }

  /**
   * The probabilities (N, nOut) that the hidden units are 1.
   * @throws ShapeError for an input that is not (N, nIn), has no elements or another number of units than before; DTypeError
   * for another dtype than the layer's. So do all methods that take visible units.
   */
  override forward(v: Operand): Variable {
    return this.hidden(this.visible(v));
  }

  /**
   * The free energy (N,) of each example, `-v . bIn - sum(softplus(v W + bOut))`: the negative logarithm of its probability,
   * up to a constant that all examples share.
   */
  freeEnergy(v: Operand): Variable {
    return this.energy(this.visible(v));
  }

  /**
   * The mean over the batch of `freeEnergy(v) - freeEnergy(v')`, where `v'` is what K steps of Gibbs sampling make of `v`, a
   * constant. Its gradient is the one of CD-K: `(v'^T p(h | v') - v^T p(h | v)) / N` for `W`. Its value says little about how
   * well the machine does; the reconstruction error says more.
   */
  loss(v: Operand): Variable {
    const input = this.visible(v);
    return this.divergence(input, this.gibbs(input, this.K));
  }

  /**
   * One step of `optimizer` along the gradient of `loss(v)` alone. Returns the mean squared difference of `v` and what Gibbs
   * sampling made of it.
   */
  cdUpdate(v: Operand, optimizer: GradientStep): number {
    if (typeof optimizer?.zeroGrad !== "function" || typeof optimizer.step !== "function") {
      throw new ArgumentError(
        `RBM: optimizer is ${describe(optimizer)}; expected an Optimizer of the layer's parameters`,
      );
    }
    const input = this.visible(v).detach();
    const reconstruction = this.gibbs(input, this.K);
    optimizer.zeroGrad();
    this.divergence(input, reconstruction).backward();
    optimizer.step();
    return mean(square(sub(input, reconstruction))).item();
  }

  /**
   * What Gibbs sampling makes of visible units (N, nIn): a sample, or the probabilities it is drawn from. The hidden units are
   * sampled in each step and the visible ones are their probabilities, which is less noisy. No gradient flows through it.
   */
  reconstruct(v: Operand, options: ReconstructOptions = {}): Variable {
    checkOptions("RBM.reconstruct", options, ["steps", "returnProb"]);
    const { steps = 10, returnProb = false } = options;
    checkCount("RBM.reconstruct", "steps", steps);
    checkFlag("RBM.reconstruct", "returnProb", returnProb);
    const probabilities = this.gibbs(this.visible(v), steps);
    return returnProb ? probabilities : bernoulli(probabilities);
  }

  protected override hyperparameters(): Hyperparameters {
    const [nIn, nOut] = this.W.initialized ? this.W.shape : this.W.pattern;
    return { nOut: nOut!, K: this.K, nIn: nIn!, init: initializerName("RBM", this.init), dtype: this.W.dtype };
  }

  private hidden(v: Variable): Variable {
    return sigmoid(linear(v, this.W, this.bOut));
  }

  private energy(v: Variable): Variable {
    return neg(add(matmul(v, this.bIn), sum(softplus(linear(v, this.W, this.bOut)), { axis: -1 })));
  }

  private divergence(v: Variable, reconstruction: Variable): Variable {
    return mean(sub(this.energy(v), this.energy(reconstruction)));
  }

  /** The probabilities of the visible units after `steps` steps from `v`. */
  private gibbs(v: Variable, steps: number): Variable {
    return noGrad(() => {
      let state = v;
      for (let step = 0; step < steps; step++) {
        const h = bernoulli(this.hidden(state));
        state = sigmoid(linear(h, transpose(this.W), this.bIn));
      }
      return state;
    });
  }

  /** The input as a Variable that fits; the first one tells the sizes. */
  private visible(v: Operand): Variable {
    const input = layerInput("RBM", v, { layout: "(N, nIn)", ndim: 2, dtype: this.W.dtype as FloatDType });
    if (this.W.initialized) checkLast("RBM", "visible units", input, this.W.shape[0]!);
    else this.initialize(input.shape[1]!);
    return input;
  }

  private initialize(nIn: number): void {
    const [, nOut] = this.W.pattern;
    const dtype = this.W.dtype as FloatDType;
    this.W.initialize(drawWeight("RBM", this.init, [nIn, nOut!], { dtype, gain: 1 }));
    this.bIn.initialize(zeros([nIn], { dtype }));
    this.bOut.initialize(zeros([nOut!], { dtype }));
  }
}

/** 1 with the given probabilities and else 0, in their dtype. */
function bernoulli(p: Variable): Variable {
  return astype(less(randomUniform(p.shape, { dtype: p.dtype }), p.detach()), p.dtype);
}
