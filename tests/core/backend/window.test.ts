import type { Kernels } from "../../../core/backend/kernels";
import { setThreads, threadCount } from "../../../core/backend/parallel";
import type { DType } from "../../../core/dtype";
import { NDArray } from "../../../core/ndarray";
import { expectClose, filled, Numbers } from "./arrays";
import { jsKernels, wasmKernels } from "./implementations";
import { imageShape, outShape, patchShape, random, WINDOWS, windowOf } from "./windows";

const FLOATS = ["float32", "float64"] as const;

function dot(a: NDArray, b: NDArray): number {
  const [x, y] = [a.toTypedArray(), b.toTypedArray()];
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

/** `run`, into memory that holds numbers already. */
function into(shape: readonly number[], dtype: DType, run: (out: NDArray) => void): NDArray {
  const out = filled(shape, dtype, () => 55);
  run(out);
  return out;
}

/** The four that need no positions, with the shapes of what goes in and comes out. */
const KERNELS = [
  ["im2col", imageShape, patchShape],
  ["col2im", patchShape, imageShape],
  ["averagePool", imageShape, outShape],
  ["averagePoolGrad", outShape, imageShape],
] as const;

describe.each(FLOATS)("windows over %s", (dtype) => {
  const tolerance = { absolute: dtype === "float32" ? 1e-5 : 1e-13 };

  test.each(KERNELS)("%s", (name, inShape, resultShape) => {
    const numbers = new Numbers(31);
    for (const sizes of WINDOWS) {
      const w = windowOf(sizes);
      const x = random(inShape(w), dtype, numbers);
      const run = (kernels: Kernels) => into(resultShape(w), dtype, (out) => kernels[name](x, w, out));
      expectClose(run(wasmKernels).toTypedArray(), run(jsKernels).toTypedArray(), tolerance, JSON.stringify(sizes));
    }
  });

  test("maxPool, with ties, NaN and infinities", () => {
    const numbers = new Numbers(32);
    for (const sizes of WINDOWS) {
      const w = windowOf(sizes);
      const values = [-Infinity, NaN, 0, 1, 2, -1, -2, Infinity];
      for (const choices of [values, [-1, 2], [-Infinity, -Infinity]]) {
        const x = filled(imageShape(w), dtype, () => choices[numbers.integer(choices.length)]!);
        const run = (kernels: Kernels): [NDArray, NDArray] => {
          const positions = filled(outShape(w), "int32", () => 55);
          return [into(outShape(w), dtype, (out) => kernels.maxPool(x, w, out, positions)), positions];
        };
        const [actual, at] = run(wasmKernels);
        const [expected, expectedAt] = run(jsKernels);
        expectClose(actual.toTypedArray(), expected.toTypedArray(), {}, JSON.stringify(sizes));
        expectClose(at.toTypedArray(), expectedAt.toTypedArray(), {}, JSON.stringify(sizes));
      }
    }
  });

  test("maxPoolGrad", () => {
    const numbers = new Numbers(35);
    for (const sizes of WINDOWS) {
      const w = windowOf(sizes);
      const x = random(imageShape(w), dtype, numbers);
      const positions = NDArray.empty(outShape(w), "int32");
      into(outShape(w), dtype, (out) => jsKernels.maxPool(x, w, out, positions));
      const gy = random(outShape(w), dtype, numbers);
      const run = (kernels: Kernels) => into(imageShape(w), dtype, (out) => kernels.maxPoolGrad(gy, positions, w, out));
      expectClose(run(wasmKernels).toTypedArray(), run(jsKernels).toTypedArray(), tolerance, JSON.stringify(sizes));
    }
  });

  test("col2im is the adjoint of im2col, averagePoolGrad that of averagePool", () => {
    const numbers = new Numbers(33);
    for (const kernels of [jsKernels, wasmKernels]) {
      for (const sizes of WINDOWS) {
        const w = windowOf(sizes);
        const x = random(imageShape(w), dtype, numbers);
        const y = random(patchShape(w), dtype, numbers);
        const patches = into(patchShape(w), dtype, (out) => kernels.im2col(x, w, out));
        const image = into(imageShape(w), dtype, (out) => kernels.col2im(y, w, out));
        const near = dtype === "float32" ? 3 : 10;
        expect(dot(patches, y)).toBeCloseTo(dot(x, image), near);
        const gy = random(outShape(w), dtype, numbers);
        const pooled = into(outShape(w), dtype, (out) => kernels.averagePool(x, w, out));
        const spread = into(imageShape(w), dtype, (out) => kernels.averagePoolGrad(gy, w, out));
        expect(dot(pooled, gy)).toBeCloseTo(dot(x, spread), near);
      }
    }
  });
});

test.each([
  ["js", jsKernels],
  ["wasm", wasmKernels],
] as const)("known windows, %s", (_, kernels) => {
  const w = windowOf({ image: [1, 2, 3, 1], kernel: [2, 2], pad: [0, 0, 1, 0] });
  const x = filled([1, 2, 3, 1], "float32", (i) => i + 1);
  const patches = into(patchShape(w), "float32", (out) => kernels.im2col(x, w, out));
  expect(patches.toArray()).toEqual([
    [0, 1, 0, 4],
    [1, 2, 4, 5],
    [2, 3, 5, 6],
  ]);
  const positions = NDArray.empty([1, 1, 3, 1], "int32");
  const largest = into([1, 1, 3, 1], "float32", (out) => kernels.maxPool(x, w, out, positions));
  expect([...largest.toTypedArray()]).toEqual([4, 5, 6]);
  expect([...positions.toTypedArray()]).toEqual([3, 4, 5]);
  const means = into([1, 1, 3, 1], "float32", (out) => kernels.averagePool(x, w, out));
  expect([...means.toTypedArray()]).toEqual([1.25, 3, 4]);
});

test("im2col and col2im of int32", () => {
  const numbers = new Numbers(34);
  const w = windowOf(WINDOWS[2]!);
  const x = random(imageShape(w), "int32", numbers);
  const patches = (kernels: Kernels) => into(patchShape(w), "int32", (out) => kernels.im2col(x, w, out));
  expect(patches(wasmKernels).toArray()).toEqual(patches(jsKernels).toArray());
  const y = random(patchShape(w), "int32", numbers);
  const image = into(imageShape(w), "int32", (out) => wasmKernels.col2im(y, w, out));
  expect(dot(patches(wasmKernels), y)).toBe(dot(x, image));
});

test("images are divided among threads", () => {
  const numbers = new Numbers(36);
  const w = windowOf({ image: [9, 32, 32, 5], kernel: [2, 3], stride: [2, 1], pad: [1, 0, 1, 1] });
  const x = random(imageShape(w), "float32", numbers);
  const p = random(patchShape(w), "float32", numbers);
  const gy = random(outShape(w), "float32", numbers);
  const positions = NDArray.empty(outShape(w), "int32");
  const results = (kernels: Kernels) => [
    into(outShape(w), "float32", (out) => kernels.maxPool(x, w, out, positions)),
    positions.copy(),
    into(imageShape(w), "float32", (out) => kernels.maxPoolGrad(gy, positions, w, out)),
    into(patchShape(w), "float32", (out) => kernels.im2col(x, w, out)),
    into(imageShape(w), "float32", (out) => kernels.col2im(p, w, out)),
    into(outShape(w), "float32", (out) => kernels.averagePool(x, w, out)),
    into(imageShape(w), "float32", (out) => kernels.averagePoolGrad(gy, w, out)),
  ];
  const expected = results(jsKernels);
  const before = threadCount();
  try {
    for (const threads of [1, 2, 4]) {
      setThreads(threads);
      results(wasmKernels).forEach((actual, i) => {
        expectClose(actual.toTypedArray(), expected[i]!.toTypedArray(), { absolute: 1e-5 }, `${i}, ${threads} threads`);
      });
    }
  } finally {
    setThreads(before);
  }
});
