import { deflateRawSync } from "node:zlib";
import { array } from "../../core/index.js";
import { encodeNpy, encodeNpz, readNpz } from "../../nn/index.js";
import { attack } from "./attack.js";
import { formats } from "./formats.js";

/* The same damaged files, configs and states in each run; `npm run fuzz:files` makes more. */

const CASES = 300;
/** A checkpoint is written and read several times in each case, and files are waited for. */
const CHECKPOINTS = 60;

test.each(Object.entries(formats()))("%s: damaged ones are read or refused", async (name, format) => {
  const cases = name === "checkpoint" ? CHECKPOINTS : CASES;
  const counts = { read: 0, refused: 0, skipped: 0 };
  for (let seed = 1; seed <= cases; seed++) counts[await attack(format, seed)]++;
  // Both happen, or the damage is of no use.
  expect(counts.read).toBeGreaterThan(cases / 50);
  expect(counts.refused).toBeGreaterThan(cases / 3);
});

test("a bomb is refused as soon as it is larger than it says", () => {
  const bomb = deflateRawSync(new Uint8Array(10 ** 7));
  const archive = encodeNpz({ a: array([1]) }, { compress: true, deflate: () => bomb });
  expect(() => readNpz(archive)).toThrow(`cannot be decompressed to ${encodeNpy(array([1])).length} bytes`);
});
