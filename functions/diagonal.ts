import { bytesOf } from "../core/dtype.js";
import { ArgumentError, AxisError } from "../core/errors.js";
import { FrugalFunction } from "../core/frugal-function.js";
import type { NDArray } from "../core/ndarray.js";
import { filled } from "../core/numeric.js";
import { checkOptions } from "../core/options.js";
import { normalizeAxis, type Shape, shapeText } from "../core/shape.js";
import { asVariable, type Operand, type Variable } from "../core/variable.js";
import { sum } from "./reduce.js";

/** Which diagonal: `offset` above the main one, in the planes of two axes (normalized). */
interface Place {
  offset: number;
  axis1: number;
  axis2: number;
}

/** The diagonal of `x` as its last axis: a view. */
function diagonalView(x: NDArray, { offset, axis1, axis2 }: Place): NDArray {
  const down = Math.max(0, -offset);
  const right = Math.max(0, offset);
  const length = Math.max(0, Math.min(x.shape[axis1]! - down, x.shape[axis2]! - right));
  const rest = x.shape.map((_, axis) => axis).filter((axis) => axis !== axis1 && axis !== axis2);
  const row = x.strides[axis1]!;
  const column = x.strides[axis2]!;
  return x.view(
    x.address + (down * row + right * column) * bytesOf(x.dtype),
    [...rest.map((axis) => x.shape[axis]!), length],
    [...rest.map((axis) => x.strides[axis]!), row + column],
  );
}

class Diagonal extends FrugalFunction {
  constructor(private readonly place: Place) {
    super();
  }

  override forward(x: NDArray): NDArray {
    return diagonalView(x, this.place);
  }

  override backward(gy: Variable): Variable {
    return new DiagonalGrad(this.inputs[0]!.shape, this.place).apply(gy);
  }
}

/** Zeros of `shape` around the given diagonal: the adjoint of `Diagonal`. */
class DiagonalGrad extends FrugalFunction {
  constructor(
    private readonly shape: Shape,
    private readonly place: Place,
  ) {
    super();
  }

  override forward(gy: NDArray): NDArray {
    const out = filled(this.shape, 0, gy.dtype);
    diagonalView(out, this.place).assign(gy);
    return out;
  }

  override backward(gx: Variable): Variable {
    return new Diagonal(this.place).apply(gx);
  }
}

/** Options of `diagonal` and `trace`. */
export interface DiagonalOptions {
  /** How far above the main diagonal; negative below it. */
  offset?: number;
  /** The axis of the rows: 0 unless given. */
  axis1?: number;
  /** The axis of the columns: 1 unless given. */
  axis2?: number;
}

/**
 * The diagonal of the matrices that lie along `axis1` and `axis2`, as the last axis of the result, as in NumPy; a view.
 * @throws AxisError when an axis is out of range, or both are the same; ArgumentError when the offset is not an integer.
 */
export function diagonal(x: Operand, options: DiagonalOptions = {}): Variable {
  checkOptions("diagonal", options, ["offset", "axis1", "axis2"]);
  return diagonalOf("diagonal", x, options);
}

/**
 * The sum of the diagonal of the matrices that lie along `axis1` and `axis2`.
 * @throws as `diagonal`.
 */
export function trace(x: Operand, options: DiagonalOptions = {}): Variable {
  checkOptions("trace", options, ["offset", "axis1", "axis2"]);
  return sum(diagonalOf("trace", x, options), { axis: -1 });
}

function diagonalOf(operation: string, x: Operand, { offset = 0, axis1 = 0, axis2 = 1 }: DiagonalOptions): Variable {
  const input = asVariable(operation, x);
  const place = {
    offset,
    axis1: normalizeAxis(operation, axis1, input.ndim),
    axis2: normalizeAxis(operation, axis2, input.ndim),
  };
  if (place.axis1 === place.axis2) {
    throw new AxisError(
      `${operation}: axis1 and axis2 are both axis ${place.axis1} of ${shapeText(input.shape)}; expected two different axes`,
    );
  }
  if (!Number.isInteger(offset)) throw new ArgumentError(`${operation}: expected an integer offset, got ${offset}`);
  return new Diagonal(place).apply(input);
}
