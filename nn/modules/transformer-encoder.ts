import { checkOptions } from "../../core/options.js";
import type { Operand, Variable } from "../../core/variable.js";
import type { AttentionInput } from "../layers/dot-product-attention.js";
import { initializeAs } from "./sizes.js";
import { BLOCK_OPTIONS, TransformerBlock, type TransformerBlockOptions } from "./transformer-block.js";
import { STACK_OPTIONS, TransformerStack, type TransformerStackOptions } from "./transformer-stack.js";

/** Options of `TransformerEncoderBlock`, where `causal` is false unless given. */
export type TransformerEncoderBlockOptions = TransformerBlockOptions;

/** Options of `TransformerEncoder`: its own and those of its blocks. */
export type TransformerEncoderOptions = TransformerBlockOptions & TransformerStackOptions;

/**
 * A block of a transformer's encoder (Vaswani et al., "Attention is all you need", 2017) on sequences (N, T, nIn), or one (T, nIn):
 *
 *     h = norm1(x + selfAttention(x))        y = norm2(h + linear2(actFn(linear1(h))))
 *
 * or with `normFirst` (Xiong et al., "On layer normalization in the transformer architecture", 2020)
 *
 *     h = x + selfAttention(norm1(x))        y = h + linear2(actFn(linear1(norm2(h))))
 *
 * with dropout on the attention weights, after actFn and before each sum. With `causal` it is a block of a language model such as GPT.
 *
 * PyTorch's `nn.TransformerEncoderLayer(nIn, nHeads, dimFeedforward, batch_first=True)`, whose `self_attn`, `linear1`, `linear2`,
 * `norm1` and `norm2` have the same places; its `activation="gelu"` is `actFn: "gelu(approximate=false)"`.
 */
export class TransformerEncoderBlock extends TransformerBlock {
  /**
   * @param module What messages call it, for layers that consist of blocks.
   * @throws ArgumentError for options that are unknown or out of range, or when the heads cannot share the features.
   */
  constructor(options: TransformerEncoderBlockOptions = {}, module = "TransformerEncoderBlock") {
    checkOptions(module, options, BLOCK_OPTIONS);
    const { causal = false, ...rest } = options;
    super(module, { ...rest, causal });
  }

  /**
   * The mask is that of `MultiHeadedAttentionModule`.
   * @throws ShapeError for an input that is no sequences, has no elements or other features than before, or a mask that does
   * not fit it; DTypeError for another dtype than the module's, or a mask of integers; ArgumentError when the heads cannot
   * share the features. Nothing has changed then.
   */
  override forward(x: Operand, input: AttentionInput = {}): Variable {
    const [sequences, mask] = this.check(x, input);
    if (!this.initialized) {
      initializeAs(this, new TransformerEncoderBlock({ ...this.options, nIn: sequences.shape.at(-1)! }));
    }
    const attended = this.residual(sequences, this.norm1, (h) => this.selfAttention.forward(h, null, null, { mask }));
    return this.residual(attended, this.norm2, (h) => this.feedForward(h));
  }

  /** @internal What `forward` takes, checked. */
  check(x: Operand, input: AttentionInput): [sequences: Variable, mask: Variable | null] {
    checkOptions(this.module, input, ["mask"]);
    return this.sequences(x, input.mask);
  }
}

/**
 * `numLayers` blocks, one on the output of the other, and a layer norm after the last when `finalNorm`: (N, T, nIn) to (N, T, nIn).
 * PyTorch's `nn.TransformerEncoder`.
 */
export class TransformerEncoder extends TransformerStack<TransformerEncoderBlock> {
  /** @throws ArgumentError for options that are unknown or out of range, or when the heads cannot share the features. */
  constructor(options: TransformerEncoderOptions = {}) {
    checkOptions("TransformerEncoder", options, [...STACK_OPTIONS, ...BLOCK_OPTIONS]);
    const { numLayers, finalNorm, ...rest } = options;
    const make = () => new TransformerEncoderBlock(rest, "TransformerEncoder");
    super("TransformerEncoder", { numLayers, finalNorm, ...rest }, make);
  }

  /** Each block gets the mask. @throws What the `forward` of a block throws. */
  override forward(x: Operand, input: AttentionInput = {}): Variable {
    const [sequences, mask] = this.layers[0]!.check(x, input);
    this.initializeFor(sequences, (options) => new TransformerEncoder(options));
    return this.normalized(this.layers.reduce((h, layer) => layer.forward(h, { mask }), sequences));
  }
}
