import { runExample } from "./run.js";

jest.setTimeout(60_000);

test("resnet-mnist: a residual network learns digits in one pass over 3,000 of them", () => {
  const { status, stdout } = runExample("resnet-mnist", "--quick", "--seed", "2");
  expect(status).toBe(0);
  expect(Number(/Accuracy on 1000 test digits: ([\d.]+) %/.exec(stdout)![1])).toBeGreaterThan(90);
  const losses = [...stdout.matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(10);
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
  expect(stdout).toContain("SkipConnectionIdentityModule");
  expect(stdout).toContain("SkipConnectionConvModule");
});
