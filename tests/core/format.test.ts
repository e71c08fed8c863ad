import { inspect } from "node:util";
import { arange, array, full, zeros } from "../../core/creation.js";
import type { DType } from "../../core/dtype.js";
import { formatArray } from "../../core/format.js";
import { NDArray, type NestedArray } from "../../core/ndarray.js";
import { binary } from "../../core/numeric.js";
import { variable } from "../../core/variable.js";

// All expected texts are those of NumPy 1.24: np.array2string(np.array(values, dtype)).
const cases: [label: string, values: NestedArray, dtype: DType, text: string][] = [
  [
    "whole numbers",
    [
      [1, 2],
      [3, 4],
    ],
    "float32",
    "[[1. 2.]\n [3. 4.]]",
  ],
  ["different numbers of digits", [1, 2.5, -3.125], "float32", "[ 1.     2.5   -3.125]"],
  [
    "eight digits after the point, float64",
    [0.3333333333333333, -0.6666666666666666],
    "float64",
    "[ 0.33333333 -0.66666667]",
  ],
  [
    "eight digits after the point, float32",
    [0.3333333333333333, -0.6666666666666666],
    "float32",
    "[ 0.33333334 -0.6666667 ]",
  ],
  ["different numbers of digits before the point", [1, 100.25, -10.5], "float64", "[  1.   100.25 -10.5 ]"],
  ["a float32 is as short as reads back", [0.1, 0.2, 0.3], "float32", "[0.1 0.2 0.3]"],
  ["a float32 above 1", [3.14159274, 2.71828175], "float32", "[3.1415927 2.7182817]"],
  ["eight digits are rounded half to even", [0.001953125, 0.005859375], "float64", "[0.00195312 0.00585938]"],
  ["rounding carries over", [0.999999999, 0.5], "float64", "[1.  0.5]"],
  ["negative zero", [0, -0], "float64", "[ 0. -0.]"],
  ["zeros", [0, 0, 0], "float32", "[0. 0. 0.]"],
  ["just below the upper limit", [99999999], "float64", "[99999999.]"],
  ["exponents from 1e8 on, float64", [100000000, -250000000], "float64", "[ 1.0e+08 -2.5e+08]"],
  ["exponents from 1e8 on, float32", [100000000, -250000000], "float32", "[ 1.0e+08 -2.5e+08]"],
  ["exponents below 1e-4", [0.0001, 5e-5], "float64", "[1.e-04 5.e-05]"],
  ["0.0001 in float32 is below 1e-4", [0.0001], "float32", "[1.e-04]"],
  ["no exponents down to 1e-4", [0.0001, 0.1], "float64", "[0.0001 0.1   ]"],
  ["exponents for a ratio above 1000", [0.001, 1.5], "float64", "[1.0e-03 1.5e+00]"],
  ["no exponents for a ratio of 1000", [0.001, 1], "float64", "[0.001 1.   ]"],
  ["zero does not count for the ratio", [0, 1000, 2], "float32", "[   0. 1000.    2.]"],
  [
    "digits past the shortest are those of the value",
    [653828608, 1, 1234567.75],
    "float32",
    "[6.5382861e+08 1.0000000e+00 1.2345678e+06]",
  ],
  ["exponents of three digits", [1e-310, 100000], "float64", "[1.e-310 1.e+005]"],
  ["exponents rounded half to even", [10000000050, 10000000150], "float64", "[1.00000000e+10 1.00000002e+10]"],
  ["the largest float32", [3.4028234663852886e38], "float32", "[3.4028235e+38]"],
  [
    "a power of two, where float32 lies unevenly",
    [1.2379400392853803e27, -1.262177448353619e-29],
    "float32",
    "[ 1.2379401e+27 -1.2621775e-29]",
  ],
  ["nan and inf", [1, NaN, -Infinity], "float32", "[  1.  nan -inf]"],
  [
    "nan and inf wider than the numbers",
    [
      [NaN, 0],
      [Infinity, -Infinity],
    ],
    "float64",
    "[[ nan   0.]\n [ inf -inf]]",
  ],
  ["nan only", [NaN, NaN], "float32", "[nan nan]"],
  ["inf only", [Infinity, -Infinity], "float64", "[ inf -inf]"],
  ["nan beside exponents", [1e-9, NaN, Infinity], "float64", "[1.e-09    nan    inf]"],
  [
    "integers",
    [
      [1, -20],
      [300, 4],
    ],
    "int32",
    "[[  1 -20]\n [300   4]]",
  ],
  ["the ends of int32", [2147483647, -2147483648], "int32", "[ 2147483647 -2147483648]"],
  [
    "bools",
    [
      [true, false],
      [false, false],
    ],
    "bool",
    "[[ True False]\n [False False]]",
  ],
  ["bools that are all true", [true, true], "bool", "[ True  True]"],
  ["scalar", 1.5, "float32", "1.5"],
  ["whole scalar", 2, "float64", "2."],
  ["scalar with many digits", 0.3333333333333333, "float64", "0.33333333"],
  ["scalar with an exponent", 1e-7, "float32", "1.e-07"],
  ["scalar int32", -7, "int32", "-7"],
  ["scalar true", true, "bool", "True"],
  ["scalar false", false, "bool", "False"],
  ["one element in three axes", [[[5]]], "float32", "[[[5.]]]"],
  [
    "three axes",
    [
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [7, 8],
      ],
    ],
    "float32",
    "[[[1. 2.]\n  [3. 4.]]\n\n [[5. 6.]\n  [7. 8.]]]",
  ],
  ["four axes", [[[[1], [2]]], [[[3], [4]]]], "int32", "[[[[1]\n   [2]]]\n\n\n [[[3]\n   [4]]]]"],
];

const int32 = { dtype: "int32" } as const;

describe("formatArray prints as NumPy", () => {
  test.each(cases)("%s", (_, values, dtype, text) => {
    expect(formatArray(array(values, { dtype }))).toBe(text);
  });

  test.each([[[0]], [[0, 3]], [[2, 0]]])("empty arrays of shape %p", (shape) => {
    expect(formatArray(zeros(shape))).toBe("[]");
  });

  test("views by their own order", () => {
    const x = arange(6).reshape([2, 3]);
    expect(formatArray(x.transpose())).toBe("[[0. 3.]\n [1. 4.]\n [2. 5.]]");
    expect(formatArray(array([1, 2]).broadcastTo([2, 2]))).toBe("[[1. 2.]\n [1. 2.]]");
  });
});

describe("lines", () => {
  test("break before column 75", () => {
    const first = " 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23";
    const second = "24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39";
    expect(formatArray(arange(40, int32))).toBe(`[${first}\n ${second}]`);
  });

  test("are filled up to column 75 with the bracket", () => {
    const ones = (count: number) => new Array(count).fill("1").join(" ");
    expect(formatArray(full([37], 1, int32))).toBe(`[${ones(37)}]`);
    expect(formatArray(full([38], 1, int32))).toBe(`[${ones(37)}\n 1]`);
  });

  test("of an inner axis are one shorter, for the outer bracket", () => {
    const x = binary("div", arange(24), array(7)).reshape([2, 12]);
    expect(formatArray(x)).toBe(
      "[[0.         0.14285715 0.2857143  0.42857143 0.5714286  0.71428573\n" +
        "  0.85714287 1.         1.1428572  1.2857143  1.4285715  1.5714285 ]\n" +
        " [1.7142857  1.8571428  2.         2.142857   2.2857144  2.4285715\n" +
        "  2.5714285  2.7142856  2.857143   3.         3.142857   3.2857144 ]]",
    );
  });

  test("align below an indented first one, and break earlier", () => {
    expect(formatArray(arange(8).reshape([2, 2, 2]), 9)).toBe(
      "[[[0. 1.]\n           [2. 3.]]\n\n          [[4. 5.]\n           [6. 7.]]]",
    );
    expect(formatArray(arange(40, int32), 9)).toBe(
      "[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20\n" +
        "          21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39]",
    );
  });
});

describe("more than 1,000 elements", () => {
  test("are shown by three of each edge", () => {
    expect(formatArray(arange(1001, int32))).toBe("[   0    1    2 ...  998  999 1000]");
    expect(formatArray(arange(1000, int32))).not.toContain("...");
  });

  test("on every axis that is longer than six", () => {
    expect(formatArray(arange(2000).reshape([40, 50]))).toBe(
      "[[0.000e+00 1.000e+00 2.000e+00 ... 4.700e+01 4.800e+01 4.900e+01]\n" +
        " [5.000e+01 5.100e+01 5.200e+01 ... 9.700e+01 9.800e+01 9.900e+01]\n" +
        " [1.000e+02 1.010e+02 1.020e+02 ... 1.470e+02 1.480e+02 1.490e+02]\n" +
        " ...\n" +
        " [1.850e+03 1.851e+03 1.852e+03 ... 1.897e+03 1.898e+03 1.899e+03]\n" +
        " [1.900e+03 1.901e+03 1.902e+03 ... 1.947e+03 1.948e+03 1.949e+03]\n" +
        " [1.950e+03 1.951e+03 1.952e+03 ... 1.997e+03 1.998e+03 1.999e+03]]",
    );
    expect(formatArray(arange(2000, int32).reshape([2000, 1]))).toBe(
      "[[   0]\n [   1]\n [   2]\n ...\n [1997]\n [1998]\n [1999]]",
    );
    const deep = formatArray(arange(1050, int32).reshape([7, 5, 30])).split("\n");
    expect(deep).toHaveLength(37);
    expect(deep.slice(15, 23)).toEqual([
      "  [ 390  391  392 ...  417  418  419]",
      "  [ 420  421  422 ...  447  448  449]]",
      "",
      " ...",
      "",
      " [[ 600  601  602 ...  627  628  629]",
      "  [ 630  631  632 ...  657  658  659]",
      "  [ 660  661  662 ...  687  688  689]",
    ]);
  });

  test("take their width from those that are shown", () => {
    const x = full([2000], 1, int32);
    x.slice(1000).assign(array(123456, int32));
    expect(formatArray(x)).toBe("[1 1 1 ... 1 1 1]");
  });

  test("are not all visited", () => {
    expect(formatArray(array([1, 2, 3]).broadcastTo([1e9, 3]))).toBe(
      "[[1. 2. 3.]\n [1. 2. 3.]\n [1. 2. 3.]\n ...\n [1. 2. 3.]\n [1. 2. 3.]\n [1. 2. 3.]]",
    );
  });
});

describe("who prints", () => {
  const x = array([
    [1, 2.5],
    [-3, 4],
  ]);

  test("NDArray", () => {
    expect(String(x)).toBe("[[ 1.   2.5]\n [-3.   4. ]]");
    expect(inspect(x)).toBe("NDArray([[ 1.   2.5]\n         [-3.   4. ]], float32, shape (2, 2))");
    expect(x).toBeInstanceOf(NDArray);
  });

  test("Variable", () => {
    const v = variable(x, { name: "w" });
    expect(`${v}`).toBe("variable([[ 1.   2.5]\n          [-3.   4. ]], float32, shape (2, 2), name w)");
    expect(inspect(v)).toBe(v.toString());
    expect(inspect({ v: variable(2) })).toBe("{ v: variable(2., float32, shape ()) }");
  });
});
