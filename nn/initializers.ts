import { bytesOf } from "../core/dtype.js";
import { ArgumentError } from "../core/errors.js";
import { heap } from "../core/heap.js";
import { NDArray } from "../core/ndarray.js";
import { describe } from "../core/options.js";
import { type Shape, sameShape, shapeText, sizeOf } from "../core/shape.js";
import type { SpecObject } from "../core/spec.js";
import type { Initializer, InitializerOptions } from "./initializers/scaled.js";
import { initializerNames, initializers } from "./initializers/table.js";

export { calculateFan } from "./initializers/fan.js";
export { orthogonal } from "./initializers/orthogonal.js";
export {
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  type InitializerOptions,
  type KaimingMode,
  type KaimingOptions,
  kaimingNormal,
  kaimingUniform,
  stdNormal,
  type TruncNormalOptions,
  truncatedNormal,
  truncNormal,
  xavierNormal,
  xavierUniform,
} from "./initializers/scaled.js";

/** An initializer as its config has it. */
export type InitializerConfig = { readonly initializer: string; readonly hyperparameters?: Omit<SpecObject, "name"> };

/**
 * What a layer takes as `init`: a name with or without arguments, in any usual spelling (`"he_normal"`,
 * `"trunc_normal(std=0.02)"`, `"Kaiming Uniform(a=0.1, mode=fan_out)"`), the same as an object
 * (`{ name: "trunc_normal", std: 0.02 }`), or a function.
 */
export type InitializerSpec = string | SpecObject | InitializerConfig | Initializer;

/** What the initializers that were made by name were made of. */
const texts = new WeakMap<Initializer, string>();

/**
 * Makes an initializer known by `name`, so that layers with it have a config.
 * @throws ArgumentError when the name is taken, in any spelling, or is none; when `initializer` is no function.
 */
export function registerInitializer(name: string, initializer: Initializer): void {
  if (typeof initializer !== "function") {
    throw new ArgumentError(`registerInitializer: ${name} is ${describe(initializer)}; expected a function`);
  }
  initializers.add("registerInitializer", name, {}, () => initializer);
  initializerNames.set(initializer, name);
}

/**
 * The initializer that `init` stands for.
 * @throws ArgumentError naming the layer, what is wrong and the names or arguments there are.
 */
export function resolveInitializer(layer: string, init: InitializerSpec): Initializer {
  const name = initializerNames.get(init);
  if (typeof init === "function" && name === undefined) return init;
  const { value, text } = initializers.resolve(`${layer}: init`, name ?? init, "a function");
  texts.set(value, text);
  return value;
}

/**
 * What `initializer` draws for a weight of a layer.
 * @throws ArgumentError when that is not an NDArray of the shape and dtype asked for; OutOfMemoryError when no such array can be.
 */
export function drawWeight(
  layer: string,
  initializer: Initializer,
  shape: Shape,
  options: Required<InitializerOptions>,
): NDArray {
  heap.checkRoom(sizeOf(shape) * bytesOf(options.dtype));
  const weight: unknown = initializer(shape, options);
  if (weight instanceof NDArray && sameShape(weight.shape, shape) && weight.dtype === options.dtype) return weight;
  const got = weight instanceof NDArray ? `${shapeText(weight.shape)}, ${weight.dtype}` : describe(weight);
  throw new ArgumentError(
    `${layer}: init drew ${got}; expected an NDArray of shape ${shapeText(shape)}, ${options.dtype}`,
  );
}

/**
 * The initializer for a config: its name, with the arguments that are not as they would be unless given
 * (`"trunc_normal(std=0.02)"`). `resolveInitializer` takes it back.
 * @throws ArgumentError when it is a function that has no name.
 */
export function initializerName(layer: string, initializer: Initializer): string {
  const name = texts.get(initializer) ?? initializerNames.get(initializer);
  if (name !== undefined) return name;
  throw new ArgumentError(
    `${layer}: a config cannot hold ${describe(initializer)}; expected init by name, or registerInitializer(name, function) before`,
  );
}
