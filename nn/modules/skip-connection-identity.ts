import { checkCount, checkOptions } from "../../core/options.js";
import type { Operand, Variable } from "../../core/variable.js";
import { add } from "../../functions/arithmetic.js";
import type { Hyperparameters } from "../config.js";
import { initializeAs } from "./sizes.js";
import { SKIP_OPTIONS, SkipConnection, type SkipConnectionOptions } from "./skip-connection.js";

/** Options of `SkipConnectionIdentityModule`. */
export interface SkipConnectionIdentityOptions extends SkipConnectionOptions {
  /** Number of channels between the two convolutions. */
  outCh: number;
}

const NAME = "SkipConnectionIdentityModule";

/**
 * A residual block whose input is added as it is (He et al., "Deep residual learning for image recognition", 2015), of images
 * (N, rows, cols, inCh) to images of the same shape:
 *
 *     actFn(x + batchnorm2(conv2(batchnorm1(actFn(conv1(x))))))
 *
 * or `actFn(batchnorm1(conv1(x)))` inside with `normFirst`, which is ResNet's order. `conv1` makes `outCh` channels and `conv2`
 * inCh again; both are padded to keep the size of the images, whatever the stride.
 */
export class SkipConnectionIdentityModule extends SkipConnection {
  private readonly outCh: number;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: SkipConnectionIdentityOptions) {
    checkOptions(NAME, options, ["outCh", ...SKIP_OPTIONS]);
    const { outCh, ...rest } = options;
    checkCount(NAME, "outCh", outCh);
    super({ module: NAME, pads: ["same", "same"], channels: [outCh, rest.inCh ?? null] }, rest);
    this.outCh = outCh;
  }

  /**
   * @throws ShapeError when the input is no batch of images, has no elements or other channels than before; DTypeError for
   * another dtype than the module's. Nothing has changed then.
   */
  override forward(x: Operand): Variable {
    const input = this.images(x);
    if (!this.conv1.W.initialized) {
      const { options, outCh } = this;
      initializeAs(this, new SkipConnectionIdentityModule({ ...options, outCh, inCh: input.shape[3]! }));
    }
    return this.activation.apply(add(input, this.main(input)));
  }

  protected override hyperparameters(): Hyperparameters {
    return { outCh: this.outCh, ...super.hyperparameters() };
  }
}
