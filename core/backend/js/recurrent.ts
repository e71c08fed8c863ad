import type { NDArray } from "../../ndarray.js";
import { type Elements, elementsOf, firstIndex } from "../elements.js";
import type { SequenceView } from "../kernels.js";

/* Passes over sequences, one number after the other. */

/** Where the rows of each step lie, in elements of a state, in the order in which a pass takes them. */
interface Step {
  now: number;
  before: number;
  after: number;
}

function stepsOf({ steps, rows, width, reverse }: SequenceView): Step[] {
  const size = rows * width;
  return Array.from({ length: steps }, (_, k) => {
    const t = reverse ? steps - 1 - k : k;
    const [before, after] = reverse ? [t + 1, t] : [t, t + 1];
    return { now: t * size, before: before * size, after: after * size };
  });
}

/** A matrix of any strides, to multiply states with. */
class Weights {
  private readonly elements: Elements;
  private readonly first: number;

  constructor(private readonly W: NDArray) {
    this.elements = elementsOf(W.dtype);
    this.first = firstIndex(W);
  }

  /** The product of the row of states at `from` with column `j`. */
  forward(from: number, j: number): number {
    const [rowStep, colStep] = this.W.strides as [number, number];
    let sum = 0;
    for (let k = 0; k < this.W.shape[0]!; k++)
      sum += this.elements[from + k]! * this.elements[this.first + k * rowStep + j * colStep]!;
    return sum;
  }

  /** The product of the row of gradients at `from` with column `j` of the transpose. */
  backward(from: number, j: number): number {
    const [rowStep, colStep] = this.W.strides as [number, number];
    let sum = 0;
    for (let k = 0; k < this.W.shape[1]!; k++)
      sum += this.elements[from + k]! * this.elements[this.first + j * rowStep + k * colStep]!;
    return sum;
  }
}

const sigmoid = (x: number): number => {
  const e = Math.exp(-Math.abs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
};

/** `Kernels.lstm`. */
export function lstm(
  view: SequenceView,
  gates: NDArray,
  W: NDArray,
  states: NDArray,
  cells: NDArray,
  tanhs: NDArray,
): void {
  const { rows, width } = view;
  const all = elementsOf(gates.dtype);
  const weights = new Weights(W);
  const [z0, h0, c0, s0] = [gates, states, cells, tanhs].map(firstIndex) as [number, number, number, number];
  for (const { now, before, after } of stepsOf(view)) {
    for (let row = 0; row < rows * width; row += width) {
      const z = z0 + 4 * (now + row);
      const sum = (j: number) => all[z + j]! + weights.forward(h0 + before + row, j);
      for (let j = 0; j < width; j++) {
        const i = sigmoid(sum(j));
        const f = sigmoid(sum(width + j));
        const g = Math.tanh(sum(2 * width + j));
        const o = sigmoid(sum(3 * width + j));
        const c = f * all[c0 + before + row + j]! + i * g;
        const s = Math.tanh(c);
        all[z + j] = i;
        all[z + width + j] = f;
        all[z + 2 * width + j] = g;
        all[z + 3 * width + j] = o;
        all[c0 + after + row + j] = c;
        all[s0 + now + row + j] = s;
        all[h0 + after + row + j] = o * s;
      }
    }
  }
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
  const { rows, width } = view;
  const all = elementsOf(gates.dtype);
  const weights = new Weights(W);
  const [y0, z0, c0, s0] = [gy, gates, cells, tanhs].map(firstIndex) as [number, number, number, number];
  const [dh0, dc0, dz0] = [gh, gc, gGates].map(firstIndex) as [number, number, number];
  for (const { now, before } of stepsOf(view).reverse()) {
    for (let row = 0; row < rows * width; row += width) {
      const z = z0 + 4 * (now + row);
      const dz = dz0 + 4 * (now + row);
      for (let j = 0; j < width; j++) {
        const [i, f, g, o] = [all[z + j]!, all[z + width + j]!, all[z + 2 * width + j]!, all[z + 3 * width + j]!];
        const s = all[s0 + now + row + j]!;
        const dh = all[dh0 + row + j]! + all[y0 + now + row + j]!;
        const dc = all[dc0 + row + j]! + dh * o * (1 - s * s);
        all[dz + j] = dc * g * i * (1 - i);
        all[dz + width + j] = dc * all[c0 + before + row + j]! * f * (1 - f);
        all[dz + 2 * width + j] = dc * i * (1 - g * g);
        all[dz + 3 * width + j] = dh * s * o * (1 - o);
        all[dc0 + row + j] = dc * f;
      }
      for (let j = 0; j < width; j++) all[dh0 + row + j] = weights.backward(dz, j);
    }
  }
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
  const { rows, width } = view;
  const all = elementsOf(gates.dtype);
  const weights = new Weights(W);
  const [z0, b0, h0, q0] = [gates, bh, states, hidden].map(firstIndex) as [number, number, number, number];
  for (const { now, before, after } of stepsOf(view)) {
    for (let row = 0; row < rows * width; row += width) {
      const at = z0 + 3 * (now + row);
      const share = (j: number) => weights.forward(h0 + before + row, j) + all[b0 + j]!;
      for (let j = 0; j < width; j++) {
        const r = sigmoid(all[at + j]! + share(j));
        const z = sigmoid(all[at + width + j]! + share(width + j));
        const q = share(2 * width + j);
        const n = Math.tanh(all[at + 2 * width + j]! + r * q);
        all[at + j] = r;
        all[at + width + j] = z;
        all[at + 2 * width + j] = n;
        all[q0 + now + row + j] = q;
        all[h0 + after + row + j] = (1 - z) * n + z * all[h0 + before + row + j]!;
      }
    }
  }
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
  const { rows, width } = view;
  const all = elementsOf(gates.dtype);
  const weights = new Weights(W);
  const [y0, z0, h0, q0] = [gy, gates, states, hidden].map(firstIndex) as [number, number, number, number];
  const [dh0, dx0, ds0] = [gh, gx, gShare].map(firstIndex) as [number, number, number];
  for (const { now, before } of stepsOf(view).reverse()) {
    for (let row = 0; row < rows * width; row += width) {
      const at = z0 + 3 * (now + row);
      const dx = dx0 + 3 * (now + row);
      const ds = ds0 + 3 * (now + row);
      for (let j = 0; j < width; j++) {
        const [r, z, n] = [all[at + j]!, all[at + width + j]!, all[at + 2 * width + j]!];
        const dh = all[dh0 + row + j]! + all[y0 + now + row + j]!;
        const dn = dh * (1 - z) * (1 - n * n);
        const dr = dn * all[q0 + now + row + j]! * r * (1 - r);
        const dz = dh * (all[h0 + before + row + j]! - n) * z * (1 - z);
        for (const to of [dx, ds]) {
          all[to + j] = dr;
          all[to + width + j] = dz;
        }
        all[dx + 2 * width + j] = dn;
        all[ds + 2 * width + j] = dn * r;
        all[dh0 + row + j] = dh * z;
      }
      for (let j = 0; j < width; j++) all[dh0 + row + j]! += weights.backward(ds, j);
    }
  }
}

/** `Kernels.rnn`. */
export function rnn(view: SequenceView, op: "tanh" | "relu", W: NDArray, states: NDArray): void {
  const { rows, width } = view;
  const all = elementsOf(states.dtype);
  const weights = new Weights(W);
  const h0 = firstIndex(states);
  for (const { before, after } of stepsOf(view)) {
    for (let row = 0; row < rows * width; row += width) {
      for (let j = 0; j < width; j++) {
        const x = all[h0 + after + row + j]! + weights.forward(h0 + before + row, j);
        all[h0 + after + row + j] = op === "tanh" ? Math.tanh(x) : Math.max(x, 0);
      }
    }
  }
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
  const { rows, width } = view;
  const all = elementsOf(states.dtype);
  const weights = new Weights(W);
  const [y0, h0, dh0, dx0] = [gy, states, gh, gx].map(firstIndex) as [number, number, number, number];
  for (const { now, after } of stepsOf(view).reverse()) {
    for (let row = 0; row < rows * width; row += width) {
      for (let j = 0; j < width; j++) {
        const y = all[h0 + after + row + j]!;
        const dh = all[dh0 + row + j]! + all[y0 + now + row + j]!;
        all[dx0 + now + row + j] = op === "tanh" ? dh * (1 - y * y) : y <= 0 ? 0 : dh;
      }
      for (let j = 0; j < width; j++) all[dh0 + row + j] = weights.backward(dx0 + now + row, j);
    }
  }
}
