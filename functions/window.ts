import type { Window2D } from "../core/backend/kernels.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { describe as shown } from "../core/options.js";
import { type Shape, shapeText } from "../core/shape.js";

/*
 * Resolves what a user says about a sliding window (kernel, stride, pad, dilation) into the numbers that kernels take.
 * A dilation of d puts d pixels between neighbouring taps of the kernel, which then covers (kernel - 1) * (d + 1) + 1.
 */

/** The axes of a batch of images. */
export const IMAGES = "(N, rows, cols, channels)";

/** The axes of a batch of sequences. */
export const SEQUENCES = "(N, length, channels)";

/** One integer for rows and columns alike, or [rows, cols]. */
export type Pair = number | readonly number[];

/**
 * How many pixels to add around an image: n, [rows, cols] (each on both sides) or [top, bottom, left, right]. "same" makes
 * the output as large as the input, whatever the stride; of an odd number the larger half goes to the bottom and right.
 */
export type Pad2D = number | readonly number[] | "same";

/**
 * How many entries to add around a sequence: n, [left, right] or "same". "causal" adds to the left what the kernel covers
 * less 1, so that no output looks ahead.
 */
export type Pad1D = number | readonly number[] | "same" | "causal";

/** How a window slides over images. */
export interface Window2DOptions {
  /** The step between windows: 1 unless given. */
  stride?: Pair;
  /** 0 unless given. */
  pad?: Pad2D;
  /** Pixels between neighbouring taps: 0, which means none, unless given. */
  dilation?: Pair;
}

/** How a window slides over sequences. */
export interface Window1DOptions {
  /** The step between windows: 1 unless given. */
  stride?: number;
  /** 0 unless given. */
  pad?: Pad1D;
  /** Entries between neighbouring taps: 0, which means none, unless given. */
  dilation?: number;
}

/** How the kernel of a transposed convolution spreads each pixel of its input. */
export interface TransposedWindow2DOptions extends Window2DOptions {
  /**
   * Rows and columns that the output has more, at the bottom and right: 0 unless given. Images of several sizes become equally
   * large under a strided convolution; this says which of these sizes to go back to.
   */
  outputPad?: Pair;
}

/**
 * Checks that an operand has as many axes as its layout.
 * @throws ShapeError naming the operation, the operand and the layout.
 */
export function checkRank(operation: string, name: string, shape: Shape, layout: string): void {
  if (shape.length !== layout.split(",").length) {
    throw new ShapeError(`${operation}: ${name} has shape ${shapeText(shape)}; expected ${layout}`);
  }
}

type AxisPad = readonly [before: number, after: number] | "same";

/** A window along one axis of the image; `unit` names what lies along it. */
export interface Slide {
  unit: "rows" | "columns" | "entries";
  /** Taps. */
  kernel: number;
  stride: number;
  dilation: number;
  pad: AxisPad;
}

/**
 * The window of a kernel over images of shape (N, rows, cols, channels).
 * @throws ArgumentError for numbers that are not integers or too small; ShapeError when the kernel does not fit.
 */
export function window2D(operation: string, image: Shape, kernelShape: Pair, options: Window2DOptions): Window2D {
  const [alongRows, alongCols] = slides2D(operation, kernelShape, options);
  return assemble(
    image,
    alongRows,
    alongCols,
    over(operation, image[1]!, alongRows),
    over(operation, image[2]!, alongCols),
  );
}

/**
 * The window of a kernel over sequences of shape (N, length, channels), seen as images of one row.
 * @throws as `window2D`.
 */
export function window1D(operation: string, sequence: Shape, width: number, options: Window1DOptions): Window2D {
  const [batch, length, channels] = sequence;
  const along = slide1D(operation, width, options);
  const across: Slide = { unit: "rows", kernel: 1, stride: 1, dilation: 0, pad: [0, 0] };
  const image = [batch!, 1, length!, channels!];
  return assemble(image, across, along, over(operation, 1, across), over(operation, length!, along));
}

/**
 * The window whose positions are the pixels of `input`, (N, rows, cols, any), over images with `channels` channels as small
 * as they can be, and larger by `outputPad`: what a transposed convolution spreads its input over. With "same" they are as
 * large as the input.
 * @throws ArgumentError for numbers that are not integers, too small or (outputPad) too large; ShapeError when no pixel would
 * be left.
 */
export function transposedWindow2D(
  operation: string,
  input: Shape,
  channels: number,
  kernelShape: Pair,
  { outputPad = 0, ...options }: TransposedWindow2DOptions,
): Window2D {
  const slides = slides2D(operation, kernelShape, options);
  const extra = pair(operation, "outputPad", outputPad, 0);
  const [rows, cols] = slides.map((slide, i) => under(operation, input[i + 1]!, slide, extra[i]!));
  return assemble([input[0]!, rows!.length, cols!.length, channels], ...slides, rows!, cols!);
}

/**
 * The windows of a kernel along the rows and columns of images.
 * @throws ArgumentError for numbers that are not integers or too small.
 */
export function slides2D(operation: string, kernelShape: Pair, options: Window2DOptions): [rows: Slide, cols: Slide] {
  const { stride = 1, pad = 0, dilation = 0 } = options;
  const kernels = pair(operation, "kernelShape", kernelShape, 1);
  const strides = pair(operation, "stride", stride, 1);
  const dilations = pair(operation, "dilation", dilation, 0);
  const pads = pad2D(operation, pad);
  const [rows, cols] = (["rows", "columns"] as const).map((unit, i) => {
    return { unit, kernel: kernels[i]!, stride: strides[i]!, dilation: dilations[i]!, pad: pads[i]! };
  });
  return [rows!, cols!];
}

/**
 * The window of a kernel along sequences.
 * @throws ArgumentError for numbers that are not integers or too small.
 */
export function slide1D(
  operation: string,
  width: number,
  { stride = 1, dilation = 0, pad = 0 }: Window1DOptions,
): Slide {
  const taps = {
    kernel: integer(operation, "kernel width", width, 1),
    stride: integer(operation, "stride", stride, 1),
    dilation: integer(operation, "dilation", dilation, 0),
  };
  return { unit: "entries", ...taps, pad: pad1D(operation, pad, cover(taps)) };
}

/** Where the window begins and how many positions it has along an axis of `length`. */
interface Placement {
  before: number;
  positions: number;
}

function over(operation: string, length: number, slide: Slide): Placement {
  const { unit, stride, pad } = slide;
  const covered = cover(slide);
  if (pad === "same") return { before: padsOf(length, slide)[0], positions: length };
  const [before, after] = pad;
  const padded = length + before + after;
  if (covered > padded) {
    throw new ShapeError(
      `${operation}: the kernel covers ${covered} ${unit} and the input has ${padded} with its padding; ` +
        `expected a kernel that covers at most ${padded}, or more padding`,
    );
  }
  return { before, positions: Math.floor((padded - covered) / stride) + 1 };
}

function under(operation: string, positions: number, slide: Slide, extra: number): Placement & { length: number } {
  const { unit, stride, dilation, pad } = slide;
  if (positions === 0) throw new ShapeError(`${operation}: the input has 0 ${unit}; expected at least 1`);
  // PyTorch's bound.
  const most = Math.max(stride, dilation + 1) - 1;
  if (extra > most) {
    throw new ArgumentError(
      `${operation}: outputPad adds ${extra} ${unit} where the stride is ${stride} and the dilation ${dilation}; expected at most ${most}`,
    );
  }
  if (pad === "same") {
    if (extra > 0) {
      throw new ArgumentError(`${operation}: pad "same" leaves no choice of the size; expected no outputPad beside it`);
    }
    return { before: padsOf(positions, slide)[0], positions, length: positions };
  }
  const full = reach(positions, slide) + extra;
  const length = full - pad[0] - pad[1];
  if (length < 1) {
    throw new ShapeError(
      `${operation}: the padding takes ${pad[0] + pad[1]} of the ${full} ${unit} of the output; expected at most ${full - 1}`,
    );
  }
  return { before: pad[0], positions, length };
}

/** What to add before and after an axis of `length`. */
export function padsOf(length: number, slide: Slide): [before: number, after: number] {
  if (slide.pad !== "same") return [...slide.pad];
  return halves(reach(length, slide) - length);
}

/** `total` on both sides; of an odd number the larger half comes after. */
export function halves(total: number): [smaller: number, larger: number] {
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** From the first entry that a window of so many positions covers to the last. */
export function reach(positions: number, slide: Slide): number {
  return slide.stride * (positions - 1) + cover(slide);
}

/** How many entries the kernel covers. */
export function cover({ kernel, dilation }: Pick<Slide, "kernel" | "dilation">): number {
  return (kernel - 1) * (dilation + 1) + 1;
}

function assemble(image: Shape, alongRows: Slide, alongCols: Slide, rows: Placement, cols: Placement): Window2D {
  return {
    batch: image[0]!,
    rows: image[1]!,
    cols: image[2]!,
    channels: image[3]!,
    kernelRows: alongRows.kernel,
    kernelCols: alongCols.kernel,
    strideRows: alongRows.stride,
    strideCols: alongCols.stride,
    stepRows: alongRows.dilation + 1,
    stepCols: alongCols.dilation + 1,
    padTop: rows.before,
    padLeft: cols.before,
    outRows: rows.positions,
    outCols: cols.positions,
  };
}

function pad2D(operation: string, pad: Pad2D): [rows: AxisPad, cols: AxisPad] {
  if (pad === "same") return ["same", "same"];
  const sides = typeof pad === "number" ? [pad, pad] : pad;
  if (Array.isArray(sides) && (sides.length === 2 || sides.length === 4) && sides.every((n) => isInteger(n, 0))) {
    const [top, bottom, left, right] = sides.length === 4 ? sides : [sides[0], sides[0], sides[1], sides[1]];
    return [
      [top, bottom],
      [left, right],
    ];
  }
  throw new ArgumentError(
    `${operation}: pad is ${shown(pad)}; expected a non-negative integer, [rows, cols], [top, bottom, left, right] or "same"`,
  );
}

function pad1D(operation: string, pad: Pad1D, covered: number): AxisPad {
  if (pad === "same") return pad;
  if (pad === "causal") return [covered - 1, 0];
  if (typeof pad === "number" && isInteger(pad, 0)) return [pad, pad];
  if (Array.isArray(pad) && pad.length === 2 && pad.every((n) => isInteger(n, 0))) return [pad[0], pad[1]];
  throw new ArgumentError(
    `${operation}: pad is ${shown(pad)}; expected a non-negative integer, [left, right], "same" or "causal"`,
  );
}

/** @throws ArgumentError unless `value` is an integer of at least `least`, or two of them. */
export function pair(operation: string, name: string, value: Pair, least: 0 | 1): [rows: number, cols: number] {
  if (typeof value === "number" && isInteger(value, least)) return [value, value];
  if (Array.isArray(value) && value.length === 2 && value.every((n) => isInteger(n, least)))
    return [value[0], value[1]];
  throw new ArgumentError(
    `${operation}: ${name} is ${shown(value)}; expected a ${least === 0 ? "non-negative" : "positive"} integer or [rows, cols] of them`,
  );
}

/** @throws ArgumentError unless `value` is an integer of at least `least`. */
export function integer(operation: string, name: string, value: number, least: 0 | 1): number {
  if (isInteger(value, least)) return value;
  throw new ArgumentError(
    `${operation}: ${name} is ${shown(value)}; expected a ${least === 0 ? "non-negative" : "positive"} integer`,
  );
}

function isInteger(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
