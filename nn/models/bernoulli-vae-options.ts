import type { FloatDType } from "../../core/dtype.js";
import { ArgumentError } from "../../core/errors.js";
import { checkCount, checkFloat, checkOptions, describe } from "../../core/options.js";
import { type Shape, sizeOf } from "../../core/shape.js";
import { type Pad2D, type Pair, slides2D, window2D } from "../../functions/window.js";
import type { Hyperparameters } from "../config.js";
import { type InitializerSpec, initializerName, resolveInitializer } from "../initializers.js";
import { checkOptimizer, type ModelOptimizer, optimizerConfig } from "./optimizer-option.js";

/** What an image is made of. */
export type ImageShape = readonly [rows: number, cols: number, channels: number];

/** Options of `BernoulliVAE`, by the names of the reference: `T` is the length of the code, `latentDim` is not. */
export interface BernoulliVAEOptions {
  /** The number of latent variables, which is the length of the code of an image: 5 unless given. */
  T?: number;
  /** Units of the dense layer before the code and of the one after it: 256 unless given. */
  latentDim?: number;
  /** Pixels around the images of the first convolution, as `Conv2D` takes them: 0 unless given. */
  encConv1Pad?: Pad2D;
  /** Pixels around the images of the second convolution: 0 unless given. */
  encConv2Pad?: Pad2D;
  /** Channels after the first convolution: 32 unless given. */
  encConv1OutCh?: number;
  /** Channels after the second convolution: 64 unless given. */
  encConv2OutCh?: number;
  /** The step between windows of the first convolution: 1 unless given. */
  encConv1Stride?: Pair;
  /** The step between windows of the first pooling: 2 unless given. */
  encPool1Stride?: Pair;
  /** The step between windows of the second convolution: 1 unless given. */
  encConv2Stride?: Pair;
  /** The step between windows of the second pooling: 1 unless given. */
  encPool2Stride?: Pair;
  /** Rows and columns of the kernel of the first convolution: 5 and 5 unless given. */
  encConv1KernelShape?: Pair;
  /** Rows and columns of the window of the first pooling: 2 and 2 unless given. */
  encPool1KernelShape?: Pair;
  /** Rows and columns of the kernel of the second convolution: 5 and 5 unless given. */
  encConv2KernelShape?: Pair;
  /** Rows and columns of the window of the second pooling: 2 and 2 unless given. */
  encPool2KernelShape?: Pair;
  /** What learns in `fit`: "RMSProp(lr=0.0001)" unless given. */
  optimizer?: ModelOptimizer;
  /** Draws the weights of all layers: `"glorot_uniform"` unless given. Biases start at 0. */
  init?: InitializerSpec;
  /** Rows, columns and channels of the images; told by the first ones unless given. */
  inShape?: ImageShape | null;
  /** float32 unless given. */
  dtype?: FloatDType;
}

/** The options as they are used. */
export type BernoulliVAESettings = Required<BernoulliVAEOptions>;

const NAME = "BernoulliVAE";

const STANDARD: BernoulliVAESettings = {
  T: 5,
  latentDim: 256,
  encConv1Pad: 0,
  encConv2Pad: 0,
  encConv1OutCh: 32,
  encConv2OutCh: 64,
  encConv1Stride: 1,
  encPool1Stride: 2,
  encConv2Stride: 1,
  encPool2Stride: 1,
  encConv1KernelShape: [5, 5],
  encPool1KernelShape: [2, 2],
  encConv2KernelShape: [5, 5],
  encPool2KernelShape: [2, 2],
  optimizer: "RMSProp(lr=0.0001)",
  init: "glorot_uniform",
  inShape: null,
  dtype: "float32",
};

/** @throws ArgumentError for options that are unknown or out of range; ShapeError when `inShape` is too small for a kernel. */
export function settingsOf(options: BernoulliVAEOptions): BernoulliVAESettings {
  checkOptions(NAME, options, Object.keys(STANDARD));
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings: BernoulliVAESettings = { ...STANDARD, ...given };
  for (const option of ["T", "latentDim", "encConv1OutCh", "encConv2OutCh"] as const) {
    checkCount(NAME, option, settings[option]);
  }
  for (const [name, window] of Object.entries(encoderWindows(settings))) {
    slides2D(`${NAME}: ${name}`, window.kernelShape, window);
  }
  checkOptimizer(NAME, settings.optimizer);
  resolveInitializer(NAME, settings.init);
  checkFloat(NAME, settings.dtype);
  if (settings.inShape !== null) {
    checkImageShape(settings.inShape);
    encodedSize(settings, settings.inShape);
  }
  return settings;
}

/** How the kernels of the encoder slide, layer by layer in their order; a convolution has the channels that it makes. */
export function encoderWindows(settings: BernoulliVAESettings) {
  const { encConv1KernelShape, encConv1Stride, encConv1Pad, encConv1OutCh } = settings;
  const { encConv2KernelShape, encConv2Stride, encConv2Pad, encConv2OutCh } = settings;
  const { encPool1KernelShape, encPool1Stride, encPool2KernelShape, encPool2Stride } = settings;
  return {
    encConv1: {
      kernelShape: encConv1KernelShape,
      stride: encConv1Stride,
      pad: encConv1Pad,
      outCh: encConv1OutCh,
    },
    encPool1: { kernelShape: encPool1KernelShape, stride: encPool1Stride },
    encConv2: {
      kernelShape: encConv2KernelShape,
      stride: encConv2Stride,
      pad: encConv2Pad,
      outCh: encConv2OutCh,
    },
    encPool2: { kernelShape: encPool2KernelShape, stride: encPool2Stride },
  };
}

/**
 * How many numbers the convolutions and poolings make of an image.
 * @throws ShapeError, which names the layer, when a kernel does not fit.
 */
export function encodedSize(settings: BernoulliVAESettings, image: ImageShape): number {
  let shape: Shape = [1, ...image];
  for (const [name, window] of Object.entries(encoderWindows(settings))) {
    const { outRows, outCols } = window2D(`${NAME}: ${name}`, shape, window.kernelShape, window);
    shape = [1, outRows, outCols, "outCh" in window ? window.outCh : shape[3]!];
  }
  return sizeOf(shape);
}

/**
 * The hyperparameters of a config.
 * @throws ArgumentError for an initializer without a name and an optimizer that is a function.
 */
export function hyperparametersOf(settings: BernoulliVAESettings, inShape: ImageShape | null): Hyperparameters {
  const { optimizer, init, ...rest } = settings;
  return {
    ...rest,
    inShape,
    optimizer: optimizerConfig(NAME, optimizer),
    init: initializerName(NAME, resolveInitializer(NAME, init)),
  };
}

function checkImageShape(shape: unknown): void {
  const fits = Array.isArray(shape) && shape.length === 3 && shape.every((n) => Number.isSafeInteger(n) && n > 0);
  if (fits) return;
  throw new ArgumentError(`${NAME}: inShape is ${describe(shape)}; expected [rows, cols, channels]`);
}
