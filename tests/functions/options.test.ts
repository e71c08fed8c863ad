import * as core from "../../core/index.js";
import * as F from "../../functions/index.js";

/*
 * The compiler refuses options that there are not; a program in JavaScript, or one that spreads objects, is told when it runs. What makes
 * arrays (`zeros`, `randomNormal`) may be an initializer of a layer, which gets options that it does not need, and refuses none.
 */

const { variable, zeros, ArgumentError } = core;
const x = variable(zeros([2, 3]));
const images = variable(zeros([1, 4, 4, 1]));
const sequences = zeros([2, 3, 4]);
const ids = zeros([2], { dtype: "int32" });
const vectors = zeros([3, 3]);

/** Each with options in their place. */
const calls: Record<string, (options: never) => unknown> = {
  variable: (o) => variable([1], o),
  backward: (o) => x.sum().backward(o),
  grad: (o) => core.grad(x.sum(), x, o),
  gradcheck: (o) => core.gradcheck((y) => y, [x], o),
  sum: (o) => x.sum(o),
  mean: (o) => F.mean(x, o),
  prod: (o) => F.prod(x, o),
  max: (o) => F.max(x, o),
  min: (o) => F.min(x, o),
  var: (o) => F.var(x, o),
  std: (o) => F.std(x, o),
  logsumexp: (o) => F.logsumexp(x, o),
  norm: (o) => F.norm(x, o),
  argmax: (o) => F.argmax(x, o),
  argmin: (o) => F.argmin(x, o),
  cumsum: (o) => F.cumsum(x, o),
  squeeze: (o) => F.squeeze(x, o),
  softmax: (o) => F.softmax(x, o),
  logSoftmax: (o) => F.logSoftmax(x, o),
  leakyRelu: (o) => F.leakyRelu(x, o),
  elu: (o) => F.elu(x, o),
  gelu: (o) => F.gelu(x, o),
  affine: (o) => F.affine(x, o),
  pad: (o) => F.pad(x, 1, o),
  flip: (o) => F.flip(x, o),
  roll: (o) => F.roll(x, 1, o),
  repeat: (o) => F.repeat(x, 2, o),
  cat: (o) => F.cat([x, x], o),
  stack: (o) => F.stack([x, x], o),
  unbind: (o) => F.unbind(x, o),
  split: (o) => F.split(x, 2, o),
  takeAlongAxis: (o) => F.takeAlongAxis(x, zeros([2, 1], { dtype: "int32" }), o),
  diagonal: (o) => F.diagonal(x, o),
  trace: (o) => F.trace(x, o),
  dropout: (o) => F.dropout(x, o),
  embedding: (o) => F.embedding(x, ids, o),
  embeddingBag: (o) => F.embeddingBag(x, zeros([1, 2], { dtype: "int32" }), o),
  layerNorm: (o) => F.layerNorm(x, zeros([3]), zeros([3]), o),
  batchNorm: (o) => F.batchNorm(x, zeros([3]), zeros([3]), o),
  im2col: (o) => F.im2col(images, 2, o),
  col2im: (o) => F.col2im(zeros([9, 4]), [1, 4, 4, 1], 2, o),
  conv1d: (o) => F.conv1d(sequences, zeros([2, 4, 1]), null, o),
  conv2d: (o) => F.conv2d(images, zeros([2, 2, 1, 1]), null, o),
  deconv2d: (o) => F.deconv2d(images, zeros([2, 2, 1, 1]), null, o),
  maxPool: (o) => F.maxPool(images, o),
  averagePool: (o) => F.averagePool(images, o),
  pad1d: (o) => F.pad1d(sequences, 1, 2, o),
  pad2d: (o) => F.pad2d(images, 1, 2, o),
  calcPadDims1d: (o) => F.calcPadDims1d([2, 3, 4], 3, 2, o),
  calcPadDims2d: (o) => F.calcPadDims2d([1, 4, 4, 1], 4, 2, o),
  calcConvOutDims: (o) => F.calcConvOutDims([1, 4, 4, 1], [2, 2, 1, 1], o),
  scaledDotProductAttention: (o) => F.scaledDotProductAttention(sequences, sequences, sequences, o),
  graphPropagate: (o) => F.graphPropagate(x, { edges: [[0, 1]] } as never, o),
  rnn: (o) => F.rnn(sequences, null, x, x, null, o),
  lstm: (o) => F.lstm(sequences, null, null, x, x, null, o),
  gru: (o) => F.gru(sequences, null, x, x, null, null, o),
  crossEntropy: (o) => F.crossEntropy(x, ids, o),
  softmaxCrossEntropy: (o) => F.softmaxCrossEntropy(x, ids, o),
  binaryCrossEntropy: (o) => F.binaryCrossEntropy(x, x, o),
  klDivergence: (o) => F.klDivergence(x, x, o),
  meanSquaredError: (o) => F.meanSquaredError(x, x, o),
  squaredError: (o) => F.squaredError(x, x, o),
  meanAbsoluteError: (o) => F.meanAbsoluteError(x, x, o),
  huberLoss: (o) => F.huberLoss(x, x, o),
  cosineEmbeddingLoss: (o) => F.cosineEmbeddingLoss(x, x, zeros([2]), o),
  tripletMarginLoss: (o) => F.tripletMarginLoss(vectors, vectors, vectors, o),
};

test.each(Object.keys(calls))("%s refuses options that it does not know, and what is no object of options", (name) => {
  const call = calls[name]!;
  expect(() => call({ dim: 1 } as never)).toThrow(ArgumentError);
  expect(() => call({ dim: 1 } as never)).toThrow(new RegExp(`^${name}: unknown option dim; expected some of `));
  for (const bad of [1, [1], null]) {
    expect(() => call(bad as never)).toThrow(new RegExp(`^${name}: expected an object of options`));
  }
});
