import { readFileSync } from "node:fs";
import { join } from "node:path";
import { array } from "../../core/creation.js";
import { isFloat } from "../../core/dtype.js";
import { RetrogradError } from "../../core/errors.js";
import { Variable } from "../../core/variable.js";
import { inMode, modes } from "../fuzz/modes.js";
import { apply, cotangent } from "../fuzz/program.js";
import { differences } from "./differences.js";
import { type Extreme, type ExtremeCase, extremeCases, valueOf } from "./table.js";

type Numbers = (number | Extreme)[];
type Answer = { shape: number[]; values: Numbers; gradients?: Numbers[]; error?: undefined } | { error: string };

const golden = JSON.parse(readFileSync(join(__dirname, "extremes.json"), "utf8")) as Record<
  string,
  Record<"float64" | "float32", Answer>
>;

test("the answers are those of the table as it is: else run `npm run golden:extremes`", () => {
  expect(Object.keys(golden)).toEqual(extremeCases.map(({ title }) => title));
});

test("every difference that is explained is one of a case", () => {
  const titles = extremeCases.map(({ title }) => title);
  expect(differences.filter(({ cases }) => !titles.some((title) => cases.test(title)))).toEqual([]);
});

interface Got {
  shape: readonly number[];
  values: number[];
  gradients: number[][];
}

function run({ op, params, operands }: ExtremeCase, dtype: "float64" | "float32"): Got | string {
  try {
    const xs = operands.map(({ shape, values }) => {
      const numbers = values.map((v) => valueOf(v, dtype));
      return new Variable(array(numbers, { dtype }).reshape(shape), true);
    });
    const y = apply({ op, params }, xs)[0]!;
    const got: Got = { shape: y.shape, values: Array.from(y.toTypedArray()), gradients: [] };
    if (!isFloat(y.dtype) || !y.requiresGrad) return got;
    y.backward({
      gradient: array(cotangent(0, [200]).slice(0, y.size), { dtype }).reshape(y.shape),
    });
    got.gradients = xs.map((x) => Array.from(x.grad?.toTypedArray() ?? new Array<number>(x.size).fill(0)));
    return got;
  } catch (error) {
    if (error instanceof RetrogradError) return error.message;
    throw error;
  }
}

/** What differs, as "value 3: -0, PyTorch 0". */
function compare(what: string, got: readonly number[], wanted: Numbers, dtype: "float64" | "float32"): string[] {
  const relative = dtype === "float64" ? 1e-10 : 2e-5;
  const tiny = dtype === "float64" ? 1e-315 : 1e-43;
  return wanted.flatMap((word, i) => {
    const want = word === "-0" ? -0 : Number(String(word).replace("inf", "Infinity"));
    const value = got[i]!;
    const close = Math.abs(value - want) <= relative * Math.abs(want) + (want === 0 ? 0 : tiny);
    // Gradients of either zero are the same: what adds them up does not tell.
    const alike = Object.is(value, want) || (close && (want !== 0 || what !== "value"));
    return alike ? [] : [`${what} ${i}: ${Object.is(value, -0) ? "-0" : value}, PyTorch ${word}`];
  });
}

function found(fc: ExtremeCase, dtype: "float64" | "float32", mode: string): string[] {
  const got = inMode(mode, () => run(fc, dtype));
  const want = golden[fc.title]![dtype];
  if (want.error !== undefined) return typeof got === "string" ? [] : [`no error, PyTorch ${want.error}`];
  if (typeof got === "string") return [`error ${got}`];
  const lines = compare("value", got.values, want.values, dtype);
  want.gradients?.forEach((g, i) => {
    lines.push(...compare(`gradient ${i} at`, got.gradients[i] ?? [], g, dtype));
  });
  return lines;
}

describe.each(modes)("%s", (mode) => {
  test.each(extremeCases.map((fc) => [fc.title, fc] as const))("%s", (title, fc) => {
    const unexplained = (["float64", "float32"] as const).flatMap((dtype) =>
      found(fc, dtype, mode)
        .filter((line) => !differences.some(({ cases, lines }) => cases.test(title) && lines.test(line)))
        .map((line) => `${dtype} ${line}`),
    );
    expect(unexplained).toEqual([]);
  });
});
