import { array, randomNormal, randomUniform } from "../core/creation.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { generator } from "../core/rng.js";
import { type Shape, sameShape, shapeText, sizeOf } from "../core/shape.js";
import { describe } from "./options.js";
import type { FloatDType } from "./state.js";

/** What an initializer is told beside the shape. */
export interface InitializerOptions {
  /** float32 unless given. */
  dtype?: FloatDType;
  /** Factor that makes up for the activation that follows: 1 unless given. Only the glorot initializers use it. */
  gain?: number;
}

/** Draws the first values of a weight of the given shape. */
export type Initializer = (shape: Shape, options?: InitializerOptions) => NDArray;

/** The standard deviation of a standard normal number that is drawn again while it lies outside [-2, 2]. */
const TRUNCATED_STD = 0.87962566103423978;

/**
 * How many inputs each output of a weight sums over, and how many outputs each input goes to: for `(in, out)` just these,
 * for convolution weights `(...kernel, in, out)` both times the size of the kernel.
 * @throws ShapeError for fewer than two axes, for which there is no such thing.
 */
export function calculateFan(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) {
    throw new ShapeError(`calculateFan: a weight of shape ${shapeText(shape)} has no fan; expected (..., in, out)`);
  }
  const field = sizeOf(shape.slice(0, -2));
  return { fanIn: shape.at(-2)! * field, fanOut: shape.at(-1)! * field };
}

/**
 * Uniform in +-gain * sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio, "Understanding the difficulty of training deep
 * feedforward neural networks", 2010).
 */
export const glorotUniform: Initializer = (shape, { dtype, gain = 1 } = {}) => {
  const { fanIn, fanOut } = calculateFan(shape);
  return uniform(shape, gain * Math.sqrt(6 / (fanIn + fanOut)), dtype);
};

/** Truncated normal of standard deviation gain * sqrt(2 / (fanIn + fanOut)) (Glorot and Bengio, 2010). */
export const glorotNormal: Initializer = (shape, { dtype, gain = 1 } = {}) => {
  const { fanIn, fanOut } = calculateFan(shape);
  return truncatedNormal(shape, { std: gain * Math.sqrt(2 / (fanIn + fanOut)), dtype });
};

/** Uniform in +-sqrt(6 / fanIn) (He et al., "Delving deep into rectifiers", 2015). */
export const heUniform: Initializer = (shape, { dtype } = {}) => {
  return uniform(shape, Math.sqrt(6 / calculateFan(shape).fanIn), dtype);
};

/** Truncated normal of standard deviation sqrt(2 / fanIn) (He et al., 2015). */
export const heNormal: Initializer = (shape, { dtype } = {}) => {
  return truncatedNormal(shape, { std: Math.sqrt(2 / calculateFan(shape).fanIn), dtype });
};

/** Standard normal. */
export const stdNormal: Initializer = (shape, { dtype } = {}) => randomNormal(shape, { dtype });

/** Truncated normal of standard deviation 1. */
export const truncNormal: Initializer = (shape, { dtype } = {}) => truncatedNormal(shape, { dtype });

/**
 * Normal numbers drawn again while they lie too far out: beyond two standard deviations of the normal distribution that,
 * cut off there, has the standard deviation `std`. So what is drawn really has it (without that correction: 0.88 of it).
 */
export function truncatedNormal(
  shape: Shape,
  { mean = 0, std = 1, dtype = "float32" }: { mean?: number; std?: number; dtype?: FloatDType } = {},
): NDArray {
  const values = new Float64Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) {
    let value = generator.normal();
    while (Math.abs(value) > 2) value = generator.normal();
    values[i] = mean + (std / TRUNCATED_STD) * value;
  }
  return array(values, { dtype }).reshape(shape);
}

function uniform(shape: Shape, bound: number, dtype: FloatDType | undefined): NDArray {
  return randomUniform(shape, { low: -bound, high: bound, dtype });
}

const initializers = new Map<string, Initializer>([
  ["glorot_uniform", glorotUniform],
  ["glorot_normal", glorotNormal],
  ["he_uniform", heUniform],
  ["he_normal", heNormal],
  ["std_normal", stdNormal],
  ["trunc_normal", truncNormal],
]);

/**
 * The initializer that `init`, a name or a function, stands for.
 * @throws ArgumentError naming the layer and the names there are.
 */
export function resolveInitializer(layer: string, init: string | Initializer): Initializer {
  const initializer = typeof init === "string" ? initializers.get(init) : init;
  if (typeof initializer === "function") return initializer;
  throw new ArgumentError(
    `${layer}: init is ${describe(init)}; expected a function or one of ${[...initializers.keys()].join(", ")}`,
  );
}

/**
 * What `initializer` draws for a weight of a layer.
 * @throws ArgumentError when that is not an NDArray of the shape and dtype asked for.
 */
export function drawWeight(
  layer: string,
  initializer: Initializer,
  shape: Shape,
  options: Required<InitializerOptions>,
): NDArray {
  const weight: unknown = initializer(shape, options);
  if (weight instanceof NDArray && sameShape(weight.shape, shape) && weight.dtype === options.dtype) return weight;
  const got = weight instanceof NDArray ? `${shapeText(weight.shape)}, ${weight.dtype}` : describe(weight);
  throw new ArgumentError(
    `${layer}: init drew ${got}; expected an NDArray of shape ${shapeText(shape)}, ${options.dtype}`,
  );
}

/**
 * The name of an initializer for a config.
 * @throws ArgumentError when it is a function that has none.
 */
export function initializerName(layer: string, initializer: Initializer): string {
  for (const [name, known] of initializers) if (known === initializer) return name;
  throw new ArgumentError(`${layer}: a config cannot hold ${describe(initializer)}; expected init by name`);
}
