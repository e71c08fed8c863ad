/**
 * Damaged files, configs and states of all kinds: each must be read or refused by an error of the library's own, in little time and
 * memory. Ends with an error where one was not; `--kind` and `--seed` make the same one again.
 *
 *     npm run fuzz:files -- --cases 200000 --seed 1
 */
import { Command, InvalidArgumentError } from "commander";
import { attack } from "./attack.js";
import { formats } from "./formats.js";

interface Options {
  cases: number;
  seed: number;
  kind?: string;
  most: number;
}

function count(text: string): number {
  const n = Number(text);
  if (Number.isSafeInteger(n) && n >= 0) return n;
  throw new InvalidArgumentError("expected a whole number");
}

const all = formats();
const options = new Command("npm run fuzz:files --")
  .description("Reads damaged files, configs and states, and says what is neither read nor refused.")
  .option("--cases <n>", "how many, of all kinds in turn", count, 10_000)
  .option("--seed <n>", "the seed of the first; each further one has the next", count, 1)
  .option("--kind <name>", `one kind only: ${Object.keys(all).join("; ")}`)
  .option("--most <n>", "after how many defects to stop", count, 20)
  .parse()
  .opts<Options>();

const chosen = Object.entries(all).filter(([name]) => options.kind === undefined || name === options.kind);
const totals = new Map<string, Record<string, number>>();
let defects = 0;
for (let i = 0; i < options.cases && defects < options.most; i++) {
  const [name, format] = chosen[i % chosen.length]!;
  const seed = options.seed + Math.floor(i / chosen.length);
  const counts = totals.get(name) ?? { read: 0, refused: 0, skipped: 0, defects: 0 };
  totals.set(name, counts);
  try {
    counts[await attack(format, seed)]!++;
  } catch (error) {
    counts.defects!++;
    defects++;
    const { cause } = error as Error;
    console.log(`${name}, seed ${seed}: ${(error as Error).message}`);
    console.log(
      `  ${((cause as Error | undefined)?.stack ?? (error as Error).stack ?? "").split("\n").slice(0, 5).join("\n  ")}`,
    );
  }
}
console.table(Object.fromEntries(totals));
process.exitCode = defects === 0 ? 0 : 1;
