import { ActivationLayer } from "../activations/layer.js";

/*
 * The activations as layers, of inputs of any shape. Given as `actFn` of another layer they are what they are by name:
 * `actFn: new LeakyReLU({ alpha: 0.1 })` is `actFn: "LeakyReLU(alpha=0.1)"`.
 */

/** `1 / (1 + e ** -x)`. PyTorch's `Sigmoid`. */
export class Sigmoid extends ActivationLayer {
  /** @throws ArgumentError for options: it takes none. */
  constructor(options: Record<string, never> = {}) {
    super("Sigmoid", "sigmoid", options);
  }
}

/** The hyperbolic tangent. PyTorch's `Tanh`. */
export class Tanh extends ActivationLayer {
  /** @throws ArgumentError for options: it takes none. */
  constructor(options: Record<string, never> = {}) {
    super("Tanh", "tanh", options);
  }
}

/** `max(x, 0)`. PyTorch's `ReLU`. */
export class ReLU extends ActivationLayer {
  /** @throws ArgumentError for options: it takes none. */
  constructor(options: Record<string, never> = {}) {
    super("ReLU", "relu", options);
  }
}

/** Options of `LeakyReLU`. */
export interface LeakyReLUOptions {
  /** The slope below 0: 0.3 unless given. */
  alpha?: number;
}

/**
 * `x` above 0 and `alpha * x` elsewhere (Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic
 * models", 2013). PyTorch's `LeakyReLU(negative_slope=alpha)`, whose slope is 0.01 unless given.
 */
export class LeakyReLU extends ActivationLayer {
  /** @throws ArgumentError for options that are unknown, or an alpha that is not a finite number. */
  constructor(options: LeakyReLUOptions = {}) {
    super("LeakyReLU", "leakyRelu", options);
  }
}

/** Options of `ELU`. */
export interface ELUOptions {
  /** Minus the value far below 0: 1 unless given. */
  alpha?: number;
}

/**
 * `x` above 0 and `alpha * (e ** x - 1)` elsewhere (Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network
 * learning by exponential linear units", 2015). PyTorch's `ELU`.
 */
export class ELU extends ActivationLayer {
  /** @throws ArgumentError for options that are unknown, or an alpha that is not a finite number. */
  constructor(options: ELUOptions = {}) {
    super("ELU", "elu", options);
  }
}

/** ELU scaled so that mean 0 and variance 1 stay (Klambauer et al., "Self-normalizing neural networks", 2017). PyTorch's `SELU`. */
export class SELU extends ActivationLayer {
  /** @throws ArgumentError for options: it takes none. */
  constructor(options: Record<string, never> = {}) {
    super("SELU", "selu", options);
  }
}

/** Options of `GELU`. */
export interface GELUOptions {
  /** Whether by tanh, which is true unless given, or exactly, by erf. */
  approximate?: boolean;
}

/**
 * `x` times the probability that a standard normal number is below it (Hendrycks and Gimpel, "Gaussian error linear units",
 * 2016). PyTorch's `GELU(approximate="tanh")`; with `approximate: false` its `GELU()`.
 */
export class GELU extends ActivationLayer {
  /** @throws ArgumentError for options that are unknown, or an `approximate` that is neither true nor false. */
  constructor(options: GELUOptions = {}) {
    super("GELU", "gelu", options);
  }
}

/** `clip(0.2 x + 0.5, 0, 1)`, as in Keras. PyTorch's `Hardsigmoid` has the slope 1/6. */
export class HardSigmoid extends ActivationLayer {
  /** @throws ArgumentError for options: it takes none. */
  constructor(options: Record<string, never> = {}) {
    super("HardSigmoid", "hardSigmoid", options);
  }
}

/** `log(1 + e ** x)`. PyTorch's `Softplus`. */
export class SoftPlus extends ActivationLayer {
  /** @throws ArgumentError for options: it takes none. */
  constructor(options: Record<string, never> = {}) {
    super("SoftPlus", "softplus", options);
  }
}

/** `e ** x`. */
export class Exponential extends ActivationLayer {
  /** @throws ArgumentError for options: it takes none. */
  constructor(options: Record<string, never> = {}) {
    super("Exponential", "exponential", options);
  }
}

/** Options of `Affine`. */
export interface AffineOptions {
  /** 1 unless given. */
  slope?: number;
  /** 0 unless given. */
  intercept?: number;
}

/** `slope * x + intercept`, of two numbers that are not learned. */
export class Affine extends ActivationLayer {
  /** @throws ArgumentError for options that are unknown, or one that is not a finite number. */
  constructor(options: AffineOptions = {}) {
    super("Affine", "affine", options);
  }
}
