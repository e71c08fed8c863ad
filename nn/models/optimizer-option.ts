import { ArgumentError } from "../../core/errors.js";
import { describe } from "../../core/options.js";
import type { Json } from "../../core/spec.js";
import { Parameter } from "../../core/variable.js";
import { type Optimizer, type OptimizerSpec, resolveOptimizer } from "../../optim/index.js";

/** What a model takes as `optimizer`: it makes the optimizer itself, of its parameters. */
export type ModelOptimizer = Exclude<OptimizerSpec, Optimizer | null>;

/**
 * Checks the option `optimizer` of a model, so that a text or a config that makes no optimizer is refused before there is anything to
 * learn. A function is not called yet.
 * @throws ArgumentError, which names the model.
 */
export function checkOptimizer(model: string, optimizer: ModelOptimizer): void {
  if (typeof optimizer !== "function") resolveOptimizer(optimizer, [new Parameter(null)], `${model}: optimizer`);
}

/**
 * The option `optimizer` for the config of a model.
 * @throws ArgumentError when it is a function.
 */
export function optimizerConfig(model: string, optimizer: ModelOptimizer): Json {
  if (typeof optimizer !== "function") return optimizer as Json;
  throw new ArgumentError(
    `config: ${model} has ${describe(optimizer)} as optimizer; expected a text such as "adam(lr=0.001)", which JSON can say`,
  );
}
