import type { Layer } from "../../layer.js";
import { BatchNorm1D, BatchNorm2D } from "../../layers/batch-norm.js";
import { Conv1D } from "../../layers/conv1d.js";
import { Conv2D } from "../../layers/conv2d.js";
import { Deconv2D } from "../../layers/deconv2d.js";
import { Embedding } from "../../layers/embedding.js";
import { FullyConnected } from "../../layers/fully-connected.js";
import { GCNConv } from "../../layers/gcn-conv.js";
import { GRU } from "../../layers/gru.js";
import { GRUCell } from "../../layers/gru-cell.js";
import { LayerNorm1D, LayerNorm2D } from "../../layers/layer-norm.js";
import { LSTM } from "../../layers/lstm.js";
import { LSTMCell } from "../../layers/lstm-cell.js";
import { RNN } from "../../layers/rnn.js";
import { RNNCell } from "../../layers/rnn-cell.js";
import { SparseEvolution } from "../../layers/sparse-evolution.js";
import { NCELoss } from "../../losses/nce.js";
import { BidirectionalLSTM } from "../../modules/bidirectional-lstm.js";
import { MultiHeadedAttentionModule } from "../../modules/multi-headed-attention.js";
import { PositionalEncoding } from "../../modules/positional-encoding.js";
import { SkipConnection } from "../../modules/skip-connection.js";
import { TransformerBlock } from "../../modules/transformer-block.js";
import { DropoutWrapper } from "../../wrappers/dropout-wrapper.js";
import { multiHeadedAttention } from "./attention-rules.js";
import type { Exchange, Place } from "./exchange.js";
import * as simple from "./layer-rules.js";
import * as recurrent from "./recurrent-rules.js";

/** How all parameters and buffers of a layer correspond to the tensors of a module. */
export type Rule = (place: Place) => Exchange[];

/** A class of layers, whatever its constructor takes. */
type Kind<L> = abstract new (...args: never[]) => L;

/** A class of layers and the rule for it. */
const kind = <L extends Layer>(type: Kind<L>, rule: (layer: L, place: Place) => Exchange[]) => ({
  ruleOf: (layer: Layer): Rule | null => (layer instanceof type ? (place) => rule(layer, place) : null),
});

const KINDS = [
  kind(FullyConnected, simple.fullyConnected),
  kind(SparseEvolution, simple.sparseEvolution),
  kind(Conv1D, simple.conv1D),
  kind(Conv2D, simple.conv2D),
  kind(Deconv2D, simple.deconv2D),
  kind(BatchNorm1D, simple.batchNorm),
  kind(BatchNorm2D, simple.batchNorm),
  kind(LayerNorm1D, simple.layerNorm1D),
  kind(LayerNorm2D, simple.layerNorm2D),
  kind(Embedding, simple.embedding),
  kind(PositionalEncoding, simple.positionalEncoding),
  kind(GCNConv, simple.gcnConv),
  kind(NCELoss, simple.nceLoss),
  kind(RNNCell, recurrent.rnnCell),
  kind(GRUCell, recurrent.gruCell),
  kind(LSTMCell, recurrent.lstmCell),
  kind(RNN, recurrent.rnn),
  kind(GRU, recurrent.gru),
  kind(LSTM, recurrent.lstm),
  kind(BidirectionalLSTM, recurrent.bidirectionalLSTM),
  kind(MultiHeadedAttentionModule, multiHeadedAttention),
];

/** What PyTorch, or torchvision, calls the layers in layers that have no rule. */
const CHILDREN: readonly (readonly [type: Kind<Layer>, names: Readonly<Record<string, string>>])[] = [
  [TransformerBlock, { selfAttention: "self_attn", crossAttention: "multihead_attn" }],
  [SkipConnection, { batchnorm1: "bn1", batchnorm2: "bn2", convSkip: "downsample.0", batchnormSkip: "downsample.1" }],
  // Sequential(Dropout(p), layer)
  [DropoutWrapper, { layer: "1" }],
];

/** The rule for a layer; null for one that only consists of others. */
export function ruleOf(layer: Layer): Rule | null {
  for (const { ruleOf } of KINDS) {
    const rule = ruleOf(layer);
    if (rule !== null) return rule;
  }
  return null;
}

/** What a layer, or entry, called `name` in `parent` may be called there: the first is what is written. */
export function torchNames(parent: Layer, name: string): [string, ...string[]] {
  const names = CHILDREN.find(([type]) => parent instanceof type)?.[1] ?? {};
  const snake = name.replace(/([a-z0-9])([A-Z])/g, (_, before, letter) => `${before}_${letter.toLowerCase()}`);
  const known = Object.hasOwn(names, name) ? names[name]! : snake;
  return [known, snake, name];
}
