import { config } from "../../core/config.js";
import { ArgumentError } from "../../core/errors.js";
import { checkOptions, describe } from "../../core/options.js";
import { asVariable, type Operand, Variable } from "../../core/variable.js";
import { dropout } from "../../functions/random.js";
import type { Hyperparameters } from "../config.js";
import { isTyped } from "../data/arrays.js";
import { Layer, type UnaryLayer } from "../layer.js";
import { layerInput } from "../layers/input.js";
import { checkLayer, unwrapped } from "./reparametrization.js";

/** Options of `DropoutWrapper`. */
export interface DropoutWrapperOptions {
  /** The probability that an entry of the input becomes 0: 0.5 unless given. */
  p?: number;
}

const NAME = "DropoutWrapper";

/**
 * A layer whose input goes through dropout first: `layer(dropout(x))`. In training each entry of the first input (of each
 * in a list of inputs) becomes 0 with probability `p` and the rest is divided by `1 - p`; in use (`eval()`, or inside
 * `testMode`) the inputs pass unchanged. Further inputs, such as states and masks, always do.
 *
 *     new DropoutWrapper(new FullyConnected({ nOut: 10, actFn: "relu" }), { p: 0.2 });
 *
 * PyTorch's `Sequential(Dropout(p), layer)`.
 */
export class DropoutWrapper<L extends Layer = UnaryLayer> extends Layer {
  /** The layer whose input is dropped. */
  readonly layer: L;
  private readonly p: number;

  /** @throws ArgumentError for no layer, options that are unknown, or a `p` outside [0, 1]. */
  constructor(layer: L, options: DropoutWrapperOptions = {}) {
    super();
    checkOptions(NAME, options, ["p"]);
    const { p = 0.5 } = options;
    if (typeof p !== "number" || !(p >= 0 && p <= 1)) {
      throw new ArgumentError(`${NAME}: p is ${describe(p)}; expected a probability from 0 to 1`);
    }
    checkLayer(NAME, layer);
    this.layer = layer;
    this.p = p;
  }

  /** @throws DTypeError for a first input that is not floating-point, ShapeError for one without elements; and what the layer does. */
  override forward(...inputs: Parameters<L["forward"]>): ReturnType<L["forward"]> {
    const [first, ...others] = inputs as readonly unknown[];
    const acts = this.training && config.train && this.p > 0;
    const dropped = acts ? (isList(first) ? first.map((x) => this.drop(x)) : this.drop(first as Operand)) : first;
    return this.layer.forward(...([dropped, ...others] as never[])) as ReturnType<L["forward"]>;
  }

  /** Builds one from its config. */
  static fromHyperparameters(hyperparameters: Hyperparameters): DropoutWrapper<Layer> {
    return new DropoutWrapper(...unwrapped<DropoutWrapperOptions>(NAME, hyperparameters));
  }

  protected override hyperparameters(): Hyperparameters {
    return { layer: this.layer.config(), p: this.p };
  }

  private drop(x: Operand): Variable {
    // Literal numbers take the dtype that the layer would give them.
    const like = { dtype: this.layer.parameters()[0]?.dtype ?? "float32" };
    const input = layerInput(NAME, asVariable(NAME, x, like), { layout: "(...)", ndim: 0, orMore: true });
    return dropout(input, { p: this.p, training: true });
  }
}

/** Whether it is a list of inputs rather than one of nested numbers. */
function isList(input: unknown): input is readonly Operand[] {
  return Array.isArray(input) && input.some((x) => x instanceof Variable || isTyped(x));
}
