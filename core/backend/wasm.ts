import type { Kernels } from "./kernels.js";
import { argReduce, cumsum, logSoftmax, reduce, softmax } from "./wasm/axes.js";
import { binary, compare, copy, fill, unary, where } from "./wasm/elementwise.js";
import { matmul } from "./wasm/matmul.js";
import { adam, sgd } from "./wasm/optimizers.js";
import { addRows, takeRows } from "./wasm/rows.js";
import { averagePool, averagePoolGrad, col2im, im2col, maxPool } from "./wasm/window.js";

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
