import { ArgumentError, ShapeError } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import { checkShape, type Shape, shapeText } from "../core/shape.js";
import { slice } from "../core/slicing.js";
import { asVariable, type Operand, type Variable } from "../core/variable.js";
import { pad } from "./arrangement.js";
import { getItem } from "./indexing.js";
import { reshape } from "./shape.js";
import {
  checkRank,
  cover,
  halves,
  IMAGES,
  integer,
  type Pad1D,
  type Pad2D,
  type Pair,
  padsOf,
  pair,
  reach,
  SEQUENCES,
  type Slide,
  slide1D,
  slides2D,
  type Window1DOptions,
  type Window2DOptions,
  window1D,
  window2D,
} from "./window.js";

/**
 * Sequences (N, length, channels) with zeros around them, and what was added: `[left, right]`. The kernel and its stride and
 * dilation matter to "same" and "causal" alone. In PyTorch: `F.pad(x, (0, 0, left, right))`.
 * @throws ShapeError when `x` is no batch of sequences; ArgumentError for a bad pad or kernel.
 */
export function pad1d(
  x: Operand,
  padding: Pad1D,
  kernelWidth: number,
  options: Omit<Window1DOptions, "pad"> = {},
): [padded: Variable, pad: [left: number, right: number]] {
  checkOptions("pad1d", options, ["stride", "dilation"]);
  const input = asVariable("pad1d", x);
  checkRank("pad1d", "x", input.shape, SEQUENCES);
  const pads = padsOf(input.shape[1]!, slide1D("pad1d", kernelWidth, { ...options, pad: padding }));
  return [pad(input, [[0, 0], pads, [0, 0]]), pads];
}

/**
 * Images (N, rows, cols, channels) with zeros around them, and what was added: `[top, bottom, left, right]`. The kernel and its
 * stride and dilation matter to "same" alone. In PyTorch: `F.pad(x, (0, 0, left, right, top, bottom))`.
 * @throws ShapeError when `x` is no batch of images; ArgumentError for a bad pad or kernel.
 */
export function pad2d(
  x: Operand,
  padding: Pad2D,
  kernelShape: Pair,
  options: Omit<Window2DOptions, "pad"> = {},
): [padded: Variable, pad: [top: number, bottom: number, left: number, right: number]] {
  checkOptions("pad2d", options, ["stride", "dilation"]);
  const input = asVariable("pad2d", x);
  checkRank("pad2d", "x", input.shape, IMAGES);
  const [alongRows, alongCols] = slides2D("pad2d", kernelShape, { ...options, pad: padding });
  const [rows, cols] = [padsOf(input.shape[1]!, alongRows), padsOf(input.shape[2]!, alongCols)];
  return [pad(input, [[0, 0], rows, cols, [0, 0]]), [...rows, ...cols]];
}

/**
 * Images (N, rows, cols, channels) with `dilation` rows and columns of zeros between neighbouring ones, as a transposed
 * convolution sees a stride of `dilation + 1`.
 * @throws ShapeError when `x` is no batch of images; ArgumentError when `dilation` is negative or no integer.
 */
export function dilate(x: Operand, dilation: Pair): Variable {
  const input = asVariable("dilate", x);
  checkRank("dilate", "x", input.shape, IMAGES);
  const [betweenRows, betweenCols] = pair("dilate", "dilation", dilation, 0);
  const [batch, rows, cols, channels] = input.shape as [number, number, number, number];
  const spaced = pad(reshape(input, [batch, rows, 1, cols, 1, channels]), [
    [0, 0],
    [0, 0],
    [0, betweenRows],
    [0, 0],
    [0, betweenCols],
    [0, 0],
  ]);
  const [outRows, outCols] = [rows * (betweenRows + 1), cols * (betweenCols + 1)];
  return getItem(
    reshape(spaced, [batch, outRows, outCols, channels]),
    slice(),
    slice(0, Math.max(outRows - betweenRows, 0)),
    slice(0, Math.max(outCols - betweenCols, 0)),
  );
}

/**
 * The fewest zeros `[left, right]` that sequences of shape (N, length, channels) need for `outDim` positions of a kernel: all
 * on the left if `causal`, else of an odd number the larger half on the right.
 * @throws ShapeError when `xShape` is no shape of sequences; ArgumentError for bad numbers, or when `outDim` is less than
 * without padding.
 */
export function calcPadDims1d(
  xShape: Shape,
  outDim: number,
  kernelWidth: number,
  options: Omit<Window1DOptions, "pad"> & { causal?: boolean } = {},
): [left: number, right: number] {
  checkOptions("calcPadDims1d", options, ["stride", "dilation", "causal"]);
  const { causal = false, ...steps } = options;
  checkShape("calcPadDims1d", xShape);
  checkRank("calcPadDims1d", "x", xShape, SEQUENCES);
  const slide = slide1D("calcPadDims1d", kernelWidth, steps);
  const pads = padsTo("calcPadDims1d", xShape[1]!, integer("calcPadDims1d", "outDim", outDim, 1), slide);
  return causal ? [pads[0] + pads[1], 0] : pads;
}

/**
 * The fewest zeros `[top, bottom, left, right]` that images of shape (N, rows, cols, channels) need for `outDim` (rows and
 * columns) positions of a kernel; of an odd number the larger half goes to the bottom and right.
 * @throws ShapeError when `xShape` is no shape of images; ArgumentError for bad numbers, or when `outDim` is less than
 * without padding.
 */
export function calcPadDims2d(
  xShape: Shape,
  outDim: Pair,
  kernelShape: Pair,
  options: Omit<Window2DOptions, "pad"> = {},
): [top: number, bottom: number, left: number, right: number] {
  checkOptions("calcPadDims2d", options, ["stride", "dilation"]);
  checkShape("calcPadDims2d", xShape);
  checkRank("calcPadDims2d", "x", xShape, IMAGES);
  const slides = slides2D("calcPadDims2d", kernelShape, options);
  const positions = pair("calcPadDims2d", "outDim", outDim, 1);
  const [rows, cols] = slides.map((slide, i) => padsTo("calcPadDims2d", xShape[i + 1]!, positions[i]!, slide));
  return [...rows!, ...cols!];
}

/**
 * The shape of what `conv2d` makes of images (N, rows, cols, in) with `W` (kernelRows, kernelCols, in, out), or `conv1d` of
 * sequences (N, length, in) with `W` (width, in, out).
 * @throws ShapeError when the shapes are neither or do not fit; ArgumentError for bad options.
 */
export function calcConvOutDims(
  xShape: Shape,
  wShape: Shape,
  options: Window1DOptions | Window2DOptions = {},
): number[] {
  checkOptions("calcConvOutDims", options, ["stride", "pad", "dilation"]);
  checkShape("calcConvOutDims", xShape);
  checkShape("calcConvOutDims", wShape);
  const [channels, outChannels] = wShape.slice(-2);
  const sequences = xShape.length === 3;
  if (wShape.length !== xShape.length || !(sequences || xShape.length === 4) || channels !== xShape.at(-1)) {
    throw new ShapeError(
      `calcConvOutDims: x has shape ${shapeText(xShape)} and W ${shapeText(wShape)}; expected ${IMAGES} and ` +
        `(kernelRows, kernelCols, channels, out), or ${SEQUENCES} and (width, channels, out)`,
    );
  }
  if (sequences) {
    const { batch, outCols } = window1D("calcConvOutDims", xShape, wShape[0]!, options as Window1DOptions);
    return [batch, outCols, outChannels!];
  }
  const window = window2D("calcConvOutDims", xShape, wShape.slice(0, 2), options as Window2DOptions);
  return [window.batch, window.outRows, window.outCols, outChannels!];
}

/** The fewest entries to add before and after an axis of `length` for the window to have `positions`. */
function padsTo(operation: string, length: number, positions: number, slide: Slide): [before: number, after: number] {
  const needed = reach(positions, slide) - length;
  // Up to a stride less one, entries at the end are just not reached.
  if (needed <= -slide.stride) {
    const most = Math.floor((length - cover(slide)) / slide.stride) + 1;
    throw new ArgumentError(
      `${operation}: without padding the kernel has ${most} positions along ${length} ${slide.unit}; expected outDim ${positions} to be no less`,
    );
  }
  return halves(Math.max(needed, 0));
}
