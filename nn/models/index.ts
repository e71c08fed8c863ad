export {
  BernoulliVAE,
  type BernoulliVAEFitOptions,
  type BernoulliVAEProgress,
  type Reconstruction,
} from "./bernoulli-vae.js";
export type { Code } from "./bernoulli-vae-coders.js";
export type { BernoulliVAEOptions, ImageShape } from "./bernoulli-vae-options.js";
export type { ModelOptimizer } from "./optimizer-option.js";
export { WGAN_GP } from "./wgan-gp.js";
export type {
  CriticOptions,
  CriticReport,
  GeneratorOptions,
  WGAN_GPFitOptions,
  WGAN_GPOptions,
  WGAN_GPProgress,
} from "./wgan-gp-options.js";
export {
  type SimilarWord,
  Word2Vec,
  type Word2VecBatch,
  type Word2VecFitOptions,
  type Word2VecProgress,
} from "./word2vec.js";
export type { Word2VecOptions } from "./word2vec-options.js";
