import { NDArray } from "../../core/ndarray.js";
import { keep, tidy } from "../../core/tidy.js";
import { Variable } from "../../core/variable.js";
import type { Layer } from "../layer.js";

/**
 * Runs the work on a batch inside `tidy`, so that its memory serves the next batch. What it returns stays, and what the layers remember
 * from one forward to the next: arrays among their properties, and in lists there. With `enabled` false it just runs.
 */
export function tidied<T>(enabled: boolean, layers: readonly Layer[], work: () => T): T {
  if (!enabled) return work();
  return tidy(() => {
    const result = work();
    for (const layer of layers) for (const [, inner] of layer.namedLayers()) keepRemembered(inner);
    return result;
  });
}

function keepRemembered(layer: Layer): void {
  for (const value of Object.values(layer)) {
    if (isValue(value)) keep(value);
    else if (Array.isArray(value)) for (const entry of value) if (isValue(entry)) keep(entry);
  }
}

function isValue(x: unknown): x is NDArray | Variable {
  return x instanceof NDArray || x instanceof Variable;
}
