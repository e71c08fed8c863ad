import { ArgumentError } from "../core/errors.js";
import type { Variable } from "../core/variable.js";
import {
  elu,
  gelu,
  hardSigmoid,
  leakyRelu,
  logSoftmax,
  relu,
  selu,
  softmax,
  softplus,
} from "../functions/activation.js";
import { exp, sigmoid, tanh } from "../functions/math.js";
import { describe } from "./options.js";

/** A function that a layer applies to what it computed. */
export type ActivationFunction = (x: Variable) => Variable;

/** What a layer takes as `actFn`: a name (case does not matter), a function, or null for none. */
export type ActivationSpec = string | ActivationFunction | null;

/** An activation as a layer keeps it. */
export interface Activation {
  readonly apply: ActivationFunction;
  /** How much wider the glorot initializers draw the weights before it. */
  readonly gain: number;
}

const IDENTITY: Activation = { apply: (x) => x, gain: 1 };

const activations = new Map<string, Activation>([
  ["identity", IDENTITY],
  ["relu", { apply: relu, gain: Math.SQRT2 }],
  ["leakyRelu", { apply: leakyRelu, gain: Math.sqrt(2 / (1 + 0.3 ** 2)) }],
  ["elu", { apply: elu, gain: 1 }],
  ["selu", { apply: selu, gain: 1 }],
  ["gelu", { apply: gelu, gain: 1 }],
  ["tanh", { apply: tanh, gain: 5 / 3 }],
  ["sigmoid", { apply: sigmoid, gain: 1 }],
  ["hardSigmoid", { apply: hardSigmoid, gain: 1 }],
  ["softplus", { apply: softplus, gain: 1 }],
  ["exp", { apply: exp, gain: 1 }],
  ["softmax", { apply: softmax, gain: 1 }],
  ["logSoftmax", { apply: logSoftmax, gain: 1 }],
]);

/**
 * Makes an activation known by `name`, so that layers with it have a config. `gain` is the factor by which the glorot
 * initializers draw wider before it.
 * @throws ArgumentError when the name is taken, in upper or lower case.
 */
export function registerActivation(
  name: string,
  apply: ActivationFunction,
  { gain = 1 }: { gain?: number } = {},
): void {
  if (named(name) !== undefined) {
    throw new ArgumentError(`registerActivation: ${name} is registered already; expected a name of its own`);
  }
  activations.set(name, { apply, gain });
}

/**
 * The activation that `actFn` stands for; a function that is not in the table has gain 1.
 * @throws ArgumentError naming the layer and the names there are.
 */
export function resolveActivation(layer: string, actFn: ActivationSpec): Activation {
  if (actFn === null) return IDENTITY;
  if (typeof actFn === "string") {
    const known = named(actFn);
    if (known !== undefined) return known[1];
  } else if (typeof actFn === "function") {
    return [...activations.values()].find(({ apply }) => apply === actFn) ?? { apply: actFn, gain: 1 };
  }
  throw new ArgumentError(
    `${layer}: actFn is ${describe(actFn)}; expected null, a function or one of ${[...activations.keys()].join(", ")}`,
  );
}

/**
 * The name of an activation for a config, null for none.
 * @throws ArgumentError when it is a function without a name in the table.
 */
export function activationName(layer: string, { apply }: Activation): string | null {
  if (apply === IDENTITY.apply) return null;
  for (const [name, known] of activations) if (known.apply === apply) return name;
  throw new ArgumentError(
    `${layer}: a config cannot hold ${describe(apply)}; expected actFn by name, or registerActivation(name, function) before`,
  );
}

function named(name: string): [string, Activation] | undefined {
  return [...activations].find(([known]) => known.toLowerCase() === name.toLowerCase());
}
