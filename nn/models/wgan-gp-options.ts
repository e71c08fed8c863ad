import type { FloatDType } from "../../core/dtype.js";
import { ArgumentError } from "../../core/errors.js";
import { checkCount, checkFloat, checkOptions, describe } from "../../core/options.js";
import type { Operand } from "../../core/variable.js";
import { type ActivationSpec, activationName, resolveActivation } from "../activations.js";
import { fromConfig, type Hyperparameters, type LayerConfig } from "../config.js";
import { type Initializer, type InitializerSpec, initializerName, resolveInitializer } from "../initializers.js";
import { Layer, type UnaryLayer } from "../layer.js";
import type { FullyConnected } from "../layers/fully-connected.js";
import { Sequential } from "../layers/sequential.js";
import { dense, type Sizes, sizesOf } from "../modules/sizes.js";
import { checkOptimizer, type ModelOptimizer, optimizerConfig } from "./optimizer-option.js";

/** Options of `WGAN_GP`. */
export interface WGAN_GPOptions {
  /** Units in each of the three hidden layers of the generator and of the critic: 512 unless given. */
  gHidden?: number;
  /** The activation behind each hidden layer: `"relu"` unless given. */
  actFn?: ActivationSpec;
  /** Draws the weights of these networks: `"he_uniform"` unless given. */
  init?: InitializerSpec;
  /** Number of features of an example; told by the first real ones unless given. */
  nIn?: number | null;
  /** In place of that network, a layer, or the config of one, that makes examples of noise (N, latentDim). */
  generator?: UnaryLayer | LayerConfig | null;
  /** In place of that network, a layer, or the config of one, that makes one number of each example: (N,) or (N, 1). */
  critic?: UnaryLayer | LayerConfig | null;
  /** Numbers of noise that an example is made of: as many as an example has, unless given. */
  latentDim?: number | null;
  /** What changes each of the networks: "RMSProp(lr=0.0001)" unless given. A function is called for each with its parameters. */
  optimizer?: ModelOptimizer;
  /** float32 unless given. */
  dtype?: FloatDType;
}

/** Options of `WGAN_GP.criticLoss` and `updateCritic`. */
export interface CriticOptions {
  /** The factor of the gradient penalty: 10 unless given. */
  lambda?: number;
  /** What the fake examples are made of (N, latentDim): drawn from the normal distribution unless given. */
  noise?: Operand | null;
  /** How much of each real example is in the point where the penalty is taken (N,): drawn evenly from [0, 1) unless given. */
  alpha?: Operand | null;
}

/** Options of `WGAN_GP.generatorLoss` and `updateGenerator`. */
export interface GeneratorOptions {
  /** How many examples to make: 128 unless given. */
  batchSize?: number;
  /** What they are made of instead (batchSize, latentDim): drawn from the normal distribution unless given. */
  noise?: Operand | null;
}

/** What a step of the critic saw. */
export interface CriticReport {
  readonly loss: number;
  /** The mean score of the real examples less that of the fake ones: an estimate of how far their distributions are apart. */
  readonly distance: number;
}

/** How far `WGAN_GP.fit` is. */
export interface WGAN_GPProgress {
  /** The step, counted from 1, and how many there are. */
  readonly step: number;
  readonly steps: number;
  /** Of the last update of the critic in this step. */
  readonly criticLoss: number;
  readonly distance: number;
  readonly generatorLoss: number;
}

/** Options of `WGAN_GP.fit`. */
export interface WGAN_GPFitOptions {
  /** The factor of the gradient penalty: 10 unless given. */
  lambda?: number;
  /** Updates of the generator: 1000 unless given. */
  steps?: number;
  /** Examples in an update: 128 unless given, or all there are if they are fewer. */
  batchSize?: number;
  /** Updates of the critic before each of the generator, each with other examples: 5 unless given. */
  criticUpdates?: number;
  /** Called after each step. */
  onProgress?: ((progress: WGAN_GPProgress) => void) | null;
  /** Whether a line is printed after each tenth of the steps: false unless given. */
  verbose?: boolean;
}

/** The options as they are used; null for networks that are not given. */
export interface WGAN_GPSettings {
  readonly gHidden: number;
  readonly actFn: ActivationSpec;
  readonly init: Initializer;
  readonly nIn: number | null;
  readonly generator: UnaryLayer | null;
  readonly critic: UnaryLayer | null;
  readonly latentDim: number | null;
  readonly optimizer: ModelOptimizer;
  readonly dtype: FloatDType;
}

const NAME = "WGAN_GP";
const OF_HIDDEN = ["gHidden", "actFn", "init", "nIn"] as const;
const KNOWN = [...OF_HIDDEN, "generator", "critic", "latentDim", "optimizer", "dtype"];

/** @throws ArgumentError for options that are unknown, out of range or do not go together. */
export function settingsOf(options: WGAN_GPOptions): WGAN_GPSettings {
  checkOptions(NAME, options, KNOWN);
  const { gHidden = 512, actFn = "relu", init = "he_uniform", nIn = null, latentDim = null } = options;
  const { optimizer = "RMSProp(lr=0.0001)", dtype = "float32" } = options;
  checkCount(NAME, "gHidden", gHidden);
  resolveActivation(NAME, actFn);
  if (nIn !== null) checkCount(NAME, "nIn", nIn);
  if (latentDim !== null) checkCount(NAME, "latentDim", latentDim);
  checkOptimizer(NAME, optimizer);
  checkFloat(NAME, dtype);
  const generator = networkOf("generator", options.generator);
  const critic = networkOf("critic", options.critic);
  checkNetworks(options, generator, critic);
  return {
    gHidden,
    actFn,
    init: resolveInitializer(NAME, init),
    nIn,
    generator,
    critic,
    latentDim,
    optimizer,
    dtype,
  };
}

/**
 * Three hidden layers, and one without activation that makes the outputs. As long as a size is not known, the parameters wait for
 * `initializeAs`.
 */
export function hiddenLayers(settings: WGAN_GPSettings, [nIn, nOut]: Sizes): Sequential {
  const { gHidden, actFn, init, dtype } = settings;
  const sized = nIn !== null && nOut !== null;
  const hidden = (inputs: number | null) => dense(sized, [inputs, gHidden], { actFn, init, dtype });
  return new Sequential(hidden(nIn), hidden(gHidden), hidden(gHidden), dense(sized, [gHidden, nOut], { init, dtype }));
}

/** The numbers of inputs and outputs of what `hiddenLayers` made, as far as they are known. */
export function endsOf({ layers }: Sequential): Sizes {
  const [first, last] = [layers[0], layers.at(-1)] as [FullyConnected, FullyConnected];
  return [sizesOf(first)[0], sizesOf(last)[1]];
}

/**
 * The hyperparameters of a config, with the sizes as far as they are known.
 * @throws ArgumentError for an activation or an initializer without a name, an optimizer that is a function, and a given network
 * that has no config.
 */
export function hyperparametersOf(
  settings: WGAN_GPSettings,
  sizes: { readonly nIn: number | null; readonly latentDim: number | null },
): Hyperparameters {
  const { gHidden, actFn, init, generator, critic, optimizer, dtype } = settings;
  const own = {
    gHidden,
    actFn: activationName(NAME, resolveActivation(NAME, actFn)),
    init: initializerName(NAME, init),
    nIn: sizes.nIn,
  };
  return {
    ...(generator !== null && critic !== null ? {} : own),
    generator: generator?.config() ?? null,
    critic: critic?.config() ?? null,
    latentDim: sizes.latentDim,
    optimizer: optimizerConfig(NAME, optimizer),
    dtype,
  };
}

function networkOf(option: string, given: UnaryLayer | LayerConfig | null = null): UnaryLayer | null {
  if (given === null || given instanceof Layer) return given;
  if (typeof given === "object" && Object.hasOwn(given, "layer")) return fromConfig(given) as UnaryLayer;
  throw new ArgumentError(`${NAME}: ${option} is ${describe(given)}; expected a Layer, the config of one, or null`);
}

function checkNetworks(options: WGAN_GPOptions, generator: UnaryLayer | null, critic: UnaryLayer | null): void {
  if (generator === null || critic === null) return;
  const useless = OF_HIDDEN.find((option) => (options[option] ?? null) !== null);
  if (useless !== undefined) {
    throw new ArgumentError(
      `${NAME}: ${useless} is given, and both generator and critic, which are made without; expected one or the other`,
    );
  }
  const shared = generator.parameters().find((parameter) => critic.parameters().includes(parameter));
  if (generator === critic || shared !== undefined) {
    const what = generator === critic ? "are one layer" : `share the parameter ${shared!.name}`;
    throw new ArgumentError(`${NAME}: generator and critic ${what}; expected each to have parameters of its own`);
  }
}
