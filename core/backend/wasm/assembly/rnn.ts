import { at, lanes, product, read, tanhRun, tanhSlope, write } from "./recurrent";
import { relu_f32, relu_f64 } from "./unary";

/*
 * A plain RNN over a whole sequence, for the batch rows `from` to `to`; `states` lies as in lstm.ts. The activation is tanh,
 * or with `relu` the rectifier; both have a derivative that follows from their value.
 */

/** The activation of `n` neighbours, in place. */
// @ts-ignore: decorator
@inline
function activate<T>(x: usize, n: i32, relu: i32): void {
  if (relu == 0) tanhRun<T>(x, x, n);
  else if (sizeof<T>() == 4) relu_f32(x, x, n);
  else relu_f64(x, x, n);
}

/** The states after each step hold the input's share on entry; `packed` is the weights of the states, (width, width). */
// @ts-ignore: decorator
@inline
function forward<T>(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32,
  relu: i32, packed: usize, states: usize, scratch: usize,
): void {
  for (let k = 0; k < steps; k++) {
    const t = reverse != 0 ? steps - 1 - k : k;
    const before = at<T>(states, ((t + reverse) * rows + from) * width);
    const after = at<T>(states, ((t + 1 - reverse) * rows + from) * width);
    product<T>(before, width, to - from, width, packed, width, after, width, 1, 0, scratch);
    activate<T>(after, (to - from) * width, relu);
  }
}

/** One step back: the gradient before the activation. */
// @ts-ignore: decorator
@inline
function stepBack<T>(rows: i32, width: i32, gy: usize, states: usize, gh: usize, gSum: usize, relu: i32): void {
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < width; j += lanes<T>()) {
      const n = min(lanes<T>(), width - j);
      const y = read<T>(at<T>(states, j), n);
      const dh = v128.add<T>(read<T>(at<T>(gh, j), n), read<T>(at<T>(gy, j), n));
      const zero = v128.splat<T>(0);
      const gradient = relu != 0 ? v128.andnot(dh, v128.le<T>(y, zero)) : v128.mul<T>(dh, tanhSlope<T>(y));
      write<T>(at<T>(gSum, j), gradient, n);
    }
    gy = at<T>(gy, width);
    states = at<T>(states, width);
    gh = at<T>(gh, width);
    gSum = at<T>(gSum, width);
  }
}

/** `gh` goes from the gradient of the last state to that of the first; `packed` is the weights transposed. */
// @ts-ignore: decorator
@inline
function backward<T>(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32,
  relu: i32, gy: usize, packed: usize, states: usize, gh: usize, gSum: usize, scratch: usize,
): void {
  gh = at<T>(gh, from * width);
  for (let k = steps - 1; k >= 0; k--) {
    const t = reverse != 0 ? steps - 1 - k : k;
    const now = (t * rows + from) * width;
    const after = at<T>(states, ((t + 1 - reverse) * rows + from) * width);
    stepBack<T>(to - from, width, at<T>(gy, now), after, gh, at<T>(gSum, now), relu);
    product<T>(at<T>(gSum, now), width, to - from, width, packed, width, gh, width, 0, 0, scratch);
  }
}

export function rnn_f32(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32,
  relu: i32, packed: usize, states: usize, scratch: usize,
): void {
  forward<f32>(from, to, steps, rows, width, reverse, relu, packed, states, scratch);
}

export function rnn_f64(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32,
  relu: i32, packed: usize, states: usize, scratch: usize,
): void {
  forward<f64>(from, to, steps, rows, width, reverse, relu, packed, states, scratch);
}

export function rnnGrad_f32(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32,
  relu: i32, gy: usize, packed: usize, states: usize, gh: usize, gSum: usize, scratch: usize,
): void {
  backward<f32>(from, to, steps, rows, width, reverse, relu, gy, packed, states, gh, gSum, scratch);
}

export function rnnGrad_f64(
  from: i32, to: i32, steps: i32, rows: i32, width: i32, reverse: i32,
  relu: i32, gy: usize, packed: usize, states: usize, gh: usize, gSum: usize, scratch: usize,
): void {
  backward<f64>(from, to, steps, rows, width, reverse, relu, gy, packed, states, gh, gSum, scratch);
}
