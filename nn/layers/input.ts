import type { FloatDType } from "../../core/dtype.js";
import { isFloat } from "../../core/dtype.js";
import { DTypeError, ShapeError } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import { type Shape, shapeText } from "../../core/shape.js";
import { asVariable, type Operand, Variable } from "../../core/variable.js";

/** The axes of a batch of images. */
export const IMAGES = "(N, rows, cols, channels)";

/** Larger than any kernel with its dilation: what the options of a window are checked on before there is an image. */
export const ANY_IMAGE: Shape = [1, 2 ** 40, 2 ** 40, 1];

/** What a layer expects of its input. */
export interface InputRequirements {
  /** The axes as messages show them, such as `(N, rows, cols, channels)`. */
  layout: string;
  /** Number of axes: exactly, or at least with `orMore`. */
  ndim: number;
  orMore?: boolean;
  /** The dtype of the layer's parameters; any floating-point one unless given. */
  dtype?: FloatDType;
}

/**
 * The input of a layer as a Variable; literal numbers take the layer's dtype.
 * @throws ShapeError for another number of axes or no elements, DTypeError for another dtype; both name the layer.
 */
export function layerInput(layer: string, x: Operand, { layout, ndim, orMore, dtype }: InputRequirements): Variable {
  const typed = x instanceof Variable || x instanceof NDArray || ArrayBuffer.isView(x);
  const input = typed ? asVariable(layer, x) : asVariable(layer, x, { dtype: dtype ?? "float32" });
  if (orMore ? input.ndim < ndim : input.ndim !== ndim) {
    throw new ShapeError(
      `${layer}: the input has shape ${shapeText(input.shape)}; expected ${orMore ? "at least " : ""}${ndim} axes ${layout}`,
    );
  }
  if (input.size === 0) {
    throw new ShapeError(
      `${layer}: the input of shape ${shapeText(input.shape)} has no elements; expected at least one`,
    );
  }
  if (dtype === undefined ? !isFloat(input.dtype) : input.dtype !== dtype) {
    const other = isFloat(input.dtype) ? `, or a layer made with dtype: "${input.dtype}"` : "";
    throw new DTypeError(
      dtype === undefined
        ? `${layer}: the input is ${input.dtype}; expected float32 or float64 (astype)`
        : `${layer}: the input is ${input.dtype}; expected ${dtype} (astype)${other}`,
    );
  }
  return input;
}

/**
 * Checks that the last axis of the input has the length that the layer's weights have been made for.
 * @throws ShapeError naming the layer and both lengths.
 */
export function checkLast(layer: string, what: string, input: Variable, expected: number): void {
  if (input.shape.at(-1) === expected) return;
  throw new ShapeError(
    `${layer}: the input of shape ${shapeText(input.shape)} has ${input.shape.at(-1)} ${what}; expected ${expected}`,
  );
}
