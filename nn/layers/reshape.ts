import { ArgumentError } from "../../core/errors.js";
import { checkOptions, describe } from "../../core/options.js";
import { inferShape, type Shape } from "../../core/shape.js";
import type { Operand, Variable } from "../../core/variable.js";
import { reshape } from "../../functions/shape.js";
import type { Hyperparameters } from "../config.js";
import { Layer } from "../layer.js";
import { layerInput } from "./input.js";

/** Options of `Reshape`. */
export interface ReshapeOptions {
  /** The shape of each example; one length may be -1, for what is left. */
  shape: Shape;
}

/**
 * Gives each example another shape: (N, ...) to (N, ...shape), such as (N, 3136) to images (N, 7, 7, 64). PyTorch's `Unflatten`
 * of axis 1.
 */
export class Reshape extends Layer {
  /** The shape of each example. */
  readonly shape: Shape;

  /** @throws ArgumentError for options that are unknown, or a shape that is none. */
  constructor(options: ReshapeOptions) {
    super();
    checkOptions("Reshape", options, ["shape"]);
    const { shape } = options;
    const fits = Array.isArray(shape) && shape.every((n) => n === -1 || (Number.isSafeInteger(n) && n > 0));
    if (!fits || shape.filter((n) => n === -1).length > 1) {
      throw new ArgumentError(
        `Reshape: shape is ${describe(shape)}; expected a list of whole numbers above 0, of which one may be -1`,
      );
    }
    this.shape = [...shape];
  }

  /** @throws ShapeError for a scalar, an input without elements, or examples that do not have as many elements as the shape. */
  override forward(x: Operand): Variable {
    const input = layerInput("Reshape", x, { layout: "(N, ...)", ndim: 1, orMore: true });
    const [n, ...example] = input.shape as [number, ...number[]];
    return reshape(input, [n, ...inferShape("Reshape", this.shape, input.size / n, example)]);
  }

  protected override hyperparameters(): Hyperparameters {
    return { shape: this.shape };
  }
}
