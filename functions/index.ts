import "./methods.js";

export {
  affine,
  elu,
  gelu,
  hardSigmoid,
  leakyRelu,
  logSoftmax,
  relu,
  type SoftmaxOptions,
  selu,
  softmax,
  softplus,
} from "./activation.js";
export { add, Broadcasting, div, mul, neg, sub } from "./arithmetic.js";
export { flip, type PadWidths, pad, repeat, roll, tile } from "./arrangement.js";
export { type AttentionOptions, scaledDotProductAttention } from "./attention.js";
export { equal, greater, greaterEqual, less, lessEqual, notEqual } from "./comparison.js";
export { col2im, conv1d, conv2d, deconv2d, im2col } from "./conv.js";
export { type DiagonalOptions, diagonal, trace } from "./diagonal.js";
export { astype } from "./dtype.js";
export { einsum } from "./einsum.js";
export { type EmbeddingBagOptions, type EmbeddingOptions, embedding, embeddingBag, type IdBags } from "./embedding.js";
export {
  type Adjacency,
  type Edges,
  graphPropagate,
  type PropagationOptions,
  segmentSum,
} from "./graph.js";
export { type GruOptions, gru } from "./gru.js";
export { getItem, type Index, oneHot, takeAlongAxis } from "./indexing.js";
export { cat, split, stack, unbind } from "./joining.js";
export { dot, linear, matmul, outer } from "./linalg.js";
export {
  accuracy,
  type BinaryCrossEntropyOptions,
  binaryCrossEntropy,
  type CosineEmbeddingOptions,
  cosineEmbeddingLoss,
  crossEntropy,
  type DivergenceOptions,
  type DivergenceReduction,
  type HuberOptions,
  huberLoss,
  klDivergence,
  type LossOptions,
  type LossReduction,
  meanAbsoluteError,
  meanSquaredError,
  type SigmoidCrossEntropyOptions,
  type SoftmaxCrossEntropyOptions,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  softmaxCrossEntropySimple,
  squaredError,
  type TripletMarginOptions,
  tripletMarginLoss,
  vaeLoss,
} from "./loss.js";
export { type LstmOptions, lstm } from "./lstm.js";
export {
  abs,
  acos,
  asin,
  atan,
  ceil,
  cos,
  cosh,
  erf,
  exp,
  expm1,
  floor,
  log,
  log1p,
  reciprocal,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  sinh,
  sqrt,
  square,
  tan,
  tanh,
} from "./math.js";
export { type NormOptions, norm } from "./norm.js";
export { type BatchNormOptions, batchNorm, type LayerNormOptions, layerNorm } from "./normalization.js";
export { calcConvOutDims, calcPadDims1d, calcPadDims2d, dilate, pad1d, pad2d } from "./padding.js";
export { averagePool, maxPool, type PoolOptions } from "./pool.js";
export { pow } from "./power.js";
export { prod } from "./prod.js";
export { dropout } from "./random.js";
export type { RecurrentActivation } from "./recurrent.js";
export { type ArgOptions, argmax, argmin, cumsum, max, mean, min, type ReduceOptions, sum } from "./reduce.js";
export { type RnnOptions, rnn } from "./rnn.js";
export { clip, maximum, minimum, where } from "./selection.js";
export {
  broadcastTo,
  expandDims,
  flatten,
  reshape,
  squeeze,
  sumTo,
  swapaxes,
  transpose,
} from "./shape.js";
export { logsumexp, std, type VarianceOptions, var } from "./statistics.js";
export type { Pad1D, Pad2D, Pair, TransposedWindow2DOptions, Window1DOptions, Window2DOptions } from "./window.js";
