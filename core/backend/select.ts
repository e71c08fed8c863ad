import type { NDArray } from "../ndarray.js";
import { environment } from "../platform.js";
import { jsKernels } from "./js.js";
import type { AxisView, BinaryOp, Kernels, SequenceView } from "./kernels.js";
import { nativeFunctions, openBlas, matmul as openBlasMatmul } from "./openblas.js";
import { openBlasConvolution } from "./openblas-conv.js";
import { openBlasRecurrent } from "./openblas-recurrent.js";
import { setNativeFunctions, threadCount } from "./parallel.js";
import { multiplyAdds, wasm } from "./wasm/instance.js";
import { wasmKernels } from "./wasm.js";

/*
 * Which kernels do a piece of work: the TypeScript ones below a size at which the call into WebAssembly costs more than it
 * saves, else those of the backend. The WebAssembly module is compiled at the first call that needs it.
 */

/** Elements below which a TypeScript loop of cheap arithmetic wins. */
const SMALL = 32;
/** Elements below which a loop of anything dearer (a function call, a window, a row) wins. */
const TINY = 8;
/** Multiplications below which a TypeScript matrix product wins. */
const SMALL_PRODUCT = 32;

const BACKENDS = ["js", "wasm", "openblas"] as const;

/** The name of a kernel implementation, as `RETROGRAD_BACKEND` takes it. */
export type BackendName = (typeof BACKENDS)[number];

/** What computes: see `backendInfo`. */
export interface BackendInfo {
  /** The implementation that does everything but tiny arrays; with openblas, the matrix products, and WebAssembly the rest. */
  backend: BackendName;
  /** How many threads share the work. */
  threads: number;
  /** Whether the kernels use SIMD instructions. */
  simd: boolean;
  /** Whether matrix products use instructions that multiply and add at once, with one rounding (relaxed SIMD). */
  fusedMultiplyAdd: boolean;
  /** Why OpenBLAS does not compute, or null when it does. */
  withoutOpenBlas: string | null;
}

/** The backend asked for by `RETROGRAD_BACKEND`, or null: the best there is. */
function requestedBackend(): BackendName | null {
  const name = environment("RETROGRAD_BACKEND");
  if (name === undefined || name === "") return null;
  const known = BACKENDS.find((backend) => backend === name);
  if (known !== undefined) return known;
  console.warn(`retrograd: unknown RETROGRAD_BACKEND "${name}", using the default; known are ${BACKENDS.join(", ")}`);
  return null;
}

const requested = requestedBackend();
/** Matrix products by OpenBLAS where it is found and wins, the rest in WebAssembly. */
export const openBlasKernels: Kernels = {
  ...wasmKernels,
  ...openBlasRecurrent,
  ...openBlasConvolution,
  matmul: openBlasMatmul,
};
let chosen: Kernels | undefined;

// Whoever starts the workers: they can call OpenBLAS only if they were told of it then.
if (requested === null || requested === "openblas") setNativeFunctions(nativeFunctions);

/** The kernels for work that is large enough. */
function large(): Kernels {
  chosen ??= choose();
  return chosen;
}

function choose(): Kernels {
  if (requested === "js" || !compiles()) return jsKernels;
  if (requested === "wasm") return wasmKernels;
  const blas = requested === "openblas" ? openBlas() : null;
  if (typeof blas === "string") console.warn(`retrograd: RETROGRAD_BACKEND is openblas, but ${blas}; using wasm`);
  return openBlasKernels;
}

function compiles(): boolean {
  try {
    wasm();
    return true;
  } catch {
    return false;
  }
}

/** Which kernels run, on how many threads, and whether with SIMD. */
export function backendInfo(): BackendInfo {
  const kernels = large();
  if (kernels === jsKernels)
    return {
      backend: "js",
      threads: 1,
      simd: false,
      fusedMultiplyAdd: false,
      withoutOpenBlas: "the kernels are not WebAssembly",
    };
  const blas = kernels === openBlasKernels ? openBlas() : "RETROGRAD_BACKEND is wasm";
  const withoutOpenBlas = typeof blas === "string" ? blas : null;
  return {
    backend: withoutOpenBlas === null ? "openblas" : "wasm",
    threads: threadCount(),
    simd: true,
    fusedMultiplyAdd: multiplyAdds(),
    withoutOpenBlas,
  };
}

const over = ({ outer, length, inner }: AxisView): number => outer * length * inner;

const recurrent = ({ steps, rows, width }: SequenceView): Kernels =>
  steps * rows * width * width < SMALL_PRODUCT ? jsKernels : large();

/** The kernels in use. */
export const kernels: Kernels = {
  binary(op: BinaryOp, a: NDArray, b: NDArray, out: NDArray): void {
    if (out.size < SMALL) jsKernels.binary(op, a, b, out);
    else large().binary(op, a, b, out);
  },
  unary(op, x, out) {
    if (out.size < TINY) jsKernels.unary(op, x, out);
    else large().unary(op, x, out);
  },
  compare(op, a, b, out) {
    if (out.size < TINY) jsKernels.compare(op, a, b, out);
    else large().compare(op, a, b, out);
  },
  where(condition, a, b, out) {
    if (out.size < TINY) jsKernels.where(condition, a, b, out);
    else large().where(condition, a, b, out);
  },
  copy(x, out) {
    if (out.size < TINY) jsKernels.copy(x, out);
    else large().copy(x, out);
  },
  fill(out, value) {
    if (out.size < SMALL) jsKernels.fill(out, value);
    else large().fill(out, value);
  },
  reduce(op, x, view, out) {
    if (x.size < SMALL) jsKernels.reduce(op, x, view, out);
    else large().reduce(op, x, view, out);
  },
  argReduce(op, x, view, out) {
    if (x.size < TINY) jsKernels.argReduce(op, x, view, out);
    else large().argReduce(op, x, view, out);
  },
  cumsum(x, view, reverse, out) {
    if (x.size < TINY) jsKernels.cumsum(x, view, reverse, out);
    else large().cumsum(x, view, reverse, out);
  },
  softmax(x, view, out) {
    if (over(view) < TINY) jsKernels.softmax(x, view, out);
    else large().softmax(x, view, out);
  },
  causalSoftmax(x, out) {
    if (x.size < TINY) jsKernels.causalSoftmax(x, out);
    else large().causalSoftmax(x, out);
  },
  logSoftmax(x, view, out) {
    if (over(view) < TINY) jsKernels.logSoftmax(x, view, out);
    else large().logSoftmax(x, view, out);
  },
  softmaxGrad(gy, y, view, out) {
    if (over(view) < TINY) jsKernels.softmaxGrad(gy, y, view, out);
    else large().softmaxGrad(gy, y, view, out);
  },
  crossEntropy(x, positions, statistics, out) {
    if (x.size < TINY) jsKernels.crossEntropy(x, positions, statistics, out);
    else large().crossEntropy(x, positions, statistics, out);
  },
  crossEntropyGrad(x, positions, statistics, scale, out) {
    if (x.size < TINY) jsKernels.crossEntropyGrad(x, positions, statistics, scale, out);
    else large().crossEntropyGrad(x, positions, statistics, scale, out);
  },
  layerNorm(x, gamma, beta, epsilon, statistics, out) {
    if (x.size < TINY) jsKernels.layerNorm(x, gamma, beta, epsilon, statistics, out);
    else large().layerNorm(x, gamma, beta, epsilon, statistics, out);
  },
  layerNormGrad(x, gamma, gy, statistics, gx, sums) {
    if (x.size < TINY) jsKernels.layerNormGrad(x, gamma, gy, statistics, gx, sums);
    else large().layerNormGrad(x, gamma, gy, statistics, gx, sums);
  },
  columnSquares(x, mean, out) {
    if (x.size < TINY) jsKernels.columnSquares(x, mean, out);
    else large().columnSquares(x, mean, out);
  },
  columnProducts(x, mean, gy, sums) {
    if (x.size < TINY) jsKernels.columnProducts(x, mean, gy, sums);
    else large().columnProducts(x, mean, gy, sums);
  },
  normalizeColumns(x, mean, scale, shift, out) {
    if (x.size < TINY) jsKernels.normalizeColumns(x, mean, scale, shift, out);
    else large().normalizeColumns(x, mean, scale, shift, out);
  },
  normalizeColumnsGrad(x, mean, gy, scale, slope, shift, out) {
    if (x.size < TINY) jsKernels.normalizeColumnsGrad(x, mean, gy, scale, slope, shift, out);
    else large().normalizeColumnsGrad(x, mean, gy, scale, slope, shift, out);
  },
  matmul(a, b, out, bias, accumulate) {
    if (out.size * a.shape[a.ndim - 1]! < SMALL_PRODUCT) jsKernels.matmul(a, b, out, bias, accumulate);
    else large().matmul(a, b, out, bias, accumulate);
  },
  im2col(x, window, out) {
    if (out.size < TINY) jsKernels.im2col(x, window, out);
    else large().im2col(x, window, out);
  },
  col2im(patches, window, out) {
    if (patches.size < TINY) jsKernels.col2im(patches, window, out);
    else large().col2im(patches, window, out);
  },
  conv2d(x, W, b, window, out) {
    if (out.size < TINY) jsKernels.conv2d(x, W, b, window, out);
    else large().conv2d(x, W, b, window, out);
  },
  conv2dGradInput(gy, W, window, out) {
    if (gy.size < TINY) jsKernels.conv2dGradInput(gy, W, window, out);
    else large().conv2dGradInput(gy, W, window, out);
  },
  conv2dGradWeight(x, gy, window, out) {
    if (gy.size < TINY) jsKernels.conv2dGradWeight(x, gy, window, out);
    else large().conv2dGradWeight(x, gy, window, out);
  },
  maxPool(x, window, out, positions) {
    if (x.size < TINY) jsKernels.maxPool(x, window, out, positions);
    else large().maxPool(x, window, out, positions);
  },
  maxPoolGrad(gy, positions, window, out) {
    if (out.size < TINY) jsKernels.maxPoolGrad(gy, positions, window, out);
    else large().maxPoolGrad(gy, positions, window, out);
  },
  averagePool(x, window, out) {
    if (x.size < TINY) jsKernels.averagePool(x, window, out);
    else large().averagePool(x, window, out);
  },
  averagePoolGrad(gy, window, out) {
    if (out.size < TINY) jsKernels.averagePoolGrad(gy, window, out);
    else large().averagePoolGrad(gy, window, out);
  },
  takeRows(x, rows, width, out) {
    if (out.size < TINY) jsKernels.takeRows(x, rows, width, out);
    else large().takeRows(x, rows, width, out);
  },
  addRows(x, rows, width, out) {
    if (x.size < TINY) jsKernels.addRows(x, rows, width, out);
    else large().addRows(x, rows, width, out);
  },
  lstm(view, gates, W, states, cells, tanhs) {
    recurrent(view).lstm(view, gates, W, states, cells, tanhs);
  },
  lstmGrad(view, gy, gates, W, cells, tanhs, gh, gc, gGates) {
    recurrent(view).lstmGrad(view, gy, gates, W, cells, tanhs, gh, gc, gGates);
  },
  gru(view, gates, W, bh, states, hidden) {
    recurrent(view).gru(view, gates, W, bh, states, hidden);
  },
  gruGrad(view, gy, gates, W, states, hidden, gh, gx, gShare) {
    recurrent(view).gruGrad(view, gy, gates, W, states, hidden, gh, gx, gShare);
  },
  rnn(view, op, W, states) {
    recurrent(view).rnn(view, op, W, states);
  },
  rnnGrad(view, op, gy, W, states, gh, gx) {
    recurrent(view).rnnGrad(view, op, gy, W, states, gh, gx);
  },
  squareSum(x) {
    return x.size < SMALL ? jsKernels.squareSum(x) : large().squareSum(x);
  },
  update(rule, p, grad, rows, step, state, numbers) {
    if (grad.size < SMALL) jsKernels.update(rule, p, grad, rows, step, state, numbers);
    else large().update(rule, p, grad, rows, step, state, numbers);
  },
};
