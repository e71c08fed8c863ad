import { array, randomNormal, randomUniform } from "../../core/creation.js";
import type { FloatDType } from "../../core/dtype.js";
import type { NDArray } from "../../core/ndarray.js";
import { checkChoice, checkNumber } from "../../core/options.js";
import { generator } from "../../core/rng.js";
import { checkShape, type Shape, sizeOf } from "../../core/shape.js";
import { calculateFan } from "./fan.js";

/** What an initializer is told beside the shape. */
export interface InitializerOptions {
  /** float32 unless given. */
  dtype?: FloatDType;
  /** Factor that makes up for the activation that follows: 1 unless given. Layers give that of their activation. */
  gain?: number;
}

/** Draws the first values of a weight of the given shape. */
export type Initializer = (shape: Shape, options?: InitializerOptions) => NDArray;

/** Options of `truncNormal`. */
export interface TruncNormalOptions {
  /** 0 unless given. */
  mean?: number;
  /** 1 unless given. */
  std?: number;
  /** float32 unless given. */
  dtype?: FloatDType;
}

/** Options of `kaimingUniform` and `kaimingNormal`. */
export interface KaimingOptions extends InitializerOptions {
  /** The slope below 0 of the rectifier that follows: 0 unless given. */
  a?: number;
  /** What is kept: the variance of the outputs, `"fan_in"` unless given, or that of the gradients, `"fan_out"`. */
  mode?: KaimingMode;
}

/** The modes of the kaiming initializers. */
export const KAIMING_MODES = ["fan_in", "fan_out"] as const;

/** One of the modes of the kaiming initializers. */
export type KaimingMode = (typeof KAIMING_MODES)[number];

/**
 * Uniform in +-gain * sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio, "Understanding the difficulty of training deep
 * feedforward neural networks", 2010). PyTorch's `xavier_uniform_`.
 */
export const glorotUniform: Initializer = (shape, { dtype, gain = 1 } = {}) => {
  return uniform(shape, glorotStd("glorotUniform", shape, gain), dtype);
};

/**
 * Truncated normal of standard deviation gain * sqrt(2 / (fanIn + fanOut)) (Glorot and Bengio, 2010). `xavierNormal` does not
 * truncate.
 */
export const glorotNormal: Initializer = (shape, { dtype, gain = 1 } = {}) => {
  return truncNormal(shape, { std: glorotStd("glorotNormal", shape, gain), dtype });
};

/** What `glorotUniform` draws, under the name of PyTorch's `xavier_uniform_`. */
export const xavierUniform: Initializer = (shape, { dtype, gain = 1 } = {}) => {
  return uniform(shape, glorotStd("xavierUniform", shape, gain), dtype);
};

/** Normal of standard deviation gain * sqrt(2 / (fanIn + fanOut)) (Glorot and Bengio, 2010). PyTorch's `xavier_normal_`. */
export const xavierNormal: Initializer = (shape, { dtype, gain = 1 } = {}) => {
  return randomNormal(shape, { std: glorotStd("xavierNormal", shape, gain), dtype });
};

/** Uniform in +-sqrt(6 / fanIn) (He et al., "Delving deep into rectifiers", 2015). */
export const heUniform: Initializer = (shape, { dtype } = {}) => {
  return uniform(shape, Math.sqrt(2 / calculateFan(shape).fanIn), dtype);
};

/** Truncated normal of standard deviation sqrt(2 / fanIn) (He et al., 2015). */
export const heNormal: Initializer = (shape, { dtype } = {}) => {
  return truncNormal(shape, { std: Math.sqrt(2 / calculateFan(shape).fanIn), dtype });
};

/**
 * Uniform in +-gain * sqrt(3 / ((1 + a ** 2) * fan)) (He et al., 2015). PyTorch's
 * `kaiming_uniform_(W, a, mode, nonlinearity="leaky_relu")` is the gain sqrt(2), which layers give before ReLU.
 */
export function kaimingUniform(shape: Shape, { dtype, ...options }: KaimingOptions = {}): NDArray {
  return uniform(shape, kaimingStd("kaimingUniform", shape, options), dtype);
}

/**
 * Normal of standard deviation gain / sqrt((1 + a ** 2) * fan) (He et al., 2015). PyTorch's
 * `kaiming_normal_(W, a, mode, nonlinearity="leaky_relu")` is the gain sqrt(2), which layers give before ReLU.
 */
export function kaimingNormal(shape: Shape, { dtype, ...options }: KaimingOptions = {}): NDArray {
  return randomNormal(shape, { std: kaimingStd("kaimingNormal", shape, options), dtype });
}

/** Standard normal. */
export const stdNormal: Initializer = (shape, { dtype } = {}) => randomNormal(shape, { dtype });

/** The standard deviation of a standard normal number that is drawn again while it lies outside [-2, 2]. */
const TRUNCATED_STD = 0.87962566103423978;

/**
 * Normal numbers drawn again while they lie too far out: beyond two standard deviations of the normal distribution that,
 * cut off there, has the standard deviation `std`. So what is drawn really has it; without that correction, as in PyTorch's
 * `trunc_normal_(W, mean, std, mean - 2 * std, mean + 2 * std)`, 0.88 of it.
 */
export function truncNormal(shape: Shape, options: TruncNormalOptions = {}): NDArray {
  const { mean = 0, std = 1, dtype = "float32" } = options;
  checkNumber("truncNormal", "mean", mean);
  checkNumber("truncNormal", "std", std, 0);
  checkShape("truncNormal", shape);
  const values = new Float64Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) {
    let value = generator.normal();
    while (Math.abs(value) > 2) value = generator.normal();
    values[i] = mean + (std / TRUNCATED_STD) * value;
  }
  return array(values, { dtype }).reshape(shape);
}

/** Another name of `truncNormal`. */
export const truncatedNormal = truncNormal;

function glorotStd(operation: string, shape: Shape, gain: number): number {
  checkNumber(operation, "gain", gain, 0);
  const { fanIn, fanOut } = calculateFan(shape);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

function kaimingStd(operation: string, shape: Shape, { gain = 1, a = 0, mode = "fan_in" }: KaimingOptions): number {
  checkNumber(operation, "gain", gain, 0);
  checkNumber(operation, "a", a);
  checkChoice(operation, "mode", mode, KAIMING_MODES);
  const { fanIn, fanOut } = calculateFan(shape);
  return gain / Math.sqrt((1 + a ** 2) * (mode === "fan_in" ? fanIn : fanOut));
}

/** Uniform numbers around 0 of standard deviation `std`. */
function uniform(shape: Shape, std: number, dtype: FloatDType | undefined): NDArray {
  const bound = std * Math.sqrt(3);
  return randomUniform(shape, { low: -bound, high: bound, dtype });
}
