import type { Window2D } from "../core/backend/kernels.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { Shape } from "../core/shape.js";

/*
 * Resolves what a user says about a sliding window (kernel, stride, pad, dilation) into the numbers that kernels take.
 * A dilation of d puts d pixels between neighbouring taps of the kernel, which then covers (kernel - 1) * (d + 1) + 1.
 */

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

type AxisPad = readonly [before: number, after: number] | "same";

/** A window along one axis of the image; `unit` names what lies along it. */
interface Slide {
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
  const { stride = 1, dilation = 0, pad = 0 } = options;
  const [batch, length, channels] = sequence;
  const taps = {
    kernel: integer(operation, "kernel width", width, 1),
    stride: integer(operation, "stride", stride, 1),
    dilation: integer(operation, "dilation", dilation, 0),
  };
  const along: Slide = { unit: "entries", ...taps, pad: pad1D(operation, pad, cover(taps)) };
  const across: Slide = { unit: "rows", kernel: 1, stride: 1, dilation: 0, pad: [0, 0] };
  const image = [batch!, 1, length!, channels!];
  return assemble(image, across, along, over(operation, 1, across), over(operation, length!, along));
}

/**
 * The window whose positions are the pixels of `input`, (N, rows, cols, any), over images with `channels` channels as small
 * as they can be: what a transposed convolution spreads its input over. With "same" they are as large as the input.
 * @throws ArgumentError for numbers that are not integers or too small; ShapeError when no pixel would be left.
 */
export function transposedWindow2D(
  operation: string,
  input: Shape,
  channels: number,
  kernelShape: Pair,
  options: Omit<Window2DOptions, "dilation">,
): Window2D {
  const [alongRows, alongCols] = slides2D(operation, kernelShape, options);
  const rows = under(operation, input[1]!, alongRows);
  const cols = under(operation, input[2]!, alongCols);
  return assemble([input[0]!, rows.length, cols.length, channels], alongRows, alongCols, rows, cols);
}

function slides2D(operation: string, kernelShape: Pair, options: Window2DOptions): [rows: Slide, cols: Slide] {
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

/** Where the window begins and how many positions it has along an axis of `length`. */
interface Placement {
  before: number;
  positions: number;
}

function over(operation: string, length: number, slide: Slide): Placement {
  const { unit, stride, pad } = slide;
  const covered = cover(slide);
  if (pad === "same") return { before: sameBefore(length, slide), positions: length };
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

function under(operation: string, positions: number, slide: Slide): Placement & { length: number } {
  const { unit, stride, pad } = slide;
  if (positions === 0) throw new ShapeError(`${operation}: the input has 0 ${unit}; expected at least 1`);
  if (pad === "same") return { before: sameBefore(positions, slide), positions, length: positions };
  const full = stride * (positions - 1) + cover(slide);
  const length = full - pad[0] - pad[1];
  if (length < 1) {
    throw new ShapeError(
      `${operation}: the padding takes ${pad[0] + pad[1]} of the ${full} ${unit} of the output; expected at most ${full - 1}`,
    );
  }
  return { before: pad[0], positions, length };
}

/** What to add before an axis so that it has as many window positions as entries. */
function sameBefore(length: number, slide: Slide): number {
  return Math.floor((slide.stride * (length - 1) + cover(slide) - length) / 2);
}

function cover({ kernel, dilation }: Pick<Slide, "kernel" | "dilation">): number {
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
    `${operation}: pad is ${text(pad)}; expected a non-negative integer, [rows, cols], [top, bottom, left, right] or "same"`,
  );
}

function pad1D(operation: string, pad: Pad1D, covered: number): AxisPad {
  if (pad === "same") return pad;
  if (pad === "causal") return [covered - 1, 0];
  if (typeof pad === "number" && isInteger(pad, 0)) return [pad, pad];
  if (Array.isArray(pad) && pad.length === 2 && pad.every((n) => isInteger(n, 0))) return [pad[0], pad[1]];
  throw new ArgumentError(
    `${operation}: pad is ${text(pad)}; expected a non-negative integer, [left, right], "same" or "causal"`,
  );
}

function pair(operation: string, name: string, value: Pair, least: 0 | 1): [rows: number, cols: number] {
  if (typeof value === "number" && isInteger(value, least)) return [value, value];
  if (Array.isArray(value) && value.length === 2 && value.every((n) => isInteger(n, least)))
    return [value[0], value[1]];
  throw new ArgumentError(
    `${operation}: ${name} is ${text(value)}; expected a ${least === 0 ? "non-negative" : "positive"} integer or [rows, cols] of them`,
  );
}

function integer(operation: string, name: string, value: number, least: 0 | 1): number {
  if (isInteger(value, least)) return value;
  throw new ArgumentError(
    `${operation}: ${name} is ${text(value)}; expected a ${least === 0 ? "non-negative" : "positive"} integer`,
  );
}

function isInteger(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function text(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(", ")}]` : typeof value === "string" ? `"${value}"` : String(value);
}
