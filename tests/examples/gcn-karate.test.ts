import { runExample } from "./run.js";

jest.setTimeout(60_000);

test("finds from two labels whom at least 32 of the 34 members follow, and a seed repeats the run", () => {
  const { status, stdout } = runExample("gcn-karate", "--seed", "3");
  expect(status).toBe(0);
  expect(Number(/accuracy: (\d+) of 34 members/.exec(stdout)![1])).toBeGreaterThanOrEqual(32);
  const losses = [...stdout.matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(5);
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 10);
  expect(runExample("gcn-karate", "--seed", "3").stdout).toBe(stdout);
  expect(runExample("gcn-karate", "--seed", "4").stdout).not.toBe(stdout);
});

test("--help lists the options; nonsense is refused", () => {
  const help = runExample("gcn-karate", "--help");
  expect(help.status).toBe(0);
  expect(help.stdout).toMatch(/--epochs <n>.*--seed <n>/s);
  const refused = runExample("gcn-karate", "--epochs", "none");
  expect(refused.status).not.toBe(0);
  expect(refused.stderr).toContain("Expected a whole number of at least 1.");
});
