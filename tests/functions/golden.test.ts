import { join } from "node:path";
import { grad } from "../../core/backward.js";
import { array } from "../../core/creation.js";
import { type DType, isFloat } from "../../core/dtype.js";
import type { NDArray } from "../../core/ndarray.js";
import { shapeText, sizeOf } from "../../core/shape.js";
import { Variable } from "../../core/variable.js";
import { type GoldenArray, type GoldenCase, goldenRequest, goldenTitle, readGolden } from "../golden/golden.js";
import type { FunctionCase } from "./table/case.js";
import { functionCases } from "./table/index.js";
import { inputArrays, outputs } from "./table/run.js";

/** Functions whose second gradients PyTorch does not have. */
const NO_SECOND = new Set<string>([]);

const golden = readGolden(join(__dirname, "../golden/functions.json"));
const compared = functionCases.filter((fc) => fc.torch !== undefined);

describe("tests/golden/functions.json", () => {
  test("was made from the table as it is: else run `npm run golden`", () => {
    const stale = compared.filter((fc) => golden.get(goldenTitle(fc))?.key !== goldenRequest(fc).key).map(goldenTitle);
    const titles = new Set(compared.map(goldenTitle));
    const gone = [...golden.keys()].filter((title) => !titles.has(title));
    if (stale.length > 0) throw new Error(`run \`npm run golden\`: the table changed in ${stale.join("; ")}`);
    if (gone.length > 0) throw new Error(`run \`npm run golden\`: the table no longer has ${gone.join("; ")}`);
  });

  test("lacks only cases that say why", () => {
    const silent = functionCases.filter((fc) => fc.torch === undefined && fc.noTorch.trim().length < 10);
    expect(silent.map(goldenTitle)).toEqual([]);
  });

  test("has second gradients of all that PyTorch can differentiate twice", () => {
    const missing = compared.filter(
      (fc) => golden.get(goldenTitle(fc))?.noSecond !== undefined && !NO_SECOND.has(fc.name),
    );
    expect(missing.map(goldenTitle)).toEqual([]);
  });
});

const known = compared.flatMap((fc) => {
  const reference = golden.get(goldenTitle(fc));
  return reference?.key !== goldenRequest(fc).key ? [] : [[goldenTitle(fc), fc, reference] as const];
});

describe.each(known)("%s", (_, fc, reference) => {
  test.each(["float64", "float32"] as const)("%s", (dtype) => {
    const { xs, ys, gradients } = firstOrder(fc, reference, dtype);
    const tolerance = dtype === "float64" ? 1e-10 : 1e-5;
    compare("output", ys, reference.outputs, tolerance);
    compare("gradient", gradients, reference.gradients ?? [], tolerance);
    if (dtype === "float64" && reference.second !== undefined) {
      compare("second gradient", secondOrder(gradients, xs, reference), reference.second, tolerance);
    }
  });
});

function firstOrder(fc: FunctionCase, { cotangents }: GoldenCase, dtype: DType) {
  const inputs = inputArrays(fc, dtype).map((x) => new Variable(x, isFloat(x.dtype)));
  const xs = inputs.filter((x) => x.requiresGrad);
  const ys = outputs(fc, inputs);
  if (cotangents === undefined) return { xs, ys, gradients: [] };
  const starts = cotangents.flatMap((c, i) => (c === null ? [] : [{ y: ys[i]!, c: toArray(c, ys[i]!.dtype) }]));
  const gradients = grad(
    starts.map(({ y }) => y),
    xs,
    { gradYs: starts.map(({ c }) => c), createGraph: true, allowUnused: true },
  );
  return { xs, ys, gradients };
}

function secondOrder(gradients: Variable[], xs: Variable[], { secondCotangents }: GoldenCase): Variable[] {
  const starts = gradients.flatMap((g, i) =>
    g.requiresGrad ? [{ g, c: toArray(secondCotangents![i]!, g.dtype) }] : [],
  );
  return grad(
    starts.map(({ g }) => g),
    xs,
    { gradYs: starts.map(({ c }) => c), allowUnused: true },
  );
}

function numbers({ shape, values }: GoldenArray): number[] {
  const list = Array.isArray(values) ? values : new Array<number | string>(sizeOf(shape)).fill(values);
  return list.map(Number);
}

function toArray(golden: GoldenArray, dtype: DType): NDArray {
  return array(numbers(golden), { dtype }).reshape(golden.shape);
}

/** Differences are relative to max(1, |value|); a float32 result, such as that of int32 by int32, is never held to more than 1e-5. */
function compare(what: string, actual: readonly Variable[], expected: readonly GoldenArray[], tolerance: number): void {
  expect(actual.map((y) => shapeText(y.shape))).toEqual(expected.map((y) => shapeText(y.shape)));
  const wrong = actual.flatMap((y, i) => {
    const limit = y.dtype === "float32" ? 1e-5 : tolerance;
    const got = y.toTypedArray();
    return numbers(expected[i]!).flatMap((value, flat) => {
      const close = Object.is(got[flat], value) || Math.abs(got[flat]! - value) <= limit * Math.max(1, Math.abs(value));
      return close ? [] : [`${what} ${i} at ${flat}: ${got[flat]}, PyTorch ${value}`];
    });
  });
  expect(wrong).toEqual([]);
}
