import { ShapeError } from "../../core/errors.js";
import { checkCount, checkOptions } from "../../core/options.js";
import { type Shape, shapeText } from "../../core/shape.js";
import type { Operand, Variable } from "../../core/variable.js";
import { add } from "../../functions/arithmetic.js";
import { pad } from "../../functions/arrangement.js";
import { cover, halves, type Pad2D, type Pair, reach, slides2D, window2D } from "../../functions/window.js";
import type { Hyperparameters } from "../config.js";
import type { BatchNorm2D } from "../layers/batch-norm.js";
import type { Conv2D } from "../layers/conv2d.js";
import { initializeAs } from "./sizes.js";
import { checkConvolution, SKIP_OPTIONS, SkipConnection, type SkipConnectionOptions } from "./skip-connection.js";

/** Options of `SkipConnectionConvModule`. */
export interface SkipConnectionConvOptions extends SkipConnectionOptions {
  /** Number of channels after the first convolution. */
  outCh1: number;
  /** Number of channels after the second convolution and after that of the skip connection: those of the output. */
  outCh2: number;
  /** Rows and columns of the kernel of the skip connection. */
  kernelShapeSkip: Pair;
  /** The step between windows of the skip connection: 1 unless given. */
  strideSkip?: Pair;
  /** Pixels around the images of the first convolution, as `Conv2D` takes them: 0 unless given. */
  pad1?: Pad2D;
  /** Pixels around the images of the second convolution: 0 unless given. */
  pad2?: Pad2D;
}

const NAME = "SkipConnectionConvModule";
const OWN_OPTIONS = ["outCh1", "outCh2", "kernelShapeSkip", "strideSkip", "pad1", "pad2"];

/**
 * A residual block with a convolution on the skip connection (He et al., "Deep residual learning for image recognition", 2015),
 * of images (N, rows, cols, inCh) to (N, outRows, outCols, outCh2):
 *
 *     actFn(batchnormSkip(convSkip(x)) + batchnorm2(conv2(batchnorm1(actFn(conv1(x))))))
 *
 * or `actFn(batchnorm1(conv1(x)))` inside with `normFirst`, which is ResNet's order. The images of `convSkip` are padded with as
 * few zeros as make its output as large as that of the main path; of an odd number the larger half goes to the bottom and right.
 */
export class SkipConnectionConvModule extends SkipConnection {
  /** The convolution beside the others. */
  readonly convSkip: Conv2D;
  /** Normalizes what it gives. */
  readonly batchnormSkip: BatchNorm2D;
  private readonly own: Required<Omit<SkipConnectionConvOptions, keyof SkipConnectionOptions>>;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: SkipConnectionConvOptions) {
    checkOptions(NAME, options, [...OWN_OPTIONS, ...SKIP_OPTIONS]);
    const { outCh1, outCh2, kernelShapeSkip, strideSkip = 1, pad1 = 0, pad2 = 0, ...rest } = options;
    checkCount(NAME, "outCh1", outCh1);
    checkCount(NAME, "outCh2", outCh2);
    const skip = { kernelShape: kernelShapeSkip, stride: strideSkip, pad: 0 };
    checkConvolution(NAME, "convSkip", skip);
    super({ module: NAME, pads: [pad1, pad2], channels: [outCh1, outCh2] }, rest);
    this.own = { outCh1, outCh2, kernelShapeSkip, strideSkip, pad1, pad2 };
    this.convSkip = this.convolution([this.options.inCh, outCh2], skip);
    this.batchnormSkip = this.batchNorm(outCh2);
  }

  /**
   * @throws ShapeError when the input is no batch of images, has no elements or other channels than before, is smaller than a kernel,
   * or when the skip connection cannot have as small an output as the main path; DTypeError for another dtype than the
   * module's. Nothing has changed then.
   */
  override forward(x: Operand): Variable {
    const input = this.images(x);
    const [alongRows, alongCols] = this.skipPads(input.shape);
    if (!this.conv1.W.initialized) {
      const { options, own } = this;
      initializeAs(this, new SkipConnectionConvModule({ ...options, ...own, inCh: input.shape[3]! }));
    }
    const padless = [...alongRows, ...alongCols].every((n) => n === 0);
    const padded = padless ? input : pad(input, [[0, 0], alongRows, alongCols, [0, 0]]);
    const skip = this.batchnormSkip.forward(this.convSkip.forward(padded));
    return this.activation.apply(add(skip, this.main(input)));
  }

  protected override hyperparameters(): Hyperparameters {
    return { ...this.own, ...super.hyperparameters() };
  }

  /** The zeros before and after rows and columns with which the skip connection's output is as large as that of the main path. */
  private skipPads(image: Shape): [rows: [number, number], cols: [number, number]] {
    const { kernelShape1, kernelShape2, stride1, stride2 } = this.options;
    const { outCh1, kernelShapeSkip, strideSkip, pad1, pad2 } = this.own;
    const first = window2D(`${NAME}: conv1`, image, kernelShape1, { stride: stride1, pad: pad1 });
    const between = [image[0]!, first.outRows, first.outCols, outCh1];
    const second = window2D(`${NAME}: conv2`, between, kernelShape2, { stride: stride2, pad: pad2 });
    const wanted = [second.outRows, second.outCols];
    const [rows, cols] = slides2D(NAME, kernelShapeSkip, { stride: strideSkip }).map((slide, i) => {
      const length = image[i + 1]!;
      const least = Math.floor((length - cover(slide)) / slide.stride) + 1;
      if (least > wanted[i]!) {
        throw new ShapeError(
          `${NAME}: of the input ${shapeText(image)} the main path makes ${wanted[i]} ${slide.unit} and convSkip, with kernel ` +
            `${slide.kernel} and stride ${slide.stride}, at least ${least}; expected a larger kernelShapeSkip or strideSkip`,
        );
      }
      return halves(Math.max(reach(wanted[i]!, slide) - length, 0));
    });
    return [rows!, cols!];
  }
}
