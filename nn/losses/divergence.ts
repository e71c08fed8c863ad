import { checkFlag } from "../../core/options.js";
import type { Operand, Variable } from "../../core/variable.js";
import type { LossOptions } from "../../functions/loss/entry-loss.js";
import {
  DIVERGENCE_REDUCTIONS,
  type DivergenceOptions,
  klDivergence,
  vaeLoss,
} from "../../functions/loss/probability.js";
import { Loss } from "./loss.js";

/** The divergence of logarithms of probabilities from probabilities: `klDivergence`. PyTorch's `KLDivLoss`. */
export class KLDivergence extends Loss<DivergenceOptions> {
  /** All options, as they are unless given. */
  static readonly standard: Required<DivergenceOptions> = { logTarget: false, reduction: "mean" };

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: DivergenceOptions = {}) {
    super(options, KLDivergence.standard, DIVERGENCE_REDUCTIONS);
    checkFlag("KLDivergence", "logTarget", this.options.logTarget);
  }

  /** @throws as `klDivergence`. */
  override forward(x: Operand, t: Operand): Variable {
    return klDivergence(x, t, this.options);
  }
}

/** Minus the evidence lower bound of a variational autoencoder, the mean over the examples unless told: `vaeLoss`. */
export class VAELoss extends Loss<LossOptions> {
  /** All options, as they are unless given. */
  static readonly standard: Required<LossOptions> = { reduction: "mean" };

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: LossOptions = {}) {
    super(options, VAELoss.standard);
  }

  /**
   * Of the reconstruction and what was to be reconstructed (N, ...), and of the means and the logarithms of the variances of the
   * code (N, T).
   * @throws as `vaeLoss`.
   */
  override forward(xRecon: Operand, x: Operand, mean: Operand, logVar: Operand): Variable {
    return vaeLoss(xRecon, x, mean, logVar, this.options);
  }
}
