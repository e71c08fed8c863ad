import { ShapeError } from "../../core/errors.js";
import { checkCount, checkOptions } from "../../core/options.js";
import { sameShape, shapeText } from "../../core/shape.js";
import type { Operand, Variable } from "../../core/variable.js";
import type { Hyperparameters } from "../config.js";
import { LayerNorm1D } from "../layers/layer-norm.js";
import { attentionMask, MultiHeadedAttentionModule, scoresShape } from "./multi-headed-attention.js";
import { sequenceInput } from "./sequences.js";
import { initializeAs, sizesOf } from "./sizes.js";
import { BLOCK_OPTIONS, TransformerBlock, type TransformerBlockOptions } from "./transformer-block.js";
import { STACK_OPTIONS, TransformerStack, type TransformerStackOptions } from "./transformer-stack.js";

/** Options of `TransformerDecoderBlock`, where `causal` is true unless given. */
export interface TransformerDecoderBlockOptions extends TransformerBlockOptions {
  /** Number of features of the memory; told by the first one unless given, but `nIn` when that is given. */
  nMemory?: number | null;
}

/** Options of `TransformerDecoder`: its own and those of its blocks. */
export type TransformerDecoderOptions = TransformerDecoderBlockOptions & TransformerStackOptions;

/** What a decoder takes beside its input and the memory. */
export interface DecoderInput {
  /** Of the self-attention, as `MultiHeadedAttentionModule` takes it, beside the causal one. */
  mask?: Operand | null;
  /** Of the attention to the memory. */
  memoryMask?: Operand | null;
}

/** What a decoder takes, checked. */
interface CheckedInput {
  mask: Variable | null;
  memoryMask: Variable | null;
}

const KNOWN = ["nMemory", ...BLOCK_OPTIONS];

/**
 * A block of a transformer's decoder (Vaswani et al., "Attention is all you need", 2017) on sequences (N, T, nIn) and the
 * memory (N, S, nMemory) that an encoder made, or one of each without N:
 *
 *     h = norm1(x + selfAttention(x))
 *     g = norm2(h + crossAttention(h, memory))
 *     y = norm3(g + linear2(actFn(linear1(g))))
 *
 * or with `normFirst` `h = x + selfAttention(norm1(x))` and so on. The self-attention is causal unless told otherwise. Dropout
 * is where `TransformerEncoderBlock` has it.
 *
 * PyTorch's `nn.TransformerDecoderLayer(nIn, nHeads, dimFeedforward, batch_first=True)`, whose `multihead_attn` is
 * `crossAttention`, and which needs the causal mask as `tgt_mask`.
 */
export class TransformerDecoderBlock extends TransformerBlock {
  /** The attention to the memory. */
  readonly crossAttention: MultiHeadedAttentionModule;
  /** The layer norm of the feed-forward network. */
  readonly norm3: LayerNorm1D;

  /**
   * @param module What messages call it, for layers that consist of blocks.
   * @throws ArgumentError for options that are unknown or out of range, or when the heads cannot share the features.
   */
  constructor(options: TransformerDecoderBlockOptions = {}, module = "TransformerDecoderBlock") {
    checkOptions(module, options, KNOWN);
    const { nMemory = null, causal = true, ...rest } = options;
    super(module, { ...rest, causal });
    if (nMemory !== null) checkCount(module, "nMemory", nMemory);
    const { nHeads, nIn, dropoutP, epsilon, init, dtype } = this.options;
    this.crossAttention = new MultiHeadedAttentionModule({ nHeads, nIn, nKey: nMemory, dropoutP, init, dtype });
    this.norm3 = new LayerNorm1D({ nIn, epsilon, dtype });
  }

  /**
   * @throws ShapeError for an input or memory that is no sequences, has no elements or other features than before, or a mask
   * that does not fit; DTypeError for another dtype than the module's, or a mask of integers; ArgumentError when the heads
   * cannot share the features. Nothing has changed then.
   */
  override forward(x: Operand, memory: Operand, input: DecoderInput = {}): Variable {
    const [sequences, keys, { mask, memoryMask }] = this.check(x, memory, input);
    if (!this.initialized) {
      const sizes = { nIn: sequences.shape.at(-1)!, nMemory: keys.shape.at(-1)! };
      initializeAs(this, new TransformerDecoderBlock({ ...this.options, ...sizes }));
    }
    const attended = this.residual(sequences, this.norm1, (h) => this.selfAttention.forward(h, null, null, { mask }));
    const informed = this.residual(attended, this.norm2, (h) =>
      this.crossAttention.forward(h, keys, null, { mask: memoryMask }),
    );
    return this.residual(informed, this.norm3, (h) => this.feedForward(h));
  }

  /** @internal What `forward` takes, checked. */
  check(x: Operand, memory: Operand, input: DecoderInput): [sequences: Variable, memory: Variable, CheckedInput] {
    const { module, crossAttention } = this;
    const { nHeads, dtype } = this.options;
    checkOptions(module, input, ["mask", "memoryMask"]);
    const [sequences, mask] = this.sequences(x, input.mask);
    const [features] = sizesOf(crossAttention.K);
    const keys = sequenceInput(`${module}: memory`, memory, { dtype, features, layout: "(N, S, nMemory)" });
    if (!sameShape(sequences.shape.slice(0, -2), keys.shape.slice(0, -2))) {
      throw new ShapeError(
        `${module}: the input has shape ${shapeText(sequences.shape)} and the memory ${shapeText(keys.shape)}; expected as many sequences`,
      );
    }
    const scores = scoresShape(sequences, keys, nHeads);
    const memoryMask = attentionMask(`${module}: memoryMask`, input.memoryMask, dtype, scores);
    return [sequences, keys, { mask, memoryMask }];
  }

  protected override hyperparameters(): Hyperparameters {
    return { ...super.hyperparameters(), nMemory: sizesOf(this.crossAttention.K)[0] };
  }
}

/**
 * `numLayers` blocks, one on the output of the other and all on the same memory, and a layer norm after the last when `finalNorm`:
 * (N, T, nIn) to (N, T, nIn). PyTorch's `nn.TransformerDecoder`.
 */
export class TransformerDecoder extends TransformerStack<TransformerDecoderBlock> {
  /** @throws ArgumentError for options that are unknown or out of range, or when the heads cannot share the features. */
  constructor(options: TransformerDecoderOptions = {}) {
    checkOptions("TransformerDecoder", options, [...STACK_OPTIONS, ...KNOWN]);
    const { numLayers, finalNorm, ...rest } = options;
    const make = () => new TransformerDecoderBlock(rest, "TransformerDecoder");
    super("TransformerDecoder", { numLayers, finalNorm, ...rest }, make);
  }

  /** Each block gets the memory and the masks. @throws What the `forward` of a block throws. */
  override forward(x: Operand, memory: Operand, input: DecoderInput = {}): Variable {
    const [sequences, keys, masks] = this.layers[0]!.check(x, memory, input);
    const nMemory = keys.shape.at(-1)!;
    this.initializeFor(sequences, (options) => new TransformerDecoder({ ...options, nMemory }));
    return this.normalized(this.layers.reduce((h, layer) => layer.forward(h, keys, masks), sequences));
  }
}
