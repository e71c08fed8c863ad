import { runExample } from "./run.js";

jest.setTimeout(60_000);

/** The share of right sums of numbers of `digits` digits, and the lines that hold no times. */
function read(stdout: string, digits: number): { right: number; lines: string[] } {
  const [, right] = new RegExp(`of ${digits} digits that are right: ([\\d.]+) %`).exec(stdout)!;
  return { right: Number(right), lines: stdout.split("\n").filter((line) => !/ seconds|s left/.test(line)) };
}

test("rnn-addition: an LSTM learns to add, also numbers longer than those it has seen", () => {
  const { status, stdout } = runExample("rnn-addition", "--quick", "--seed", "2");
  expect(status).toBe(0);
  expect(read(stdout, 6).right).toBeGreaterThan(97);
  expect(read(stdout, 30).right).toBeGreaterThan(90);
  expect(stdout).toContain("memory LSTM");
  const shown = [...stdout.matchAll(/(\d+) \+ (\d+) = (\d+) {2}(right|wrong)/g)];
  expect(shown).toHaveLength(3);
  for (const [, a, b, sum, verdict] of shown) {
    expect(verdict === "right").toBe(BigInt(a!) + BigInt(b!) === BigInt(sum!));
  }
});

test("rnn-addition: one step teaches nothing; a seed repeats the run; the layer can be chosen", () => {
  const run = (layer: string) =>
    read(runExample("rnn-addition", "--steps", "1", "--digits", "3", "--layer", layer).stdout, 3);
  const first = run("gru");
  expect(first.right).toBeLessThan(20);
  expect(first.lines.join()).toContain("memory GRU");
  expect(run("gru").lines).toEqual(first.lines);
  expect(run("rnn").lines.join()).toContain("memory RNN");
});

test("rnn-addition: --help lists the options; nonsense is refused", () => {
  const help = runExample("rnn-addition", "--help");
  expect(help.status).toBe(0);
  for (const option of ["--digits", "--steps", "--hidden", "--lr", "--seed", "--quick", "--layer", "gru"]) {
    expect(help.stdout).toContain(option);
  }
  const refused = runExample("rnn-addition", "--layer", "transformer");
  expect(refused.status).not.toBe(0);
  expect(refused.stderr).toContain("Allowed choices are lstm, gru, rnn");
});
