import { ArgumentError } from "../../core/errors.js";
import { shapeText } from "../../core/shape.js";
import { Optimizer, type OptimizerSpec, resolveOptimizer } from "../../optim/index.js";
import { isRecord } from "../data/arrays.js";
import type { Layer } from "../layer.js";

/**
 * The optimizers that a Trainer is given, by their names; none when it is given none.
 * @throws ArgumentError for what is no optimizer, and for one of parameters that are in none of `layers`: checkpoints would lack them.
 */
export function resolveOptimizers(
  given: OptimizerSpec | Readonly<Record<string, Optimizer>> | undefined,
  layers: readonly Layer[],
): Readonly<Record<string, Optimizer>> {
  if (given === undefined) return {};
  const parameters = new Set(layers.flatMap((layer) => layer.parameters()));
  const optimizers = areOptimizers(given)
    ? { ...given }
    : { optimizer: given instanceof Optimizer ? given : resolveOptimizer(given, parameters, "Trainer: optimizer") };
  for (const [name, optimizer] of Object.entries(optimizers)) {
    const foreign = optimizer.parameters.find((parameter) => !parameters.has(parameter));
    if (foreign === undefined) continue;
    throw new ArgumentError(
      `Trainer: ${name} changes a parameter ${foreign.name ?? ""} of shape ${shapeText(foreign.shape)} that the model does not have; expected those of the model, which checkpoints keep`,
    );
  }
  return optimizers;
}

function areOptimizers(given: unknown): given is Readonly<Record<string, Optimizer>> {
  if (!isRecord(given)) return false;
  const values = Object.values(given);
  return values.length > 0 && values.every((value) => value instanceof Optimizer);
}
