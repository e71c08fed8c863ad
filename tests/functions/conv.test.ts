import { grad } from "../../core/backward.js";
import * as convolution from "../../core/convolution.js";
import { array, randomNormal } from "../../core/creation.js";
import type { NDArray } from "../../core/ndarray.js";

import { Generator, seed } from "../../core/rng.js";
import { constant, type Operand, type Variable, variable } from "../../core/variable.js";
import { matmul } from "../../functions/linalg.js";
import "../../functions/methods.js";
import { col2im, conv1d, conv2d, deconv2d, im2col } from "../../functions/conv.js";

const normal = (shape: number[]) => randomNormal(shape, { dtype: "float64" });

function inner(a: Operand & { toTypedArray(): ArrayLike<number> }, b: { toTypedArray(): ArrayLike<number> }): number {
  const x = a.toTypedArray();
  const y = b.toTypedArray();
  expect(x.length).toBe(y.length);
  return Array.from(x).reduce((sum, v, i) => sum + v * y[i]!, 0);
}

interface Numbers {
  stride: [number, number];
  dilation: [number, number];
  pad: [top: number, bottom: number, left: number, right: number];
}

/** Cross-correlation as it is defined, entry by entry. */
function naiveConv2d(
  x: NDArray,
  W: NDArray,
  b: NDArray,
  { stride, dilation, pad }: Numbers,
): { shape: number[]; values: number[] } {
  const [N, rows, cols, inChannels] = x.shape as [number, number, number, number];
  const [kr, kc, , outChannels] = W.shape as [number, number, number, number];
  const images = x.toTypedArray();
  const kernels = W.toTypedArray();
  const bias = b.toTypedArray();
  const outRows = Math.floor((rows + pad[0] + pad[1] - (kr - 1) * (dilation[0] + 1) - 1) / stride[0]) + 1;
  const outCols = Math.floor((cols + pad[2] + pad[3] - (kc - 1) * (dilation[1] + 1) - 1) / stride[1]) + 1;
  const values: number[] = [];
  for (let n = 0; n < N; n++) {
    for (let r = 0; r < outRows; r++) {
      for (let c = 0; c < outCols; c++) {
        for (let o = 0; o < outChannels; o++) {
          let sum = bias[o]!;
          for (let i = 0; i < kr; i++) {
            for (let j = 0; j < kc; j++) {
              const row = r * stride[0] - pad[0] + i * (dilation[0] + 1);
              const col = c * stride[1] - pad[2] + j * (dilation[1] + 1);
              if (row < 0 || row >= rows || col < 0 || col >= cols) continue;
              for (let ch = 0; ch < inChannels; ch++) {
                const pixel = images[((n * rows + row) * cols + col) * inChannels + ch]!;
                sum += pixel * kernels[((i * kc + j) * inChannels + ch) * outChannels + o]!;
              }
            }
          }
          values.push(sum);
        }
      }
    }
  }
  return { shape: [N, outRows, outCols, outChannels], values };
}

function expectClose(actual: { toTypedArray(): ArrayLike<number> }, expected: ArrayLike<number>): void {
  const got = actual.toTypedArray();
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < got.length; i++) expect(got[i]).toBeCloseTo(expected[i]!, 10);
}

/** Thirty windows with all numbers drawn, from one-pixel images up. */
function drawnWindows(): (Numbers & { image: number[]; kernel: [number, number]; out: number })[] {
  const generator = new Generator(11);
  const draw = (low: number, high: number) => low + generator.integer(high - low + 1);
  const pair = (low: number, high: number): [number, number] => [draw(low, high), draw(low, high)];
  return Array.from({ length: 30 }, (_, i) => {
    const kernel = pair(1, 4);
    const dilation = pair(0, 2);
    const pad: Numbers["pad"] = [draw(0, 3), draw(0, 3), draw(0, 3), draw(0, 3)];
    const least = kernel.map((k, axis) => {
      return Math.max(1, (k - 1) * (dilation[axis]! + 1) + 1 - pad[2 * axis]! - pad[2 * axis + 1]!);
    });
    const image = [draw(1, 3), least[0]! + draw(0, i % 3 === 0 ? 0 : 5), least[1]! + draw(0, 5), draw(1, 3)];
    return { image, kernel, dilation, pad, stride: pair(1, 3), out: draw(1, 4) };
  });
}

describe("conv2d", () => {
  test.each(drawnWindows())("equals its definition: $image, $kernel, $stride, $dilation, $pad", (w) => {
    seed(1);
    const [x, W, b] = [normal(w.image), normal([...w.kernel, w.image[3]!, w.out]), normal([w.out])];
    const { stride, dilation, pad } = w;
    const y = conv2d(x, W, b, { stride, dilation, pad });
    const expected = naiveConv2d(x, W, b, w);
    expect(y.shape).toEqual(expected.shape);
    expectClose(y, expected.values);
  });

  test.each(drawnWindows())("and its derivatives equal those of im2col and matmul: $image, $kernel, $pad", (w) => {
    seed(3);
    const operands = () => [
      variable(normal(w.image)),
      variable(normal([...w.kernel, w.image[3]!, w.out])),
      variable(normal([w.out])),
    ];
    const { stride, dilation, pad } = w;
    const options = { stride, dilation, pad };
    const composed = (x: Variable, W: Variable, b: Variable) => {
      const taps = w.kernel[0] * w.kernel[1] * w.image[3]!;
      return matmul(im2col(x, w.kernel, options), W.reshape([taps, w.out])).add(b);
    };
    const derivatives = (f: (x: Variable, W: Variable, b: Variable) => Variable): Variable[] => {
      seed(4);
      const xs = operands();
      const [x, W, b] = xs as [Variable, Variable, Variable];
      const y = f(x, W, b);
      const gy = variable(normal([y.size]));
      const first = grad([y.reshape([-1])], xs, { gradYs: [gy], createGraph: true });
      const second = grad(first, [x, W, gy], { gradYs: xs.map((v) => normal([...v.shape])), createGraph: true });
      const third = grad(second, [x, W], { gradYs: [x, W, gy].map((v) => normal([...v.shape])), allowUnused: true });
      return [y, ...first, ...second, ...third];
    };
    const fused = derivatives((x, W, b) => conv2d(x, W, b, options));
    derivatives(composed).forEach((expected, i) => {
      expectClose(fused[i]!, expected.toTypedArray());
    });
  });

  test("gradients have the dtypes of their inputs", () => {
    seed(9);
    const x = variable(normal([1, 3, 3, 2]));
    const W = variable(normal([2, 2, 2, 3]).astype("float32"));
    const b = variable(normal([3]).astype("float32"));
    const y = conv2d(x, W, b);
    const gradients = grad([y], [x, W, b], { gradYs: [normal([1, 2, 2, 3])] });
    expect([y, ...gradients].map((v) => v.dtype)).toEqual(["float64", "float64", "float32", "float32"]);
  });

  test("b may be left out, or null, when options follow", () => {
    seed(2);
    const [x, W] = [normal([1, 3, 3, 2]), normal([2, 2, 2, 3])];
    const zero = conv2d(x, W, array([0, 0, 0], { dtype: "float64" })).toArray();
    expect(conv2d(x, W).toArray()).toEqual(zero);
    expect(conv2d(x, W, null, { stride: 1 }).toArray()).toEqual(zero);
    expect(conv2d(x, W, undefined, { stride: 1 }).toArray()).toEqual(zero);
  });

  test("pad same keeps the size of the input for every stride, kernel and dilation", () => {
    for (const size of [1, 2, 5]) {
      for (const stride of [1, 2, 3]) {
        for (const kernel of [1, 2, 3, 4]) {
          for (const dilation of [0, 1]) {
            const y = conv2d(normal([1, size, size + 1, 1]), normal([kernel, kernel, 1, 2]), null, {
              pad: "same",
              stride,
              dilation,
            });
            expect(y.shape).toEqual([1, size, size + 1, 2]);
          }
        }
      }
    }
  });

  test("of the odd padding of pad same the larger half goes to the bottom and right", () => {
    const row = array([1, 2, 3]).reshape([1, 1, 3, 1]);
    expect(im2col(row, [1, 2], { pad: "same" }).toArray()).toEqual([
      [1, 2],
      [2, 3],
      [3, 0],
    ]);
    expect(im2col(row.reshape([1, 3, 1, 1]), [4, 1], { pad: "same" }).toArray()).toEqual([
      [0, 1, 2, 3],
      [1, 2, 3, 0],
      [2, 3, 0, 0],
    ]);
  });

  test("of an empty batch is empty, and its gradients are zeros", () => {
    const [x, W, b] = [variable(normal([0, 4, 4, 2])), variable(normal([3, 3, 2, 5])), variable(normal([5]))];
    const y = conv2d(x, W, b);
    expect(y.shape).toEqual([0, 2, 2, 5]);
    const [gx, gW, gb] = grad([y], [x, W, b], { gradYs: [normal([0, 2, 2, 5])] });
    expect(gx!.shape).toEqual([0, 4, 4, 2]);
    expect(gW!.toTypedArray()).toEqual(new Float64Array(90));
    expect(gb!.toTypedArray()).toEqual(new Float64Array(5));
  });

  test("of images without channels is the bias", () => {
    expect(conv2d(normal([1, 2, 2, 0]), normal([2, 2, 0, 2]), [3, -4]).toArray()).toEqual([[[[3, -4]]]]);
  });

  test("computes in the wider dtype, with gradients in their own", () => {
    const x = variable(randomNormal([1, 3, 3, 1]));
    const W = variable(normal([2, 2, 1, 2]));
    const y = conv2d(x, W, constant([1, 2]));
    expect(y.dtype).toBe("float64");
    const [gx, gW] = grad([y], [x, W], { gradYs: [normal([1, 2, 2, 2])] });
    expect([gx!.dtype, gW!.dtype]).toEqual(["float32", "float64"]);
  });

  test("takes integers and bools", () => {
    const x = array([1, 2, 3, 4], { dtype: "int32" }).reshape([1, 2, 2, 1]);
    const W = array([1, 1, 1, 1], { dtype: "int32" }).reshape([2, 2, 1, 1]);
    const y = conv2d(x, W, array([5], { dtype: "int32" }));
    expect([y.dtype, y.toArray()]).toEqual(["int32", [[[[15]]]]]);
    expect(conv2d(x, W.astype("float32")).dtype).toBe("float32");
    expect(conv2d(x.astype("bool"), W.astype("bool")).toArray()).toEqual([[[[4]]]]);
  });

  test("computes no gradient of images that nobody asks for", () => {
    const spy = jest.spyOn(convolution, "conv2dGradInput");
    try {
      const x = variable(normal([1, 3, 3, 1]));
      const W = variable(normal([2, 2, 1, 1]));
      const gradYs = [normal([1, 2, 2, 1])];
      expect(grad([conv2d(x, W)], [W], { gradYs })[0]!.shape).toEqual([2, 2, 1, 1]);
      expect(spy).not.toHaveBeenCalled();
      grad([conv2d(x, W)], [x], { gradYs });
      expect(spy).toHaveBeenCalledTimes(1);
    } finally {
      spy.mockRestore();
    }
  });
});

describe("im2col and col2im", () => {
  test("patches are rows: kernel rows, kernel columns, channels", () => {
    const x = array(Array.from({ length: 12 }, (_, i) => i)).reshape([1, 3, 2, 2]);
    expect(im2col(x, [2, 1], { stride: [1, 1] }).toArray()).toEqual([
      [0, 1, 4, 5],
      [2, 3, 6, 7],
      [4, 5, 8, 9],
      [6, 7, 10, 11],
    ]);
  });

  test.each(drawnWindows())("are adjoint: $image, $kernel, $stride, $dilation, $pad", (w) => {
    seed(3);
    const { kernel, stride, dilation, pad } = w;
    const x = normal(w.image);
    const patches = im2col(x, kernel, { stride, dilation, pad });
    const p = normal([...patches.shape]);
    const images = col2im(p, w.image, kernel, { stride, dilation, pad });
    expect(images.shape).toEqual(w.image);
    expect(inner(patches, p)).toBeCloseTo(inner(x, images), 9);
  });

  test("are each other's gradient, to any order", () => {
    seed(4);
    const options = { stride: 2, pad: 1 };
    const x = variable(normal([1, 4, 3, 2]));
    const p = variable(normal([6, 12]));
    const [gx] = grad([im2col(x, [2, 3], options)], [x], { gradYs: [p], createGraph: true });
    expectClose(gx!, col2im(p, [1, 4, 3, 2], [2, 3], options).toTypedArray());
    const q = normal([1, 4, 3, 2]);
    const [gp] = grad([gx!], [p], { gradYs: [q], createGraph: true });
    expectClose(gp!, im2col(q, [2, 3], options).toTypedArray());
  });

  test("col2im counts bools", () => {
    const y = col2im(array([true, true, true, true]).reshape([2, 2]), [1, 3, 1, 1], [2, 1]);
    expect([y.dtype, y.toArray()]).toEqual(["int32", [[[[1]], [[2]], [[1]]]]]);
  });
});

describe("conv1d", () => {
  test("equals conv2d of one row", () => {
    seed(5);
    const [x, W, b] = [normal([2, 7, 3]), normal([3, 3, 4]), normal([4])];
    const y = conv1d(x, W, b, { stride: 2, pad: [1, 2], dilation: 1 });
    const rows = conv2d(x.reshape([2, 1, 7, 3]), W.reshape([1, 3, 3, 4]), b, {
      stride: [1, 2],
      pad: [0, 0, 1, 2],
      dilation: [0, 1],
    });
    expect(y.shape).toEqual([2, 3, 4]);
    expect(y.toTypedArray()).toEqual(rows.toTypedArray());
  });

  test("pad causal never looks ahead", () => {
    seed(6);
    const [x, W] = [variable(normal([1, 6, 1])), normal([3, 1, 1])];
    const y = conv1d(x, W, null, { pad: "causal", dilation: 1 });
    expect(y.shape).toEqual([1, 6, 1]);
    for (let t = 0; t < 6; t++) {
      const gradient = array(
        Array.from({ length: 6 }, (_, i) => (i === t ? 1.7 : 0)),
        { dtype: "float64" },
      );
      const [gx] = grad([y], [x], { gradYs: [gradient.reshape([1, 6, 1])] });
      const reached = Array.from(gx!.toTypedArray()).flatMap((g, i) => (g === 0 ? [] : [i]));
      expect(reached).toEqual([t - 4, t - 2, t].filter((i) => i >= 0));
    }
  });
});

describe("deconv2d", () => {
  test.each([
    [[2, 3, 4, 2], [3, 2], { stride: 2, pad: 1 }],
    [[1, 1, 1, 1], [2, 3], {}],
    [[1, 5, 4, 3], [2, 2], { stride: [1, 3], pad: [2, 0] }],
    [[1, 4, 3, 2], [3, 3], { stride: 2, pad: "same" }],
    [[2, 3, 3, 1], [4, 2], { stride: 2, pad: [0, 3, 1, 0] }],
    [[1, 3, 2, 2], [3, 2], { stride: 3, pad: 1, outputPad: [2, 1] }],
    [[1, 3, 4, 2], [2, 3], { stride: 2, dilation: [1, 2], pad: [2, 0] }],
    [[4, 20, 17, 16], [5, 4], { stride: 3, pad: [1, 2], dilation: [1, 0], outputPad: [2, 1] }],
  ] as const)("is the adjoint of conv2d: %j, %j, %j", (image, kernel, options) => {
    seed(7);
    const x = normal([...image]);
    const W = normal([...kernel, image[3], 2]);
    const y = deconv2d(x, W, null, options);
    const z = normal([...y.shape]);
    const { outputPad: _, ...window } = { outputPad: 0, ...options };
    const back = conv2d(z, W.transpose([0, 1, 3, 2]), null, window);
    expect(back.shape).toEqual(image);
    expect(inner(y, z)).toBeCloseTo(inner(x, back), 9);
  });

  test("outputPad goes back to each of the sizes that a stride makes equal", () => {
    const W = normal([3, 3, 1, 1]);
    for (const rows of [6, 7, 8]) {
      const y = conv2d(normal([1, rows, 6, 1]), W, null, { stride: 3, pad: 1 });
      expect(y.shape).toEqual([1, rows < 7 ? 2 : 3, 2, 1]);
      const outputPad = [rows < 7 ? 2 : rows - 7, 2];
      expect(deconv2d(y, W, null, { stride: 3, pad: 1, outputPad }).shape).toEqual([1, rows, 6, 1]);
    }
  });

  test("its size is stride * (n - 1) - 2 * pad + kernel", () => {
    const sizes = [1, 2, 3].flatMap((stride) =>
      [0, 1, 2].flatMap((pad) =>
        [2, 3, 5].map((kernel) => {
          const y = deconv2d(normal([1, 4, 4, 1]), normal([kernel, kernel, 1, 1]), null, { stride, pad });
          return [y.shape[1], 3 * stride - 2 * pad + kernel];
        }),
      ),
    );
    for (const [actual, expected] of sizes) expect(actual).toBe(expected);
  });
});

describe("errors", () => {
  const x = constant(normal([2, 5, 5, 3]));
  const W = constant(normal([3, 3, 3, 8]));
  const s = constant(normal([2, 5, 3]));
  const V = constant(normal([3, 3, 4]));
  test.each([
    [() => conv2d(normal([5, 5, 3]), W), "conv2d: x has shape (5, 5, 3); expected (N, rows, cols, channels)"],
    [
      () => conv2d(x, normal([3, 3, 8])),
      "conv2d: W has shape (3, 3, 8); expected (kernelRows, kernelCols, inChannels, outChannels)",
    ],
    [
      () => conv2d(x, normal([3, 3, 4, 8])),
      "conv2d: x (2, 5, 5, 3) has 3 channels and W (3, 3, 4, 8) takes 4; expected W of shape (3, 3, 3, 8)",
    ],
    [() => conv2d(x, W, normal([1, 8])), "conv2d: b has shape (1, 8) and W makes 8 channels; expected b of shape (8,)"],
    [
      () => conv2d(x, normal([7, 3, 3, 8]), null, { pad: [0, 1, 0, 0] }),
      "conv2d: the kernel covers 7 rows and the input has 6 with its padding; expected a kernel that covers at most 6, or more padding",
    ],
    [
      () => conv2d(x, W, null, { dilation: [0, 2] }),
      "conv2d: the kernel covers 7 columns and the input has 5 with its padding; expected a kernel that covers at most 5, or more padding",
    ],
    [
      () => conv2d(x, W, null, { stride: 0 }),
      "conv2d: stride is 0; expected a positive integer or [rows, cols] of them",
    ],
    [
      () => conv2d(x, W, null, { stride: [1, 1.5] }),
      "conv2d: stride is [1, 1.5]; expected a positive integer or [rows, cols] of them",
    ],
    [
      () => conv2d(x, W, null, { dilation: -1 }),
      "conv2d: dilation is -1; expected a non-negative integer or [rows, cols] of them",
    ],
    ...[-1, 0.5, Number.NaN, [1, 2, 3], [1, -1], "valid", [1, "same"]].map((pad) => [
      () => conv2d(x, W, null, { pad: pad as "same" }),
      `conv2d: pad is ${typeof pad === "number" ? pad : JSON.stringify(pad).replaceAll(",", ", ")}; ` +
        'expected a non-negative integer, [rows, cols], [top, bottom, left, right] or "same"',
    ]),
    [() => im2col(x, [2, 0]), "im2col: kernelShape is [2, 0]; expected a positive integer or [rows, cols] of them"],
    [() => im2col([1, 2], 2), "im2col: x has shape (2,); expected (N, rows, cols, channels)"],
    [
      () => col2im(normal([4, 9]), [1, 3, 3, 1], 2),
      "col2im: the patches have shape (4, 9); images of shape (1, 3, 3, 1) have patches of shape (4, 4)",
    ],
    [
      () => col2im(normal([4, 4]), [3, 3, 1], 2),
      "col2im: the image has shape (3, 3, 1); expected (N, rows, cols, channels)",
    ],
    [() => col2im(normal([4, 4]), [1, 3, -3, 1], 2), "col2im: a shape holds non-negative integers, got (1, 3, -3, 1)"],
    [() => conv1d(x, V), "conv1d: x has shape (2, 5, 5, 3); expected (N, length, channels)"],
    [() => conv1d(s, W), "conv1d: W has shape (3, 3, 3, 8); expected (kernelWidth, inChannels, outChannels)"],
    [
      () => conv1d(s, normal([3, 2, 4])),
      "conv1d: x (2, 5, 3) has 3 channels and W (3, 2, 4) takes 2; expected W of shape (3, 3, 4)",
    ],
    [
      () => conv1d(s, normal([6, 3, 4])),
      "conv1d: the kernel covers 6 entries and the input has 5 with its padding; expected a kernel that covers at most 5, or more padding",
    ],
    [
      () => conv1d(s, V, null, { pad: [1, 2, 3, 4] }),
      'conv1d: pad is [1, 2, 3, 4]; expected a non-negative integer, [left, right], "same" or "causal"',
    ],
    [() => conv1d(s, V, null, { stride: 0.5 }), "conv1d: stride is 0.5; expected a positive integer"],
    [() => conv1d(s, V, null, { dilation: -2 }), "conv1d: dilation is -2; expected a non-negative integer"],
    [
      () => deconv2d(normal([1, 2, 2, 3]), W, null, { pad: 2 }),
      "deconv2d: the padding takes 4 of the 4 rows of the output; expected at most 3",
    ],
    [
      () => deconv2d(x, W, null, { stride: [3, 2], outputPad: [2, 2] }),
      "deconv2d: outputPad adds 2 columns where the stride is 2 and the dilation 0; expected at most 1",
    ],
    [
      () => deconv2d(x, W, null, { outputPad: -1 }),
      "deconv2d: outputPad is -1; expected a non-negative integer or [rows, cols] of them",
    ],
    [
      () => deconv2d(x, W, null, { stride: 2, pad: "same", outputPad: 1 }),
      'deconv2d: pad "same" leaves no choice of the size; expected no outputPad beside it',
    ],
    [
      () => deconv2d(x, W, null, { dilation: -1 }),
      "deconv2d: dilation is -1; expected a non-negative integer or [rows, cols] of them",
    ],
    [() => deconv2d(normal([1, 2, 0, 3]), W), "deconv2d: the input has 0 columns; expected at least 1"],
    [
      () => deconv2d(x, normal([3, 3, 8, 3])),
      "deconv2d: x (2, 5, 5, 3) has 3 channels and W (3, 3, 8, 3) takes 8; expected W of shape (3, 3, 3, 3)",
    ],
  ] as [() => unknown, string][])("%#", (call, message) => {
    expect(call).toThrow(new Error(message));
  });

  test("come before anything runs", () => {
    const spy = jest.spyOn(convolution, "conv2d");
    expect(() => conv2d(x, W, normal([7]))).toThrow("b has shape");
    expect(spy).not.toHaveBeenCalled();
    spy.mockRestore();
  });
});
