import type { DataShape } from "../../core/shape-types/operand.js";
import { asVariable, type Operand, type Variable } from "../../core/variable.js";
import { ActivationLayer } from "../activations/layer.js";

/** Passes its input on as it is, of any shape and dtype. It holds the place of a layer that a model may have or not. */
export class Identity extends ActivationLayer {
  /** @throws ArgumentError for options: it takes none. */
  constructor(options: Record<string, never> = {}) {
    super("Identity", "identity", options);
  }

  override forward<const X extends Operand>(x: X): Variable<DataShape<X>>;
  override forward(x: Operand): Variable {
    return asVariable("Identity", x);
  }
}
