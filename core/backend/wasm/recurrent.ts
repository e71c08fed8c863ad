import { bytesOf, type DType } from "../../dtype.js";
import type { NDArray } from "../../ndarray.js";
import type { SequenceView } from "../kernels.js";
import { partCount } from "../parallel.js";
import { SUFFIX } from "./kernel-module.js";
import { recurrent } from "./modules.js";
import { scratchOf } from "./scratch.js";
import { share } from "./share.js";

/*
 * Passes over sequences: the weights are packed once, then each thread takes its share of the batch rows through all steps.
 */

/** Sizes of packed blocks, as in assembly/recurrent.ts. */
const DEPTH = 256;
const ROWS = 128;
const TILE_BYTES = 128;
const PANEL_A = 4;

const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

/** The packed weights of one pass, the parts of its rows, and scratch for each. */
class Pass {
  readonly packed: number;
  private readonly parts: number;
  private readonly scratch: number;
  private readonly scratchBytes: number;

  /**
   * `outputs` counts the numbers that a row of states is multiplied to; `share` those of them that a part keeps in its
   * scratch until the step is done. May allocate.
   */
  constructor(
    private readonly view: SequenceView,
    private readonly dtype: DType,
    W: NDArray,
    transposed: boolean,
    private readonly share = 0,
  ) {
    const { rows } = view;
    const [depth, cols] = (transposed ? [W.shape[1], W.shape[0]] : W.shape) as [number, number];
    const bytes = bytesOf(dtype);
    const packedBytes = roundUp(roundUp(cols, panelB(dtype)) * depth * bytes, 16);
    this.parts = passParts(view, depth * cols);
    const most = roundUp(Math.ceil(rows / this.parts), PANEL_A);
    const blockBytes = Math.min(ROWS, most) * Math.min(DEPTH, depth) * bytes;
    this.scratchBytes = roundUp(TILE_BYTES + blockBytes, 16) + roundUp(most * share * bytes, 16);
    this.packed = scratchOf(packedBytes + this.parts * this.scratchBytes);
    this.scratch = this.packed + packedBytes;
    const [rowStep, colStep] = (transposed ? [W.strides[1], W.strides[0]] : W.strides) as [number, number];
    recurrent.of("packWeights", dtype)(W.address, rowStep, colStep, depth, cols, this.packed);
  }

  /**
   * Calls the function `name` for each part; `numbers` come between the sizes and the scratch. No part can be repeated: gates, states
   * and gradients of states become others where they lie.
   */
  run(name: string, numbers: readonly number[]): void {
    const { steps, rows, width, reverse } = this.view;
    const sizes = [steps, rows, width, reverse ? 1 : 0];
    share(recurrent, `${name}_${SUFFIX[this.dtype]}`, rows, this.parts, PANEL_A, false, (from, to, i) => {
      const scratch = this.scratch + i * this.scratchBytes;
      const shares = this.share === 0 ? [] : [scratch];
      const shareBytes = roundUp((to - from) * this.share * bytesOf(this.dtype), 16);
      return [from, to, ...sizes, ...numbers, ...shares, scratch + shareBytes];
    });
  }
}

/** Into how many parts the rows of a pass are divided that multiplies each with `weights` numbers in every step. */
export function passParts({ steps, rows }: SequenceView, weights: number): number {
  return partCount(Math.ceil(rows / PANEL_A), 2 * PANEL_A * steps * weights);
}

const panelB = (dtype: DType): number => (dtype === "float64" ? 4 : 8);

const addresses = (...xs: NDArray[]): number[] => xs.map((x) => x.address);

/** `Kernels.lstm`. */
export function lstm(
  view: SequenceView,
  gates: NDArray,
  W: NDArray,
  states: NDArray,
  cells: NDArray,
  tanhs: NDArray,
): void {
  const pass = new Pass(view, gates.dtype, W, false);
  pass.run("lstm", [gates.address, pass.packed, ...addresses(states, cells, tanhs)]);
}

/** `Kernels.lstmGrad`. */
export function lstmGrad(
  view: SequenceView,
  gy: NDArray,
  gates: NDArray,
  W: NDArray,
  cells: NDArray,
  tanhs: NDArray,
  gh: NDArray,
  gc: NDArray,
  gGates: NDArray,
): void {
  const pass = new Pass(view, gates.dtype, W, true);
  pass.run("lstmGrad", [gy.address, gates.address, pass.packed, ...addresses(cells, tanhs, gh, gc, gGates)]);
}

/** `Kernels.gru`. */
export function gru(
  view: SequenceView,
  gates: NDArray,
  W: NDArray,
  bh: NDArray,
  states: NDArray,
  hidden: NDArray,
): void {
  const pass = new Pass(view, gates.dtype, W, false, 3 * view.width);
  pass.run("gru", [...addresses(gates, bh), pass.packed, ...addresses(states, hidden)]);
}

/** `Kernels.gruGrad`. */
export function gruGrad(
  view: SequenceView,
  gy: NDArray,
  gates: NDArray,
  W: NDArray,
  states: NDArray,
  hidden: NDArray,
  gh: NDArray,
  gx: NDArray,
  gShare: NDArray,
): void {
  const pass = new Pass(view, gates.dtype, W, true);
  pass.run("gruGrad", [...addresses(gy, gates, hidden), pass.packed, ...addresses(states, gh, gx, gShare)]);
}

/** `Kernels.rnn`. */
export function rnn(view: SequenceView, op: "tanh" | "relu", W: NDArray, states: NDArray): void {
  const pass = new Pass(view, states.dtype, W, false);
  pass.run("rnn", [op === "relu" ? 1 : 0, pass.packed, states.address]);
}

/** `Kernels.rnnGrad`. */
export function rnnGrad(
  view: SequenceView,
  op: "tanh" | "relu",
  gy: NDArray,
  W: NDArray,
  states: NDArray,
  gh: NDArray,
  gx: NDArray,
): void {
  const pass = new Pass(view, states.dtype, W, true);
  pass.run("rnnGrad", [op === "relu" ? 1 : 0, gy.address, pass.packed, ...addresses(states, gh, gx)]);
}
