import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PNG } from "pngjs";
import { runExample } from "./run.js";

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "retrograd-rbm-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a half of the digits is drawn with. */
const CELLS = /[▀▄█]/;

test("rbm-digits: the reconstruction error falls, and erased halves are drawn again", () => {
  const picture = join(folder, "filters.png");
  const { status, stdout } = runExample("rbm-digits", "--quick", "--seed", "2", "--picture", picture);
  expect(status).toBe(0);
  const errors = [...stdout.matchAll(/error on test digits: ([\d.]+)/g)].map(([, error]) => Number(error));
  expect(errors).toHaveLength(4);
  expect(errors).toEqual([...errors].sort((a, b) => b - a));
  expect(errors[0]).toBeGreaterThan(0.2);
  expect(errors[3]).toBeLessThan(0.05);

  const art = stdout.split("\n");
  const originals = art.slice(art.indexOf("Digits of the test:") + 1).slice(0, 14);
  const redrawn = art.slice(art.indexOf("Their lower halves erased and redrawn by the machine:") + 1).slice(0, 14);
  expect(redrawn.slice(0, 7)).toEqual(originals.slice(0, 7));
  expect(redrawn.slice(7)).not.toEqual(originals.slice(7));
  expect(redrawn.slice(7).some((line) => CELLS.test(line))).toBe(true);

  const png = PNG.sync.read(readFileSync(picture));
  // Ten filters of 28 pixels, twice as large, in each direction, with gaps of two pixels.
  expect([png.width, png.height]).toEqual([582, 582]);
  expect(new Set(png.data).size).toBeGreaterThan(100);
});
