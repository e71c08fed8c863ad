import { createContext, runInContext } from "node:vm";
import {
  arange,
  array,
  eye,
  full,
  linspace,
  ones,
  randomInt,
  randomNormal,
  randomPermutation,
  randomUniform,
  zeros,
} from "../../core/creation.js";
import type { DType } from "../../core/dtype.js";
import { ArgumentError, AxisError, DTypeError, IndexError, ShapeError } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import { seed } from "../../core/rng.js";
import { type BasicIndex, ellipsis, newAxis, slice } from "../../core/slicing.js";

const counted = (...shape: number[]) => arange(shape.reduce((a, b) => a * b, 1)).reshape(shape);

/** What `f` throws, as its class and message. */
function thrown(f: () => unknown): [name: string, message: string] {
  try {
    f();
  } catch (error) {
    return [(error as Error).name, (error as Error).message];
  }
  throw new Error("nothing was thrown");
}

describe("metadata", () => {
  test("of a contiguous array", () => {
    const x = counted(2, 3, 4);
    expect([x.shape, x.strides, x.ndim, x.size, x.dtype, x.contiguous]).toEqual([
      [2, 3, 4],
      [12, 4, 1],
      3,
      24,
      "float32",
      true,
    ]);
  });

  test("of views", () => {
    const x = counted(2, 3, 4);
    expect(x.transpose().strides).toEqual([1, 4, 12]);
    expect(x.transpose([1, -1, 0]).strides).toEqual([4, 1, 12]);
    expect(x.transpose().contiguous).toBe(false);
    expect(x.slice(1).contiguous).toBe(true);
    expect(x.slice(slice(), 1).contiguous).toBe(false);
    expect(x.slice(slice(null, null, -1)).strides).toEqual([-12, 4, 1]);
    expect(array([1, 2]).broadcastTo([3, 2]).strides).toEqual([0, 1]);
  });

  test("transposing axes of length 1 keeps an array contiguous", () => {
    expect(counted(1, 5).transpose().contiguous).toBe(true);
    expect(zeros([0, 3]).transpose().contiguous).toBe(true);
  });
});

describe("views share memory", () => {
  const views: [string, (x: NDArray) => NDArray][] = [
    ["reshape", (x) => x.reshape([3, -1])],
    ["transpose", (x) => x.transpose()],
    ["slice", (x) => x.slice(1, slice(null, null, -2))],
    ["an integer on every axis", (x) => x.slice(1, 2)],
    ["a new axis", (x) => x.slice(newAxis, 1)],
    ["a view of a view", (x) => x.transpose().slice(slice(1)).slice(ellipsis, -1)],
  ];

  test.each(views)("%s sees what is assigned to the array", (_, view) => {
    const x = counted(2, 3);
    const v = view(x);
    const { version } = v;
    x.assign(array([7]));
    expect(new Set(v.toTypedArray())).toEqual(new Set([7]));
    expect(v.version).toBe(version + 1);
    expect(v.storage).toBe(x.storage);
  });

  test.each(views)("%s passes on what is assigned to it", (_, view) => {
    const x = counted(2, 3).astype("float64");
    const v = view(x);
    v.assign(array(-9, { dtype: "float64" }));
    expect(Array.from(x.toTypedArray()).filter((value) => value === -9)).toHaveLength(v.size);
    expect(x.version).toBe(1);
  });

  test("copies do not", () => {
    const x = counted(2, 3);
    for (const y of [
      x.copy(),
      x.transpose().reshape([6]),
      x.astype("float64"),
      x.transpose().asContiguous(),
      array(x),
    ]) {
      const before = y.toArray();
      x.assign(array([x.version + 20]));
      expect(y.toArray()).toEqual(before);
    }
    expect(x.version).toBe(5);
  });

  test("what changes nothing gives the array itself", () => {
    const x = counted(2, 3);
    expect(x.reshape([2, 3])).toBe(x);
    expect(x.astype("float32")).toBe(x);
    expect(x.broadcastTo([2, 3])).toBe(x);
    expect(x.asContiguous()).toBe(x);
    expect(x.copy()).not.toBe(x);
  });

  test("toArray and toTypedArray are copies", () => {
    const x = counted(2);
    const typed = x.toTypedArray();
    typed[0] = 5;
    expect(x.toArray()).toEqual([0, 1]);
    x.assign(array([8]));
    expect(Array.from(typed)).toEqual([5, 1]);
  });
});

describe("reshape", () => {
  test.each([
    [[6], [2, 3], [2, 3]],
    [[2, 3], [-1], [6]],
    [
      [2, 3],
      [3, -1, 1],
      [3, 2, 1],
    ],
    [[], [1, 1], [1, 1]],
    [[1], [], []],
    [
      [0, 3],
      [5, 0],
      [5, 0],
    ],
  ])("%p as %p", (from, to, shape) => {
    const y = counted(...from).reshape(to);
    expect(y.shape).toEqual(shape);
    expect(Array.from(y.toTypedArray())).toEqual(Array.from(counted(...from).toTypedArray()));
  });

  test("reads a transposed array in its own order", () => {
    expect(counted(2, 3).transpose().reshape([6]).toArray()).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test("is not changed through the shape that was given", () => {
    const shape = [3, 2];
    const y = counted(2, 3).reshape(shape);
    shape[0] = 99;
    expect(y.shape).toEqual([3, 2]);
  });

  test.each([
    [[4], "reshape: cannot make (4,) (4 elements) of (2, 3) (6 elements)"],
    [[4, -1], "reshape: cannot make (4, -1) of (2, 3): 6 elements do not divide into 4"],
    [[-1, -1], "reshape: only one length can be -1, got (-1, -1)"],
    [[-1, 0], "reshape: cannot make (-1, 0) of (2, 3): 6 elements do not divide into 0"],
    [[1.5, 4], "reshape: a shape holds non-negative integers, got (1.5, 4)"],
    [[-2, -3], "reshape: a shape holds non-negative integers, got (-2, -3)"],
  ])("to %p throws", (shape, message) => {
    expect(thrown(() => counted(2, 3).reshape(shape))).toEqual(["ShapeError", message]);
  });
});

describe("transpose", () => {
  test("permutes", () => {
    const y = counted(2, 3, 4).transpose([2, 0, 1]);
    expect(y.shape).toEqual([4, 2, 3]);
    expect(y.slice(3, 1, 2).item()).toBe(1 * 12 + 2 * 4 + 3);
  });

  test.each<[number[], string, string]>([
    [[0, 0], "ShapeError", "transpose: axes (0, 0) are not a permutation of the 2 axes of (2, 3)"],
    [[0], "ShapeError", "transpose: axes (0) are not a permutation of the 2 axes of (2, 3)"],
    [[0, 2], "AxisError", "transpose: axis 2 is out of range for 2 dimensions; expected -2 to 1"],
  ])("by %p throws", (axes, name, message) => {
    expect(thrown(() => counted(2, 3).transpose(axes))).toEqual([name, message]);
  });
});

describe("broadcastTo", () => {
  test("repeats along new axes and axes of length 1", () => {
    const y = counted(2, 1).broadcastTo([2, 2, 3]);
    expect(y.toArray()).toEqual([
      [
        [0, 0, 0],
        [1, 1, 1],
      ],
      [
        [0, 0, 0],
        [1, 1, 1],
      ],
    ]);
  });

  test("to no elements", () => {
    expect(array(3).broadcastTo([0]).toArray()).toEqual([]);
  });

  test.each([
    [[2, 4], "broadcastTo: (2, 3) does not broadcast to (2, 4): axis 1 has length 3; expected 4 or 1"],
    [[3], "broadcastTo: (2, 3) has more axes than (3,); expected at most 1"],
    [[2, 1], "broadcastTo: (2, 3) does not broadcast to (2, 1): axis 1 has length 3; expected 1 or 1"],
  ])("to %p throws", (shape, message) => {
    expect(thrown(() => counted(2, 3).broadcastTo(shape))).toEqual(["ShapeError", message]);
  });
});

describe("slice", () => {
  /** Python's range of a slice, step by step from its definition. */
  function model(n: number, start: number | null, stop: number | null, step: number): number[] {
    const clamp = (p: number) => (p < 0 ? Math.max(p + n, step < 0 ? -1 : 0) : Math.min(p, step < 0 ? n - 1 : n));
    const from = start === null ? (step < 0 ? n - 1 : 0) : clamp(start);
    const to = stop === null ? (step < 0 ? -1 : n) : clamp(stop);
    const positions: number[] = [];
    for (let i = from; step < 0 ? i > to : i < to; i += step) positions.push(i);
    return positions;
  }

  test("takes what Python's slices take", () => {
    const ends = [null, -6, -5, -4, -2, -1, 0, 1, 2, 4, 5, 6];
    let compared = 0;
    for (const n of [0, 1, 4, 5]) {
      for (const start of ends) {
        for (const stop of ends) {
          for (const step of [1, 2, 3, 7, -1, -2, -3, -7]) {
            const taken = arange(n)
              .slice(slice(start, stop, step))
              .toArray();
            expect([n, start, stop, step, taken]).toEqual([n, start, stop, step, model(n, start, stop, step)]);
            compared++;
          }
        }
      }
    }
    expect(compared).toBe(4 * 12 * 12 * 8);
    // From Python: list(range(5))[4:0:-2] and [-2::-3].
    expect([model(5, 4, 0, -2), model(5, -2, null, -3)]).toEqual([
      [4, 2],
      [3, 0],
    ]);
  });

  // Expected values from NumPy: np.arange(24).reshape(2, 3, 4)[...].
  const cases: [string, BasicIndex[], number[], unknown][] = [
    ["nothing", [], [2, 3, 4], undefined],
    ["an integer", [1], [3, 4], undefined],
    ["integers on every axis", [1, -1, 2], [], 22],
    [
      "an ellipsis",
      [ellipsis, 1],
      [2, 3],
      [
        [1, 5, 9],
        [13, 17, 21],
      ],
    ],
    ["an ellipsis for nothing", [0, ellipsis, 1, slice(1, 3)], [2], [5, 6]],
    ["new axes", [newAxis, 1, ellipsis, newAxis, slice(3)], [1, 3, 1, 1], [[[[15]], [[19]], [[23]]]]],
    [
      "steps",
      [slice(null, null, -1), slice(null, null, 2), slice(3, 0, -2)],
      [2, 2, 2],
      [
        [
          [15, 13],
          [23, 21],
        ],
        [
          [3, 1],
          [11, 9],
        ],
      ],
    ],
    ["an empty range", [slice(), slice(3)], [2, 0, 4], [[], []]],
    ["undefined for null", [1, slice(undefined, 1), slice(undefined, undefined, 3)], [1, 2], [[12, 15]]],
  ];

  test.each(cases)("by %s", (_, indices, shape, values) => {
    const y = counted(2, 3, 4).slice(...indices);
    expect(y.shape).toEqual(shape);
    if (values !== undefined) expect(y.toArray()).toEqual(values);
  });

  test.each<[string, () => unknown, string, string]>([
    [
      "past the end",
      () => counted(2, 3).slice(0, 3),
      "IndexError",
      "slice: index 3 is out of range for axis 1 with length 3; expected -3 to 2",
    ],
    [
      "before the beginning",
      () => counted(2, 3).slice(-3),
      "IndexError",
      "slice: index -3 is out of range for axis 0 with length 2; expected -2 to 1",
    ],
    [
      "after a new axis",
      () => counted(2, 3).slice(newAxis, 2),
      "IndexError",
      "slice: index 2 is out of range for axis 0 with length 2; expected -2 to 1",
    ],
    [
      "of an empty axis",
      () => zeros([0]).slice(0),
      "IndexError",
      "slice: index 0 is out of range for axis 0 with length 0; expected a slice, since the axis is empty",
    ],
    [
      "that is not whole",
      () => counted(2, 3).slice(0.5),
      "IndexError",
      "slice: index 0.5 for axis 0 is not an integer; expected -2 to 1",
    ],
    [
      "NaN",
      () => counted(2, 3).slice(Number.NaN),
      "IndexError",
      "slice: index NaN for axis 0 is not an integer; expected -2 to 1",
    ],
    [
      "one too many",
      () => counted(2, 3).slice(0, 1, 2),
      "IndexError",
      "slice: too many indices: 3 for (2, 3); expected at most 2",
    ],
    ["of a scalar", () => array(1).slice(0), "IndexError", "slice: too many indices: 1 for (); expected at most 0"],
    [
      "with two ellipses",
      () => counted(2, 3).slice(ellipsis, ellipsis),
      "IndexError",
      "slice: 2 ellipses in one index; expected at most one",
    ],
    [
      "that is an array",
      () => counted(2, 3).slice([0] as never),
      "ArgumentError",
      "slice: cannot take a view by Array; expected integers, slice(start, stop, step), ellipsis or newAxis (getItem takes arrays of integers and bools too)",
    ],
    [
      "null",
      () => counted(2, 3).slice(null as never),
      "ArgumentError",
      "slice: cannot take a view by null; expected integers, slice(start, stop, step), ellipsis or newAxis (getItem takes arrays of integers and bools too)",
    ],
    [
      "undefined",
      () => counted(2, 3).slice(undefined as never),
      "ArgumentError",
      "slice: cannot take a view by undefined; expected integers, slice(start, stop, step), ellipsis or newAxis (getItem takes arrays of integers and bools too)",
    ],
    ["with step 0", () => slice(0, 1, 0), "ArgumentError", "slice: step is 0; expected a positive or negative integer"],
    [
      "with a start that is not whole",
      () => slice(0.5),
      "ArgumentError",
      "slice: start 0.5 is not an integer; expected an integer, null or undefined",
    ],
    [
      "with a text",
      () => slice(0, "2" as never),
      "ArgumentError",
      "slice: stop 2 is not an integer; expected an integer, null or undefined",
    ],
  ])("an index %s throws", (_, f, name, message) => {
    expect(thrown(f)).toEqual([name, message]);
  });
});

describe("assign", () => {
  test("broadcasts", () => {
    const x = zeros([2, 3]);
    expect(x.assign(array([1, 2, 3]))).toBe(x);
    expect(x.toArray()).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  test("takes values from the array itself", () => {
    const x = arange(5);
    x.slice(slice(1)).assign(x.slice(slice(null, -1)));
    expect(x.toArray()).toEqual([0, 0, 1, 2, 3]);
    x.assign(x.slice(slice(null, null, -1)));
    expect(x.toArray()).toEqual([3, 2, 1, 0, 0]);
  });

  test("to no elements does nothing", () => {
    expect(zeros([2, 0]).assign(zeros([2, 0])).shape).toEqual([2, 0]);
    expect(
      zeros([0, 2])
        .slice(slice())
        .assign(ones([2])).size,
    ).toBe(0);
  });

  test.each<[string, () => unknown, string, string]>([
    [
      "another shape",
      () => zeros([2]).assign(zeros([3])),
      "ShapeError",
      "assign: (3,) does not broadcast to (2,): axis 0 has length 3; expected 2 or 1",
    ],
    [
      "another dtype",
      () => zeros([2]).assign(zeros([2], { dtype: "int32" })),
      "DTypeError",
      "assign: the array is float32 and the values are int32; expected float32",
    ],
    [
      "a broadcast view",
      () =>
        zeros([1])
          .broadcastTo([2])
          .assign(zeros([2])),
      "ShapeError",
      "assign: the array is a broadcast view, whose elements share memory; expected a copy of it",
    ],
  ])("of %s throws and writes nothing", (_, f, name, message) => {
    expect(thrown(f)).toEqual([name, message]);
  });
});

describe("dtypes", () => {
  const typed: [DType, new (n: number) => unknown][] = [
    ["float32", Float32Array],
    ["float64", Float64Array],
    ["int32", Int32Array],
    ["bool", Uint8Array],
  ];

  test.each(typed)("%s comes out as its typed array", (dtype, type) => {
    const x = array([1, 0, 1], { dtype });
    expect(x.dtype).toBe(dtype);
    expect(x.toTypedArray()).toBeInstanceOf(type);
    expect(
      Array.from(
        x
          .slice(slice(null, null, -1))
          .slice(slice(1))
          .toTypedArray(),
      ),
    ).toEqual([0, 1]);
    expect(x.toArray()).toEqual(dtype === "bool" ? [true, false, true] : [1, 0, 1]);
    expect(x.slice(2).item()).toBe(1);
  });

  test("astype", () => {
    const x = array([-1.7, 0, 2.9, Number.NaN, 3e10]);
    expect(x.astype("int32").toArray()).toEqual([-1, 0, 2, 0, 2147483647]);
    expect(x.astype("bool").toArray()).toEqual([true, false, true, true, true]);
    expect(x.astype("float64").toArray()).toEqual([-1.7, 0, 2.9, Number.NaN, 3e10].map(Math.fround));
    expect(array([true, false]).astype("float64").toArray()).toEqual([1, 0]);
    expect(counted(2, 2).transpose().astype("int32").toArray()).toEqual([
      [0, 2],
      [1, 3],
    ]);
    expect(thrown(() => x.astype("float16" as never))).toEqual([
      "DTypeError",
      "astype: unknown dtype float16; expected one of bool, int32, float32, float64",
    ]);
  });

  test("item", () => {
    expect(array([[[2.5]]]).item()).toBe(2.5);
    expect(array(true).item()).toBe(1);
    expect(thrown(() => zeros([2]).item())).toEqual([
      "ShapeError",
      "item: expected exactly one element, got shape (2,) with 2",
    ]);
    expect(() => zeros([0]).item()).toThrow(ShapeError);
  });

  test("toArray", () => {
    expect(array(4).toArray()).toBe(4);
    expect(array(false).toArray()).toBe(false);
    expect(zeros([2, 0]).toArray()).toEqual([[], []]);
    expect(counted(2, 2).transpose().toArray()).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });
});

describe("array", () => {
  test.each<[string, unknown, DType, number[]]>([
    ["a number", 3, "float32", []],
    ["a boolean", true, "bool", []],
    ["nested numbers", [[1, 2, 3]], "float32", [1, 3]],
    ["nested booleans", [[true], [false]], "bool", [2, 1]],
    ["nothing", [], "float32", [0]],
    ["empty rows", [[], []], "float32", [2, 0]],
    ["Float32Array", Float32Array.of(1, 2), "float32", [2]],
    ["Float64Array", Float64Array.of(1, 2), "float64", [2]],
    ["Int32Array", Int32Array.of(1, 2), "int32", [2]],
    ["Int16Array", Int16Array.of(1, -2), "int32", [2]],
    ["Int8Array", Int8Array.of(1, -2), "int32", [2]],
    ["Uint16Array", Uint16Array.of(1, 65535), "int32", [2]],
    ["Uint8Array", Uint8Array.of(1, 255), "int32", [2]],
    ["Uint8ClampedArray", Uint8ClampedArray.of(1, 255), "int32", [2]],
  ])("of %s", (_, data, dtype, shape) => {
    const x = array(data as number);
    expect([x.dtype, x.shape]).toEqual([dtype, shape]);
    const plain = (value: unknown) =>
      JSON.stringify(ArrayBuffer.isView(value) ? Array.from(value as Int32Array) : value);
    expect(plain(x.toArray())).toBe(plain(data));
  });

  test("in a given dtype", () => {
    expect(array([1.5, 2], { dtype: "float64" }).dtype).toBe("float64");
    expect(array(Int32Array.of(0, 1), { dtype: "bool" }).toArray()).toEqual([false, true]);
    expect(array([true, 2], { dtype: "int32" }).toArray()).toEqual([1, 2]);
    expect(array(Float64Array.of(0.1), { dtype: "float32" }).item()).toBe(Math.fround(0.1));
    expect(array(array([1.5]), { dtype: "int32" }).toArray()).toEqual([1]);
  });

  test("of a typed array with an offset", () => {
    expect(array(new Float64Array([9, 1, 2, 9]).subarray(1, 3)).toArray()).toEqual([1, 2]);
  });

  const foreign = createContext({});
  test.each<[string, unknown, DType]>([
    ["a typed array of another realm", runInContext("Float64Array.of(1, 2)", foreign), "float64"],
    ["integers of another realm", runInContext("Int16Array.of(1, 2)", foreign), "int32"],
    ["nested arrays of another realm", runInContext("[1, 2]", foreign), "float32"],
    ["structuredClone", structuredClone(Int32Array.of(1, 2)), "int32"],
  ])("of %s", (_, data, dtype) => {
    const x = array(data as number[]);
    expect([x.dtype, Array.from(x.toTypedArray())]).toEqual([dtype, [1, 2]]);
  });

  test("the realms really differ", () => {
    expect(runInContext("Float64Array.of(1)", foreign) instanceof Float64Array).toBe(false);
  });

  test.each<[string, unknown, object, string, string]>([
    [
      "rows of different lengths",
      [[1, 2], [3]],
      {},
      "ShapeError",
      "array: ragged nesting: expected length 2 at depth 1, got an array of length 1; the first elements have shape (2, 2)",
    ],
    [
      "an array beside numbers",
      [1, [2]],
      {},
      "ShapeError",
      "array: ragged nesting: expected a number at depth 1, got an array of length 1; the first elements have shape (2,)",
    ],
    [
      "a number beside arrays",
      [[1], 2],
      {},
      "ShapeError",
      "array: ragged nesting: expected an array of length 1 at depth 1, got 2",
    ],
    [
      "text",
      "1",
      {},
      "ArgumentError",
      "array: expected numbers, nested arrays, a typed array or an NDArray, got string 1",
    ],
    [
      "text inside",
      [1, "2"],
      {},
      "ArgumentError",
      "array: expected numbers, nested arrays, a typed array or an NDArray, got string 2",
    ],
    [
      "null",
      null,
      {},
      "ArgumentError",
      "array: expected numbers, nested arrays, a typed array or an NDArray, got null",
    ],
    [
      "undefined inside",
      [1, undefined],
      {},
      "ArgumentError",
      "array: expected numbers, nested arrays, a typed array or an NDArray, got undefined",
    ],
    [
      "an object",
      new Map(),
      {},
      "ArgumentError",
      "array: expected numbers, nested arrays, a typed array or an NDArray, got a Map",
    ],
    [
      "a bigint",
      1n,
      {},
      "ArgumentError",
      "array: expected numbers, nested arrays, a typed array or an NDArray, got bigint 1",
    ],
    [
      "bigints",
      BigInt64Array.of(1n),
      {},
      "DTypeError",
      "array: cannot hold a BigInt64Array; expected one of Float32Array, Float64Array, Int32Array, Int16Array, Int8Array, Uint16Array, Uint8Array, Uint8ClampedArray",
    ],
    [
      "a fraction in int32",
      [1, 2.5],
      { dtype: "int32" },
      "DTypeError",
      "array: 2.5 is not an int32; expected an integer from -2147483648 to 2147483647",
    ],
    [
      "too much for int32",
      2 ** 31,
      { dtype: "int32" },
      "DTypeError",
      "array: 2147483648 is not an int32; expected an integer from -2147483648 to 2147483647",
    ],
    [
      "NaN in int32",
      Float64Array.of(Number.NaN),
      { dtype: "int32" },
      "DTypeError",
      "array: NaN is not an int32; expected an integer from -2147483648 to 2147483647",
    ],
    ["2 in bool", [0, 2], { dtype: "bool" }, "DTypeError", "array: 2 is not a bool; expected true, false, 1 or 0"],
    [
      "an unknown dtype",
      [1],
      { dtype: "int64" },
      "DTypeError",
      "array: unknown dtype int64; expected one of bool, int32, float32, float64",
    ],
  ])("of %s throws", (_, data, options, name, message) => {
    expect(thrown(() => array(data as number, options))).toEqual([name, message]);
  });
});

describe("creation", () => {
  test("zeros, ones, full, eye", () => {
    expect(zeros([2, 1]).toArray()).toEqual([[0], [0]]);
    expect(ones([2], { dtype: "bool" }).toArray()).toEqual([true, true]);
    expect(full([2], -3, { dtype: "int32" }).toArray()).toEqual([-3, -3]);
    expect(full([], 0.5, { dtype: "float64" }).toArray()).toBe(0.5);
    expect(eye(2).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(eye(2, 3, { dtype: "int32" }).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
  });

  test("arange", () => {
    expect(arange(3).toArray()).toEqual([0, 1, 2]);
    expect(arange(2, 5).toArray()).toEqual([2, 3, 4]);
    expect(arange(5, 0, -2, { dtype: "int32" }).toArray()).toEqual([5, 3, 1]);
    expect(arange(0, 1, 0.25).toArray()).toEqual([0, 0.25, 0.5, 0.75]);
    expect(arange(3, 1).toArray()).toEqual([]);
    expect([arange(2).dtype, arange(2, { dtype: "int32" }).dtype]).toEqual(["float32", "int32"]);
  });

  test("linspace", () => {
    expect(linspace(0, 1, 5).toArray()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(linspace(3, 7, 1).toArray()).toEqual([3]);
    expect(linspace(3, 7, 0).toArray()).toEqual([]);
    expect(linspace(0, 0.3, 4, { dtype: "float64" }).slice(-1).item()).toBe(0.3);
  });

  test("random arrays repeat with the seed, and lie where they should", () => {
    const draw = () => {
      seed(3);
      return [
        randomUniform([2000], { low: -2, high: 3 }),
        randomNormal([2000], { mean: 5, std: 0.5, dtype: "float64" }),
        randomInt(-1, 2, [2000]),
        randomPermutation(2000),
      ];
    };
    const [uniform, normal, integers, permutation] = draw().map((x) => Array.from(x.toTypedArray()));
    expect(draw().map((x) => Array.from(x.toTypedArray()))).toEqual([uniform, normal, integers, permutation]);
    expect(draw().map((x) => x.dtype)).toEqual(["float32", "float64", "int32", "int32"]);
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(uniform!.every((u) => u >= -2 && u < 3)).toBe(true);
    expect(Math.abs(mean(uniform!) - 0.5)).toBeLessThan(0.15);
    expect(Math.abs(mean(normal!) - 5)).toBeLessThan(0.06);
    expect(Math.sqrt(mean(normal!.map((v) => (v - 5) ** 2)))).toBeCloseTo(0.5, 1);
    expect([...new Set(integers)].sort((a, b) => a - b)).toEqual([-1, 0, 1]);
    expect(permutation!.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 2000 }, (_, i) => i));
    expect(permutation).not.toEqual(permutation!.toSorted((a, b) => a - b));
  });

  test.each<[string, () => unknown, string, string]>([
    [
      "a negative length",
      () => zeros([2, -1]),
      "ShapeError",
      "zeros: a shape holds non-negative integers, got (2, -1)",
    ],
    ["a number for a shape", () => zeros(3 as never), "ArgumentError", "zeros: expected a shape such as [2, 3], got 3"],
    [
      "a value that int32 cannot hold",
      () => full([1], 0.5, { dtype: "int32" }),
      "DTypeError",
      "full: 0.5 is not an int32; expected an integer from -2147483648 to 2147483647",
    ],
    [
      "a value that is no number",
      () => full([1], "1" as never),
      "ArgumentError",
      "full: expected a number, got string 1",
    ],
    [
      "arange with step 0",
      () => arange(0, 1, 0),
      "ArgumentError",
      "arange: expected finite numbers and a step other than 0, got start 0, stop 1, step 0",
    ],
    [
      "arange without end",
      () => arange(Number.POSITIVE_INFINITY),
      "ArgumentError",
      "arange: expected finite numbers and a step other than 0, got start 0, stop Infinity, step 1",
    ],
    [
      "arange of fractions in int32",
      () => arange(0, 1, 0.5, { dtype: "int32" }),
      "DTypeError",
      "arange: 0.5 is not an int32; expected an integer from -2147483648 to 2147483647",
    ],
    [
      "linspace with half a count",
      () => linspace(0, 1, 2.5),
      "ArgumentError",
      "linspace: expected a count of 0 or more, got 2.5",
    ],
    ["eye of a negative size", () => eye(-1), "ShapeError", "eye: a shape holds non-negative integers, got (-1, -1)"],
    [
      "randomNormal of integers",
      () => randomNormal([2], { dtype: "int32" }),
      "DTypeError",
      "randomNormal: dtype int32 is not a floating-point type; expected float32 or float64",
    ],
    [
      "randomInt of an empty range",
      () => randomInt(2, 2, [1]),
      "ArgumentError",
      "randomInt: expected integers low < high, got low 2 and high 2",
    ],
    [
      "randomPermutation of a fraction",
      () => randomPermutation(1.5),
      "ShapeError",
      "randomPermutation: a shape holds non-negative integers, got (1.5,)",
    ],
  ])("%s throws", (_, f, name, message) => {
    expect(thrown(f)).toEqual([name, message]);
  });
});

test("the names of errors are those of their classes", () => {
  const throwing: [() => unknown, new (message: string) => Error][] = [
    [() => zeros([-1]), ShapeError],
    [() => array([0.5], { dtype: "int32" }), DTypeError],
    [() => counted(2, 3).transpose([5, 0]), AxisError],
    [() => zeros([1]).slice(1), IndexError],
    [() => array("x" as never), ArgumentError],
  ];
  for (const [f, type] of throwing) expect(f).toThrow(type);
  expect(zeros([1])).toBeInstanceOf(NDArray);
});
