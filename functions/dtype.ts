import { checkDType, type DType, floatOf } from "../core/dtype.js";
import { FrugalFunction } from "../core/frugal-function.js";
import type { NDArray } from "../core/ndarray.js";
import type { DataShape } from "../core/shape-types/operand.js";
import { asVariable, type Operand, type Variable } from "../core/variable.js";

class AsType extends FrugalFunction {
  constructor(private readonly dtype: DType) {
    super();
  }

  override forward(x: NDArray): NDArray {
    return x.astype(this.dtype);
  }

  override backward(gy: Variable): Variable {
    return astype(gy, this.inputs[0]!.dtype);
  }
}

/**
 * `x` in another dtype, itself when it has it already. Toward int32 it truncates, toward bool it tells what is not 0;
 * between floating-point types the gradient passes in the dtype of `x`.
 * @throws DTypeError when `dtype` is unknown.
 */
export function astype<const X extends Operand>(x: X, dtype: DType): Variable<DataShape<X>>;
export function astype(x: Operand, dtype: DType): Variable {
  checkDType("astype", dtype);
  const input = asVariable("astype", x);
  return input.dtype === dtype ? input : new AsType(dtype).apply(input);
}

/** @internal `x` as floating-point: integers and bools become float32, as in every function such as exp. */
export function floating(operation: string, x: Operand): Variable {
  const input = asVariable(operation, x);
  return astype(input, floatOf(input.dtype));
}
