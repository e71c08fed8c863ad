import { mul } from "../../../functions/arithmetic.js";
import { astype } from "../../../functions/dtype.js";
import {
  broadcastTo,
  expandDims,
  flatten,
  reshape,
  squeeze,
  sumTo,
  swapaxes,
  transpose,
} from "../../../functions/shape.js";
import { bools, type FunctionCase, given, integers, real } from "./case.js";

function reshaped(label: string, from: number[], to: number[]): FunctionCase {
  return { name: "reshape", label, inputs: [real(from)], call: (x) => reshape(x, to), torch: `x0.reshape([${to}])` };
}

function transposed(label: string, shape: number[], axes?: number[]): FunctionCase {
  const order = axes ?? shape.map((_, i) => shape.length - 1 - i);
  return {
    name: "transpose",
    label,
    inputs: [real(shape)],
    call: (x) => transpose(x, axes),
    torch: `x0.permute([${order}])`,
  };
}

function swapped(label: string, shape: number[], a: number, b: number): FunctionCase {
  return {
    name: "swapaxes",
    label,
    inputs: [real(shape)],
    call: (x) => swapaxes(x, a, b),
    torch: `x0.swapaxes(${a}, ${b})`,
  };
}

function broadcast(label: string, from: number[], to: number[]): FunctionCase {
  return {
    name: "broadcastTo",
    label,
    inputs: [real(from)],
    call: (x) => broadcastTo(x, to),
    torch: `x0.broadcast_to([${to}])`,
  };
}

function summed(label: string, from: number[], to: number[]): FunctionCase {
  return { name: "sumTo", label, inputs: [real(from)], call: (x) => sumTo(x, to), torch: `x0.sum_to_size([${to}])` };
}

function squeezed(label: string, shape: number[], axis: number | number[] | undefined, torch: string): FunctionCase {
  return { name: "squeeze", label, inputs: [real(shape)], call: (x) => squeeze(x, { axis }), torch };
}

function expanded(label: string, shape: number[], axis: number | number[], to: number[]): FunctionCase {
  return {
    name: "expandDims",
    label,
    inputs: [real(shape)],
    call: (x) => expandDims(x, axis),
    torch: `x0.reshape([${to}])`,
  };
}

export const shapeCases: FunctionCase[] = [
  reshaped("other lengths", [3, 4], [2, 6]),
  reshaped("a length left open", [3, 4], [2, -1, 2]),
  reshaped("to one axis", [2, 3], [-1]),
  reshaped("same shape", [2, 3], [2, 3]),
  reshaped("scalar to one element", [], [1, 1]),
  reshaped("one element to scalar", [1, 1], []),
  reshaped("empty", [0, 3], [3, 0, 2]),
  {
    name: "reshape",
    label: "used twice",
    inputs: [real([2, 3])],
    call: (x) => mul(reshape(x, [3, 2]), reshape(x, [3, 2])),
    torch: "x0.reshape(3, 2) * x0.reshape(3, 2)",
  },
  {
    name: "reshape",
    label: "of a transpose",
    inputs: [real([2, 3, 2])],
    call: (x) => reshape(transpose(x), [4, 3]),
    torch: "x0.permute(2, 1, 0).reshape(4, 3)",
  },

  transposed("matrix", [3, 4]),
  transposed("three axes reversed", [2, 3, 4]),
  transposed("three axes rotated", [2, 3, 4], [1, 2, 0]),
  transposed("negative axes", [2, 3, 4], [-1, 0, -2]),
  transposed("four axes", [2, 1, 3, 2], [0, 3, 1, 2]),
  transposed("vector", [4]),
  transposed("scalar", []),
  transposed("empty", [0, 3]),

  swapped("outer axes", [2, 3, 4], 0, 2),
  swapped("negative axes", [2, 3, 4], -1, -2),
  swapped("an axis with itself", [2, 3], 1, 1),
  swapped("empty", [2, 0], 0, 1),

  broadcast("scalar", [], [2, 3]),
  broadcast("row", [3], [2, 3]),
  broadcast("column", [2, 1], [2, 3]),
  broadcast("both ways", [3, 1], [2, 3, 4]),
  broadcast("one element", [1], [5]),
  broadcast("same shape", [2, 3], [2, 3]),
  broadcast("to empty", [1, 3], [0, 3]),

  summed("to scalar", [2, 3], []),
  summed("to row", [2, 3], [3]),
  summed("to column", [2, 3], [2, 1]),
  summed("both ways", [2, 3, 4], [3, 1]),
  summed("to one element of many axes", [2, 3], [1, 1]),
  summed("same shape", [2, 3], [2, 3]),
  summed("scalar", [], []),
  summed("empty to zeros", [0, 3], [1, 3]),

  squeezed("all", [1, 3, 1, 2], undefined, "x0.squeeze()"),
  squeezed("one axis", [1, 3, 1], 0, "x0.squeeze(0)"),
  squeezed("negative axis", [1, 3, 1], -1, "x0.squeeze(-1)"),
  squeezed("two axes", [1, 3, 1], [0, -1], "x0.reshape(3)"),
  squeezed("nothing to squeeze", [2, 3], undefined, "x0.squeeze()"),
  squeezed("one element", [1, 1], undefined, "x0.squeeze()"),
  squeezed("scalar", [], undefined, "x0.squeeze()"),
  squeezed("empty", [1, 0], 0, "x0.squeeze(0)"),

  expanded("front", [2, 3], 0, [1, 2, 3]),
  expanded("middle", [2, 3], 1, [2, 1, 3]),
  expanded("end, negative", [2, 3], -1, [2, 3, 1]),
  expanded("two axes", [2, 3], [0, -1], [1, 2, 3, 1]),
  expanded("scalar", [], 0, [1]),
  expanded("empty", [0], 1, [0, 1]),

  { name: "flatten", label: "matrix", inputs: [real([2, 3])], call: (x) => flatten(x), torch: "x0.flatten()" },
  { name: "flatten", label: "vector", inputs: [real([3])], call: (x) => flatten(x), torch: "x0.flatten()" },
  { name: "flatten", label: "scalar", inputs: [real([])], call: (x) => flatten(x), torch: "x0.flatten()" },
  { name: "flatten", label: "empty", inputs: [real([0, 2])], call: (x) => flatten(x), torch: "x0.flatten()" },

  {
    name: "astype",
    label: "float64",
    inputs: [real([2, 3])],
    call: (x) => astype(x, "float64"),
    torch: "x0.to(torch.float64)",
  },
  {
    name: "astype",
    label: "float to int32, toward zero",
    inputs: [given([5], [1.7, -1.7, 0.2, -0.9, 3])],
    call: (x) => astype(x, "int32"),
    torch: "x0.to(torch.int32)",
    order: 0,
  },
  {
    name: "astype",
    label: "float to bool",
    inputs: [given([3], [0, 0.25, -2])],
    call: (x) => astype(x, "bool"),
    torch: "x0.to(torch.bool)",
    order: 0,
  },
  {
    name: "astype",
    label: "int32 to float64",
    inputs: [integers([3], [0, 7, -2])],
    call: (x) => astype(x, "float64"),
    torch: "x0.to(torch.float64)",
    order: 0,
  },
  {
    name: "astype",
    label: "bool to int32",
    inputs: [bools([3], [0, 1, 1])],
    call: (x) => astype(x, "int32"),
    torch: "x0.to(torch.int32)",
    order: 0,
  },
];
