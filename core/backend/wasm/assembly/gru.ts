import { at, lanes, product, read, sigmoidRun, sigmoidSlope, tanhRun, tanhSlope, write } from "./recurrent";

/*
 * A GRU over a whole sequence, for the batch rows `from` to `to`; arrays lie as in lstm.ts. Gates lie in the order r, z, n.
 * `hidden` (steps, rows, width) is what the states give to n, before r scales it.
 */

/** One step of `rows` rows: activates `gates` in place, and writes `hidden` and the new states. `share` is that of the states. */
// @ts-ignore: decorator
@inline
function step<T>(
  rows: i32, width: i32, gates: usize, share: usize, before: usize, hidden: usize, states: usize,
): void {
  const gate = <usize>width * sizeof<T>();
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < 2 * width; j += lanes<T>()) {
      const n = min(lanes<T>(), 2 * width - j);
      write<T>(at<T>(gates, j), v128.add<T>(read<T>(at<T>(gates, j), n), read<T>(at<T>(share, j), n)), n);
    }
    sigmoidRun<T>(gates, 2 * width);
    const candidate = gates + 2 * gate;
    for (let j = 0; j < width; j += lanes<T>()) {
      const n = min(lanes<T>(), width - j);
      const q = read<T>(at<T>(share + 2 * gate, j), n);
      const scaled = v128.mul<T>(read<T>(at<T>(gates, j), n), q);
      write<T>(at<T>(candidate, j), v128.add<T>(read<T>(at<T>(candidate, j), n), scaled), n);
      write<T>(at<T>(hidden, j), q, n);
    }
    tanhRun<T>(candidate, candidate, width);
    for (let j = 0; j < width; j += lanes<T>()) {
      const n = min(lanes<T>(), width - j);
      const m = read<T>(at<T>(candidate, j), n);
      const z = read<T>(at<T>(gates + gate, j), n);
      const change = v128.sub<T>(read<T>(at<T>(before, j), n), m);
      write<T>(at<T>(states, j), v128.add<T>(m, v128.mul<T>(z, change)), n);
    }
    gates += 3 * gate;
    share += 3 * gate;
    before += gate;
    hidden += gate;
    states += gate;
  }
}

/**
 * `gates` holds the input's share on entry; `packed` is the weights of the states, (width, 3 width), and `share` has room for
 * the product of the part's rows with them, plus `bh`.
 */
// @ts-ignore: decorator
@inline
function forward<T>(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32,
  gates: usize, bh: usize, packed: usize, states: usize, hidden: usize, share: usize, scratch: usize,
): void {
  for (let k = 0; k < steps; k++) {
    const t = reverse != 0 ? steps - 1 - k : k;
    const now = (t * rows + from) * width;
    const before = at<T>(states, ((t + reverse) * rows + from) * width);
    const after = at<T>(states, ((t + 1 - reverse) * rows + from) * width);
    product<T>(before, width, to - from, width, packed, 3 * width, share, 3 * width, 0, bh, scratch);
    step<T>(to - from, width, at<T>(gates, 3 * now), share, before, at<T>(hidden, now), after);
  }
}

/**
 * One step back: the gradients of the shares of input and states, before activation; `gh` becomes that part of the gradient
 * of the states before which does not go through the weights.
 */
// @ts-ignore: decorator
@inline
function stepBack<T>(
  rows: i32, width: i32, gy: usize, gates: usize, hidden: usize, before: usize, gh: usize, gx: usize, gShare: usize,
): void {
  const gate = <usize>width * sizeof<T>();
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < width; j += lanes<T>()) {
      const n = min(lanes<T>(), width - j);
      const at0 = at<T>(gates, j);
      const r = read<T>(at0, n);
      const z = read<T>(at0 + gate, n);
      const m = read<T>(at0 + 2 * gate, n);
      const dh = v128.add<T>(read<T>(at<T>(gh, j), n), read<T>(at<T>(gy, j), n));
      const kept = v128.mul<T>(dh, z);
      const dn = v128.mul<T>(v128.sub<T>(dh, kept), tanhSlope<T>(m));
      const dr = v128.mul<T>(v128.mul<T>(dn, read<T>(at<T>(hidden, j), n)), sigmoidSlope<T>(r));
      const dz = v128.mul<T>(v128.mul<T>(dh, v128.sub<T>(read<T>(at<T>(before, j), n), m)), sigmoidSlope<T>(z));
      const toX = at<T>(gx, j);
      const toShare = at<T>(gShare, j);
      write<T>(toX, dr, n);
      write<T>(toX + gate, dz, n);
      write<T>(toX + 2 * gate, dn, n);
      write<T>(toShare, dr, n);
      write<T>(toShare + gate, dz, n);
      write<T>(toShare + 2 * gate, v128.mul<T>(dn, r), n);
      write<T>(at<T>(gh, j), kept, n);
    }
    gy += gate;
    gates += 3 * gate;
    hidden += gate;
    before += gate;
    gh += gate;
    gx += 3 * gate;
    gShare += 3 * gate;
  }
}

/** `gh` goes from the gradient of the last state to that of the first; `packed` is the weights transposed. */
// @ts-ignore: decorator
@inline
function backward<T>(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32, gy: usize,
  gates: usize, hidden: usize, packed: usize, states: usize, gh: usize, gx: usize, gShare: usize, scratch: usize,
): void {
  gh = at<T>(gh, from * width);
  for (let k = steps - 1; k >= 0; k--) {
    const t = reverse != 0 ? steps - 1 - k : k;
    const now = (t * rows + from) * width;
    const before = at<T>(states, ((t + reverse) * rows + from) * width);
    const gs = at<T>(gShare, 3 * now);
    stepBack<T>(
      to - from, width, at<T>(gy, now), at<T>(gates, 3 * now), at<T>(hidden, now), before, gh, at<T>(gx, 3 * now), gs,
    );
    product<T>(gs, 3 * width, to - from, 3 * width, packed, width, gh, width, 1, 0, scratch);
  }
}

export function gru_f32(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32,
  gates: usize, bh: usize, packed: usize, states: usize, hidden: usize, share: usize, scratch: usize,
): void {
  forward<f32>(from, to, steps, rows, width, reverse, gates, bh, packed, states, hidden, share, scratch);
}

export function gru_f64(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32,
  gates: usize, bh: usize, packed: usize, states: usize, hidden: usize, share: usize, scratch: usize,
): void {
  forward<f64>(from, to, steps, rows, width, reverse, gates, bh, packed, states, hidden, share, scratch);
}

export function gruGrad_f32(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32, gy: usize,
  gates: usize, hidden: usize, packed: usize, states: usize, gh: usize, gx: usize, gShare: usize, scratch: usize,
): void {
  backward<f32>(from, to, steps, rows, width, reverse, gy, gates, hidden, packed, states, gh, gx, gShare, scratch);
}

export function gruGrad_f64(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32, gy: usize,
  gates: usize, hidden: usize, packed: usize, states: usize, gh: usize, gx: usize, gShare: usize, scratch: usize,
): void {
  backward<f64>(from, to, steps, rows, width, reverse, gy, gates, hidden, packed, states, gh, gx, gShare, scratch);
}
