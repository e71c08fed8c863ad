import { runExample } from "./run.js";

jest.setTimeout(60_000);

/** The share of test digits that were right, and the lines that hold no times. */
function read(stdout: string): { accuracy: number; lines: string[] } {
  const [, accuracy] = /Accuracy on 1000 test digits: ([\d.]+) %/.exec(stdout)!;
  const lines = stdout.split("\n").filter((line) => !/ seconds|s left/.test(line));
  return { accuracy: Number(accuracy), lines };
}

test("resnet-mnist: a residual network learns digits in one pass over 3,000 of them", () => {
  const { status, stdout } = runExample("resnet-mnist", "--quick", "--seed", "2");
  expect(status).toBe(0);
  expect(read(stdout).accuracy).toBeGreaterThan(90);
  const losses = [...stdout.matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(10);
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
  expect(stdout).toContain("SkipConnectionIdentityModule");
  expect(stdout).toContain("SkipConnectionConvModule");
});

test("resnet-mnist: --help lists the options", () => {
  const help = runExample("resnet-mnist", "--help");
  expect(help.status).toBe(0);
  for (const option of ["--epochs", "--batch-size", "--width", "--lr", "--shift", "--seed", "--quick"]) {
    expect(help.stdout).toContain(option);
  }
});
