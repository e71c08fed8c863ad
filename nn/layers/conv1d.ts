import { zeros } from "../../core/creation.js";
import type { FloatDType } from "../../core/dtype.js";
import { checkCount, checkFlag, checkFloat, checkOptions } from "../../core/options.js";
import type { Operand, Variable } from "../../core/variable.js";
import { conv1d } from "../../functions/conv.js";
import { type Pad1D, SEQUENCES, type Window1DOptions, window1D } from "../../functions/window.js";
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
import { checkLast, layerInput } from "./input.js";

/** Longer than any kernel with its dilation: what the options of a window are checked on before there is a sequence. */
const ANY_SEQUENCE = [1, 2 ** 40, 1];

/** Options of `Conv1D`. */
export interface Conv1DOptions {
  /** Number of output channels. */
  outCh: number;
  /** Taps of the kernel. */
  kernelWidth: number;
  /** Number of input channels; told by the first input unless given. */
  inCh?: number | null;
  /** Entries added around the sequence: n, [left, right], "same" or "causal"; 0 unless given. */
  pad?: Pad1D;
  /** The step between windows: 1 unless given. */
  stride?: number;
  /** Entries between neighbouring taps of the kernel: 0 unless given (PyTorch counts one more). */
  dilation?: number;
  /** Applied to the output; none unless given. */
  actFn?: ActivationSpec;
  /** Draws the weight: `"glorot_uniform"` unless given. The bias starts at 0. */
  init?: InitializerSpec;
  /** Whether there is a bias: true unless given. */
  bias?: boolean;
  /** float32 unless given. */
  dtype?: FloatDType;
}

const KNOWN = ["outCh", "kernelWidth", "inCh", "pad", "stride", "dilation", "actFn", "init", "bias", "dtype"];

/**
 * Cross-correlation of sequences (N, length, inCh) with kernels `W` (kernelWidth, inCh, outCh), plus `b` (outCh,), then
 * `actFn`: (N, outLength, outCh). With pad "causal" no output depends on later entries. PyTorch's `Conv1d` has sequences
 * (N, channels, length) and `W.permute(2, 1, 0)`.
 */
export class Conv1D extends Layer {
  /** The weights (kernelWidth, inCh, outCh). */
  readonly W: LazyParameter;
  /** The bias (outCh,); null without. */
  readonly b: LazyParameter | null;
  private readonly window: Required<Window1DOptions>;
  private readonly activation: Activation;
  private readonly init: Initializer;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: Conv1DOptions) {
    super();
    checkOptions("Conv1D", options, KNOWN);
    const { outCh, kernelWidth, inCh = null, pad = 0, stride = 1, dilation = 0 } = options;
    const { actFn = null, init = "glorot_uniform", bias = true, dtype = "float32" } = options;
    checkCount("Conv1D", "outCh", outCh);
    checkCount("Conv1D", "kernelWidth", kernelWidth);
    if (inCh !== null) checkCount("Conv1D", "inCh", inCh);
    checkFlag("Conv1D", "bias", bias);
    checkFloat("Conv1D", dtype);
    this.window = { pad, stride, dilation };
    window1D("Conv1D", ANY_SEQUENCE, kernelWidth, this.window);
    this.activation = resolveActivation("Conv1D", actFn);
    this.init = resolveInitializer("Conv1D", init);
    this.W = new LazyParameter("W", [kernelWidth, inCh, outCh], dtype);
    this.b = bias ? new LazyParameter("b", [outCh], dtype) : null;
    if (inCh !== null) this.initialize(inCh);
  }

  /**
   * @throws ShapeError when the input is no batch of sequences, has other channels than before or is shorter than the kernel;
   * DTypeError for another dtype than the layer's.
   */
  override forward(x: Operand): Variable {
    const dtype = this.W.dtype as FloatDType;
    const input = layerInput("Conv1D", x, { layout: SEQUENCES, ndim: 3, dtype });
    if (this.W.initialized) checkLast("Conv1D", "channels", input, this.W.shape[1]!);
    window1D("Conv1D", input.shape, this.W.pattern[0]!, this.window);
    if (!this.W.initialized) this.initialize(input.shape[2]!);
    return this.activation.apply(conv1d(input, this.W, this.b, this.window));
  }

  protected override hyperparameters(): Hyperparameters {
    const [kernelWidth, inCh, outCh] = this.W.initialized ? this.W.shape : this.W.pattern;
    return {
      outCh: outCh!,
      kernelWidth: kernelWidth!,
      inCh: inCh!,
      ...this.window,
      actFn: activationName("Conv1D", this.activation),
      init: initializerName("Conv1D", this.init),
      bias: this.b !== null,
      dtype: this.W.dtype,
    };
  }

  private initialize(inCh: number): void {
    const [kernelWidth, , outCh] = this.W.pattern;
    const dtype = this.W.dtype as FloatDType;
    const shape = [kernelWidth!, inCh, outCh!];
    const weight = drawWeight("Conv1D", this.init, shape, { dtype, gain: this.activation.gain });
    this.W.initialize(weight);
    this.b?.initialize(zeros([outCh!], { dtype }));
  }
}
