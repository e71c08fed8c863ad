import * as kernels from "./backend/dispatch.js";
import type { SequenceView } from "./backend/kernels.js";
import { heap } from "./heap.js";
import { NDArray } from "./ndarray.js";
import { matmul, reduce, span } from "./numeric.js";

/*
 * Recurrent networks over whole sequences, as operations on NDArrays. What the input gives to all steps is one product, what the
 * states give to the next step is a kernel that runs through the steps; the gradients of the weights are products over all
 * steps again. Sequences are (steps, rows, ...), states (rows, width).
 */

/** A pass and what its gradient needs: the states and their number, one more than there are steps. */
interface Pass {
  view: SequenceView;
  states: NDArray;
}

/** A pass of an LSTM. */
export interface LstmPass extends Pass {
  gates: NDArray;
  cells: NDArray;
  tanhs: NDArray;
}

/** A pass of a GRU. */
export interface GruPass extends Pass {
  gates: NDArray;
  hidden: NDArray;
}

/** A pass of a plain RNN. */
export interface RnnPass extends Pass {
  op: "tanh" | "relu";
}

/** The gradients of a pass with respect to what went into it, in the steps' layout or as a row vector or matrix. */
export interface PassGradients {
  /** Of the first states: one array, or for an LSTM also the cells. */
  initial: NDArray[];
  /** Of the input's share of all steps. */
  shares: NDArray;
  /** Of the share of the states, where it is another. */
  stateShares: NDArray;
}

/** An LSTM over `x` from `h0` and `c0` on; see `functions/lstm.ts`. */
export function lstm(
  x: NDArray,
  h0: NDArray,
  c0: NDArray,
  Wx: NDArray,
  Wh: NDArray,
  b: NDArray,
  reverse: boolean,
): LstmPass {
  const view = viewOf(x, Wh, reverse);
  const gates = shareOf(x, Wx, b);
  const states = history(h0, view);
  const cells = history(c0, view);
  const tanhs = NDArray.empty([view.steps, view.rows, view.width], x.dtype);
  kernels.lstm(view, gates, Wh, states, cells, tanhs);
  return { view, states, gates, cells, tanhs };
}

/** Gradients of `lstm` from those of its outputs, its last states and its last cells. */
export function lstmGrad(pass: LstmPass, Wh: NDArray, gy: NDArray, gh: NDArray, gc: NDArray): PassGradients {
  const outputs = gy.asContiguous();
  const initial = [gh.copy(), gc.copy()] as const;
  const shares = NDArray.emptyLike(pass.gates);
  kernels.lstmGrad(pass.view, outputs, pass.gates, Wh, pass.cells, pass.tanhs, ...initial, shares);
  return { initial: [...initial], shares, stateShares: shares };
}

/** A GRU over `x` from `h0` on; see `functions/gru.ts`. */
export function gru(
  x: NDArray,
  h0: NDArray,
  Wx: NDArray,
  Wh: NDArray,
  bx: NDArray,
  bh: NDArray,
  reverse: boolean,
): GruPass {
  const view = viewOf(x, Wh, reverse);
  const gates = shareOf(x, Wx, bx);
  const states = history(h0, view);
  const hidden = NDArray.empty([view.steps, view.rows, view.width], x.dtype);
  kernels.gru(view, gates, Wh, bh.asContiguous(), states, hidden);
  return { view, states, gates, hidden };
}

/** Gradients of `gru` from those of its outputs and its last states. */
export function gruGrad(pass: GruPass, Wh: NDArray, gy: NDArray, gh: NDArray): PassGradients {
  const outputs = gy.asContiguous();
  const first = gh.copy();
  const shares = NDArray.emptyLike(pass.gates);
  const stateShares = NDArray.emptyLike(pass.gates);
  kernels.gruGrad(pass.view, outputs, pass.gates, Wh, pass.states, pass.hidden, first, shares, stateShares);
  return { initial: [first], shares, stateShares };
}

/** A plain RNN over `x` from `h0` on; see `functions/rnn.ts`. */
export function rnn(
  x: NDArray,
  h0: NDArray,
  Wx: NDArray,
  Wh: NDArray,
  b: NDArray,
  op: "tanh" | "relu",
  reverse: boolean,
): RnnPass {
  const view = viewOf(x, Wh, reverse);
  const states = history(h0, view);
  kernels.matmul(rowsOf(x), Wx, rowsOf(outputsOf({ view, states })), b.asContiguous());
  kernels.rnn(view, op, Wh, states);
  return { view, states, op };
}

/** Gradients of `rnn` from those of its outputs and its last states. */
export function rnnGrad(pass: RnnPass, Wh: NDArray, gy: NDArray, gh: NDArray): PassGradients {
  const { steps, rows, width } = pass.view;
  const outputs = gy.asContiguous();
  const first = gh.copy();
  const shares = NDArray.empty([steps * rows, width], Wh.dtype);
  kernels.rnnGrad(pass.view, pass.op, outputs, Wh, pass.states, first, shares);
  return { initial: [first], shares, stateShares: shares };
}

/** The states after each step, (steps, rows, width), as a view. */
export function outputsOf({ view, states }: Pass): NDArray {
  return span(states, 0, view.reverse ? 0 : 1, view.steps);
}

/** The last of `states` (or cells), as a copy, which does not keep the others alive. */
export function lastOf({ view }: Pass, states: NDArray): NDArray {
  return span(states, 0, view.reverse ? 0 : view.steps, 1)
    .reshape([view.rows, view.width])
    .copy();
}

/** The gradient of the input (steps, rows, in) from that of its share. */
export function inputGrad({ view }: Pass, shares: NDArray, Wx: NDArray): NDArray {
  return matmul(shares, Wx.transpose()).reshape([view.steps, view.rows, Wx.shape[0]!]);
}

/** The gradient of the weights of the input from that of its share. */
export function inputWeightGrad(x: NDArray, shares: NDArray): NDArray {
  return matmul(rowsOf(x).transpose(), shares);
}

/** The gradient of the weights of the states from that of their share. */
export function stateWeightGrad({ view, states }: Pass, shares: NDArray): NDArray {
  const before = span(states, 0, view.reverse ? 1 : 0, view.steps);
  return matmul(rowsOf(before).transpose(), shares);
}

/** The gradient of a bias from that of the share it belongs to. */
export function biasGrad(shares: NDArray): NDArray {
  return reduce("sum", shares, [0], false);
}

/** Gives the memory of the shares' gradients back, once those of everything else were made from them. */
export function discard({ shares, stateShares }: PassGradients): void {
  heap.release(shares.storage);
  heap.release(stateShares.storage);
}

function viewOf(x: NDArray, Wh: NDArray, reverse: boolean): SequenceView {
  return { steps: x.shape[0]!, rows: x.shape[1]!, width: Wh.shape[0]!, reverse };
}

/** What the input gives to all steps. */
function shareOf(x: NDArray, Wx: NDArray, b: NDArray): NDArray {
  const share = NDArray.empty([x.shape[0]! * x.shape[1]!, Wx.shape[1]!], x.dtype);
  kernels.matmul(rowsOf(x), Wx, share, b.asContiguous());
  return share;
}

/** All steps below each other. */
function rowsOf(x: NDArray): NDArray {
  return x.reshape([x.shape[0]! * x.shape[1]!, x.shape[2]!]);
}

/** Room for the states before the first step and after each, of which the former are filled in. */
function history(initial: NDArray, { steps, rows, width, reverse }: SequenceView): NDArray {
  const states = NDArray.empty([steps + 1, rows, width], initial.dtype);
  kernels.copy(initial, span(states, 0, reverse ? steps : 0, 1).reshape([rows, width]));
  return states;
}
