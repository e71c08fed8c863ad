import type { Operand, Variable } from "../../../core/variable.js";
import { mul } from "../../../functions/arithmetic.js";
import { greater } from "../../../functions/comparison.js";
import { clip, maximum, minimum, where } from "../../../functions/selection.js";
import { bools, type FunctionCase, given, real } from "./case.js";

function extreme(name: string, f: (a: Operand, b: Operand) => Variable): FunctionCase[] {
  const pairs: [string, number[], number[]][] = [
    ["same shape", [3, 4], [3, 4]],
    ["scalars", [], []],
    ["matrix and row", [3, 4], [4]],
    ["column and row", [3, 1], [1, 4]],
    ["scalar and vector", [], [5]],
    ["one element and matrix", [1], [2, 3]],
    ["empty", [0, 2], [1, 2]],
  ];
  const torch = `torch.${name}(x0, x1)`;
  return [
    ...pairs.map(
      ([label, a, b]): FunctionCase => ({ name, label, inputs: [real(a), real(b)], call: (x, y) => f(x, y), torch }),
    ),
    {
      name,
      label: "ties",
      inputs: [given([4], [1, -0.5, 0.25, 2]), given([4], [1, 0.5, 0.25, 1])],
      call: (x, y) => f(x, y),
      torch,
    },
    { name, label: "the same input twice", inputs: [real([3])], call: (x) => f(x, x), torch: `torch.${name}(x0, x0)` },
    {
      name,
      label: "number on the right",
      inputs: [real([5])],
      call: (x) => f(x, 0),
      torch: `torch.${name}(x0, torch.zeros_like(x0))`,
    },
    {
      name,
      label: "number on the left",
      inputs: [real([5])],
      call: (x) => f(0, x),
      torch: `torch.${name}(torch.zeros_like(x0), x0)`,
    },
  ];
}

function clipped(label: string, min: number | null, max: number | null, shape: number[]): FunctionCase {
  const bounds = [min, max].filter((b) => b !== null);
  const python = (b: number | null) => (b === null ? "None" : String(b));
  return {
    name: "clip",
    label,
    inputs: [real(shape, -2, 2, [0, ...bounds])],
    call: (x) => clip(x, min, max),
    torch: `torch.clip(x0, ${python(min)}, ${python(max)})`,
  };
}

const condition = bools([2, 3], [1, 0, 0, 1, 1, 0]);

export const selectionCases: FunctionCase[] = [
  ...extreme("maximum", maximum),
  ...extreme("minimum", minimum),

  {
    name: "where",
    label: "same shape",
    inputs: [condition, real([2, 3]), real([2, 3])],
    call: (c, a, b) => where(c, a, b),
    torch: "torch.where(x0, x1, x2)",
  },
  {
    name: "where",
    label: "all three broadcast",
    inputs: [bools([2, 1, 1], [1, 0]), real([3, 1]), real([4])],
    call: (c, a, b) => where(c, a, b),
    torch: "torch.where(x0, x1, x2)",
  },
  {
    name: "where",
    label: "matrix condition of scalars",
    inputs: [condition, real([]), real([])],
    call: (c, a, b) => where(c, a, b),
    torch: "torch.where(x0, x1, x2)",
  },
  {
    name: "where",
    label: "scalar condition",
    inputs: [bools([], [1]), real([2, 3]), real([3])],
    call: (c, a, b) => where(c, a, b),
    torch: "torch.where(x0, x1, x2)",
  },
  {
    name: "where",
    label: "number on the right",
    inputs: [condition, real([2, 3])],
    call: (c, a) => where(c, a, -1.5),
    torch: "torch.where(x0, x1, torch.full_like(x1, -1.5))",
  },
  {
    name: "where",
    label: "number on the left",
    inputs: [condition, real([3])],
    call: (c, b) => where(c, -1.5, b),
    torch: "torch.where(x0, torch.full_like(x1, -1.5), x1)",
  },
  {
    name: "where",
    label: "the same input twice, and in the condition",
    inputs: [real([6])],
    call: (x) => where(greater(x, 0), x, mul(x, x)),
    torch: "torch.where(x0 > 0, x0, x0 * x0)",
  },
  {
    name: "where",
    label: "empty",
    inputs: [bools([0, 3], []), real([0, 3]), real([3])],
    call: (c, a, b) => where(c, a, b),
    torch: "torch.where(x0, x1, x2)",
  },

  clipped("both bounds", -0.8, 1.1, [3, 5]),
  clipped("below only", -0.5, null, [6]),
  clipped("above only", null, 0.5, [6]),
  clipped("equal bounds", 0.5, 0.5, [4]),
  clipped("scalar", -0.8, 1.1, []),
  clipped("one element", -0.8, 1.1, [1, 1]),
  clipped("empty", -0.8, 1.1, [0]),
];
