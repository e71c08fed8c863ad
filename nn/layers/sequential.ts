import { ArgumentError } from "../../core/errors.js";
import { checkCount, describe, MOST_LAYERS } from "../../core/options.js";
import { asVariable, type Operand, type Variable } from "../../core/variable.js";
import { fromConfig, type Hyperparameters, type LayerConfig } from "../config.js";
import { Layer, type UnaryLayer } from "../layer.js";

/** Layers one after the other, each on the output of the one before. Their names are their positions: `0.W`, `2.b`. */
export class Sequential extends Layer {
  /** The layers, the first first. */
  readonly layers: readonly UnaryLayer[];

  /** @throws ArgumentError when something is not a layer. */
  constructor(...layers: UnaryLayer[]) {
    super();
    for (const [i, layer] of layers.entries()) {
      const given: unknown = layer;
      if (!(given instanceof Layer)) {
        throw new ArgumentError(`Sequential: argument ${i} is ${describe(given)}; expected a Layer`);
      }
    }
    this.layers = layers;
  }

  override forward(x: Operand): Variable {
    let y = x;
    for (const layer of this.layers) y = layer.forward(y);
    return asVariable("Sequential", y);
  }

  /** Builds one from its config's `{ layers: [...] }`. */
  static fromHyperparameters(hyperparameters: Hyperparameters): Sequential {
    const { layers } = hyperparameters;
    if (!Array.isArray(layers)) {
      throw new ArgumentError(`Sequential: layers is ${describe(layers)}; expected an array of configs`);
    }
    checkCount("Sequential", "the number of layers", layers.length, 0, MOST_LAYERS);
    return new Sequential(...layers.map((config: LayerConfig) => fromConfig(config) as UnaryLayer));
  }

  protected override hyperparameters(): Hyperparameters {
    return { layers: this.layers.map((layer) => layer.config()) };
  }

  protected override assigned(): [name: string, value: unknown][] {
    const others = super.assigned().filter(([name]) => name !== "layers");
    return [...this.layers.map((layer, i): [string, unknown] => [`${i}`, layer]), ...others];
  }
}
