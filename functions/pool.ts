import type { Window2D } from "../core/backend/kernels.js";
import { maxPoolGrad } from "../core/convolution.js";
import { array } from "../core/creation.js";
import { ShapeError } from "../core/errors.js";
import { FrugalFunction } from "../core/frugal-function.js";
import type { NDArray } from "../core/ndarray.js";
import * as numeric from "../core/numeric.js";
import { checkOptions } from "../core/options.js";
import { shapeText } from "../core/shape.js";
import type { Operand, Variable } from "../core/variable.js";
import { floating } from "./dtype.js";
import { where } from "./selection.js";
import { type Pad2D, type Pair, window2D } from "./window.js";

/** Options of pooling. */
export interface PoolOptions {
  kernelShape: Pair;
  /** The step between windows: 1 unless given. */
  stride?: Pair;
  /** 0 unless given. */
  pad?: Pad2D;
}

class MaxPool extends FrugalFunction {
  private positions: NDArray | null = null;

  constructor(private readonly window: Window2D) {
    super();
  }

  override forward(x: NDArray): NDArray {
    const { values, positions } = numeric.maxPool(x, this.window);
    this.positions = positions;
    return values;
  }

  override backward(gy: Variable): Variable {
    const empty = windowsInPadding(this.window);
    // A window without a pixel has no position that its gradient could go to.
    const reaching = empty === null ? gy : where(empty, 0, gy);
    return new MaxPoolGrad(this.window, this.positions!).apply(reaching);
  }
}

/** Zeros to which elements are added at the positions that `MaxPool` chose. */
class MaxPoolGrad extends FrugalFunction {
  constructor(
    private readonly window: Window2D,
    private readonly positions: NDArray,
  ) {
    super();
  }

  override forward(gy: NDArray): NDArray {
    return maxPoolGrad(gy, this.positions, this.window);
  }

  override backward(gx: Variable): Variable {
    return new Chosen(this.window, this.positions).apply(gx);
  }
}

/** The elements at the positions that `MaxPool` chose: the adjoint of `MaxPoolGrad`. */
class Chosen extends FrugalFunction {
  constructor(
    private readonly window: Window2D,
    private readonly positions: NDArray,
  ) {
    super();
  }

  override forward(x: NDArray): NDArray {
    return numeric.takeRows(x, this.positions, 1, this.positions.shape);
  }

  override backward(gy: Variable): Variable {
    return new MaxPoolGrad(this.window, this.positions).apply(gy);
  }
}

class AveragePool extends FrugalFunction {
  constructor(private readonly window: Window2D) {
    super();
  }

  override forward(x: NDArray): NDArray {
    return numeric.averagePool(x, this.window);
  }

  override backward(gy: Variable): Variable {
    return new AveragePoolGrad(this.window).apply(gy);
  }
}

/** Spreads each element evenly over its window: the adjoint of `AveragePool`. */
class AveragePoolGrad extends FrugalFunction {
  constructor(private readonly window: Window2D) {
    super();
  }

  override forward(gy: NDArray): NDArray {
    return numeric.averagePoolGrad(gy, this.window);
  }

  override backward(gy: Variable): Variable {
    return new AveragePool(this.window).apply(gy);
  }
}

/**
 * The largest element of each window over images (N, rows, cols, channels), channel by channel. Padding counts as
 * -Infinity, and so does a window that lies in it altogether. The gradient goes to the first of equals in row-major order.
 * @throws ShapeError when `x` is not a batch of images or the kernel does not fit; ArgumentError for bad options.
 */
export function maxPool(x: Operand, options: PoolOptions): Variable {
  checkOptions("maxPool", options, ["kernelShape", "stride", "pad"]);
  const { kernelShape, stride, pad } = options;
  const images = imagesOf("maxPool", x);
  return new MaxPool(window2D("maxPool", images.shape, kernelShape, { stride, pad })).apply(images);
}

/**
 * The mean of each window over images (N, rows, cols, channels), channel by channel. Padding counts as 0, as in PyTorch
 * unless told otherwise.
 * @throws ShapeError when `x` is not a batch of images or the kernel does not fit; ArgumentError for bad options.
 */
export function averagePool(x: Operand, options: PoolOptions): Variable {
  checkOptions("averagePool", options, ["kernelShape", "stride", "pad"]);
  const { kernelShape, stride, pad } = options;
  const images = imagesOf("averagePool", x);
  return new AveragePool(window2D("averagePool", images.shape, kernelShape, { stride, pad })).apply(images);
}

function imagesOf(operation: string, x: Operand): Variable {
  const images = floating(operation, x);
  if (images.ndim === 4 && images.shape[1] !== 0 && images.shape[2] !== 0) return images;
  throw new ShapeError(
    `${operation}: x has shape ${shapeText(images.shape)}; expected (N, rows, cols, channels) with at least one row and column`,
  );
}

/** Which windows lie in the padding altogether, as bools (outRows, outCols, 1); null when none does. */
function windowsInPadding(w: Window2D): NDArray | null {
  const rows = misses(w.rows, w.kernelRows, w.strideRows, w.padTop, w.outRows);
  const cols = misses(w.cols, w.kernelCols, w.strideCols, w.padLeft, w.outCols);
  if (!rows.includes(true) && !cols.includes(true)) return null;
  return array(rows.map((row) => cols.map((col) => row || col))).reshape([w.outRows, w.outCols, 1]);
}

/** Whether the window at each position along an axis misses all of its pixels. */
function misses(length: number, kernel: number, stride: number, before: number, positions: number): boolean[] {
  return Array.from({ length: positions }, (_, position) => {
    const start = position * stride - before;
    return start >= length || start + kernel <= 0;
  });
}
