import { grad } from "../../core/backward.js";
import { array } from "../../core/creation.js";
import { constant, type Operand, type Variable, variable } from "../../core/variable.js";
import {
  affine,
  elu,
  gelu,
  hardSigmoid,
  leakyRelu,
  logSoftmax,
  relu,
  selu,
  softmax,
  softplus,
} from "../../functions/activation.js";

const SELU_SLOPE = 1.0507009873554805;
const elementwise: [string, (x: Operand) => Variable][] = [
  ["relu", relu],
  ["leakyRelu", leakyRelu],
  ["elu", elu],
  ["selu", selu],
  ["gelu", gelu],
  ["gelu, exact", (x) => gelu(x, { approximate: false })],
  ["softplus", softplus],
  ["hardSigmoid", hardSigmoid],
  ["affine", (x) => affine(x, { slope: -2, intercept: 3 })],
];

/** The derivatives of `f` at `x`, from the first up, each along a direction that is not 1. */
function derivatives(f: (x: Operand) => Variable, x: Variable, order: number): number[] {
  const results: number[] = [];
  let y = f(x);
  for (let i = 0; i < order; i++) {
    if (!y.requiresGrad) return [...results, ...new Array<number>(order - i).fill(0)];
    [y] = grad([y], [x], { gradYs: [-2.5], createGraph: true, allowUnused: true }) as [Variable];
    results.push(y.item() / (-2.5) ** (i + 1));
  }
  return results;
}

describe.each(elementwise)("%s", (_, f) => {
  test("passes NaN through", () => {
    expect(f([Number.NaN, 1]).toArray()).toEqual([Number.NaN, expect.any(Number)]);
  });

  test.each(["float32", "float64"] as const)("is finite at +-1000, with three derivatives, in %s", (dtype) => {
    for (const at of [1000, -1000]) {
      const x = variable(at, { dtype });
      expect([f(x).item(), ...derivatives(f, x, 3)].filter((v) => !Number.isFinite(v))).toEqual([]);
    }
  });
});

describe("derivatives at 0", () => {
  test.each([
    ["relu", relu, [0, 0]],
    ["leakyRelu", leakyRelu, [0.3, 0]],
    ["elu", (x: Operand) => elu(x, { alpha: 0.5 }), [0.5, 0.5, 0.5]],
    ["selu", selu, [1.6732632423543772 * SELU_SLOPE, 1.6732632423543772 * SELU_SLOPE]],
    ["gelu", gelu, [0.5, 2 * Math.sqrt(2 / Math.PI) * 0.5]],
    ["gelu, exact", (x: Operand) => gelu(x, { approximate: false }), [0.5, Math.sqrt(2 / Math.PI), 0]],
    ["softplus", softplus, [0.5, 0.25, 0]],
    ["hardSigmoid", hardSigmoid, [0.2, 0]],
  ] as [string, (x: Operand) => Variable, number[]][])("%s", (_, f, expected) => {
    for (const zero of [0, -0]) {
      derivatives(f, variable(zero, { dtype: "float64" }), expected.length).forEach((d, i) => {
        expect(d).toBeCloseTo(expected[i]!, 14);
      });
    }
  });
});

describe("values", () => {
  test("at the ends", () => {
    const ends = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1000, -1000];
    const options = { dtype: "float64" } as const;
    expect(relu(array(ends, options)).toArray()).toEqual([Infinity, 0, 1000, 0]);
    expect(leakyRelu(array(ends, options), { alpha: 0.5 }).toArray()).toEqual([Infinity, -Infinity, 1000, -500]);
    expect(elu(array(ends, options), { alpha: 2 }).toArray()).toEqual([Infinity, -2, 1000, -2]);
    expect(softplus(array(ends, options)).toArray()).toEqual([Infinity, 0, 1000, 0]);
    expect(hardSigmoid(array(ends, options)).toArray()).toEqual([1, 0, 1, 0]);
    expect(gelu(array([1000, -1000], options)).toArray()).toEqual([1000, -0]);
  });

  test("alpha is as given by option, 0.3 and 1 unless given", () => {
    const x = array([-1], { dtype: "float64" });
    expect(leakyRelu(x).item()).toBe(-0.3);
    expect(leakyRelu(x, { alpha: 0.01 }).item()).toBe(-0.01);
    expect(elu(x).item()).toBeCloseTo(Math.expm1(-1), 15);
    expect(elu(x, { alpha: 3 }).item()).toBeCloseTo(3 * Math.expm1(-1), 15);
  });

  test("hardSigmoid has the slope 0.2 up to and with its corners", () => {
    const x = variable([-2.6, -2.5, 1, 2.5, 2.6], { dtype: "float64" });
    const [gx] = grad([hardSigmoid(x)], [x], { gradYs: [array([3, 5, 7, 11, 13], { dtype: "float64" })] });
    expect(gx!.toArray()).toEqual([0, 1, 7 * 0.2, 11 * 0.2, 0]);
  });

  test("gelu is the form with tanh unless told otherwise, and exact far below 0 in float32", () => {
    const x = -5;
    const tanhForm = x / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
    expect(gelu(array(x)).item() / tanhForm).toBeCloseTo(1, 5);
    expect(gelu(array(1, { dtype: "float64" }), { approximate: false }).item()).toBeCloseTo(0.8413447460685429, 14);
    expect(gelu(array(1, { dtype: "float64" })).item()).toBeCloseTo(0.8411919906082768, 14);
  });
});

describe("dtypes", () => {
  test("relu keeps int32; the others make float32 of it", () => {
    const x = array([-1, 0, 2], { dtype: "int32" });
    expect(relu(x).dtype).toBe("int32");
    expect(relu(x).toArray()).toEqual([0, 0, 2]);
    for (const [, f] of elementwise.slice(1)) expect(f(x).dtype).toBe("float32");
    expect(softmax(x).dtype).toBe("float32");
    expect(logSoftmax(x).dtype).toBe("float32");
    expect(leakyRelu(x).toArray()).toEqual([Math.fround(-0.3), 0, 2]);
    expect(elu(array([true, false])).toArray()).toEqual([1, 0]);
  });
});

describe("softmax", () => {
  test("adds up to 1 along its axis, and its gradients to 0", () => {
    const x = variable(
      [
        [1.5, -2, 0.25],
        [700, 702, -900],
      ],
      { dtype: "float64" },
    );
    const y = softmax(x, { axis: 1 });
    for (const row of y.toArray() as number[][]) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 14);
    const [gx] = grad([y], [x], { gradYs: [[[0.3, -1, 2], [5, -4, 0.5]]] }); // biome-ignore format: one line
    for (const row of gx!.toArray() as number[][]) expect(row.reduce((a, b) => a + b)).toBeCloseTo(0, 14);
  });

  test("gives 0 to -Infinity and NaN beside NaN", () => {
    expect(softmax([0, Number.NEGATIVE_INFINITY]).toArray()).toEqual([1, 0]);
    expect(softmax([0, Number.NaN]).toArray()).toEqual([Number.NaN, Number.NaN]);
  });

  test("its logarithm is exact where it rounds to 0", () => {
    expect(softmax([0, -200]).toArray()).toEqual([1, 0]);
    expect(logSoftmax([0, -200]).toArray()).toEqual([0, -200]);
  });

  test("of a constant is a constant", () => {
    expect(softmax(constant([1, 2])).requiresGrad).toBe(false);
  });
});

describe("errors", () => {
  test.each([
    [() => softmax([1, 2], { axis: 1 }), "softmax: axis 1 is out of range for 1 dimension; expected -1 to 0"],
    [() => logSoftmax([[1]], { axis: -3 }), "logSoftmax: axis -3 is out of range for 2 dimensions; expected -2 to 1"],
    [() => softmax(1), "softmax: axis -1 does not exist: the operand is a scalar and has no axes"],
    [() => leakyRelu([1], { alpha: Number.NaN }), "leakyRelu: alpha is NaN; expected a finite number"],
    [() => elu([1], { alpha: Infinity }), "elu: alpha is Infinity; expected a finite number"],
    [() => affine([1], { slope: Number.NaN }), "affine: slope is NaN; expected a finite number"],
    [() => affine([1], { intercept: -Infinity }), "affine: intercept is -Infinity; expected a finite number"],
    [() => gelu([1], { approximate: "none" as never }), "gelu: approximate is none; expected true or false"],
  ])("%#", (call, message) => {
    expect(call).toThrow(message);
  });
});
