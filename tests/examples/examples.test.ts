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

test("spiral: learns to tell the arms apart, which one pass does not do", () => {
  const accuracy = (...args: string[]) => {
    const { status, stdout } = runExample("spiral", "--seed", "3", ...args);
    expect(status).toBe(0);
    return Number(/accuracy: ([\d.]+) %/.exec(stdout)![1]);
  };
  expect(accuracy("--epochs", "40")).toBeGreaterThan(95);
  expect(accuracy("--epochs", "1")).toBeLessThan(70);
});

test("gcn-karate: finds from two labels whom at least 32 of the 34 members follow", () => {
  const { status, stdout } = runExample("gcn-karate", "--seed", "3");
  expect(status).toBe(0);
  expect(Number(/accuracy: (\d+) of 34 members/.exec(stdout)![1])).toBeGreaterThanOrEqual(32);
  const losses = [...stdout.matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(5);
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 10);
});
