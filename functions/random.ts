import { elementsOf, firstIndex } from "../core/backend/elements.js";
import { config } from "../core/config.js";
import type { DType } from "../core/dtype.js";
import { ArgumentError } from "../core/errors.js";
import { FrugalFunction } from "../core/frugal-function.js";
import { NDArray } from "../core/ndarray.js";
import { binary } from "../core/numeric.js";
import { checkOptions } from "../core/options.js";
import { generator } from "../core/rng.js";
import type { Shape } from "../core/shape.js";
import type { DataShape } from "../core/shape-types/operand.js";
import { asVariable, type Operand, type Variable } from "../core/variable.js";
import { floating } from "./dtype.js";

/** Multiplies by a mask that is constant. */
class Dropout extends FrugalFunction {
  constructor(private readonly mask: NDArray) {
    super();
  }

  override forward(x: NDArray): NDArray {
    return binary("mul", x, this.mask);
  }

  override backward(gy: Variable): Variable {
    return new Dropout(this.mask).apply(gy);
  }
}

/**
 * In training, each element of `x` set to 0 with probability `p` and divided by `1 - p` otherwise, so that the expectation
 * stays (inverted dropout); else `x` itself. The mask comes from the generator that `seed` seeds.
 * @throws ArgumentError when `p` is not between 0 and 1.
 */
export function dropout<const X extends Operand>(
  x: X,
  options?: { p?: number; training?: boolean },
): Variable<DataShape<X>>;
export function dropout(x: Operand, options: { p?: number; training?: boolean } = {}): Variable {
  checkOptions("dropout", options, ["p", "training"]);
  const { p = 0.5, training = config.train } = options;
  if (!(p >= 0 && p <= 1)) throw new ArgumentError(`dropout: p is ${p}; expected a probability from 0 to 1`);
  if (!training || p === 0) return asVariable("dropout", x);
  const input = floating("dropout", x);
  return new Dropout(dropoutMask(input.shape, input.dtype, p)).apply(input);
}

function dropoutMask(shape: Shape, dtype: DType, p: number): NDArray {
  const mask = NDArray.empty(shape, dtype);
  const elements = elementsOf(dtype);
  const first = firstIndex(mask);
  const threshold = p * 2 ** 32;
  const kept = p === 1 ? 0 : 1 / (1 - p);
  // A product instead of a choice: no branch that would be mispredicted half of the time.
  const { size } = mask;
  for (let i = 0; i < size; i++) elements[first + i] = Number(generator.bits() >= threshold) * kept;
  return mask;
}
