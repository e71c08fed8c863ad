import { grad } from "../../core/backward.js";
import { arange, randomNormal } from "../../core/creation.js";
import type { NDArray } from "../../core/ndarray.js";
import { seed } from "../../core/rng.js";
import { type Variable, variable } from "../../core/variable.js";
import { flip, pad, repeat, roll, tile } from "../../functions/arrangement.js";

beforeEach(() => {
  seed(12);
});

const random = (...shape: number[]) => randomNormal(shape, { dtype: "float64" });

function thrown(f: () => unknown): [name: string, message: string] {
  try {
    f();
  } catch (error) {
    return [(error as Error).name, (error as Error).message];
  }
  throw new Error("nothing was thrown");
}

const matrix = arange(6, { dtype: "int32" }).reshape([2, 3]);

// From NumPy 1.24, with np.arange(6).reshape(2, 3).
test.each<[string, (x: NDArray) => Variable, unknown]>([
  [
    "np.pad(x, ((0, 1), (2, 0)), constant_values=-1)",
    (x) =>
      pad(
        x,
        [
          [0, 1],
          [2, 0],
        ],
        { value: -1 },
      ),
    [
      [-1, -1, 0, 1, 2],
      [-1, -1, 3, 4, 5],
      [-1, -1, -1, -1, -1],
    ],
  ],
  [
    "np.flip(x)",
    (x) => flip(x),
    [
      [5, 4, 3],
      [2, 1, 0],
    ],
  ],
  [
    "np.flip(x, 0)",
    (x) => flip(x, { axis: 0 }),
    [
      [3, 4, 5],
      [0, 1, 2],
    ],
  ],
  [
    "np.flip(x, ())",
    (x) => flip(x, { axis: [] }),
    [
      [0, 1, 2],
      [3, 4, 5],
    ],
  ],
  [
    "np.roll(x, 2)",
    (x) => roll(x, 2),
    [
      [4, 5, 0],
      [1, 2, 3],
    ],
  ],
  [
    "np.roll(x, 1, axis=(0, 1))",
    (x) => roll(x, 1, { axis: [0, 1] }),
    [
      [5, 3, 4],
      [2, 0, 1],
    ],
  ],
  [
    "np.roll(x, (1, 2), axis=1)",
    (x) => roll(x, [1, 2], { axis: 1 }),
    [
      [0, 1, 2],
      [3, 4, 5],
    ],
  ],
  [
    "np.roll(x, (1, -1), axis=(0, -1))",
    (x) => roll(x, [1, -1], { axis: [0, -1] }),
    [
      [4, 5, 3],
      [1, 2, 0],
    ],
  ],
  ["np.repeat(x, 2)", (x) => repeat(x, 2), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]],
  [
    "np.repeat(x, [1, 2], axis=0)",
    (x) => repeat(x, [1, 2], { axis: 0 }),
    [
      [0, 1, 2],
      [3, 4, 5],
      [3, 4, 5],
    ],
  ],
  [
    "np.repeat(x, [2], axis=1)",
    (x) => repeat(x, [2], { axis: 1 }),
    [
      [0, 0, 1, 1, 2, 2],
      [3, 3, 4, 4, 5, 5],
    ],
  ],
  [
    "np.tile(x, 2)",
    (x) => tile(x, 2),
    [
      [0, 1, 2, 0, 1, 2],
      [3, 4, 5, 3, 4, 5],
    ],
  ],
  [
    "np.tile(x, (2, 1))",
    (x) => tile(x, [2, 1]),
    [
      [0, 1, 2],
      [3, 4, 5],
      [0, 1, 2],
      [3, 4, 5],
    ],
  ],
  [
    "np.tile(x, ())",
    (x) => tile(x, []),
    [
      [0, 1, 2],
      [3, 4, 5],
    ],
  ],
])("%s", (_, f, values) => {
  const y = f(matrix);
  expect(y.toArray()).toEqual(values);
  expect(y.dtype).toBe("int32");
});

test("flip is a view, and its own inverse", () => {
  const x = variable(random(2, 3));
  const y = flip(x, { axis: 1 });
  expect(y.data.base).toBe(x.data.base);
  expect(flip(y, { axis: 1 }).toArray()).toEqual(x.toArray());
});

test("roll there and back is the identity", () => {
  const x = random(3, 4);
  expect(roll(roll(x, [5, -3], { axis: [0, 1] }), [-5, 3], { axis: [0, 1] }).toArray()).toEqual(x.toArray());
});

test("the gradient of pad is what lies inside, whatever the value", () => {
  const x = variable(random(2, 2));
  const gy = random(4, 5);
  const y = pad(
    x,
    [
      [1, 1],
      [2, 1],
    ],
    { value: Number.POSITIVE_INFINITY },
  );
  const [gx] = grad([y], [x], { gradYs: [gy] });
  expect(gx!.toArray()).toEqual((gy.toArray() as number[][]).slice(1, 3).map((row) => row.slice(2, 4)));
});

test.each<[string, () => unknown, string, string]>([
  [
    "pad by less than nothing",
    () => pad(random(2), [0, -1]),
    "ArgumentError",
    "pad: widths are non-negative integers, got -1",
  ],
  ["pad by a half", () => pad(random(2), 0.5), "ArgumentError", "pad: widths are non-negative integers, got 0.5"],
  [
    "pad with too few pairs",
    () => pad(random(2, 3), [[1, 1]]),
    "ShapeError",
    "pad: widths [[1, 1]] for (2, 3); expected a number, [before, after], or a pair for each of 2 axes",
  ],
  [
    "pad with three numbers",
    () => pad(random(2), [1, 2, 3] as never),
    "ShapeError",
    "pad: widths [1, 2, 3] for (2,); expected a number, [before, after], or a pair for each of 1 axes",
  ],
  [
    "pad of int32 with a fraction",
    () => pad(matrix, 1, { value: 0.5 }),
    "DTypeError",
    "pad: 0.5 is not an int32; expected an integer from -2147483648 to 2147483647",
  ],
  [
    "pad of bool with a number",
    () => pad([true], 1, { value: 3 }),
    "DTypeError",
    "pad: 3 is not a bool; expected true, false, 1 or 0",
  ],
  [
    "flip of a missing axis",
    () => flip(matrix, { axis: 2 }),
    "AxisError",
    "flip: axis 2 is out of range for 2 dimensions; expected -2 to 1",
  ],
  ["flip of an axis twice", () => flip(matrix, { axis: [0, -2] }), "AxisError", "flip: axis 0 is given twice"],
  ["roll by a half", () => roll(matrix, 0.5, { axis: 0 }), "ArgumentError", "roll: shifts are integers, got 0.5"],
  [
    "roll with shifts that do not pair up",
    () => roll(matrix, [1, 2, 3], { axis: [0, 1] }),
    "ArgumentError",
    "roll: 3 shifts and 2 axes do not pair up; expected equally many, or one of either",
  ],
  [
    "roll of a missing axis",
    () => roll(matrix, 1, { axis: 3 }),
    "AxisError",
    "roll: axis 3 is out of range for 2 dimensions; expected -2 to 1",
  ],
  [
    "repeat less than zero times",
    () => repeat(matrix, -1),
    "ArgumentError",
    "repeat: counts are non-negative integers, got -1",
  ],
  [
    "repeat with too many counts",
    () => repeat(matrix, [1, 2, 3], { axis: 0 }),
    "ArgumentError",
    "repeat: 3 counts for axis 0 with length 2; expected one for each, or a single number",
  ],
  [
    "repeat without counts",
    () => repeat(matrix, [], { axis: 0 }),
    "ArgumentError",
    "repeat: 0 counts for axis 0 with length 2; expected one for each, or a single number",
  ],
  [
    "repeat along a missing axis",
    () => repeat(matrix, 2, { axis: -3 }),
    "AxisError",
    "repeat: axis -3 is out of range for 2 dimensions; expected -2 to 1",
  ],
  [
    "tile by a half",
    () => tile(matrix, [1, 0.5]),
    "ArgumentError",
    "tile: repetitions are non-negative integers, got 0.5",
  ],
])("%s throws", (_, f, name, message) => {
  expect(thrown(f)).toEqual([name, message]);
});
