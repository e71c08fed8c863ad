import { normalizeAxis } from "../../core/shape.js";
import type { DataShape } from "../../core/shape-types/operand.js";
import type { Operand, Variable } from "../../core/variable.js";
import { ActivationLayer } from "../activations/layer.js";
import { layerInput } from "./input.js";

/** Options of `Softmax`. */
export interface SoftmaxOptions {
  /** The axis along which the outputs add up to 1: the last (-1) unless given. */
  axis?: number;
}

/** `exp(x) / sum(exp(x))` along an axis, of an input with any number of axes. PyTorch's `Softmax` calls the axis `dim`. */
export class Softmax extends ActivationLayer {
  private readonly axis: number;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: SoftmaxOptions = {}) {
    super("Softmax", "softmax", options);
    this.axis = options.axis ?? -1;
  }

  /**
   * @throws AxisError when the input does not have the axis; ShapeError for a scalar or an input without elements; DTypeError
   * for one that is not floating-point.
   */
  override forward<const X extends Operand>(x: X): Variable<DataShape<X>>;
  override forward(x: Operand): Variable {
    const input = layerInput("Softmax", x, { layout: "(..., classes, ...)", ndim: 1, orMore: true });
    normalizeAxis("Softmax", this.axis, input.ndim);
    return this.activation.apply(input);
  }
}
