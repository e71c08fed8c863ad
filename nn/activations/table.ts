import { Catalogue, type Declared, flagArgument, integerArgument, numberArgument } from "../../core/catalogue.js";
import type { Variable } from "../../core/variable.js";
import {
  affine,
  elu,
  gelu,
  hardSigmoid,
  leakyRelu,
  logSoftmax,
  relu,
  selu,
  softmax,
  softplus,
} from "../../functions/activation.js";
import { exp, sigmoid, tanh } from "../../functions/math.js";

/** A function that a layer applies to what it computed. */
export type ActivationFunction = (x: Variable) => Variable;

/** An activation as a layer keeps it. */
export interface Activation {
  readonly apply: ActivationFunction;
  /** The factor by which initializers that take a gain draw the weights before it wider. */
  readonly gain: number;
  /** What a config says of it, such as `leakyRelu(alpha=0.1)`; null for a function that had no name when it was given. */
  readonly text: string | null;
}

/** The activations by name. As layers they have configs `{ layer: "LeakyReLU", hyperparameters: { alpha: 0.3 } }`. */
export const activations = new Catalogue<Omit<Activation, "text">>("layer");

/** The names of the functions that are activations as they are. */
export const activationNames = new Map<unknown, string>();

interface Settings<A> {
  /** Further names. */
  others?: readonly string[];
  /** 1 unless given. */
  gain?: (args: Required<A>) => number;
  /** Whom errors name. */
  operation?: string;
}

/** Adds a function under its name. Without arguments it stays itself, so that fused kernels know it again. */
export function addActivation<A extends object>(
  name: string,
  f: (x: Variable, args?: A) => Variable,
  declared: Declared<A>,
  { others, gain = () => 1, operation = "activations" }: Settings<A> = {},
): void {
  const alone = Object.keys(declared).length === 0;
  const applied = (args: A): ActivationFunction => (alone ? f : (x) => f(x, args));
  activations.add<A>(operation, name, declared, (args) => ({ apply: applied(args), gain: gain(args) }), others);
  if (!activationNames.has(f)) activationNames.set(f, name);
}

const alpha = (standard: number) => ({ alpha: numberArgument(standard) });
const axis = { axis: integerArgument(-1) };

addActivation("identity", (x) => x, {}, { others: ["linear"] });
addActivation("relu", relu, {}, { gain: () => Math.SQRT2 });
addActivation("leakyRelu", leakyRelu, alpha(0.3), { gain: (args) => Math.sqrt(2 / (1 + args.alpha ** 2)) });
addActivation("elu", elu, alpha(1));
addActivation("selu", selu, {});
addActivation("gelu", gelu, { approximate: flagArgument(true) });
addActivation("tanh", tanh, {}, { gain: () => 5 / 3 });
addActivation("sigmoid", sigmoid, {});
addActivation("hardSigmoid", hardSigmoid, {});
addActivation("softplus", softplus, {});
addActivation("exponential", exp, {}, { others: ["exp"] });
addActivation("affine", affine, { slope: numberArgument(1), intercept: numberArgument(0) });
addActivation("softmax", softmax, axis);
addActivation("logSoftmax", logSoftmax, axis);
