import { isFloat } from "../../dtype.js";
import type { NDArray } from "../../ndarray.js";
import { type Elements, elementsOf, firstIndex } from "../elements.js";
import type { ArgReduceOp, AxisView, ReduceOp } from "../kernels.js";

const INITIAL: Record<ReduceOp, number> = { sum: 0, prod: 1, max: -Infinity, min: Infinity };

const FLOAT_STEP: Record<ReduceOp, (sum: number, x: number) => number> = {
  sum: (sum, x) => sum + x,
  prod: (product, x) => product * x,
  max: Math.max,
  min: Math.min,
};

const INTEGER_STEP: Record<ReduceOp, (sum: number, x: number) => number> = {
  sum: (sum, x) => (sum + x) | 0,
  prod: Math.imul,
  max: Math.max,
  min: Math.min,
};

/** The sum of `f[i]`, `f[i + step]`, ... in double precision, halving longer runs, so that the error grows with log(n). */
function pairwiseSum(f: Elements, i: number, step: number, n: number): number {
  if (n > 256) {
    const half = n >> 1;
    return pairwiseSum(f, i, step, half) + pairwiseSum(f, i + half * step, step, n - half);
  }
  let sum = 0;
  for (let k = 0; k < n; k++, i += step) sum += f[i]!;
  return sum;
}

/** `Kernels.reduce`. Of bools, "sum" is "or" and "prod" is "and". */
export function reduce(op: ReduceOp, x: NDArray, { outer, length, inner }: AxisView, out: NDArray): void {
  const source = elementsOf(x.dtype);
  const target = elementsOf(out.dtype);
  const from = firstIndex(x);
  const to = firstIndex(out);
  const float = isFloat(x.dtype);
  const bool = out.dtype === "bool";
  const step = float ? FLOAT_STEP[op] : INTEGER_STEP[op];
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const first = from + i * length * inner + j;
      let result = INITIAL[op];
      if (float && op === "sum") {
        result = pairwiseSum(source, first, inner, length);
      } else {
        for (let k = 0; k < length; k++) result = step(result, source[first + k * inner]!);
      }
      target[to + i * inner + j] = bool && result !== 0 ? 1 : result;
    }
  }
}

/** `Kernels.argReduce`. */
export function argReduce(op: ArgReduceOp, x: NDArray, { outer, length, inner }: AxisView, out: NDArray): void {
  const source = elementsOf(x.dtype);
  const target = elementsOf("int32");
  const from = firstIndex(x);
  const to = firstIndex(out);
  const sign = op === "argmax" ? 1 : -1;
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const first = from + i * length * inner + j;
      let best = 0;
      let extreme = sign * source[first]!;
      for (let k = 1; k < length && !Number.isNaN(extreme); k++) {
        const value = sign * source[first + k * inner]!;
        if (value > extreme || Number.isNaN(value)) {
          extreme = value;
          best = k;
        }
      }
      target[to + i * inner + j] = best;
    }
  }
}

/** `Kernels.cumsum`. */
export function cumsum(x: NDArray, { outer, length, inner }: AxisView, reverse: boolean, out: NDArray): void {
  const elements = elementsOf(x.dtype);
  const from = firstIndex(x);
  const to = firstIndex(out);
  const integer = x.dtype === "int32";
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const first = i * length * inner + j;
      let sum = 0;
      for (let k = 0; k < length; k++) {
        const at = first + (reverse ? length - 1 - k : k) * inner;
        sum += elements[from + at]!;
        if (integer) sum |= 0;
        elements[to + at] = sum;
      }
    }
  }
}

/** `Kernels.softmax`. */
export function softmax(x: NDArray, view: AxisView, out: NDArray): void {
  normalize(x, view, out, (shifted, _, sum) => Math.exp(shifted) / sum);
}

/** `Kernels.causalSoftmax`. */
export function causalSoftmax(x: NDArray, out: NDArray): void {
  const elements = elementsOf(x.dtype);
  const [from, to] = [firstIndex(x), firstIndex(out)];
  const [queries, keys] = x.shape.slice(-2) as [number, number];
  for (let row = 0; row * keys < x.size; row++) {
    const allowed = Math.max(0, (row % queries) + keys - queries + 1);
    let max = -Infinity;
    for (let k = 0; k < allowed; k++) max = Math.max(max, elements[from + row * keys + k]!);
    let sum = 0;
    for (let k = 0; k < allowed; k++) sum += Math.exp(elements[from + row * keys + k]! - max);
    for (let k = 0; k < keys; k++) {
      const at = row * keys + k;
      elements[to + at] = k < allowed ? Math.exp(elements[from + at]! - max) / sum : 0;
    }
  }
}

/** `Kernels.logSoftmax`. */
export function logSoftmax(x: NDArray, view: AxisView, out: NDArray): void {
  normalize(x, view, out, (shifted, logSum) => shifted - logSum);
}

function normalize(
  x: NDArray,
  { outer, length, inner }: AxisView,
  out: NDArray,
  finish: (shifted: number, logSum: number, sum: number) => number,
): void {
  const elements = elementsOf(x.dtype);
  const from = firstIndex(x);
  const to = firstIndex(out);
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const first = i * length * inner + j;
      let max = -Infinity;
      for (let k = 0; k < length; k++) max = Math.max(max, elements[from + first + k * inner]!);
      let sum = 0;
      for (let k = 0; k < length; k++) sum += Math.exp(elements[from + first + k * inner]! - max);
      const logSum = Math.log(sum);
      for (let k = 0; k < length; k++) {
        const at = first + k * inner;
        elements[to + at] = finish(elements[from + at]! - max, logSum, sum);
      }
    }
  }
}
