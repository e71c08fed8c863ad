import type { Window2D } from "../../../../core/backend/kernels.js";
import { array } from "../../../../core/creation.js";
import { isFloat } from "../../../../core/dtype.js";
import { GraphError } from "../../../../core/errors.js";
import type { Shape } from "../../../../core/shape.js";
import type { Graph } from "../graph.js";
import type { Rule, Translation } from "../translation.js";
import type { Attributes, Value } from "../value.js";
import { padded } from "./shape.js";

/** From (N, rows, cols, channels) to ONNX's (N, channels, rows, cols), and back. */
const CHANNELS_SECOND = [0, 3, 1, 2];
const CHANNELS_LAST = [0, 2, 3, 1];

/** What is the same in the windows of all traces, and the zeros that the kernel needs on each side. */
interface Geometry {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly before: readonly [number, number];
  readonly after: readonly [number, number];
}

type Along = readonly [length: "rows" | "cols", positions: "outRows" | "outCols"];

const ALONG: readonly [Along, Along] = [
  ["rows", "outRows"],
  ["cols", "outCols"],
];

/** @throws GraphError when no padding gives the positions of all traces. */
function geometryOf(windows: readonly Window2D[]): Geometry {
  const w = windows[0]!;
  const fixed = [
    "kernelRows",
    "kernelCols",
    "strideRows",
    "strideCols",
    "stepRows",
    "stepCols",
    "padTop",
    "padLeft",
  ] as const;
  const differs = fixed.find((key) => windows.some((window) => window[key] !== w[key]));
  if (differs !== undefined) {
    throw new GraphError(
      `its ${differs} depends on the lengths of the inputs; expected a pad that is a number, or images of a fixed size (option dynamicAxes)`,
    );
  }
  const kernel = [w.kernelRows, w.kernelCols] as const;
  const strides = [w.strideRows, w.strideCols] as const;
  const dilations = [w.stepRows, w.stepCols] as const;
  const before = [w.padTop, w.padLeft] as const;
  const after = ALONG.map((along, i) => {
    const cover = (kernel[i]! - 1) * dilations[i]! + 1;
    return padAfter(windows, along, cover, strides[i]!, before[i]!);
  }) as unknown as readonly [number, number];
  return { kernel, strides, dilations, before, after };
}

/** The fewest zeros after an axis that give the positions which the kernel has in all traces. */
function padAfter(
  windows: readonly Window2D[],
  [length, positions]: Along,
  cover: number,
  stride: number,
  before: number,
): number {
  const needed = windows.map((w) => (w[positions] - 1) * stride + cover - before - w[length]);
  const most = Math.max(0, ...needed);
  for (let after = most; after < most + stride; after++) {
    if (windows.every((w) => Math.floor((w[length] + before + after - cover) / stride) + 1 === w[positions]))
      return after;
  }
  throw new GraphError(
    "its padding depends on the size of the images; expected a pad that is a number, or images of a fixed size (option dynamicAxes)",
  );
}

function attributesOf({ kernel, strides, dilations }: Geometry, pads: readonly number[]): Attributes {
  return { kernel_shape: kernel, strides, dilations, pads };
}

/** The dtype in which a runtime convolves. */
function floatType(t: Translation): "float32" | "float64" {
  const type = t.type();
  return isFloat(type) ? (type as "float32") : "float32";
}

function channelsSecond(graph: Graph, x: Value): Value {
  return graph.transpose(x, CHANNELS_SECOND);
}

function shapesOf(t: Translation): Shape[] {
  return t.shapes().map(([n, rows, cols, channels]) => [n!, channels!, rows!, cols!]);
}

/** A convolution of images, whose weights are (taps..., in, out) here and (out, in, taps...) in ONNX. */
export const convolve: Rule = (t) => {
  const { graph } = t;
  const type = floatType(t);
  const geometry = geometryOf(t.each<Window2D>("window"));
  const [x, W, b] = t.inputs.map((value) => graph.cast(value, type)) as [Value, Value, Value | undefined];
  const weights = graph.transpose(fourAxes(graph, W, geometry), [3, 2, 0, 1]);
  const operands = [channelsSecond(graph, x), weights, ...(b === undefined ? [] : [b])];
  const pads = [...geometry.before, ...geometry.after];
  const y = graph.node("Conv", operands, { type, shapes: shapesOf(t) }, attributesOf(geometry, pads));
  return graph.cast(graph.transpose(y, CHANNELS_LAST), t.type());
};

/** Weights as (rows, cols, in, out), also those of sequences, which have one axis of taps. */
function fourAxes(graph: Graph, W: Value, { kernel }: Geometry): Value {
  return graph.reshape(
    W,
    W.shapes.map((shape): Shape => [...kernel, ...shape.slice(-2)]),
  );
}

/** A transposed convolution. */
export const convolveTransposed: Rule = (t) => {
  const { graph } = t;
  const type = floatType(t);
  const windows = t.each<Window2D>("window");
  const geometry = transposedGeometry(windows);
  const [x, W] = t.inputs.map((value) => graph.cast(value, type)) as [Value, Value];
  const weights = graph.transpose(fourAxes(graph, W, geometry), [3, 2, 0, 1]);
  return transposedConvolution(t, channelsSecond(graph, x), weights, geometry, windows);
};

/** What a transposed convolution makes of images (N, channels, rows, cols), with channels last again. */
function transposedConvolution(
  t: Translation,
  x: Value,
  weights: Value,
  geometry: Geometry,
  windows: readonly Window2D[],
): Value {
  const { graph } = t;
  const { kernel, strides, dilations, before } = geometry;
  // What a kernel reaches beyond the images is cut off, and what it does not reach is filled with zeros.
  const reach = (w: Window2D, i: number) =>
    strides[i]! * (w[ALONG[i]![1]] - 1) + (kernel[i]! - 1) * dilations[i]! + 1 - before[i]!;
  const rest = [0, 1].map((i) => {
    const all = windows.map((w) => w[ALONG[i]![0]] - reach(w, i));
    if (all.every((n) => n === all[0])) return all[0]!;
    throw new GraphError(
      "its padding depends on the size of the images; expected images of a fixed size (option dynamicAxes)",
    );
  });
  const pads = [...before, ...rest.map((n) => Math.max(0, -n))];
  const shapes = shapesOf(t).map(
    ([n, channels, rows, cols]): Shape => [n!, channels!, rows! - Math.max(0, rest[0]!), cols! - Math.max(0, rest[1]!)],
  );
  const type = x.type;
  const y = graph.node("ConvTranspose", [x, weights], { type, shapes }, attributesOf(geometry, pads));
  const images = graph.transpose(y, CHANNELS_LAST);
  const widths = [
    [0, 0],
    [0, Math.max(0, rest[0]!)],
    [0, Math.max(0, rest[1]!)],
    [0, 0],
  ] as const;
  return graph.cast(padded(graph, images, widths, 0), t.type());
}

/** The geometry of a transposed convolution, which needs no zeros. */
function transposedGeometry(windows: readonly Window2D[]): Geometry {
  const w = windows[0]!;
  if (windows.some((window) => window.padTop !== w.padTop || window.padLeft !== w.padLeft)) {
    throw new GraphError(
      "its padding depends on the size of the images; expected images of a fixed size (option dynamicAxes)",
    );
  }
  return {
    kernel: [w.kernelRows, w.kernelCols],
    strides: [w.strideRows, w.strideCols],
    dilations: [w.stepRows, w.stepCols],
    before: [w.padTop, w.padLeft],
    after: [0, 0],
  };
}

/** Weights that take each tap of each channel to a channel of its own, in the order of patches: (taps * channels, channels, taps...). */
function patchWeights(t: Translation, w: Window2D): Value {
  const { kernelRows, kernelCols, channels } = w;
  const taps = kernelRows * kernelCols;
  const values = new Float64Array(taps * channels * channels * taps);
  for (let tap = 0; tap < taps; tap++) {
    for (let c = 0; c < channels; c++) values[((tap * channels + c) * channels + c) * taps + tap] = 1;
  }
  const shape = [taps * channels, channels, kernelRows, kernelCols];
  return t.graph.constant(array(values, { dtype: floatType(t) }).reshape(shape));
}

/** Patches as a convolution whose weights are 0 and 1. */
export const im2col: Rule = (t) => {
  const { graph } = t;
  const type = floatType(t);
  const windows = t.each<Window2D>("window");
  const geometry = geometryOf(windows);
  const weights = patchWeights(t, windows[0]!);
  const images = channelsSecond(graph, graph.cast(t.input(0), type));
  const shapes = windows.map((w): Shape => [w.batch, weights.shapes[0]![0]!, w.outRows, w.outCols]);
  const pads = [...geometry.before, ...geometry.after];
  const y = graph.node("Conv", [images, weights], { type, shapes }, attributesOf(geometry, pads));
  return graph.cast(graph.reshape(graph.transpose(y, CHANNELS_LAST), t.shapes()), t.type());
};

/** Images of patches: the transposed convolution with the same weights. */
export const col2im: Rule = (t) => {
  const { graph } = t;
  const type = floatType(t);
  const windows = t.each<Window2D>("window");
  const weights = patchWeights(t, windows[0]!);
  const patches = graph.reshape(
    graph.cast(t.input(0), type),
    windows.map((w): Shape => [w.batch, w.outRows, w.outCols, weights.shapes[0]![0]!]),
  );
  return transposedConvolution(t, channelsSecond(graph, patches), weights, transposedGeometry(windows), windows);
};

/** Pooling; a padding that is not within the kernel is done before. */
export function pool(op: "MaxPool" | "AveragePool"): Rule {
  return (t) => {
    const { graph } = t;
    const geometry = geometryOf(t.each<Window2D>("window"));
    const { kernel, strides, before, after } = geometry;
    const own = [...before, ...after].every((n, i) => n < kernel[i % 2]!);
    const widths = [
      [0, 0],
      [before[0], after[0]],
      [before[1], after[1]],
      [0, 0],
    ] as const;
    const fill = op === "MaxPool" ? -Infinity : 0;
    const images = channelsSecond(graph, own ? t.input(0) : padded(graph, t.input(0), widths, fill));
    const counting: Attributes = op === "AveragePool" ? { count_include_pad: 1 } : {};
    const pads = own ? [...before, ...after] : [0, 0, 0, 0];
    const attributes = { kernel_shape: kernel, strides, pads, ...counting };
    return graph.transpose(
      graph.node(op, [images], { type: t.type(), shapes: shapesOf(t) }, attributes),
      CHANNELS_LAST,
    );
  };
}
