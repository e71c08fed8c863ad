import type { Variable } from "../../../core/variable.js";
import * as F from "../../../functions/math.js";
import { type FunctionCase, given, type Input, real } from "./case.js";

type Elementwise = (x: Variable) => Variable;

/** An elementwise function over several shapes, within the interval where it is defined. */
function elementwise(
  name: string,
  f: Elementwise,
  torch: string,
  low: number,
  high: number,
  avoid: number[] = [0],
): FunctionCase[] {
  const shapes: [string, readonly number[]][] = [
    ["matrix", [3, 4]],
    ["scalar", []],
    ["one element", [1, 1]],
    ["empty", [0, 3]],
    ["three axes with a length of 1", [2, 1, 5]],
  ];
  return shapes.map(([label, shape]) => ({
    name,
    label,
    inputs: [real(shape, low, high, avoid)],
    call: (x) => f(x),
    torch,
  }));
}

function at(name: string, label: string, f: Elementwise, torch: string, input: Input): FunctionCase {
  return { name, label, inputs: [input], call: (x) => f(x), torch };
}

const halves = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5];

export const mathCases: FunctionCase[] = [
  ...elementwise("exp", F.exp, "torch.exp(x0)", -3, 3),
  ...elementwise("expm1", F.expm1, "torch.expm1(x0)", -3, 3),
  at("expm1", "near 0", F.expm1, "torch.expm1(x0)", given([4], [1e-5, -1e-5, 1e-9, -3e-7])),
  ...elementwise("log", F.log, "torch.log(x0)", 0.1, 4),
  ...elementwise("log1p", F.log1p, "torch.log1p(x0)", -0.9, 4),
  at("log1p", "near 0", F.log1p, "torch.log1p(x0)", given([4], [1e-5, -1e-5, 1e-9, -3e-7])),
  ...elementwise("sqrt", F.sqrt, "torch.sqrt(x0)", 0.1, 4),
  ...elementwise("rsqrt", F.rsqrt, "torch.rsqrt(x0)", 0.2, 4),
  ...elementwise("square", F.square, "torch.square(x0)", -3, 3),
  ...elementwise("reciprocal", F.reciprocal, "torch.reciprocal(x0)", 0.3, 3),
  at("reciprocal", "negative", F.reciprocal, "torch.reciprocal(x0)", real([3], -3, -0.3)),
  ...elementwise("abs", F.abs, "torch.abs(x0)", -2, 2),
  ...elementwise("sign", F.sign, "torch.sign(x0)", -2, 2),
  ...elementwise("floor", F.floor, "torch.floor(x0)", -3, 3, [-2, -1, 0, 1, 2]),
  ...elementwise("ceil", F.ceil, "torch.ceil(x0)", -3, 3, [-2, -1, 0, 1, 2]),
  ...elementwise("round", F.round, "torch.round(x0)", -3, 3, halves),
  at("round", "halves", F.round, "torch.round(x0)", given([6], halves)),
  ...elementwise("sin", F.sin, "torch.sin(x0)", -5, 5),
  at("sin", "large", F.sin, "torch.sin(x0)", given([3], [100.5, -321, 54.25])),
  ...elementwise("cos", F.cos, "torch.cos(x0)", -5, 5),
  at("cos", "large", F.cos, "torch.cos(x0)", given([3], [100.5, -321, 54.25])),
  ...elementwise("tan", F.tan, "torch.tan(x0)", -1.2, 1.2),
  ...elementwise("asin", F.asin, "torch.asin(x0)", -0.9, 0.9),
  ...elementwise("acos", F.acos, "torch.acos(x0)", -0.9, 0.9),
  ...elementwise("atan", F.atan, "torch.atan(x0)", -4, 4),
  ...elementwise("sinh", F.sinh, "torch.sinh(x0)", -2.5, 2.5),
  ...elementwise("cosh", F.cosh, "torch.cosh(x0)", -2.5, 2.5),
  ...elementwise("tanh", F.tanh, "torch.tanh(x0)", -3, 3),
  at("tanh", "saturated", F.tanh, "torch.tanh(x0)", given([4], [25, -25, 8, -8])),
  ...elementwise("erf", F.erf, "torch.erf(x0)", -2.5, 2.5),
  at("erf", "at 0 and saturated", F.erf, "torch.erf(x0)", given([5], [0, 7, -7, 1e-8, 3.5])),
  ...elementwise("sigmoid", F.sigmoid, "torch.sigmoid(x0)", -4, 4),
  at("sigmoid", "saturated", F.sigmoid, "torch.sigmoid(x0)", given([4], [40, -40, 800, -800])),
];
