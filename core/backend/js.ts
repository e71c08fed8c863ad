import { copy, fill } from "./js/copy.js";
import { binary, compare, unary, where } from "./js/elementwise.js";
import { matmul } from "./js/matmul.js";
import { adam, sgd } from "./js/optimizers.js";
import { argReduce, cumsum, logSoftmax, reduce, softmax } from "./js/reduce.js";
import { addRows, takeRows } from "./js/rows.js";
import { averagePool, averagePoolGrad, col2im, im2col, maxPool } from "./js/window.js";
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
  logSoftmax,
  matmul,
  im2col,
  col2im,
  maxPool,
  averagePool,
  averagePoolGrad,
  takeRows,
  addRows,
  sgd,
  adam,
};
