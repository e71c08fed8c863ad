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
  seed,
  zeros,
} from "../../index.js";

test.each([
  [2, 5, 4, [2, 3, 4, 5]],
  [5, -1, 4, [5, 3, 1, -1]],
  [-2, 2, 5, [-2, -1, 0, 1, 2]],
  [7, 7, 3, [7, 7, 7]],
  [2, 9, 2, [2, 9]],
  [4, 9, 1, [4]],
])("linspace from %d to %d in %d numbers", (start, stop, count, expected) => {
  expect(linspace(start, stop, count, { dtype: "float64" }).toArray()).toEqual(expected);
});

test.each([
  [arange(2, 5), [2, 3, 4]],
  [arange(2, 8, 3), [2, 5]],
  [arange(2, 9, 3), [2, 5, 8]],
  [arange(5, -1, -2), [5, 3, 1]],
  [arange(-3, 0, 1.5), [-3, -1.5]],
  [arange(3, 1), []],
])("arange, %#", (x, expected) => {
  expect([x.dtype, x.toArray()]).toEqual(["float32", expected]);
});

test("dtypes are float32 unless given", () => {
  const dtypes = (options?: { dtype: "int32" }) =>
    [zeros([1], options), ones([1], options), full([1], 3, options), eye(1, 1, options), linspace(0, 1, 2, options)]
      .concat(options ? [arange(2, options), arange(0, 2, options), arange(0, 2, 1, options)] : [])
      .map(({ dtype }) => dtype);
  expect(dtypes()).toEqual(new Array(5).fill("float32"));
  expect(dtypes({ dtype: "int32" })).toEqual(new Array(8).fill("int32"));
  expect([randomNormal([1]).dtype, randomUniform([1], { dtype: "float64" }).dtype]).toEqual(["float32", "float64"]);
});

test("random numbers lie where they are asked to", () => {
  seed(11);
  const standard = randomNormal([500], { dtype: "float64" }).toTypedArray();
  seed(11);
  const moved = randomNormal([500], { mean: 10, std: 3, dtype: "float64" }).toTypedArray();
  moved.forEach((value, i) => {
    expect(value).toBeCloseTo(10 + 3 * standard[i]!, 10);
  });
  seed(12);
  const unit = randomUniform([500], { dtype: "float64" }).toTypedArray();
  seed(12);
  const wide = randomUniform([500], { low: -2, high: 5, dtype: "float64" }).toTypedArray();
  wide.forEach((value, i) => {
    expect(value).toBeCloseTo(-2 + 7 * unit[i]!, 10);
  });
});

test.each([
  [
    () => array([1, [2]] as never),
    "array: ragged nesting: expected a number at depth 1, got an array of length 1; the first elements have shape (2,)",
  ],
  [() => array([[1], 2] as never), "array: ragged nesting: expected an array of length 1 at depth 1, got 2"],
  [() => array(["a"] as never), "array: expected numbers, nested arrays, a typed array or an NDArray, got string a"],
  [
    () => array([Object.create(null)] as never),
    "array: expected numbers, nested arrays, a typed array or an NDArray, got a null-prototype object",
  ],
  [
    () => array([new Date(0)] as never),
    "array: expected numbers, nested arrays, a typed array or an NDArray, got a Date",
  ],
  [() => array([0, 2], { dtype: "bool" }), "array: 2 is not a bool; expected true, false, 1 or 0"],
  [() => full([1], "1" as never), "full: expected a number, got string 1"],
  [
    () => full([1], 2 ** 31, { dtype: "int32" }),
    "full: 2147483648 is not an int32; expected an integer from -2147483648 to 2147483647",
  ],
  [
    () => randomNormal([1], { dtype: "int32" }),
    "randomNormal: dtype int32 is not a floating-point type; expected float32 or float64",
  ],
  [
    () => randomUniform([1], { dtype: "bool" }),
    "randomUniform: dtype bool is not a floating-point type; expected float32 or float64",
  ],
  [() => arange(0, 1, 0), "arange: expected finite numbers and a step other than 0, got start 0, stop 1, step 0"],
  [() => arange(Number.NaN), "arange: expected finite numbers and a step other than 0, got start 0, stop NaN, step 1"],
  [() => linspace(0, 1, -1), "linspace: expected a count of 0 or more, got -1"],
  [() => randomInt(0, 2, [-1]), "randomInt: a shape holds non-negative integers, got (-1,)"],
  [() => randomNormal([-1]), "randomNormal: a shape holds non-negative integers, got (-1,)"],
  [() => randomUniform([-1]), "randomUniform: a shape holds non-negative integers, got (-1,)"],
  [() => randomPermutation(-1), "randomPermutation: a shape holds non-negative integers, got (-1,)"],
  [() => zeros([-1]), "zeros: a shape holds non-negative integers, got (-1,)"],
  [() => ones([-1]), "ones: a shape holds non-negative integers, got (-1,)"],
  [() => full([-1], 0), "full: a shape holds non-negative integers, got (-1,)"],
  [() => eye(-1), "eye: a shape holds non-negative integers, got (-1, -1)"],
])("what cannot be made, %#", (make, message) => {
  expect(make).toThrow(expect.objectContaining({ message }));
});
