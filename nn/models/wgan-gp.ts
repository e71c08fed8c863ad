import { noGrad } from "../../core/config.js";
import { randomNormal } from "../../core/creation.js";
import { ArgumentError, GraphError, ShapeError } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import { checkCount, checkFlag, checkOptions, describe } from "../../core/options.js";
import { sameShape, shapeText } from "../../core/shape.js";
import { tidy } from "../../core/tidy.js";
import type { Operand, Variable } from "../../core/variable.js";
import { type Optimizer, resolveOptimizer } from "../../optim/index.js";
import type { Hyperparameters } from "../config.js";
import { DataLoader } from "../data/loader.js";
import { Layer, type UnaryLayer } from "../layer.js";
import { checkLast, layerInput } from "../layers/input.js";
import type { Sequential } from "../layers/sequential.js";
import { checkLambda, interpolatedGradient } from "../losses/gradient-penalty.js";
import { WGAN_GPLoss } from "../losses/wgan-gp.js";
import { initializeAs, type Sizes } from "../modules/sizes.js";
import {
  type CriticOptions,
  type CriticReport,
  endsOf,
  type GeneratorOptions,
  hiddenLayers,
  hyperparametersOf,
  settingsOf,
  type WGAN_GPFitOptions,
  type WGAN_GPOptions,
  type WGAN_GPProgress,
  type WGAN_GPSettings,
} from "./wgan-gp-options.js";

const FIT_OPTIONS = ["lambda", "steps", "batchSize", "criticUpdates", "onProgress", "verbose"];

/**
 * A Wasserstein GAN with gradient penalty (Gulrajani, Ahmed, Arjovsky, Dumoulin and Courville, "Improved training of Wasserstein
 * GANs", 2017): a generator that makes examples of noise, and a critic that learns to score real ones higher than those, under the penalty
 * `lambda (|gradient| - 1) ** 2` on its gradient with respect to points between the two; that gradient is differentiated in turn.
 * The generator learns to make what is scored high. Each network has three hidden layers of `gHidden` units, for examples (N, nIn),
 * unless others are given, which may be for examples of any shape.
 *
 *     const model = new WGAN_GP({ gHidden: 64, optimizer: "adam(lr=0.0005, beta1=0.5, beta2=0.9)" });
 *     model.fit(points, { steps: 2000 });
 *     model.generate(100);
 *
 * PyTorch has no such model.
 */
export class WGAN_GP extends Layer {
  /** From noise (N, latentDim) to examples. */
  readonly generator: UnaryLayer;
  /** From examples to a number for each. */
  readonly critic: UnaryLayer;
  private readonly settings: WGAN_GPSettings;
  /** The length of the noise that the first real examples told, for a generator that was given. */
  private toldLatentDim: number | null = null;
  private optimizersMade: { readonly generator: Optimizer; readonly critic: Optimizer } | null = null;

  /** @throws ArgumentError for options that are unknown, out of range or do not go together. */
  constructor(options: WGAN_GPOptions = {}) {
    super();
    this.settings = settingsOf(options);
    const { nIn, latentDim, generator, critic } = this.settings;
    this.generator = generator ?? hiddenLayers(this.settings, [latentDim ?? nIn, nIn]);
    this.critic = critic ?? hiddenLayers(this.settings, [nIn, 1]);
  }

  /**
   * The examples that the generator makes of noise (N, latentDim).
   * @throws ShapeError for another shape; DTypeError for another dtype; GraphError as long as it is not known how many features an
   * example has.
   */
  override forward(noise: Operand): Variable {
    const z = this.noiseOf(noise);
    this.checkSized();
    return this.generator.forward(z);
  }

  /**
   * What the critic minimizes on real examples (N, ...) and as many that the generator makes: the mean score of the latter less that
   * of the former, plus the penalty. No gradient flows to the generator.
   * @throws ShapeError and DTypeError for examples, noise or alpha that do not fit each other and the networks; ArgumentError for
   * options that are unknown or out of range.
   */
  criticLoss(real: Operand, options: CriticOptions = {}): Variable {
    return this.criticTerms("WGAN_GP.criticLoss", real, options).loss;
  }

  /**
   * What the generator minimizes: minus the mean of the critic's scores of what it makes. Its gradient flows to both networks.
   * @throws as `forward`; ArgumentError for options that are unknown or out of range.
   */
  generatorLoss(options: GeneratorOptions = {}): Variable {
    return this.generatorTerm("WGAN_GP.generatorLoss", options);
  }

  /**
   * One step of the critic's optimizer along `criticLoss`. A frozen critic stays as it is.
   * @throws as `criticLoss`, and ArgumentError when the loss is not finite; then no parameter has changed.
   */
  updateCritic(real: Operand, options: CriticOptions = {}): CriticReport {
    return this.tidied(() => {
      const { loss, distance } = this.criticTerms("WGAN_GP.updateCritic", real, options);
      return { loss: descend("critic", this.optimizers.critic, loss), distance };
    });
  }

  /**
   * One step of the generator's optimizer along `generatorLoss`, whose value it gives. The critic passes gradients on and gets none. A
   * frozen generator stays as it is.
   * @throws as `generatorLoss`, and ArgumentError when the loss is not finite; then no parameter has changed.
   */
  updateGenerator(options: GeneratorOptions = {}): number {
    return this.tidied(() =>
      withoutLearning(this.critic, () =>
        descend("generator", this.optimizers.generator, this.generatorTerm("WGAN_GP.updateGenerator", options)),
      ),
    );
  }

  /**
   * Learns from real examples (N, ...), which come in batches in random order: in each step `criticUpdates` updates of the critic and
   * one of the generator. Called again, it goes on. Gives what was reported after each step.
   * @throws ArgumentError for options that are unknown or out of range; ShapeError and DTypeError for examples that do not fit; then
   * nothing has changed. ArgumentError too when a loss is no longer finite.
   */
  fit(xReal: Operand, options: WGAN_GPFitOptions = {}): WGAN_GPProgress[] {
    checkOptions("WGAN_GP.fit", options, FIT_OPTIONS);
    const { lambda = 10, steps = 1000, criticUpdates = 5, onProgress = null, verbose = false } = options;
    checkCount("WGAN_GP.fit", "steps", steps);
    checkCount("WGAN_GP.fit", "criticUpdates", criticUpdates);
    checkFlag("WGAN_GP.fit", "verbose", verbose);
    if (onProgress !== null && typeof onProgress !== "function") {
      throw new ArgumentError(`WGAN_GP.fit: onProgress is ${describe(onProgress)}; expected a function`);
    }
    checkCount("WGAN_GP.fit", "batchSize", options.batchSize ?? 128);
    checkLambda("WGAN_GP.fit", lambda);
    const real = this.realOf(xReal).data;
    const batchSize = Math.min(options.batchSize ?? 128, real.shape[0]!);
    const batches = endless(new DataLoader(real, { batchSize, dropLast: true }));
    return Array.from({ length: steps }, (_, i) => {
      let report!: CriticReport;
      for (let k = 0; k < criticUpdates; k++) report = this.updateCritic(batches.next().value, { lambda });
      const generatorLoss = this.updateGenerator({ batchSize });
      const { loss: criticLoss, distance } = report;
      const progress = { step: i + 1, steps, criticLoss, distance, generatorLoss };
      if (verbose && Math.floor((10 * (i + 1)) / steps) > Math.floor((10 * i) / steps)) print(progress);
      onProgress?.(progress);
      return progress;
    });
  }

  /**
   * `n` examples, of noise that is drawn from the normal distribution, without a graph.
   * @throws GraphError as long as it is not known how large they are.
   */
  generate(n: number): NDArray {
    checkCount("WGAN_GP.generate", "n", n);
    return noGrad(() => this.forward(this.drawn(n))).data;
  }

  /** The optimizers of the two networks, such as for their learning rates and states. */
  get optimizers(): { readonly generator: Optimizer; readonly critic: Optimizer } {
    const optimizerOf = (network: Layer) =>
      resolveOptimizer(this.settings.optimizer, network.parameters(), "WGAN_GP: optimizer");
    this.optimizersMade ??= { generator: optimizerOf(this.generator), critic: optimizerOf(this.critic) };
    return this.optimizersMade;
  }

  protected override hyperparameters(): Hyperparameters {
    return hyperparametersOf(this.settings, { nIn: this.nIn, latentDim: this.latentDim });
  }

  /** The number of features of an example; null when it is not known, and where both networks were given. */
  private get nIn(): number | null {
    const { generator, critic, settings } = this;
    if (settings.critic === null) return endsOf(critic as Sequential)[0];
    return settings.generator === null ? endsOf(generator as Sequential)[1] : null;
  }

  /** The length of the noise; null when it is not known. */
  private get latentDim(): number | null {
    const { generator, settings } = this;
    if (settings.generator === null) return endsOf(generator as Sequential)[0];
    return settings.latentDim ?? this.toldLatentDim;
  }

  private criticTerms(operation: string, x: Operand, options: CriticOptions): { loss: Variable; distance: number } {
    checkOptions(operation, options, ["lambda", "noise", "alpha"]);
    const { lambda = 10, noise = null, alpha = null } = options;
    const loss = new WGAN_GPLoss({ lambda });
    const real = this.realOf(x);
    const n = real.shape[0]!;
    const z = noise === null ? null : this.noiseOf(noise, n, this.latentDim ?? real.size / n);
    const shares = alpha === null ? null : this.sharesOf(alpha, n);
    this.initialize(real);
    const fake = noGrad(() => this.generator.forward(z ?? this.drawn(n)));
    if (!sameShape(fake.shape, real.shape)) {
      throw new ShapeError(
        `WGAN_GP: the generator made ${shapeText(fake.shape)} and the real examples have shape ${shapeText(real.shape)}; expected the same`,
      );
    }
    const [yFake, yReal] = [this.scores(fake), this.scores(real)];
    const gradInterp = interpolatedGradient((points) => this.scores(points), real, fake, { alpha: shares });
    return { loss: loss.forward(yFake, "C", yReal, gradInterp), distance: meanOf(yReal) - meanOf(yFake) };
  }

  private generatorTerm(operation: string, options: GeneratorOptions): Variable {
    checkOptions(operation, options, ["batchSize", "noise"]);
    const { batchSize, noise = null } = options;
    if (batchSize !== undefined) checkCount(operation, "batchSize", batchSize);
    if (batchSize !== undefined && noise !== null) {
      throw new ArgumentError(`${operation}: both batchSize and noise are given; expected one of them`);
    }
    return new WGAN_GPLoss().forward(this.scores(this.forward(noise ?? this.drawn(batchSize ?? 128))), "G");
  }

  /** Runs a step inside `tidy`, unless it calls layers of which it is not known what they remember. */
  private tidied<T>(step: () => T): T {
    const { generator, critic } = this.settings;
    return generator === null && critic === null ? tidy(step) : step();
  }

  /** The critic's scores of examples. */
  private scores(x: Variable): Variable {
    const y = this.critic.forward(x);
    if (y.size === x.shape[0]) return y;
    throw new ShapeError(
      `WGAN_GP: the critic made ${shapeText(y.shape)} of ${shapeText(x.shape)}; expected a number for each example`,
    );
  }

  /** Noise for `n` examples. */
  private drawn(n: number): NDArray {
    const { latentDim } = this;
    this.checkSized();
    if (latentDim !== null) return randomNormal([n, latentDim], { dtype: this.settings.dtype });
    throw new GraphError("WGAN_GP: it is not known how long the noise is; expected latentDim, or updateCritic before");
  }

  private checkSized(): void {
    if (this.settings.generator !== null || this.nIn !== null) return;
    throw new GraphError(
      "WGAN_GP: it is not known how many features an example has; expected nIn, or fit or updateCritic before",
    );
  }

  /** Real examples as a Variable that fits the networks, as far as they are known. */
  private realOf(x: Operand): Variable {
    const { dtype, generator, critic } = this.settings;
    if (generator !== null && critic !== null) {
      return layerInput("WGAN_GP", x, { layout: "(N, ...)", ndim: 2, orMore: true, dtype });
    }
    const real = layerInput("WGAN_GP", x, { layout: "(N, nIn)", ndim: 2, dtype });
    if (this.nIn !== null) checkLast("WGAN_GP", "features", real, this.nIn);
    return real;
  }

  /** Takes from checked real examples the sizes that are not known yet. */
  private initialize(real: Variable): void {
    const features = real.size / real.shape[0]!;
    const latentDim = this.latentDim ?? features;
    const { generator, critic } = this.settings;
    if (generator === null) this.complete(this.generator, [latentDim, features]);
    else this.toldLatentDim = latentDim;
    if (critic === null) this.complete(this.critic, [features, 1]);
  }

  /** Gives a network of hidden layers its first parameters, if it waits for its sizes. */
  private complete(network: UnaryLayer, sizes: Sizes): void {
    if (!endsOf(network as Sequential).includes(null)) return;
    initializeAs(network, hiddenLayers(this.settings, sizes));
  }

  /** Noise as a Variable that fits: of `n` examples if that is given, each of `latentDim` numbers if it is known. */
  private noiseOf(noise: Operand, n: number | null = null, latentDim = this.latentDim): Variable {
    const { dtype } = this.settings;
    const z = layerInput("WGAN_GP: noise", noise, { layout: "(N, latentDim)", ndim: 2, dtype });
    if ((n === null || z.shape[0] === n) && (latentDim === null || z.shape[1] === latentDim)) return z;
    throw new ShapeError(
      `WGAN_GP: noise has shape ${shapeText(z.shape)}; expected (${n ?? "N"}, ${latentDim ?? "latentDim"})`,
    );
  }

  private sharesOf(alpha: Operand, n: number): Variable {
    const { dtype } = this.settings;
    const shares = layerInput("WGAN_GP: alpha", alpha, { layout: "(N,)", ndim: 1, dtype });
    if (shares.size === n) return shares;
    throw new ShapeError(`WGAN_GP: alpha has shape ${shapeText(shares.shape)}; expected (${n},)`);
  }
}

/** One step of gradient descent on a loss, whose value it gives. Where nothing learns, there is none. */
function descend(which: string, optimizer: Optimizer, loss: Variable): number {
  const value = loss.item();
  if (!Number.isFinite(value)) {
    throw new ArgumentError(`WGAN_GP: the loss of the ${which} is ${value}; expected a smaller learning rate`);
  }
  if (!loss.requiresGrad) return value;
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step(value);
  return value;
}

/** Runs `fn` while nothing in `layer` learns, so that no time goes into gradients that nobody needs. */
function withoutLearning<T>(layer: Layer, fn: () => T): T {
  const learning = layer.parameters().filter((parameter) => parameter.requiresGrad);
  for (const parameter of learning) parameter.requiresGrad = false;
  try {
    return fn();
  } finally {
    for (const parameter of learning) parameter.requiresGrad = true;
  }
}

function meanOf(scores: Variable): number {
  const values = scores.toTypedArray();
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** The batches of a loader, pass after pass. */
function* endless(loader: DataLoader<NDArray, NDArray>): Generator<NDArray, never, undefined> {
  for (;;) yield* loader;
}

function print({ step, steps, criticLoss, distance, generatorLoss }: WGAN_GPProgress): void {
  const figures = `critic ${criticLoss.toFixed(4)}, generator ${generatorLoss.toFixed(4)}, distance ${distance.toFixed(4)}`;
  console.log(`step ${step}/${steps}: ${figures}`);
}
