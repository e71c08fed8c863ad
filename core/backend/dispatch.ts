import * as jsColumns from "./js/columns.js";
import * as jsConv from "./js/conv.js";
import * as jsCopy from "./js/copy.js";
import * as jsElementwise from "./js/elementwise.js";
import * as jsMatmul from "./js/matmul.js";
import * as jsNormalize from "./js/normalize.js";
import * as jsOptimizers from "./js/optimizers.js";
import * as jsRecurrent from "./js/recurrent.js";
import * as jsReduce from "./js/reduce.js";
import * as jsRows from "./js/rows.js";
import * as jsWindow from "./js/window.js";
import type { AxisView, Kernels, SequenceView } from "./kernels.js";
import * as openBlas from "./openblas.js";
import * as blasConv from "./openblas-conv.js";
import * as blasRecurrent from "./openblas-recurrent.js";
import { backend, isForced } from "./select.js";
import * as wasmAxes from "./wasm/axes.js";
import * as wasmColumns from "./wasm/columns.js";
import * as wasmConv from "./wasm/conv.js";
import * as wasmElementwise from "./wasm/elementwise.js";
import * as wasmMatmul from "./wasm/matmul.js";
import * as wasmNormalize from "./wasm/normalize.js";
import * as wasmOptimizers from "./wasm/optimizers.js";
import * as wasmRecurrent from "./wasm/recurrent.js";
import * as wasmRows from "./wasm/rows.js";
import * as wasmWindow from "./wasm/window.js";

/*
 * The kernels in use: the TypeScript ones below a size at which the call into WebAssembly costs more than it saves, else those
 * of the backend. Each is an export of its own, so that a program holds those that its functions call and no others.
 */

/** Elements below which a TypeScript loop of cheap arithmetic wins. */
const SMALL = 32;
/** Elements below which a loop of anything dearer (a function call, a window, a row) wins. */
const TINY = 8;
/** Multiplications below which a TypeScript matrix product wins. */
const SMALL_PRODUCT = 32;

/** Whether the TypeScript kernels do a piece of work: it is smaller than `limit`, or they do everything. */
function small(size: number, limit: number): boolean {
  return (size < limit && !isForced()) || backend() === "js";
}

const over = ({ outer, length, inner }: AxisView): number => outer * length * inner;

const productsOf = ({ steps, rows, width }: SequenceView): number => steps * rows * width * width;

/** `Kernels.binary`. */
export const binary: Kernels["binary"] = (op, a, b, out) => {
  if (small(out.size, SMALL)) jsElementwise.binary(op, a, b, out);
  else wasmElementwise.binary(op, a, b, out);
};

/** `Kernels.unary`. */
export const unary: Kernels["unary"] = (op, x, out) => {
  if (small(out.size, TINY)) jsElementwise.unary(op, x, out);
  else wasmElementwise.unary(op, x, out);
};

/** `Kernels.compare`. */
export const compare: Kernels["compare"] = (op, a, b, out) => {
  if (small(out.size, TINY)) jsElementwise.compare(op, a, b, out);
  else wasmElementwise.compare(op, a, b, out);
};

/** `Kernels.where`. */
export const where: Kernels["where"] = (condition, a, b, out) => {
  if (small(out.size, TINY)) jsElementwise.where(condition, a, b, out);
  else wasmElementwise.where(condition, a, b, out);
};

/** `Kernels.copy`. */
export const copy: Kernels["copy"] = (x, out) => {
  if (small(out.size, TINY)) jsCopy.copy(x, out);
  else wasmElementwise.copy(x, out);
};

/** `Kernels.fill`. */
export const fill: Kernels["fill"] = (out, value) => {
  if (small(out.size, SMALL)) jsCopy.fill(out, value);
  else wasmElementwise.fill(out, value);
};

/** `Kernels.reduce`. */
export const reduce: Kernels["reduce"] = (op, x, view, out) => {
  if (small(x.size, SMALL)) jsReduce.reduce(op, x, view, out);
  else wasmAxes.reduce(op, x, view, out);
};

/** `Kernels.argReduce`. */
export const argReduce: Kernels["argReduce"] = (op, x, view, out) => {
  if (small(x.size, TINY)) jsReduce.argReduce(op, x, view, out);
  else wasmAxes.argReduce(op, x, view, out);
};

/** `Kernels.cumsum`. */
export const cumsum: Kernels["cumsum"] = (x, view, reverse, out) => {
  if (small(x.size, TINY)) jsReduce.cumsum(x, view, reverse, out);
  else wasmAxes.cumsum(x, view, reverse, out);
};

/** `Kernels.softmax`. */
export const softmax: Kernels["softmax"] = (x, view, out) => {
  if (small(over(view), TINY)) jsReduce.softmax(x, view, out);
  else wasmAxes.softmax(x, view, out);
};

/** `Kernels.causalSoftmax`. */
export const causalSoftmax: Kernels["causalSoftmax"] = (x, out) => {
  if (small(x.size, TINY)) jsReduce.causalSoftmax(x, out);
  else wasmAxes.causalSoftmax(x, out);
};

/** `Kernels.logSoftmax`. */
export const logSoftmax: Kernels["logSoftmax"] = (x, view, out) => {
  if (small(over(view), TINY)) jsReduce.logSoftmax(x, view, out);
  else wasmAxes.logSoftmax(x, view, out);
};

/** `Kernels.softmaxGrad`. */
export const softmaxGrad: Kernels["softmaxGrad"] = (gy, y, view, out) => {
  if (small(over(view), TINY)) jsNormalize.softmaxGrad(gy, y, view, out);
  else wasmNormalize.softmaxGrad(gy, y, view, out);
};

/** `Kernels.crossEntropy`. */
export const crossEntropy: Kernels["crossEntropy"] = (x, positions, statistics, out) => {
  if (small(x.size, TINY)) jsNormalize.crossEntropy(x, positions, statistics, out);
  else wasmNormalize.crossEntropy(x, positions, statistics, out);
};

/** `Kernels.crossEntropyGrad`. */
export const crossEntropyGrad: Kernels["crossEntropyGrad"] = (x, positions, statistics, scale, out) => {
  if (small(x.size, TINY)) jsNormalize.crossEntropyGrad(x, positions, statistics, scale, out);
  else wasmNormalize.crossEntropyGrad(x, positions, statistics, scale, out);
};

/** `Kernels.layerNorm`. */
export const layerNorm: Kernels["layerNorm"] = (x, gamma, beta, epsilon, statistics, out) => {
  if (small(x.size, TINY)) jsNormalize.layerNorm(x, gamma, beta, epsilon, statistics, out);
  else wasmNormalize.layerNorm(x, gamma, beta, epsilon, statistics, out);
};

/** `Kernels.layerNormGrad`. */
export const layerNormGrad: Kernels["layerNormGrad"] = (x, gamma, gy, statistics, gx, sums) => {
  if (small(x.size, TINY)) jsNormalize.layerNormGrad(x, gamma, gy, statistics, gx, sums);
  else wasmNormalize.layerNormGrad(x, gamma, gy, statistics, gx, sums);
};

/** `Kernels.columnSquares`. */
export const columnSquares: Kernels["columnSquares"] = (x, mean, out) => {
  if (small(x.size, TINY)) jsColumns.columnSquares(x, mean, out);
  else wasmColumns.columnSquares(x, mean, out);
};

/** `Kernels.columnProducts`. */
export const columnProducts: Kernels["columnProducts"] = (x, mean, gy, sums) => {
  if (small(x.size, TINY)) jsColumns.columnProducts(x, mean, gy, sums);
  else wasmColumns.columnProducts(x, mean, gy, sums);
};

/** `Kernels.normalizeColumns`. */
export const normalizeColumns: Kernels["normalizeColumns"] = (x, mean, scale, shift, out) => {
  if (small(x.size, TINY)) jsColumns.normalizeColumns(x, mean, scale, shift, out);
  else wasmColumns.normalizeColumns(x, mean, scale, shift, out);
};

/** `Kernels.normalizeColumnsGrad`. */
export const normalizeColumnsGrad: Kernels["normalizeColumnsGrad"] = (x, mean, gy, scale, slope, shift, out) => {
  if (small(x.size, TINY)) jsColumns.normalizeColumnsGrad(x, mean, gy, scale, slope, shift, out);
  else wasmColumns.normalizeColumnsGrad(x, mean, gy, scale, slope, shift, out);
};

/** `Kernels.matmul`. */
export const matmul: Kernels["matmul"] = (a, b, out, bias, accumulate) => {
  if (small(out.size * a.shape[a.ndim - 1]!, SMALL_PRODUCT)) jsMatmul.matmul(a, b, out, bias, accumulate);
  else if (backend() === "openblas") openBlas.matmul(a, b, out, bias, accumulate);
  else wasmMatmul.matmul(a, b, out, bias, accumulate);
};

/** `Kernels.im2col`. */
export const im2col: Kernels["im2col"] = (x, window, out) => {
  if (small(out.size, TINY)) jsWindow.im2col(x, window, out);
  else wasmWindow.im2col(x, window, out);
};

/** `Kernels.col2im`. */
export const col2im: Kernels["col2im"] = (patches, window, out) => {
  if (small(patches.size, TINY)) jsWindow.col2im(patches, window, out);
  else wasmWindow.col2im(patches, window, out);
};

/** `Kernels.conv2d`. */
export const conv2d: Kernels["conv2d"] = (x, W, b, window, out) => {
  if (small(out.size, TINY)) jsConv.conv2d(x, W, b, window, out);
  else if (backend() === "openblas") blasConv.conv2d(x, W, b, window, out);
  else wasmConv.conv2d(x, W, b, window, out);
};

/** `Kernels.conv2dGradInput`. */
export const conv2dGradInput: Kernels["conv2dGradInput"] = (gy, W, window, out) => {
  if (small(gy.size, TINY)) jsConv.conv2dGradInput(gy, W, window, out);
  else if (backend() === "openblas") blasConv.conv2dGradInput(gy, W, window, out);
  else wasmConv.conv2dGradInput(gy, W, window, out);
};

/** `Kernels.conv2dGradWeight`. */
export const conv2dGradWeight: Kernels["conv2dGradWeight"] = (x, gy, window, out) => {
  if (small(gy.size, TINY)) jsConv.conv2dGradWeight(x, gy, window, out);
  else if (backend() === "openblas") blasConv.conv2dGradWeight(x, gy, window, out);
  else wasmConv.conv2dGradWeight(x, gy, window, out);
};

/** `Kernels.maxPool`. */
export const maxPool: Kernels["maxPool"] = (x, window, out, positions) => {
  if (small(x.size, TINY)) jsWindow.maxPool(x, window, out, positions);
  else wasmWindow.maxPool(x, window, out, positions);
};

/** `Kernels.maxPoolGrad`. */
export const maxPoolGrad: Kernels["maxPoolGrad"] = (gy, positions, window, out) => {
  if (small(out.size, TINY)) jsWindow.maxPoolGrad(gy, positions, window, out);
  else wasmWindow.maxPoolGrad(gy, positions, window, out);
};

/** `Kernels.averagePool`. */
export const averagePool: Kernels["averagePool"] = (x, window, out) => {
  if (small(x.size, TINY)) jsWindow.averagePool(x, window, out);
  else wasmWindow.averagePool(x, window, out);
};

/** `Kernels.averagePoolGrad`. */
export const averagePoolGrad: Kernels["averagePoolGrad"] = (gy, window, out) => {
  if (small(out.size, TINY)) jsWindow.averagePoolGrad(gy, window, out);
  else wasmWindow.averagePoolGrad(gy, window, out);
};

/** `Kernels.takeRows`. */
export const takeRows: Kernels["takeRows"] = (x, rows, width, out) => {
  if (small(out.size, TINY)) jsRows.takeRows(x, rows, width, out);
  else wasmRows.takeRows(x, rows, width, out);
};

/** `Kernels.addRows`. */
export const addRows: Kernels["addRows"] = (x, rows, width, out) => {
  if (small(x.size, TINY)) jsRows.addRows(x, rows, width, out);
  else wasmRows.addRows(x, rows, width, out);
};

/** `Kernels.lstm`. */
export const lstm: Kernels["lstm"] = (view, gates, W, states, cells, tanhs) => {
  if (small(productsOf(view), SMALL_PRODUCT)) jsRecurrent.lstm(view, gates, W, states, cells, tanhs);
  else if (backend() === "openblas") blasRecurrent.lstm(view, gates, W, states, cells, tanhs);
  else wasmRecurrent.lstm(view, gates, W, states, cells, tanhs);
};

/** `Kernels.lstmGrad`. */
export const lstmGrad: Kernels["lstmGrad"] = (view, gy, gates, W, cells, tanhs, gh, gc, gGates) => {
  if (small(productsOf(view), SMALL_PRODUCT)) jsRecurrent.lstmGrad(view, gy, gates, W, cells, tanhs, gh, gc, gGates);
  else if (backend() === "openblas") blasRecurrent.lstmGrad(view, gy, gates, W, cells, tanhs, gh, gc, gGates);
  else wasmRecurrent.lstmGrad(view, gy, gates, W, cells, tanhs, gh, gc, gGates);
};

/** `Kernels.gru`. */
export const gru: Kernels["gru"] = (view, gates, W, bh, states, hidden) => {
  if (small(productsOf(view), SMALL_PRODUCT)) jsRecurrent.gru(view, gates, W, bh, states, hidden);
  else wasmRecurrent.gru(view, gates, W, bh, states, hidden);
};

/** `Kernels.gruGrad`. */
export const gruGrad: Kernels["gruGrad"] = (view, gy, gates, W, states, hidden, gh, gx, gShare) => {
  if (small(productsOf(view), SMALL_PRODUCT)) jsRecurrent.gruGrad(view, gy, gates, W, states, hidden, gh, gx, gShare);
  else if (backend() === "openblas") blasRecurrent.gruGrad(view, gy, gates, W, states, hidden, gh, gx, gShare);
  else wasmRecurrent.gruGrad(view, gy, gates, W, states, hidden, gh, gx, gShare);
};

/** `Kernels.rnn`. */
export const rnn: Kernels["rnn"] = (view, op, W, states) => {
  if (small(productsOf(view), SMALL_PRODUCT)) jsRecurrent.rnn(view, op, W, states);
  else if (backend() === "openblas") blasRecurrent.rnn(view, op, W, states);
  else wasmRecurrent.rnn(view, op, W, states);
};

/** `Kernels.rnnGrad`. */
export const rnnGrad: Kernels["rnnGrad"] = (view, op, gy, W, states, gh, gx) => {
  if (small(productsOf(view), SMALL_PRODUCT)) jsRecurrent.rnnGrad(view, op, gy, W, states, gh, gx);
  else if (backend() === "openblas") blasRecurrent.rnnGrad(view, op, gy, W, states, gh, gx);
  else wasmRecurrent.rnnGrad(view, op, gy, W, states, gh, gx);
};

/** `Kernels.squareSum`. */
export const squareSum: Kernels["squareSum"] = (x) =>
  small(x.size, SMALL) ? jsOptimizers.squareSum(x) : wasmOptimizers.squareSum(x);

/** `Kernels.update`. */
export const update: Kernels["update"] = (rule, p, grad, rows, step, state, numbers) => {
  if (small(grad.size, SMALL)) jsOptimizers.update(rule, p, grad, rows, step, state, numbers);
  else wasmOptimizers.update(rule, p, grad, rows, step, state, numbers);
};
