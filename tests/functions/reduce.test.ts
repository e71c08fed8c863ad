import { runInNewContext } from "node:vm";
import { grad } from "../../core/backward.js";
import { array, zeros } from "../../core/creation.js";
import { DTYPES, type DType } from "../../core/dtype.js";
import { AxisError, ShapeError } from "../../core/errors.js";
import { heap } from "../../core/heap.js";
import { Generator } from "../../core/rng.js";
import { type Operand, type Variable, variable } from "../../core/variable.js";
import { mul } from "../../functions/arithmetic.js";
import { type NormOptions, norm } from "../../functions/norm.js";
import { prod } from "../../functions/prod.js";
import { argmax, argmin, cumsum, max, mean, min, type ReduceOptions, sum } from "../../functions/reduce.js";
import { logsumexp, std, var as variance } from "../../functions/statistics.js";

type Reduce = (x: Operand, options?: ReduceOptions) => Variable;

const REDUCTIONS: Record<string, Reduce> = { sum, mean, var: variance, std, max, min, prod, logsumexp, norm };
const f64 = (data: Operand) => variable(array(data as number[], { dtype: "float64" }));
const numbers = (x: Variable) => Array.from(x.toTypedArray());

/** The gradient of `y` at `x` for the given cotangent. */
const pull = (y: Variable, x: Variable, gy: Operand) => numbers(grad(y, x, { gradYs: [gy] })[0]!).map((g) => g + 0); // -0 becomes 0

describe("dtypes of the results", () => {
  const expected: Record<string, readonly DType[]> = {
    sum: ["int32", "int32", "float32", "float64"],
    prod: ["int32", "int32", "float32", "float64"],
    cumsum: ["int32", "int32", "float32", "float64"],
    max: ["bool", "int32", "float32", "float64"],
    min: ["bool", "int32", "float32", "float64"],
    mean: ["float32", "float32", "float32", "float64"],
    var: ["float32", "float32", "float32", "float64"],
    std: ["float32", "float32", "float32", "float64"],
    logsumexp: ["float32", "float32", "float32", "float64"],
    norm: ["float32", "float32", "float32", "float64"],
    argmax: ["int32", "int32", "int32", "int32"],
    argmin: ["int32", "int32", "int32", "int32"],
  };
  const all: Record<string, (x: Operand) => Variable> = { ...REDUCTIONS, cumsum, argmax, argmin };
  test.each(Object.keys(expected))("%s", (name) => {
    expect(DTYPES.map((dtype) => all[name]!(array([1, 0, 1], { dtype })).dtype)).toEqual(expected[name]);
  });

  test("integers are averaged without overflow", () => {
    const large = array([2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1], { dtype: "int32" });
    expect(mean(large).item()).toBe(2 ** 31);
    expect(variance(array([1, 2, 4, 5], { dtype: "int32" })).item()).toBe(2.5);
  });

  test.each([
    [1, 7],
    [3, 91 ** (1 / 3)],
    [0, 2],
    [Infinity, 4],
    ["fro", 5],
  ] as const)("norm of order %s of int32 is float32", (ord, expected) => {
    const y = norm(array([[3, -4]], { dtype: "int32" }), { ord });
    expect(y.dtype).toBe("float32");
    expect(y.item()).toBeCloseTo(expected, 5);
  });
});

describe("random shapes and axes against loops", () => {
  const fold: Record<string, (values: number[]) => number> = {
    sum: (v) => v.reduce((a, b) => a + b, 0),
    prod: (v) => v.reduce((a, b) => a * b, 1),
    max: (v) => Math.max(...v),
    min: (v) => Math.min(...v),
    mean: (v) => v.reduce((a, b) => a + b, 0) / v.length,
    norm: (v) => Math.hypot(...v),
    logsumexp: (v) => Math.log(v.reduce((a, b) => a + Math.exp(b), 0)),
    var: (v) => {
      const m = v.reduce((a, b) => a + b, 0) / v.length;
      return v.reduce((a, b) => a + (b - m) ** 2, 0) / v.length;
    },
  };
  test.each(Object.keys(fold))("%s", (name) => {
    const generator = new Generator(11);
    for (let round = 0; round < 40; round++) {
      const ndim = generator.integer(5);
      const shape = Array.from({ length: ndim }, () => 1 + generator.integer(3));
      const size = shape.reduce((a, b) => a * b, 1);
      const x = array(Float64Array.from({ length: size }, () => generator.normal())).reshape(shape);
      const axes = shape.map((_, i) => i).filter(() => generator.integer(2) === 1);
      const groups = new Map<string, number[]>();
      numbers(variable(x)).forEach((value, flat) => {
        let rest = flat;
        const index = shape.map(() => 0);
        for (let i = ndim - 1; i >= 0; i--) {
          index[i] = rest % shape[i]!;
          rest = Math.floor(rest / shape[i]!);
        }
        const key = index.filter((_, i) => !axes.includes(i)).join();
        groups.set(key, [...(groups.get(key) ?? []), value]);
      });
      const given = axes.map((axis) => (generator.integer(2) === 1 ? axis : axis - ndim)).reverse();
      const y = REDUCTIONS[name]!(x, { axis: given });
      const kept = REDUCTIONS[name]!(x, { axis: given, keepdims: true });
      expect(y.shape).toEqual(shape.filter((_, i) => !axes.includes(i)));
      expect(kept.shape).toEqual(shape.map((n, i) => (axes.includes(i) ? 1 : n)));
      expect(numbers(kept)).toEqual(numbers(y));
      const wanted = [...groups.values()].map(fold[name]!);
      numbers(y).forEach((value, i) => {
        expect(value).toBeCloseTo(wanted[i]!, 10);
      });
    }
  });
});

describe("empty arrays", () => {
  const empty = zeros([0, 3]);
  test("sums, products and the like have the neutral element", () => {
    expect(sum(empty, { axis: 0 }).toArray()).toEqual([0, 0, 0]);
    expect(prod(empty, { axis: 0 }).toArray()).toEqual([1, 1, 1]);
    expect(norm(empty, { axis: 0 }).toArray()).toEqual([0, 0, 0]);
    expect(logsumexp(empty, { axis: 0 }).toArray()).toEqual([-Infinity, -Infinity, -Infinity]);
    expect(cumsum(empty, { axis: 0 }).shape).toEqual([0, 3]);
    expect(sum(empty, { axis: 1 }).shape).toEqual([0]);
  });

  test("means and variances are NaN", () => {
    expect(mean(empty, { axis: 0 }).toArray()).toEqual([NaN, NaN, NaN]);
    expect(variance(empty, { axis: 0 }).toArray()).toEqual([NaN, NaN, NaN]);
    expect(std(empty).toArray()).toEqual(NaN);
  });

  test("along another axis there is nothing to reduce, and no error", () => {
    for (const reduce of Object.values(REDUCTIONS)) expect(reduce(empty, { axis: 1 }).shape).toEqual([0]);
    expect(argmax(empty, { axis: 1 }).shape).toEqual([0]);
  });

  test("gradients are empty too", () => {
    for (const reduce of [sum, mean, variance, std, prod, logsumexp, norm]) {
      const x = variable(zeros([0, 3]));
      expect(grad(reduce(x, { axis: 0 }), x, { gradYs: [array([0.3, -1, 2])] })[0]!.shape).toEqual([0, 3]);
    }
  });

  test.each([
    [() => max(empty), "max: no elements to reduce in shape (0, 3); expected at least one"],
    [() => min(empty, { axis: 0 }), "min: no elements to reduce in shape (0, 3); expected at least one"],
    [() => argmax(empty, { axis: 0 }), "argmax: no elements along axis 0 of shape (0, 3); expected at least one"],
    [() => argmin(empty), "argmin: no elements along axis 0 of shape (0,); expected at least one"],
    [
      () => norm(empty, { ord: Infinity, axis: 0 }),
      "norm: no elements for ord Infinity in shape (0, 3); expected at least one",
    ],
  ])("extremes throw: %#", (call, message) => {
    expect(call).toThrow(new ShapeError(message));
    expect(call).toThrow(ShapeError);
  });
});

describe("errors", () => {
  const x = variable(zeros([2, 3]));
  const withAxis: Record<string, (axis: number) => Variable> = {
    ...Object.fromEntries(Object.entries(REDUCTIONS).map(([name, f]) => [name, (axis: number) => f(x, { axis })])),
    cumsum: (axis) => cumsum(x, { axis }),
    argmax: (axis) => argmax(x, { axis }),
    argmin: (axis) => argmin(x, { axis }),
  };
  test.each(Object.keys(withAxis))("%s: axis out of range", (name) => {
    const message = (axis: number) => `${name}: axis ${axis} is out of range for 2 dimensions; expected -2 to 1`;
    for (const axis of [2, -3, 0.5]) expect(() => withAxis[name]!(axis)).toThrow(new AxisError(message(axis)));
  });

  test.each(Object.keys(REDUCTIONS))("%s: axis given twice, or of a scalar", (name) => {
    const reduce = REDUCTIONS[name]!;
    expect(() => reduce(x, { axis: [1, -1] })).toThrow(new AxisError(`${name}: axis 1 is given twice`));
    expect(() => reduce(1, { axis: 0 })).toThrow(
      new AxisError(`${name}: axis 0 does not exist: the operand is a scalar and has no axes`),
    );
  });

  test("norm: unknown orders, and fro of other than two axes", () => {
    expect(() => norm(x, { ord: "nuc" } as unknown as NormOptions)).toThrow(
      'norm: unknown ord nuc; expected a number, Infinity, -Infinity or "fro"',
    );
    expect(() => norm(x, { ord: Number.NaN })).toThrow("norm: unknown ord NaN");
    expect(() => norm(x, { ord: "fro", axis: 0 })).toThrow(
      'norm: ord "fro" is the norm of a matrix, got 1 of the axes of (2, 3); expected two',
    );
  });

  test("argmax and argmin say that they are not differentiable", () => {
    expect(() => argmax(x, { axis: 0 }).backward({ gradient: [1, 2, 3] })).toThrow(
      "backward: argmax is not differentiable: its result is int32; expected a floating-point result",
    );
    expect(() => argmin(x).backward()).toThrow("backward: argmin is not differentiable");
  });
});

describe("sum and mean", () => {
  test("the gradient of sum is a view of the cotangent, without a copy", () => {
    const x = f64([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const gy = array([0.5, -2], { dtype: "float64" });
    const [gx] = grad(sum(x, { axis: 1 }), x, { gradYs: [gy] });
    expect(gx!.data.strides).toEqual([1, 0]);
    expect(gx!.data.base).toBe(gy.base);
    expect(gx!.toArray()).toEqual([
      [0.5, 0.5, 0.5],
      [-2, -2, -2],
    ]);
  });

  test("each is one function of its operand", () => {
    const x = variable([[1, 2]]);
    for (const reduce of [sum, mean, max, min]) expect(reduce(x, { axis: -1 }).creator!.inputs).toEqual([x]);
  });

  test("fractions are summed when the heap was made in another realm, as by an earlier test file", () => {
    const own = heap.f32;
    heap.f32 = runInNewContext("(buffer) => new Float32Array(buffer)")(heap.memory.buffer) as Float32Array;
    try {
      expect(sum([0.5, 0.25]).item()).toBe(0.75);
    } finally {
      heap.f32 = own;
    }
  });

  test("a sum keeps what single precision would lose", () => {
    const ones = array(new Float32Array(100_000).fill(0.1));
    expect(Math.abs(sum(ones).item() / 1e4 - 1)).toBeLessThan(1e-6);
  });
});

describe("max and min", () => {
  test("share the gradient evenly among ties", () => {
    const x = f64([
      [3, 1, 3, 3],
      [1, 2, -5, -5],
    ]);
    expect(pull(max(x, { axis: 1 }), x, [1.5, -2])).toEqual([0.5, 0, 0.5, 0.5, 0, -2, 0, 0]);
    expect(pull(min(x, { axis: 1, keepdims: true }), x, [[1.5], [-2]])).toEqual([0, 1.5, 0, 0, 0, 0, -1, -1]);
    expect(pull(max(x), x, 0.75)).toEqual([0.25, 0, 0.25, 0.25, 0, 0, 0, 0]);
    expect(pull(max(x, { axis: [0, 1], keepdims: true }), x, [[-3]])).toEqual([-1, 0, -1, -1, 0, 0, 0, 0]);
  });

  test("infinities are values like others, NaN wins", () => {
    const x = f64([-Infinity, -Infinity]);
    expect(max(x).item()).toBe(-Infinity);
    expect(pull(max(x), x, 3)).toEqual([1.5, 1.5]);
    expect(min([1, Number.NaN, -1]).item()).toBeNaN();
    expect(max([1, Number.NaN, Infinity]).item()).toBeNaN();
  });
});

describe("argmax and argmin", () => {
  test("take the first of equals, and NaN before all", () => {
    const x = [
      [1, 5, 5, -2, -2],
      [0, Number.NaN, 9, Number.NaN, -9],
    ];
    expect(argmax(x, { axis: 1 }).toArray()).toEqual([1, 1]);
    expect(argmin(x, { axis: 1 }).toArray()).toEqual([3, 1]);
    expect(argmax(x, { axis: 1, keepdims: true }).shape).toEqual([2, 1]);
  });

  test("count in the flattened array without an axis", () => {
    const x = [
      [1, 2, 3],
      [4, 9, 0],
    ];
    expect(argmax(x).item()).toBe(4);
    expect(argmin(x, { keepdims: true }).toArray()).toEqual([[5]]);
    expect(argmax(7).item()).toBe(0);
  });
});

describe("var and std", () => {
  test("without degrees of freedom divide by 0", () => {
    expect(variance([1], { ddof: 1 }).item()).toBeNaN();
    expect(variance([1, 2], { ddof: 2 }).item()).toBe(Infinity);
    expect(variance([1, 2], { ddof: 3 }).item()).toBe(Infinity);
    expect(std([1], { ddof: 1 }).item()).toBeNaN();
  });

  test("far from 0 are as accurate as near it", () => {
    const near = array([0, 1, 2, 3, 6]);
    const far = array([20000, 20001, 20002, 20003, 20006]);
    expect(variance(far).item()).toBeCloseTo(variance(near).item(), 2);
  });

  test("the gradients of std where it is 0 are 0, of the second order too", () => {
    const x = f64([
      [2, 2, 2],
      [1, 2, 4],
    ]);
    const gy = f64([1.5, -2]);
    const [gx] = grad(std(x, { axis: 1 }), x, { gradYs: [gy], createGraph: true });
    const gradYs = [
      [
        [1, -2, 0.5],
        [0.25, 3, -1],
      ],
    ];
    const [second, mixed] = grad(gx!, [x, gy], { gradYs }) as [Variable, Variable];
    expect(numbers(gx!).slice(0, 3).map(Math.abs)).toEqual([0, 0, 0]);
    expect(numbers(second).slice(0, 3).map(Math.abs)).toEqual([0, 0, 0]);
    expect(numbers(mixed)[0]).toBe(0);
    for (const value of [...numbers(gx!).slice(3), ...numbers(second).slice(3), numbers(mixed)[1]!]) {
      expect(Math.abs(value)).toBeGreaterThan(1e-3);
      expect(value).toBeLessThan(Infinity);
    }
  });
});

describe("prod", () => {
  test("first and second derivatives are products of the others, whatever is 0", () => {
    const generator = new Generator(5);
    for (let n = 1; n <= 9; n++) {
      for (const zerosWanted of [0, 1, 2, 3]) {
        const values = Array.from({ length: n }, (_, i) => (i < zerosWanted ? 0 : generator.normal())).reverse();
        const v = Array.from({ length: n }, () => generator.normal());
        const others = (...without: number[]) => values.reduce((p, x, i) => (without.includes(i) ? p : p * x), 1);
        const x = f64(values);
        const [gx] = grad(prod(x), x, { gradYs: [0.7], createGraph: true });
        numbers(gx!).forEach((g, i) => {
          expect(g).toBeCloseTo(0.7 * others(i), 12);
        });
        if (n === 1) continue;
        pull(gx!, x, v).forEach((g, i) => {
          const wanted = v.reduce((total, vj, j) => (j === i ? total : total + 0.7 * vj * others(i, j)), 0);
          expect(g).toBeCloseTo(wanted, 12);
        });
      }
    }
  });
});

describe("logsumexp", () => {
  test("does not overflow", () => {
    expect(logsumexp([1000, 1000]).item()).toBeCloseTo(1000 + Math.log(2), 3);
    expect(logsumexp([-1000, -1000]).item()).toBeCloseTo(-1000 + Math.log(2), 3);
    expect(logsumexp([Infinity, 1]).item()).toBe(Infinity);
    expect(logsumexp([Number.NaN, 1]).item()).toBeNaN();
  });

  test("rows of -infinity give -infinity and no NaN in gradients of any order", () => {
    const x = f64([
      [-Infinity, -Infinity],
      [-Infinity, 2],
      [1, 2],
    ]);
    const y = logsumexp(x, { axis: 1 });
    expect(numbers(y).slice(0, 2)).toEqual([-Infinity, 2]);
    const [gx] = grad(y, x, { gradYs: [[0.5, -2, 3]], createGraph: true });
    const p = 1 / (1 + Math.E);
    const wanted = [0, 0, 0, -2, 3 * p, 3 * (1 - p)];
    numbers(gx!).forEach((g, i) => {
      expect(g).toBeCloseTo(wanted[i]!, 12);
    });
    const second = pull(gx!, x, [
      [1, 2],
      [3, -1],
      [0.5, 2],
    ]);
    // The Hessian is diag(p) - p p^T, times 3.
    const last = 3 * p * (1 - p) * -1.5;
    [0, 0, 0, 0, last, -last].forEach((g, i) => {
      expect(second[i]).toBeCloseTo(g, 12);
    });
  });
});

describe("cumsum", () => {
  test("without an axis flattens, as a scalar does to one element", () => {
    expect(
      cumsum([
        [1, 2],
        [3, 4],
      ]).toArray(),
    ).toEqual([1, 3, 6, 10]);
    expect(cumsum(5).toArray()).toEqual([5]);
  });

  test("its gradient sums from the end", () => {
    const x = f64([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(
      pull(cumsum(x, { axis: 1 }), x, [
        [1, 10, 100],
        [-1, 0.5, 2],
      ]),
    ).toEqual([111, 110, 100, 1.5, 2.5, 2]);
  });
});

describe("norm", () => {
  test.each([2, 1, 3, 1.5, 0.5, -1, 0, Infinity, -Infinity])("of order %s has gradient 0 at the zero vector", (ord) => {
    const x = f64([
      [0, 0],
      [3, -4],
    ]);
    const gx = pull(norm(x, { ord, axis: 1 }), x, [1.5, -2]);
    expect(gx.slice(0, 2).map(Math.abs)).toEqual([0, 0]);
    expect(gx.every(Number.isFinite)).toBe(true);
    expect(gx.slice(2).some((g) => g !== 0)).toBe(ord !== 0);
  });

  test("squared, at the zero vector, has the second derivative 0 that follows from the first", () => {
    const x = f64([0, 0]);
    const y = norm(x);
    const [gx] = grad(mul(y, y), x, { gradYs: [1.5], createGraph: true });
    expect(pull(gx!, x, [2, 3])).toEqual([0, 0]);
  });

  test("takes several axes as one vector", () => {
    const x = [
      [
        [1, 2],
        [3, 4],
      ],
    ];
    expect(norm(x, { ord: 1, axis: [1, 2] }).toArray()).toEqual([10]);
    expect(norm(x, { ord: Infinity, axis: [0, 2] }).toArray()).toEqual([2, 4]);
    expect(norm(x, { ord: "fro", axis: [1, 2] }).item()).toBeCloseTo(Math.sqrt(30), 5);
  });
});
