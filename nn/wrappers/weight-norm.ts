import type { NDArray } from "../../core/ndarray.js";
import { checkOptions } from "../../core/options.js";
import { Variable } from "../../core/variable.js";
import { div, mul } from "../../functions/arithmetic.js";
import { norm } from "../../functions/norm.js";
import type { Hyperparameters } from "../config.js";
import type { Layer, UnaryLayer } from "../layer.js";
import { LazyParameter } from "../state.js";
import { checkDim, Reparametrization, type ReparametrizationOptions, unwrapped } from "./reparametrization.js";

/** Options of `WeightNorm`. */
export interface WeightNormOptions extends ReparametrizationOptions {
  /**
   * The axis of the weight along which each slice has a length of its own: -1 unless given, which is the outputs in the weights
   * `W` of this library; 0 for the weights of a GRU and the rows of an Embedding. With null the whole weight has one length.
   */
  dim?: number | null;
}

const NAME = "WeightNorm";

/**
 * Weight normalization of a layer (Salimans and Kingma, "Weight normalization: a simple reparameterization to accelerate training of
 * deep neural networks", 2016): in the place of a weight `W` there are its lengths `g` and a direction `v`, of which it is
 * computed in each forward as `v * g / norm(v)`. They start at what the layer's initializer makes of `W`.
 *
 *     const layer = new WeightNorm(new FullyConnected({ nOut: 10 }));         // parameters g (1, 10), v (nIn, 10), layer.b
 *     new WeightNorm(new LSTM({ nOut: 8 }), { name: "cells.0.Wf" });
 *
 * `v` has the shape of the weight, and `g` too but for lengths of 1 beside `dim`; () for dim null. `layer.W` is what is computed.
 * PyTorch's `torch.nn.utils.weight_norm`, whose weights have the outputs first.
 */
export class WeightNorm<L extends Layer = UnaryLayer> extends Reparametrization<L> {
  /** The lengths. */
  readonly g: LazyParameter;
  /** The directions, of any length. */
  readonly v: LazyParameter;
  private readonly dim: number | null;
  /** The axes over which lengths are taken; all with null. */
  private readonly axes: readonly number[] | null;

  /** @throws ArgumentError, AxisError or ShapeError for no layer, options that are unknown, and no such parameter or axis. */
  constructor(layer: L, options: WeightNormOptions = {}) {
    checkOptions(NAME, options, ["name", "dim"]);
    const { name = "W", dim = -1 } = options;
    super(NAME, layer, name);
    const { pattern, dtype } = this.replaced;
    const axis = dim === null ? null : checkDim(NAME, dim, this.replaced);
    this.dim = dim;
    this.axes = axis === null ? null : pattern.flatMap((_, i) => (i === axis ? [] : [i]));
    const lengths = axis === null ? [] : pattern.map((n, i) => (i === axis ? n : 1));
    this.g = new LazyParameter("g", lengths, dtype);
    this.v = new LazyParameter("v", pattern, dtype);
    this.takeOver();
  }

  /** Builds one from its config. */
  static fromHyperparameters(hyperparameters: Hyperparameters): WeightNorm<Layer> {
    return new WeightNorm(...unwrapped<WeightNormOptions>(NAME, hyperparameters));
  }

  protected override own(): readonly LazyParameter[] {
    return [this.g, this.v];
  }

  protected override start(weight: NDArray): void {
    const lengths = this.lengths(new Variable(weight, false)).data;
    this.v.initialize(weight);
    this.g.initialize(lengths);
  }

  protected override compute(): Variable {
    return mul(this.v, div(this.g, this.lengths(this.v)));
  }

  protected override hyperparameters(): Hyperparameters {
    return { ...super.hyperparameters(), dim: this.dim };
  }

  private lengths(weight: Variable): Variable {
    return this.axes === null ? norm(weight) : norm(weight, { axis: this.axes, keepdims: true });
  }
}
