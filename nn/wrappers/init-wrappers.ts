import { ArgumentError } from "../../core/errors.js";
import { checkChoice, describe } from "../../core/options.js";
import type { Json } from "../../core/spec.js";
import { isRecord } from "../data/arrays.js";
import type { Layer } from "../layer.js";
import { DropoutWrapper } from "./dropout-wrapper.js";
import { checkLayer } from "./reparametrization.js";
import { SpectralNorm } from "./spectral-norm.js";
import { WeightNorm } from "./weight-norm.js";

/** A wrapper by name, with its options: `{ wrapper: "Dropout", p: 0.2 }`. */
export interface WrapperConfig {
  readonly wrapper: "Dropout" | "WeightNorm" | "SpectralNorm";
  readonly [option: string]: Json;
}

type Wrap = (layer: Layer, options: object) => Layer;

const WRAPPERS: Readonly<Record<WrapperConfig["wrapper"], Wrap>> = {
  Dropout: (layer, options) => new DropoutWrapper(layer, options),
  WeightNorm: (layer, options) => new WeightNorm(layer, options),
  SpectralNorm: (layer, options) => new SpectralNorm(layer, options),
};

/**
 * `layer` inside the wrappers of a list, the first of which is the innermost; the layer itself for an empty one:
 *
 *     initWrappers(new FullyConnected({ nOut: 3 }), [{ wrapper: "WeightNorm" }, { wrapper: "Dropout", p: 0.2 }]);
 *
 * @throws ArgumentError for anything but a layer and such a list, and what the wrappers throw.
 */
export function initWrappers(layer: Layer, wrappers: readonly WrapperConfig[]): Layer {
  checkLayer("initWrappers", layer);
  const given: unknown = wrappers;
  if (!Array.isArray(given)) {
    throw new ArgumentError(
      `initWrappers: the wrappers are ${describe(given)}; expected a list, such as [{ wrapper: "Dropout", p: 0.2 }]`,
    );
  }
  const names = Object.keys(WRAPPERS) as WrapperConfig["wrapper"][];
  for (const [i, config] of wrappers.entries()) {
    const item: unknown = config;
    checkChoice(`initWrappers: item ${i}`, "wrapper", isRecord(item) ? item.wrapper : undefined, names);
  }
  return wrappers.reduce((inner: Layer, { wrapper, ...options }) => WRAPPERS[wrapper](inner, options), layer);
}
