import type { Operand, Variable } from "../../../core/variable.js";
import { add, div, mul, neg, sub } from "../../../functions/arithmetic.js";
import { pow } from "../../../functions/power.js";
import { reshape } from "../../../functions/shape.js";
import { bools, type FunctionCase, given, integers, positive, real } from "./case.js";

type Binary = (a: Operand, b: Operand) => Variable;

/** Ways in which two shapes broadcast; all operands avoid 0, so that they can divide. */
const pairs: [label: string, a: readonly number[], b: readonly number[]][] = [
  ["same shape", [3, 4], [3, 4]],
  ["scalars", [], []],
  ["matrix and scalar", [2, 3], []],
  ["scalar and matrix", [], [2, 3]],
  ["matrix and row", [3, 4], [4]],
  ["column and row", [3, 1], [1, 4]],
  ["vector and column", [4], [3, 1]],
  ["length 1 in the middle", [2, 1, 3], [2, 4, 1]],
  ["more axes on the right", [3], [2, 1, 3]],
  ["one element and vector", [1], [5]],
  ["one element of many axes and scalar", [1, 1, 1], []],
  ["empty", [0, 3], [3]],
  ["empty by a length of 1", [2, 1], [2, 0]],
];

function arithmetic(name: string, f: Binary, operator: string): FunctionCase[] {
  const shaped = pairs.map(
    ([label, a, b]): FunctionCase => ({
      name,
      label,
      inputs: [real(a, -2, 2, [0]), real(b, 0.3, 2)],
      call: (x, y) => f(x, y),
      torch: `x0 ${operator} x1`,
    }),
  );
  return [
    ...shaped,
    {
      name,
      label: "the same input twice",
      inputs: [positive([2, 3])],
      call: (x) => f(x, x),
      torch: `x0 ${operator} x0`,
    },
    {
      name,
      label: "an input and its broadcast self",
      inputs: [positive([3])],
      call: (x) => f(x, reshape(x, [3, 1])),
      torch: `x0 ${operator} x0.reshape(3, 1)`,
    },
    {
      name,
      label: "number on the right",
      inputs: [positive([2, 3])],
      call: (x) => f(x, 2.5),
      torch: `x0 ${operator} 2.5`,
    },
    {
      name,
      label: "number on the left",
      inputs: [positive([2, 3])],
      call: (x) => f(2.5, x),
      torch: `2.5 ${operator} x0`,
    },
    {
      name,
      label: "nested arrays on the right",
      inputs: [positive([2, 1])],
      call: (x) => f(x, [1.5, 0.5, 3]),
      torch: `x0 ${operator} torch.tensor([1.5, 0.5, 3], dtype=x0.dtype)`,
    },
    {
      name,
      label: "int32 on the right",
      inputs: [positive([2, 3]), integers([3], [2, 1, 3])],
      call: (x, n) => f(x, n),
      torch: `x0 ${operator} x1`,
    },
    {
      name,
      label: "int32 on the left",
      inputs: [integers([2, 1], [2, 3]), positive([3])],
      call: (n, x) => f(n, x),
      torch: `x0 ${operator} x1`,
    },
  ];
}

function power(label: string, c: number, low: number, high: number): FunctionCase {
  return { name: "pow", label, inputs: [real([2, 4], low, high)], call: (x) => pow(x, c), torch: `x0 ** ${c}` };
}

export const arithmeticCases: FunctionCase[] = [
  ...arithmetic("add", add, "+"),
  ...arithmetic("sub", sub, "-"),
  ...arithmetic("mul", mul, "*"),
  ...arithmetic("div", div, "/"),
  {
    name: "mul",
    label: "bool on the right",
    inputs: [real([2, 3]), bools([2, 3], [1, 0, 1, 0, 0, 1])],
    call: (x, m) => mul(x, m),
    torch: "x0 * x1",
  },
  {
    name: "div",
    label: "int32 by int32",
    inputs: [integers([3], [7, -2, 9]), integers([3], [2, 4, 3])],
    call: (a, b) => div(a, b),
    torch: "x0 / x1",
    order: 0,
  },
  {
    name: "sub",
    label: "int32 and int32",
    inputs: [integers([3], [7, -2, 9]), integers([2, 1], [2, 4])],
    call: (a, b) => sub(a, b),
    torch: "x0 - x1",
    order: 0,
  },
  { name: "neg", label: "matrix", inputs: [real([3, 4])], call: (x) => neg(x), torch: "-x0" },
  { name: "neg", label: "scalar", inputs: [real([])], call: (x) => neg(x), torch: "-x0" },
  { name: "neg", label: "empty", inputs: [real([0])], call: (x) => neg(x), torch: "-x0" },

  power("exponent 2", 2, -2, 2),
  power("exponent 3", 3, -2, 2),
  power("exponent 1", 1, -2, 2),
  power("exponent 0", 0, -2, 2),
  power("exponent -1", -1, 0.3, 2),
  power("exponent -2 of negative numbers", -2, -2, -0.3),
  power("exponent 0.5", 0.5, 0.2, 3),
  power("exponent -1.7", -1.7, 0.3, 2),
  power("exponent 2.3", 2.3, 0.2, 3),
  { name: "pow", label: "scalar", inputs: [positive([])], call: (x) => pow(x, 1.5), torch: "x0 ** 1.5" },
  { name: "pow", label: "empty", inputs: [positive([2, 0])], call: (x) => pow(x, 1.5), torch: "x0 ** 1.5" },
  {
    name: "pow",
    label: "at 0",
    inputs: [given([3], [0, 0.5, -1])],
    call: (x) => pow(x, 3),
    torch: "x0 ** 3",
  },
  ...pairs.map(
    ([label, a, b]): FunctionCase => ({
      name: "pow",
      label: `Variable exponent, ${label}`,
      inputs: [positive(a), real(b)],
      call: (x, c) => pow(x, c),
      torch: "x0 ** x1",
    }),
  ),
  { name: "pow", label: "the same input twice", inputs: [positive([2, 3])], call: (x) => pow(x, x), torch: "x0 ** x0" },
  { name: "pow", label: "number as base", inputs: [real([2, 3])], call: (c) => pow(2.5, c), torch: "2.5 ** x0" },
  {
    name: "pow",
    label: "int32 exponents of negative numbers",
    inputs: [real([2, 3]), integers([3], [2, 3, -1])],
    call: (x, n) => pow(x, n),
    torch: "x0 ** x1",
  },
];
