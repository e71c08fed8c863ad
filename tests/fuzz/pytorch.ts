import { type ChildProcess, spawn } from "node:child_process";
import type { Shape } from "../../core/shape.js";
import { operations } from "./operations/index.js";
import { cotangent, isLeaf, type Outcome, outputsOf, type Program } from "./program.js";

/** What PyTorch says of a program: values, then first, then second gradients, one after the other. */
export interface Answer {
  shapes: Shape[];
  /** float64 of all of them, as base64. */
  values: string;
  /** How far they move, as float32 in base64, when operands move by a unit relative to their size. */
  moved: string;
  /** Why there are no second gradients. */
  noSecond: string | null;
  error?: undefined;
}

/** A program, and what retrograd made of it. */
export interface Attempt {
  program: Program;
  outcome: Outcome;
}

/** PyTorch could not run a program. */
export interface Refusal {
  error: string;
}

/** The Python process. */
export class PyTorch {
  private readonly process: ChildProcess;
  private text = "";
  private readonly waiting: ((line: string) => void)[] = [];
  private failed: ((error: Error) => void)[] = [];

  constructor(python: string, script: string) {
    this.process = spawn(python, [script], { stdio: ["pipe", "pipe", "inherit"] });
    this.process.stdout!.setEncoding("utf8").on("data", (chunk: string) => this.receive(chunk));
    const fail = (why: string) => {
      for (const reject of this.failed) reject(new Error(`${python} ${why}; expected Python 3 with torch and numpy`));
      this.failed = [];
    };
    this.process.on("error", (error) => fail(`did not start (${error.message})`));
    this.process.on("exit", (code) => fail(`ended with code ${code}`));
  }

  /** The answers for some programs, of which retrograd has made something already: cotangents have the shapes of that. */
  async run(programs: readonly Attempt[]): Promise<(Answer | Refusal)[]> {
    const line = await new Promise<string>((resolve, reject) => {
      this.waiting.push(resolve);
      this.failed.push(reject);
      this.process.stdin!.write(`${JSON.stringify(programs.map(message))}\n`);
    });
    return JSON.parse(line) as (Answer | Refusal)[];
  }

  private receive(chunk: string): void {
    const lines = (this.text + chunk).split("\n");
    this.text = lines.pop()!;
    for (const line of lines) {
      this.failed.shift();
      this.waiting.shift()!(line);
    }
  }

  close(): void {
    this.process.stdin!.end();
  }
}

/** A program as pytorch.py takes it. */
function message({ program, outcome }: Attempt): unknown {
  return {
    nodes: program.nodes.map((node) =>
      isLeaf(node)
        ? node
        : { torch: operations[node.op]!.torch(node.params), args: node.args, outputs: outputsOf(node) },
    ),
    roots: program.roots,
    cotangents: program.roots.map((id, i) => cotangent(i, outcome.values[id]!.shape)),
    second: outcome.first.map((g, i) => cotangent(100 + i, g.shape)),
  };
}
