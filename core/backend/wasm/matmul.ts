import { heap } from "../../heap.js";
import type { NDArray } from "../../ndarray.js";
import { type MatmulView, matmulView } from "../batches.js";
import * as js from "../js/matmul.js";
import { apart, finePartCount, partCount } from "../parallel.js";
import { base } from "./modules.js";
import { scratchOf } from "./scratch.js";
import { share } from "./share.js";

/** The blocks and the scratch of assembly/gemm.ts. */
const MC = 128;
const KC = 256;
const NC = 1024;
const PANEL_A = 4;
const PANEL_B = 8;
const TILE_BYTES = 128;

const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

/** `Kernels.matmul`. */
export function matmul(a: NDArray, b: NDArray, out: NDArray, bias: NDArray | null = null, accumulate = false): void {
  if (out.dtype === "int32" || a.shape[a.ndim - 1] === 0) {
    js.matmul(a, b, out, bias, accumulate);
    return;
  }
  if (out.size === 0) return;
  const view = matmulView(a, b, out);
  const name = out.dtype === "float64" ? "f64" : "f32";
  if (view.aStarts.length === 1 && (view.m === 1 || view.n === 1) && vectorProduct(view, a, b, out, bias, accumulate))
    return;
  const { m, n, k } = view;
  const bytes = name === "f64" ? 8 : 4;
  const batches = view.aStarts.length;
  const flops = 2 * m * n * k;
  // A batch is divided first: its products share no packing. Else the longer side, since all of the other is packed by each.
  const byRows = m >= n;
  const [side, step] = byRows ? [m, PANEL_A] : [n, PANEL_B];
  const overBatch = finePartCount(batches, flops);
  const overSide = partCount(Math.ceil(side / step), (batches * flops * step) / side);
  const divideBatch = overBatch >= overSide;
  const parts = divideBatch ? overBatch : overSide;
  const packed = Math.min(MC, roundUp(m, PANEL_A)) + Math.min(NC, roundUp(n, PANEL_B));
  const scratchBytes = TILE_BYTES + roundUp(packed * Math.min(KC, k) * bytes, 64);
  const startBytes = batches === 1 ? 0 : roundUp(12 * batches, 64);
  const memory = scratchOf(startBytes + parts * scratchBytes);
  const starts = batches === 1 ? 0 : writeStarts(view, memory);
  const scratch = memory + startBytes;
  const fromA = a.address + view.aStarts[0]! * bytes * (batches === 1 ? 1 : 0);
  const fromB = b.address + view.bStarts[0]! * bytes * (batches === 1 ? 1 : 0);
  const biasAt = bias === null ? 0 : bias.address;
  const adds = accumulate ? 1 : 0;
  const { aRow, aCol, bRow, bCol, outRow } = view;
  const part = (from: number, to: number, index: number): number[] => {
    const space = scratch + index * scratchBytes;
    if (divideBatch) {
      const own = batches === 1 ? 0 : starts + 12 * from;
      return [fromA, aRow, aCol, fromB, bRow, bCol, out.address, outRow, m, n, k, biasAt, adds, own, to - from, space];
    }
    const [rowA, rowOut] = byRows ? [from * aRow * bytes, from * outRow * bytes] : [0, 0];
    const [colB, colOut] = byRows ? [0, 0] : [from * bCol * bytes, from * bytes];
    const rows = byRows ? to - from : m;
    const cols = byRows ? n : to - from;
    const row0 = bias === null ? 0 : biasAt + colOut;
    const to0 = out.address + rowOut + colOut;
    return [
      fromA + rowA,
      aRow,
      aCol,
      fromB + colB,
      bRow,
      bCol,
      to0,
      outRow,
      rows,
      cols,
      k,
      row0,
      adds,
      starts,
      batches,
      space,
    ];
  };
  const repeatable = !accumulate && apart([out], a, b, bias);
  share(base, `gemm_${name}`, divideBatch ? batches : side, parts, divideBatch ? 1 : step, repeatable, part);
}

/** Products of a matrix and a vector, where the matrix can be read as it lies. */
function vectorProduct(
  view: MatmulView,
  a: NDArray,
  b: NDArray,
  out: NDArray,
  bias: NDArray | null,
  accumulate: boolean,
): boolean {
  const { m, n, k, aRow, aCol, bRow, bCol, outRow } = view;
  const [matrix, lineStep, depthStep, lines] = m === 1 ? [b, bCol, bRow, n] : [a, aRow, aCol, m];
  const [vector, vectorStep] = m === 1 ? [a, aCol] : [b, bRow];
  const outStep = m === 1 ? 1 : outRow;
  const dots = depthStep === 1 && vectorStep === 1;
  if (!dots && (lineStep !== 1 || outStep !== 1)) return false;
  const bytes = out.dtype === "float64" ? 8 : 4;
  const biasStep = m === 1 ? 1 : 0;
  const part = (from: number, to: number): number[] => [
    matrix.address + from * lineStep * bytes,
    lineStep,
    depthStep,
    vector.address,
    vectorStep,
    out.address + from * outStep * bytes,
    outStep,
    to - from,
    k,
    bias === null ? 0 : bias.address + from * biasStep * bytes,
    biasStep,
    accumulate ? 1 : 0,
  ];
  const repeatable = !accumulate && apart([out], a, b, bias);
  share(
    base,
    bytes === 8 ? "gemv_f64" : "gemv_f32",
    lines,
    partCount(Math.ceil(lines / 16), 32 * k),
    16,
    repeatable,
    part,
  );
  return true;
}

/** Writes down where the products of a batch lie, as `gemm_f32` reads it. */
function writeStarts({ aStarts, bStarts, outStarts }: MatmulView, address: number): number {
  const words = heap.i32;
  let at = address >>> 2;
  for (let i = 0; i < aStarts.length; i++) {
    words[at++] = aStarts[i]!;
    words[at++] = bStarts[i]!;
    words[at++] = outStarts[i]!;
  }
  return address;
}
