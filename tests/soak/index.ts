/**
 * A long run: many training steps of small models of several kinds in turn, never yielding between two records. Writes what the process
 * held meanwhile as a table and as a picture, and ends with an error when it held more at the end than before.
 *
 *     npm run soak -- --steps 1000000 --csv soak.csv --picture soak.svg
 */
import { writeFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { seed } from "../../index.js";
import { lineChart } from "../../plots/index.js";
import { type Holdings, holdings, KINDS } from "./kinds.js";

function count(text: string): number {
  const n = Number(text);
  if (Number.isInteger(n) && n > 0) return n;
  throw new InvalidArgumentError("Expected a whole number of at least 1.");
}

interface Options {
  steps: number;
  records: number;
  seed: number;
  csv?: string;
  picture?: string;
}

const options = new Command("npm run soak --")
  .description("Trains small models for a long time and records what the process holds.")
  .option("--steps <n>", "training steps in all", count, 1_000_000)
  .option("--records <n>", "how often to record", count, 200)
  .option("--seed <n>", "of all random numbers", count, 1)
  .option("--csv <file>", "where to write the table, in bytes")
  .option("--picture <file>", "where to draw it, as SVG")
  .parse()
  .opts<Options>();

interface Row extends Holdings {
  steps: number;
  rate: number;
}

const MB = 2 ** 20;
const rows: Row[] = [];
seed(options.seed);
const kinds = Object.values(KINDS).map((make) => make());
const every = Math.max(1, Math.floor(options.steps / options.records));
let since = performance.now();
for (let step = 0; step < options.steps; step++) {
  kinds[step % kinds.length]!(Math.floor(step / kinds.length));
  if ((step + 1) % every !== 0) continue;
  const now = performance.now();
  rows.push({ steps: step + 1, rate: (1000 * every) / (now - since), ...holdings() });
  const { steps, rate, resident, objects, arrays, reserved } = rows.at(-1)!;
  const shown = [resident, objects, arrays, reserved].map((bytes) => (bytes / MB).toFixed(1));
  console.log(
    `${steps} steps, ${rate.toFixed(0)} a second: resident ${shown[0]} MB, objects ${shown[1]}, arrays ${shown[2]} of ${shown[3]}`,
  );
  since = performance.now();
}

if (options.csv !== undefined) {
  const keys = ["steps", "rate", "resident", "objects", "arrays", "reserved"] as const;
  const lines = rows.map((row) => keys.map((key) => Math.round(row[key])).join(","));
  writeFileSync(options.csv, `${keys.join(",")}\n${lines.join("\n")}\n`);
}
if (options.picture !== undefined) {
  const svg = await lineChart(
    {
      "resident memory": rows.map(({ resident }) => resident / MB),
      "live arrays": rows.map(({ arrays }) => arrays / MB),
      "live objects": rows.map(({ objects }) => objects / MB),
    },
    { x: rows.map(({ steps }) => steps), xLabel: "training steps", yLabel: "MB", title: "A long run" },
  );
  writeFileSync(options.picture, svg);
}

// What is reachable must not grow at all, but for the code that the engine compiles on the way. Resident memory follows the heap's budget,
// which has found its size by the middle of a long run.
const BOUNDS = { objects: [0.1, 4], arrays: [0.1, 0.5], resident: [0.5, 64] } as const;
for (const [key, [after, bound]] of Object.entries(BOUNDS)) {
  const tenth = Math.max(1, Math.floor(rows.length / 10));
  const mean = (from: number) =>
    rows.slice(from, from + tenth).reduce((sum, row) => sum + row[key as keyof typeof BOUNDS], 0) / tenth / MB;
  const [before, end] = [mean(Math.floor(rows.length * after)), mean(rows.length - tenth)];
  console.log(`${key}: ${before.toFixed(2)} MB, at the end ${end.toFixed(2)} MB; may grow by ${bound} MB`);
  if (end - before > bound) process.exitCode = 1;
}
