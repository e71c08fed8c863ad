import { BCE, BCEWithLogits, CrossEntropy, SoftmaxCrossEntropy } from "./classification.js";
import { KLDivergence, VAELoss } from "./divergence.js";
import { CosineEmbedding, TripletMargin } from "./embedding.js";
import { registerLoss } from "./loss.js";
import { Huber, MAE, MSE, SquaredError } from "./regression.js";
import { WGAN_GPLoss } from "./wgan-gp.js";

registerLoss("BCE", BCE, ["binaryCrossEntropy"]);
registerLoss("BCEWithLogits", BCEWithLogits, ["sigmoidCrossEntropy"]);
registerLoss("CosineEmbedding", CosineEmbedding);
registerLoss("CrossEntropy", CrossEntropy);
registerLoss("Huber", Huber);
registerLoss("KLDivergence", KLDivergence);
registerLoss("MAE", MAE, ["meanAbsoluteError"]);
registerLoss("MSE", MSE, ["meanSquaredError"]);
registerLoss("SoftmaxCrossEntropy", SoftmaxCrossEntropy);
registerLoss("SquaredError", SquaredError);
registerLoss("TripletMargin", TripletMargin);
registerLoss("VAELoss", VAELoss);
registerLoss("WGAN_GPLoss", WGAN_GPLoss);

export {
  type Critic,
  type GradientPenaltyOptions,
  gradientPenalty,
  type InterpolationOptions,
  interpolatedGradient,
} from "./gradient-penalty.js";
export {
  Loss,
  type LossClass,
  type LossConfig,
  type LossSpec,
  registerLoss,
  resolveLoss,
  type SupervisedLoss,
} from "./loss.js";
export { NCELoss, type NCELossOptions } from "./nce.js";
export type { NoiseSampler } from "./noise.js";
export type { WGAN_GPLossOptions } from "./wgan-gp.js";
export {
  BCE,
  BCEWithLogits,
  CosineEmbedding,
  CrossEntropy,
  Huber,
  KLDivergence,
  MAE,
  MSE,
  SoftmaxCrossEntropy,
  SquaredError,
  TripletMargin,
  VAELoss,
  WGAN_GPLoss,
};
