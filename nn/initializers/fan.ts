import { ShapeError } from "../../core/errors.js";
import { type Shape, shapeText, sizeOf } from "../../core/shape.js";

/**
 * How many inputs each output of a weight sums over, and how many outputs each input goes to: for `(in, out)` just these,
 * for convolution weights `(...kernel, in, out)` both times the size of the kernel.
 * @throws ShapeError for fewer than two axes, for which there is no such thing.
 */
export function calculateFan(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) {
    throw new ShapeError(`calculateFan: a weight of shape ${shapeText(shape)} has no fan; expected (..., in, out)`);
  }
  const field = sizeOf(shape.slice(0, -2));
  return { fanIn: shape.at(-2)! * field, fanOut: shape.at(-1)! * field };
}
