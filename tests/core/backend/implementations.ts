import * as dispatch from "../../../core/backend/dispatch";
import * as jsColumns from "../../../core/backend/js/columns";
import * as jsConv from "../../../core/backend/js/conv";
import * as jsCopy from "../../../core/backend/js/copy";
import * as jsElementwise from "../../../core/backend/js/elementwise";
import * as jsMatmul from "../../../core/backend/js/matmul";
import * as jsNormalize from "../../../core/backend/js/normalize";
import * as jsOptimizers from "../../../core/backend/js/optimizers";
import * as jsRecurrent from "../../../core/backend/js/recurrent";
import * as jsReduce from "../../../core/backend/js/reduce";
import * as jsRows from "../../../core/backend/js/rows";
import * as jsWindow from "../../../core/backend/js/window";
import type { Kernels } from "../../../core/backend/kernels";
import * as openBlas from "../../../core/backend/openblas";
import * as blasConv from "../../../core/backend/openblas-conv";
import * as blasRecurrent from "../../../core/backend/openblas-recurrent";
import * as wasmAxes from "../../../core/backend/wasm/axes";
import * as wasmColumns from "../../../core/backend/wasm/columns";
import * as wasmConv from "../../../core/backend/wasm/conv";
import * as wasmElementwise from "../../../core/backend/wasm/elementwise";
import * as wasmMatmul from "../../../core/backend/wasm/matmul";
import * as wasmNormalize from "../../../core/backend/wasm/normalize";
import * as wasmOptimizers from "../../../core/backend/wasm/optimizers";
import * as wasmRecurrent from "../../../core/backend/wasm/recurrent";
import * as wasmRows from "../../../core/backend/wasm/rows";
import * as wasmWindow from "../../../core/backend/wasm/window";

/*
 * Each implementation as one table. The types say that none lacks a kernel; in the engine there are no such tables, since a
 * program would hold all that is in one.
 */

/** The kernels in plain TypeScript: what other implementations are compared with. */
export const jsKernels: Kernels = {
  ...jsColumns,
  ...jsConv,
  ...jsCopy,
  ...jsElementwise,
  ...jsMatmul,
  ...jsNormalize,
  ...jsOptimizers,
  ...jsRecurrent,
  ...jsReduce,
  ...jsRows,
  ...jsWindow,
};

/** The kernels in WebAssembly. */
export const wasmKernels: Kernels = {
  ...wasmAxes,
  ...wasmColumns,
  ...wasmConv,
  ...wasmElementwise,
  ...wasmMatmul,
  ...wasmNormalize,
  ...wasmOptimizers,
  ...wasmRecurrent,
  ...wasmRows,
  ...wasmWindow,
};

/** The same with OpenBLAS where it is found and wins. */
export const openBlasKernels: Kernels = {
  ...wasmKernels,
  ...blasRecurrent,
  ...blasConv,
  matmul: openBlas.matmul,
};

/** The kernels in use. */
export const kernels: Kernels = dispatch;
