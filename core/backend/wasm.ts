import type { Kernels } from "./kernels.js";
import { argReduce, causalSoftmax, cumsum, logSoftmax, reduce, softmax } from "./wasm/axes.js";
import { columnProducts, columnSquares, normalizeColumns, normalizeColumnsGrad } from "./wasm/columns.js";
import { conv2d, conv2dGradInput, conv2dGradWeight } from "./wasm/conv.js";
import { binary, compare, copy, fill, unary, where } from "./wasm/elementwise.js";
import { matmul } from "./wasm/matmul.js";
import { crossEntropy, crossEntropyGrad, layerNorm, layerNormGrad, softmaxGrad } from "./wasm/normalize.js";
import { squareSum, update } from "./wasm/optimizers.js";
import { gru, gruGrad, lstm, lstmGrad, rnn, rnnGrad } from "./wasm/recurrent.js";
import { addRows, takeRows } from "./wasm/rows.js";
import { averagePool, averagePoolGrad, col2im, im2col, maxPool, maxPoolGrad } from "./wasm/window.js";

/** The kernels in WebAssembly with SIMD, on one thread. What gains nothing from it is left to the TypeScript kernels. */
export const wasmKernels: Kernels = {
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
