import {
  type Argument,
  type Arguments,
  Catalogue,
  choiceArgument,
  numberArgument,
  optional,
} from "../../core/catalogue.js";
import { full, ones, randomNormal, randomUniform, zeros } from "../../core/creation.js";
import type { NDArray } from "../../core/ndarray.js";
import type { Shape } from "../../core/shape.js";
import { orthogonal } from "./orthogonal.js";
import {
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  KAIMING_MODES,
  kaimingNormal,
  kaimingUniform,
  stdNormal,
  truncNormal,
  xavierNormal,
  xavierUniform,
} from "./scaled.js";

/** The initializers by name. Their configs are `{ initializer: "trunc_normal", hyperparameters: { std: 0.02 } }`. */
export const initializers = new Catalogue<Initializer>("initializer");

/** The names of the functions that are initializers as they are. */
export const initializerNames = new Map<unknown, string>();

/** Adds a function whose options have what is declared. A gain that is given by name takes the place of the layer's. */
function add(
  name: string,
  f: (shape: Shape, options: never) => NDArray,
  declared: Readonly<Record<string, Argument>>,
  others?: readonly string[],
): void {
  const make = (args: Arguments): Initializer => {
    return (shape, { dtype, gain } = {}) => f(shape, { ...args, dtype, gain: args.gain ?? gain } as never);
  };
  initializers.add("initializers", name, declared, make, others);
  initializerNames.set(f, name);
}

const gain = optional(numberArgument(1, { least: 0 }));
const mean = numberArgument(0);
const std = numberArgument(1, { least: 0 });
const kaiming = { gain, a: numberArgument(0), mode: choiceArgument("fan_in", KAIMING_MODES) };

add("glorot_uniform", glorotUniform, { gain });
add("glorot_normal", glorotNormal, { gain });
add("he_uniform", heUniform, {});
add("he_normal", heNormal, {});
add("std_normal", stdNormal, {});
add("trunc_normal", truncNormal, { mean, std }, ["truncated_normal"]);
add("xavier_uniform", xavierUniform, { gain });
add("xavier_normal", xavierNormal, { gain });
add("kaiming_uniform", kaimingUniform, kaiming);
add("kaiming_normal", kaimingNormal, kaiming);
// Recurrent weights are to keep the length of the state, whatever the activation.
add("orthogonal", orthogonal, { gain: numberArgument(1) });
add("normal", randomNormal, { mean, std });
add("uniform", randomUniform, { low: numberArgument(0), high: numberArgument(1) });
add("zeros", zeros, {});
add("ones", ones, {});
add("constant", (shape: Shape, { value, ...options }: { value: number }) => full(shape, value, options), {
  value: numberArgument(0),
});
