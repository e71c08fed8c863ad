import { ShapeError } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import * as numeric from "../core/numeric.js";
import { shapeText, sizeOf } from "../core/shape.js";
import type { LinearShape, MatMulShape, OuterShape } from "../core/shape-types/matmul.js";
import type { Checked, Result, ShapeOf } from "../core/shape-types/operand.js";
import { asVariable, type Operand, type Variable } from "../core/variable.js";
import { FrugalBroadcasting, left, mul } from "./arithmetic.js";
import { reshape, transpose } from "./shape.js";

/**
 * The product of operands of two or more axes, each with its last two exchanged if so told; batch axes broadcast. The gradients are
 * such products again, so that they lie in memory as the operands do and are added up without a detour.
 */
class MatMul extends FrugalBroadcasting {
  constructor(
    private readonly swapsA: boolean,
    private readonly swapsB: boolean,
  ) {
    super();
  }

  override forward(a: NDArray, b: NDArray): NDArray {
    return numeric.matmul(this.swapsA ? swapped(a) : a, this.swapsB ? swapped(b) : b);
  }

  override gradients(gy: Variable): (Variable | null)[] {
    const { swapsA, swapsB } = this;
    const [needsA, needsB] = [this.needs(0), this.needs(1)];
    const a = needsB ? this.input(0) : null;
    const b = needsA ? this.input(1) : null;
    return [
      b === null ? null : swapsA ? product(b, gy, swapsB, true) : product(gy, b, false, !swapsB),
      a === null ? null : swapsB ? product(gy, a, true, swapsA) : product(a, gy, !swapsA, false),
    ];
  }
}

function product(a: Variable, b: Variable, swapsA = false, swapsB = false): Variable {
  return new MatMul(swapsA, swapsB).apply(a, b);
}

/** A view with the last two axes exchanged. */
function swapped(x: NDArray): NDArray {
  if (x.ndim === 2) return x.transpose();
  const axes = x.shape.map((_, axis) => axis);
  return x.transpose([...axes.slice(0, -2), x.ndim - 1, x.ndim - 2]);
}

class Linear extends FrugalBroadcasting {
  override forward(x: NDArray, W: NDArray, b?: NDArray): NDArray {
    const rows = x.reshape(rowsOf(x));
    const y = b === undefined ? numeric.matmul(rows, W) : numeric.affine(rows, W, b);
    return y.reshape([...x.shape.slice(0, -1), W.shape[1]!]);
  }

  override gradients(gy: Variable): (Variable | null)[] {
    const gRows = reshape(gy, rowsOf(gy));
    const gx = this.needs(0) ? reshape(product(gRows, this.input(1), false, true), this.inputs[0]!.shape) : null;
    const gW = this.needs(1) ? product(asRows(this.input(0)), gRows, true, false) : null;
    return this.inputs.length === 2 ? [gx, gW] : [gx, gW, this.needs(2) ? gy : null];
  }
}

/** The shape of `x` as a matrix whose rows run along its last axis. */
function rowsOf({ shape }: { readonly shape: readonly number[] }): readonly number[] {
  return shape.length === 2 ? shape : [sizeOf(shape.slice(0, -1)), shape[shape.length - 1]!];
}

function asRows(x: Variable): Variable {
  return reshape(x, rowsOf(x));
}

/**
 * NumPy's `a @ b`: `(..., m, k) @ (..., k, n)` gives `(..., m, n)`, batch axes broadcast. A 1-D `a` counts as one row and a 1-D
 * `b` as one column, whose axis goes again. The result has the wider dtype of the two; bools multiply as int32.
 * @throws ShapeError for scalars, when the inner dimensions differ or the batch axes do not broadcast.
 */
export function matmul<const A extends Operand, const B extends Operand>(
  a: A,
  b: Checked<B, MatMulShape<ShapeOf<A>, ShapeOf<B>>>,
): Variable<Result<MatMulShape<ShapeOf<A>, ShapeOf<B>>>>;
export function matmul(a: Operand, b: Operand): Variable {
  const x = left("matmul", a, b);
  const y = asVariable("matmul", b, x);
  if (x.ndim === 2 && y.ndim === 2) return product(x, y);
  checkProduct("matmul", x, y);
  if (y.ndim <= 2) {
    // One product of all rows, instead of one for each matrix of the batch.
    const columns = y.ndim === 1 ? reshape(y, [y.size, 1]) : y;
    return reshape(product(asRows(x), columns), [...x.shape.slice(0, -1), ...y.shape.slice(1)]);
  }
  if (x.ndim > 1) return product(x, y);
  return reshape(product(asRows(x), y), [...y.shape.slice(0, -2), y.shape[y.ndim - 1]!]);
}

/**
 * NumPy's `dot`: `matmul` for 1-D and 2-D operands, `mul` when one is a scalar; else the sum over the last axis of `a` and the
 * last but one of `b`, whose other axes follow those of `a` in the result.
 * @throws ShapeError when the inner dimensions differ.
 */
export function dot(a: Operand, b: Operand): Variable {
  const x = left("dot", a, b);
  const y = asVariable("dot", b, x);
  if (x.ndim === 0 || y.ndim === 0) return mul(x, y);
  checkProduct("dot", x, y);
  if (y.ndim <= 2) return matmul(x, y);
  const k = y.ndim - 2;
  const rest = y.shape.map((_, axis) => axis).filter((axis) => axis !== k);
  const restShape = rest.map((axis) => y.shape[axis]!);
  const columns = reshape(transpose(y, [k, ...rest]), [y.shape[k]!, sizeOf(restShape)]);
  return reshape(product(asRows(x), columns), [...x.shape.slice(0, -1), ...restShape]);
}

/**
 * `x @ W + b`: `(..., in)` gives `(..., out)` with `W` of shape `(in, out)` and, if given, `b` of shape `(out,)`.
 * PyTorch's `linear` takes the transpose of `W`.
 * @throws ShapeError when the shapes do not fit.
 */
export function linear<const X extends Operand, const W extends Operand>(
  x: X,
  W: Checked<W, LinearShape<ShapeOf<X>, ShapeOf<W>>>,
  b?: Operand,
): Variable<Result<LinearShape<ShapeOf<X>, ShapeOf<W>>>>;
export function linear(x: Operand, W: Operand, b?: Operand): Variable {
  const weight = asVariable("linear", W);
  const input = asVariable("linear", x, weight);
  if (weight.ndim !== 2 || input.ndim === 0 || input.shape[input.ndim - 1] !== weight.shape[0]) {
    throw new ShapeError(
      `linear: x ${shapeText(input.shape)} does not fit W ${shapeText(weight.shape)}; expected x (..., in) and W (in, out)`,
    );
  }
  if (b === undefined) return new Linear().apply(input, weight);
  const bias = asVariable("linear", b, weight);
  if (bias.ndim !== 1 || bias.size !== weight.shape[1]) {
    throw new ShapeError(
      `linear: b ${shapeText(bias.shape)} does not fit W ${shapeText(weight.shape)}; expected b (${weight.shape[1]},)`,
    );
  }
  return new Linear().apply(input, weight, bias);
}

/** The products of every element of `a` with every element of `b`, both flattened: `(a.size, b.size)`, as NumPy's `outer`. */
export function outer<const A extends Operand, const B extends Operand>(
  a: A,
  b: B,
): Variable<OuterShape<ShapeOf<A>, ShapeOf<B>>>;
export function outer(a: Operand, b: Operand): Variable {
  const x = left("outer", a, b);
  const y = asVariable("outer", b, x);
  return mul(reshape(x, [x.size, 1]), reshape(y, [1, y.size]));
}

function checkProduct(operation: string, a: Variable, b: Variable): void {
  const shapes = `${shapeText(a.shape)} @ ${shapeText(b.shape)}`;
  if (a.ndim === 0 || b.ndim === 0) {
    throw new ShapeError(
      `${operation}: a scalar has no rows: ${shapes}; expected an axis or more on both sides, or mul`,
    );
  }
  const k = a.shape[a.ndim - 1]!;
  const rows = b.shape[Math.max(0, b.ndim - 2)]!;
  if (k !== rows) {
    const fitting = b.ndim === 1 ? `length ${k}` : `${k} rows`;
    throw new ShapeError(
      `${operation}: inner dimensions differ: ${shapes}; expected the second operand to have ${fitting}`,
    );
  }
}
