import type { Window2D } from "../core/backend/kernels.js";
import { type DType, promote } from "../core/dtype.js";
import { ShapeError } from "../core/errors.js";
import { FrugalFunction } from "../core/frugal-function.js";
import type { NDArray } from "../core/ndarray.js";
import * as numeric from "../core/numeric.js";
import { checkOptions } from "../core/options.js";
import { checkShape, type Shape, sameShape, shapeText } from "../core/shape.js";
import { asVariable, type Operand, type Variable } from "../core/variable.js";
import { add } from "./arithmetic.js";
import { Convolve, ConvolveTransposed } from "./convolution.js";
import { astype } from "./dtype.js";
import { reshape, transpose } from "./shape.js";
import {
  checkRank,
  IMAGES,
  type Pair,
  SEQUENCES,
  type TransposedWindow2DOptions,
  transposedWindow2D,
  type Window1DOptions,
  type Window2DOptions,
  window1D,
  window2D,
} from "./window.js";

class Im2col extends FrugalFunction {
  constructor(private readonly window: Window2D) {
    super();
  }

  override forward(x: NDArray): NDArray {
    return numeric.im2col(x, this.window);
  }

  override backward(gy: Variable): Variable {
    return new Col2im(this.window).apply(gy);
  }
}

class Col2im extends FrugalFunction {
  constructor(private readonly window: Window2D) {
    super();
  }

  override forward(patches: NDArray): NDArray {
    return numeric.col2im(patches, this.window);
  }

  override backward(gy: Variable): Variable {
    return new Im2col(this.window).apply(gy);
  }
}

/**
 * The patches that a kernel sees as it slides over images (N, rows, cols, channels), one row each:
 * (N * outRows * outCols, kernelRows * kernelCols * channels), where outRows = floor((rows + pads - covered) / stride) + 1.
 * Its adjoint is `col2im`.
 * @throws ShapeError when `x` is not a batch of images or the kernel does not fit; ArgumentError for bad options.
 */
export function im2col(x: Operand, kernelShape: Pair, options: Window2DOptions = {}): Variable {
  checkOptions("im2col", options, ["stride", "pad", "dilation"]);
  const images = asVariable("im2col", x);
  checkRank("im2col", "x", images.shape, IMAGES);
  return new Im2col(window2D("im2col", images.shape, kernelShape, options)).apply(images);
}

/**
 * Images of shape (N, rows, cols, channels) to whose pixels the patches of `im2col` with the same options are added.
 * Its adjoint is `im2col`.
 * @throws ShapeError when `patches` is not of the shape that `im2col` gives; ArgumentError for bad options.
 */
export function col2im(
  patches: Operand,
  imageShape: Shape,
  kernelShape: Pair,
  options: Window2DOptions = {},
): Variable {
  checkOptions("col2im", options, ["stride", "pad", "dilation"]);
  const rows = asVariable("col2im", patches);
  checkShape("col2im", imageShape);
  checkRank("col2im", "the image", imageShape, IMAGES);
  const window = window2D("col2im", imageShape, kernelShape, options);
  const { batch, outRows, outCols, kernelRows, kernelCols, channels } = window;
  const expected = [batch * outRows * outCols, kernelRows * kernelCols * channels];
  if (!sameShape(rows.shape, expected)) {
    throw new ShapeError(
      `col2im: the patches have shape ${shapeText(rows.shape)}; images of shape ${shapeText(imageShape)} have patches of ` +
        `shape ${shapeText(expected)}`,
    );
  }
  return new Col2im(window).apply(rows.dtype === "bool" ? astype(rows, "int32") : rows);
}

/**
 * Cross-correlation of images `x` (N, rows, cols, in) with kernels `W` (kernelRows, kernelCols, in, out), plus `b` (out,):
 * (N, outRows, outCols, out). In PyTorch: `conv2d` on `x.permute(0, 3, 1, 2)` and `W.permute(3, 2, 0, 1)`, with one more
 * for the dilation.
 * @throws ShapeError when ranks, channels or sizes do not fit; ArgumentError for bad options.
 */
export function conv2d(x: Operand, W: Operand, b: Operand | null = null, options: Window2DOptions = {}): Variable {
  checkOptions("conv2d", options, ["stride", "pad", "dilation"]);
  const images = asVariable("conv2d", x);
  const kernels = asVariable("conv2d", W, images);
  checkRank("conv2d", "x", images.shape, IMAGES);
  checkRank("conv2d", "W", kernels.shape, "(kernelRows, kernelCols, inChannels, outChannels)");
  checkChannels("conv2d", images.shape, kernels.shape);
  const bias = biasOf("conv2d", b, kernels);
  const window = window2D("conv2d", images.shape, kernels.shape.slice(0, 2), options);
  return convolve(images, kernels, bias, window);
}

/**
 * Cross-correlation of sequences `x` (N, length, in) with kernels `W` (width, in, out), plus `b` (out,):
 * (N, outLength, out).
 * @throws ShapeError when ranks, channels or sizes do not fit; ArgumentError for bad options.
 */
export function conv1d(x: Operand, W: Operand, b: Operand | null = null, options: Window1DOptions = {}): Variable {
  checkOptions("conv1d", options, ["stride", "pad", "dilation"]);
  const sequences = asVariable("conv1d", x);
  const kernels = asVariable("conv1d", W, sequences);
  checkRank("conv1d", "x", sequences.shape, SEQUENCES);
  checkRank("conv1d", "W", kernels.shape, "(kernelWidth, inChannels, outChannels)");
  checkChannels("conv1d", sequences.shape, kernels.shape);
  const bias = biasOf("conv1d", b, kernels);
  const window = window1D("conv1d", sequences.shape, kernels.shape[0]!, options);
  const rows = reshape(sequences, [window.batch, 1, window.cols, window.channels]);
  return reshape(convolve(rows, kernels, bias, window), [window.batch, window.outCols, kernels.shape[2]!]);
}

/**
 * The transposed convolution of images `x` (N, rows, cols, in) with kernels `W` (kernelRows, kernelCols, in, out), plus `b`
 * (out,): the gradient of a convolution with respect to its images. Of n rows or columns it makes
 * `stride * (n - 1) + covered - pads + outputPad`, where the kernel covers `(kernel - 1) * (dilation + 1) + 1`, or n with pad
 * "same". In PyTorch: `conv_transpose2d` on `x.permute(0, 3, 1, 2)` and `W.permute(2, 3, 0, 1)`, with one more for the
 * dilation.
 * @throws ShapeError when ranks or channels do not fit or the padding leaves nothing; ArgumentError for bad options.
 */
export function deconv2d(
  x: Operand,
  W: Operand,
  b: Operand | null = null,
  options: TransposedWindow2DOptions = {},
): Variable {
  checkOptions("deconv2d", options, ["stride", "pad", "dilation", "outputPad"]);
  const images = asVariable("deconv2d", x);
  const kernels = asVariable("deconv2d", W, images);
  checkRank("deconv2d", "x", images.shape, IMAGES);
  checkRank("deconv2d", "W", kernels.shape, "(kernelRows, kernelCols, inChannels, outChannels)");
  checkChannels("deconv2d", images.shape, kernels.shape);
  const bias = biasOf("deconv2d", b, kernels);
  const [kernelRows, kernelCols, , outChannels] = kernels.shape as [number, number, number, number];
  const window = transposedWindow2D("deconv2d", images.shape, outChannels, [kernelRows, kernelCols], options);
  const operands = alike(images, transpose(kernels, [0, 1, 3, 2]));
  const y = new ConvolveTransposed(window).apply(...operands);
  return bias === null ? y : add(y, bias);
}

/** Convolves operands that have been checked, in the widest of their dtypes. */
function convolve(images: Variable, kernels: Variable, bias: Variable | null, window: Window2D): Variable {
  const operands = bias === null ? [images, kernels] : [images, kernels, bias];
  return new Convolve(window).apply(...alike(...operands));
}

/** The operands in the widest of their dtypes; bools multiply as int32. */
function alike(...xs: Variable[]): Variable[] {
  const widest = xs.reduce<DType>((dtype, x) => promote(dtype, x.dtype), "int32");
  return xs.map((x) => (x.dtype === widest ? x : astype(x, widest)));
}

function checkChannels(operation: string, x: Shape, W: Shape): void {
  const channels = x[x.length - 1]!;
  if (channels === W[W.length - 2]) return;
  const fitting = [...W];
  fitting[W.length - 2] = channels;
  throw new ShapeError(
    `${operation}: x ${shapeText(x)} has ${channels} channels and W ${shapeText(W)} takes ${W[W.length - 2]}; ` +
      `expected W of shape ${shapeText(fitting)}`,
  );
}

function biasOf(operation: string, b: Operand | null, kernels: Variable): Variable | null {
  if (b === null) return null;
  const bias = asVariable(operation, b, kernels);
  const channels = kernels.shape[kernels.ndim - 1]!;
  if (!sameShape(bias.shape, [channels])) {
    throw new ShapeError(
      `${operation}: b has shape ${shapeText(bias.shape)} and W makes ${channels} channels; expected b of shape (${channels},)`,
    );
  }
  return bias;
}
