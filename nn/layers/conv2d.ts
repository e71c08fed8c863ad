import { zeros } from "../../core/creation.js";
import type { FloatDType } from "../../core/dtype.js";
import { checkCount, checkFlag, checkFloat, checkOptions } from "../../core/options.js";
import type { Operand, Variable } from "../../core/variable.js";
import { conv2d } from "../../functions/conv.js";
import { type Pad2D, type Pair, type Window2DOptions, window2D } from "../../functions/window.js";
import { type Activation, type ActivationSpec, activationName, resolveActivation } from "../activations.js";
import type { Hyperparameters } from "../config.js";
import {
  drawWeight,
  type Initializer,
  type InitializerSpec,
  initializerName,
  resolveInitializer,
} from "../initializers.js";
import { Layer } from "../layer.js";
import { LazyParameter } from "../state.js";
import { ANY_IMAGE, checkLast, IMAGES, layerInput } from "./input.js";

/** Options of `Conv2D`. */
export interface Conv2DOptions {
  /** Number of output channels. */
  outCh: number;
  /** Rows and columns of the kernel; one number for both. */
  kernelShape: Pair;
  /** Number of input channels; told by the first input unless given. */
  inCh?: number | null;
  /** Pixels added around the image: n, [rows, cols], [top, bottom, left, right] or "same"; 0 unless given. */
  pad?: Pad2D;
  /** The step between windows: 1 unless given. */
  stride?: Pair;
  /** Pixels between neighbouring taps of the kernel: 0 unless given (PyTorch counts one more). */
  dilation?: Pair;
  /** Applied to the output; none unless given. */
  actFn?: ActivationSpec;
  /** Draws the weight: `"glorot_uniform"` unless given. The bias starts at 0. */
  init?: InitializerSpec;
  /** Whether there is a bias: true unless given. */
  bias?: boolean;
  /** float32 unless given. */
  dtype?: FloatDType;
}

const KNOWN = ["outCh", "kernelShape", "inCh", "pad", "stride", "dilation", "actFn", "init", "bias", "dtype"];

/**
 * Cross-correlation of images (N, rows, cols, inCh) with kernels `W` (kernelRows, kernelCols, inCh, outCh), plus `b`
 * (outCh,), then `actFn`: (N, outRows, outCols, outCh). PyTorch's `Conv2d` has NCHW images and `W.permute(3, 2, 0, 1)`.
 */
export class Conv2D extends Layer {
  /** The weights (kernelRows, kernelCols, inCh, outCh). */
  readonly W: LazyParameter;
  /** The bias (outCh,); null without. */
  readonly b: LazyParameter | null;
  private readonly kernelShape: Pair;
  private readonly window: Required<Window2DOptions>;
  private readonly activation: Activation;
  private readonly init: Initializer;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: Conv2DOptions) {
    super();
    checkOptions("Conv2D", options, KNOWN);
    const { outCh, kernelShape, inCh = null, pad = 0, stride = 1, dilation = 0 } = options;
    const { actFn = null, init = "glorot_uniform", bias = true, dtype = "float32" } = options;
    checkCount("Conv2D", "outCh", outCh);
    if (inCh !== null) checkCount("Conv2D", "inCh", inCh);
    checkFlag("Conv2D", "bias", bias);
    checkFloat("Conv2D", dtype);
    const { kernelRows, kernelCols } = window2D("Conv2D", ANY_IMAGE, kernelShape, { pad, stride, dilation });
    this.kernelShape = [kernelRows, kernelCols];
    this.window = { pad, stride, dilation };
    this.activation = resolveActivation("Conv2D", actFn);
    this.init = resolveInitializer("Conv2D", init);
    this.W = new LazyParameter("W", [kernelRows, kernelCols, inCh, outCh], dtype);
    this.b = bias ? new LazyParameter("b", [outCh], dtype) : null;
    if (inCh !== null) this.initialize(inCh);
  }

  /**
   * @throws ShapeError when the input is no batch of images, has other channels than before or is smaller than the kernel;
   * DTypeError for another dtype than the layer's.
   */
  override forward(x: Operand): Variable {
    const dtype = this.W.dtype as FloatDType;
    const input = layerInput("Conv2D", x, { layout: IMAGES, ndim: 4, dtype });
    if (this.W.initialized) checkLast("Conv2D", "channels", input, this.W.shape[2]!);
    window2D("Conv2D", input.shape, this.kernelShape, this.window);
    if (!this.W.initialized) this.initialize(input.shape[3]!);
    return this.activation.apply(conv2d(input, this.W, this.b, this.window));
  }

  protected override hyperparameters(): Hyperparameters {
    const [, , inCh, outCh] = this.W.initialized ? this.W.shape : this.W.pattern;
    return {
      outCh: outCh!,
      kernelShape: this.kernelShape,
      inCh: inCh!,
      ...this.window,
      actFn: activationName("Conv2D", this.activation),
      init: initializerName("Conv2D", this.init),
      bias: this.b !== null,
      dtype: this.W.dtype,
    };
  }

  private initialize(inCh: number): void {
    const [kernelRows, kernelCols, , outCh] = this.W.pattern;
    const dtype = this.W.dtype as FloatDType;
    const shape = [kernelRows!, kernelCols!, inCh, outCh!];
    const weight = drawWeight("Conv2D", this.init, shape, { dtype, gain: this.activation.gain });
    this.W.initialize(weight);
    this.b?.initialize(zeros([outCh!], { dtype }));
  }
}
