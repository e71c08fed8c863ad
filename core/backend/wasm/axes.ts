import { bytesOf } from "../../dtype.js";
import { heap } from "../../heap.js";
import { NDArray } from "../../ndarray.js";
import * as js from "../js/reduce.js";
import type { ArgReduceOp, AxisView, ReduceOp } from "../kernels.js";
import { apart, partCount, range, runParts } from "../parallel.js";
import { SUFFIX } from "./kernel-module.js";
import { base, normalize } from "./modules.js";
import { scratchOf } from "./scratch.js";
import { share } from "./share.js";

/** Columns of a part are a multiple of this, a cache line, so that no two threads write to one. */
const LINE = 16;

/** Rows of fewer columns that do not fill cache lines are reduced eight at a time. */
const NARROW = 64;
const FOLD = 8;

/** `Kernels.reduce`. */
export function reduce(op: ReduceOp, x: NDArray, view: AxisView, out: NDArray): void {
  const { dtype } = x;
  if (dtype !== out.dtype || dtype === "bool" || (dtype === "int32" && op === "prod")) {
    js.reduce(op, x, view, out);
    return;
  }
  const { outer, length, inner } = view;
  const narrow = inner > 1 && inner < NARROW && inner % LINE !== 0;
  if (narrow && outer === 1 && length >= 2 * FOLD && op !== "prod") {
    reduceNarrow(op, x, view, out);
    return;
  }
  const parts = partCount(outer * length * inner, 1);
  if (parts > 1) reduceShared(op, x, view, out, parts);
  else reduceAlone(op, x, view, out);
}

function reduceAlone(op: ReduceOp, x: NDArray, { outer, length, inner }: AxisView, out: NDArray): void {
  const scratch = inner === 1 ? 0 : scratchOf(8 * inner);
  base.of(op, x.dtype)(x.address, outer, length, inner, length * inner, inner, out.address, inner, scratch);
}

/** Rows of so few columns fill no vectors, but several of them side by side do. What is left of the rows comes after these. */
function reduceNarrow(op: ReduceOp, x: NDArray, { outer, length, inner }: AxisView, out: NDArray): void {
  const rest = length % FOLD;
  const folded = NDArray.empty([FOLD + rest, inner], x.dtype);
  reduce(op, x, { outer, length: (length - rest) / FOLD, inner: FOLD * inner }, folded);
  const row = inner * bytesOf(x.dtype);
  const end = x.address + length * row;
  heap.u8.copyWithin(folded.address + FOLD * row, end - rest * row, end);
  reduce(op, folded, { outer, length: FOLD + rest, inner }, out);
}

/**
 * Rows for each part from which on each takes some of the rows rather than of the columns: it reads memory from one end to the other, and
 * to combine the parts costs little.
 */
const LONG = 32;

/**
 * Divides the outer axis where it is long enough, else the one that is reduced if it is very long, else the inner one. Products are
 * not divided along the axis: those of the parts might be too large for float32 where the whole is not.
 */
function reduceShared(op: ReduceOp, x: NDArray, view: AxisView, out: NDArray, parts: number): void {
  const { outer, length, inner } = view;
  const bytes = bytesOf(x.dtype);
  const name = `${op}_${SUFFIX[x.dtype]}`;
  const block = length * inner;
  if (outer >= parts || (outer > 1 && inner === 1 && length < parts)) {
    const scratch = scratchOf(8 * inner * parts);
    runParts(
      base,
      name,
      shares(outer, parts, 1, (from, to, i) => {
        const first = x.address + from * block * bytes;
        const to0 = out.address + from * inner * bytes;
        return [first, to - from, length, inner, block, inner, to0, inner, scratch + 8 * inner * i];
      }),
      apart([out], x),
    );
  } else if (inner >= parts * LINE && (outer > 1 || length < LONG * parts || op === "prod")) {
    const scratch = scratchOf(8 * inner);
    runParts(
      base,
      name,
      shares(inner, parts, LINE, (from, to) => {
        const at = from * bytes;
        return [x.address + at, outer, length, to - from, block, inner, out.address + at, inner, scratch + 8 * from];
      }),
      apart([out], x),
    );
  } else if (op === "prod") {
    reduceAlone(op, x, view, out);
  } else {
    reduceLength(op, x, view, out, Math.min(parts, length));
  }
}

/** Each part reduces a range of the rows; what they give is reduced in turn, always in the same order. */
function reduceLength(op: ReduceOp, x: NDArray, view: AxisView, out: NDArray, parts: number): void {
  const { outer, length, inner } = view;
  const bytes = bytesOf(x.dtype);
  const results = outer * inner;
  const spread = Math.ceil(8 / bytes) * 8 * Math.ceil((results * bytes) / 64);
  const scratch = scratchOf(parts * (spread * bytes + 8 * inner) + 8 * results);
  const totals = scratch + parts * spread * bytes;
  const rows = shares(length, parts, 1, (from, to, i) => {
    const first = x.address + from * inner * bytes;
    const to0 = scratch + i * spread * bytes;
    return [first, outer, to - from, inner, length * inner, inner, to0, inner, totals + 8 * inner * i];
  });
  runParts(base, `${op}_${SUFFIX[x.dtype]}`, rows, true);
  const combine = base.of(op, x.dtype);
  combine(scratch, 1, rows.length, results, 0, spread, out.address, results, totals);
}

/** The numbers for each of `parts` ranges of 0 ... units - 1. */
function shares(
  units: number,
  parts: number,
  step: number,
  part: (from: number, to: number, index: number) => number[],
): number[][] {
  const rows: number[][] = [];
  for (let i = 0; i < parts; i++) {
    const [from, to] = range(units, parts, i, step);
    if (from < to) rows.push(part(from, to, i));
  }
  return rows;
}

/**
 * Calls the function `name` of `dtype` with (x, outer, length, inner, rowStep, `more` ..., out), on ranges of the outer axis or,
 * where there is one block only, of the inner one. `cost` is the work for an element, `outLength` the rows of `out` in a block.
 */
function alongAxis(
  name: string,
  x: NDArray,
  { outer, length, inner }: AxisView,
  out: NDArray,
  outLength: number,
  cost: number,
  more: readonly number[],
): void {
  const { dtype } = x;
  const byOuter = outer > 1;
  const units = byOuter ? outer : Math.ceil(inner / LINE);
  const parts = partCount(units, (outer * length * inner * cost) / units);
  if (parts === 1) {
    base.of(name, dtype)(x.address, outer, length, inner, inner, ...more, out.address);
    return;
  }
  const bytes = bytesOf(dtype);
  const outBytes = bytesOf(out.dtype);
  const rows = byOuter
    ? shares(outer, parts, 1, (from, to) => {
        const first = x.address + from * length * inner * bytes;
        return [first, to - from, length, inner, inner, ...more, out.address + from * outLength * inner * outBytes];
      })
    : shares(inner, parts, LINE, (from, to) => {
        const first = x.address + from * bytes;
        return [first, 1, length, to - from, inner, ...more, out.address + from * outBytes];
      });
  runParts(base, `${name}_${SUFFIX[dtype]}`, rows, apart([out], x));
}

const NOTHING: readonly number[] = [];
const FORWARD: readonly number[] = [0];
const REVERSE: readonly number[] = [1];

/** `Kernels.argReduce`. */
export function argReduce(op: ArgReduceOp, x: NDArray, view: AxisView, out: NDArray): void {
  if (x.dtype === "bool") js.argReduce(op, x, view, out);
  else alongAxis(op, x, view, out, 1, 2, NOTHING);
}

/** `Kernels.cumsum`. */
export function cumsum(x: NDArray, view: AxisView, reverse: boolean, out: NDArray): void {
  alongAxis("cumsum", x, view, out, view.length, 4, reverse ? REVERSE : FORWARD);
}

/** `Kernels.softmax`. */
export function softmax(x: NDArray, view: AxisView, out: NDArray): void {
  alongAxis("softmax", x, view, out, view.length, 8, NOTHING);
}

/** `Kernels.causalSoftmax`. */
export function causalSoftmax(x: NDArray, out: NDArray): void {
  const [queries, keys] = x.shape.slice(-2) as [number, number];
  const rows = x.size / keys;
  share(
    normalize,
    `causalSoftmax_${SUFFIX[x.dtype]}`,
    rows,
    partCount(rows, 6 * keys),
    1,
    apart([out], x),
    (from, to) => [x.address, from, to, queries, keys, out.address],
  );
}

/** `Kernels.logSoftmax`. */
export function logSoftmax(x: NDArray, view: AxisView, out: NDArray): void {
  alongAxis("logSoftmax", x, view, out, view.length, 8, NOTHING);
}
