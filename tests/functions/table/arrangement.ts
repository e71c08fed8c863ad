import { flip, type PadWidths, pad, repeat, roll, tile } from "../../../functions/arrangement.js";
import { bools, type FunctionCase, integers, real } from "./case.js";

function padded(label: string, shape: number[], widths: PadWidths, torch: number[], value?: number): FunctionCase {
  return {
    name: "pad",
    label,
    inputs: [real(shape)],
    call: (x) => pad(x, widths, value === undefined ? {} : { value }),
    torch: `F.pad(x0, [${torch}], value=${value ?? 0})`,
  };
}

function flipped(label: string, shape: number[], axis?: number | number[]): FunctionCase {
  return {
    name: "flip",
    label,
    inputs: [real(shape)],
    call: (x) => flip(x, { axis }),
    torch: `torch.flip(x0, [${axis ?? shape.map((_, i) => i)}])`,
  };
}

function rolled(label: string, shape: number[], shift: number | number[], axis?: number | number[]): FunctionCase {
  const count = Math.max([shift].flat().length, axis === undefined ? 1 : [axis].flat().length);
  const all = (values: number | number[]) =>
    `(${Array.from({ length: count }, (_, i) => (typeof values === "number" ? values : (values[i] ?? values[0]))).join(", ")},)`;
  return {
    name: "roll",
    label,
    inputs: [real(shape)],
    call: (x) => roll(x, shift, { axis }),
    torch: `torch.roll(x0, ${all(shift)}${axis === undefined ? "" : `, ${all(axis)}`})`,
  };
}

function repeated(label: string, shape: number[], n: number | number[], axis?: number): FunctionCase {
  return {
    name: "repeat",
    label,
    inputs: [real(shape)],
    call: (x) => repeat(x, n, { axis }),
    torch: `torch.repeat_interleave(x0, ${typeof n === "number" ? n : `torch.tensor([${n}])`}, dim=${axis ?? "None"})`,
  };
}

function tiled(label: string, shape: number[], reps: number | number[]): FunctionCase {
  return {
    name: "tile",
    label,
    inputs: [real(shape)],
    call: (x) => tile(x, reps),
    torch: `torch.tile(x0, (${[reps].flat().join(", ")},))`,
  };
}

export const arrangementCases: FunctionCase[] = [
  padded("one width", [2, 3], 1, [1, 1, 1, 1]),
  padded("before and after", [2, 3], [1, 2], [1, 2, 1, 2]),
  padded(
    "a pair for each axis",
    [2, 1, 3],
    [
      [0, 1],
      [2, 0],
      [1, 3],
    ],
    [1, 3, 2, 0, 0, 1],
  ),
  padded(
    "a value",
    [2, 2],
    [
      [1, 0],
      [0, 2],
    ],
    [0, 2, 1, 0],
    -2.5,
  ),
  padded("width 0", [2, 2], 0, [0, 0, 0, 0]),
  padded("nothing inside", [0, 2], 1, [1, 1, 1, 1], 3),
  {
    name: "pad",
    label: "int32",
    inputs: [integers([3], [1, -2, 3])],
    call: (x) => pad(x, [2, 1], { value: 7 }),
    torch: "F.pad(x0, (2, 1), value=7)",
    order: 0,
  },
  {
    name: "pad",
    label: "bool",
    inputs: [bools([3], [1, 0, 1])],
    call: (x) => pad(x, 1, { value: 1 }),
    torch: "F.pad(x0.long(), (1, 1), value=1)",
    order: 0,
  },
  flipped("all axes", [2, 3]),
  flipped("one axis", [2, 3], 1),
  flipped("several, negative", [2, 3, 2], [-1, 0]),
  flipped("axis of length 1", [1, 3], 0),
  flipped("scalar", []),
  rolled("in row-major order", [2, 3], 2),
  rolled("backward", [2, 3], -1),
  rolled("along an axis", [3, 4], 1, 1),
  rolled("further than the axis is long", [3, 4], -7, -1),
  rolled("one shift along several axes", [3, 4], 2, [0, 1]),
  rolled("a shift for each axis", [3, 2, 4], [1, -3], [0, -1]),
  rolled("one axis twice", [5], [1, 2], [0, 0]),
  rolled("by nothing", [3, 2], 3, 0),
  rolled("no elements", [0, 2], 1, 0),
  repeated("flattened", [2, 3], 2),
  repeated("rows", [2, 3], 3, 0),
  repeated("last axis", [2, 3], 2, -1),
  repeated("counts", [3, 2], [2, 0, 3], 0),
  repeated("counts on the middle axis", [2, 3, 2], [1, 2, 0], 1),
  repeated("zero times", [2, 2], 0, 1),
  repeated("scalar", [], 3),
  tiled("a number", [3], 2),
  tiled("a number for a matrix", [2, 2], 3),
  tiled("each axis", [2, 3], [2, 2]),
  tiled("fewer than axes", [2, 3, 2], [2, 1]),
  tiled("more than axes", [2, 3], [2, 1, 2]),
  tiled("once", [2, 3], [1, 1]),
  tiled("zero times", [2, 2], [0, 2]),
  tiled("scalar", [], [2, 3]),
];
