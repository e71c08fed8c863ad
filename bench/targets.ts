import { readFileSync } from "node:fs";

/** What the ratio of retrograd's figure to a twin's must not exceed; with the twin `none`, the figure itself. */
export interface Target {
  /** Names of workloads; `*` for all that have no target of their own against this twin. */
  workloads: string[];
  backend: string;
  /** On one thread or on several; on both when it is missing. */
  threads?: "one" | "many";
  /** `js` is the fastest of the JavaScript packages. */
  twin: "pytorch" | "js" | "none";
  atMost: number;
}

/** The most that the mean of the steps of the memory workload may exceed their median by, so that sweeps hide nowhere. */
export const EVENNESS = 1.05;

const targets: Target[] = JSON.parse(readFileSync(new URL("targets.json", import.meta.url), "utf8"));

/** What a workload has to reach on a backend and so many threads, against one twin; undefined when nothing is asked. */
export function targetOf(name: string, backend: string, threads: number, twin: Target["twin"]): number | undefined {
  const fits = (target: Target) =>
    target.backend === backend &&
    target.twin === twin &&
    (target.threads === undefined || target.threads === (threads === 1 ? "one" : "many"));
  const target =
    targets.find((t) => fits(t) && t.workloads.includes(name)) ??
    targets.find((t) => fits(t) && t.workloads.includes("*"));
  return target?.atMost;
}
