import type { Window2D } from "../core/backend/kernels.js";
import * as convolution from "../core/convolution.js";
import { FrugalFunction } from "../core/frugal-function.js";
import type { NDArray } from "../core/ndarray.js";
import type { Shape } from "../core/shape.js";
import type { Variable } from "../core/variable.js";
import { reshape, sumTo } from "./shape.js";

/*
 * Convolution is bilinear, and so are its adjoints: the gradient of each of the three is made of the other two, to any order.
 * All operands have one dtype; images are (N, rows, cols, channels) and weights (taps..., channels, n).
 */

/** Images under weights, plus a bias if there is a third operand: (N, outRows, outCols, n). */
export class Convolve extends FrugalFunction {
  constructor(private readonly window: Window2D) {
    super();
  }

  override forward(x: NDArray, W: NDArray, b?: NDArray): NDArray {
    return convolution.conv2d(x, W, b ?? null, this.window);
  }

  override backward(gy: Variable): (Variable | null)[] {
    const gx = this.needs(0) ? new ConvolveTransposed(this.window).apply(gy, this.input(1)) : null;
    const gW = this.needs(1) ? new ConvolveWeights(this.window, this.inputs[1]!.shape).apply(this.input(0), gy) : null;
    return this.inputs.length === 2 ? [gx, gW] : [gx, gW, this.needs(2) ? sumOfPixels(gy) : null];
  }
}

/** The sum of images channel by channel, taken of whole rows first, since channels may be few. */
function sumOfPixels(images: Variable): Variable {
  const [batch, rows, cols, channels] = images.shape as [number, number, number, number];
  const row = sumTo(reshape(images, [batch * rows, cols * channels]), [cols * channels]);
  return sumTo(reshape(row, [cols, channels]), [channels]);
}

/** The adjoint of `Convolve` in its images: a transposed convolution. */
export class ConvolveTransposed extends FrugalFunction {
  constructor(private readonly window: Window2D) {
    super();
  }

  override forward(gy: NDArray, W: NDArray): NDArray {
    return convolution.conv2dGradInput(gy, W, this.window);
  }

  override backward(gx: Variable): (Variable | null)[] {
    return [
      this.needs(0) ? new Convolve(this.window).apply(gx, this.input(1)) : null,
      this.needs(1) ? new ConvolveWeights(this.window, this.inputs[1]!.shape).apply(gx, this.input(0)) : null,
    ];
  }
}

/** The adjoint of `Convolve` in its weights, of images and the gradient of the output. */
class ConvolveWeights extends FrugalFunction {
  constructor(
    private readonly window: Window2D,
    private readonly shape: Shape,
  ) {
    super();
  }

  override forward(x: NDArray, gy: NDArray): NDArray {
    return convolution.conv2dGradWeight(x, gy, this.window, this.shape);
  }

  override backward(gW: Variable): (Variable | null)[] {
    return [
      this.needs(0) ? new ConvolveTransposed(this.window).apply(this.input(1), gW) : null,
      this.needs(1) ? new Convolve(this.window).apply(this.input(0), gW) : null,
    ];
  }
}
