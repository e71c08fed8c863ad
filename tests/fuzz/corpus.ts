import { isLeaf, type Program } from "./program.js";
import type { Answer } from "./pytorch.js";

/** A program with PyTorch's answer. */
export interface CorpusEntry {
  program: Program;
  answer: Answer;
}

/** Programs for each operation, and characters that a program may take with its answer. */
const EACH = 4;
const LONGEST = 7000;

/** Collects programs until each operation is in a few of them. */
export class Corpus {
  private readonly lines: string[] = [];
  private readonly counts = new Map<string, number>();

  /** Keeps a program if it is short and has an operation that is still rare. */
  offer(entry: CorpusEntry): void {
    const line = JSON.stringify(entry);
    const used = new Set(entry.program.nodes.flatMap((node) => (isLeaf(node) ? [] : [node.op])));
    if (line.length > LONGEST || ![...used].some((op) => (this.counts.get(op) ?? 0) < EACH)) return;
    this.lines.push(line);
    for (const op of used) this.counts.set(op, (this.counts.get(op) ?? 0) + 1);
  }

  /** JSON with a line for each program. */
  get text(): string {
    return `[\n${this.lines.join(",\n")}\n]\n`;
  }
}
