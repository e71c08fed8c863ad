import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { ensureBuilt } from "./build.js";
import { measureColdStart } from "./cold-start.js";
import { measureMemory, measureSteps, type Outcome } from "./measure.js";
import { readOptions } from "./options.js";
import { startProgress } from "./progress.js";
import { Report, type Result } from "./report.js";
import type { Workload } from "./suite.js";

const { workloads, threads, backends, own, others, effort, basis, built, json } = readOptions(process.argv.slice(2));

if (built) ensureBuilt();
const installed = others.filter((twin) => {
  const reason = twin.missing();
  if (reason !== null) console.error(`Skipping ${twin.name}. ${reason}`);
  return reason === null;
});

function measure(workload: Workload, count: number): Promise<Outcome> {
  const { family, against } = workload;
  const among = [...own, ...installed.filter(({ name }) => against?.includes(name) ?? true)];
  if (family === "coldStart") return measureColdStart(among, effort.rounds);
  if (family === "peakMemory") return measureMemory(workload, count, among, effort);
  return measureSteps(workload, count, among, effort);
}

/** What is reported of a workload that could not be measured at all, such as when the build fails. */
function failure(error: Error): Outcome {
  return { figures: new Map(), remarks: [error.message], otherWork: 0 };
}

// A process that has just started has one thread, whatever is asked for.
const jobs = workloads.flatMap((workload) =>
  (workload.family === "coldStart" ? [1] : threads).map((count) => ({ workload, count })),
);
const names = [...own, ...installed].map(({ name }) => name);
const report = new Report(backends, names, basis);
const progress = startProgress(jobs.length);
const results: Result[] = [];
for (const { workload, count } of jobs) {
  progress.begin(`${workload.name}, threads: ${count}`);
  const result = { ...(await measure(workload, count).catch(failure)), workload, threads: count };
  results.push(result);
  progress.finish(report.line(result));
}
progress.stop();

console.log(report.table(results));
for (const note of report.notes(results)) console.log(note);
if (json !== undefined) {
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model,
    threads: cpus().length,
    date: new Date().toISOString(),
  };
  writeFileSync(json, `${JSON.stringify(report.json(results, machine), null, 2)}\n`);
}
