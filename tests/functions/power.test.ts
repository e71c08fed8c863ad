import { array } from "../../core/creation.js";
import { pow } from "../../functions/index.js";

test.each([
  [2, [0, 1, 4, 9]],
  [0.5, [0, 1, Math.fround(Math.SQRT2), Math.fround(Math.sqrt(3))]],
  [0, [1, 1, 1, 1]],
  [-1, [Number.POSITIVE_INFINITY, 1, 0.5, Math.fround(1 / 3)]],
  [-0.5, [Number.POSITIVE_INFINITY, 1, Math.fround(Math.SQRT1_2), Math.fround(1 / Math.sqrt(3))]],
])("integers and bools are raised to %d as float32", (exponent, expected) => {
  const integers = pow(array([0, 1, 2, 3], { dtype: "int32" }), exponent);
  expect([integers.dtype, integers.requiresGrad]).toEqual(["float32", false]);
  integers.toTypedArray().forEach((value, i) => {
    expect(Object.is(value, expected[i]) || Math.abs(value / expected[i]! - 1) < 2e-7).toBe(true);
  });
  const bools = pow(array([false, true]), exponent);
  expect([bools.dtype, bools.toArray()]).toEqual(["float32", expected.slice(0, 2)]);
});

test("roots are those of sqrt, as in PyTorch: of -Infinity there is none, and that of -0 is -0", () => {
  for (const dtype of ["float32", "float64"] as const) {
    const x = array([Number.NEGATIVE_INFINITY, -0, 9], { dtype });
    expect(pow(x, 0.5).toArray()).toEqual([Number.NaN, -0, 3]);
    expect(pow(x, -0.5).toArray()).toEqual([Number.NaN, Number.NEGATIVE_INFINITY, expect.closeTo(1 / 3)]);
  }
});
