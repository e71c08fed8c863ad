import { availableParallelism } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import type { Effort } from "./measure.js";
import { suite, type Workload } from "./suite.js";
import { retrograd, type Twin, twins } from "./twins.js";

const BACKENDS = ["wasm", "openblas", "js"];

const FULL: Effort = { rounds: 7, roundTime: 200, warmUpTime: 500, roundSteps: 3, warmUpSteps: 20, memoryShare: 1 };
const QUICK: Effort = { rounds: 5, roundTime: 50, warmUpTime: 200, roundSteps: 1, warmUpSteps: 3, memoryShare: 0.1 };

/** What to measure, from the command line. */
export interface Selection {
  workloads: Workload[];
  threads: number[];
  backends: string[];
  /** Whether to measure dist/ rather than the sources. */
  built: boolean;
  own: Twin[];
  others: Twin[];
  effort: Effort;
  /** Which figure to show and to compare. */
  basis: "median" | "least";
  json?: string;
}

/** Reads the command line. */
export function readOptions(args: string[]): Selection {
  const names = suite.map(({ name }) => name);
  const otherNames = twins.map(({ name }) => name);
  const most = availableParallelism();
  const options = new Command("npm run bench --")
    .description("Measures retrograd and its twins in turn and prints the medians, the ratios and the targets.")
    .option(
      "--only <names>",
      `workloads, or beginnings of their names: ${names.join(", ")}`,
      someOf(names, true),
      names,
    )
    .option("--threads <counts>", "threads to measure with", threadCounts, most === 1 ? [1] : [1, most])
    .option("--backend <names>", `backends of retrograd: ${BACKENDS.join(", ")}`, someOf(BACKENDS), ["wasm"])
    .option("--twins <names>", `what to compare with: ${otherNames.join(", ")}, or none`, twinNames, otherNames)
    .option("--rounds <n>", `rounds to take turns in (default: ${FULL.rounds})`, wholeNumber)
    .option("--quick", "shorter rounds, and a tenth of the steps of the memory workload", false)
    .option("--least", "compare the least times instead of the medians: for a machine with other work to do", false)
    .option("--no-tidy", "leave the memory of retrograd's steps to sweeps rather than to tidy")
    .option("--sources", "measure the sources, compiled on the fly, rather than dist/, built first if need be", false)
    .option("--json <file>", "write the results to a file as well")
    .parse(args, { from: "user" })
    .opts<{
      only: string[];
      threads: number[];
      backend: string[];
      twins: string[];
      rounds?: number;
      quick: boolean;
      least: boolean;
      sources: boolean;
      tidy: boolean;
      json?: string;
    }>();
  const effort = options.quick ? QUICK : FULL;
  return {
    workloads: suite.filter(({ name }) => options.only.includes(name)),
    threads: options.threads,
    backends: options.backend,
    built: !options.sources,
    own: options.backend.map((backend) => retrograd(backend, !options.sources, options.tidy)),
    others: twins.filter(({ name }) => options.twins.includes(name)),
    effort: { ...effort, rounds: options.rounds ?? effort.rounds },
    basis: options.least ? "least" : "median",
    json: options.json,
  };
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("Expected a whole number of at least 1.");
}

function threadCounts(text: string): number[] {
  return text.split(",").map(wholeNumber);
}

function twinNames(text: string): string[] {
  return text === "none" ? [] : someOf(twins.map(({ name }) => name))(text);
}

/** Parses names out of `known`, separated by commas; with `beginnings`, a part stands for all names that begin with it. */
function someOf(known: string[], beginnings = false): (text: string) => string[] {
  return (text) =>
    text.split(",").flatMap((part) => {
      if (known.includes(part)) return [part];
      const found = beginnings ? known.filter((name) => name.startsWith(part)) : [];
      if (found.length > 0) return found;
      throw new InvalidArgumentError(`"${part}" is none of ${known.join(", ")}.`);
    });
}
