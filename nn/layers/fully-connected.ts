import { zeros } from "../../core/creation.js";
import type { Operand, Variable } from "../../core/variable.js";
import { linear } from "../../functions/linalg.js";
import { type Activation, type ActivationSpec, activationName, resolveActivation } from "../activations.js";
import type { Hyperparameters } from "../config.js";
import { drawWeight, type Initializer, initializerName, resolveInitializer } from "../initializers.js";
import { Layer } from "../layer.js";
import { checkCount, checkFlag, checkFloat, checkOptions } from "../options.js";
import { type FloatDType, LazyParameter } from "../state.js";
import { checkLast, layerInput } from "./input.js";

/** Options of `FullyConnected`. */
export interface FullyConnectedOptions {
  /** Number of outputs. */
  nOut: number;
  /** Number of inputs; told by the first input unless given. */
  nIn?: number | null;
  /** Applied to the output; none unless given. */
  actFn?: ActivationSpec;
  /** Draws the weight: `"glorot_uniform"` unless given. The bias starts at 0. */
  init?: string | Initializer;
  /** Whether there is a bias: true unless given. */
  bias?: boolean;
  /** float32 unless given. */
  dtype?: FloatDType;
}

const KNOWN = ["nOut", "nIn", "actFn", "init", "bias", "dtype"];

/**
 * `actFn(x W + b)` on the last axis: (N, ..., nIn) to (N, ..., nOut), with `W` (nIn, nOut) and `b` (nOut,).
 * PyTorch's `Linear` has the transpose of `W`.
 */
export class FullyConnected extends Layer {
  readonly W: LazyParameter;
  readonly b: LazyParameter | null;
  private readonly activation: Activation;
  private readonly init: Initializer;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: FullyConnectedOptions) {
    super();
    checkOptions("FullyConnected", options, KNOWN);
    const { nOut, nIn = null, actFn = null, init = "glorot_uniform", bias = true, dtype = "float32" } = options;
    checkCount("FullyConnected", "nOut", nOut);
    if (nIn !== null) checkCount("FullyConnected", "nIn", nIn);
    checkFlag("FullyConnected", "bias", bias);
    checkFloat("FullyConnected", dtype);
    this.activation = resolveActivation("FullyConnected", actFn);
    this.init = resolveInitializer("FullyConnected", init);
    this.W = new LazyParameter("W", [nIn, nOut], dtype);
    this.b = bias ? new LazyParameter("b", [nOut], dtype) : null;
    if (nIn !== null) this.initialize(nIn);
  }

  /**
   * @throws ShapeError for fewer than two axes, no elements or another number of inputs than before; DTypeError for another
   * dtype than the layer's.
   */
  override forward(x: Operand): Variable {
    const dtype = this.W.dtype as FloatDType;
    const input = layerInput("FullyConnected", x, { layout: "(N, ..., nIn)", ndim: 2, orMore: true, dtype });
    if (this.W.initialized) checkLast("FullyConnected", "features", input, this.W.shape[0]!);
    else this.initialize(input.shape.at(-1)!);
    return this.activation.apply(linear(input, this.W, this.b ?? undefined));
  }

  protected override hyperparameters(): Hyperparameters {
    const [nIn, nOut] = this.W.initialized ? this.W.shape : this.W.pattern;
    return {
      nOut: nOut!,
      nIn: nIn!,
      actFn: activationName("FullyConnected", this.activation),
      init: initializerName("FullyConnected", this.init),
      bias: this.b !== null,
      dtype: this.W.dtype,
    };
  }

  private initialize(nIn: number): void {
    const [, nOut] = this.W.pattern;
    const dtype = this.W.dtype as FloatDType;
    const weight = drawWeight("FullyConnected", this.init, [nIn, nOut!], { dtype, gain: this.activation.gain });
    this.W.initialize(weight);
    this.b?.initialize(zeros([nOut!], { dtype }));
  }
}
