import { normalize64, softmaxRun } from "./softmax";

/**
 * Softmax of the rows `from` to `to - 1` of matrices (queries, keys), each over the keys that are not later than its query when the
 * last of both belong together, and 0 at the others. The addresses are those of row 0.
 */
// @ts-ignore: decorator
@inline
function causal<T>(x: usize, from: i32, to: i32, queries: i32, keys: i32, out: usize): void {
  const bytes = <usize>keys * sizeof<T>();
  for (let row = from; row < to; row++) {
    const at = <usize>row * bytes;
    const allowed = max(0, row % queries + keys - queries + 1);
    if (sizeof<T>() == 4) softmaxRun(x + at, allowed, out + at);
    else normalize64(x + at, 1, allowed, 1, 1, out + at, false);
    const used = <usize>allowed * sizeof<T>();
    memory.fill(out + at + used, 0, bytes - used);
  }
}

export function causalSoftmax_f32(x: usize, from: i32, to: i32, queries: i32, keys: i32, out: usize): void { causal<f32>(x, from, to, queries, keys, out); }
export function causalSoftmax_f64(x: usize, from: i32, to: i32, queries: i32, keys: i32, out: usize): void { causal<f64>(x, from, to, queries, keys, out); }
