import { zeros } from "../../core/creation.js";
import type { FloatDType } from "../../core/dtype.js";
import { checkCount, checkFlag, checkFloat, checkOptions } from "../../core/options.js";
import type { Operand, Variable } from "../../core/variable.js";
import { add } from "../../functions/arithmetic.js";
import { type Adjacency, propagation } from "../../functions/graph.js";
import { matmul } from "../../functions/linalg.js";
import { type Activation, type ActivationSpec, activationName, resolveActivation } from "../activations.js";
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

/** Options of `GCNConv`. */
export interface GCNConvOptions {
  /** Number of outputs for each node. */
  nOut: number;
  /** Number of inputs for each node; told by the first input unless given. */
  nIn?: number | null;
  /** Whether an edge from j to i counts `1 / sqrt(degree(i) degree(j))`: true unless given. */
  normalize?: boolean;
  /** Whether nodes without an edge to themselves get one, of weight 1: true unless given. */
  selfLoops?: boolean;
  /** Applied to the output; none unless given. */
  actFn?: ActivationSpec;
  /** Draws the weight: `"glorot_uniform"` unless given. The bias starts at 0. */
  init?: InitializerSpec;
  /** Whether there is a bias: true unless given. */
  bias?: boolean;
  /** float32 unless given. */
  dtype?: FloatDType;
}

const KNOWN = ["nOut", "nIn", "normalize", "selfLoops", "actFn", "init", "bias", "dtype"];

/**
 * A graph convolution: `actFn(D^-1/2 (A + I) D^-1/2 x W + b)`, from the nodes' features `x` (N, nIn) to (N, nOut), with `W`
 * (nIn, nOut) and `b` (nOut,) (Kipf and Welling, "Semi-supervised classification with graph convolutional networks", 2017).
 * D has the sums of the rows of A + I. PyTorch Geometric's `GCNConv` has the transpose of `W`, as `lin.weight`.
 *
 *     layer.forward(x, { edges: [[0, 1, 2], [1, 2, 0]], weights: [1, 0.5, 2] }); // from 0 to 1, from 1 to 2, from 2 to 0
 *     layer.forward(x, [[0, 0, 2], [1, 0, 0], [0, 0.5, 0]]);                     // the same: targets in rows, sources in columns
 */
export class GCNConv extends Layer {
  /** The weights (nIn, nOut). */
  readonly W: LazyParameter;
  /** The bias (nOut,); null without. */
  readonly b: LazyParameter | null;
  private readonly normalize: boolean;
  private readonly selfLoops: boolean;
  private readonly activation: Activation;
  private readonly init: Initializer;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: GCNConvOptions) {
    super();
    checkOptions("GCNConv", options, KNOWN);
    const { nOut, nIn = null, normalize = true, selfLoops = true } = options;
    const { actFn = null, init = "glorot_uniform", bias = true, dtype = "float32" } = options;
    checkCount("GCNConv", "nOut", nOut);
    if (nIn !== null) checkCount("GCNConv", "nIn", nIn);
    checkFlag("GCNConv", "normalize", normalize);
    checkFlag("GCNConv", "selfLoops", selfLoops);
    checkFlag("GCNConv", "bias", bias);
    checkFloat("GCNConv", dtype);
    this.normalize = normalize;
    this.selfLoops = selfLoops;
    this.activation = resolveActivation("GCNConv", actFn);
    this.init = resolveInitializer("GCNConv", init);
    this.W = new LazyParameter("W", [nIn, nOut], dtype);
    this.b = bias ? new LazyParameter("b", [nOut], dtype) : null;
    if (nIn !== null) this.initialize(nIn);
  }

  /**
   * The output for a graph: a matrix (N, N) that has the weight of the edge from node j to node i in row i and column j, or
   * edges (2, E), sources above targets, with weights (E,) unless these are all 1. Edges between the same nodes add up.
   * Gradients flow to a matrix and to weights too.
   * @throws ShapeError when the input is not (N, nIn) or the graph has other shapes than these; IndexError for an edge to or
   * from a node that is none; DTypeError for other dtypes than the layer's, or edges that are not integers; ArgumentError when
   * the graph is neither a matrix nor edges, or has a negative degree to normalize by.
   */
  forward(x: Operand, adjacency: Adjacency): Variable {
    const dtype = this.W.dtype as FloatDType;
    const input = layerInput("GCNConv", x, { layout: "(N, nIn)", ndim: 2, dtype });
    if (this.W.initialized) checkLast("GCNConv", "features", input, this.W.shape[0]!);
    const { normalize, selfLoops } = this;
    const propagate = propagation("GCNConv", adjacency, { nodes: input.shape[0]!, dtype, normalize, selfLoops });
    if (!this.W.initialized) this.initialize(input.shape[1]!);
    const received = propagate(matmul(input, this.W));
    return this.activation.apply(this.b === null ? received : add(received, this.b));
  }

  protected override hyperparameters(): Hyperparameters {
    const [nIn, nOut] = this.W.initialized ? this.W.shape : this.W.pattern;
    return {
      nOut: nOut!,
      nIn: nIn!,
      normalize: this.normalize,
      selfLoops: this.selfLoops,
      actFn: activationName("GCNConv", this.activation),
      init: initializerName("GCNConv", this.init),
      bias: this.b !== null,
      dtype: this.W.dtype,
    };
  }

  private initialize(nIn: number): void {
    const [, nOut] = this.W.pattern;
    const dtype = this.W.dtype as FloatDType;
    const weight = drawWeight("GCNConv", this.init, [nIn, nOut!], { dtype, gain: this.activation.gain });
    this.W.initialize(weight);
    this.b?.initialize(zeros([nOut!], { dtype }));
  }
}
