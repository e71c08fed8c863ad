import type { NDArray } from "../ndarray.js";
import type { Shape } from "../shape.js";

/**
 * How to pass over several strided arrays of one shape with as few loops as possible: axes of length 1 are dropped and
 * neighbouring axes that can be counted as one are joined. There is one Walk, filled anew by each `plan`, so that
 * planning allocates nothing.
 */
export interface Walk {
  /** Number of axes left. */
  ndim: number;
  /** Their lengths, the innermost last. */
  readonly lengths: number[];
  /** For each array its distance between neighbours along each axis left, in elements. */
  readonly steps: readonly [number[], number[], number[], number[]];
}

const walk: Walk = { ndim: 0, lengths: [], steps: [[], [], [], []] };
const REPEATED: readonly number[] = new Array<number>(64).fill(0);
const counters: number[] = [];

/** The strides with which `x` is read in an elementwise operation: all 0 for a single element, whatever its axes. */
export function elementStrides(x: NDArray): readonly number[] {
  return x.size === 1 ? REPEATED : x.strides;
}

/** Plans a walk over `shape` of up to four arrays, given by their strides. The result is valid until the next plan. */
export function plan(
  shape: Shape,
  first: readonly number[],
  second: readonly number[] = REPEATED,
  third: readonly number[] = REPEATED,
  fourth: readonly number[] = REPEATED,
): Walk {
  const { lengths } = walk;
  const [s0, s1, s2, s3] = walk.steps;
  let last = -1;
  for (let axis = 0; axis < shape.length; axis++) {
    const n = shape[axis]!;
    if (n === 1) continue;
    const t0 = first[axis]!;
    const t1 = second[axis]!;
    const t2 = third[axis]!;
    const t3 = fourth[axis]!;
    const joins = last >= 0 && s0[last] === t0 * n && s1[last] === t1 * n && s2[last] === t2 * n && s3[last] === t3 * n;
    if (joins) {
      lengths[last]! *= n;
    } else {
      last++;
      lengths[last] = n;
    }
    s0[last] = t0;
    s1[last] = t1;
    s2[last] = t2;
    s3[last] = t3;
  }
  if (last < 0) {
    last = 0;
    lengths[0] = 1;
    s0[0] = s1[0] = s2[0] = s3[0] = 0;
  }
  walk.ndim = last + 1;
  return walk;
}

/**
 * Calls `visit` with the four arrays' offsets (in elements, from their first one) at every position of all axes but the
 * innermost `inner`, which `visit` passes over itself.
 */
export function eachPosition(
  { ndim, lengths, steps }: Walk,
  inner: number,
  visit: (first: number, second: number, third: number, fourth: number) => void,
): void {
  const [s0, s1, s2, s3] = steps;
  const outer = ndim - inner;
  for (let axis = 0; axis < ndim; axis++) {
    if (lengths[axis] === 0) return;
    counters[axis] = 0;
  }
  let i = 0;
  let j = 0;
  let k = 0;
  let l = 0;
  for (;;) {
    visit(i, j, k, l);
    let axis = outer - 1;
    for (; axis >= 0; axis--) {
      i += s0[axis]!;
      j += s1[axis]!;
      k += s2[axis]!;
      l += s3[axis]!;
      if (++counters[axis]! < lengths[axis]!) break;
      const n = lengths[axis]!;
      i -= n * s0[axis]!;
      j -= n * s1[axis]!;
      k -= n * s2[axis]!;
      l -= n * s3[axis]!;
      counters[axis] = 0;
    }
    if (axis < 0) return;
  }
}
