import { config } from "../../core/config.js";
import { ArgumentError } from "../../core/errors.js";
import { checkOptions, describe } from "../../core/options.js";
import type { DataShape } from "../../core/shape-types/operand.js";
import type { Operand, Variable } from "../../core/variable.js";
import { dropout } from "../../functions/random.js";
import type { Hyperparameters } from "../config.js";
import { Layer } from "../layer.js";
import { layerInput } from "./input.js";

/** Options of `Dropout`. */
export interface DropoutOptions {
  /** The probability that an entry becomes 0: 0.5 unless given. */
  p?: number;
}

/**
 * Inverted dropout: in training each entry becomes 0 with probability `p` and the rest is divided by `1 - p`; in use
 * (`eval()`, or inside `testMode`) the input passes unchanged.
 */
export class Dropout extends Layer {
  private readonly p: number;

  /** @throws ArgumentError for options that are unknown, or a `p` outside [0, 1]. */
  constructor(options: DropoutOptions = {}) {
    super();
    checkOptions("Dropout", options, ["p"]);
    const { p = 0.5 } = options;
    if (typeof p !== "number" || !(p >= 0 && p <= 1)) {
      throw new ArgumentError(`Dropout: p is ${describe(p)}; expected a probability from 0 to 1`);
    }
    this.p = p;
  }

  /** @throws DTypeError for an input that is not floating-point; ShapeError for one without elements. */
  override forward<const X extends Operand>(x: X): Variable<DataShape<X>>;
  override forward(x: Operand): Variable {
    const input = layerInput("Dropout", x, { layout: "(...)", ndim: 0, orMore: true });
    return dropout(input, { p: this.p, training: this.training && config.train });
  }

  protected override hyperparameters(): Hyperparameters {
    return { p: this.p };
  }
}
