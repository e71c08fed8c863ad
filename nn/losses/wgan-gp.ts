import { ArgumentError } from "../../core/errors.js";
import { describe } from "../../core/options.js";
import { asVariable, type Operand, Variable } from "../../core/variable.js";
import { add, neg, sub } from "../../functions/arithmetic.js";
import { floating } from "../../functions/dtype.js";
import { checkNotEmpty } from "../../functions/loss/entry-loss.js";
import { mean } from "../../functions/reduce.js";
import { checkLambda, penaltyOf } from "./gradient-penalty.js";
import { Loss } from "./loss.js";

/** Options of `WGAN_GPLoss`. */
export interface WGAN_GPLossOptions {
  /** The factor of the gradient penalty, of at least 0: 10 unless given. */
  lambda?: number;
}

/**
 * The losses of a Wasserstein GAN with gradient penalty (Gulrajani et al., "Improved training of Wasserstein GANs", 2017), of the
 * critic's scores: for the critic ("C") the mean score of the fake examples less that of the real ones, plus the penalty; for the
 * generator ("G") minus the mean score of the fake ones.
 *
 *     const fake = generator.forward(noise);
 *     const gradInterp = interpolatedGradient((x) => critic.forward(x), real, fake);
 *     loss.forward(critic.forward(fake.detach()), "C", critic.forward(real), gradInterp).backward();
 *     ...
 *     loss.forward(critic.forward(generator.forward(noise)), "G").backward();
 */
export class WGAN_GPLoss extends Loss<WGAN_GPLossOptions> {
  /** All options, as they are unless given. */
  static readonly standard: Required<WGAN_GPLossOptions> = { lambda: 10 };

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: WGAN_GPLossOptions = {}) {
    super(options, WGAN_GPLoss.standard);
    checkLambda("WGAN_GPLoss", this.options.lambda);
  }

  /**
   * `yFake` and `yReal` are the critic's scores, one for each example; `gradInterp` (N, ...) is what `interpolatedGradient` gave.
   * @throws ArgumentError for another module than "C" or "G", and when what the module needs is not given, or more;
   * ShapeError for no scores.
   */
  override forward(yFake: Operand, module: "C" | "G", yReal?: Operand, gradInterp?: Variable): Variable {
    const fake = scores("fake", yFake);
    if (module === "G") {
      if (yReal === undefined && gradInterp === undefined) return neg(mean(fake));
      throw new ArgumentError('WGAN_GPLoss: module is "G" and more than yFake is given; expected yFake alone');
    }
    if (module !== "C") throw new ArgumentError(`WGAN_GPLoss: module is ${describe(module)}; expected "C" or "G"`);
    if (yReal === undefined || !(gradInterp instanceof Variable)) {
      throw new ArgumentError(
        'WGAN_GPLoss: module is "C"; expected yFake, "C", yReal and gradInterp, which interpolatedGradient computes',
      );
    }
    checkNotEmpty("WGAN_GPLoss", "gradient", gradInterp);
    const distance = sub(mean(fake), mean(scores("real", yReal, fake)));
    return add(distance, penaltyOf(gradInterp, this.options.lambda));
  }
}

function scores(which: string, y: Operand, like?: Variable): Variable {
  const given = floating("WGAN_GPLoss", asVariable("WGAN_GPLoss", y, like));
  checkNotEmpty("WGAN_GPLoss", `scores of the ${which} examples`, given);
  return given;
}
