import { randomNormal } from "../../core/creation.js";
import { seed } from "../../core/rng.js";
import { flip } from "../../functions/arrangement.js";
import { conv1d, conv2d, deconv2d, im2col } from "../../functions/conv.js";
import { calcConvOutDims, calcPadDims1d, calcPadDims2d, dilate, pad1d, pad2d } from "../../functions/padding.js";
import type { Pad1D, Pad2D, Pair } from "../../functions/window.js";
import "../../functions/index.js";

beforeEach(() => seed(21));

const normal = (...shape: number[]) => randomNormal(shape, { dtype: "float64" });

function thrown(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  throw new Error("nothing was thrown");
}

describe("pad2d and pad1d", () => {
  test.each<[Pad2D, Pair, { stride?: Pair; dilation?: Pair }]>([
    [1, 3, {}],
    [[0, 2], 3, { stride: 2 }],
    [[1, 0, 2, 1], [2, 3], {}],
    ["same", [2, 4], {}],
    ["same", 3, { stride: [2, 3], dilation: [1, 0] }],
  ])(
    "%j under a kernel of %j, %j: the convolution of what they pad is the convolution with the pad",
    (pad, k, options) => {
      const x = normal(2, 4, 5, 2);
      const [padded, pads] = pad2d(x, pad, k, options);
      expect(padded.shape).toEqual([2, 4 + pads[0] + pads[1], 5 + pads[2] + pads[3], 2]);
      const expected = im2col(x, k, { ...options, pad });
      expect(im2col(padded, k, options).toArray()).toEqual(expected.toArray());
      expect(im2col(x, k, { ...options, pad: pads }).toArray()).toEqual(expected.toArray());
    },
  );

  test.each<[Pad1D, number, { stride?: number; dilation?: number }, [number, number]]>([
    [2, 3, {}, [2, 2]],
    [[0, 3], 2, { stride: 2 }, [0, 3]],
    ["same", 4, {}, [1, 2]],
    ["same", 3, { stride: 2 }, [3, 4]],
    ["causal", 3, { dilation: 2 }, [6, 0]],
  ])("%j under a kernel of %j, %j resolve to the pad that conv1d uses", (pad, width, options, pads) => {
    const [x, W] = [normal(2, 6, 3), normal(width, 3, 2)];
    const [padded, resolved] = pad1d(x, pad, width, options);
    expect(resolved).toEqual(pads);
    expect(conv1d(padded, W, null, options).toArray()).toEqual(conv1d(x, W, null, { ...options, pad }).toArray());
  });
});

describe("dilate", () => {
  test("puts zeros between, and none around", () => {
    expect(
      dilate(
        [
          [
            [[1], [2]],
            [[3], [4]],
          ],
        ],
        [1, 2],
      ).toArray(),
    ).toEqual([
      [
        [[1], [0], [0], [2]],
        [[0], [0], [0], [0]],
        [[3], [0], [0], [4]],
      ],
    ]);
  });

  test("and a convolution with the kernel turned round make a transposed convolution", () => {
    const [x, W] = [normal(2, 3, 2, 2), normal(3, 2, 2, 3)];
    const y = deconv2d(x, W, null, { stride: [2, 3] });
    const z = conv2d(dilate(x, [1, 2]), flip(W, { axis: [0, 1] }), null, { pad: [2, 1] });
    expect(z.shape).toEqual(y.shape);
    const expected = y.toTypedArray();
    z.toTypedArray().forEach((v, i) => {
      expect(v).toBeCloseTo(expected[i]!, 10);
    });
  });

  test("of images without rows has none", () => {
    expect(dilate(normal(1, 0, 2, 3), 2).shape).toEqual([1, 0, 4, 3]);
  });
});

describe("calcConvOutDims", () => {
  test.each<[number[], number[], { pad?: Pad2D; stride?: Pair; dilation?: Pair }]>([
    [[2, 5, 6, 3], [3, 2, 3, 4], {}],
    [[1, 7, 6, 1], [2, 2, 1, 2], { stride: [2, 3], pad: 1, dilation: [0, 1] }],
    [[1, 4, 5, 2], [3, 3, 2, 1], { stride: 2, pad: "same" }],
    [[1, 4, 5, 2], [3, 3, 2, 1], { stride: 2, pad: [0, 1, 2, 0] }],
  ])("%j by %j, %j: the shape that conv2d gives", (x, W, options) => {
    expect(calcConvOutDims(x, W, options)).toEqual(conv2d(normal(...x), normal(...W), null, options).shape);
  });

  test.each<[number[], number[], { pad?: Pad1D; stride?: number; dilation?: number }]>([
    [[2, 9, 3], [4, 3, 2], { stride: 2, dilation: 1 }],
    [[2, 9, 3], [4, 3, 2], { stride: 2, dilation: 1, pad: "causal" }],
    [[1, 5, 1], [2, 1, 3], { stride: 3, pad: "same" }],
  ])("%j by %j, %j: the shape that conv1d gives", (x, W, options) => {
    expect(calcConvOutDims(x, W, options)).toEqual(conv1d(normal(...x), normal(...W), null, options).shape);
  });
});

describe("calcPadDims", () => {
  test("the fewest zeros that give the positions asked for, the larger half at the end", () => {
    for (const length of [3, 6, 7]) {
      for (const kernel of [1, 2, 3]) {
        for (const stride of [1, 2, 3]) {
          for (const dilation of [0, 1]) {
            for (const outDim of [3, 4, 8]) {
              const options = { stride, dilation };
              const x = normal(1, length, 1);
              const positions = (pad: number[]) =>
                im2col(x.reshape([1, 1, length, 1]), [1, kernel], { ...options, pad: [0, 0, ...pad] }).shape[0];
              if ((length - (kernel - 1) * (dilation + 1) - 1) / stride >= outDim) {
                expect(thrown(() => calcPadDims1d(x.shape, outDim, kernel, options))).toContain(
                  "ArgumentError: calcPadDims1d: without padding",
                );
                continue;
              }
              const [left, right] = calcPadDims1d(x.shape, outDim, kernel, options);
              expect(positions([left, right])).toBe(outDim);
              expect(right - left === 0 || right - left === 1).toBe(true);
              if (right > 0 && length + left + right > (kernel - 1) * (dilation + 1) + 1) {
                expect(positions([left, right - 1])).toBe(outDim - 1);
              }
              expect(calcPadDims1d(x.shape, outDim, kernel, { ...options, causal: true })).toEqual([left + right, 0]);
            }
          }
        }
      }
    }
  });

  test("along rows and columns", () => {
    expect(calcPadDims2d([1, 8, 8, 3], [8, 9], [3, 4], { stride: [2, 1] })).toEqual([4, 5, 2, 2]);
    expect(calcPadDims2d([1, 8, 8, 3], 8, 3, { dilation: 1 })).toEqual([2, 2, 2, 2]);
    const same = pad2d(normal(1, 8, 5, 1), "same", [2, 3], { stride: 2 })[1];
    expect(calcPadDims2d([1, 8, 5, 1], [8, 5], [2, 3], { stride: 2 })).toEqual(same);
  });
});

describe("errors", () => {
  test.each<[() => unknown, string]>([
    [
      () => pad2d(normal(3, 3, 1), 1, 2),
      "ShapeError: pad2d: x has shape (3, 3, 1); expected (N, rows, cols, channels)",
    ],
    [
      () => pad2d(normal(1, 3, 3, 1), "causal" as never, 2),
      'ArgumentError: pad2d: pad is "causal"; expected a non-negative integer, [rows, cols], [top, bottom, left, right] or "same"',
    ],
    [
      () => pad2d(normal(1, 3, 3, 1), "same", undefined as never),
      "ArgumentError: pad2d: kernelShape is undefined; expected a positive integer or [rows, cols] of them",
    ],
    [
      () => pad1d(normal(1, 3, 3, 1), 1, 2),
      "ShapeError: pad1d: x has shape (1, 3, 3, 1); expected (N, length, channels)",
    ],
    [
      () => pad1d(normal(1, 3, 1), -1, 2),
      'ArgumentError: pad1d: pad is -1; expected a non-negative integer, [left, right], "same" or "causal"',
    ],
    [() => pad1d(normal(1, 3, 1), 1, 0), "ArgumentError: pad1d: kernel width is 0; expected a positive integer"],
    [() => dilate(normal(2, 2), 1), "ShapeError: dilate: x has shape (2, 2); expected (N, rows, cols, channels)"],
    [
      () => dilate(normal(1, 2, 2, 1), 0.5),
      "ArgumentError: dilate: dilation is 0.5; expected a non-negative integer or [rows, cols] of them",
    ],
    [
      () => calcPadDims2d([1, 8, 8, 1], 3, 2),
      "ArgumentError: calcPadDims2d: without padding the kernel has 7 positions along 8 rows; expected outDim 3 to be no less",
    ],
    [
      () => calcPadDims2d([8, 8], 3, 2),
      "ShapeError: calcPadDims2d: x has shape (8, 8); expected (N, rows, cols, channels)",
    ],
    [() => calcPadDims1d([1, 8, 1], 0, 2), "ArgumentError: calcPadDims1d: outDim is 0; expected a positive integer"],
    [
      () => calcPadDims1d([1, -8, 1], 1, 2),
      "ShapeError: calcPadDims1d: a shape holds non-negative integers, got (1, -8, 1)",
    ],
    [
      () => calcConvOutDims([1, 8, 8, 2], [3, 3, 1, 4]),
      "ShapeError: calcConvOutDims: x has shape (1, 8, 8, 2) and W (3, 3, 1, 4); expected (N, rows, cols, channels) and " +
        "(kernelRows, kernelCols, channels, out), or (N, length, channels) and (width, channels, out)",
    ],
    [
      () => calcConvOutDims([1, 2, 8, 2], [3, 3, 2, 4]),
      "ShapeError: calcConvOutDims: the kernel covers 3 rows and the input has 2 with its padding; expected a kernel that covers at most 2, or more padding",
    ],
  ])("%#", (f, message) => {
    expect(thrown(f)).toBe(message);
  });
});
