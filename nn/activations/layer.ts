import { checkOptions } from "../../core/options.js";
import type { DataShape } from "../../core/shape-types/operand.js";
import type { Operand, Variable } from "../../core/variable.js";
import type { Hyperparameters } from "../config.js";
import { Layer } from "../layer.js";
import { layerInput } from "../layers/input.js";
import { type Activation, activations } from "./table.js";

/** The base of the layers that are an activation and nothing else. As `actFn` of another layer they mean the activation. */
export abstract class ActivationLayer extends Layer {
  /** What it applies. */
  readonly activation: Activation;
  private readonly args: Hyperparameters;

  /**
   * `layer` is what messages call it and `name` what activations by name call it.
   * @throws ArgumentError for options that are unknown or out of range.
   */
  constructor(
    private readonly layer: string,
    name: string,
    options: object = {},
  ) {
    super();
    checkOptions(layer, options, activations.keys(name));
    const { value, args, text } = activations.make(layer, name, options);
    this.activation = { ...value, text };
    this.args = args;
  }

  /** @throws DTypeError for an input that is not floating-point; ShapeError for one without elements. */
  override forward<const X extends Operand>(x: X): Variable<DataShape<X>>;
  override forward(x: Operand): Variable {
    return this.activation.apply(layerInput(this.layer, x, { layout: "(...)", ndim: 0, orMore: true }));
  }

  protected override hyperparameters(): Hyperparameters {
    return this.args;
  }
}
