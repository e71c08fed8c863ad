import { ArgumentError } from "../core/errors.js";
import { checkNumber, describe } from "../core/options.js";
import type { SpecObject } from "../core/spec.js";
import { ActivationLayer } from "./activations/layer.js";
import {
  type Activation,
  type ActivationFunction,
  activationNames,
  activations,
  addActivation,
} from "./activations/table.js";
import type { LayerConfig } from "./config.js";
import { Layer } from "./layer.js";

export { type Activation, type ActivationFunction, ActivationLayer };

/**
 * What a layer takes as `actFn`: a name with or without arguments, in any usual spelling (`"relu"`, `"Leaky ReLU(alpha=0.1)"`),
 * the same as an object (`{ name: "leakyRelu", alpha: 0.1 }`), an activation layer or the config of one, a function, or null
 * for none.
 */
export type ActivationSpec = string | SpecObject | LayerConfig | ActivationLayer | ActivationFunction | null;

/**
 * Makes an activation known by `name`, so that layers with it have a config. `gain` is the factor by which the glorot
 * initializers draw wider before it.
 * @throws ArgumentError when the name is taken, in any spelling, or is none; when `apply` is no function; when the gain is
 * negative or not finite.
 */
export function registerActivation(
  name: string,
  apply: ActivationFunction,
  { gain = 1 }: { gain?: number } = {},
): void {
  if (typeof apply !== "function") {
    throw new ArgumentError(`registerActivation: ${name} is ${describe(apply)}; expected a function`);
  }
  checkNumber("registerActivation", "gain", gain, 0);
  addActivation(name, apply, {}, { gain: () => gain, operation: "registerActivation" });
}

/**
 * The activation that `actFn`, given as the option of that name, stands for; a function that has no name has gain 1.
 * @throws ArgumentError naming the layer and the option, what is wrong and the names or arguments there are.
 */
export function resolveActivation(layer: string, actFn: ActivationSpec, option = "actFn"): Activation {
  return resolved(`${layer}: ${option}`, actFn);
}

function resolved(what: string, actFn: ActivationSpec): Activation {
  if (actFn instanceof ActivationLayer) return actFn.activation;
  const name = actFn === null ? "identity" : activationNames.get(actFn);
  if (name === undefined && typeof actFn === "function") {
    if (!(actFn.prototype instanceof Layer)) return { apply: actFn, gain: 1, text: null };
    throw new ArgumentError(`${what} is the class ${actFn.name}; expected new ${actFn.name}(), or a name`);
  }
  const { value, text } = activations.resolve(what, name ?? actFn, "null, a function");
  return { ...value, text };
}

/**
 * The activation for a config: its name, with the arguments that are not as they would be unless given
 * (`"leakyRelu(alpha=0.1)"`), or null for none. `resolveActivation` takes it back.
 * @throws ArgumentError when it is a function that has no name.
 */
export function activationName(layer: string, { apply, text }: Activation, option = "actFn"): string | null {
  const name = text ?? activationNames.get(apply);
  if (name === undefined) {
    throw new ArgumentError(
      `${layer}: a config cannot hold ${describe(apply)}; expected ${option} by name, or registerActivation(name, function) before`,
    );
  }
  return name === "identity" ? null : name;
}

/**
 * By how much wider than before a linear unit weights are drawn before an activation, so that the variance stays: sqrt(2)
 * before ReLU, sqrt(2 / (1 + alpha ** 2)) before LeakyReLU (whose alpha is 0.3 unless given), 5/3 before tanh, 3/4 before SELU and 1
 * before all others, as PyTorch's `calculate_gain`. Layers use the same, but 1 before SELU, which keeps the variance by itself.
 * @throws ArgumentError for an activation that there is not.
 */
export function calculateGain(nonlinearity: ActivationSpec): number {
  const { gain, text } = resolved("calculateGain: the activation", nonlinearity);
  return text === "selu" ? 3 / 4 : gain;
}
