import { ones, zeros } from "../../core/creation.js";
import type { FloatDType } from "../../core/dtype.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { checkCount, checkFlag, checkFloat, checkOptions, describe } from "../../core/options.js";
import { type Shape, sameShape, shapeText, sizeOf } from "../../core/shape.js";
import type { Operand, Variable } from "../../core/variable.js";
import { layerNorm } from "../../functions/normalization.js";
import { reshape } from "../../functions/shape.js";
import type { Hyperparameters } from "../config.js";
import { Layer } from "../layer.js";
import { LazyParameter } from "../state.js";
import { IMAGES, type InputRequirements, layerInput } from "./input.js";

/** The options that `LayerNorm1D` and `LayerNorm2D` share. */
export interface LayerNormOptions {
  /** Added to the variance: 1e-5 unless given. */
  epsilon?: number;
  /** Whether what is normalized is scaled and shifted: true unless given. */
  affine?: boolean;
  /** float32 unless given. */
  dtype?: FloatDType;
}

/** Options of `LayerNorm1D`. */
export interface LayerNorm1DOptions extends LayerNormOptions {
  /** Number of features; told by the first input unless given. */
  nIn?: number | null;
}

/** Options of `LayerNorm2D`. */
export interface LayerNorm2DOptions extends LayerNormOptions {
  /** Rows, columns and channels of an image; told by the first input unless given. */
  inShape?: readonly [rows: number, cols: number, channels: number] | null;
}

const KNOWN = ["epsilon", "affine", "dtype"];

abstract class LayerNorm extends Layer {
  /** What the normalized entries are multiplied by; starts at 1. */
  readonly scaler: LazyParameter | null;
  /** What is added to them; starts at 0. */
  readonly intercept: LazyParameter | null;
  private readonly options: Required<LayerNormOptions>;

  /** `given` is the shape of what is normalized, of `axes` axes at the end, or null until the first input tells it. */
  constructor(
    private readonly layer: "LayerNorm1D" | "LayerNorm2D",
    private readonly requirements: InputRequirements,
    private readonly axes: number,
    private readonly given: Shape | null,
    { epsilon = 1e-5, affine = true, dtype = "float32" }: LayerNormOptions,
  ) {
    super();
    checkEpsilon(layer, epsilon);
    checkFlag(layer, "affine", affine);
    checkFloat(layer, dtype);
    this.options = { epsilon, affine, dtype };
    const pattern = given ?? new Array<null>(axes).fill(null);
    this.scaler = affine ? new LazyParameter("scaler", pattern, dtype) : null;
    this.intercept = affine ? new LazyParameter("intercept", pattern, dtype) : null;
    if (given !== null) this.initialize(given);
  }

  /**
   * @throws ShapeError for another number of axes, no elements, or another shape to normalize than before; DTypeError for
   * another dtype than the layer's.
   */
  override forward(x: Operand): Variable {
    const { epsilon, dtype } = this.options;
    const input = layerInput(this.layer, x, { ...this.requirements, dtype });
    const [leading, own] = [input.shape.slice(0, -this.axes), input.shape.slice(-this.axes)];
    const { expected } = this;
    if (expected === null) this.initialize(own);
    else if (!sameShape(own, expected)) {
      throw new ShapeError(
        `${this.layer}: the input of shape ${shapeText(input.shape)} has ${shapeText(own)} to normalize; expected ${shapeText(expected)}`,
      );
    }
    const width = sizeOf(own);
    const flat = (p: Variable | null) => (p === null ? null : reshape(p, [width]));
    const rows = reshape(input, [...leading, width]);
    return reshape(layerNorm(rows, flat(this.scaler), flat(this.intercept), { epsilon }), input.shape);
  }

  /** The shape of what is normalized, as far as it is known. */
  protected get expected(): Shape | null {
    return this.scaler?.initialized ? this.scaler.shape : this.given;
  }

  protected override hyperparameters(): Hyperparameters {
    return this.options;
  }

  private initialize(shape: Shape): void {
    const { dtype } = this.options;
    this.scaler?.initialize(ones(shape, { dtype }));
    this.intercept?.initialize(zeros(shape, { dtype }));
  }
}

/**
 * Layer normalization (Ba, Kiros and Hinton, "Layer normalization", 2016) of the features (N, ..., nIn), for each entry of
 * the other axes: `(x - mean) / sqrt(variance + epsilon) * scaler + intercept` with the mean and the biased variance over the
 * last axis, `scaler` and `intercept` (nIn,). PyTorch's `LayerNorm(nIn)`, whose `weight` and `bias` they are.
 */
export class LayerNorm1D extends LayerNorm {
  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: LayerNorm1DOptions = {}) {
    checkOptions("LayerNorm1D", options, ["nIn", ...KNOWN]);
    const { nIn = null } = options;
    if (nIn !== null) checkCount("LayerNorm1D", "nIn", nIn);
    const requirements = { layout: "(N, ..., nIn)", ndim: 2, orMore: true };
    super("LayerNorm1D", requirements, 1, nIn === null ? null : [nIn], options);
  }

  protected override hyperparameters(): Hyperparameters {
    return { nIn: this.expected?.[0] ?? null, ...super.hyperparameters() };
  }
}

/**
 * Layer normalization of each image (N, rows, cols, channels) over all of its pixels and channels, with `scaler` and
 * `intercept` (rows, cols, channels), which fix the size of the images. PyTorch's `LayerNorm((rows, cols, channels))`; see
 * `LayerNorm1D`.
 */
export class LayerNorm2D extends LayerNorm {
  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: LayerNorm2DOptions = {}) {
    checkOptions("LayerNorm2D", options, ["inShape", ...KNOWN]);
    const { inShape = null } = options;
    if (inShape !== null) checkImageShape(inShape);
    super("LayerNorm2D", { layout: IMAGES, ndim: 4 }, 3, inShape === null ? null : [...inShape], options);
  }

  protected override hyperparameters(): Hyperparameters {
    return { inShape: this.expected, ...super.hyperparameters() };
  }
}

function checkImageShape(inShape: unknown): void {
  const lengths: readonly unknown[] = Array.isArray(inShape) ? inShape : [];
  if (lengths.length === 3 && lengths.every((n) => Number.isSafeInteger(n) && (n as number) > 0)) return;
  throw new ArgumentError(
    `LayerNorm2D: inShape is ${describe(inShape)}; expected [rows, cols, channels], whole numbers of at least 1`,
  );
}

/**
 * Checks what is added to a variance.
 * @throws ArgumentError naming the layer.
 */
export function checkEpsilon(layer: string, epsilon: unknown): asserts epsilon is number {
  if (typeof epsilon === "number" && Number.isFinite(epsilon) && epsilon >= 0) return;
  throw new ArgumentError(`${layer}: epsilon is ${describe(epsilon)}; expected a finite number of at least 0`);
}
