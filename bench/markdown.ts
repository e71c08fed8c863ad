/*
 * The table of docs/performance.md from results that `npm run bench -- --json results.json` wrote:
 *
 *     npx tsx bench/markdown.ts results.json
 */
import { readFileSync } from "node:fs";
import type { Figures } from "./measure.js";
import { JS_TWINS, significant, type Verdict } from "./report.js";

interface Row {
  workload: string;
  threads: number;
  figures: Record<string, Figures | undefined>;
  verdicts: Record<string, Verdict[] | undefined>;
}

const BACKENDS = ["wasm", "openblas"];

const [file] = process.argv.slice(2);
if (file === undefined)
  throw new Error("npx tsx bench/markdown.ts: no file; expected what `npm run bench -- --json <file>` wrote");
const { results } = JSON.parse(readFileSync(file, "utf8")) as { results: Row[] };

/** The fastest of the JavaScript twins. */
function bestOfJs({ figures }: Row): Figures | undefined {
  const all = JS_TWINS.flatMap((name) => figures[name] ?? []);
  return all.sort((a, b) => a.median - b.median)[0];
}

/** The ratio of medians, that of the least times in parentheses, and the target. */
function ratio(row: Row, backend: string, against: string): string {
  const own = row.figures[`retrograd:${backend}`];
  const other = against === "js" ? bestOfJs(row) : row.figures[against];
  if (own === undefined || other === undefined) return "";
  const verdict = row.verdicts[backend]?.find((v) => v.against === against);
  const target = verdict?.atMost === undefined ? "" : `, ${verdict.met ? "within" : "**above**"} ${verdict.atMost}`;
  return `${significant(own.median / other.median)} (${significant(own.least / other.least)})${target}`;
}

const head = ["workload", "threads", ...BACKENDS, "PyTorch", "best JS"];
head.push("wasm / PyTorch", "openblas / PyTorch", "wasm / best JS");
const rows = results.map((row) => {
  const { figures } = row;
  const times = [...BACKENDS.map((name) => figures[`retrograd:${name}`]), figures.pytorch, bestOfJs(row)];
  return [
    row.workload,
    `${row.threads}`,
    ...times.map((figure) => (figure === undefined ? "" : significant(figure.median))),
    ratio(row, "wasm", "pytorch"),
    ratio(row, "openblas", "pytorch"),
    ratio(row, "wasm", "js"),
  ];
});
for (const cells of [head, head.map(() => "---"), ...rows]) console.log(`| ${cells.join(" | ")} |`);
