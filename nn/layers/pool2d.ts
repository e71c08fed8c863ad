import { checkChoice, checkOptions } from "../../core/options.js";
import type { Operand, Variable } from "../../core/variable.js";
import { averagePool, maxPool, type PoolOptions } from "../../functions/pool.js";
import { type Pad2D, type Pair, window2D } from "../../functions/window.js";
import type { Hyperparameters } from "../config.js";
import { Layer } from "../layer.js";
import { ANY_IMAGE, IMAGES, layerInput } from "./input.js";

const POOLS = { max: maxPool, average: averagePool };

/** Options of `Pool2D`. */
export interface Pool2DOptions {
  /** Rows and columns of the window; one number for both. */
  kernelShape: Pair;
  /** The step between windows: 1 unless given. */
  stride?: Pair;
  /** Pixels added around the image: n, [rows, cols], [top, bottom, left, right] or "same"; 0 unless given. */
  pad?: Pad2D;
  /** `"max"` unless given. */
  mode?: keyof typeof POOLS;
}

/**
 * The largest entry, or the mean, of each window over images (N, rows, cols, channels), channel by channel. Padding counts
 * as -Infinity for the largest and as 0 for the mean, as in PyTorch.
 */
export class Pool2D extends Layer {
  private readonly window: Required<PoolOptions>;
  private readonly mode: keyof typeof POOLS;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: Pool2DOptions) {
    super();
    checkOptions("Pool2D", options, ["kernelShape", "stride", "pad", "mode"]);
    const { kernelShape, stride = 1, pad = 0, mode = "max" } = options;
    window2D("Pool2D", ANY_IMAGE, kernelShape, { stride, pad });
    checkChoice("Pool2D", "mode", mode, Object.keys(POOLS));
    this.window = { kernelShape, stride, pad };
    this.mode = mode;
  }

  /** @throws ShapeError when the input is no batch of images or smaller than the window; DTypeError for integers. */
  override forward(x: Operand): Variable {
    const input = layerInput("Pool2D", x, { layout: IMAGES, ndim: 4 });
    window2D("Pool2D", input.shape, this.window.kernelShape, this.window);
    return POOLS[this.mode](input, this.window);
  }

  protected override hyperparameters(): Hyperparameters {
    return { ...this.window, mode: this.mode };
  }
}
