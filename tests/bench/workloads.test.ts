import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "../../bench/suite";
import { programs } from "../../bench/workloads/index";

const expected: Record<string, number[]> = JSON.parse(readFileSync(join(__dirname, "expected.json"), "utf8"));
const computed = suite.filter(({ family }) => family in programs);

test("every workload that is computed has numbers from PyTorch, and only those", () => {
  expect(Object.keys(expected).sort()).toEqual(computed.map(({ name }) => name).sort());
});

describe.each(computed)("workload $name", ({ name, family, small }) => {
  test("computes what its PyTorch twin does", () => {
    const numbers = programs[family]!(small).check();
    const wanted = expected[name]!;
    expect(numbers).toHaveLength(wanted.length);
    numbers.forEach((x, i) => {
      expect(Math.abs(x - wanted[i]!)).toBeLessThanOrEqual(1e-5 * Math.abs(wanted[i]!));
    });
  });

  test("steps again and again without a change of its sizes", () => {
    const program = programs[family]!(small);
    const [first] = program.check();
    for (let i = 0; i < 3; i++) program.step();
    const [last] = program.check();
    if (["mlp", "peakMemory", "transformer", "vae", "wganGP"].includes(family)) expect(last).toBeLessThan(first!);
    else expect(last).toBe(first);
  });
});
