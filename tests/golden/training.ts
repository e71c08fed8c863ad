import { readFileSync } from "node:fs";
import { join } from "node:path";
import { array } from "../../core/creation.js";
import type { NDArray } from "../../core/ndarray.js";

/** An array in the golden file: float64, row-major. */
export interface Stored {
  shape: number[];
  values: number[];
}

/** What PyTorch saw and computed in one training step of a layer. */
export interface LayerStep {
  x: Stored;
  gy: Stored;
  y: Stored;
  gx: Stored;
  grads: Record<string, Stored>;
  state: Record<string, Stored>;
}

/** The contents of training.json, which training.py writes. */
export interface Training {
  layers: Record<string, { state: Record<string, Stored>; steps: LayerStep[] }>;
  optimizers: Record<string, { value: Stored; steps: { grad: Stored; value: Stored }[] }>;
}

/** The golden values of training. */
export const training: Training = JSON.parse(readFileSync(join(__dirname, "training.json"), "utf8"));

/** A stored array as a float64 NDArray. */
export function restore({ shape, values }: Stored): NDArray {
  return array(Float64Array.from(values), { dtype: "float64" }).reshape(shape);
}

/** Expects `actual` to be the stored array, to 1e-10. */
export function expectStored(actual: NDArray, { shape, values }: Stored): void {
  expect(actual.shape).toEqual(shape);
  expect(actual.dtype).toBe("float64");
  const got = actual.toTypedArray();
  for (const [i, value] of values.entries()) {
    const error = Math.abs(got[i]! - value) / Math.max(1, Math.abs(value));
    if (!(error < 1e-10)) throw new Error(`element ${i} is ${got[i]}; PyTorch has ${value}`);
  }
}
