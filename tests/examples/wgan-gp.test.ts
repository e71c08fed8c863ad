import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PNG } from "pngjs";
import { type Run, runExample } from "./run.js";
import { ExampleSession } from "./session.js";

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), "retrograd-wgan-gp-"));
let session: ExampleSession;
beforeAll(() => {
  session = new ExampleSession();
});
afterAll(async () => {
  await session.end();
  rmSync(folder, { recursive: true });
});

const ARGS = ["wgan-gp", "--quick", "--pictures", folder] as const;

/** What a run printed, which must not have failed. */
function printed({ status, stdout, stderr }: Run): string {
  expect([status, stderr]).toEqual([0, ""]);
  return stdout;
}

/** What a run says of points: how many parts they cover, and how many percent are good. */
function points(stdout: string, which: string): { covered: number; good: number } {
  const [, covered, good] = new RegExp(`^${which}: (\\d+) of \\d+ .* covered, ([\\d.]+) % of good`, "m").exec(stdout)!;
  return { covered: Number(covered), good: Number(good) };
}

test("wgan-gp: the generator finds all eight Gaussians, and there are pictures", () => {
  const stdout = printed(runExample(...ARGS, "--seed", "2"));
  expect(points(stdout, "before training").covered).toBeLessThan(4);
  expect(points(stdout, "before training").good).toBeLessThan(20);
  expect(points(stdout, "generated points").covered).toBe(8);
  expect(points(stdout, "generated points").good).toBeGreaterThan(35);
  expect(points(stdout, "real points").covered).toBe(8);
  expect(points(stdout, "real points").good).toBeGreaterThan(97);
  const { width, data } = PNG.sync.read(readFileSync(join(folder, "points.png")));
  expect(width).toBe(700);
  const crimson = [220, 20, 60];
  let [reddish, dark] = [0, 0];
  for (let i = 0; i < data.length; i += 4) {
    const [r, g, b] = data.subarray(i, i + 3);
    if (Math.hypot(r! - crimson[0]!, g! - crimson[1]!, b! - crimson[2]!) < 60) reddish++;
    if (r! + g! + b! < 200) dark++;
  }
  expect(Math.min(reddish, dark)).toBeGreaterThan(500);
  expect(readFileSync(join(folder, "distance.svg"), "utf8")).toContain("Estimated distance");
});

test("wgan-gp: the generator covers the swiss roll", async () => {
  const stdout = printed(await session.run(...ARGS, "--data", "swissroll"));
  expect(points(stdout, "before training").good).toBeLessThan(30);
  expect(points(stdout, "generated points").covered).toBeGreaterThanOrEqual(15);
  expect(points(stdout, "generated points").good).toBeGreaterThan(45);
});

test("wgan-gp: convolutions come nearer to digits", async () => {
  const stdout = printed(await session.run(...ARGS, "--data", "mnist"));
  const [before, generated, real] = ["before training", "generated digits", "real digits"].map((which) => {
    const found = new RegExp(`^${which}: the nearest of 2000 test digits ([\\d.]+) away, (\\d+) of 10`, "m").exec(
      stdout,
    )!;
    return { distance: Number(found[1]), kinds: Number(found[2]) };
  });
  expect(generated!.distance).toBeLessThan(0.75 * before!.distance);
  expect(generated!.kinds).toBeGreaterThan(before!.kinds);
  expect(real!.kinds).toBe(10);
  expect(stdout).toContain("generator.2 Deconv2D");
  const { width, data } = PNG.sync.read(readFileSync(join(folder, "digits.png")));
  expect(width).toBe(10 * 58 + 2);
  expect(new Set(data.filter((_, i) => i % 4 === 0)).size).toBeGreaterThan(100);
});
