import { checkChoice, checkOptions } from "../../core/options.js";
import type { Operand, Variable } from "../../core/variable.js";
import { reshape } from "../../functions/shape.js";
import type { Hyperparameters } from "../config.js";
import { Layer } from "../layer.js";
import { layerInput } from "./input.js";

/** Options of `Flatten`. */
export interface FlattenOptions {
  /** Which axis stays: the `"first"` (unless given), the `"last"`, or none (-1). */
  keepDim?: "first" | "last" | -1;
}

/** Reshapes to (N, -1), keeping the first axis; to (-1, last), keeping the last; or to (1, -1). */
export class Flatten extends Layer {
  /** Which axis stays. */
  readonly keepDim: "first" | "last" | -1;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: FlattenOptions = {}) {
    super();
    checkOptions("Flatten", options, ["keepDim"]);
    const { keepDim = "first" } = options;
    checkChoice("Flatten", "keepDim", keepDim, ["first", "last", -1] as const);
    this.keepDim = keepDim;
  }

  /** @throws ShapeError for a scalar or an input without elements. */
  override forward(x: Operand): Variable {
    const input = layerInput("Flatten", x, { layout: "(N, ...)", ndim: 1, orMore: true });
    if (this.keepDim === "first") return reshape(input, [input.shape[0]!, -1]);
    return reshape(input, this.keepDim === "last" ? [-1, input.shape.at(-1)!] : [1, -1]);
  }

  protected override hyperparameters(): Hyperparameters {
    return { keepDim: this.keepDim };
  }
}
