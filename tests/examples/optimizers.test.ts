import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runExample } from "./run.js";

jest.setTimeout(60_000);

const NAMES = [
  "SGD",
  "Momentum",
  "Nesterov",
  "AdaGrad",
  "AdaDelta",
  "RMSProp",
  "Adam",
  "AMSGrad",
  "AdamW",
  "NAdam",
  "Lion",
];

test("every optimizer goes down the valley and learns digits, and the pictures have them all", () => {
  const folder = mkdtempSync(join(tmpdir(), "retrograd-optimizers-"));
  const { status, stdout } = runExample("optimizers", "--quick", "--pictures", folder);
  expect(status).toBe(0);
  const rows = [
    ...stdout.matchAll(/(\w+) +the valley at .*, ([\d.e+-]+) above its bottom +accuracy on test digits ([\d.]+) %/g),
  ];
  expect(rows.map(([, name]) => name)).toEqual(NAMES);
  for (const [, , height, accuracy] of rows) {
    // It is 9.6 where they start, and a guess is right in 10 % of the cases.
    expect(Number(height)).toBeLessThan(1);
    expect(Number(accuracy)).toBeGreaterThan(50);
  }
  for (const picture of ["paths.svg", "losses.svg"]) {
    const svg = readFileSync(join(folder, picture), "utf8");
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    for (const name of NAMES) expect(svg).toContain(`● ${name}</text>`);
    expect(new Set(svg.match(/stroke="#[0-9a-f]{6}"/g)).size).toBeGreaterThanOrEqual(NAMES.length);
  }
  rmSync(folder, { recursive: true });
});
