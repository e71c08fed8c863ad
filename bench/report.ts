import Table from "cli-table3";
import type { Figures, Outcome } from "./measure.js";
import type { Workload } from "./suite.js";
import { EVENNESS, type Target, targetOf } from "./targets.js";

/** A workload on so many threads, measured in all twins. */
export interface Result extends Outcome {
  workload: Workload;
  threads: number;
}

/** A ratio, or a figure, beside what it must not exceed. */
export interface Verdict {
  against: "pytorch" | "js" | "none" | "evenness";
  value: number;
  atMost?: number;
  met?: boolean;
}

/** The JavaScript packages, the faster of which is the one to compare with. */
export const JS_TWINS = ["tfjs", "jax-js"];
/** Processors' worth of work by other programs from which on the times on all threads say little. */
const BUSY = 0.2;

/** Turns results into text and JSON. */
export class Report {
  /**
   * @param backends those of retrograd that were measured
   * @param names all columns of figures: retrograd with its backends, then the twins
   * @param basis which figure to show and to compare
   */
  constructor(
    private readonly backends: readonly string[],
    private readonly names: readonly string[],
    private readonly basis: "median" | "least",
  ) {}

  /** A line for one workload, as soon as it is measured. */
  line(result: Result): string {
    const { workload, figures, remarks } = result;
    const times = [...figures].map(([name, figure]) => `${name} ${this.figureText(workload, figure)}`);
    const ratios = this.backends.flatMap((backend) =>
      this.verdicts(result, backend).map((verdict) => `${backend}/${verdict.against} ${verdictText(verdict)}`),
    );
    return [`${titleOf(result)}:`, ...times, ...ratios, ...remarks, ...busyRemark(result)].join("  ");
  }

  /** The figures of every twin, and for each backend of retrograd the ratios and whether they reach the targets. */
  table(results: readonly Result[]): string {
    const head = ["workload", "threads", ...this.names];
    head.push(...this.backends.flatMap((backend) => [`${backend} / pytorch`, `${backend} / best js`]));
    const colAligns = head.map((_, i) => (i === 0 ? "left" : "right") as "left" | "right");
    const table = new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
    for (const result of results) {
      const { workload, threads, figures } = result;
      const ratios = this.backends.flatMap((backend) => {
        const verdicts = this.verdicts(result, backend);
        return ["pytorch", "js"].map((against) => verdictText(verdicts.find((v) => v.against === against)));
      });
      const cells = this.names.map((name) => this.figureText(workload, figures.get(name)));
      table.push([workload.name, `${threads}`, ...cells, ...ratios]);
    }
    return table.toString();
  }

  /** What the table has no column for: targets that are no ratios, remarks, and how many targets are met. */
  notes(results: readonly Result[]): string[] {
    const notes = results.flatMap((result) =>
      [...result.remarks, ...busyRemark(result)].map((remark) => `${titleOf(result)}: ${remark}`),
    );
    const judged = results.flatMap((result) =>
      this.backends.flatMap((backend) =>
        this.verdicts(result, backend)
          .filter(({ met }) => met !== undefined)
          .map((verdict) => ({ ...verdict, title: `${titleOf(result)}, ${backend}` })),
      ),
    );
    const meanings = { none: "milliseconds", evenness: "mean of the steps / median" };
    for (const verdict of judged) {
      if (verdict.against !== "none" && verdict.against !== "evenness") continue;
      notes.push(`${verdict.title}: ${meanings[verdict.against]} ${verdictText(verdict)}`);
    }
    return [...notes, `${judged.filter(({ met }) => met).length} of ${judged.length} targets met`];
  }

  /** The results for programs to read. */
  json(results: readonly Result[], machine: object): object {
    return {
      machine,
      basis: this.basis,
      results: results.map((result) => ({
        workload: result.workload.name,
        threads: result.threads,
        unit: unitOf(result.workload),
        figures: Object.fromEntries(result.figures),
        verdicts: Object.fromEntries(this.backends.map((backend) => [backend, this.verdicts(result, backend)])),
        remarks: result.remarks,
        otherWork: result.otherWork,
      })),
    };
  }

  /** What retrograd reached with one backend: ratios to PyTorch and to the fastest JavaScript package, and more. */
  private verdicts({ workload, threads, figures }: Result, backend: string): Verdict[] {
    const own = figures.get(`retrograd:${backend}`);
    if (own === undefined) return [];
    const value = own[this.basis];
    const judge = (against: Target["twin"], ratio: number): Verdict =>
      verdictOf(against, ratio, targetOf(workload.name, backend, threads, against));
    const out: Verdict[] = [];
    const pytorch = figures.get("pytorch");
    if (pytorch !== undefined) out.push(judge("pytorch", value / pytorch[this.basis]));
    const js = JS_TWINS.flatMap((name) => figures.get(name)?.[this.basis] ?? []);
    if (js.length > 0) out.push(judge("js", value / Math.min(...js)));
    const alone = judge("none", value);
    if (alone.atMost !== undefined) out.push(alone);
    if (own.steps !== undefined) out.push(verdictOf("evenness", own.steps.mean / own.steps.median, EVENNESS));
    return out;
  }

  private figureText(workload: Workload, figures: Figures | undefined): string {
    return figures === undefined ? "" : `${significant(figures[this.basis])} ${unitOf(workload)}`;
  }
}

function verdictOf(against: Verdict["against"], value: number, atMost: number | undefined): Verdict {
  return atMost === undefined ? { against, value } : { against, value, atMost, met: value <= atMost };
}

function verdictText(verdict: Verdict | undefined): string {
  if (verdict === undefined) return "";
  if (verdict.atMost === undefined) return significant(verdict.value);
  return `${significant(verdict.value)} ${verdict.met ? "<=" : "NOT <="} ${verdict.atMost}`;
}

function titleOf({ workload, threads }: Result): string {
  return `${workload.name}, ${threads} thread${threads === 1 ? "" : "s"}`;
}

function busyRemark({ otherWork }: Result): string[] {
  if (otherWork < BUSY) return [];
  return [`other programs kept ${otherWork.toFixed(1)} processors busy`];
}

function unitOf(workload: Workload): string {
  return workload.family === "peakMemory" ? "MB" : "ms";
}

/** A figure with three digits. */
export function significant(x: number): string {
  return Math.abs(x) >= 100 ? x.toFixed(0) : x.toPrecision(3);
}
