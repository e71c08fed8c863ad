import { bytesOf, type DType } from "../dtype.js";
import { NDArray } from "../ndarray.js";
import { type Shape, stridesOf } from "../shape.js";
import type { Kernels, Window2D } from "./kernels.js";
import { matmul, openBlas } from "./openblas.js";
import * as wasm from "./wasm/conv.js";
import { col2im, im2col } from "./wasm/window.js";

/*
 * Convolutions as products of patches with the weights by OpenBLAS, some images at a time, so that their patches stay in the cache.
 * That wins where there are many channels to make of each patch: OpenBLAS has wider vectors than WebAssembly, and writing
 * patches down costs the same for any number of channels.
 */

/** Output channels, and numbers in a patch, from which on it wins. */
const CHANNELS = 32;
const TAPS = 128;
/** Multiplications below which WebAssembly is faster. */
const SMALL = 2_000_000;
/** Bytes of the patches that are written down at a time. */
const ROOM = 4 * 1024 * 1024;

/** Room for patches, which stays: it would be taken anew for every convolution. */
const rooms = new Map<DType, NDArray>();

/** Some images of a batch. */
interface Chunk {
  readonly first: number;
  readonly window: Window2D;
  /** Room for their patches, (positions, taps). */
  readonly patches: NDArray;
  /** A matrix with a row of `n` channels for each of their window positions, of what has (N, outRows, outCols, n). */
  rows(out: NDArray, n: number): NDArray;
  /** The images themselves, of what has all of the batch. */
  images(x: NDArray): NDArray;
}

/** The images in chunks; null where WebAssembly is to do it. */
function chunksOf(w: Window2D, n: number, dtype: DType): Chunk[] | null {
  const taps = w.kernelRows * w.kernelCols * w.channels;
  const positions = w.outRows * w.outCols;
  const room = Math.floor(ROOM / bytesOf(dtype));
  if (n < CHANNELS || taps < TAPS || w.batch * positions * taps * n < SMALL || positions * taps > room) return null;
  if ((dtype !== "float32" && dtype !== "float64") || typeof openBlas() === "string") return null;
  const most = Math.floor(room / (positions * taps));
  const count = Math.ceil(w.batch / most);
  const buffer = roomOf(dtype, room);
  return Array.from({ length: count }, (_, i) => {
    const [first, end] = [i, i + 1].map((part) => Math.floor((w.batch * part) / count)) as [number, number];
    const batch = end - first;
    return {
      first,
      window: { ...w, batch },
      patches: part(buffer, 0, [batch * positions, taps]),
      rows: (out, channels) => part(out, first * positions * channels, [batch * positions, channels]),
      images: (x) => part(x, first * w.rows * w.cols * w.channels, [batch, w.rows, w.cols, w.channels]),
    };
  });
}

function roomOf(dtype: DType, size: number): NDArray {
  const room = rooms.get(dtype) ?? NDArray.empty([size], dtype);
  room.storage.kept = true;
  rooms.set(dtype, room);
  return room;
}

/** What lies from element `offset` on in a contiguous array, as `shape`. */
function part(x: NDArray, offset: number, shape: Shape): NDArray {
  return x.view(x.address + offset * bytesOf(x.dtype), shape, stridesOf(shape));
}

/** The weights as a matrix (taps, n). */
function matrix(W: NDArray): NDArray {
  const n = W.shape.at(-1)!;
  return part(W, 0, [W.size / n, n]);
}

/** `Kernels.conv2d`, by OpenBLAS where that wins. */
export const conv2d: Kernels["conv2d"] = (x, W, b, w, out) => {
  const n = W.shape.at(-1)!;
  const chunks = chunksOf(w, n, out.dtype);
  if (chunks === null) return wasm.conv2d(x, W, b, w, out);
  for (const { window, patches, rows, images } of chunks) {
    im2col(images(x), window, patches);
    matmul(patches, matrix(W), rows(out, n), b);
  }
};

/** `Kernels.conv2dGradInput`, by OpenBLAS where that wins. */
export const conv2dGradInput: Kernels["conv2dGradInput"] = (gy, W, w, out) => {
  const n = W.shape.at(-1)!;
  const chunks = chunksOf(w, n, out.dtype);
  if (chunks === null) return wasm.conv2dGradInput(gy, W, w, out);
  const transposed = matrix(W).transpose();
  for (const { window, patches, rows, images } of chunks) {
    matmul(rows(gy, n), transposed, patches);
    col2im(patches, window, images(out));
  }
};

/** `Kernels.conv2dGradWeight`, by OpenBLAS where that wins. */
export const conv2dGradWeight: Kernels["conv2dGradWeight"] = (x, gy, w, out) => {
  const n = out.shape.at(-1)!;
  const chunks = chunksOf(w, n, out.dtype);
  if (chunks === null) return wasm.conv2dGradWeight(x, gy, w, out);
  for (const { first, window, patches, rows, images } of chunks) {
    im2col(images(x), window, patches);
    matmul(patches.transpose(), rows(gy, n), matrix(out), null, first > 0);
  }
};
