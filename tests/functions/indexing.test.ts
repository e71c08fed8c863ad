import { grad } from "../../core/backward.js";
import { arange, array, randomNormal } from "../../core/creation.js";
import { gradcheck } from "../../core/gradcheck.js";
import type { NDArray } from "../../core/ndarray.js";
import { seed } from "../../core/rng.js";
import { sizeOf } from "../../core/shape.js";
import { ellipsis, newAxis, slice } from "../../core/slicing.js";
import { type Variable, variable } from "../../core/variable.js";
import { getItem, type Index, oneHot, takeAlongAxis } from "../../functions/indexing.js";
import "../../functions/index.js";

beforeEach(() => {
  seed(11);
});

const random = (...shape: number[]) => randomNormal(shape, { dtype: "float64" });
const counted = (...shape: number[]) => arange(sizeOf(shape), { dtype: "float64" }).reshape(shape);
const int32 = { dtype: "int32" } as const;

function thrown(f: () => unknown): [name: string, message: string] {
  try {
    f();
  } catch (error) {
    return [(error as Error).name, (error as Error).message];
  }
  throw new Error("nothing was thrown");
}

// From NumPy 1.24: shape and values of np.arange(size).reshape(shape)[indices], which are the positions that are picked.
const cases: [shape: number[], indices: Index[], picked: number[], positions: number[]][] = [
  [
    [3, 4, 1],
    [[true, true, true], [2]],
    [3, 1],
    [2, 6, 10],
  ],
  [[1, 1], [[true], -1], [1], [0]],
  [
    [2, 2, 2, 4],
    [
      -2,
      [
        [false, false],
        [true, true],
      ],
      [[1, 1]],
    ],
    [1, 2],
    [9, 13],
  ],
  [
    [3, 1, 4, 3],
    [
      newAxis,
      -2,
      ellipsis,
      [
        [true, false, true],
        [false, false, true],
        [false, false, true],
        [false, true, true],
      ],
    ],
    [6, 1, 1],
    [12, 14, 17, 20, 22, 23],
  ],
  [
    [4, 1, 2, 4],
    [slice(-5, null, 2), [0, -1], [1, 1], 3],
    [2, 2],
    [7, 7, 23, 23],
  ],
  [
    [2, 2, 4],
    [slice(0, null, 1), slice(-1, 2, 1), [[3, 1, -1]]],
    [2, 1, 1, 3],
    [7, 5, 7, 15, 13, 15],
  ],
  [[2, 3, 3], [slice(1, 0), [-2, -2]], [0, 2, 3], []],
  [
    [3, 1],
    [[[1, 2, 1]], [0]],
    [1, 3],
    [1, 2, 1],
  ],
  [
    [2, 4, 1],
    [-2, 3, [[-1, 0, 0]]],
    [1, 3],
    [3, 3, 3],
  ],
  [[4], [[[1, 3, -1]]], [1, 3], [1, 3, 3]],
  [
    [1, 4, 4, 2],
    [slice(-1), [-4, 1, -4]],
    [1, 3, 4, 2],
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7],
  ],
  [
    [4, 2, 3, 2],
    [
      [
        [2, 3],
        [-1, -1],
      ],
      slice(0, -1, 2),
    ],
    [2, 2, 1, 3, 2],
    [24, 25, 26, 27, 28, 29, 36, 37, 38, 39, 40, 41, 36, 37, 38, 39, 40, 41, 36, 37, 38, 39, 40, 41],
  ],
  [
    [2, 2],
    [[-1, -2], slice()],
    [2, 2],
    [2, 3, 0, 1],
  ],
  [[2, 3, 2], [[[-1]], -3, [-2]], [1, 1], [6]],
  [
    [2, 1, 3, 1],
    [
      [
        [-1, -2],
        [1, -2],
      ],
      [[-1, 0]],
      [
        [-3, 2],
        [1, -1],
      ],
      [[-1, -1]],
    ],
    [2, 2],
    [3, 2, 4, 2],
  ],
  [
    [3, 2, 2, 3],
    [[-3, 1, -1], [1, -1, -1], newAxis, [1, 0, -2], newAxis, [-1, -3, 1]],
    [3, 1, 1],
    [11, 18, 31],
  ],
  [
    [1, 2, 3, 4],
    [newAxis, slice(null, null, 1), [0, 0]],
    [1, 1, 2, 3, 4],
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  ],
  [
    [4, 3, 2, 2],
    [
      [
        [-4, 2],
        [2, -4],
      ],
      [
        [0, 0],
        [-1, -1],
      ],
      ellipsis,
      newAxis,
      [
        [1, 0],
        [-1, 0],
      ],
    ],
    [2, 2, 2, 1],
    [1, 3, 24, 26, 33, 35, 8, 10],
  ],
  [
    [3, 2, 3],
    [
      [0, 2],
      [true, false],
      [-2, 1],
    ],
    [2],
    [1, 13],
  ],
  [[3], [ellipsis, [[1, 1, 2]]], [1, 3], [1, 1, 2]],
  [
    [1, 4, 1, 1],
    [[-1, -1, 0], [true, false, true, true], ellipsis, [-1, -1, 0]],
    [3, 1],
    [0, 2, 3],
  ],
  [[3], [newAxis, newAxis, [false, false, false]], [1, 1, 0], []],
  [
    [2, 1, 4],
    [slice(-2, 2), newAxis, [-1]],
    [2, 1, 1, 4],
    [0, 1, 2, 3, 4, 5, 6, 7],
  ],
  [[2, 1], [[1, 0]], [2, 1], [1, 0]],
  [[4, 2, 2], [true, newAxis, slice(1, 0, 2), newAxis, true, slice(null, 2, 2)], [1, 1, 0, 1, 1, 2], []],
  [[4, 1, 3], [slice(-3, 0, -2), [-1], -1], [1, 1], [5]],
  [[3, 4], [0, [true, true, false, true]], [3], [0, 1, 3]],
  [
    [2, 2, 3],
    [newAxis, slice(0, null, -1), 1, ellipsis, [false, true, true]],
    [2, 1, 1],
    [4, 5],
  ],
  [[1, 1, 1, 4], [[0], [-1], [-1], newAxis, [-1]], [1, 1], [3]],
  [[4, 2, 4], [[-2, -4]], [2, 2, 4], [16, 17, 18, 19, 20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7]],
  [[2, 2, 3, 3], [ellipsis, [0, -2, 0], [1], 1, [true, true, true]], [3], [12, 13, 14]],
  [[3], [newAxis, [0, -2, -1]], [1, 3], [0, 1, 2]],
  [
    [1, 1, 3, 3],
    [
      slice(null, null, 2),
      newAxis,
      newAxis,
      [0],
      [
        [false, false, true],
        [true, true, true],
        [false, true, true],
      ],
    ],
    [1, 1, 1, 6],
    [2, 3, 4, 5, 7, 8],
  ],
  [[1, 2, 1, 2], [-1, [0, 1], [0, -1], newAxis, slice(-3, 0, 1)], [2, 1, 0], []],
  [
    [2, 2, 1, 1],
    [newAxis, ellipsis, newAxis, -1, newAxis, newAxis, [[0, 0, 0]]],
    [1, 3, 1, 2, 2, 1, 1, 1],
    [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3],
  ],
  [
    [1, 3, 3, 3],
    [ellipsis, newAxis, [2, -3]],
    [1, 3, 3, 1, 2],
    [2, 0, 5, 3, 8, 6, 11, 9, 14, 12, 17, 15, 20, 18, 23, 21, 26, 24],
  ],
  [
    [3, 3, 1, 4],
    [
      [
        [true, false, false],
        [false, true, true],
        [true, true, false],
      ],
    ],
    [5, 1, 4],
    [0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31],
  ],
  [
    [2, 2, 4, 2],
    [[-2], ellipsis],
    [1, 2, 4, 2],
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  ],
  [
    [2, 4, 2, 3],
    [newAxis, ellipsis, [2, -4, 0], [[0, -2, 0]], slice(2, 4)],
    [1, 2, 1, 3, 1],
    [14, 2, 2, 38, 26, 26],
  ],
  [
    [4, 2, 3],
    [slice(null, 2), newAxis, 0, [2, 2]],
    [2, 1, 2],
    [2, 2, 8, 8],
  ],
  [
    [2, 4, 1],
    [newAxis, ellipsis, 0, [0, -1, 0]],
    [1, 2, 3],
    [0, 0, 0, 4, 4, 4],
  ],
  [
    [1, 3],
    [newAxis, [[false, true, true]]],
    [1, 2],
    [1, 2],
  ],
  [[3, 2, 1, 1], [[2, -2], -1, [-1, -1], 0], [2], [5, 3]],
  [[2, 3, 2, 4], [[-1], slice(3, -4), slice(null, 3, 2), 3], [1, 0, 1], []],
  [
    [1, 1, 1],
    [newAxis, [0, 0, -1], ellipsis],
    [1, 3, 1, 1],
    [0, 0, 0],
  ],
  [
    [4, 2],
    [[[-4, 0, 2]], newAxis, newAxis, slice(-1, 2, 2)],
    [1, 3, 1, 1, 1],
    [1, 1, 5],
  ],
  [
    [4, 2, 2, 2],
    [newAxis, [-4], [-2, 0], [-1, 1], [1, -2]],
    [1, 2],
    [3, 2],
  ],
  [
    [1, 1, 2, 3],
    [true, [true], ellipsis],
    [1, 1, 2, 3],
    [0, 1, 2, 3, 4, 5],
  ],
  [
    [4, 4, 1],
    [
      slice(5, 1),
      [0, 1],
      [
        [-1, -1],
        [0, 0],
      ],
    ],
    [0, 2, 2],
    [],
  ],
  [
    [2, 3, 3],
    [[1, -2, -2], ellipsis, -2],
    [3, 3],
    [10, 13, 16, 1, 4, 7, 1, 4, 7],
  ],
  [
    [2, 4, 2],
    [
      ellipsis,
      [
        [false, false],
        [false, false],
        [false, false],
        [true, true],
      ],
    ],
    [2, 2],
    [6, 7, 14, 15],
  ],
  [
    [3, 3, 1, 1],
    [
      [
        [false, false, false],
        [false, false, false],
        [false, true, false],
      ],
      ellipsis,
      [-1, -1, 0],
    ],
    [3, 1],
    [7, 7, 7],
  ],
  [
    [4, 1, 2, 3],
    [ellipsis, [-1, 0], [-2, -2], slice(-2, -1, 2)],
    [4, 2, 1],
    [1, 1, 7, 7, 13, 13, 19, 19],
  ],
  [
    [2, 3, 4],
    [[1, -1, -1], slice(-4, 1, 2), -1],
    [3, 1],
    [15, 15, 15],
  ],
  [
    [4, 2, 2, 3],
    [[-3, 2], newAxis, slice(-3, 3), slice(2, null, -1)],
    [2, 1, 2, 2, 3],
    [15, 16, 17, 12, 13, 14, 21, 22, 23, 18, 19, 20, 27, 28, 29, 24, 25, 26, 33, 34, 35, 30, 31, 32],
  ],
  [[4, 4, 1, 1], [[[-2]], ellipsis, slice(null, -2, -1), -1, [-1]], [1, 1, 1], [11]],
  [
    [4, 1, 3],
    [-4, [-1, 0]],
    [2, 3],
    [0, 1, 2, 0, 1, 2],
  ],
  [
    [3, 1, 1, 1],
    [[-3, 0], [-1, -1], [true], slice(-1, 1)],
    [2, 1],
    [0, 0],
  ],
  [
    [1, 2, 3, 4],
    [
      [true],
      newAxis,
      newAxis,
      [
        [true, true, false],
        [false, false, true],
      ],
      ellipsis,
      -2,
    ],
    [3, 1, 1],
    [2, 6, 22],
  ],
  [
    [2, 2, 1],
    [
      newAxis,
      [1, 1],
      [
        [1, -1],
        [1, -2],
      ],
      slice(null, 1),
    ],
    [1, 2, 2, 1],
    [3, 3, 3, 2],
  ],
  [[2, 3, 4], [-1, [[-2]], 2], [1, 1], [18]],
  [
    [2, 4],
    [slice(-3, -1), [-2, 1]],
    [1, 2],
    [2, 1],
  ],
  [
    [4, 4, 2],
    [[[0, -4, 3]], [[3, 0, -3]], slice(null, 3, 2)],
    [1, 3, 1],
    [6, 0, 26],
  ],
  [
    [1, 1, 1],
    [[0, 0], ellipsis],
    [2, 1, 1],
    [0, 0],
  ],
  [
    [2, 2, 2, 1],
    [
      [0, 1, -2],
      [
        [true, false],
        [true, true],
      ],
      [0],
    ],
    [3],
    [0, 6, 3],
  ],
  [
    [1, 1, 4, 1],
    [[0, 0], 0, 1],
    [2, 1],
    [1, 1],
  ],
  [
    [1, 3, 1, 1],
    [[-1, 0, -1], ellipsis, 0],
    [3, 3, 1],
    [0, 1, 2, 0, 1, 2, 0, 1, 2],
  ],
  [[4], [false, [1]], [0], []],
  [[1, 2], [[-1, 0], ellipsis, 0], [2], [0, 0]],
  [
    [3, 2],
    [ellipsis, [1, -2, -2]],
    [3, 3],
    [1, 0, 0, 3, 2, 2, 5, 4, 4],
  ],
];

describe("getItem with index arrays", () => {
  const layouts: [string, (x: NDArray) => NDArray][] = [
    ["contiguous", (x) => x],
    ["transposed", (x) => x.transpose().copy().transpose()],
  ];

  describe.each(layouts)("of a %s array", (_, layout) => {
    test.each(cases)("of shape %p by %p", (shape, indices, picked, positions) => {
      const x = variable(layout(random(...shape)));
      const y = getItem(x, ...indices);
      expect(y.shape).toEqual(picked);
      const values = x.toTypedArray();
      expect(Array.from(y.toTypedArray())).toEqual(positions.map((p) => values[p]));

      const gy = variable(random(...picked));
      const [gx] = grad([y], [x], { gradYs: [gy], createGraph: true });
      const sums = new Float64Array(x.size);
      positions.forEach((p, i) => {
        sums[p]! += gy.toTypedArray()[i]!;
      });
      expect(gx!.shape).toEqual(shape);
      gx!.toTypedArray().forEach((value, p) => {
        expect(value).toBeCloseTo(sums[p]!, 12);
      });

      const v = random(...shape);
      const [ggy] = grad([gx!], [gy], { gradYs: [v] });
      expect(Array.from(ggy!.toTypedArray())).toEqual(positions.map((p) => v.toTypedArray()[p]));
    });
  });
});

describe("getItem", () => {
  test("takes every kind of array", () => {
    const x = counted(4, 2);
    const expected = [
      [6, 7],
      [0, 1],
    ];
    const kinds: Index[] = [
      [3, 0],
      [-1, -4],
      Int32Array.of(3, 0),
      Uint8Array.of(3, 0),
      array([3, 0], int32),
      variable(array([3, 0], int32)),
      array([0, 3], int32).slice(slice(null, null, -1)),
    ];
    for (const ids of kinds) expect(getItem(x, ids).toArray()).toEqual(expected);
    const masks: Index[] = [
      [false, true, false, true],
      array([false, true, false, true]),
      variable(array([false, true, false, true])),
    ];
    for (const mask of masks) {
      expect(getItem(x, mask).toArray()).toEqual([
        [2, 3],
        [6, 7],
      ]);
    }
  });

  test("takes masks with other strides", () => {
    const x = counted(2, 3);
    const mask = array([
      [true, false],
      [false, false],
      [true, true],
    ]).transpose();
    expect(getItem(x, mask).toArray()).toEqual([0, 2, 5]);
  });

  test("is a view without arrays, and a copy with them", () => {
    const x = random(3, 4);
    const views = [getItem(x, 1), getItem(x, slice(null, null, -1), newAxis), getItem(x, array(2, int32)), getItem(x)];
    for (const y of views) expect(y.data.storage === x.storage && y.data.base === x.base).toBe(true);
    const copies = [getItem(x, [1]), getItem(x, slice(), [0, 1])];
    for (const y of copies) expect(y.data.base === x.base).toBe(false);
  });

  test("follows its index at the time of the call", () => {
    const x = variable(random(3));
    const ids = array([0, 1], int32);
    const y = getItem(x, ids);
    ids.assign(array([2, 2], int32));
    const [gx] = grad([y], [x], { gradYs: [array([5, 7], { dtype: "float64" })] });
    expect(gx!.toArray()).toEqual([5, 7, 0]);
  });

  test.each(["float32", "float64"] as const)("keeps the dtype %s of its gradient", (dtype) => {
    const x = variable(array([1, 2, 3], { dtype }));
    for (const index of [[0, 0], slice(1), 2]) {
      const y = getItem(x, index);
      expect(grad([y], [x], { gradYs: [array(y.toArray(), { dtype })] })[0]!.dtype).toBe(dtype);
    }
  });

  test("has gradients of third order", () => {
    const f = (x: Variable) => {
      const a = getItem(x, [0, 2, 0], slice(null, null, -1));
      return a.mul(a).mul(getItem(x, newAxis, -1));
    };
    const gy = random(3, 2);
    const gradient = (x: Variable) => grad([f(x)], [x], { gradYs: [gy], createGraph: true })[0]!;
    expect(gradcheck(gradient, [random(3, 2)], { order: 2 })).toBe(true);
  });

  test.each<[string, Index[], string, string]>([
    ["past the end", [3], "IndexError", "getItem: index 3 is out of range for axis 0 with length 3; expected -3 to 2"],
    [
      "past the end of another axis",
      [slice(), newAxis, -5],
      "IndexError",
      "getItem: index -5 is out of range for axis 1 with length 4; expected -4 to 3",
    ],
    [
      "past the end in an array",
      [slice(), [0, 4]],
      "IndexError",
      "getItem: index 4 is out of range for axis 1 with length 4; expected -4 to 3",
    ],
    [
      "before the beginning in an array",
      [[[0], [-4]]],
      "IndexError",
      "getItem: index -4 is out of range for axis 0 with length 3; expected -3 to 2",
    ],
    [
      "past the end beside an array",
      [[0, 1], 4],
      "IndexError",
      "getItem: index 4 is out of range for axis 1 with length 4; expected -4 to 3",
    ],
    ["with too many", [0, 0, 0], "IndexError", "getItem: too many indices: 3 for (3, 4); expected at most 2"],
    [
      "with too many arrays",
      [[0], [0], [0]],
      "IndexError",
      "getItem: too many indices: 3 for (3, 4); expected at most 2",
    ],
    [
      "with a mask of too many axes",
      [array([[[true]]])],
      "IndexError",
      "getItem: too many indices: 3 for (3, 4); expected at most 2",
    ],
    [
      "with two ellipses",
      [ellipsis, [0], ellipsis],
      "IndexError",
      "getItem: 2 ellipses in one index; expected at most one",
    ],
    [
      "with a mask of another length",
      [[true, false]],
      "IndexError",
      "getItem: a mask of shape (2,) does not fit (3, 4) from axis 0 on; expected shape (3,)",
    ],
    [
      "with a mask for another axis",
      [slice(), [true, false, true]],
      "IndexError",
      "getItem: a mask of shape (3,) does not fit (3, 4) from axis 1 on; expected shape (4,)",
    ],
    [
      "with a transposed mask",
      [array([true]).broadcastTo([4, 3])],
      "IndexError",
      "getItem: a mask of shape (4, 3) does not fit (3, 4) from axis 0 on; expected shape (3, 4)",
    ],
    ["that is not whole", [1.5], "IndexError", "getItem: index 1.5 for axis 0 is not an integer; expected -3 to 2"],
    [
      "that is not whole in an array",
      [[0, 0.5]],
      "DTypeError",
      "getItem: index 0.5 in an index array is not an integer; expected integers or bools",
    ],
    [
      "that is NaN in an array",
      [[Number.NaN]],
      "DTypeError",
      "getItem: index NaN in an index array is not an integer; expected integers or bools",
    ],
    [
      "of integers and bools",
      [[0, true]],
      "DTypeError",
      "getItem: an index array mixes integers and bools; expected one or the other",
    ],
    [
      "of floats",
      [array([0, 1])],
      "DTypeError",
      'getItem: an index array is float32; expected int32 positions or a bool mask, such as array(..., { dtype: "int32" })',
    ],
    [
      "of floats in a Variable",
      [variable([0, 1], { dtype: "float64" })],
      "DTypeError",
      'getItem: an index array is float64; expected int32 positions or a bool mask, such as array(..., { dtype: "int32" })',
    ],
    [
      "of a Float32Array",
      [Float32Array.of(0)],
      "DTypeError",
      'getItem: an index array is float32; expected int32 positions or a bool mask, such as array(..., { dtype: "int32" })',
    ],
    [
      "of ragged arrays",
      [[[0, 1], [2]]],
      "ShapeError",
      "array: ragged nesting: expected length 2 at depth 1, got an array of length 1; the first elements have shape (2, 2)",
    ],
    [
      "of arrays that do not broadcast",
      [
        [0, 1],
        [0, 1, 2],
      ],
      "ShapeError",
      "getItem (index arrays): shapes (2,) and (3,) do not broadcast: axis -1 has length 2 on the left and 3 on the right; expected equal lengths or 1",
    ],
    [
      "of text",
      ["0" as never],
      "ArgumentError",
      "getItem: cannot index with string 0; expected integers, slice(start, stop, step), ellipsis, newAxis, or arrays of integers or bools",
    ],
    [
      "of null",
      [null as never],
      "ArgumentError",
      "getItem: cannot index with object null; expected integers, slice(start, stop, step), ellipsis, newAxis, or arrays of integers or bools",
    ],
    [
      "of undefined",
      [undefined as never],
      "ArgumentError",
      "getItem: cannot index with undefined undefined; expected integers, slice(start, stop, step), ellipsis, newAxis, or arrays of integers or bools",
    ],
  ])("by an index %s throws", (_, indices, name, message) => {
    expect(thrown(() => getItem(random(3, 4), ...indices))).toEqual([name, message]);
  });

  test("of an empty axis throws", () => {
    expect(thrown(() => getItem(random(0, 2), [0]))).toEqual([
      "IndexError",
      "getItem: index 0 is out of range for axis 0 with length 0; expected a slice, since the axis is empty",
    ]);
    expect(getItem(random(0, 2), Int32Array.of()).shape).toEqual([0, 2]);
  });
});

describe("takeAlongAxis", () => {
  test("picks what argsort-like positions say", () => {
    const x = array([
      [3, 1, 2],
      [0, 5, 4],
    ]);
    const ids = [
      [1, 2, 0],
      [0, 2, 1],
    ];
    expect(takeAlongAxis(x, ids).toArray()).toEqual([
      [1, 2, 3],
      [0, 4, 5],
    ]);
    expect(takeAlongAxis(x, [[-1], [-3]], { axis: 1 }).toArray()).toEqual([[2], [0]]);
    expect(takeAlongAxis(x, [[1, 0, -2]], { axis: -2 }).toArray()).toEqual([[0, 1, 2]]);
  });

  test.each<[string, () => unknown, string, string]>([
    [
      "an id past the end",
      () => takeAlongAxis(random(2, 3), [[3], [0]], { axis: 1 }),
      "IndexError",
      "takeAlongAxis: index 3 is out of range for axis 1 with length 3; expected -3 to 2",
    ],
    [
      "another number of axes",
      () => takeAlongAxis(random(2, 3), [0, 1]),
      "ShapeError",
      "takeAlongAxis: x has shape (2, 3) and ids (2,); expected equally many axes",
    ],
    [
      "another length",
      () => takeAlongAxis(random(2, 3), [[0], [0], [0]]),
      "ShapeError",
      "takeAlongAxis: x of shape (2, 3) and ids of shape (3, 1) do not fit along axis 1: axis 0 has lengths 2 and 3; expected equal lengths or 1",
    ],
    [
      "float ids",
      () => takeAlongAxis(random(2, 3), array([[0], [1]])),
      "DTypeError",
      "takeAlongAxis: ids are float32; expected int32",
    ],
    [
      "bools",
      () => takeAlongAxis(random(2, 3), [[true], [false]]),
      "DTypeError",
      "takeAlongAxis: ids are bool; expected int32",
    ],
    [
      "a scalar",
      () => takeAlongAxis(1, 0),
      "AxisError",
      "takeAlongAxis: axis -1 does not exist: the operand is a scalar and has no axes",
    ],
    [
      "an axis out of range",
      () => takeAlongAxis(random(2, 3), [[0]], { axis: 2 }),
      "AxisError",
      "takeAlongAxis: axis 2 is out of range for 2 dimensions; expected -2 to 1",
    ],
  ])("of %s throws", (_, f, name, message) => {
    expect(thrown(f)).toEqual([name, message]);
  });
});

describe("oneHot", () => {
  test("has its dtype, and is a constant", () => {
    const y = oneHot([[1], [0]], 2);
    expect([y.dtype, y.shape, y.requiresGrad]).toEqual(["float32", [2, 1, 2], false]);
    expect(y.toArray()).toEqual([[[0, 1]], [[1, 0]]]);
    expect(oneHot([1], 2, { dtype: "bool" }).toArray()).toEqual([[false, true]]);
    expect(oneHot([1], 2, { dtype: "int32" }).dtype).toBe("int32");
    expect(oneHot(Int32Array.of(), 3).shape).toEqual([0, 3]);
  });

  test.each<[string, () => unknown, string, string]>([
    ["an id past the end", () => oneHot([0, 3], 3), "IndexError", "oneHot: id 3 is out of range; expected 0 to 2"],
    ["a negative id", () => oneHot([-1], 3), "IndexError", "oneHot: id -1 is out of range; expected 0 to 2"],
    [
      "fractions",
      () => oneHot([0.5], 3),
      "DTypeError",
      "oneHot: index 0.5 in an index array is not an integer; expected integers or bools",
    ],
    ["floats", () => oneHot(array([0, 1]), 3), "DTypeError", "oneHot: ids are float32; expected int32"],
    ["half a class", () => oneHot([0], 2.5), "ShapeError", "oneHot: a shape holds non-negative integers, got (2.5,)"],
    [
      "an unknown dtype",
      () => oneHot([0], 2, { dtype: "int8" as never }),
      "DTypeError",
      "oneHot: unknown dtype int8; expected one of bool, int32, float32, float64",
    ],
  ])("of %s throws", (_, f, name, message) => {
    expect(thrown(f)).toEqual([name, message]);
  });
});
