import { bytesOf } from "../dtype.js";
import type { NDArray } from "../ndarray.js";
import type { Kernels, SequenceView } from "./kernels.js";
import { matmul, openBlas } from "./openblas.js";
import { recurrent } from "./wasm/modules.js";
import * as wasm from "./wasm/recurrent.js";

/*
 * Passes over sequences with the product of each step by OpenBLAS and the rest of it in WebAssembly. This wins on one thread
 * only: OpenBLAS packs the weights anew in each step, which the few rows that a thread of several has do not make up for.
 */

/** Multiplications in a step below which WebAssembly is faster. */
const SMALL = 500_000;

/** Whether the pass goes step by step; its weights are `W`. */
function steps(view: SequenceView, W: NDArray): boolean {
  if (view.rows * W.size < SMALL || wasm.passParts(view, W.size) > 1) return false;
  return typeof openBlas() !== "string";
}

/** The numbers of the steps, in the order in which the pass takes them. */
function order({ steps, reverse }: SequenceView): number[] {
  const numbers = Array.from({ length: steps }, (_, t) => t);
  return reverse ? numbers.reverse() : numbers;
}

/** Entry `t` of a sequence as a matrix of `rows` rows. */
function entry(x: NDArray, t: number, { rows, width }: SequenceView, blocks = 1): NDArray {
  const cols = blocks * width;
  return x.view(x.address + t * rows * cols * bytesOf(x.dtype), [rows, cols], [cols, 1]);
}

/** The states before and after step t. */
const before = ({ reverse }: SequenceView, t: number): number => (reverse ? t + 1 : t);
const after = ({ reverse }: SequenceView, t: number): number => (reverse ? t : t + 1);

/** The sizes that a kernel takes for one step of all rows. */
const sizes = ({ rows, width, reverse }: SequenceView): number[] => [0, rows, 1, rows, width, reverse ? 1 : 0];

/** The addresses of entry `t` of each of `xs`: of states, that of the pair before and after the step. */
const addresses = (view: SequenceView, t: number, ...xs: NDArray[]): number[] =>
  xs.map((x) => entry(x, t, view).address);

const NOT_PACKED = 0;
const NO_SCRATCH = 0;

/*
 * The forward pass of a GRU is not among the following: its product is not added to what there is, but needs room of its own.
 */

/** `Kernels.lstm`. */
export const lstm: Kernels["lstm"] = (view, gates, W, states, cells, tanhs) => {
  if (!steps(view, W)) return wasm.lstm(view, gates, W, states, cells, tanhs);
  const step = recurrent.of("lstm", gates.dtype);
  for (const t of order(view)) {
    const z = entry(gates, t, view, 4);
    matmul(entry(states, before(view, t), view), W, z, null, true);
    step(...sizes(view), z.address, NOT_PACKED, ...addresses(view, t, states, cells, tanhs), NO_SCRATCH);
  }
};

/** `Kernels.lstmGrad`. */
export const lstmGrad: Kernels["lstmGrad"] = (view, gy, gates, W, cells, tanhs, gh, gc, gGates) => {
  if (!steps(view, W)) return wasm.lstmGrad(view, gy, gates, W, cells, tanhs, gh, gc, gGates);
  const stepBack = recurrent.of("lstmGrad", gates.dtype);
  const transposed = W.transpose();
  for (const t of order(view).reverse()) {
    const z = entry(gates, t, view, 4).address;
    const gz = entry(gGates, t, view, 4);
    const inputs = [...addresses(view, t, gy), z, NOT_PACKED, ...addresses(view, t, cells, tanhs)];
    stepBack(...sizes(view), ...inputs, gh.address, gc.address, gz.address, NO_SCRATCH);
    matmul(gz, transposed, gh);
  }
};

/** `Kernels.gruGrad`. */
export const gruGrad: Kernels["gruGrad"] = (view, gy, gates, W, states, hidden, gh, gx, gShare) => {
  if (!steps(view, W)) return wasm.gruGrad(view, gy, gates, W, states, hidden, gh, gx, gShare);
  const stepBack = recurrent.of("gruGrad", gates.dtype);
  const transposed = W.transpose();
  for (const t of order(view).reverse()) {
    const [z, x] = [entry(gates, t, view, 3).address, entry(gx, t, view, 3).address];
    const gs = entry(gShare, t, view, 3);
    const [y, q, h] = addresses(view, t, gy, hidden, states) as [number, number, number];
    stepBack(...sizes(view), y, z, q, NOT_PACKED, h, gh.address, x, gs.address, NO_SCRATCH);
    matmul(gs, transposed, gh, null, true);
  }
};

/** `Kernels.rnn`. */
export const rnn: Kernels["rnn"] = (view, op, W, states) => {
  if (!steps(view, W)) return wasm.rnn(view, op, W, states);
  const step = recurrent.of("rnn", states.dtype);
  for (const t of order(view)) {
    matmul(entry(states, before(view, t), view), W, entry(states, after(view, t), view), null, true);
    step(...sizes(view), op === "relu" ? 1 : 0, NOT_PACKED, ...addresses(view, t, states), NO_SCRATCH);
  }
};

/** `Kernels.rnnGrad`. */
export const rnnGrad: Kernels["rnnGrad"] = (view, op, gy, W, states, gh, gx) => {
  if (!steps(view, W)) return wasm.rnnGrad(view, op, gy, W, states, gh, gx);
  const stepBack = recurrent.of("rnnGrad", states.dtype);
  const transposed = W.transpose();
  for (const t of order(view).reverse()) {
    const gz = entry(gx, t, view);
    const [y, h] = addresses(view, t, gy, states) as [number, number];
    stepBack(...sizes(view), op === "relu" ? 1 : 0, y, NOT_PACKED, h, gh.address, gz.address, NO_SCRATCH);
    matmul(gz, transposed, gh);
  }
};
