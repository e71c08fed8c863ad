import { zeros } from "../../core/creation.js";
import type { FloatDType } from "../../core/dtype.js";
import { ArgumentError } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import { checkCount, checkFlag, checkFloat, checkOptions } from "../../core/options.js";
import type { FeaturesShape } from "../../core/shape-types/matmul.js";
import type { CheckedInput, Result, ShapeOf } from "../../core/shape-types/operand.js";
import type { Shaped, sizes } from "../../core/shape-types/shaped.js";
import { slice } from "../../core/slicing.js";
import type { Operand, Variable } from "../../core/variable.js";
import { getItem } from "../../functions/indexing.js";
import { linear } from "../../functions/linalg.js";
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

/** Options of `FullyConnected`. */
export interface FullyConnectedOptions<In extends number = number, Out extends number = number> {
  /** Number of outputs. */
  nOut: Out;
  /** Number of inputs; told by the first input unless given. */
  nIn?: In | null;
  /** Applied to the output; none unless given. */
  actFn?: ActivationSpec;
  /** Draws the weight: `"glorot_uniform"` unless given. The bias starts at 0. */
  init?: InitializerSpec;
  /** Whether there is a bias: true unless given. */
  bias?: boolean;
  /** Whether the bias is the last row of `W` instead of a parameter of its own: false unless given. */
  fused?: boolean;
  /** float32 unless given. */
  dtype?: FloatDType;
}

const KNOWN = ["nOut", "nIn", "actFn", "init", "bias", "fused", "dtype"];

/**
 * `actFn(x W + b)` on the last axis: (N, ..., nIn) to (N, ..., nOut), with `W` (nIn, nOut) and `b` (nOut,).
 * PyTorch's `Linear` has the transpose of `W`.
 *
 * With `fused` there is one parameter `W` (nIn + 1, nOut) and `b` is null: the rows of the weight, which `init` draws, and
 * below them the bias, which starts at 0. It computes the same; decay or clipping of `W` then includes the bias. The fused
 * weight `[W b]` of textbooks, (nOut, nIn + 1), is its transpose.
 */
export class FullyConnected<In extends number = number, Out extends number = number> extends Layer {
  /** What the compiler knows of the numbers of inputs and outputs; nothing at run time. */
  declare readonly [sizes]: Shaped<[In, Out]>;
  /** The weights (nIn, nOut). */
  readonly W: LazyParameter;
  /** The bias (nOut,); null without. */
  readonly b: LazyParameter | null;
  private readonly activation: Activation;
  private readonly init: Initializer;
  /** Whether the bias is the last row of `W`. */
  readonly fused: boolean;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: FullyConnectedOptions<In, Out>) {
    super();
    checkOptions("FullyConnected", options, KNOWN);
    const { nOut, nIn = null, actFn = null, init = "glorot_uniform" } = options;
    const { bias = true, fused = false, dtype = "float32" } = options;
    checkCount("FullyConnected", "nOut", nOut);
    if (nIn !== null) checkCount("FullyConnected", "nIn", nIn);
    checkFlag("FullyConnected", "bias", bias);
    checkFlag("FullyConnected", "fused", fused);
    if (fused && !bias) {
      throw new ArgumentError("FullyConnected: fused is true and bias false; expected a bias to fuse with the weight");
    }
    checkFloat("FullyConnected", dtype);
    this.activation = resolveActivation("FullyConnected", actFn);
    this.init = resolveInitializer("FullyConnected", init);
    this.fused = fused;
    this.W = new LazyParameter("W", [nIn === null ? null : nIn + this.biasRows, nOut], dtype);
    this.b = bias && !fused ? new LazyParameter("b", [nOut], dtype) : null;
    if (nIn !== null) this.initialize(nIn);
  }

  /**
   * @throws ShapeError for fewer than two axes, no elements or another number of inputs than before; DTypeError for another
   * dtype than the layer's.
   */
  override forward<This, const X extends Operand>(
    this: This,
    x: CheckedInput<X, FeaturesShape<ShapeOf<X>, This>>,
  ): Variable<Result<FeaturesShape<ShapeOf<X>, This>>>;
  override forward(x: Operand): Variable {
    const dtype = this.W.dtype as FloatDType;
    const input = layerInput("FullyConnected", x, { layout: "(N, ..., nIn)", ndim: 2, orMore: true, dtype });
    if (this.W.initialized) checkLast("FullyConnected", "features", input, this.W.shape[0]! - this.biasRows);
    else this.initialize(input.shape.at(-1)!);
    const W = this.fused ? getItem(this.W, slice(0, -1)) : this.W;
    const b = this.fused ? getItem(this.W, -1) : (this.b ?? undefined);
    return this.activation.apply(linear(input, W, b));
  }

  protected override hyperparameters(): Hyperparameters {
    const [rows, nOut] = this.W.initialized ? this.W.shape : this.W.pattern;
    return {
      nOut: nOut!,
      nIn: rows === null ? null : rows! - this.biasRows,
      actFn: activationName("FullyConnected", this.activation),
      init: initializerName("FullyConnected", this.init),
      bias: this.fused || this.b !== null,
      fused: this.fused,
      dtype: this.W.dtype,
    };
  }

  /** How many rows of `W` are the bias. */
  private get biasRows(): number {
    return this.fused ? 1 : 0;
  }

  private initialize(nIn: number): void {
    const [, nOut] = this.W.pattern;
    const dtype = this.W.dtype as FloatDType;
    const weight = drawWeight("FullyConnected", this.init, [nIn, nOut!], { dtype, gain: this.activation.gain });
    if (this.fused) this.W.initialize(withRowOfZeros(weight));
    else this.W.initialize(weight);
    this.b?.initialize(zeros([nOut!], { dtype }));
  }
}

/** A matrix with a row of zeros below it. */
function withRowOfZeros(matrix: NDArray): NDArray {
  const [rows, columns] = matrix.shape;
  const result = zeros([rows! + 1, columns!], { dtype: matrix.dtype });
  result.slice(slice(0, -1)).assign(matrix);
  return result;
}
