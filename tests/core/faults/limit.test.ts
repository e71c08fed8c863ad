import { spawnSync } from "node:child_process";
import { join } from "node:path";

// In a process of its own: it fills the heap, which the test files share.
test("at 4 GiB every kind of work is refused by a clear error, and goes on when there is room again", () => {
  const command = ["--import", "tsx", join(__dirname, "limit-program.ts")];
  const { stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8" });
  expect(stderr).toBe("");
  const { used, full, kept, tight, roomy } = JSON.parse(stdout);
  expect(used).toBeGreaterThan(2 ** 32 - 2 ** 21);
  expect(full).toEqual(new Array(8).fill("refused"));
  expect(kept).toBeLessThanOrEqual(2 ** 16);
  // With a little room everything is either refused or right, and both happen.
  expect(Object.keys(tight).sort()).toEqual(["done", "refused"]);
  expect(Math.min(tight.done, tight.refused)).toBeGreaterThan(40);
  expect(roomy).toEqual(new Array(8).fill("done"));
});
