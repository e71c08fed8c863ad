import { spawnSync } from "node:child_process";
import { ensureBuilt } from "./build.js";
import type { Outcome } from "./measure.js";
import { OtherWork } from "./other-work.js";
import { median } from "./statistics.js";
import type { Command, Twin } from "./twins.js";

/** Processes that are started of each kind, for each round of the other workloads. */
const STARTS_PER_ROUND = 2;

/**
 * Milliseconds that a fresh process takes to import the package and do a first operation, beyond those of a process that
 * does nothing. The processes take turns.
 */
export async function measureColdStart(all: Twin[], rounds: number): Promise<Outcome> {
  const remarks: string[] = [];
  const otherWork = new OtherWork();
  ensureBuilt();
  const runs = all.map((twin) => ({ twin, empty: [] as number[], first: [] as number[], alive: true }));
  for (let i = 0; i < rounds * STARTS_PER_ROUND; i++) {
    await otherWork.sample();
    for (const run of runs.filter(({ alive }) => alive)) {
      try {
        run.empty.push(start(run.twin.coldStart.empty));
        run.first.push(start(run.twin.coldStart.first));
      } catch (error) {
        run.alive = false;
        remarks.push(`${run.twin.name} failed: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  const figures = new Map(
    runs
      .filter(({ alive }) => alive)
      .map(({ twin, empty, first }) => {
        const base = median(empty);
        return [
          twin.name,
          { median: median(first) - base, least: Math.min(...first) - base, samples: first.length },
        ] as const;
      }),
  );
  return { figures, remarks, otherWork: otherWork.mean };
}

function start({ file, args, env }: Command): number {
  const begin = performance.now();
  const { status, stderr } = spawnSync(file, args, { env: { ...process.env, ...env } });
  const time = performance.now() - begin;
  if (status === 0) return time;
  throw new Error(`${file} ${args.join(" ")}: ${String(stderr).trim().split("\n").at(-1)}`);
}
