import type { Kernels, Window2D } from "../../../core/backend/kernels";
import { setThreads, threadCount } from "../../../core/backend/parallel";
import { bytesOf, type DType } from "../../../core/dtype";
import type { NDArray } from "../../../core/ndarray";
import { expectClose, filled, Numbers } from "./arrays";
import { jsKernels, wasmKernels } from "./implementations";
import { imageShape, random, type Sizes, WINDOWS, windowOf } from "./windows";

const GUARD = 64;

/** `run` into an array that lies between numbers which it must leave alone. */
function guarded(shape: readonly number[], dtype: DType, run: (out: NDArray) => void): NDArray {
  const size = shape.reduce((a, b) => a * b, 1);
  const memory = filled([size + 2 * GUARD], dtype, () => 55);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const out = memory.view(memory.address + GUARD * bytesOf(dtype), shape, strides);
  run(out);
  const all = memory.toTypedArray();
  if ([...all.slice(0, GUARD), ...all.slice(GUARD + size)].some((value) => value !== 55)) {
    throw new Error("a kernel wrote outside its output");
  }
  return out;
}

/** The convolution of random operands, without and with a bias, and its two adjoints. */
function results(kernels: Kernels, w: Window2D, n: number, dtype: DType): Record<string, NDArray> {
  const numbers = new Numbers(41);
  const weightShape = [w.kernelRows, w.kernelCols, w.channels, n];
  const outShape = [w.batch, w.outRows, w.outCols, n];
  const x = random(imageShape(w), dtype, numbers);
  const W = random(weightShape, dtype, numbers);
  const b = random([n], dtype, numbers);
  const gy = random(outShape, dtype, numbers);
  return {
    plain: guarded(outShape, dtype, (out) => kernels.conv2d(x, W, null, w, out)),
    biased: guarded(outShape, dtype, (out) => kernels.conv2d(x, W, b, w, out)),
    gradInput: guarded(imageShape(w), dtype, (out) => kernels.conv2dGradInput(gy, W, w, out)),
    gradWeight: guarded(weightShape, dtype, (out) => kernels.conv2dGradWeight(x, gy, w, out)),
  };
}

/** Compares the kernels on each number of threads with the reference. */
function expectSame(sizes: Sizes, n: number, dtype: DType, counts: readonly number[]): void {
  const w = windowOf(sizes);
  const reference = Object.entries(results(jsKernels, w, n, dtype));
  for (const threads of counts) {
    const actual = withThreads(threads, () => results(wasmKernels, w, n, dtype));
    for (const [name, expected] of reference) {
      const context = `${name}: ${JSON.stringify(sizes)}, ${n} channels, ${dtype}, ${threads} threads`;
      const terms = name === "gradWeight" ? w.batch * w.outRows * w.outCols : 9 * (w.channels + n);
      const absolute = (dtype === "float64" ? 1e-12 : 1e-5) * 9 * Math.sqrt(terms);
      expectClose(actual[name]!.toTypedArray(), expected.toTypedArray(), { absolute }, context);
    }
  }
}

function withThreads<T>(threads: number, run: () => T): T {
  const before = threadCount();
  setThreads(threads);
  try {
    return run();
  } finally {
    setThreads(before);
  }
}

/** Beside the windows of the other kernels: pixels of every width, many small images, strips of a large one, many taps. */
const LARGER: [Sizes, number][] = [
  ...Array.from({ length: 17 }, (_, i): [Sizes, number] => {
    return [{ image: [3, 6, 7, i + 1], kernel: [3, 2], stride: [1, 2], pad: [1, 0, 0, 1] }, 17 - i];
  }),
  [{ image: [150, 2, 2, 3], kernel: [2, 2] }, 5],
  [{ image: [33, 3, 3, 2], kernel: [2, 2], pad: [1, 1, 1, 1] }, 3],
  [{ image: [2, 55, 80, 8], kernel: [3, 3], pad: [1, 1, 1, 1] }, 3],
  [{ image: [1, 200, 61, 4], kernel: [2, 3], stride: [3, 1], step: [2, 1] }, 9],
  [{ image: [2, 4, 4, 64], kernel: [3, 3], pad: [1, 1, 1, 1] }, 130],
];

describe.each(["float32", "float64"] as const)("convolution of %s", (dtype) => {
  test.each(WINDOWS.map((sizes) => [sizes]))("%j", (sizes) => {
    for (const n of [1, 3, 4, 6, 8, 16, 17]) expectSame(sizes, n, dtype, [1]);
  });

  test.each(LARGER)("%j, %d channels", (sizes, n) => {
    expectSame(sizes, n, dtype, [1, 3]);
  });

  test("one number of threads gives the same bits every time", () => {
    const w = windowOf({ image: [6, 14, 14, 4], kernel: [3, 3] });
    for (const threads of [1, 2, 4]) {
      withThreads(threads, () => {
        const first = results(wasmKernels, w, 16, dtype);
        for (const [name, again] of Object.entries(results(wasmKernels, w, 16, dtype))) {
          expect(again.toTypedArray()).toEqual(first[name]!.toTypedArray());
        }
      });
    }
  });
});

test("convolution of int32", () => {
  const w = windowOf(WINDOWS[3]!);
  const [actual, expected] = [wasmKernels, jsKernels].map((kernels) => results(kernels, w, 3, "int32"));
  for (const name of Object.keys(expected!)) expect(actual![name]!.toArray()).toEqual(expected![name]!.toArray());
});

test("the reference computes what convolution is", () => {
  const w = windowOf({ image: [1, 2, 3, 1], kernel: [2, 2], pad: [0, 0, 1, 0] });
  const numbers = (shape: number[], values: number[]) => filled(shape, "float64", (i) => values[i]!);
  const x = numbers([1, 2, 3, 1], [1, 2, 3, 4, 5, 6]);
  const W = numbers([2, 2, 1, 1], [1, 10, 100, 1000]);
  const gy = numbers([1, 1, 3, 1], [1, 2, 3]);
  for (const kernels of [jsKernels, wasmKernels]) {
    const y = guarded([1, 1, 3, 1], "float64", (out) => kernels.conv2d(x, W, numbers([1], [0.5]), w, out));
    expect([...y.toTypedArray()]).toEqual([4010.5, 5421.5, 6532.5]);
    const gx = guarded([1, 2, 3, 1], "float64", (out) => kernels.conv2dGradInput(gy, W, w, out));
    expect([...gx.toTypedArray()]).toEqual([12, 23, 30, 1200, 2300, 3000]);
    const gW = guarded([2, 2, 1, 1], "float64", (out) => kernels.conv2dGradWeight(x, gy, w, out));
    expect([...gW.toTypedArray()]).toEqual([8, 14, 23, 32]);
  }
});
