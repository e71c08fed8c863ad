import { array } from "../../core/creation.js";
import { DTypeError, IndexError, ShapeError } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import * as numeric from "../../core/numeric.js";
import { type Shape, sameShape, shapeText } from "../../core/shape.js";
import { asVariable, type Operand, Variable } from "../../core/variable.js";
import { floating } from "../dtype.js";

/** The target beside a prediction (..., classes): int32 of shape (...), or of the shape of the prediction. */
export function targetOf(operation: string, prediction: Variable, t: Operand): Variable {
  const classes = prediction.shape.slice(0, -1);
  if (prediction.ndim === 0)
    throw new ShapeError(`${operation}: the prediction is a scalar; expected shape (..., classes)`);
  // Nested arrays of integers are classes or one-hot; others are probabilities and take the dtype of the prediction.
  const asClasses = asVariable(operation, t, { dtype: "int32" });
  const literal = !(t instanceof Variable || t instanceof NDArray || ArrayBuffer.isView(t));
  const target = literal && asClasses.dtype !== "int32" ? asVariable(operation, t, prediction) : asClasses;
  if (sameShape(target.shape, prediction.shape)) return target;
  if (!sameShape(target.shape, classes)) {
    throw new ShapeError(
      `${operation}: the prediction has shape ${shapeText(prediction.shape)} and the target ${shapeText(target.shape)}; ` +
        `expected classes of shape ${shapeText(classes)} or probabilities of shape ${shapeText(prediction.shape)}`,
    );
  }
  if (target.dtype !== "int32") {
    throw new DTypeError(
      `${operation}: a target of shape ${shapeText(target.shape)} holds classes and is ${target.dtype}; expected int32`,
    );
  }
  return target;
}

/**
 * The classes in `target`, copied.
 * @throws IndexError for a class that is neither among those of the prediction nor `ignoreIndex`.
 */
export function classesOf(
  operation: string,
  prediction: Variable,
  target: Variable,
  ignoreIndex: number | null = null,
): Int32Array {
  const count = prediction.shape[prediction.ndim - 1]!;
  const classes = target.data.toTypedArray() as Int32Array;
  const wrong = classes.findIndex((id) => (id < 0 || id >= count) && id !== ignoreIndex);
  if (wrong < 0) return classes;
  throw new IndexError(
    `${operation}: class ${classes[wrong]} at position ${wrong} is out of range for ${count} classes; expected 0 to ${count - 1}`,
  );
}

/** The flat positions of `classes` in a prediction of `count` classes. */
export function positionsOf(classes: Int32Array, count: number): NDArray {
  return array(classes.map((id, i) => i * count + id));
}

/** Ones at flat positions in zeros of the shape and dtype of `like`. */
export function oneHotAt(
  positions: NDArray,
  like: { readonly shape: Shape; readonly dtype: NDArray["dtype"] },
): NDArray {
  return numeric.addRows(numeric.filled([positions.size], 1, like.dtype), positions, 1, like.shape);
}

/**
 * The share of predictions `y` (..., classes) whose largest entry is at the class that `t` tells: classes (int32 of shape
 * (...)) or one-hot vectors of the shape of `y`. A scalar of the dtype of `y` without a gradient.
 * @throws ShapeError when the shapes do not fit; DTypeError when classes are not int32; IndexError for a class that is not
 * among those of `y`.
 */
export function accuracy(y: Operand, t: Operand): Variable {
  const prediction = floating("accuracy", y);
  const target = targetOf("accuracy", prediction, t);
  const axis = prediction.ndim - 1;
  const classes =
    target.ndim < prediction.ndim
      ? array(classesOf("accuracy", prediction, target)).reshape(target.shape)
      : numeric.argReduce("argmax", target.data, axis, false);
  const hits = numeric.compare("equal", numeric.argReduce("argmax", prediction.data, axis, false), classes);
  const count = numeric.reduce("sum", hits.reshape([hits.size]).astype(prediction.dtype), [0], false);
  return new Variable(numeric.binary("div", count, numeric.filled([], hits.size, count.dtype)), false);
}
