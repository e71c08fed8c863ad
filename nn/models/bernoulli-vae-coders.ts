import { sizeOf } from "../../core/shape.js";
import type { Operand, Variable } from "../../core/variable.js";
import { split } from "../../functions/joining.js";
import { Layer } from "../layer.js";
import type { Conv2D } from "../layers/conv2d.js";
import { Flatten } from "../layers/flatten.js";
import type { FullyConnected } from "../layers/fully-connected.js";
import { Pool2D } from "../layers/pool2d.js";
import { convolution, dense } from "../modules/sizes.js";
import { type BernoulliVAESettings, encodedSize, encoderWindows } from "./bernoulli-vae-options.js";

/** The distribution of the code of each image: independent normal variables. */
export interface Code {
  /** The means (N, T). */
  readonly mean: Variable;
  /** The logarithms of the variances (N, T). */
  readonly logVar: Variable;
}

/** From images to the distributions of their codes: two convolutions with ReLU and max pooling, two dense layers. */
export class BernoulliVAEEncoder extends Layer {
  readonly conv1: Conv2D;
  readonly pool1: Pool2D;
  readonly conv2: Conv2D;
  readonly pool2: Pool2D;
  readonly flatten3 = new Flatten();
  readonly fc4: FullyConnected;
  readonly fc5: FullyConnected;

  constructor(settings: BernoulliVAESettings) {
    super();
    const { T, latentDim, encConv1OutCh, init, inShape, dtype } = settings;
    const sized = inShape !== null;
    const { encConv1, encPool1, encConv2, encPool2 } = encoderWindows(settings);
    const convolved = (inCh: number | null, { outCh, ...window }: typeof encConv1) =>
      convolution(sized, [inCh, outCh], { ...window, actFn: "relu", init, dtype });
    this.conv1 = convolved(sized ? inShape[2] : null, encConv1);
    this.pool1 = new Pool2D(encPool1);
    this.conv2 = convolved(encConv1OutCh, encConv2);
    this.pool2 = new Pool2D(encPool2);
    const nIn = sized ? encodedSize(settings, inShape) : null;
    this.fc4 = dense(sized, [nIn, latentDim], { actFn: "relu", init, dtype });
    this.fc5 = dense(sized, [latentDim, 2 * T], { init, dtype });
  }

  override forward(x: Operand): Code {
    const images = this.pool2.forward(this.conv2.forward(this.pool1.forward(this.conv1.forward(x))));
    const [mean, logVar] = split(this.fc5.forward(this.fc4.forward(this.flatten3.forward(images))), 2, { axis: 1 });
    return { mean: mean!, logVar: logVar! };
  }
}

/** From codes (N, T) to the probabilities that the pixels are white, (N, pixels): a dense layer with ReLU, one with the sigmoid. */
export class BernoulliVAEDecoder extends Layer {
  readonly fc1: FullyConnected;
  readonly fc2: FullyConnected;

  constructor({ T, latentDim, init, inShape, dtype }: BernoulliVAESettings) {
    super();
    const sized = inShape !== null;
    this.fc1 = dense(sized, [T, latentDim], { actFn: "relu", init, dtype });
    this.fc2 = dense(sized, [latentDim, sized ? sizeOf(inShape) : null], { actFn: "sigmoid", init, dtype });
  }

  override forward(z: Operand): Variable {
    return this.fc2.forward(this.fc1.forward(z));
  }
}
