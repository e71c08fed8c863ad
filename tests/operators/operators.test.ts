import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { variable } from "../../index.js";

const root = resolve(__dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "retrograd-operators-"));
const output = join(folder, "program.mjs");

function run(...args: string[]): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
}

let result: {
  pairs: [string, unknown, unknown][];
  remainders: number[][];
  gradients: number[][];
  numbers: number[];
};

beforeAll(() => {
  // It checks the types of the example too, and what it had to say would be printed.
  const build = run("examples/operators/build.mjs", output, "tests/operators/program.ts");
  expect([build.status, build.stderr, build.stdout]).toEqual([0, "", ""]);
  const program = run(output);
  expect([program.status, program.stderr]).toEqual([0, ""]);
  result = JSON.parse(program.stdout);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the program is compiled to calls of the overloads", () => {
  const code = readFileSync(output, "utf8");
  for (const name of ["add", "sub", "mul", "div", "pow", "mod"]) expect(code).toContain(`__tsover_${name}(`);
});

test("operators compute what the methods do, with numbers, arrays and NDArrays on either side", () => {
  expect(result.pairs.length).toBe(15);
  for (const [name, left, right] of result.pairs) expect([name, left]).toEqual([name, right]);
  expect(result.numbers).toEqual([3, 3, 32]);
});

test("% has the sign of the divisor, as in Python and PyTorch", () => {
  expect(result.remainders).toEqual([
    [
      [1.5, 0],
      [1, 0.25],
    ],
    [2, -2, 1.5],
    [0, 3],
  ]);
});

test("gradients flow through operators", () => {
  // d(a a b + a)/da = 2 a b + 1; d/db = the sum over rows of a a.
  expect(result.gradients).toEqual([
    [
      [2.5, -15],
      [4, 3],
    ],
    [11.25, 4.0625],
  ]);
});

test("without tsover an operator on a Variable throws and says what to do", () => {
  const x = variable([1, 2]) as unknown as number;
  expect(() => x * 2).toThrow(/native operator.*a\.add\(b\) for a \+ b.*tsover/s);
  expect(() => -x).toThrow("neg for unary -");
  expect(() => x < 1).toThrow("less");
});
