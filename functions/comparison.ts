import type { CompareOp } from "../core/backend/kernels.js";
import { GraphError } from "../core/errors.js";
import { Function } from "../core/function.js";
import type { NDArray } from "../core/ndarray.js";
import { compare } from "../core/numeric.js";
import { asVariable, type Operand } from "../core/variable.js";
import { left } from "./arithmetic.js";
import type { BinaryFunction } from "./signatures.js";

/** An elementwise comparison: a bool Variable, which no gradient flows to. */
class Comparison extends Function {
  constructor(private readonly op: CompareOp) {
    super();
  }

  override get name(): string {
    return this.op;
  }

  override forward(a: NDArray, b: NDArray): NDArray {
    return compare(this.op, a, b);
  }

  override backward(): never {
    throw new GraphError(`${this.op} is not differentiable`);
  }
}

function comparison(op: CompareOp): BinaryFunction {
  return ((a: Operand, b: Operand) => {
    const x = left(op, a, b);
    return new Comparison(op).apply(x, asVariable(op, b, x));
  }) as BinaryFunction;
}

/** `a == b`, broadcast, as bools; NaN equals nothing. Not differentiable. */
export const equal = comparison("equal");
/** `a != b`, broadcast, as bools. Not differentiable. */
export const notEqual = comparison("notEqual");
/** `a < b`, broadcast, as bools. Not differentiable. */
export const less = comparison("less");
/** `a <= b`, broadcast, as bools. Not differentiable. */
export const lessEqual = comparison("lessEqual");
/** `a > b`, broadcast, as bools. Not differentiable. */
export const greater = comparison("greater");
/** `a >= b`, broadcast, as bools. Not differentiable. */
export const greaterEqual = comparison("greaterEqual");
