import { mul } from "../../../functions/arithmetic.js";
import { cat, split, stack, unbind } from "../../../functions/joining.js";
import { bools, type FunctionCase, integers, real } from "./case.js";

const names = (count: number) => Array.from({ length: count }, (_, i) => `x${i}`).join(", ");

function joined(label: string, shapes: number[][], axis?: number): FunctionCase {
  return {
    name: "cat",
    label,
    inputs: shapes.map((shape) => real(shape)),
    call: (...xs) => cat(xs, axis === undefined ? {} : { axis }),
    torch: `torch.cat([${names(shapes.length)}], dim=${axis ?? 0})`,
  };
}

function stacked(label: string, count: number, shape: number[], axis?: number): FunctionCase {
  return {
    name: "stack",
    label,
    inputs: Array.from({ length: count }, () => real(shape)),
    call: (...xs) => stack(xs, axis === undefined ? {} : { axis }),
    torch: `torch.stack([${names(count)}], dim=${axis ?? 0})`,
  };
}

function unbound(label: string, shape: number[], axis?: number): FunctionCase {
  return {
    name: "unbind",
    label,
    inputs: [real(shape)],
    call: (x) => unbind(x, axis === undefined ? {} : { axis }),
    torch: `torch.unbind(x0, dim=${axis ?? 0})`,
  };
}

function parted(label: string, shape: number[], parts: number | number[], axis?: number): FunctionCase {
  return {
    name: "split",
    label,
    inputs: [real(shape)],
    call: (x) => split(x, parts, axis === undefined ? {} : { axis }),
    torch: `torch.tensor_split(x0, ${typeof parts === "number" ? parts : `(${parts.join(", ")},)`}, dim=${axis ?? 0})`,
  };
}

export const joiningCases: FunctionCase[] = [
  joined("vectors", [[3], [2]]),
  joined("rows", [
    [2, 3],
    [1, 3],
    [3, 3],
  ]),
  joined(
    "columns",
    [
      [2, 3],
      [2, 1],
    ],
    1,
  ),
  joined(
    "last axis",
    [
      [2, 1, 3],
      [2, 1, 2],
    ],
    -1,
  ),
  joined("one operand", [[2, 2]]),
  joined("an empty operand", [
    [0, 2],
    [2, 2],
  ]),
  {
    name: "cat",
    label: "the same operand twice",
    inputs: [real([2, 2])],
    call: (x) => cat([x, mul(x, x), x], { axis: 1 }),
    torch: "torch.cat([x0, x0 * x0, x0], dim=1)",
  },
  {
    name: "cat",
    label: "mixed dtypes",
    inputs: [real([2]), integers([2], [3, -4]), bools([1], [1])],
    call: (x, i, b) => cat([i, x, b]),
    torch: "torch.cat([x1, x0, x2])",
  },
  {
    name: "cat",
    label: "int32 and bool",
    inputs: [integers([2], [3, -4]), bools([2], [1, 0])],
    call: (i, b) => cat([b, i]),
    torch: "torch.cat([x1, x0])",
    order: 0,
  },
  stacked("first axis", 3, [2, 2]),
  stacked("middle axis", 2, [2, 3], 1),
  stacked("last axis", 2, [2, 3], -1),
  stacked("scalars", 4, []),
  stacked("one operand", 1, [3], 1),
  {
    name: "stack",
    label: "mixed dtypes",
    inputs: [integers([2], [3, -4]), real([2])],
    call: (i, x) => stack([i, x], { axis: 1 }),
    torch: "torch.stack([x0.double(), x1], dim=1)",
  },
  unbound("first axis", [3, 2]),
  unbound("middle axis", [2, 3, 2], 1),
  unbound("last axis", [2, 3], -1),
  unbound("to scalars", [3]),
  {
    name: "unbind",
    label: "one of the outputs unused",
    inputs: [real([3, 2])],
    call: (x) => {
      const [a, , c] = unbind(x);
      return mul(a!, c!);
    },
    torch: "x0[0] * x0[2]",
  },
  parted("equal parts", [6, 2], 3),
  parted("one part", [3], 1),
  parted("equal parts of the last axis", [2, 4], 2, -1),
  parted("cut points", [7], [2, 3, 6]),
  parted("cut points on the middle axis", [2, 5, 2], [1, 4], 1),
  parted("negative cut points", [6], [-4, -1]),
  parted("cut points that leave empty parts", [4, 2], [0, 2, 2, 4]),
  {
    name: "split",
    label: "one of the outputs unused",
    inputs: [real([6])],
    call: (x) => {
      const [, b, c] = split(x, 3);
      return mul(b!, c!);
    },
    torch: "x0[2:4] * x0[4:]",
  },
];
