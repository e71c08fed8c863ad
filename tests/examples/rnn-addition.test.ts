import { runExample } from "./run.js";

jest.setTimeout(60_000);

/** The percentage of sums of numbers of `digits` digits that are right. */
function right(stdout: string, digits: number): number {
  return Number(new RegExp(`of ${digits} digits that are right: ([\\d.]+) %`).exec(stdout)![1]);
}

test("rnn-addition: an LSTM learns to add, also numbers longer than those it has seen", () => {
  const { status, stdout } = runExample("rnn-addition", "--quick", "--seed", "2");
  expect(status).toBe(0);
  expect(right(stdout, 6)).toBeGreaterThan(97);
  expect(right(stdout, 30)).toBeGreaterThan(90);
  expect(stdout).toContain("memory LSTM");
  const shown = [...stdout.matchAll(/(\d+) \+ (\d+) = (\d+) {2}(right|wrong)/g)];
  expect(shown).toHaveLength(3);
  for (const [, a, b, sum, verdict] of shown) {
    expect(verdict === "right").toBe(BigInt(a!) + BigInt(b!) === BigInt(sum!));
  }
});
