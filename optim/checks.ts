import { ArgumentError, DTypeError, type RetrogradError, ShapeError } from "../core/errors.js";
import { NDArray } from "../core/ndarray.js";
import { describe } from "../core/options.js";
import { sameShape, shapeText } from "../core/shape.js";
import { type Parameter, Variable } from "../core/variable.js";

/** Whether the gradient of `parameter` can change it. */
export function gradientFits(parameter: Parameter): boolean {
  const gradient: unknown = parameter.peekGrad();
  if (!(gradient instanceof Variable) || gradient.dtype !== parameter.dtype) return false;
  return sameShape(gradient.shape, parameter.shape);
}

/** What says why the gradient of `parameter` cannot change it; `where` says which one that is. */
export function gradientMisfit(where: string, parameter: Parameter): RetrogradError {
  const gradient: unknown = parameter.peekGrad();
  if (!(gradient instanceof Variable)) {
    return new ArgumentError(`${where}: its grad is ${typeof gradient}; expected a Variable or null`);
  }
  if (!sameShape(gradient.shape, parameter.shape)) {
    return new ShapeError(
      `${where}: the gradient has shape ${shapeText(gradient.shape)}; expected that of the parameter, ${shapeText(parameter.shape)}`,
    );
  }
  return new DTypeError(
    `${where}: the gradient is ${gradient.dtype}; expected that of the parameter, ${parameter.dtype}`,
  );
}

/**
 * Checks that `mask` says of each element of `parameter` true or false.
 * @throws DTypeError or ShapeError when it does not.
 */
export function checkMask(operation: string, parameter: Parameter, mask: NDArray): void {
  if (!(mask instanceof NDArray) || mask.dtype !== "bool") {
    const got = mask instanceof NDArray ? mask.dtype : describe(mask);
    throw new DTypeError(`${operation}: where is ${got}; expected a bool NDArray`);
  }
  if (!sameShape(mask.shape, parameter.shape)) {
    throw new ShapeError(
      `${operation}: where has shape ${shapeText(mask.shape)}; expected that of the parameter, ${shapeText(parameter.shape)}`,
    );
  }
}

/**
 * The loss as a number, if there is one.
 * @throws ArgumentError for what is no loss; ShapeError for one of several elements.
 */
export function lossNumber(operation: string, loss: unknown): number | undefined {
  if (loss === undefined || typeof loss === "number") return loss;
  if (loss instanceof Variable) return loss.item();
  throw new ArgumentError(
    `${operation}.step: the loss is ${describe(loss)}; expected a number or a Variable of one element`,
  );
}
