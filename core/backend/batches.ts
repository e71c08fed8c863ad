import type { NDArray } from "../ndarray.js";

/** The numbers of one batched matrix product: lengths, strides in elements, and where each product of the batch lies. */
export interface MatmulView {
  m: number;
  k: number;
  n: number;
  aRow: number;
  aCol: number;
  bRow: number;
  bCol: number;
  /** The distance of the rows of the output; its columns run. */
  outRow: number;
  /** For each product of the batch the offset of its first operand, in elements. */
  aStarts: number[];
  /** For each product of the batch the offset of its second operand, in elements. */
  bStarts: number[];
  /** For each product of the batch the offset of its result, in elements. */
  outStarts: number[];
}

/** Offsets, in elements, of the matrices of `x` that belong to the batch `shape`, which its own batch axes broadcast to. */
function startsOf(x: NDArray, shape: readonly number[]): number[] {
  const own = x.ndim - 2;
  let starts = [0];
  for (let axis = 0; axis < shape.length; axis++) {
    const source = axis - shape.length + own;
    const step = source < 0 || x.shape[source] === 1 ? 0 : x.strides[source]!;
    const next: number[] = [];
    for (const start of starts) for (let i = 0; i < shape[axis]!; i++) next.push(start + i * step);
    starts = next;
  }
  return starts;
}

/** How to compute `(...batch, m, k) @ (...batch, k, n)` into `out`; batch axes that are missing or have length 1 repeat. */
export function matmulView(a: NDArray, b: NDArray, out: NDArray): MatmulView {
  const batch = out.shape.slice(0, -2);
  return {
    m: a.shape[a.ndim - 2]!,
    k: a.shape[a.ndim - 1]!,
    n: b.shape[b.ndim - 1]!,
    aRow: a.strides[a.ndim - 2]!,
    aCol: a.strides[a.ndim - 1]!,
    bRow: b.strides[b.ndim - 2]!,
    bCol: b.strides[b.ndim - 1]!,
    outRow: out.strides[out.ndim - 2]!,
    aStarts: startsOf(a, batch),
    bStarts: startsOf(b, batch),
    outStarts: startsOf(out, batch),
  };
}
