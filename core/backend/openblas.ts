import { heap } from "../heap.js";
import type { NDArray } from "../ndarray.js";
import { environment, optionalPackage } from "../platform.js";
import { type MatmulView, matmulView } from "./batches.js";
import { apart, partCount, range, runNativeParts } from "./parallel.js";
import type { NativeFunctions } from "./pool.js";
import { binary, copy } from "./wasm/elementwise.js";
import { matmul as wasmMatmul } from "./wasm/matmul.js";

/*
 * Matrix products by the system's OpenBLAS, called through koffi on the heap's own memory. Each thread of the pool calls it
 * with one BLAS thread on its share: OpenBLAS's own threads beside ours would only get in each other's way.
 */

type NativeCall = (...numbers: number[]) => unknown;

interface Koffi {
  load(library: string): { func(signature: string): NativeCall };
  address(view: Uint8Array): bigint;
}

/** OpenBLAS as this process found it. */
export interface OpenBlas {
  /** What workers need to call it too. */
  native: NativeFunctions;
  calls: Readonly<Record<string, NativeCall>>;
}

const LIBRARIES = ["libopenblas.so.0", "libopenblas.so", "libopenblas.0.dylib", "libopenblas.dylib", "libopenblas.dll"];
const SETUP = { signature: "void openblas_set_num_threads(int)", argument: 1 };
const FUNCTIONS = (["float", "double"] as const).map((real) => ({
  name: real === "float" ? "cblas_sgemm" : "cblas_dgemm",
  signature:
    `void cblas_${real === "float" ? "s" : "d"}gemm(int, int, int, int, int, int, ${real}, ` +
    `uintptr_t, int, uintptr_t, int, ${real}, uintptr_t, int)`,
  addresses: [7, 9, 12],
}));
const ROW_MAJOR = 101;
const AS_IS = 111;
const TRANSPOSED = 112;
/** Multiplications below which WebAssembly is faster: a call through koffi takes about a microsecond. */
const SMALL = 50_000;

let found: OpenBlas | string | undefined;

/** OpenBLAS, or why it cannot be used. Looked for once, at the first call. */
export function openBlas(): OpenBlas | string {
  found ??= find();
  return found;
}

/** What workers need to call OpenBLAS, where there is one. */
export function nativeFunctions(): NativeFunctions | undefined {
  const blas = openBlas();
  return typeof blas === "string" ? undefined : blas.native;
}

function find(): OpenBlas | string {
  const koffi = optionalPackage("koffi");
  if (koffi === undefined) return "the package koffi is not installed (npm install koffi)";
  const { load, address } = koffi.exports as Koffi;
  const wanted = environment("RETROGRAD_OPENBLAS");
  for (const library of wanted ? [wanted] : LIBRARIES) {
    try {
      const loaded = load(library);
      loaded.func(SETUP.signature)(SETUP.argument);
      const base = Number(address(heap.u8));
      const native = { koffi: koffi.path, library, base, setup: SETUP, functions: FUNCTIONS };
      return {
        native,
        calls: Object.fromEntries(FUNCTIONS.map((f) => [f.name, callOf(loaded.func(f.signature), base)])),
      };
    } catch {
      // Not this one: the next name may be the system's.
    }
  }
  return wanted
    ? `RETROGRAD_OPENBLAS is ${wanted}, which is not an OpenBLAS library`
    : "no libopenblas was found (on Debian: apt-get install libopenblas0)";
}

function callOf(call: NativeCall, base: number): NativeCall {
  return (order, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) =>
    call(order!, transA!, transB!, m!, n!, k!, alpha!, a! + base, lda!, b! + base, ldb!, beta!, c! + base, ldc!);
}

/** How BLAS takes a matrix: as it lies or transposed, and the distance of its rows; null where neither stride is 1. */
function layout(
  rows: number,
  cols: number,
  rowStride: number,
  colStride: number,
): { trans: number; ld: number } | null {
  if ((cols === 1 || colStride === 1) && (rows === 1 || rowStride >= cols)) {
    return { trans: AS_IS, ld: rows === 1 ? cols : rowStride };
  }
  if ((rows === 1 || rowStride === 1) && (cols === 1 || colStride >= rows)) {
    return { trans: TRANSPOSED, ld: cols === 1 ? rows : colStride };
  }
  return null;
}

/** `Kernels.matmul`, by OpenBLAS where it wins and can take the operands as they lie. */
export function matmul(a: NDArray, b: NDArray, out: NDArray, bias: NDArray | null = null, accumulate = false): void {
  const view = matmulView(a, b, out);
  const { m, n, k } = view;
  const left = layout(m, k, view.aRow, view.aCol);
  const right = layout(k, n, view.bRow, view.bCol);
  const blas = openBlas();
  const vector = m === 1 || n === 1;
  const unfit = left === null || right === null || out.dtype === "int32";
  if (m * n * k < SMALL || vector || unfit || typeof blas === "string") {
    wasmMatmul(a, b, out, bias, accumulate);
    return;
  }
  if (bias !== null) {
    const rows = bias.broadcastTo(out.shape);
    if (accumulate) binary("add", out, rows, out);
    else copy(rows, out);
  }
  const beta = bias !== null || accumulate ? 1 : 0;
  const wide = out.dtype === "float64";
  const bytes = wide ? 8 : 4;
  const parts: number[][] = [];
  const add = (product: number, rows: readonly [number, number], cols: readonly [number, number]) => {
    const fromA = a.address + (view.aStarts[product]! + rows[0] * view.aRow) * bytes;
    const fromB = b.address + (view.bStarts[product]! + cols[0] * view.bCol) * bytes;
    const to = out.address + (view.outStarts[product]! + rows[0] * view.outRow + cols[0]) * bytes;
    const size = [rows[1] - rows[0], cols[1] - cols[0], k];
    parts.push([
      ROW_MAJOR,
      left.trans,
      right.trans,
      ...size,
      1,
      fromA,
      left.ld,
      fromB,
      right.ld,
      beta,
      to,
      view.outRow,
    ]);
  };
  eachShare(view, add);
  const name = wide ? "cblas_dgemm" : "cblas_sgemm";
  runNativeParts(name, blas.calls[name]!, parts, beta === 0 && apart([out], a, b));
}

type Share = (product: number, rows: readonly [number, number], cols: readonly [number, number]) => void;

/** Divides a product into shares for the threads: of the batch where it is long enough, else of the longer side of the output. */
function eachShare({ m, n, k, aStarts }: MatmulView, add: Share): void {
  const batch = aStarts.length;
  const shares = batch > 1 ? 1 : partCount(Math.ceil(Math.max(m, n) / 16), 32 * Math.min(m, n) * k);
  for (let product = 0; product < batch; product++) {
    for (let i = 0; i < shares; i++) {
      if (m >= n) add(product, range(m, shares, i, 16), [0, n]);
      else add(product, [0, m], range(n, shares, i, 16));
    }
  }
}
