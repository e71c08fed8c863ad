import { config } from "../../core/config.js";
import type { FloatDType } from "../../core/dtype.js";
import { checkCount, checkFlag, checkFloat } from "../../core/options.js";
import type { Operand, Variable } from "../../core/variable.js";
import { add } from "../../functions/arithmetic.js";
import { dropout } from "../../functions/random.js";
import { type ActivationSpec, activationName, resolveActivation } from "../activations.js";
import type { Hyperparameters } from "../config.js";
import { type InitializerSpec, initializerName, resolveInitializer } from "../initializers.js";
import { Layer } from "../layer.js";
import type { FullyConnected } from "../layers/fully-connected.js";
import { checkEpsilon, LayerNorm1D } from "../layers/layer-norm.js";
import { attentionMask, checkHeads, MultiHeadedAttentionModule, scoresShape } from "./multi-headed-attention.js";
import { checkProbability, sequenceInput } from "./sequences.js";
import { dense, sizesOf } from "./sizes.js";

/** The options that the blocks of encoders and decoders share. */
export interface TransformerBlockOptions {
  /** Number of heads: 8 unless given. */
  nHeads?: number;
  /** Number of features; told by the first input unless given. */
  nIn?: number | null;
  /** Number of features inside the feed-forward network: 4 times `nIn` unless given, as in the paper (PyTorch has 2048). */
  dimFeedforward?: number | null;
  /** Applied inside the feed-forward network: `"relu"` unless given. */
  actFn?: ActivationSpec;
  /**
   * The probability that, in training, an attention weight, an entry inside the feed-forward network or one of what is added to
   * the input is dropped: 0.1 unless given.
   */
  dropoutP?: number;
  /** Whether the input of each part is normalized (pre-norm) instead of the sum after it: false unless given. */
  normFirst?: boolean;
  /** Added to the variances of the layer norms: 1e-5 unless given. */
  epsilon?: number;
  /** Whether a position may attend only to those that are not later. */
  causal?: boolean;
  /** Draws the weights: `"glorot_uniform"` unless given. Biases start at 0. */
  init?: InitializerSpec;
  /** float32 unless given. */
  dtype?: FloatDType;
}

/** The names of `TransformerBlockOptions`. */
export const BLOCK_OPTIONS = [
  ...["nHeads", "nIn", "dimFeedforward", "actFn", "dropoutP", "normFirst", "epsilon"],
  ...["causal", "init", "dtype"],
];

/** What the blocks of encoders and decoders have in common: self-attention, a feed-forward network, and how these are added. */
export abstract class TransformerBlock extends Layer {
  /** The attention of the positions to each other. */
  readonly selfAttention: MultiHeadedAttentionModule;
  /** The first layer of the network that each position goes through. */
  readonly linear1: FullyConnected;
  /** Its second layer. */
  readonly linear2: FullyConnected;
  /** The layer norm of the self-attention. */
  readonly norm1: LayerNorm1D;
  /** The layer norm of the feed-forward network or, in a decoder, of the attention to the memory. */
  readonly norm2: LayerNorm1D;
  protected readonly options: Required<TransformerBlockOptions>;

  /** `module` is what messages call it. */
  constructor(
    protected readonly module: string,
    options: TransformerBlockOptions & { causal: boolean },
  ) {
    super();
    const { nHeads = 8, nIn = null, dimFeedforward = null, actFn = "relu", dropoutP = 0.1 } = options;
    const { normFirst = false, epsilon = 1e-5, causal, init = "glorot_uniform", dtype = "float32" } = options;
    checkCount(module, "nHeads", nHeads);
    if (nIn !== null) checkCount(module, "nIn", nIn);
    if (nIn !== null) checkHeads(module, nHeads, nIn);
    if (dimFeedforward !== null) checkCount(module, "dimFeedforward", dimFeedforward);
    resolveActivation(module, actFn);
    checkProbability(module, "dropoutP", dropoutP);
    checkFlag(module, "normFirst", normFirst);
    checkEpsilon(module, epsilon);
    checkFlag(module, "causal", causal);
    resolveInitializer(module, init);
    checkFloat(module, dtype);
    this.options = { nHeads, nIn, dimFeedforward, actFn, dropoutP, normFirst, epsilon, causal, init, dtype };
    const inner = dimFeedforward ?? (nIn === null ? null : 4 * nIn);
    this.selfAttention = new MultiHeadedAttentionModule({ nHeads, nIn, dropoutP, causal, init, dtype });
    this.linear1 = dense(nIn !== null, [nIn, inner], { actFn, init, dtype });
    this.linear2 = dense(nIn !== null, [inner, nIn], { init, dtype });
    this.norm1 = new LayerNorm1D({ nIn, epsilon, dtype });
    this.norm2 = new LayerNorm1D({ nIn, epsilon, dtype });
  }

  /** @internal Whether the block's parameters have values. */
  get initialized(): boolean {
    return this.selfAttention.Q.W.initialized;
  }

  /** The input as a Variable, which the heads can share, and the mask of its self-attention. */
  protected sequences(x: Operand, mask: Operand | null | undefined): [input: Variable, mask: Variable | null] {
    const { module, selfAttention } = this;
    const { nHeads, dtype } = this.options;
    const input = sequenceInput(module, x, { dtype, features: sizesOf(selfAttention.Q)[0] });
    checkHeads(module, nHeads, input.shape.at(-1)!);
    return [input, attentionMask(`${module}: mask`, mask, dtype, scoresShape(input, input, nHeads))];
  }

  /** `x` with what `part` makes of it added, normalized before or after. */
  protected residual(x: Variable, norm: LayerNorm1D, part: (x: Variable) => Variable): Variable {
    if (this.options.normFirst) return add(x, this.dropped(part(norm.forward(x))));
    return norm.forward(add(x, this.dropped(part(x))));
  }

  /** The feed-forward network. */
  protected feedForward(x: Variable): Variable {
    return this.linear2.forward(this.dropped(this.linear1.forward(x)));
  }

  protected override hyperparameters(): Hyperparameters {
    const { module, options } = this;
    return {
      ...options,
      nIn: sizesOf(this.selfAttention.Q)[0],
      actFn: activationName(module, resolveActivation(module, options.actFn)),
      init: initializerName(module, resolveInitializer(module, options.init)),
    };
  }

  private dropped(x: Variable): Variable {
    return dropout(x, { p: this.options.dropoutP, training: this.training && config.train });
  }
}
