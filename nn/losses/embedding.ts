import { checkFlag } from "../../core/options.js";
import type { Operand, Variable } from "../../core/variable.js";
import {
  type CosineEmbeddingOptions,
  checkCosineMargin,
  checkTriplet,
  cosineEmbeddingLoss,
  type TripletMarginOptions,
  tripletMarginLoss,
} from "../../functions/loss/embedding.js";
import { Loss } from "./loss.js";

/** Like vectors together, unlike ones apart, by their cosine: `cosineEmbeddingLoss`. PyTorch's `CosineEmbeddingLoss`. */
export class CosineEmbedding extends Loss<CosineEmbeddingOptions> {
  /** All options, as they are unless given. */
  static readonly standard: Required<CosineEmbeddingOptions> = { margin: 0, reduction: "mean" };

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: CosineEmbeddingOptions = {}) {
    super(options, CosineEmbedding.standard);
    checkCosineMargin("CosineEmbedding", this.options.margin);
  }

  /** @throws as `cosineEmbeddingLoss`. */
  override forward(a: Operand, b: Operand, t: Operand): Variable {
    return cosineEmbeddingLoss(a, b, t, this.options);
  }
}

/** The positive nearer to the anchor than the negative, by a margin: `tripletMarginLoss`. PyTorch's `TripletMarginLoss`. */
export class TripletMargin extends Loss<TripletMarginOptions> {
  /** All options, as they are unless given. */
  static readonly standard: Required<TripletMarginOptions> = {
    margin: 1,
    p: 2,
    epsilon: 1e-6,
    swap: false,
    reduction: "mean",
  };

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: TripletMarginOptions = {}) {
    super(options, TripletMargin.standard);
    checkTriplet("TripletMargin", this.options);
    checkFlag("TripletMargin", "swap", this.options.swap);
  }

  /** @throws as `tripletMarginLoss`. */
  override forward(anchor: Operand, positive: Operand, negative: Operand): Variable {
    return tripletMarginLoss(anchor, positive, negative, this.options);
  }
}
