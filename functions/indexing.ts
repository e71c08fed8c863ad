import { arange, array } from "../core/creation.js";
import { checkDType, type DType } from "../core/dtype.js";
import { DTypeError, IndexError, ShapeError } from "../core/errors.js";
import { FrugalFunction } from "../core/frugal-function.js";
import { type ArrayIndex, indexArray, type Selection, selection } from "../core/indexing.js";
import { NDArray, type NestedArray, type NumericArray } from "../core/ndarray.js";
import { addRows, filled } from "../core/numeric.js";
import { checkOptions } from "../core/options.js";
import { rowGradient } from "../core/row-gradient.js";
import { checkShape, normalizeAxis, shapeText } from "../core/shape.js";
import type { OneHotShape } from "../core/shape-types/axes.js";
import type { ShapeOf } from "../core/shape-types/operand.js";
import { asVariable, type Operand, Variable } from "../core/variable.js";

/** What `getItem` takes: NumPy's indices, with `slice(start, stop, step)`, `ellipsis` and `newAxis`. */
export type Index = ArrayIndex | Variable;

class GetItem extends FrugalFunction {
  constructor(private readonly selection: Selection) {
    super();
  }

  override forward(x: NDArray): NDArray {
    return this.selection.take(x);
  }

  override backward(gy: Variable): Variable {
    const { picked } = this.selection;
    const few = picked === undefined ? null : rowGradient(this.inputs[0]!, picked.rows, picked.width, gy.data);
    return few ?? new GetItemGrad(this.selection).apply(gy);
  }
}

class GetItemGrad extends FrugalFunction {
  constructor(private readonly selection: Selection) {
    super();
  }

  override forward(gy: NDArray): NDArray {
    return this.selection.spread(gy);
  }

  override backward(ggx: Variable): Variable {
    return new GetItem(this.selection).apply(ggx);
  }
}

/**
 * What `indices` pick of `x`, by NumPy's rules: integers (negative ones count from the end), `slice(start, stop, step)`,
 * `ellipsis`, `newAxis`, arrays of integers (int32), masks (bool), and combinations. Without arrays the result is a view; where
 * arrays pick an element several times its gradients add up. Arrays broadcast together, and their axes stand in the place of
 * the first one, or come first when something else stands between them.
 * @throws IndexError for a position outside its axis, too many indices or a mask that does not fit; DTypeError for an index array
 * that holds anything but integers or bools; ShapeError when index arrays do not broadcast.
 */
export function getItem(x: Operand, ...indices: readonly Index[]): Variable {
  const input = asVariable("getItem", x);
  return new GetItem(selection("getItem", input.shape, indices.map(unwrapped))).apply(input);
}

/**
 * Elements of `x` at the positions `ids` (int32) along `axis` (the last unless given): `y[i, j, k] = x[i, ids[i, j, k], k]`
 * for axis 1 of 3. The other axes broadcast. The counterpart of NumPy's `take_along_axis` and PyTorch's `take_along_dim`.
 * @throws ShapeError when the numbers of axes differ or another axis does not broadcast; IndexError for a position outside the axis.
 */
export function takeAlongAxis(x: Operand, ids: Operand, options: { axis?: number } = {}): Variable {
  checkOptions("takeAlongAxis", options, ["axis"]);
  const { axis = -1 } = options;
  const input = asVariable("takeAlongAxis", x);
  const { shape } = input;
  const along = normalizeAxis("takeAlongAxis", axis, input.ndim);
  const positions = integerArray("takeAlongAxis", ids);
  if (positions.ndim !== input.ndim) {
    throw new ShapeError(
      `takeAlongAxis: x has shape ${shapeText(shape)} and ids ${shapeText(positions.shape)}; expected equally many axes`,
    );
  }
  const indices = shape.map((n, i) => {
    if (i === along) return positions;
    const m = positions.shape[i]!;
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(
        `takeAlongAxis: x of shape ${shapeText(shape)} and ids of shape ${shapeText(positions.shape)} do not fit along axis ${along}: ` +
          `axis ${i} has lengths ${n} and ${m}; expected equal lengths or 1`,
      );
    }
    return arange(n, { dtype: "int32" }).reshape(shape.map((_, j) => (j === i ? n : 1)));
  });
  return new GetItem(selection("takeAlongAxis", shape, indices)).apply(input);
}

/**
 * Rows of the identity: `ids` (int32) of any shape to `(...shape, n)`, float32 unless given, with 1 at each id and 0 elsewhere.
 * @throws IndexError for an id outside 0 to n - 1; DTypeError when `ids` are not integers; ShapeError when `n` is no length.
 */
export function oneHot<const X extends Operand, const N extends number>(
  ids: X,
  n: N,
  options?: { dtype?: DType },
): Variable<OneHotShape<ShapeOf<X>, N>>;
export function oneHot(ids: Operand, n: number, options: { dtype?: DType } = {}): Variable {
  checkOptions("oneHot", options, ["dtype"]);
  const { dtype = "float32" } = options;
  checkDType("oneHot", dtype);
  checkShape("oneHot", [n]);
  const classes = integerArray("oneHot", ids);
  const positions = classes.toTypedArray() as Int32Array;
  for (let i = 0; i < positions.length; i++) {
    const id = positions[i]!;
    if (id < 0 || id >= n) throw new IndexError(`oneHot: id ${id} is out of range; expected 0 to ${n - 1}`);
    positions[i] = i * n + id;
  }
  const ones = filled([positions.length], 1, dtype);
  return new Variable(addRows(ones, array(positions), 1, [...classes.shape, n]), false);
}

function unwrapped(index: Index): ArrayIndex {
  return index instanceof Variable ? index.data : index;
}

/** `ids` as an int32 array. */
function integerArray(operation: string, ids: Operand): NDArray {
  const given = unwrapped(ids) as NDArray | NumericArray | NestedArray;
  const positions = given instanceof NDArray ? given : indexArray(operation, given);
  if (positions.dtype === "int32") return positions;
  throw new DTypeError(`${operation}: ids are ${positions.dtype}; expected int32`);
}
