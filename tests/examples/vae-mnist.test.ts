import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PNG } from "pngjs";
import { runExample } from "./run.js";

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), "retrograd-vae-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a run says of its models: their latent variables, and minus the ELBO of test digits after training and before. */
function elbos(stdout: string): { latent: number; after: number; before: number }[] {
  const lines = stdout.matchAll(/(\d+) latent variables: minus the ELBO .*: ([\d.]+) nats per image, ([\d.]+) before/g);
  return [...lines].map(([, latent, after, before]) => {
    return { latent: Number(latent), after: Number(after), before: Number(before) };
  });
}

test("vae-mnist: both models learn digits, and the pictures show some", () => {
  const { status, stdout } = runExample("vae-mnist", "--quick", "--seed", "2", "--pictures", folder);
  expect(status).toBe(0);
  const found = elbos(stdout);
  expect(found.map(({ latent }) => latent)).toEqual([20, 2]);
  // Pixels that are all grey cost log 2 each, 543 nats; the mean of all digits about 206.
  for (const { after, before } of found) {
    expect(before).toBeGreaterThan(500);
    expect(after).toBeLessThan(before / 2.7);
  }
  expect(stdout).toContain("encoder.conv1 Conv2D");
  const size = (name: string) => PNG.sync.read(readFileSync(join(folder, name)));
  for (const name of ["reconstructions.png", "samples.png", "map.png"]) {
    const { width, data } = size(name);
    expect(width).toBeGreaterThan(400);
    const levels = new Set(data.filter((_, i) => i % 4 === 0));
    expect(levels.size).toBeGreaterThan(100);
  }
  expect(size("codes.png").width).toBe(800);
});
