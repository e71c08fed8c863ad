/**
 * Writes tests/golden/files/ours*, for tests/golden/files.py to read.
 *
 *     npx tsx tests/golden/files-dump.ts
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readNpz } from "../../nn/index.js";
import { ours } from "../nn/files/ours.js";

const folder = join(process.cwd(), "tests/golden/files");
const twins = readNpz(join(folder, "twins.npz"), { convert: true });
const inputs = (name: string) =>
  Object.keys(twins)
    .filter((key) => new RegExp(`^${name}: x\\d$`).test(key))
    .map((key) => twins[key]!);
for (const [name, bytes] of Object.entries(ours(inputs))) writeFileSync(join(folder, name), bytes);
