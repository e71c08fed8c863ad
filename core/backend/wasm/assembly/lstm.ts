import { at, lanes, product, read, sigmoidRun, sigmoidSlope, tanhRun, tanhSlope, write } from "./recurrent";

/*
 * An LSTM over a whole sequence, for the batch rows `from` to `to`. Arrays are (steps, rows, ...), `states` and `cells` with
 * one step more: the state before step t is number t, the one after it t + 1, the other way round when the sequence runs in
 * reverse. Gates lie in the order i, f, g, o.
 */

/** One step of `rows` rows: activates `gates` in place and writes the new cells, their tanh and the new states. */
// @ts-ignore: decorator
@inline
function step<T>(rows: i32, width: i32, gates: usize, before: usize, cells: usize, tanhs: usize, states: usize): void {
  const gate = <usize>width * sizeof<T>();
  for (let row = 0; row < rows; row++) {
    sigmoidRun<T>(gates, 2 * width);
    tanhRun<T>(gates + 2 * gate, gates + 2 * gate, width);
    sigmoidRun<T>(gates + 3 * gate, width);
    for (let j = 0; j < width; j += lanes<T>()) {
      const n = min(lanes<T>(), width - j);
      const z = at<T>(gates, j);
      const kept = v128.mul<T>(read<T>(z + gate, n), read<T>(at<T>(before, j), n));
      write<T>(at<T>(cells, j), v128.add<T>(kept, v128.mul<T>(read<T>(z, n), read<T>(z + 2 * gate, n))), n);
    }
    tanhRun<T>(cells, tanhs, width);
    for (let j = 0; j < width; j += lanes<T>()) {
      const n = min(lanes<T>(), width - j);
      const o = read<T>(at<T>(gates + 3 * gate, j), n);
      write<T>(at<T>(states, j), v128.mul<T>(o, read<T>(at<T>(tanhs, j), n)), n);
    }
    gates += 4 * gate;
    before += gate;
    cells += gate;
    tanhs += gate;
    states += gate;
  }
}

/** `gates` holds the input's share on entry; `packed` is the weights of the states, (width, 4 width). */
// @ts-ignore: decorator
@inline
function forward<T>(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32,
  gates: usize, packed: usize, states: usize, cells: usize, tanhs: usize, scratch: usize,
): void {
  for (let k = 0; k < steps; k++) {
    const t = reverse != 0 ? steps - 1 - k : k;
    const now = (t * rows + from) * width;
    const before = ((t + reverse) * rows + from) * width;
    const after = ((t + 1 - reverse) * rows + from) * width;
    const z = at<T>(gates, 4 * now);
    product<T>(at<T>(states, before), width, to - from, width, packed, 4 * width, z, 4 * width, 1, 0, scratch);
    step<T>(to - from, width, z, at<T>(cells, before), at<T>(cells, after), at<T>(tanhs, now), at<T>(states, after));
  }
}

/** One step back: the gradient of the gates before their activation; `gc` becomes that of the cells before. */
// @ts-ignore: decorator
@inline
function stepBack<T>(
  rows: i32, width: i32, gy: usize, gates: usize, before: usize, tanhs: usize, gh: usize, gc: usize, gGates: usize,
): void {
  const gate = <usize>width * sizeof<T>();
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < width; j += lanes<T>()) {
      const n = min(lanes<T>(), width - j);
      const z = at<T>(gates, j);
      const i = read<T>(z, n);
      const f = read<T>(z + gate, n);
      const g = read<T>(z + 2 * gate, n);
      const o = read<T>(z + 3 * gate, n);
      const s = read<T>(at<T>(tanhs, j), n);
      const dh = v128.add<T>(read<T>(at<T>(gh, j), n), read<T>(at<T>(gy, j), n));
      const dc = v128.add<T>(read<T>(at<T>(gc, j), n), v128.mul<T>(v128.mul<T>(dh, o), tanhSlope<T>(s)));
      const to = at<T>(gGates, j);
      write<T>(to, v128.mul<T>(v128.mul<T>(dc, g), sigmoidSlope<T>(i)), n);
      write<T>(to + gate, v128.mul<T>(v128.mul<T>(dc, read<T>(at<T>(before, j), n)), sigmoidSlope<T>(f)), n);
      write<T>(to + 2 * gate, v128.mul<T>(v128.mul<T>(dc, i), tanhSlope<T>(g)), n);
      write<T>(to + 3 * gate, v128.mul<T>(v128.mul<T>(dh, s), sigmoidSlope<T>(o)), n);
      write<T>(at<T>(gc, j), v128.mul<T>(dc, f), n);
    }
    gy += gate;
    gates += 4 * gate;
    before += gate;
    tanhs += gate;
    gh += gate;
    gc += gate;
    gGates += 4 * gate;
  }
}

/** `gh` and `gc` go from the gradients of the last state and cell to those of the first; `packed` is the weights transposed. */
// @ts-ignore: decorator
@inline
function backward<T>(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32, gy: usize,
  gates: usize, packed: usize, cells: usize, tanhs: usize, gh: usize, gc: usize, gGates: usize, scratch: usize,
): void {
  gh = at<T>(gh, from * width);
  gc = at<T>(gc, from * width);
  for (let k = steps - 1; k >= 0; k--) {
    const t = reverse != 0 ? steps - 1 - k : k;
    const now = (t * rows + from) * width;
    const before = ((t + reverse) * rows + from) * width;
    const gz = at<T>(gGates, 4 * now);
    stepBack<T>(
      to - from, width, at<T>(gy, now), at<T>(gates, 4 * now), at<T>(cells, before), at<T>(tanhs, now), gh, gc, gz,
    );
    product<T>(gz, 4 * width, to - from, 4 * width, packed, width, gh, width, 0, 0, scratch);
  }
}

export function lstm_f32(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32,
  gates: usize, packed: usize, states: usize, cells: usize, tanhs: usize, scratch: usize,
): void {
  forward<f32>(from, to, steps, rows, width, reverse, gates, packed, states, cells, tanhs, scratch);
}

export function lstm_f64(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32,
  gates: usize, packed: usize, states: usize, cells: usize, tanhs: usize, scratch: usize,
): void {
  forward<f64>(from, to, steps, rows, width, reverse, gates, packed, states, cells, tanhs, scratch);
}

export function lstmGrad_f32(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32, gy: usize,
  gates: usize, packed: usize, cells: usize, tanhs: usize, gh: usize, gc: usize, gGates: usize, scratch: usize,
): void {
  backward<f32>(from, to, steps, rows, width, reverse, gy, gates, packed, cells, tanhs, gh, gc, gGates, scratch);
}

export function lstmGrad_f64(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32, gy: usize,
  gates: usize, packed: usize, cells: usize, tanhs: usize, gh: usize, gc: usize, gGates: usize, scratch: usize,
): void {
  backward<f64>(from, to, steps, rows, width, reverse, gy, gates, packed, cells, tanhs, gh, gc, gGates, scratch);
}
