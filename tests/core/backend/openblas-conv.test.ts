import type { Kernels, Window2D } from "../../../core/backend/kernels";
import * as openBlasModule from "../../../core/backend/openblas";
import * as openBlasConvolution from "../../../core/backend/openblas-conv";
import { setThreads, threadCount } from "../../../core/backend/parallel";
import * as wasmConvolution from "../../../core/backend/wasm/conv";
import type { DType } from "../../../core/dtype";
import { NDArray } from "../../../core/ndarray";
import { expectClose, filled, Numbers } from "./arrays";
import { wasmKernels } from "./implementations";
import { imageShape, random, type Sizes, windowOf } from "./windows";

/* Where there is no OpenBLAS this compares WebAssembly with itself, which is what runs then. */

const before = threadCount();
/** With another backend the workers know nothing of the library. */
const THREADS = ["js", "wasm"].includes(process.env.RETROGRAD_BACKEND ?? "") ? [1] : [1, 3];
afterAll(() => setThreads(before));

type Convolution = Pick<Kernels, "conv2d" | "conv2dGradInput" | "conv2dGradWeight">;

/** The convolution of random operands, without and with a bias, and its two adjoints, into numbers that are there already. */
function results(kernels: Convolution, w: Window2D, n: number, dtype: DType): Record<string, NDArray> {
  const numbers = new Numbers(43);
  const [weights, outputs] = [
    [w.kernelRows, w.kernelCols, w.channels, n],
    [w.batch, w.outRows, w.outCols, n],
  ];
  const [x, W, b, gy] = [imageShape(w), weights, [n], outputs].map((shape) => random(shape, dtype, numbers));
  const into = (shape: readonly number[], run: (out: NDArray) => void) => {
    const out = filled(shape, dtype, () => 55);
    run(out);
    return out;
  };
  return {
    plain: into(outputs, (out) => kernels.conv2d(x!, W!, null, w, out)),
    biased: into(outputs, (out) => kernels.conv2d(x!, W!, b!, w, out)),
    gradInput: into(imageShape(w), (out) => kernels.conv2dGradInput(gy!, W!, w, out)),
    gradWeight: into(weights, (out) => kernels.conv2dGradWeight(x!, gy!, w, out)),
  };
}

const ROWS: readonly [what: string, sizes: Sizes, n: number][] = [
  ["one chunk", { image: [8, 8, 9, 16], kernel: [3, 3] }, 49],
  ["several chunks, of which some have an image less", { image: [41, 12, 12, 32], kernel: [5, 5] }, 32],
  ["a chunk for each image", { image: [2, 32, 32, 64], kernel: [3, 3], pad: [1, 1, 1, 1] }, 32],
  ["padding on some sides", { image: [6, 9, 8, 20], kernel: [3, 3], pad: [1, 0, 2, 1] }, 40],
  ["strides and a dilation", { image: [9, 15, 14, 24], kernel: [3, 2], stride: [2, 1], step: [2, 3] }, 50],
  ["images too large for the room", { image: [1, 64, 64, 30], kernel: [3, 3] }, 32],
  ["too few channels", { image: [8, 12, 12, 32], kernel: [3, 3] }, 31],
  ["too few taps", { image: [20, 28, 28, 1], kernel: [5, 5] }, 64],
  ["no images", { image: [0, 12, 12, 32], kernel: [5, 5] }, 64],
];

describe.each(["float32", "float64"] as const)("convolution by OpenBLAS, %s", (dtype) => {
  test.each(ROWS)("of %s is that of WebAssembly", (_, sizes, n) => {
    const w = windowOf(sizes);
    setThreads(1);
    const expected = results(wasmKernels, w, n, dtype);
    for (const threads of THREADS) {
      setThreads(threads);
      for (const [name, actual] of Object.entries(results(openBlasConvolution, w, n, dtype))) {
        const terms = name === "gradWeight" ? w.batch * w.outRows * w.outCols : w.kernelRows * w.kernelCols * 64;
        const absolute = (dtype === "float64" ? 1e-12 : 1e-5) * 9 * Math.sqrt(terms);
        expectClose(actual.toTypedArray(), expected[name]!.toTypedArray(), { absolute }, `${name}, ${threads} threads`);
      }
    }
  });
});

const available = typeof openBlasModule.openBlas() !== "string";
(available ? test : test.skip)("OpenBLAS is what computes: its sums are taken in another order", () => {
  const w = windowOf({ image: [8, 8, 9, 16], kernel: [3, 3] });
  setThreads(1);
  const [blas, own] = [openBlasConvolution, wasmKernels].map((kernels) => results(kernels, w, 64, "float32"));
  for (const name of Object.keys(own!)) expect(blas![name]!.toArray()).not.toEqual(own![name]!.toArray());
});

/** Convolutions at the sizes from which on OpenBLAS does them. */
const BOUNDS: readonly [what: string, image: readonly number[], n: number, dtype: DType, byOpenBlas: boolean][] = [
  ["as many channels as it takes", [2, 20, 20, 128], 32, "float32", true],
  ["a channel less", [2, 20, 20, 160], 31, "float32", false],
  ["a number less in each patch", [2, 20, 20, 127], 64, "float32", false],
  ["as many multiplications as it takes", [1, 10, 25, 160], 50, "float32", true],
  ["a position less", [1, 3, 83, 160], 50, "float32", false],
  ["an image that just has room", [1, 64, 64, 256], 32, "float32", true],
  ["an image that just has not", [1, 64, 64, 257], 32, "float32", false],
  ["the same in float64", [1, 64, 64, 129], 32, "float64", false],
  ["an image in float64", [1, 64, 64, 128], 32, "float64", true],
  ["integers", [2, 20, 20, 128], 32, "int32", false],
];

(available ? describe : describe.skip)("who computes", () => {
  afterEach(() => jest.restoreAllMocks());

  test.each(BOUNDS)("%s", (_, image, n, dtype, byOpenBlas) => {
    const w = windowOf({ image: image as [number, number, number, number], kernel: [1, 1] });
    const product = jest.spyOn(openBlasModule, "matmul").mockReturnValue();
    const others = (["conv2d", "conv2dGradInput", "conv2dGradWeight"] as const).map((name) =>
      jest.spyOn(wasmConvolution, name).mockReturnValue(),
    );
    const [x, W, y] = [image, [1, 1, image[3]!, n], [...image.slice(0, 3), n]].map((shape) =>
      NDArray.empty(shape, dtype),
    );
    openBlasConvolution.conv2d(x!, W!, null, w, y!);
    openBlasConvolution.conv2dGradInput(y!, W!, w, x!);
    openBlasConvolution.conv2dGradWeight(x!, y!, w, W!);
    expect(product.mock.calls.length > 0).toBe(byOpenBlas);
    for (const other of others) expect(other).toHaveBeenCalledTimes(byOpenBlas ? 0 : 1);
  });
});
