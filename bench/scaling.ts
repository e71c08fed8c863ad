/*
 * How training gets faster with processes: steps of an MLP and of LeNet with one batch for all, by 1, 2 and 4 processes of one thread
 * each, and how long exchanges take.
 *
 *     npx tsx bench/scaling.ts --rounds 5
 */
import { spawnSync } from "node:child_process";
import { Command } from "commander";
import { wholeNumber } from "../examples/options.js";
import { type Exchange, measureExchanges, measureSteps, type Steps } from "./scaling/measure.js";
import { TASKS } from "./scaling/tasks.js";

const options = new Command("npx tsx bench/scaling.ts")
  .option("--rounds <n>", "how often to measure each number of processes, in turn", wholeNumber(1), 3)
  .option("--ranks <list>", "the numbers of processes", "1,2,4")
  .option("--steps <n>", "steps in a round", wholeNumber(1), 60)
  .option("--only <names>", "some of the tasks", Object.keys(TASKS).join(","))
  .option("--worker", "measure as one of the processes")
  .parse()
  .opts<{ rounds: number; ranks: string; steps: number; only: string; worker?: boolean }>();

/** What one round with some number of processes found. */
interface Round {
  steps: Record<string, Steps>;
  exchanges: Exchange[];
}

const MARK = "scaling: ";
const names = options.only.split(",");

if (options.worker) {
  const steps = Object.fromEntries(names.map((name) => [name, measureSteps(TASKS[name]!(), options.steps)]));
  const exchanges = measureExchanges();
  const { world } = await import("retrograd/optim");
  if (world().rank === 0) console.log(`${MARK}${JSON.stringify({ steps, exchanges } satisfies Round)}`);
} else {
  report();
}

/** One round, by processes of one thread each. */
function round(ranks: number): Round {
  const program = [
    "--import",
    "tsx",
    "bench/scaling.ts",
    "--worker",
    "--steps",
    `${options.steps}`,
    "--only",
    options.only,
  ];
  const [command, words] =
    ranks === 1 ? [process.execPath, program] : ["mpirun", ["-np", `${ranks}`, process.execPath, ...program]];
  const { stdout, stderr } = spawnSync(command, words, {
    encoding: "utf8",
    env: { ...process.env, RETROGRAD_THREADS: "1" },
  });
  const line = stdout.split("\n").find((text) => text.startsWith(MARK));
  if (line === undefined) throw new Error(`${ranks} processes came to no end:\n${stdout}\n${stderr}`);
  return JSON.parse(line.slice(MARK.length)) as Round;
}

function report(): void {
  const counts = options.ranks.split(",").map(Number);
  const rounds = new Map<number, Round[]>(counts.map((ranks) => [ranks, []]));
  for (let i = 0; i < options.rounds; i++) for (const ranks of counts) rounds.get(ranks)!.push(round(ranks));
  for (const name of names) {
    console.log(`\n${name}: ${rounds.get(counts[0]!)![0]!.steps[name]!.about}`);
    console.log("processes    step: median   speed-up       least   speed-up    exchange   bytes of a rank");
    const of = (ranks: number): Steps[] => rounds.get(ranks)!.map(({ steps }) => steps[name]!);
    // Of rounds in turn, the best one had the machine most to itself.
    const median = (ranks: number): number => Math.min(...of(ranks).map(({ step }) => step));
    const least = (ranks: number): number => Math.min(...of(ranks).map((one) => one.least));
    for (const ranks of counts) {
      const exchange = Math.min(...of(ranks).map((one) => one.exchange));
      const cells = [
        `${ranks}`.padStart(9),
        `${median(ranks).toFixed(2)} ms`.padStart(16),
        (median(counts[0]!) / median(ranks)).toFixed(2).padStart(11),
        `${least(ranks).toFixed(2)} ms`.padStart(12),
        (least(counts[0]!) / least(ranks)).toFixed(2).padStart(11),
        `${exchange.toFixed(2)} ms`.padStart(12),
        `${of(ranks)[0]!.bytes}`.padStart(18),
      ];
      console.log(cells.join(""));
    }
  }
  console.log("\nallReduce of float32, least of all rounds:");
  for (const ranks of counts.filter((n) => n > 1)) {
    const all = rounds.get(ranks)!.map(({ exchanges }) => exchanges);
    for (const [i, { bytes }] of all[0]!.entries()) {
      const seconds = Math.min(...all.map((list) => list[i]!.seconds));
      console.log(`${ranks} processes, ${bytes} bytes: ${(seconds * 1e6).toFixed(1)} microseconds`);
    }
  }
}
