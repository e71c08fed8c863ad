import { BidirectionalLSTM } from "./bidirectional-lstm.js";
import { MultiHeadedAttentionModule } from "./multi-headed-attention.js";
import { PositionalEncoding } from "./positional-encoding.js";
import { SkipConnectionConvModule } from "./skip-connection-conv.js";
import { SkipConnectionIdentityModule } from "./skip-connection-identity.js";
import { TransformerDecoder, TransformerDecoderBlock } from "./transformer-decoder.js";
import { TransformerEncoder, TransformerEncoderBlock } from "./transformer-encoder.js";
import { WavenetResidualModule } from "./wavenet-residual.js";

export type { BidirectionalLSTMOptions, MergeMode } from "./bidirectional-lstm.js";
export type { MultiHeadedAttentionOptions } from "./multi-headed-attention.js";
export type { PositionalEncodingOptions } from "./positional-encoding.js";
export type { SkipConnectionOptions } from "./skip-connection.js";
export type { SkipConnectionConvOptions } from "./skip-connection-conv.js";
export type { SkipConnectionIdentityOptions } from "./skip-connection-identity.js";
export type { TransformerBlockOptions } from "./transformer-block.js";
export type { DecoderInput, TransformerDecoderBlockOptions, TransformerDecoderOptions } from "./transformer-decoder.js";
export type { TransformerEncoderBlockOptions, TransformerEncoderOptions } from "./transformer-encoder.js";
export type { TransformerStackOptions } from "./transformer-stack.js";
export type { WavenetResidualOptions } from "./wavenet-residual.js";
export {
  BidirectionalLSTM,
  MultiHeadedAttentionModule,
  PositionalEncoding,
  SkipConnectionConvModule,
  SkipConnectionIdentityModule,
  TransformerDecoder,
  TransformerDecoderBlock,
  TransformerEncoder,
  TransformerEncoderBlock,
  WavenetResidualModule,
};
