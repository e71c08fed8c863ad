import type { FloatDType } from "../../core/dtype.js";
import { ArgumentError } from "../../core/errors.js";
import { checkCount, checkFlag, checkFloat, describe } from "../../core/options.js";
import type { Operand, Variable } from "../../core/variable.js";
import { type Pad2D, type Pair, slides2D } from "../../functions/window.js";
import { type Activation, type ActivationSpec, activationName, resolveActivation } from "../activations.js";
import type { Hyperparameters } from "../config.js";
import { type InitializerSpec, initializerName, resolveInitializer } from "../initializers.js";
import { Layer } from "../layer.js";
import { BatchNorm2D } from "../layers/batch-norm.js";
import type { Conv2D } from "../layers/conv2d.js";
import { checkLast, IMAGES, layerInput } from "../layers/input.js";
import { checkEpsilon } from "../layers/layer-norm.js";
import { convolution, type Sizes, sizesOf } from "./sizes.js";

/** The options that both modules with a skip connection share. */
export interface SkipConnectionOptions {
  /** Rows and columns of the kernel of the first convolution; one number for both. */
  kernelShape1: Pair;
  /** Rows and columns of the kernel of the second convolution. */
  kernelShape2: Pair;
  /** Number of input channels; told by the first input unless given. */
  inCh?: number | null;
  /** The step between windows of the first convolution: 1 unless given. */
  stride1?: Pair;
  /** The step between windows of the second convolution: 1 unless given. */
  stride2?: Pair;
  /** Applied after the first convolution and to the sum; none unless given. */
  actFn?: ActivationSpec;
  /** Whether the first batch norm comes before the activation, as in ResNet, instead of after it: false unless given. */
  normFirst?: boolean;
  /** Added to the variances of the batch norms: 1e-5 unless given. */
  epsilon?: number;
  /** How much of a running statistic of the batch norms lasts to the next step: 0.9 unless given. */
  momentum?: number;
  /** Draws the weights of the convolutions: `"glorot_uniform"` unless given. Their biases start at 0. */
  init?: InitializerSpec;
  /** Whether the convolutions have biases: true unless given. */
  bias?: boolean;
  /** float32 unless given. */
  dtype?: FloatDType;
}

/** The names of `SkipConnectionOptions`. */
export const SKIP_OPTIONS = [
  ...["kernelShape1", "kernelShape2", "inCh", "stride1", "stride2", "actFn", "normFirst"],
  ...["epsilon", "momentum", "init", "bias", "dtype"],
];

/** What the modules with a skip connection differ in. */
export interface MainPath {
  /** What messages call the module. */
  module: string;
  pads: readonly [pad1: Pad2D, pad2: Pad2D];
  /** Channels after the first and after the second convolution; null for what the input tells. */
  channels: readonly [number, number | null];
}

/** A convolution as a module has it. */
export interface Convolution {
  kernelShape: Pair;
  stride: Pair;
  pad: Pad2D;
}

/** What the modules with a skip connection have in common: the main path of two convolutions, each with a batch norm. */
export abstract class SkipConnection extends Layer {
  /** The first convolution. */
  readonly conv1: Conv2D;
  /** Normalizes what the first convolution gives, or takes where normalization comes first. */
  readonly batchnorm1: BatchNorm2D;
  /** The second convolution. */
  readonly conv2: Conv2D;
  /** As `batchnorm1`, of the second convolution. */
  readonly batchnorm2: BatchNorm2D;
  protected readonly module: string;
  protected readonly activation: Activation;
  protected readonly options: Required<SkipConnectionOptions>;

  constructor({ module, pads, channels }: MainPath, options: SkipConnectionOptions) {
    super();
    const { kernelShape1, kernelShape2, inCh = null, stride1 = 1, stride2 = 1, actFn = null } = options;
    const { normFirst = false, epsilon = 1e-5, momentum = 0.9 } = options;
    const { init = "glorot_uniform", bias = true, dtype = "float32" } = options;
    if (inCh !== null) checkCount(module, "inCh", inCh);
    const convolutions = [
      { kernelShape: kernelShape1, stride: stride1, pad: pads[0] },
      { kernelShape: kernelShape2, stride: stride2, pad: pads[1] },
    ] as const;
    checkConvolution(module, "conv1", convolutions[0]);
    checkConvolution(module, "conv2", convolutions[1]);
    checkFlag(module, "normFirst", normFirst);
    checkEpsilon(module, epsilon);
    checkMomentum(module, momentum);
    checkFlag(module, "bias", bias);
    checkFloat(module, dtype);
    resolveInitializer(module, init);
    this.module = module;
    this.activation = resolveActivation(module, actFn);
    const window = { kernelShape1, kernelShape2, inCh, stride1, stride2 };
    this.options = { ...window, actFn, normFirst, epsilon, momentum, init, bias, dtype };
    this.conv1 = this.convolution([inCh, channels[0]], convolutions[0], normFirst ? null : actFn);
    this.batchnorm1 = this.batchNorm(channels[0]);
    this.conv2 = this.convolution(channels, convolutions[1]);
    this.batchnorm2 = this.batchNorm(channels[1]);
  }

  protected convolution(sizes: Sizes, window: Convolution, actFn: ActivationSpec = null): Conv2D {
    const { inCh, init, bias, dtype } = this.options;
    return convolution(inCh !== null, sizes, { ...window, actFn, init, bias, dtype });
  }

  protected batchNorm(inCh: number | null): BatchNorm2D {
    const { epsilon, momentum, dtype } = this.options;
    return new BatchNorm2D({ inCh, epsilon, momentum, dtype });
  }

  /** The input as a Variable, of the channels that the first convolution takes. */
  protected images(x: Operand): Variable {
    const input = layerInput(this.module, x, { layout: IMAGES, ndim: 4, dtype: this.options.dtype });
    const [inCh] = sizesOf(this.conv1);
    if (inCh !== null) checkLast(this.module, "channels", input, inCh);
    return input;
  }

  /** The main path up to the sum. */
  protected main(x: Variable): Variable {
    const h = this.conv1.forward(x);
    const inner = this.options.normFirst
      ? this.activation.apply(this.batchnorm1.forward(h))
      : this.batchnorm1.forward(h);
    return this.batchnorm2.forward(this.conv2.forward(inner));
  }

  protected override hyperparameters(): Hyperparameters {
    const { module, options, activation } = this;
    return {
      ...options,
      inCh: sizesOf(this.conv1)[0],
      actFn: activationName(module, activation),
      init: initializerName(module, resolveInitializer(module, options.init)),
    };
  }
}

/**
 * Checks how a convolution's kernel slides.
 * @throws ArgumentError naming the module and the convolution.
 */
export function checkConvolution(module: string, name: string, { kernelShape, ...window }: Convolution): void {
  slides2D(`${module}: ${name}`, kernelShape, window);
}

function checkMomentum(module: string, momentum: unknown): void {
  if (typeof momentum === "number" && momentum >= 0 && momentum <= 1) return;
  throw new ArgumentError(`${module}: momentum is ${describe(momentum)}; expected a number from 0 to 1`);
}
