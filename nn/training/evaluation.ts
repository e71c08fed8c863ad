import { usingConfig } from "../../core/config.js";
import type { NDArray } from "../../core/ndarray.js";
import { concatenate } from "../../core/numeric.js";
import type { Operand } from "../../core/variable.js";
import type { Layer } from "../layer.js";
import { examplesIn, inputOf } from "./batch.js";
import type { BatchSource } from "./data.js";
import type { Measures } from "./figures.js";
import { type Objective, predicted, type StepContext } from "./objective.js";
import { tidied } from "./tidied.js";
import { Turns } from "./turns.js";

/**
 * Measures a model on all batches of a source, as it is in use, each inside `tidy` if asked. Returns whether it came to the end: `stopped` is asked after each batch.
 */
export async function measure<B>(
  layers: readonly Layer[],
  objective: Objective<B>,
  source: BatchSource<B>,
  measures: Measures,
  context: Omit<StepContext, "training">,
  tidy: boolean,
  stopped: () => boolean = () => false,
): Promise<boolean> {
  measures.reset();
  return inUse(layers, async () => {
    const turns = new Turns();
    for await (const batch of source.pass()) {
      const outcome = tidied(tidy, layers, () =>
        measures.needed(withoutGraph(() => objective(batch, { ...context, training: false }))),
      );
      measures.add(outcome, examplesIn(batch));
      await turns.pause();
      if (stopped()) return false;
    }
    return true;
  });
}

/** What a model gives for all batches of a source, one below the other; each comes about inside `tidy` if asked. */
export async function predictAll(
  operation: string,
  model: Layer,
  source: BatchSource<unknown>,
  tidy: boolean,
): Promise<NDArray> {
  const { forward } = model as unknown as { forward(x: Operand): unknown };
  const outputs: NDArray[] = [];
  await inUse([model], async () => {
    const turns = new Turns();
    for await (const batch of source.pass()) {
      const input = inputOf(operation, batch);
      const output = tidied(tidy, [model], () => withoutGraph(() => predicted(operation, forward.call(model, input))));
      outputs.push(output.data);
      await turns.pause();
    }
  });
  return outputs.length === 1 ? outputs[0]! : concatenate(outputs, 0);
}

/** Runs `fn` while `layers` are in `eval()`, and then gives every layer the mode it had. */
async function inUse<T>(layers: readonly Layer[], fn: () => Promise<T>): Promise<T> {
  const modes = layers.flatMap((layer) => layer.namedLayers().map(([, inner]) => [inner, inner.training] as const));
  for (const layer of layers) layer.eval();
  try {
    return await fn();
  } finally {
    for (const [layer, training] of modes) layer.training = training;
  }
}

function withoutGraph<T>(fn: () => T): T {
  return usingConfig({ enableBackprop: false, train: false }, fn);
}
