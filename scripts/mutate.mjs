// Mutation testing of core and functions with Stryker: `npm run mutate -- --help`. docs/trust.md says what it is about.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Stryker } from "@stryker-mutator/core";
import { Command, InvalidArgumentError } from "commander";
import { keyOf, places, sample } from "./mutate/mutants.mjs";
import { observe } from "./mutate/plugins.mjs";
import { share } from "./mutate/share.mjs";

/** Not TypeScript that runs here: kernels in AssemblyScript, and those as made; a worker's program, which is text. */
const NOT_MUTATED = /wasm\/(?:assembly|code)\/|pool-worker\.ts$|shape-types\/|-types\.ts$/;

const { sample: wanted, seed, files, survivorsOf, concurrency, output } = options();
const known = [...sources("core"), ...sources("functions")];
const unknown = files.find((file) => !known.includes(file));
if (unknown !== undefined)
  throw new Error(`npm run mutate: ${unknown} is no source of core or functions that is mutated`);
const all = await places(files.length > 0 ? files : known);
const chosen = survivorsOf ? survivors(survivorsOf) : files.length > 0 ? all : sample(all, wanted, seed);
if (chosen.length === 0) throw new Error("npm run mutate: there is nothing to mutate");
console.log(`${count(chosen)} mutants in ${chosen.length} places, of ${count(all)}`);

const results = [];
observe(chosen, (result) => {
  results.push(result);
  if (result.status !== "Killed" && result.status !== "Timeout") console.log(`${results.length}: ${described(result)}`);
  if (results.length % 20 === 0) write();
});
await new Stryker({
  configFile: "scripts/mutate/stryker.config.mjs",
  mutate: survivorsOf || files.length === 0 ? chosen.map(({ key }) => key) : files,
  concurrency,
}).runMutationTest();

write();
for (const name of files) {
  const those = results.filter(({ file }) => file === name);
  console.log(line(name, those));
}
console.log(line("all", results));

function options() {
  const command = new Command("npm run mutate --")
    .description(
      "Changes the sources of core and functions in small ways, one at a time, and counts the changes that tests notice.",
    )
    .option("--sample <mutants>", "about how many, from every file its share", whole, 600)
    .option("--seed <number>", "of the sample", whole, 1)
    .option("--files <paths...>", "all mutants of these files instead of a sample")
    .option("--survivors-of <json>", "only the places where one survived in that run, whose --output this was")
    .option("--concurrency <processes>", "how many at once", whole, 2)
    .option("--output <json>", "where the results go", "reports/mutation.json");
  const { files = [], ...rest } = command.parse().opts();
  return { ...rest, files: files.map((file) => relative("", file).replaceAll("\\", "/")) };
}

function whole(text) {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("Expected a whole number.");
  return value;
}

function sources(folder) {
  const names = readdirSync(folder, { recursive: true }).map((name) => join(folder, name).replaceAll("\\", "/"));
  return names.filter((name) => name.endsWith(".ts") && !NOT_MUTATED.test(name)).sort();
}

function survivors(path) {
  const before = JSON.parse(readFileSync(path, "utf8"));
  const keys = before.flatMap(({ status, file, location }) =>
    status === "Survived" || status === "NoCoverage" ? [keyOf(file, location)] : [],
  );
  return all.filter(({ key }) => keys.includes(key));
}

function count(list) {
  return list.reduce((sum, { mutants }) => sum + mutants, 0);
}

function described({ file, location, mutatorName, replacement, status, statusReason, coveredBy }) {
  const original = textAt(file, location);
  const tests = coveredBy === undefined ? "" : ` (${coveredBy.length} tests)`;
  const reason = statusReason === undefined ? "" : `\n    ${statusReason.split("\n")[0]}`;
  return `${status}${tests} ${mutatorName} ${file}:${location.start.line + 1}\n  - ${original}\n  + ${replacement}${reason}`;
}

function textAt(file, { start, end }) {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .slice(start.line, end.line + 1);
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column);
  lines[0] = lines[0].slice(start.column);
  return lines.length > 4
    ? [lines[0], "...", lines.at(-1).trim()].join(" ")
    : lines.map((text) => text.trim()).join(" ");
}

function line(title, list) {
  const { killed, tested, score, error } = share(list);
  return `${title.padEnd(40)} ${String(killed).padStart(5)} of ${String(tested).padStart(5)}  ${score.toFixed(1)} % +- ${error.toFixed(1)}`;
}

function write() {
  mkdirSync(dirname(output), { recursive: true });
  const kept = ({ file, location, mutatorName, replacement, status, statusReason, killedBy, coveredBy }) => {
    return { file, location, mutatorName, replacement, status, statusReason, killedBy, tests: coveredBy?.length };
  };
  writeFileSync(output, JSON.stringify(results.map(kept), null, 1));
}
