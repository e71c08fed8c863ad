import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { NDArray } from "../../core/ndarray.js";
import type { FloatDType } from "../../nn/index.js";
import type { Given } from "../functions/table/case.js";
import { type LayerCase, type Modes, titleOf } from "../nn/table/case.js";
import {
  cotangentsOf,
  forward,
  inputsOf,
  modesOf,
  parametersOf,
  prepared,
  STEPS,
  setMode,
  variablesOf,
} from "../nn/table/run.js";
import type { GoldenArray } from "./golden.js";

/** How much of the gradient each training step takes. */
export const LEARNING_RATE = 0.05;

const DTYPE: FloatDType = "float64";

/** What PyTorch is to compute for a row; layers.py keeps the key with the answer. */
export interface LayerRequest {
  title: string;
  /** Changes whenever the reference values do. */
  key: string;
  torch: string;
  modes: Modes;
  rate: number;
  /** For each step. */
  inputs: Given[][];
  /** The numbers of the inputs that no gradient is asked of. */
  constants: readonly number[];
  parameters: Record<string, Given>;
  buffers: Record<string, Given>;
}

/** What PyTorch saw in one training step. */
export interface GoldenStep {
  outputs: GoldenArray[];
  /** For each float input that gradients are asked of. */
  inputGradients: GoldenArray[];
  /** By name of the parameter. */
  gradients: Record<string, GoldenArray>;
  /** After the forward, by name. */
  buffers: Record<string, GoldenArray>;
}

/** What PyTorch says of a row. */
export interface GoldenLayer {
  key: string;
  steps: GoldenStep[];
}

/** The request for the reference values of a row. */
export function layerRequest(lc: LayerCase): LayerRequest {
  const layer = prepared(lc, DTYPE);
  const request = {
    torch: lc.torch ?? "",
    modes: modesOf(lc),
    rate: LEARNING_RATE,
    inputs: STEPS.map((step) => inputsOf(lc, step)),
    constants: lc.constants ?? [],
    parameters: parametersOf(lc, layer),
    buffers: Object.fromEntries(layer.namedBuffers().map(([name, buffer]) => [name, givenOf(buffer.data)])),
  };
  const key = createHash("sha256").update(JSON.stringify(request)).digest("hex").slice(0, 12);
  return { title: titleOf(lc), key, ...request };
}

/** The gradients of the outputs in each step, for which the shapes of the outputs must be known. */
export function stepCotangents(lc: LayerCase): (Given | null)[][] {
  return STEPS.map((step) => {
    const layer = setMode(prepared(lc, DTYPE), modesOf(lc)[step]);
    return cotangentsOf(lc, step, forward(lc, layer, variablesOf(lc, step, DTYPE)));
  });
}

/** The reference values of a family's rows, by title; none before they were made. */
export function readLayers(family: string): Map<string, GoldenLayer> {
  const path = join(__dirname, `layers-${family}.json`);
  if (!existsSync(path)) return new Map();
  return new Map(Object.entries(JSON.parse(readFileSync(path, "utf8")) as Record<string, GoldenLayer>));
}

function givenOf(x: NDArray): Given {
  return { shape: x.shape, values: Array.from(x.toTypedArray()) };
}
