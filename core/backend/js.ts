import { columnProducts, columnSquares, normalizeColumns, normalizeColumnsGrad } from "./js/columns.js";
import { conv2d, conv2dGradInput, conv2dGradWeight } from "./js/conv.js";
import { copy, fill } from "./js/copy.js";
import { binary, compare, unary, where } from "./js/elementwise.js";
import { matmul } from "./js/matmul.js";
import { crossEntropy, crossEntropyGrad, layerNorm, layerNormGrad, softmaxGrad } from "./js/normalize.js";
import { squareSum, update } from "./js/optimizers.js";
import { gru, gruGrad, lstm, lstmGrad, rnn, rnnGrad } from "./js/recurrent.js";
import { argReduce, causalSoftmax, cumsum, logSoftmax, reduce, softmax } from "./js/reduce.js";
import { addRows, takeRows } from "./js/rows.js";
import { averagePool, averagePoolGrad, col2im, im2col, maxPool, maxPoolGrad } from "./js/window.js";
import type { Kernels } from "./kernels.js";

/** The kernels in plain TypeScript: what other implementations are compared with, and what serves tiny arrays. */
export const jsKernels: Kernels = {
  copy,
  fill,
  unary,
  binary,
  compare,
  where,
  reduce,
  argReduce,
  cumsum,
  softmax,
  causalSoftmax,
  logSoftmax,
  softmaxGrad,
  crossEntropy,
  crossEntropyGrad,
  layerNorm,
  layerNormGrad,
  columnSquares,
  columnProducts,
  normalizeColumns,
  normalizeColumnsGrad,
  matmul,
  im2col,
  col2im,
  conv2d,
  conv2dGradInput,
  conv2dGradWeight,
  maxPool,
  maxPoolGrad,
  averagePool,
  averagePoolGrad,
  takeRows,
  addRows,
  lstm,
  lstmGrad,
  gru,
  gruGrad,
  rnn,
  rnnGrad,
  squareSum,
  update,
};
