import { grad } from "../../core/backward.js";
import { arange, array, randomNormal } from "../../core/creation.js";
import { DTYPES, promote } from "../../core/dtype.js";
import { seed } from "../../core/rng.js";
import { type Operand, type Variable, variable } from "../../core/variable.js";
import { cat, split, stack, unbind } from "../../functions/joining.js";

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

const numbers = (xs: readonly Variable[]) => xs.map((x) => x.toArray());

describe("dtypes", () => {
  test.each(DTYPES.flatMap((a) => DTYPES.map((b) => [a, b] as const)))("%s with %s", (a, b) => {
    const x = array([1, 0], { dtype: a });
    const y = array([0, 1], { dtype: b });
    expect(cat([x, y]).dtype).toBe(promote(a, b));
    expect(stack([x, y]).dtype).toBe(promote(a, b));
    expect(Array.from(cat([x, y]).toTypedArray())).toEqual([1, 0, 0, 1]);
  });

  test("literals take that of the arrays beside them", () => {
    expect(cat([[1.5], random(1), [2]]).dtype).toBe("float64");
    expect(stack([2, array(1, { dtype: "float64" })]).dtype).toBe("float64");
    expect(cat([[1], [2]]).dtype).toBe("float32");
    expect(cat([[1], array([2], { dtype: "int32" })]).dtype).toBe("int32");
    expect(cat([[1.5], array([2], { dtype: "int32" })]).dtype).toBe("float32");
  });

  test("gradients have that of their input", () => {
    const single = variable([1, 2]);
    const double = variable([3, 4], { dtype: "float64" });
    const integer = variable([5], { dtype: "int32" });
    const y = cat([integer, single, double]);
    const gy = array([9, 0.1, 0.2, 0.3, 0.4], { dtype: "float64" });
    const [gs, gd] = grad([y], [single, double], { gradYs: [gy] });
    expect([gs!.dtype, gd!.dtype]).toEqual(["float32", "float64"]);
    expect(gs!.toArray()).toEqual([0.1, 0.2].map(Math.fround));
    expect(gd!.toArray()).toEqual([0.3, 0.4]);
    const [hs] = grad([stack([double, single])], [single], { gradYs: [random(2, 2)] });
    expect(hs!.dtype).toBe("float32");
  });
});

describe("inverses", () => {
  const x = random(4, 3, 2);

  test.each([0, 1, 2, -1, -2, -3])("unbind and stack along axis %i", (axis) => {
    const parts = unbind(x, { axis });
    expect(parts).toHaveLength(x.shape.at(axis)!);
    expect(stack(parts, { axis }).toArray()).toEqual(x.toArray());
  });

  test.each([
    [0, 2],
    [0, [1, 3]],
    [1, [2]],
    [-1, 2],
    [0, [0, 0, 4]],
  ])("split along axis %i at %p and cat", (axis, parts) => {
    expect(cat(split(x, parts, { axis }), { axis }).toArray()).toEqual(x.toArray());
  });

  test("unbind and split give views", () => {
    for (const part of [...unbind(x, { axis: 1 }), ...split(x, 2)]) expect(part.data.base).toBe(x.base);
  });
});

describe("split", () => {
  // From NumPy: np.split(np.arange(5), points).
  test.each([
    [
      [2],
      [
        [0, 1],
        [2, 3, 4],
      ],
    ],
    [
      [-2],
      [
        [0, 1, 2],
        [3, 4],
      ],
    ],
    [
      [2, 9],
      [[0, 1], [2, 3, 4], []],
    ],
    [
      [-9, 1],
      [[], [0], [1, 2, 3, 4]],
    ],
    [[], [[0, 1, 2, 3, 4]]],
  ])("at %p", (points, parts) => {
    expect(numbers(split(arange(5), points))).toEqual(parts);
  });

  test("adds zeros for parts without a gradient", () => {
    const x = variable(random(6));
    const [, y] = split(x, 3);
    const gy = random(2);
    const [gx] = grad([y!], [x], { gradYs: [gy] });
    expect(gx!.toArray()).toEqual([0, 0, ...gy.toTypedArray(), 0, 0]);
  });
});

test("unbind of no slices gives none", () => {
  expect(unbind(variable(random(0, 2)))).toEqual([]);
});

test.each<[string, () => unknown, string, string]>([
  ["cat of nothing", () => cat([]), "ArgumentError", "cat: expected a list of at least one operand, got an empty list"],
  [
    "cat of one Variable",
    () => cat(variable(random(2, 3)) as unknown as Operand[]),
    "ArgumentError",
    "cat: expected a list of at least one operand, got a Variable of shape (2, 3)",
  ],
  [
    "cat of a number",
    () => cat(3 as unknown as Operand[]),
    "ArgumentError",
    "cat: expected a list of at least one operand, got number",
  ],
  [
    "cat of other shapes",
    () => cat([random(2, 3), random(1, 3), random(2, 4)]),
    "ShapeError",
    "cat: operand 0 has shape (2, 3) and operand 2 (2, 4); expected shapes that differ along axis 0 only",
  ],
  [
    "cat of other numbers of axes",
    () => cat([random(2), random(2, 1)]),
    "ShapeError",
    "cat: operand 0 has shape (2,) and operand 1 (2, 1); expected shapes that differ along axis 0 only",
  ],
  [
    "cat along a missing axis",
    () => cat([random(2)], { axis: 1 }),
    "AxisError",
    "cat: axis 1 is out of range for 1 dimension; expected -1 to 0",
  ],
  [
    "cat of scalars",
    // @ts-expect-error the types know that a number has no axes
    () => cat([1, 2]),
    "AxisError",
    "cat: axis 0 does not exist: the operand is a scalar and has no axes",
  ],
  [
    "stack of nothing",
    () => stack([]),
    "ArgumentError",
    "stack: expected a list of at least one operand, got an empty list",
  ],
  [
    "stack of other shapes",
    () => stack([random(2), random(3)]),
    "ShapeError",
    "stack: operand 0 has shape (2,) and operand 1 (3,); expected equal shapes",
  ],
  [
    "stack along a missing axis",
    () => stack([random(2)], { axis: 2 }),
    "AxisError",
    "stack: axis 2 is out of range for 2 dimensions; expected -2 to 1",
  ],
  [
    "unbind of a scalar",
    () => unbind(1),
    "AxisError",
    "unbind: axis 0 does not exist: the operand is a scalar and has no axes",
  ],
  [
    "split into unequal parts",
    () => split(random(2, 7), 3, { axis: 1 }),
    "ArgumentError",
    "split: axis 1 with length 7 does not divide into 3 equal parts; expected a divisor of 7, or cut points",
  ],
  [
    "split into no parts",
    () => split(random(4), 0),
    "ArgumentError",
    "split: axis 0 with length 4 does not divide into 0 equal parts; expected a divisor of 4, or cut points",
  ],
  [
    "split into half a part",
    () => split(random(4), 0.5),
    "ArgumentError",
    "split: axis 0 with length 4 does not divide into 0.5 equal parts; expected a divisor of 4, or cut points",
  ],
  [
    "split at descending points",
    () => split(random(5), [3, 1]),
    "ArgumentError",
    "split: cut points 3, 1 for an axis with length 5; expected ascending integers",
  ],
  [
    "split between elements",
    () => split(random(5), [1.5]),
    "ArgumentError",
    "split: cut points 1.5 for an axis with length 5; expected ascending integers",
  ],
  [
    "split along a missing axis",
    () => split(random(5), 5, { axis: -2 }),
    "AxisError",
    "split: axis -2 is out of range for 1 dimension; expected -1 to 0",
  ],
])("%s throws", (_, f, name, message) => {
  expect(thrown(f)).toEqual([name, message]);
});
