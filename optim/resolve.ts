import { ArgumentError } from "../core/errors.js";
import { describe } from "../core/options.js";
import type { Json } from "../core/spec.js";
import { foldName, isSpecName, matchArguments, readSpec } from "../core/spec.js";
import type { OptimizerConfig } from "./definition.js";
import { type GivenGroup, givenGroups, type ParametersOrGroups } from "./group.js";
import { Optimizer, type OptimizerClass } from "./optimizer.js";

/**
 * What is taken where an optimizer for some parameters is to be made: null for SGD; a text such as "adam" or
 * "RMSProp(lr=0.0001, lrScheduler='noam(modelDim=64)')"; `{ name: "sgd", momentum: 0.9 }`; what `config()` gave; a function that
 * makes it of the parameters; or the optimizer itself.
 */
export type OptimizerSpec =
  | null
  | string
  | OptimizerConfig
  | { readonly name: string; readonly [key: string]: Json }
  | ((parameters: ParametersOrGroups<object>) => Optimizer)
  | Optimizer;

/** A class of optimizers that can be asked for by name. */
export interface RegisteredClass extends OptimizerClass {
  /** The options that the constructor takes: see `optimizerOptionNames`. */
  readonly options: readonly string[];
}

interface Registered {
  readonly name: string;
  readonly optimizerClass: RegisteredClass;
}

const byName = new Map<string, Registered>();

/**
 * Makes a class of optimizers known to `resolveOptimizer` under `name`: that which its definition says.
 * @throws ArgumentError when another class has the name, or it is none.
 */
export function registerOptimizer(name: string, optimizerClass: RegisteredClass): void {
  if (typeof name !== "string" || !isSpecName(name)) {
    throw new ArgumentError(
      `registerOptimizer: ${describe(name)} is no name; expected a letter, then letters and digits`,
    );
  }
  const former = byName.get(foldName(name));
  if (former !== undefined && former.optimizerClass !== optimizerClass) {
    throw new ArgumentError(
      `registerOptimizer: another class is registered as ${former.name}; expected a name of its own`,
    );
  }
  byName.set(foldName(name), { name, optimizerClass });
}

/** The names of the optimizers that can be asked for. */
export function registeredOptimizers(): string[] {
  return [...byName.values()].map(({ name }) => name);
}

/**
 * The optimizer that `spec` says, for `parameters`. Names and options are found in any case, with or without underscores, and
 * options also by the reference's names: "Adam(decay1=0.5, clip_norm=3)".
 * @throws ArgumentError, whose message starts with `what`, for what is no such spec and an unknown name; as the optimizer for its
 * options and parameters; and for an optimizer that has other parameters.
 */
export function resolveOptimizer(
  spec: OptimizerSpec | undefined,
  parameters: ParametersOrGroups<object>,
  what = "resolveOptimizer",
): Optimizer {
  if (spec instanceof Optimizer) return sameParameters(what, spec, givenGroups(what, parameters));
  if (typeof spec === "function") {
    const made: unknown = spec(parameters);
    if (made instanceof Optimizer) return made;
    throw new ArgumentError(`${what}: the function gave ${describe(made)}; expected an Optimizer`);
  }
  const asked = readSpec(what, "optimizer", spec ?? "SGD");
  const entry = asked === undefined ? undefined : byName.get(foldName(asked.name));
  if (asked === undefined || entry === undefined) {
    const given = typeof spec === "string" ? spec : (asked?.name ?? spec);
    const names = registeredOptimizers().join(", ");
    throw new ArgumentError(`${what} is ${describe(given)}; expected null, an Optimizer or one of ${names}`);
  }
  const options = matchArguments(`${what} ${entry.name}`, asked, entry.optimizerClass.options);
  return new entry.optimizerClass(parameters as never, options as never);
}

function sameParameters(what: string, optimizer: Optimizer, groups: readonly GivenGroup[]): Optimizer {
  const own = new Set(optimizer.parameters);
  const parameters = groups.flatMap((group) => group.parameters);
  if (own.size === parameters.length && parameters.every((parameter) => own.has(parameter))) return optimizer;
  throw new ArgumentError(
    `${what}: the optimizer has ${own.size} parameters that are not the ${parameters.length} it is to change; expected one of these, or a text such as "adam(lr=0.001)"`,
  );
}
