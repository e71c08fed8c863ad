import { runExample } from "./run.js";

jest.setTimeout(60_000);

test("quickstart: derivatives of z^4 at 2, and a network that learns a parabola", () => {
  const { status, stdout } = runExample("quickstart");
  expect(status).toBe(0);
  expect(stdout).toContain("y = 34");
  expect(stdout).toContain("z^4 at 2 has the derivatives 32 48 48");
  expect(stdout).toContain("gradcheck of tanh(a @ b): passed");
  const losses = [...stdout.matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(5);
  expect(losses.at(-1)).toBeLessThan(0.002);
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 20);
});

test("double-backward: Newton's method finds the bottom of Rosenbrock's valley in a few steps", () => {
  const { status, stdout } = runExample("double-backward");
  expect(status).toBe(0);
  const steps = stdout.trim().split("\n");
  expect(steps.length).toBeLessThan(10);
  expect(steps.at(-1)).toMatch(/f\(1\.000000, 1\.000000\) = \d\.\d+e(-2\d|-3\d|\+0)$/);
});

describe("spiral", () => {
  const accuracy = (stdout: string) => Number(/accuracy: ([\d.]+) %/.exec(stdout)![1]);

  test("learns to tell the arms apart, and a seed repeats the run", () => {
    const first = runExample("spiral", "--epochs", "40", "--seed", "3");
    expect(first.status).toBe(0);
    expect(accuracy(first.stdout)).toBeGreaterThan(95);
    expect(runExample("spiral", "--epochs", "40", "--seed", "3").stdout).toBe(first.stdout);
    const other = runExample("spiral", "--epochs", "1", "--seed", "4");
    expect(accuracy(other.stdout)).toBeLessThan(accuracy(first.stdout));
  });

  test("--help lists the options; nonsense is refused", () => {
    const help = runExample("spiral", "--help");
    expect(help.status).toBe(0);
    expect(help.stdout).toMatch(/--epochs <n>.*--seed <n>/s);
    const refused = runExample("spiral", "--epochs", "0");
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain("Expected a whole number of at least 1.");
  });
});

describe("mnist", () => {
  test("--help lists the options; nonsense is refused", () => {
    const help = runExample("mnist", "--help");
    expect(help.status).toBe(0);
    for (const option of [
      "--epochs <n>",
      "--batch-size <n>",
      "--lr <rate>",
      "--seed <n>",
      "--model <name>",
      "mlp",
      "cnn",
    ]) {
      expect(help.stdout).toContain(option);
    }
    const refused = runExample("mnist", "--model", "rnn");
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain("Allowed choices are mlp, cnn");
  });
});
