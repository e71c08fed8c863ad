/*
 * How training gets faster with processes: steps of an MLP and of LeNet with one batch for all, by processes of one thread each, and how long
 * exchanges take. Beside them, in turn in the same processes: one with the whole batch while the others wait, and each with its part and
 * without any exchange, which is what the machine itself gives.
 *
 *     npx tsx bench/scaling.ts --rounds 5
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { wholeNumber } from "../examples/options.js";
import { ensureBuilt } from "./build.js";
import { type Exchange, measureExchanges, measureSteps, type Steps, type Turn } from "./scaling/measure.js";
import { TASKS } from "./scaling/tasks.js";
import { median } from "./statistics.js";

const options = new Command("npx tsx bench/scaling.ts")
  .option("--rounds <n>", "how often to start each number of processes, in turn", wholeNumber(1), 3)
  .option("--ranks <list>", "the numbers of processes", "2,4")
  .option("--turns <n>", "turns in a round", wholeNumber(1), 8)
  .option("--steps <n>", "steps in a turn", wholeNumber(1), 40)
  .option("--only <names>", "some of the tasks", Object.keys(TASKS).join(","))
  .option("--launcher <words>", "more words for mpirun; none to leave processes unbound", "--bind-to core")
  .option(
    "--node <words>",
    "more words for node; none to let V8 collect garbage and compile on more threads",
    "--single-threaded",
  )
  .option("--no-exchanges", "leave out the exchanges of arrays by themselves")
  .option("--worker", "measure as one of the processes")
  .parse()
  .opts<{
    rounds: number;
    ranks: string;
    turns: number;
    steps: number;
    only: string;
    launcher: string;
    node: string;
    exchanges: boolean;
    worker?: boolean;
  }>();

/** What one round with some number of processes found. */
interface Round {
  steps: Record<string, Steps>;
  exchanges: Exchange[];
}

const MARK = "scaling: ";
/** With which `retrograd` is what is published, dist/. */
const BUILT = fileURLToPath(new URL("tsconfig.built.json", import.meta.url));
const names = options.only.split(",");

if (options.worker) {
  const steps = Object.fromEntries(
    names.map((name) => [name, measureSteps(TASKS[name]!, options.steps, options.turns)]),
  );
  const exchanges = options.exchanges ? measureExchanges() : [];
  const { world } = await import("retrograd/optim");
  if (world().rank === 0) console.log(`${MARK}${JSON.stringify({ steps, exchanges } satisfies Round)}`);
} else {
  report();
}

/** One round, by processes of one thread each. */
function round(ranks: number): Round {
  const words = (text: string): string[] => text.split(" ").filter((word) => word !== "");
  const { turns, steps, only, exchanges } = options;
  const program = ["--import", "tsx", "bench/scaling.ts", "--worker"];
  const what = ["--turns", `${turns}`, "--steps", `${steps}`, "--only", only, ...(exchanges ? [] : ["--no-exchanges"])];
  const { stdout, stderr } = spawnSync(
    "mpirun",
    ["-np", `${ranks}`, ...words(options.launcher), process.execPath, ...words(options.node), ...program, ...what],
    { encoding: "utf8", env: { ...process.env, RETROGRAD_THREADS: "1", TSX_TSCONFIG_PATH: BUILT } },
  );
  const line = stdout.split("\n").find((text) => text.startsWith(MARK));
  if (line === undefined) throw new Error(`${ranks} processes came to no end:\n${stdout}\n${stderr}`);
  return JSON.parse(line.slice(MARK.length)) as Round;
}

function report(): void {
  ensureBuilt();
  const counts = options.ranks.split(",").map(Number);
  const rounds = new Map<number, Round[]>(counts.map((ranks) => [ranks, []]));
  for (let i = 0; i < options.rounds; i++) for (const ranks of counts) rounds.get(ranks)!.push(round(ranks));
  for (const name of names) {
    console.log(`\n${name}: ${rounds.get(counts[0]!)![0]!.steps[name]!.about}`);
    const heads = ["processes", "", "one with all", "apart", "together", "speed-up", "ceiling", "share", "exchange"];
    row(heads);
    for (const ranks of counts) {
      const found = rounds.get(ranks)!.map(({ steps }) => steps[name]!);
      const turns = found.flatMap((one) => one.turns);
      const middle = (of: (turn: Turn) => number): number => median(turns.map(of));
      const least = (of: (turn: Turn) => number): number => Math.min(...turns.map(of));
      const ms = (value: number): string => `${value.toFixed(2)} ms`;
      row([
        `${ranks}`,
        "median",
        ms(middle(({ alone }) => alone)),
        ms(middle(({ apart }) => apart)),
        ms(middle(({ together }) => together)),
        // Of what was measured shortly one after the other.
        middle(({ alone, together }) => alone / together).toFixed(2),
        middle(({ alone, apart }) => alone / apart).toFixed(2),
        `${(100 * middle(({ apart, together }) => apart / together)).toFixed(0)} %`,
        ms(middle(({ exchange }) => exchange)),
      ]);
      const [alone, apart, together] = (["alone", "apart", "together"] as const).map((way) =>
        least((turn) => turn.least[way]),
      ) as [number, number, number];
      row([
        "",
        "least",
        ms(alone),
        ms(apart),
        ms(together),
        (alone / together).toFixed(2),
        (alone / apart).toFixed(2),
        `${((100 * apart) / together).toFixed(0)} %`,
        ms(least(({ exchange }) => exchange)),
      ]);
      const sweeps = median(found.map((one) => one.sweeps));
      const waits = middle(({ slowest, apart }) => slowest / apart);
      const cost = middle(({ together, slowest }) => together / slowest);
      console.log(
        `${found[0]!.bytes} bytes of each process in a step; of steps apart the slowest process takes ${waits.toFixed(2)} times the mean, ` +
          `and a step together ${cost.toFixed(2)} times that; ` +
          `${sweeps.toFixed(1)} sweeps of ${median(found.map((one) => one.sweepTime)).toFixed(1)} ms in 100 steps`,
      );
    }
  }
  if (!options.exchanges) return;
  console.log("\nallReduce of float32, least of all rounds:");
  for (const ranks of counts) {
    const all = rounds.get(ranks)!.map(({ exchanges }) => exchanges);
    for (const [i, { bytes }] of all[0]!.entries()) {
      const seconds = Math.min(...all.map((list) => list[i]!.seconds));
      console.log(`${ranks} processes, ${bytes} bytes: ${(seconds * 1e6).toFixed(1)} microseconds`);
    }
  }
}

function row(cells: readonly string[]): void {
  const widths = [9, 8, 14, 11, 11, 10, 9, 7, 11];
  console.log(cells.map((cell, i) => cell.padStart(widths[i]!)).join(""));
}
