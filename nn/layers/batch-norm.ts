import { config } from "../../core/config.js";
import { ones, zeros } from "../../core/creation.js";
import type { FloatDType } from "../../core/dtype.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import { binary, filled } from "../../core/numeric.js";
import { checkCount, checkFlag, checkFloat, checkOptions, describe } from "../../core/options.js";
import { shapeText } from "../../core/shape.js";
import type { Operand, Variable } from "../../core/variable.js";
import { batchNorm } from "../../functions/normalization.js";
import { world } from "../../optim/distributed/world.js";
import type { Hyperparameters } from "../config.js";
import { Layer } from "../layer.js";
import { Buffer, LazyParameter } from "../state.js";
import { checkLast, IMAGES, type InputRequirements, layerInput } from "./input.js";
import { checkEpsilon } from "./layer-norm.js";
import { synchronizedBatchNorm } from "./synchronized-batch-norm.js";

/** The options that `BatchNorm1D` and `BatchNorm2D` share. */
export interface BatchNormOptions {
  /** How much of a running statistic lasts to the next step: 0.9 unless given. PyTorch's `momentum` is 1 less this. */
  momentum?: number;
  /** Added to the variance: 1e-5 unless given. */
  epsilon?: number;
  /** Whether what is normalized is scaled and shifted: true unless given. */
  affine?: boolean;
  /** Whether there are running statistics: true unless given. Without, a batch is normalized by its own in use too. */
  trackRunningStats?: boolean;
  /** Whether the running variance is made of unbiased estimates, as PyTorch's is: false unless given. */
  unbiased?: boolean;
  /**
   * Whether the statistics in training are those of the batches of all processes that `world()` tells, each of which then takes part
   * in every forward and backward: false unless given. PyTorch's `SyncBatchNorm`.
   */
  synchronized?: boolean;
  /** float32 unless given. */
  dtype?: FloatDType;
}

/** Options of `BatchNorm1D`. */
export interface BatchNorm1DOptions extends BatchNormOptions {
  /** Number of features; told by the first input unless given. */
  nIn?: number | null;
}

/** Options of `BatchNorm2D`. */
export interface BatchNorm2DOptions extends BatchNormOptions {
  /** Number of channels; told by the first input unless given. */
  inCh?: number | null;
}

const KNOWN = ["momentum", "epsilon", "affine", "trackRunningStats", "unbiased", "synchronized", "dtype"];

/** What tells the two layers apart. */
interface Kind {
  layer: "BatchNorm1D" | "BatchNorm2D";
  /** The option that gives the number of channels, and what messages call them. */
  option: "nIn" | "inCh";
  what: "features" | "channels";
  requirements: InputRequirements;
}

abstract class BatchNorm extends Layer {
  /** What the normalized channels are multiplied by; starts at 1. */
  readonly scaler: LazyParameter | null;
  /** What is added to them; starts at 0. */
  readonly intercept: LazyParameter | null;
  /** What channels are normalized by in use: changed by each forward in training, and by nothing else. Start at 0 and 1. */
  readonly runningMean: Buffer | null;
  /** As `runningMean`, of the variance. */
  readonly runningVar: Buffer | null;
  private readonly options: Required<BatchNormOptions>;
  private readonly given: number | null;

  constructor(
    private readonly kind: Kind,
    options: BatchNorm1DOptions & BatchNorm2DOptions,
  ) {
    super();
    const { layer, option } = kind;
    checkOptions(layer, options, [option, ...KNOWN]);
    const { momentum = 0.9, epsilon = 1e-5, affine = true, [option]: size = null } = options;
    const { trackRunningStats = true, unbiased = false, synchronized = false, dtype = "float32" } = options;
    if (size !== null) checkCount(layer, option, size);
    if (typeof momentum !== "number" || !(momentum >= 0 && momentum <= 1)) {
      throw new ArgumentError(`${layer}: momentum is ${describe(momentum)}; expected a number from 0 to 1`);
    }
    checkEpsilon(layer, epsilon);
    checkFlag(layer, "affine", affine);
    checkFlag(layer, "trackRunningStats", trackRunningStats);
    checkFlag(layer, "unbiased", unbiased);
    checkFlag(layer, "synchronized", synchronized);
    checkFloat(layer, dtype);
    this.options = { momentum, epsilon, affine, trackRunningStats, unbiased, synchronized, dtype };
    this.given = size;
    this.scaler = affine ? new LazyParameter("scaler", [size], dtype) : null;
    this.intercept = affine ? new LazyParameter("intercept", [size], dtype) : null;
    this.runningMean = trackRunningStats ? new Buffer("runningMean", [size], dtype) : null;
    this.runningVar = trackRunningStats ? new Buffer("runningVar", [size], dtype) : null;
    if (size !== null) this.initialize(size);
  }

  /**
   * @throws ShapeError for another number of axes, no elements or another number of channels than before; DTypeError for
   * another dtype than the layer's. Nothing has changed then.
   */
  override forward(x: Operand): Variable {
    const { layer, what, requirements } = this.kind;
    const { epsilon, dtype } = this.options;
    const input = layerInput(layer, x, { ...requirements, dtype });
    this.checkAxes(input);
    const { size } = this;
    if (size === null) this.initialize(input.shape.at(-1)!);
    else checkLast(layer, what, input, size);
    const { scaler, intercept, runningMean, runningVar } = this;
    const inUse = !this.training || !config.train;
    if (inUse && runningMean !== null && runningVar !== null) {
      const running = { epsilon, mean: runningMean.data, variance: runningVar.data };
      return batchNorm(input, scaler, intercept, running)[0];
    }
    if (this.synchronized && world().size > 1) {
      const { y, mean, variance, count } = synchronizedBatchNorm(input, scaler, intercept, epsilon);
      this.track(mean, variance, count);
      return y;
    }
    const [y, mean, variance] = batchNorm(input, scaler, intercept, { epsilon });
    this.track(mean.data, variance.data, input.size / mean.size);
    return y;
  }

  /** Whether the statistics in training are those of all processes. */
  get synchronized(): boolean {
    return this.options.synchronized;
  }

  /** Makes the running mean 0 and the running variance 1 again. */
  resetRunningStats(): void {
    const { runningMean, runningVar } = this;
    const { dtype } = this.options;
    if (runningMean?.initialized) runningMean.data = zeros(runningMean.shape, { dtype });
    if (runningVar?.initialized) runningVar.data = ones(runningVar.shape, { dtype });
  }

  /** Refuses what `requirements` cannot tell. */
  protected checkAxes(_input: Variable): void {}

  protected override hyperparameters(): Hyperparameters {
    return { [this.kind.option]: this.size, ...this.options };
  }

  /** The number of channels, as far as it is known. */
  private get size(): number | null {
    const { scaler, runningMean } = this;
    if (scaler?.initialized) return scaler.shape[0]!;
    return runningMean?.initialized ? runningMean.shape[0]! : this.given;
  }

  private initialize(size: number): void {
    const { dtype } = this.options;
    this.scaler?.initialize(ones([size], { dtype }));
    this.intercept?.initialize(zeros([size], { dtype }));
    this.runningMean?.initialize(zeros([size], { dtype }));
    this.runningVar?.initialize(ones([size], { dtype }));
  }

  /** Moves the running statistics towards those of a batch of `count` values for each channel. */
  private track(mean: NDArray, variance: NDArray, count: number): void {
    const { momentum, unbiased } = this.options;
    const { runningMean, runningVar } = this;
    if (runningMean === null || runningVar === null) return;
    // Of a single value there is no unbiased estimate; its biased one, 0, counts.
    const factor = unbiased ? count / Math.max(1, count - 1) : 1;
    // New arrays, since graphs of forwards in use have saved the former ones.
    runningMean.data = weighted(runningMean.data, momentum, mean, 1 - momentum);
    runningVar.data = weighted(runningVar.data, momentum, variance, (1 - momentum) * factor);
  }
}

function weighted(a: NDArray, p: number, b: NDArray, q: number): NDArray {
  return binary("add", binary("mul", a, filled([], p, a.dtype)), binary("mul", b, filled([], q, b.dtype)));
}

/**
 * Batch normalization (Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal
 * covariate shift", 2015) of features (N, nIn), or of sequences (N, steps, nIn) as `Conv1D` has them:
 * `(x - mean) / sqrt(variance + epsilon) * scaler + intercept`, all (nIn,). In training the mean and the biased variance are
 * those of the batch, and the running ones become `momentum * running + (1 - momentum) * batch`; in use (`eval()`, or inside
 * `testMode`) they are the running ones. A single value for each feature gives the intercept. Freezing stops `scaler` and
 * `intercept` from learning; the running statistics stop changing with `eval()`.
 *
 * PyTorch's `BatchNorm1d` has `momentum` for 1 less this one, unbiased running variances (`unbiased: true`), and sequences
 * with their features second; `scaler` is its `weight` and `intercept` its `bias`.
 */
export class BatchNorm1D extends BatchNorm {
  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: BatchNorm1DOptions = {}) {
    const requirements = { layout: "(N, nIn) or (N, steps, nIn)", ndim: 2, orMore: true };
    super({ layer: "BatchNorm1D", option: "nIn", what: "features", requirements }, options);
  }

  protected override checkAxes({ ndim, shape }: Variable): void {
    if (ndim <= 3) return;
    const expected = ndim === 4 ? "(N, nIn) or (N, steps, nIn), or BatchNorm2D" : "(N, nIn) or (N, steps, nIn)";
    throw new ShapeError(`BatchNorm1D: the input has shape ${shapeText(shape)}; expected 2 or 3 axes ${expected}`);
  }
}

/**
 * Batch normalization of the channels of images (N, rows, cols, channels), with the statistics over all images and pixels; see
 * `BatchNorm1D`. PyTorch's `BatchNorm2d` has NCHW images.
 */
export class BatchNorm2D extends BatchNorm {
  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: BatchNorm2DOptions = {}) {
    const requirements = { layout: IMAGES, ndim: 4 };
    super({ layer: "BatchNorm2D", option: "inCh", what: "channels", requirements }, options);
  }
}
