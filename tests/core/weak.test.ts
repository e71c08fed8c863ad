import { spawnSync } from "node:child_process";
import { join } from "node:path";

// weak-napi ends the process with a segmentation fault when a reference is alive at exit, so it has a process of its own,
// which leaves through process.exit.
test("outputs are collected inside one synchronous loop, as weak-napi witnesses", () => {
  const script = join(__dirname, "weak-witness.ts");
  const run = spawnSync(process.execPath, ["--expose-gc", "--import", "tsx", script], { encoding: "utf8" });
  expect(run.stderr.replace(/^npm warn.*$/gm, "").trim()).toBe("");
  expect(run.status).toBe(0);
  const { alive, collected } = JSON.parse(run.stdout) as { alive: number; collected: number };
  expect(alive + collected).toBe(5000);
  // The latest few may still be held; without the periodic release none at all would have been collected.
  expect(collected).toBeGreaterThan(3900);
});
