import { noGrad } from "../../core/config.js";
import { randomNormal } from "../../core/creation.js";
import { ArgumentError, DTypeError, GraphError, ShapeError } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import { checkCount, checkFlag, checkOptions, describe } from "../../core/options.js";
import { type Shape, sameShape, shapeText, sizeOf } from "../../core/shape.js";
import { tidy } from "../../core/tidy.js";
import { asVariable, type Operand, type Variable } from "../../core/variable.js";
import { add, mul } from "../../functions/arithmetic.js";
import { checkProbabilities } from "../../functions/loss/entry-loss.js";
import { exp } from "../../functions/math.js";
import { sum } from "../../functions/reduce.js";
import { reshape } from "../../functions/shape.js";
import { type Optimizer, resolveOptimizer } from "../../optim/index.js";
import type { Hyperparameters } from "../config.js";
import { DataLoader } from "../data/loader.js";
import { Layer } from "../layer.js";
import { checkLast, IMAGES, layerInput } from "../layers/input.js";
import { VAELoss } from "../losses/divergence.js";
import { initializeAs } from "../modules/sizes.js";
import { BernoulliVAEDecoder, BernoulliVAEEncoder, type Code } from "./bernoulli-vae-coders.js";
import {
  type BernoulliVAEOptions,
  type BernoulliVAESettings,
  encodedSize,
  hyperparametersOf,
  type ImageShape,
  settingsOf,
} from "./bernoulli-vae-options.js";

/** What `BernoulliVAE.forward` gives. */
export interface Reconstruction extends Code {
  /** The probability that each pixel is white, of the shape of the images. */
  readonly xRecon: Variable;
}

/** How far `BernoulliVAE.fit` is. */
export interface BernoulliVAEProgress {
  /** The epoch, counted from 1, and how many there are. */
  readonly epoch: number;
  readonly epochs: number;
  /** How many images of the epoch are done, and how many there are in it. */
  readonly images: number;
  readonly totalImages: number;
  /** The mean loss of an image in this epoch. */
  readonly loss: number;
}

/** Options of `BernoulliVAE.fit`. */
export interface BernoulliVAEFitOptions {
  /** Passes over the images: 20 unless given. */
  epochs?: number;
  /** Images in a step: 128 unless given. */
  batchSize?: number;
  /** Called after each step. */
  onProgress?: ((progress: BernoulliVAEProgress) => void) | null;
  /** Whether a line is printed after each epoch: false unless given. */
  verbose?: boolean;
}

const NAME = "BernoulliVAE";

/**
 * A variational autoencoder (Kingma and Welling, "Auto-encoding variational Bayes", 2014) of images (N, rows, cols, channels) with values
 * from 0 to 1. The encoder gives a normal distribution of the code of each image, with `T` independent variables, and the decoder the
 * probability that each pixel is white:
 *
 *     encoder: conv1 relu - pool1 max - conv2 relu - pool2 max - flatten3 - fc4 relu - fc5: mean and logVar
 *     z = mean + noise * exp(logVar / 2)
 *     decoder: fc1 relu - fc2 sigmoid
 *
 * The loss is `VAELoss`, minus the evidence lower bound in nats per image; grey values count as the shares of white in many black and
 * white pixels.
 */
export class BernoulliVAE extends Layer {
  /** From images to codes. */
  readonly encoder: BernoulliVAEEncoder;
  /** From codes to images. */
  readonly decoder: BernoulliVAEDecoder;
  private readonly settings: BernoulliVAESettings;
  private readonly elbo = new VAELoss();
  /** Null before there were images, unless it was given. */
  private imageShape: ImageShape | null;
  private optimizer: Optimizer | null = null;

  /** @throws ArgumentError for options that are unknown or out of range; ShapeError when `inShape` is too small for a kernel. */
  constructor(options: BernoulliVAEOptions = {}) {
    super();
    this.settings = settingsOf(options);
    this.encoder = new BernoulliVAEEncoder(this.settings);
    this.decoder = new BernoulliVAEDecoder(this.settings);
    this.imageShape = this.settings.inShape;
  }

  /**
   * Encodes images, draws a code for each and decodes it. The standard normal numbers (N, T) that say which code come from the generator
   * that `seed` seeds, unless `noise` is given.
   * @throws ShapeError when `x` is no batch of images, has no elements, or images of another shape than before or too small for a
   * kernel, and for noise of another shape; DTypeError for another dtype than the model's. Nothing has changed then.
   */
  override forward(x: Operand, noise: Operand | null = null): Reconstruction {
    const images = this.images(x);
    const given = noise === null ? null : this.noise([images.shape[0]!, this.settings.T], noise);
    this.initialize(images);
    const { mean, logVar } = this.encoder.forward(images);
    return { xRecon: this.decode(this.sample(mean, logVar, given)), mean, logVar };
  }

  /**
   * Minus the evidence lower bound of images, the mean over them, with one code drawn for each as `forward` does.
   * @throws as `forward`, and ArgumentError for values that are not from 0 to 1.
   */
  loss(x: Operand, noise: Operand | null = null): Variable {
    const images = this.images(x);
    checkProbabilities(NAME, "input", images);
    const { xRecon, mean, logVar } = this.forward(images, noise);
    return this.elbo.forward(xRecon, images, mean, logVar);
  }

  /**
   * The distributions of the codes of images: means and logarithms of variances, (N, T) each.
   * @throws as `forward`.
   */
  encode(x: Operand): Code {
    const images = this.images(x);
    this.initialize(images);
    return this.encoder.forward(images);
  }

  /**
   * Codes from their distributions: `mean + noise * exp(logVar / 2)`, with noise as for `forward`.
   * @throws ShapeError when the shapes differ; DTypeError for another dtype than the model's.
   */
  sample(mean: Operand, logVar: Operand, noise: Operand | null = null): Variable {
    const { dtype } = this.settings;
    const [mu, logs] = [mean, logVar].map((x) => layerInput(NAME, x, { layout: "(N, T)", ndim: 2, dtype }));
    if (!sameShape(mu!.shape, logs!.shape)) {
      throw new ShapeError(
        `${NAME}: the mean has shape ${shapeText(mu!.shape)} and the logarithm of the variance ${shapeText(logs!.shape)}; expected equal shapes`,
      );
    }
    return add(mu!, mul(this.noise(mu!.shape, noise), exp(mul(logs!, 0.5))));
  }

  /**
   * From codes (N, T) to images of the probabilities that pixels are white.
   * @throws ShapeError or DTypeError for other codes; GraphError as long as the shape of images is not known.
   */
  decode(z: Operand): Variable {
    const codes = layerInput(NAME, z, { layout: "(N, T)", ndim: 2, dtype: this.settings.dtype });
    checkLast(NAME, "latent variables", codes, this.settings.T);
    const shape = this.knownShape();
    return reshape(this.decoder.forward(codes), [codes.shape[0]!, ...shape]);
  }

  /**
   * Images from the means of their codes, without a graph.
   * @throws as `forward`.
   */
  reconstruct(x: Operand): NDArray {
    return noGrad(() => this.decode(this.encode(x).mean)).data;
  }

  /**
   * `n` new images, from codes that the generator draws which `seed` seeds; without a graph.
   * @throws ArgumentError for a number below 1; GraphError as long as the shape of images is not known.
   */
  generate(n = 1): NDArray {
    checkCount(`${NAME}.generate`, "n", n);
    this.knownShape();
    return noGrad(() => this.decode(this.noise([n, this.settings.T], null))).data;
  }

  /**
   * Minus the evidence lower bound in nats per image, estimated with one code for each: the mean of `loss`, batch by batch and without a
   * graph.
   * @throws as `loss`, and ArgumentError for options that are unknown or out of range.
   */
  evaluate(x: Operand, options: { batchSize?: number } = {}): number {
    checkOptions(`${NAME}.evaluate`, options, ["batchSize"]);
    const { batchSize = 256 } = options;
    checkCount(`${NAME}.evaluate`, "batchSize", batchSize);
    const images = this.images(x);
    let total = 0;
    for (const batch of new DataLoader(images.data, { batchSize, shuffle: false })) {
      total += noGrad(() => this.loss(batch)).item() * batch.shape[0]!;
    }
    return total / images.shape[0]!;
  }

  /**
   * Learns from images, in random order. The optimizer goes on where it was when it is called again. Gives the mean loss of an image in
   * each epoch.
   * @throws ArgumentError for options that are unknown or out of range; as `loss` for images that do not fit. Then nothing has changed.
   * ArgumentError too when the loss is no longer finite.
   */
  fit(x: Operand, options: BernoulliVAEFitOptions = {}): number[] {
    checkOptions(`${NAME}.fit`, options, ["epochs", "batchSize", "onProgress", "verbose"]);
    const { epochs = 20, batchSize = 128, onProgress = null, verbose = false } = options;
    checkCount(`${NAME}.fit`, "epochs", epochs);
    checkCount(`${NAME}.fit`, "batchSize", batchSize);
    checkFlag(`${NAME}.fit`, "verbose", verbose);
    if (onProgress !== null && typeof onProgress !== "function") {
      throw new ArgumentError(`${NAME}.fit: onProgress is ${describe(onProgress)}; expected a function`);
    }
    const images = this.images(x);
    checkProbabilities(NAME, "input", images);
    this.initialize(images);
    const loader = new DataLoader(images.data, { batchSize });
    const totalImages = images.shape[0]!;
    return Array.from({ length: epochs }, (_, i) => {
      let [done, total] = [0, 0];
      for (const batch of loader) {
        const count = batch.shape[0]!;
        total += tidy(() => this.step(batch)) * count;
        done += count;
        onProgress?.({ epoch: i + 1, epochs, images: done, totalImages, loss: total / done });
      }
      if (verbose) console.log(`epoch ${i + 1}/${epochs}: loss ${(total / done).toFixed(2)}`);
      return total / done;
    });
  }

  protected override hyperparameters(): Hyperparameters {
    return hyperparametersOf(this.settings, this.imageShape);
  }

  /** A step of training, and the loss before it. */
  private step(images: NDArray): number {
    this.optimizer ??= resolveOptimizer(this.settings.optimizer, this.parameters(), `${NAME}: optimizer`);
    const { xRecon, mean, logVar } = this.forward(images);
    // A reconstruction that is NaN would be refused as no probability, which says nothing of its cause.
    const sound = Number.isFinite(sum(xRecon.data).item());
    const loss = sound ? this.elbo.forward(xRecon, images, mean, logVar) : null;
    const value = loss?.item() ?? Number.NaN;
    if (loss === null || !Number.isFinite(value)) {
      throw new ArgumentError(`${NAME}.fit: the loss is ${value}; expected a smaller learning rate`);
    }
    this.optimizer.zeroGrad();
    loss.backward();
    this.optimizer.step(value);
    return value;
  }

  /** The input as images that the parameters have been, or can be, made for. */
  private images(x: Operand): Variable {
    const images = layerInput(NAME, x, { layout: IMAGES, ndim: 4, dtype: this.settings.dtype });
    const shape = images.shape.slice(1) as unknown as ImageShape;
    if (this.imageShape === null) this.checkFirst(shape);
    else if (!sameShape(shape, this.imageShape)) {
      throw new ShapeError(
        `${NAME}: the input has shape ${shapeText(images.shape)}; expected images (N, ${this.imageShape.join(", ")})`,
      );
    }
    return images;
  }

  /** Checks the first images. A state that was loaded tells how many numbers they have, and not how these are arranged. */
  private checkFirst(image: ImageShape): void {
    const { encoder, decoder } = this;
    const sizes = [image[2], encodedSize(this.settings, image), sizeOf(image)];
    if (!decoder.fc2.W.initialized) return;
    const known = [encoder.conv1.W.shape[2]!, encoder.fc4.W.shape[0]!, decoder.fc2.W.shape[1]!];
    if (sameShape(sizes, known)) return;
    throw new ShapeError(
      `${NAME}: images ${shapeText(image)} have ${sizes[0]} channels, ${sizes[1]} features and ${sizes[2]} pixels; ` +
        `expected ${known[0]}, ${known[1]} and ${known[2]}, as in the state that was loaded`,
    );
  }

  private initialize(images: Variable): void {
    if (this.imageShape !== null) return;
    const inShape = images.shape.slice(1) as unknown as ImageShape;
    if (!this.decoder.fc2.W.initialized) initializeAs(this, new BernoulliVAE({ ...this.settings, inShape }));
    this.imageShape = inShape;
  }

  private knownShape(): Shape {
    if (this.imageShape !== null) return this.imageShape;
    throw new GraphError(
      `${NAME}: the shape of its images is not known yet; expected a forward or fit before, or inShape: [rows, cols, channels]`,
    );
  }

  /** Standard normal numbers, or those that are given. */
  private noise(shape: Shape, given: Operand | null): Variable {
    const { dtype } = this.settings;
    if (given === null) return asVariable(NAME, randomNormal(shape, { dtype }));
    const noise = asVariable(NAME, given, { dtype });
    if (!sameShape(noise.shape, shape)) {
      throw new ShapeError(`${NAME}: the noise has shape ${shapeText(noise.shape)}; expected ${shapeText(shape)}`);
    }
    if (noise.dtype === dtype) return noise;
    throw new DTypeError(`${NAME}: the noise is ${noise.dtype}; expected ${dtype} (astype)`);
  }
}
