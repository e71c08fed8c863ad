import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { ROOT } from "./markdown.js";
import { instrumented } from "./outputs.js";
import type { Program } from "./program.js";

/** What became of a program. */
export interface Outcome {
  /** What it threw, with the trace; null when it came to its end. */
  readonly error: string | null;
  readonly printed: readonly { readonly line: number; readonly text: string }[];
}

/** Imports the programs one after the other, in a folder of their own, and writes down what they print and throw. */
const RUNNER = `
import { writeFileSync } from "node:fs";
import { format } from "node:util";

const [names, report] = JSON.parse(process.argv[2]);
const outcomes = {};
for (const name of names) {
  const printed = [];
  globalThis.$print = (line, ...values) => void printed.push({ line, text: format(...values) });
  outcomes[name] = { error: null, printed };
  try {
    await import("./" + name + ".js");
  } catch (error) {
    outcomes[name].error = error?.stack ?? String(error);
  }
}
writeFileSync(report, JSON.stringify(outcomes));
process.exit(0);
`;

/**
 * Runs programs against the sources, one after the other in one process, and hands the folder with the files they wrote to `look`.
 * @throws Error when the process ends before its time, or a program cannot be built.
 */
export function runPrograms<T>(
  programs: readonly Program[],
  look: (outcomes: ReadonlyMap<string, Outcome>, folder: string) => T,
): T {
  // Optional packages are found from here, as they are from the sources.
  const cache = join(ROOT, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "docs-"));
  try {
    const sources = join(folder, "sources");
    const built = join(folder, "built");
    const work = join(folder, "work");
    for (const path of [sources, built, work, join(work, "graphs")]) mkdirSync(path);
    for (const program of programs)
      writeFileSync(join(sources, `${program.name}.ts`), fromRoot(instrumented(program).source));
    build(programs, sources, built);
    writeFileSync(join(built, "runner.mjs"), RUNNER);
    const report = join(folder, "report.json");
    const names = programs.map(({ name }) => name);
    const run = spawnSync(process.execPath, [join(built, "runner.mjs"), JSON.stringify([names, report])], {
      cwd: work,
      encoding: "utf8",
      timeout: 120_000,
    });
    if (run.status !== 0) throw new Error(`the blocks ended with ${run.status ?? run.signal}:\n${run.stderr}`);
    const outcomes = JSON.parse(readFileSync(report, "utf8")) as Record<string, Outcome>;
    return look(new Map(Object.entries(outcomes)), work);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A path that begins with `./` is from the root of the repository. */
function fromRoot(source: string): string {
  return source.replaceAll('from "./', `from "${ROOT}/`);
}

function build(programs: readonly Program[], sources: string, built: string): void {
  writeFileSync(join(built, "package.json"), '{ "type": "module" }');
  buildSync({
    entryPoints: programs.map(({ name }) => join(sources, `${name}.ts`)),
    outdir: built,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    keepNames: true,
    logLevel: "silent",
    sourcemap: "inline",
    // The programs import what a user would; this makes the sources of it.
    alias: Object.fromEntries([
      ...["functions", "nn", "optim", "plots"].map((name) => [`retrograd/${name}`, join(ROOT, name, "index.ts")]),
      ["retrograd", join(ROOT, "index.ts")],
    ]),
    external: ["@observablehq/plot", "@viz-js/viz", "linkedom", "koffi"],
  });
}
