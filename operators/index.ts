/*
 * Plain operators for those who compile with tsover: `a * b + c` on Variables. Importing this installs the methods that tsover's
 * code calls, by the symbols of its runtime; without it nothing changes. docs/operators.md.
 */
import { Operator } from "tsover-runtime";
import type { Shape } from "../core/shape.js";
import { type Operand, Variable } from "../core/variable.js";
import { add, div, floor, mul, pow, sub } from "../functions/index.js";

/**
 * An operator. The compiler takes the first signature that fits: numbers and Variables of the same shape keep the shape, for other
 * operands the shape is not known, since tsover's operators cannot be generic.
 */
interface OperatorMethod<S extends Shape> {
  (left: Variable<S>, right: number): Variable<S>;
  (left: number, right: Variable<S>): Variable<S>;
  (left: Operand, right: Operand): Variable;
}

declare module "../core/variable.js" {
  interface Variable<S extends Shape = Shape> {
    [Operator.plus]: OperatorMethod<S>;
    [Operator.minus]: OperatorMethod<S>;
    [Operator.star]: OperatorMethod<S>;
    [Operator.slash]: OperatorMethod<S>;
    [Operator.starStar]: OperatorMethod<S>;
    [Operator.percent]: OperatorMethod<S>;
  }
}

/**
 * What is left of `a` after taking `b` away as often as it goes, with the sign of `b`, as `%` in Python and PyTorch; integers as
 * float32. It is `a - floor(a / b) * b`, so that the quotient should be one the dtype can hold.
 */
export function remainder(a: Operand, b: Operand): Variable {
  return sub(a, mul(floor(div(a, b)), b));
}

const operators: [symbol: symbol, fn: (a: Operand, b: Operand) => Variable][] = [
  [Operator.plus, add],
  [Operator.minus, sub],
  [Operator.star, mul],
  [Operator.slash, div],
  [Operator.starStar, pow],
  [Operator.percent, remainder],
];

for (const [symbol, fn] of operators) {
  Object.defineProperty(Variable.prototype, symbol, {
    value: (left: Operand, right: Operand) => fn(left, right),
    writable: true,
    configurable: true,
  });
}
