import { ellipsis, newAxis, slice } from "../../../core/slicing.js";
import { getItem, type Index, oneHot, takeAlongAxis } from "../../../functions/indexing.js";
import { bools, type FunctionCase, integers, real } from "./case.js";

function item(label: string, shape: number[], indices: Index[], torch: string): FunctionCase {
  return { name: "getItem", label, inputs: [real(shape)], call: (x) => getItem(x, ...indices), torch };
}

function along(label: string, shape: number[], idShape: number[], ids: number[], axis: number): FunctionCase {
  return {
    name: "takeAlongAxis",
    label,
    inputs: [real(shape), integers(idShape, ids)],
    call: (x, i) => takeAlongAxis(x, i, { axis }),
    torch: `torch.take_along_dim(x0, x1, dim=${axis})`,
  };
}

const reversed = slice(null, null, -1);

export const indexingCases: FunctionCase[] = [
  item("integer", [3, 4], [1], "x0[1]"),
  item("negative integer", [3, 4], [-1], "x0[-1]"),
  item("integers on all axes", [3, 4], [2, -3], "x0[2, -3]"),
  item("no index", [2, 3], [], "x0[...]"),
  item("scalar and no index", [], [], "x0[()]"),
  item("scalar and new axes", [], [newAxis, newAxis], "x0[None, None]"),
  item("slice", [5, 3], [slice(1, 4)], "x0[1:4]"),
  item("slice to the end, second axis", [2, 5], [slice(), slice(2)], "x0[:, 2:]"),
  item("negative bounds", [6, 2], [slice(-4, -1)], "x0[-4:-1]"),
  item("bounds outside the axis", [4, 2], [slice(-9, 9)], "x0[-9:9]"),
  item("step", [7, 2], [slice(1, null, 3)], "x0[1::3]"),
  item("negative step", [3, 4], [reversed], "torch.flip(x0, (0,))"),
  item("negative step and an integer", [3, 4], [reversed, 2], "torch.flip(x0, (0,))[:, 2]"),
  item("negative step with bounds", [8], [slice(6, 1, -2)], "torch.flip(x0[2:7:2], (0,))"),
  item("empty slice", [3, 2], [slice(2, 1)], "x0[2:1]"),
  item("ellipsis first", [2, 3, 4], [ellipsis, 1], "x0[..., 1]"),
  item("ellipsis in the middle", [2, 3, 2, 3], [1, ellipsis, slice(0, 2)], "x0[1, ..., 0:2]"),
  item("ellipsis for nothing", [2, 3], [slice(1), ellipsis, 0], "x0[1:, ..., 0]"),
  item("new axes", [2, 3], [newAxis, slice(), newAxis, slice(1)], "x0[None, :, None, 1:]"),
  item("axis of length 1", [1, 3], [slice(), slice(0, 2)], "x0[:, 0:2]"),
  item("rows by integers", [4, 3], [[2, 0, 3]], "x0[[2, 0, 3]]"),
  item("rows that repeat", [3, 2], [[0, 2, 0, 0, -1]], "x0[[0, 2, 0, 0, -1]]"),
  item("single position in a typed array", [4, 3], [Int32Array.of(1)], "x0[torch.tensor([1])]"),
  item("integers, no rows", [3, 2], [Int32Array.of()], "x0[torch.zeros(0, dtype=torch.int64)]"),
  item(
    "integers in two dimensions",
    [4, 3],
    [
      [
        [3, 1, 3],
        [0, 0, 2],
      ],
    ],
    "x0[torch.tensor([[3, 1, 3], [0, 0, 2]])]",
  ),
  item("integers on the last axis", [2, 5], [slice(), [4, 0, 4]], "x0[:, [4, 0, 4]]"),
  item("integers on the middle axis", [2, 4, 3], [slice(), [3, 1]], "x0[:, [3, 1]]"),
  item(
    "two arrays together",
    [3, 4],
    [
      [0, 2, 2],
      [1, 3, 3],
    ],
    "x0[[0, 2, 2], [1, 3, 3]]",
  ),
  item(
    "two arrays that broadcast",
    [3, 4, 2],
    [
      [[0], [2]],
      [1, 3, -1],
    ],
    "x0[[[0], [2]], [1, 3, -1]]",
  ),
  item("adjacent arrays after a slice", [2, 3, 4], [slice(), [0, 2], [3, 1]], "x0[:, [0, 2], [3, 1]]"),
  item(
    "adjacent arrays between slices",
    [2, 3, 3, 2],
    [reversed, [0, 2], [2, 1], slice(1)],
    "torch.flip(x0, (0,))[:, [0, 2], [2, 1], 1:]",
  ),
  item("arrays apart from each other", [3, 4, 3], [[0, 2], slice(), [2, 1]], "x0[[0, 2], :, [2, 1]]"),
  item("arrays apart, after a slice", [2, 3, 2, 3], [slice(1), [0, 2], slice(), [2, 1]], "x0[1:, [0, 2], :, [2, 1]]"),
  item("arrays around an ellipsis", [3, 2, 4], [[0, 2, 1], ellipsis, [3, 3, 0]], "x0[[0, 2, 1], ..., [3, 3, 0]]"),
  item("array beside an integer", [2, 3, 4], [slice(), 1, [3, 0]], "x0[:, 1, :][:, [3, 0]]"),
  item("array apart from an integer", [2, 3, 4], [1, slice(), [3, 0]], "x0[1][:, [3, 0]].T"),
  item("array and a stepped slice", [4, 6], [[3, 0, 3], slice(5, 0, -2)], "torch.flip(x0[[3, 0, 3]][:, 1:6:2], (1,))"),
  item("array and a new axis", [3, 4], [[2, 2], newAxis, slice(1, 3)], "x0[[2, 2]][:, None, 1:3]"),
  item("mask of rows", [4, 2], [[true, false, true, true]], "x0[[True, False, True, True]]"),
  item("mask of the last axis", [2, 4], [slice(), [true, false, false, true]], "x0[:, [True, False, False, True]]"),
  item("mask that is all false", [2, 3], [[false, false]], "x0[[False, False]]"),
  item(
    "mask of two axes, before a third",
    [2, 3, 2],
    [
      [
        [true, false, true],
        [false, true, false],
      ],
    ],
    "x0[torch.tensor([[True, False, True], [False, True, False]])]",
  ),
  item(
    "mask with an integer array",
    [4, 3],
    [
      [true, false, true, false],
      [2, 1],
    ],
    "x0[[True, False, True, False], [2, 1]]",
  ),
  {
    name: "getItem",
    label: "int32 Variable",
    inputs: [real([5, 3]), integers([2, 2], [4, 0, 4, 2])],
    call: (x, ids) => getItem(x, ids),
    torch: "x0[x1]",
  },
  {
    name: "getItem",
    label: "bool Variable",
    inputs: [real([2, 3]), bools([2, 3], [1, 0, 1, 1, 0, 0])],
    call: (x, mask) => getItem(x, mask),
    torch: "x0[x1]",
  },
  {
    name: "getItem",
    label: "scalar int32 Variable",
    inputs: [real([3, 2]), integers([], [-2])],
    call: (x, i) => getItem(x, slice(1), i),
    torch: "x0[1:, -2]",
  },
  {
    name: "getItem",
    label: "int32 data",
    inputs: [integers([2, 3], [1, -2, 3, 4, 5, -6])],
    call: (x) => getItem(x, slice(), [2, 0]),
    torch: "x0[:, [2, 0]]",
    order: 0,
  },
  {
    name: "getItem",
    label: "bool data",
    inputs: [bools([2, 3], [1, 0, 0, 1, 1, 0])],
    call: (x) => getItem(x, [1, 1, 0]),
    torch: "x0[[1, 1, 0]]",
    order: 0,
  },
  along("last axis", [3, 4], [3, 2], [0, 3, 1, 1, 2, 0], -1),
  along("first axis", [3, 4], [1, 4], [2, 0, 1, 2], 0),
  along("middle axis", [2, 3, 2], [2, 4, 2], [0, 1, 2, 2, 1, 0, 0, 0, 2, 1, 0, 2, 1, 1, 2, 2], 1),
  along("ids that broadcast", [2, 3, 2], [1, 2, 1], [2, 0], 1),
  along("data that broadcasts", [1, 3], [2, 2], [2, 0, 1, 1], 1),
  along("no ids", [2, 3], [2, 0], [], 1),
  {
    name: "takeAlongAxis",
    label: "negative ids, last axis unless given",
    inputs: [real([2, 3]), integers([2, 2], [-1, 0, -3, -1])],
    call: (x, ids) => takeAlongAxis(x, ids),
    torch: "torch.take_along_dim(x0, x1 % 3, dim=1)",
  },
  {
    name: "oneHot",
    label: "vector",
    inputs: [integers([4], [2, 0, 1, 2])],
    call: (ids) => oneHot(ids, 3),
    torch: "F.one_hot(x0, 3)",
    order: 0,
  },
  {
    name: "oneHot",
    label: "matrix in float64",
    inputs: [integers([2, 2], [4, 0, 1, 4])],
    call: (ids) => oneHot(ids, 5, { dtype: "float64" }),
    torch: "F.one_hot(x0, 5)",
    order: 0,
  },
  {
    name: "oneHot",
    label: "scalar in bool",
    inputs: [integers([], [1])],
    call: (ids) => oneHot(ids, 3, { dtype: "bool" }),
    torch: "F.one_hot(x0, 3)",
    order: 0,
  },
];
