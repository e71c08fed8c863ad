import { ArgumentError } from "../core/errors.js";
import { describe } from "../core/options.js";
import type { Json } from "../core/spec.js";
import type { Layer } from "./layer.js";

/** The hyperparameters of a layer, as its constructor takes them. */
export type Hyperparameters = { readonly [key: string]: Json };

/** What rebuilds a layer, without its learned values: `JSON.stringify` and `JSON.parse` keep it. */
export type LayerConfig = { readonly layer: string; readonly hyperparameters: Hyperparameters };

/** A class of layers that `fromConfig` can build. */
export interface LayerClass {
  new (hyperparameters: never): Layer;
  /** For layers whose constructor does not take their hyperparameters as one object of options. */
  fromHyperparameters?(hyperparameters: Hyperparameters): Layer;
}

/** How deep layers of a config may lie in layers, which are built by calls in calls. */
const DEEPEST = 200;
let depth = 0;

const classes = new Map<string, LayerClass>();
const names = new Map<unknown, string>();

/**
 * Makes a class of layers known to `config` and `fromConfig` under `name`. Its `hyperparameters()` must give the options
 * that its constructor takes.
 * @throws ArgumentError when another class has the name.
 */
export function registerLayer(name: string, layerClass: LayerClass): void {
  const former = classes.get(name);
  if (former !== undefined && former !== layerClass) {
    throw new ArgumentError(`registerLayer: another class is registered as ${name}; expected a name of its own`);
  }
  classes.set(name, layerClass);
  names.set(layerClass, name);
}

/** The names of all registered classes of layers, in alphabetical order. */
export function registeredNames(): string[] {
  return [...classes.keys()].sort();
}

/**
 * The name under which the class of `layer` is registered.
 * @throws ArgumentError when it is not.
 */
export function registeredName(layer: Layer): string {
  const name = names.get(layer.constructor);
  if (name !== undefined) return name;
  const own = layer.constructor.name;
  throw new ArgumentError(
    `config: ${own} is not registered; expected registerLayer(${JSON.stringify(own)}, ${own}) before`,
  );
}

/**
 * A new layer, with newly drawn parameters, of what `layer.config()` returned.
 * @throws ArgumentError when it is no config, names an unknown layer, has hyperparameters that the layer refuses, or is nested more
 * than 200 layers deep.
 */
export function fromConfig(config: LayerConfig): Layer {
  const given: unknown = config;
  const isObject = typeof given === "object" && given !== null;
  const name: unknown = isObject && Object.hasOwn(given, "layer") ? config.layer : undefined;
  if (typeof name !== "string") {
    throw new ArgumentError(
      `fromConfig: expected { layer: "FullyConnected", hyperparameters: {...} }, got ${isObject ? `layer ${describe(name)}` : describe(given)}`,
    );
  }
  const layerClass = classes.get(name);
  if (layerClass === undefined) {
    throw new ArgumentError(
      `fromConfig: unknown layer ${describe(name)}; expected one of ${registeredNames().join(", ")}`,
    );
  }
  const hyperparameters: unknown = Object.hasOwn(config, "hyperparameters") ? config.hyperparameters : {};
  if (
    layerClass.fromHyperparameters !== undefined &&
    (typeof hyperparameters !== "object" || hyperparameters === null)
  ) {
    throw new ArgumentError(
      `fromConfig: the hyperparameters of ${name} are ${describe(hyperparameters)}; expected an object`,
    );
  }
  if (depth === DEEPEST) {
    throw new ArgumentError(`fromConfig: layers lie in layers more than ${DEEPEST} deep; expected fewer`);
  }
  depth++;
  try {
    if (layerClass.fromHyperparameters !== undefined) {
      return layerClass.fromHyperparameters(hyperparameters as Hyperparameters);
    }
    return new layerClass(hyperparameters as never);
  } finally {
    depth--;
  }
}
