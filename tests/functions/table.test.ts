import { noGrad } from "../../core/config.js";
import { isFloat } from "../../core/dtype.js";
import { gradcheck } from "../../core/gradcheck.js";
import { shapeText } from "../../core/shape.js";
import { Variable } from "../../core/variable.js";
import * as functions from "../../functions/index.js";
import type { FunctionCase } from "./table/case.js";
import { functionCases } from "./table/index.js";
import { layouts } from "./table/layouts.js";
import { inputArrays, outputs, run } from "./table/run.js";

/** Exported beside the functions: they make arguments, and compute nothing. */
const NOT_FUNCTIONS = new Set(["slice", "calcConvOutDims", "calcPadDims1d", "calcPadDims2d"]);

const byName = new Map<string, FunctionCase[]>();
for (const fc of functionCases) byName.set(fc.name, [...(byName.get(fc.name) ?? []), fc]);
const shapesOf = (xs: readonly Variable[]) => xs.map((x) => shapeText(x.shape)).join(" ");

describe("the table", () => {
  test("has every function that retrograd/functions exports", () => {
    const exported = Object.entries(functions).flatMap(([name, f]) =>
      typeof f === "function" && /^[a-z]/.test(name) ? [name] : [],
    );
    expect(exported.filter((name) => !NOT_FUNCTIONS.has(name) && !byName.has(name))).toEqual([]);
    expect([...byName.keys()].filter((name) => !exported.includes(name))).toEqual([]);
  });

  test("has no two cases of the same name and label", () => {
    const titles = functionCases.map((fc) => `${fc.name}: ${fc.label}`);
    expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([]);
  });
});

describe.each([...byName])("%s", (_, cases) => {
  describe.each(cases.map((fc) => [fc.label, fc] as const))("%s", (_, fc) => {
    test("has the right dtypes, and in float32 the shapes and, within 1e-5, the values and gradients of float64", () => {
      const double = run(fc, "float64");
      const single = run(fc, "float32");
      const floatInputs = double.inputs.filter((x) => isFloat(x.dtype)).length;
      expect(shapesOf(single.ys)).toBe(shapesOf(double.ys));
      if (fc.name !== "astype" && floatInputs > 0) {
        expect(double.ys.map((y) => y.dtype)).not.toContain("float32");
        expect(single.ys.map((y) => y.dtype)).not.toContain("float64");
      }
      single.ys.forEach((y, i) => {
        expectClose(y, double.ys[i]!);
      });
      expect(double.gradients.length).toBe(fc.order === 0 ? 0 : floatInputs);
      for (const { inputs, gradients } of [double, single]) {
        const xs = inputs.filter((x) => isFloat(x.dtype));
        expect(gradients.map((g) => `${g.dtype} ${shapeText(g.shape)}`)).toEqual(
          gradients.map((_, i) => `${xs[i]!.dtype} ${shapeText(xs[i]!.shape)}`),
        );
      }
      single.gradients.forEach((g, i) => {
        expectClose(g, double.gradients[i]!);
      });
    });

    test.each(layouts)("takes %s", (_, layout) => {
      const plain = run(fc, "float64");
      const other = run(fc, "float64", layout);
      expect(other.inputs.map((x) => x.toArray())).toEqual(plain.inputs.map((x) => x.toArray()));
      expect(other.ys.map((y) => y.toArray())).toEqual(plain.ys.map((y) => y.toArray()));
      expect(other.gradients.map((g) => g.toArray())).toEqual(plain.gradients.map((g) => g.toArray()));
    });

    test("leaves its inputs as they are", () => {
      const { inputs, versions } = run(fc, "float64");
      expect(inputs.map((x) => x.toArray())).toEqual(inputArrays(fc, "float64").map((x) => x.toArray()));
      expect(inputs.map((x) => x.version)).toEqual(versions);
    });

    test("works inside noGrad", () => {
      const xs = inputArrays(fc, "float64").map((x) => new Variable(x, isFloat(x.dtype)));
      const ys = noGrad(() => outputs(fc, xs));
      const computed = ys.filter((y) => !xs.includes(y));
      expect(computed.map((y) => [y.creator, y.requiresGrad])).toEqual(computed.map(() => [null, false]));
      expect(ys.map((y) => y.toArray())).toEqual(run(fc, "float64").ys.map((y) => y.toArray()));
    });

    if (fc.order === 0) {
      test("has no gradient", () => {
        expect(run(fc, "float64").ys.filter((y) => y.requiresGrad)).toEqual([]);
      });
    } else {
      test(`passes gradcheck of order ${fc.order ?? 2}`, () => {
        expect(gradcheck(named(fc), inputArrays(fc, "float64"), { order: fc.order ?? 2 })).toBe(true);
      });
    }
  });
});

/** `call` under the name of the function, for messages. */
function named(fc: FunctionCase): FunctionCase["call"] {
  return Object.defineProperty((...xs: Variable[]) => fc.call(...xs), "name", { value: fc.name });
}

function expectClose(actual: Variable, expected: Variable): void {
  const wanted = Array.from(expected.toTypedArray());
  const scale = Math.max(1, ...wanted.filter(Number.isFinite).map(Math.abs));
  const got = Array.from(actual.toTypedArray());
  const wrong = got.flatMap((v, i) =>
    Object.is(v, wanted[i]) || Math.abs(v - wanted[i]!) <= 1e-5 * scale ? [] : [[i, v, wanted[i]]],
  );
  expect(wrong).toEqual([]);
}
