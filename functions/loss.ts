export {
  type BinaryCrossEntropyOptions,
  binaryCrossEntropy,
  type SigmoidCrossEntropyOptions,
  sigmoidCrossEntropy,
} from "./loss/binary.js";
export { accuracy } from "./loss/classes.js";
export {
  type CosineEmbeddingOptions,
  cosineEmbeddingLoss,
  type TripletMarginOptions,
  tripletMarginLoss,
} from "./loss/embedding.js";
export type { LossOptions, LossReduction } from "./loss/entry-loss.js";
export {
  crossEntropy,
  type DivergenceOptions,
  type DivergenceReduction,
  klDivergence,
  vaeLoss,
} from "./loss/probability.js";
export { type HuberOptions, huberLoss, meanAbsoluteError, meanSquaredError, squaredError } from "./loss/regression.js";
export { type SoftmaxCrossEntropyOptions, softmaxCrossEntropy, softmaxCrossEntropySimple } from "./loss/softmax.js";
