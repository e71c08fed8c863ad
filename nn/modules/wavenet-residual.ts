import type { FloatDType } from "../../core/dtype.js";
import { DTypeError, ShapeError } from "../../core/errors.js";
import { checkCount, checkFlag, checkFloat, checkOptions } from "../../core/options.js";
import { sameShape, shapeText } from "../../core/shape.js";
import { asVariable, type Operand, type Variable } from "../../core/variable.js";
import { add, mul } from "../../functions/arithmetic.js";
import { sigmoid, tanh } from "../../functions/math.js";
import { SEQUENCES } from "../../functions/window.js";
import type { Hyperparameters } from "../config.js";
import { type InitializerSpec, initializerName, resolveInitializer } from "../initializers.js";
import { Layer } from "../layer.js";
import { Conv1D } from "../layers/conv1d.js";
import { checkLast, layerInput } from "../layers/input.js";

/** Options of `WavenetResidualModule`. */
export interface WavenetResidualOptions {
  /** Number of channels of inputs and outputs. */
  chResidual: number;
  /** Number of channels of the dilated convolution. */
  chDilation: number;
  /** Entries between neighbouring taps of its kernel: 0 unless given (PyTorch and the paper count one more). */
  dilation?: number;
  /** Taps of its kernel: 2 unless given. */
  kernelWidth?: number;
  /** Whether filter and gate have a convolution each, as in the paper, instead of sharing one: false unless given. */
  separateGates?: boolean;
  /** Draws the weights: `"glorot_uniform"` unless given. Biases start at 0. */
  init?: InitializerSpec;
  /** Whether there are biases: true unless given. */
  bias?: boolean;
  /** float32 unless given. */
  dtype?: FloatDType;
}

const NAME = "WavenetResidualModule";
const KNOWN = ["chResidual", "chDilation", "dilation", "kernelWidth", "separateGates", "init", "bias", "dtype"];

/**
 * A residual block of WaveNet (van den Oord et al., "WaveNet: a generative model for raw audio", 2016), of sequences
 * (N, length, chResidual):
 *
 *     h = convDilation(xMain)                       (causal: no output depends on later entries)
 *     c = conv1x1(tanh(h) * sigmoid(h))
 *     yMain = xMain + c        ySkip = xSkip + c
 *
 * With `separateGates` it is `tanh(h) * sigmoid(g)`, where `g = convGate(xMain)` is a convolution like the first, as in the
 * paper.
 */
export class WavenetResidualModule extends Layer {
  /** The dilated convolution. */
  readonly convDilation: Conv1D;
  /** The convolution of the gate, where it has one of its own; else null. */
  readonly convGate: Conv1D | null;
  /** The convolution behind the gate, of one entry at a time. */
  readonly conv1x1: Conv1D;
  private readonly options: Required<WavenetResidualOptions>;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: WavenetResidualOptions) {
    super();
    checkOptions(NAME, options, KNOWN);
    const { chResidual, chDilation, dilation = 0, kernelWidth = 2 } = options;
    const { separateGates = false, init = "glorot_uniform", bias = true, dtype = "float32" } = options;
    checkCount(NAME, "chResidual", chResidual);
    checkCount(NAME, "chDilation", chDilation);
    checkCount(NAME, "dilation", dilation, 0);
    checkCount(NAME, "kernelWidth", kernelWidth);
    checkFlag(NAME, "separateGates", separateGates);
    resolveInitializer(NAME, init);
    checkFlag(NAME, "bias", bias);
    checkFloat(NAME, dtype);
    this.options = { chResidual, chDilation, dilation, kernelWidth, separateGates, init, bias, dtype };
    const alike = { init, bias, dtype };
    const dilated = () =>
      new Conv1D({ ...alike, outCh: chDilation, inCh: chResidual, kernelWidth, dilation, pad: "causal" });
    this.convDilation = dilated();
    this.convGate = separateGates ? dilated() : null;
    this.conv1x1 = new Conv1D({ ...alike, outCh: chResidual, inCh: chDilation, kernelWidth: 1 });
  }

  /**
   * `[yMain, ySkip]`. Without `xSkip`, as in the first of several blocks, `ySkip` is `c`.
   * @throws ShapeError for anything but (N, length, chResidual), no elements, or an `xSkip` of another shape; DTypeError for
   * another dtype than the module's.
   */
  override forward(xMain: Operand, xSkip: Operand | null = null): [yMain: Variable, ySkip: Variable] {
    const { chResidual, dtype } = this.options;
    const main = layerInput(NAME, xMain, { layout: SEQUENCES, ndim: 3, dtype });
    checkLast(NAME, "channels", main, chResidual);
    const skip = xSkip === null ? null : skipInput(xSkip, main);
    const h = this.convDilation.forward(main);
    const g = this.convGate === null ? h : this.convGate.forward(main);
    const c = this.conv1x1.forward(mul(tanh(h), sigmoid(g)));
    return [add(main, c), skip === null ? c : add(skip, c)];
  }

  protected override hyperparameters(): Hyperparameters {
    return { ...this.options, init: initializerName(NAME, resolveInitializer(NAME, this.options.init)) };
  }
}

function skipInput(x: Operand, main: Variable): Variable {
  const skip = asVariable(NAME, x, main);
  if (!sameShape(skip.shape, main.shape)) {
    throw new ShapeError(
      `${NAME}: xSkip has shape ${shapeText(skip.shape)}; expected that of xMain, ${shapeText(main.shape)}`,
    );
  }
  if (skip.dtype !== main.dtype) {
    throw new DTypeError(`${NAME}: xSkip is ${skip.dtype}; expected ${main.dtype} as xMain (astype)`);
  }
  return skip;
}
