import { appendFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { type Comparison, compare } from "./compare.js";
import { Corpus } from "./corpus.js";
import { generate } from "./generate.js";
import { inMode, modes } from "./modes.js";
import { execute, isLeaf, type Outcome, type Program } from "./program.js";
import { type Answer, PyTorch } from "./pytorch.js";
import { shrink } from "./shrink.js";

interface Options {
  cases: number;
  seed: number;
  python: string;
  mode?: string;
  save?: string;
  corpus?: string;
}

/** Programs of one message to Python. */
const BATCH = 40;

function count(text: string): number {
  const n = Number(text);
  if (!Number.isSafeInteger(n) || n < 0) throw new InvalidArgumentError("expected a whole number");
  return n;
}

const options = new Command("fuzz")
  .description("Compares random programs with PyTorch: values, first gradients and second gradients.")
  .option("--cases <n>", "how many programs", count, 1000)
  .option("--seed <n>", "the seed of the first; each further program has the next", count, 1)
  .option("--mode <name>", `how to compute: ${modes.join("; ")} (one after the other unless given)`)
  .option("--python <file>", "Python 3 with torch and numpy", process.env.PYTHON ?? "/usr/bin/python3")
  .option("--save <file>", "append each difference, shrunk, to this file as JSON")
  .option("--corpus <file>", "write the programs with PyTorch's answers to this file, for the test suite")
  .parse()
  .opts<Options>();

interface Totals {
  programs: number;
  steps: number;
  compared: number;
  skipped: number;
  withoutSecond: number;
  differing: number;
}

const modeOf = (seed: number) => options.mode ?? modes[seed % modes.length]!;

/** What retrograd makes of a program, or what it throws: nothing that was generated may be refused. */
function attempt(program: Program, mode: string): Outcome | Error {
  try {
    return inMode(mode, () => execute(program));
  } catch (error) {
    return error as Error;
  }
}

async function examine(
  python: PyTorch,
  program: Program,
  mode: string,
): Promise<{ differences: string[]; answer: Answer | null }> {
  const outcome = attempt(program, mode);
  if (outcome instanceof Error) return { differences: [`retrograd: ${outcome.message}`], answer: null };
  const [answer] = await python.run([{ program, outcome }]);
  if (answer!.error !== undefined) return { differences: [`PyTorch: ${answer!.error}`], answer: null };
  return { differences: compare(program, outcome, answer!).differences, answer: answer! };
}

/** The kind of a difference, which shrinking keeps. */
function kind(differences: readonly string[]): string {
  const first = differences[0] ?? "";
  return /^(retrograd|PyTorch):/.exec(first)?.[0] ?? (/gradient/.exec(first)?.[0] || "value");
}

async function report(python: PyTorch, program: Program, mode: string, seed: number, found: string[]): Promise<void> {
  const smaller = await shrink(program, async (candidate) => {
    try {
      const { differences } = await examine(python, candidate, mode);
      return differences.length > 0 && kind(differences) === kind(found);
    } catch {
      return false;
    }
  });
  const { differences } = await examine(python, smaller, mode);
  console.log(`\nseed ${seed}, ${mode}: ${smaller.nodes.filter((node) => !isLeaf(node)).length} steps when shrunk`);
  console.log([...found, "shrunk:", ...differences].map((line) => `  ${line}`).join("\n"));
  console.log(JSON.stringify(smaller));
  if (options.save !== undefined) appendFileSync(options.save, `${JSON.stringify({ seed, mode, found, smaller })}\n`);
}

async function main(): Promise<void> {
  const python = new PyTorch(options.python, fileURLToPath(new URL("pytorch.py", import.meta.url)));
  const totals: Totals = { programs: 0, steps: 0, compared: 0, skipped: 0, withoutSecond: 0, differing: 0 };
  const corpus = new Corpus();
  const examined = async (seeds: readonly number[]): Promise<void> => {
    const attempts = seeds.map((seed) => {
      const program = generate(seed);
      return { seed, program, outcome: attempt(program, modeOf(seed)) };
    });
    const computed = attempts.filter((a): a is typeof a & { outcome: Outcome } => !(a.outcome instanceof Error));
    const answers = new Map((await python.run(computed)).map((answer, i) => [computed[i]!.seed, answer]));
    for (const { seed, program, outcome } of attempts) {
      const answer = answers.get(seed);
      totals.programs++;
      totals.steps += program.nodes.filter((node) => !isLeaf(node)).length;
      let differences: string[];
      if (outcome instanceof Error) differences = [`retrograd: ${outcome.message}`];
      else if (answer!.error !== undefined) differences = [`PyTorch: ${answer!.error}`];
      else {
        const comparison: Comparison = compare(program, outcome, answer!);
        totals.compared += comparison.compared;
        totals.skipped += comparison.skipped;
        if (answer!.noSecond !== null) totals.withoutSecond++;
        differences = comparison.differences;
        if (differences.length === 0 && options.corpus !== undefined) corpus.offer({ program, answer: answer! });
      }
      if (differences.length === 0) continue;
      totals.differing++;
      await report(python, program, modeOf(seed), seed, differences);
    }
  };
  // Two batches under way: Python computes one while the next is made.
  let before: Promise<void> = Promise.resolve();
  for (let done = 0; done < options.cases; done += BATCH) {
    const seeds = Array.from({ length: Math.min(BATCH, options.cases - done) }, (_, i) => options.seed + done + i);
    const now = examined(seeds);
    await before;
    before = now;
    if (done % (25 * BATCH) === 0) process.stderr.write(`\r${done} programs, ${totals.differing} differences `);
  }
  await before;
  python.close();
  const { programs, steps, compared, skipped, withoutSecond, differing } = totals;
  process.stderr.write("\r");
  console.log(
    `${programs} programs of ${(steps / Math.max(1, programs)).toFixed(1)} steps: ${compared} numbers compared, ${skipped} ` +
      `too sensitive to rounding; ${withoutSecond} programs without second gradients in PyTorch; ${differing} differences`,
  );
  if (options.corpus !== undefined) writeFileSync(options.corpus, corpus.text);
  process.exitCode = differing === 0 ? 0 : 1;
}

await main();
