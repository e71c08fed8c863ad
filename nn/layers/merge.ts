import { isFloat } from "../../core/dtype.js";
import { ArgumentError, DTypeError, ShapeError } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import { checkOptions } from "../../core/options.js";
import { sameShape, shapeText } from "../../core/shape.js";
import { asVariable, type Operand, Variable } from "../../core/variable.js";
import { type Activation, type ActivationSpec, activationName, resolveActivation } from "../activations.js";
import type { Hyperparameters } from "../config.js";
import { Layer } from "../layer.js";

/** Options of the layers that merge several inputs into one. */
export interface MergeOptions {
  /** Applied to the result; none unless given. */
  actFn?: ActivationSpec;
}

/** The base of the layers that take any number of inputs of one shape to an output of that shape. */
export abstract class Merge extends Layer {
  private readonly activation: Activation;

  /**
   * `layer` is what messages call it.
   * @throws ArgumentError for options that are unknown or out of range.
   */
  constructor(
    private readonly layer: string,
    options: MergeOptions = {},
  ) {
    super();
    checkOptions(layer, options, ["actFn"]);
    this.activation = resolveActivation(layer, options.actFn ?? null);
  }

  /**
   * Takes the inputs one by one, or Variables and NDArrays in one list.
   * @throws ArgumentError for no inputs; ShapeError when their shapes differ or they have no elements; DTypeError when their
   * dtypes differ or are not floating-point.
   */
  override forward(...xs: Operand[] | [readonly Operand[]]): Variable {
    const inputs = mergeInputs(this.layer, xs);
    return this.activation.apply(inputs.reduce((a, b) => this.merge(a, b)));
  }

  /** Two inputs merged. */
  protected abstract merge(a: Variable, b: Variable): Variable;

  protected override hyperparameters(): Hyperparameters {
    return { actFn: activationName(this.layer, this.activation) };
  }
}

function mergeInputs(layer: string, xs: readonly (Operand | readonly Operand[])[]): Variable[] {
  const [first] = xs;
  const list = xs.length === 1 && Array.isArray(first) && first.some(isTensor) ? first : xs;
  if (list.length === 0) throw new ArgumentError(`${layer}: there are no inputs; expected at least one`);
  const typed = list.find(isTensor);
  const like = typed === undefined ? undefined : asVariable(layer, typed);
  const inputs = list.map((x) => asVariable(layer, x, like));
  const { shape, dtype, size } = inputs[0]!;
  if (size === 0) {
    throw new ShapeError(`${layer}: input 0 of shape ${shapeText(shape)} has no elements; expected at least one`);
  }
  if (!isFloat(dtype)) {
    throw new DTypeError(`${layer}: input 0 is ${dtype}; expected float32 or float64 (astype)`);
  }
  for (const [i, x] of inputs.entries()) {
    if (!sameShape(x.shape, shape)) {
      throw new ShapeError(
        `${layer}: input ${i} has shape ${shapeText(x.shape)}; expected that of input 0, ${shapeText(shape)}`,
      );
    }
    if (x.dtype !== dtype) {
      throw new DTypeError(`${layer}: input ${i} is ${x.dtype}; expected ${dtype} as input 0 (astype)`);
    }
  }
  return inputs;
}

function isTensor(x: unknown): x is Variable | NDArray {
  return x instanceof Variable || x instanceof NDArray;
}
