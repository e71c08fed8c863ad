import { array, constant, type DType, Parameter, randomNormal, seed } from "../../core/index.js";
import type { RowGradient } from "../../core/row-gradient.js";
import * as F from "../../functions/index.js";
import { Adam, clipGradNorm, clipGradValue, SGD } from "../../optim/index.js";

function parameterOf(gradient: number[] | null, name: string | null = null, dtype: DType = "float64"): Parameter {
  const parameter = new Parameter(array(new Array(gradient?.length ?? 1).fill(0), { dtype }), name);
  if (gradient !== null) parameter.grad = constant(gradient, { dtype });
  return parameter;
}

const gradientOf = (parameter: Parameter) => [...parameter.grad!.toTypedArray()];

describe("clipGradNorm", () => {
  test("scales all gradients as one vector, by PyTorch's formula, and returns the norm they had", () => {
    const parameters = [parameterOf([3, 4]), parameterOf(null), parameterOf([12])];
    const scale = 6.5 / (13 + 1e-6);
    expect(clipGradNorm(parameters, 6.5)).toBe(13);
    expect(parameters.map((p) => (p.grad === null ? null : gradientOf(p)))).toEqual([
      [3 * scale, 4 * scale],
      null,
      [12 * scale],
    ]);
    expect(clipGradNorm(parameters, 6.5)).toBeCloseTo(6.5, 5);
  });

  test.each([
    [1, 19],
    [3, (27 + 64 + 1728) ** (1 / 3)],
    [Number.POSITIVE_INFINITY, 12],
  ])("the norm of order %s", (ord, norm) => {
    const parameters = [parameterOf([3, -4]), parameterOf([-12])];
    expect(clipGradNorm(parameters, 1, { ord })).toBeCloseTo(norm, 10);
    expect(gradientOf(parameters[0]!)[1]).toBeCloseTo(-4 / norm, 5);
  });

  test("leaves short gradients and a single parameter's alone", () => {
    const parameter = parameterOf([3, 4]);
    const { grad } = parameter;
    expect(clipGradNorm(parameter, 5.1)).toBe(5);
    expect(clipGradNorm([parameter], Number.POSITIVE_INFINITY)).toBe(5);
    expect(parameter.grad).toBe(grad);
    expect(clipGradNorm([parameterOf(null)], 1)).toBe(0);
  });

  test("a gradient that two parameters share is scaled once for each", () => {
    const [a, b] = [parameterOf([3]), parameterOf([4])];
    const gy = array([4], { dtype: "float64" });
    a.clearGrad();
    b.clearGrad();
    F.add(a, b).backward({ gradient: gy });
    expect(clipGradNorm([a, b], 1)).toBeCloseTo(Math.sqrt(32), 12);
    expect(gradientOf(a)).toEqual(gradientOf(b));
    expect(gradientOf(a)[0]).toBeCloseTo(Math.sqrt(0.5), 5);
    expect(gy.item()).toBe(4);
  });

  test("float32 gradients too large to square", () => {
    const parameter = parameterOf([3e30, 4e30], null, "float32");
    expect(clipGradNorm([parameter], 1) / 5e30).toBeCloseTo(1, 6);
    expect(gradientOf(parameter)[0]).toBeCloseTo(0.6, 5);
  });

  test("a norm that is not finite", () => {
    const make = () => [parameterOf([1]), parameterOf([Number.NaN], "W")];
    const checked = make();
    expect(() => clipGradNorm(checked, 1, { errorIfNonFinite: true })).toThrow(
      "clipGradNorm: the norm of the gradients is NaN: that of parameter 1 (W) is NaN; expected a finite one",
    );
    expect(gradientOf(checked[0]!)).toEqual([1]);
    const parameters = make();
    expect(clipGradNorm(parameters, 1)).toBeNaN();
    expect(gradientOf(parameters[0]!)).toEqual([Number.NaN]);
  });

  const p = parameterOf([1], "W");
  test.each<[() => unknown, string]>([
    [() => clipGradNorm([p], -1), "clipGradNorm: maxNorm is -1; expected a number of at least 0"],
    [() => clipGradNorm([p], Number.NaN), "clipGradNorm: maxNorm is NaN; expected a number of at least 0"],
    [() => clipGradNorm([p], 1, { ord: 0 }), "clipGradNorm: ord is 0; expected a number above 0"],
    [() => clipGradNorm([], 1), "clipGradNorm: there are no parameters; expected at least one"],
    [() => clipGradNorm([p, p], 1), "clipGradNorm: parameter 1 (W) is parameter 0 again; expected each once"],
    [() => clipGradNorm([constant(1) as never], 1), "clipGradNorm: parameter 0 is a Variable; expected a Parameter"],
    [() => clipGradValue([p], -1), "clipGradValue: limit is -1; expected a number of at least 0"],
    [() => clipGradValue(3 as never, 1), "clipGradValue: expected the parameters in an iterable"],
  ])("errors %#", (run, message) => {
    expect(run).toThrow(message);
    expect(gradientOf(p)).toEqual([1]);
  });
});

test("clipGradValue", () => {
  const parameter = parameterOf([-3, 0.5, 2, Number.NaN]);
  clipGradValue([parameter, parameterOf(null)], 1);
  expect(gradientOf(parameter)).toEqual([-1, 0.5, 1, Number.NaN]);
});

describe("gradients of few rows", () => {
  const make = () => {
    seed(3);
    const W = new Parameter(randomNormal([400, 64], { dtype: "float64" }));
    F.sum(F.square(F.getItem(W, array(Int32Array.of(3, 7, 3))))).backward();
    return W;
  };

  test("are clipped as whole ones, and stay few", () => {
    for (const clip of [(p: Parameter) => clipGradNorm(p, 1), (p: Parameter) => clipGradValue(p, 0.1)]) {
      const [few, whole] = [make(), make()];
      whole.grad = constant(whole.grad!.data.copy());
      expect(clip(few)).toEqual(clip(whole));
      expect((few.peekGrad() as RowGradient).rows!.rows.size).toBe(2);
      expect(gradientOf(few)).toEqual(gradientOf(whole));
    }
  });

  test("inside an optimizer too", () => {
    const values = [false, true].map((whole) => {
      const W = make();
      if (whole) W.grad = constant(W.grad!.data.copy());
      const optimizer = new SGD([W], { clipGlobalNorm: 3, clipNorm: 2, clipValue: 0.1, lr: 1 });
      optimizer.step();
      return [...W.data.toTypedArray()];
    });
    expect(values[0]).toEqual(values[1]);
  });
});

test("clipping leaves the gradients as they are for the user", () => {
  const parameter = parameterOf([3, 4]);
  new Adam([parameter], { clipGlobalNorm: 1, clipNorm: 1, clipValue: 0.1 }).step();
  expect(gradientOf(parameter)).toEqual([3, 4]);
});
