import * as kernels from "../../core/backend/dispatch.js";
import { grad } from "../../core/backward.js";
import { array, randomNormal, zeros } from "../../core/creation.js";
import type { DType } from "../../core/dtype.js";
import { AxisError, ShapeError } from "../../core/errors.js";
import { gradcheck } from "../../core/gradcheck.js";
import type { NDArray } from "../../core/ndarray.js";
import { seed } from "../../core/rng.js";
import { type Operand, type Variable, variable } from "../../core/variable.js";
import { add } from "../../functions/arithmetic.js";
import { diagonal, trace } from "../../functions/diagonal.js";
import { dot, linear, matmul, outer } from "../../functions/linalg.js";

const normal = (shape: readonly number[], dtype: DType = "float64") => randomNormal(shape, { dtype });
const random = (shape: readonly number[], dtype: DType = "float64") => variable(normal(shape, dtype));
const of = (shape: readonly number[]) => variable(zeros(shape));

function expectClose(actual: Variable | NDArray, expected: Variable | NDArray): void {
  expect(actual.shape).toEqual(expected.shape);
  const wanted = expected.toTypedArray();
  actual.toTypedArray().forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i]!, 10);
  });
}

beforeEach(() => {
  seed(3);
});

describe("matmul", () => {
  test("is one function of its operands, and so are its gradients, which lie in memory as the operands do", () => {
    const [a, b, gy] = [random([3, 4]), random([4, 2]), random([3, 2])];
    const y = matmul(a, b);
    expect(y.creator!.inputs).toEqual([a, b]);
    const [ga, gb] = grad(y, [a, b], { gradYs: [gy], createGraph: true });
    expect(ga!.creator!.inputs).toEqual([gy, b]);
    expect(gb!.creator!.inputs).toEqual([a, gy]);
    const second = grad([ga!, gb!], [a, b, gy], { gradYs: [random([3, 4]), random([4, 2])], createGraph: true });
    expect(second.map((g) => g.data.contiguous)).toEqual([true, true, true]);
  });

  test.each([
    [
      [3, 4],
      [4, 2],
    ],
    [
      [2, 3, 4],
      [4, 2],
    ],
    [
      [3, 4],
      [2, 4, 2],
    ],
    [
      [2, 1, 3, 4],
      [3, 4, 2],
    ],
  ])("%j @ %j is right to the third derivative", (shapeA, shapeB) => {
    const gradients = (a: Variable, b: Variable, gy: Variable) =>
      grad(matmul(a, b), [a, b], { gradYs: [gy], createGraph: true });
    const [a, b] = [random(shapeA), random(shapeB)];
    const gy = random(matmul(a, b).shape);
    expect(gradcheck(gradients, [a, b, gy], { order: 2, samples: 8 })).toBe(true);
  });

  test("of a batch and a matrix is one product of all rows", () => {
    const product = jest.spyOn(kernels, "matmul");
    matmul(random([2, 3, 4]), random([4, 2]));
    expect(product.mock.calls.map(([a, b]) => [a.shape, b.shape])).toEqual([
      [
        [6, 4],
        [4, 2],
      ],
    ]);
    jest.restoreAllMocks();
  });

  test("computes no gradient that nobody wants", () => {
    const [a, b] = [random([3, 4]), random([4, 2])];
    const y = matmul(a, b);
    const product = jest.spyOn(kernels, "matmul");
    grad(y, a, { gradYs: [normal([3, 2])] });
    grad(y, b, { gradYs: [normal([3, 2])] });
    expect(product.mock.results.length).toBe(2);
    jest.restoreAllMocks();
  });

  test.each([
    ["float32", "float64", "float64"],
    ["float32", "int32", "float32"],
    ["int32", "float64", "float64"],
    ["int32", "int32", "int32"],
    ["bool", "int32", "int32"],
    ["bool", "bool", "int32"],
    ["bool", "float32", "float32"],
  ] as const)("%s @ %s is %s", (left, right, expected) => {
    const a = array([[1, 0]], { dtype: left });
    const b = array([[1], [1]], { dtype: right });
    for (const product of [matmul, dot]) {
      expect(product(a, b).dtype).toBe(expected);
      expect(product(a, b).toArray()).toEqual([[1]]);
    }
  });

  test("gradients have the dtypes of the operands", () => {
    for (const [left, right] of [
      ["float32", "float64"],
      ["float64", "float32"],
    ] as const) {
      const [a, b] = [random([2, 3], left), random([3, 2], right)];
      const gs = grad(matmul(a, b), [a, b], { gradYs: [random([2, 2])] });
      expect(gs.map((g) => g.dtype)).toEqual([left, right]);
    }
  });

  test("nested arrays take the dtype of the other side", () => {
    const a = random([2, 2]);
    expect(matmul(a, [[1], [2]]).dtype).toBe("float64");
    expect(matmul([1, 2], a).dtype).toBe("float64");
  });

  test("of length 0 on the inside is 0, on the outside empty, with gradients of the right shapes", () => {
    for (const shapes of [
      [
        [2, 0],
        [0, 3],
        [2, 3],
      ],
      [
        [0, 3],
        [3, 2],
        [0, 2],
      ],
      [
        [2, 3],
        [3, 0],
        [2, 0],
      ],
      [
        [0, 2, 3],
        [3, 2],
        [0, 2, 2],
      ],
      [
        [4, 2, 0],
        [0, 2],
        [4, 2, 2],
      ],
      [
        [0, 2, 3],
        [0, 3, 2],
        [0, 2, 2],
      ],
      [[0], [0], []],
    ]) {
      const [a, b] = [random(shapes[0]!), random(shapes[1]!)];
      const y = matmul(a, b);
      expect(y.shape).toEqual(shapes[2]);
      expect(Array.from(y.toTypedArray()).every((value) => value === 0)).toBe(true);
      const gs = grad(y, [a, b], { gradYs: [normal(y.shape)] });
      expect(gs.map((g) => g.shape)).toEqual([a.shape, b.shape]);
    }
  });

  test("infinities and NaN spread as in sums of products", () => {
    expect(matmul([[1, Infinity]], [[1], [1]]).toArray()).toEqual([[Infinity]]);
    expect(matmul([[0, 1]], [[Infinity], [1]]).toArray()).toEqual([[Number.NaN]]);
  });

  test.each([
    [
      [32, 784],
      [256, 10],
      "inner dimensions differ: (32, 784) @ (256, 10); expected the second operand to have 784 rows",
    ],
    [[2, 3], [4], "inner dimensions differ: (2, 3) @ (4,); expected the second operand to have length 3"],
    [[3], [4, 2], "inner dimensions differ: (3,) @ (4, 2); expected the second operand to have 3 rows"],
    [[2, 3, 4], [5, 3], "inner dimensions differ: (2, 3, 4) @ (5, 3); expected the second operand to have 4 rows"],
  ])("of %j and %j throws", (a, b, message) => {
    expect(() => matmul(of(a), of(b))).toThrow(new ShapeError(`matmul: ${message}`));
    expect(() => dot(of(a), of(b))).toThrow(ShapeError);
  });

  test("of scalars and of batches that do not broadcast throws", () => {
    expect(() => matmul(2, of([3, 4]))).toThrow(
      new ShapeError("matmul: a scalar has no rows: () @ (3, 4); expected an axis or more on both sides, or mul"),
    );
    expect(() => matmul(of([3]), 2)).toThrow(ShapeError);
    expect(() => matmul(of([2, 3, 4]), of([3, 4, 5]))).toThrow(
      new ShapeError(
        "matmul: the batch axes of (2, 3, 4) @ (3, 4, 5): shapes (2,) and (3,) do not broadcast: axis -1 has length 2 on the left and 3 on the right; " +
          "expected equal lengths or 1",
      ),
    );
  });
});

describe("dot", () => {
  test("names itself in its errors", () => {
    expect(() => dot(of([2, 3]), of([2, 4, 5]))).toThrow(
      new ShapeError("dot: inner dimensions differ: (2, 3) @ (2, 4, 5); expected the second operand to have 3 rows"),
    );
  });

  test("of two scalars is their product", () => {
    expect(dot(3, 4).item()).toBe(12);
  });
});

describe("linear", () => {
  const arguments_ = (shapes: readonly (readonly number[])[]) => shapes.map((shape) => random(shape));

  test.each([
    [[3, 4], [4, 2], [2]],
    [[4], [4, 2], [2]],
    [[2, 3, 4], [4, 2], [2]],
    [[0, 4], [4, 2], [2]],
  ])("is matmul and add, %j", (...shapes) => {
    const [x, W, b] = arguments_(shapes) as [Variable, Variable, Variable];
    const y = linear(x, W, b);
    const same = add(matmul(x, W), b);
    expectClose(y, same);
    const gy = normal(y.shape);
    const gs = grad(y, [x, W, b], { gradYs: [gy] });
    grad(same, [x, W, b], { gradYs: [gy] }).forEach((g, i) => {
      expectClose(gs[i]!, g);
    });
  });

  test("is one function, which computes no gradient that nobody wants", () => {
    const calls = (unwanted: number) => {
      const operands = arguments_([[3, 4], [4, 2], [2]]) as [Variable, Variable, Variable];
      operands[unwanted]!.requiresGrad = false;
      const y = linear(...operands);
      expect(y.creator!.inputs).toEqual(operands);
      const [products, sums] = [jest.spyOn(kernels, "matmul"), jest.spyOn(kernels, "reduce")];
      y.backward({ gradient: normal([3, 2]) });
      const counts = [products.mock.calls.length, sums.mock.calls.length];
      jest.restoreAllMocks();
      expect(operands.map((x) => x.grad?.shape)).toEqual(
        operands.map((x, i) => (i === unwanted ? undefined : x.shape)),
      );
      return counts;
    };
    expect([0, 1, 2].map(calls)).toEqual([
      [1, 1],
      [1, 1],
      [2, 0],
    ]);
  });

  test.each([
    ["float32", "float32", "float64", "float64"],
    ["float32", "float64", "float32", "float64"],
    ["float32", "float32", "int32", "float32"],
    ["int32", "int32", "int32", "int32"],
    ["bool", "bool", "bool", "int32"],
  ] as const)("%s, %s and %s give %s", (dx, dW, db, expected) => {
    const x = array([[1, 1]], { dtype: dx });
    const W = array([[1], [1]], { dtype: dW });
    const y = linear(x, W, array([1], { dtype: db }));
    expect(y.dtype).toBe(expected);
    expect(y.toArray()).toEqual([[3]]);
  });

  test("its bias is not written to", () => {
    const b = array([0.5, -0.25]);
    linear(normal([3, 2], "float32"), normal([2, 2], "float32"), b);
    expect(b.toArray()).toEqual([0.5, -0.25]);
  });

  test.each([
    [[2, 3], [4, 5], undefined, "linear: x (2, 3) does not fit W (4, 5); expected x (..., in) and W (in, out)"],
    [[2, 3], [3], undefined, "linear: x (2, 3) does not fit W (3,); expected x (..., in) and W (in, out)"],
    [[], [3, 2], undefined, "linear: x () does not fit W (3, 2); expected x (..., in) and W (in, out)"],
    [[2, 3], [3, 5], [3], "linear: b (3,) does not fit W (3, 5); expected b (5,)"],
    [[2, 3], [3, 5], [1, 5], "linear: b (1, 5) does not fit W (3, 5); expected b (5,)"],
  ])("of %j, %j and %j throws", (x, W, b, message) => {
    expect(() => linear(of(x), of(W), b === undefined ? undefined : of(b))).toThrow(new ShapeError(message));
  });
});

describe("outer", () => {
  test("flattens", () => {
    expect(outer([[1, 2]], [[3], [4], [5]]).toArray()).toEqual([
      [3, 4, 5],
      [6, 8, 10],
    ]);
    expect(outer([], [1, 2]).shape).toEqual([0, 2]);
  });
});

describe("diagonal and trace", () => {
  const x = array([
    [1, 2, 3],
    [4, 5, 6],
  ]);

  test("take any offset; beyond the corners there is nothing", () => {
    const diagonals = [-3, -2, -1, 0, 1, 2, 3].map((offset) => diagonal(x, { offset }).toArray());
    expect(diagonals).toEqual([[], [], [4], [1, 5], [2, 6], [3], []]);
    expect(trace(x, { offset: 1 }).item()).toBe(8);
    expect(trace(x, { offset: 7 }).item()).toBe(0);
  });

  test("a diagonal is a view, its gradient is not", () => {
    const v = variable(x);
    const y = diagonal(v);
    expect(y.data.base).toBe(x.base);
    const [gx] = grad(y, v, { gradYs: [[0.5, -3]] });
    expect(gx!.toArray()).toEqual([
      [0.5, 0, 0],
      [0, -3, 0],
    ]);
  });

  test.each([
    [{ axis1: 2 }, AxisError, "axis 2 is out of range for 2 dimensions; expected -2 to 1"],
    [{ axis1: -1 }, AxisError, "axis1 and axis2 are both axis 1 of (2, 3); expected two different axes"],
    [{ offset: 0.5 }, Error, "expected an integer offset, got 0.5"],
  ])("throw for %j", (options, kind, message) => {
    for (const [name, f] of Object.entries({ diagonal, trace }) as [string, (x: Operand, o: object) => Variable][]) {
      expect(() => f(x, options)).toThrow(kind);
      expect(() => f(x, options)).toThrow(new Error(`${name}: ${message}`));
    }
  });
});
