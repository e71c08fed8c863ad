import type { Operand, Variable } from "../../../core/variable.js";
import { equal, greater, greaterEqual, less, lessEqual, notEqual } from "../../../functions/comparison.js";
import { bools, type FunctionCase, given, integers } from "./case.js";

function comparison(name: string, f: (a: Operand, b: Operand) => Variable, operator: string): FunctionCase[] {
  const torch = `x0 ${operator} x1`;
  const a = given([2, 3], [1, -2, 0.5, 0, 3, -0.25]);
  const line = (label: string, inputs: FunctionCase["inputs"], expression = torch): FunctionCase => ({
    name,
    label,
    inputs,
    call: (x, y) => f(x, y),
    torch: expression,
    order: 0,
  });
  return [
    line("same shape, with equals", [a, given([2, 3], [1, 2, 0.5, -1, 3, 0.25])]),
    line("matrix and row", [a, given([3], [1, -2, 0.5])]),
    line("column and row", [given([3, 1], [1, 2, 3]), given([1, 2], [2, 3])]),
    line("scalars", [given([], [0.5]), given([], [0.5])]),
    line("empty", [given([0], []), given([0], [])]),
    line("int32 and float", [integers([3], [1, 2, 3]), given([3], [1, 2.5, 2.5])]),
    line("int32", [integers([3], [1, 2, 3]), integers([3], [1, 3, 2])]),
    line("bool", [bools([4], [0, 0, 1, 1]), bools([4], [0, 1, 0, 1])]),
    { ...line("number on the right", [a], `x0 ${operator} 0.5`), call: (x) => f(x, 0.5) },
    { ...line("number on the left", [a], `0.5 ${operator} x0`), call: (x) => f(0.5, x) },
    { ...line("the same input twice", [a], `x0 ${operator} x0`), call: (x) => f(x, x) },
  ];
}

export const comparisonCases: FunctionCase[] = [
  ...comparison("equal", equal, "=="),
  ...comparison("notEqual", notEqual, "!="),
  ...comparison("less", less, "<"),
  ...comparison("lessEqual", lessEqual, "<="),
  ...comparison("greater", greater, ">"),
  ...comparison("greaterEqual", greaterEqual, ">="),
];
