import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { Sizes } from "./suite.js";
import type { Command } from "./twins.js";

interface Answer {
  unsupported?: boolean;
  error?: string;
  values?: number[];
  times?: number[];
  peak?: number;
}

/** The end of what a process wrote to its standard error that is worth repeating. */
const ERROR_LENGTH = 500;

/** Where processes can be halted: everywhere but on Windows. */
const HALTS = process.platform !== "win32";

const alive = new Set<TwinProcess>();
process.on("exit", () => {
  for (const child of alive) child.stop();
});
// A halted process would outlive a driver that is interrupted.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

/**
 * A child process that computes a workload when it is asked to, and is halted meanwhile: the threads of OpenMP, which
 * PyTorch uses, go on spinning for a while after their work is done and would slow down whoever has the next turn.
 */
export class TwinProcess {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly answers: AsyncIterator<string>;
  private readonly lines: Interface;
  private complaints = "";

  constructor({ file, args, env }: Command) {
    this.child = spawn(file, args, { env: { ...process.env, ...env } });
    this.child.on("error", (error) => this.complain(error.message));
    this.child.stdin.on("error", () => {});
    this.child.stderr.on("data", (text: Buffer) => this.complain(text.toString()));
    this.lines = createInterface({ input: this.child.stdout });
    this.answers = this.lines[Symbol.asyncIterator]();
    alive.add(this);
  }

  /** Makes a workload ready. Returns false when this twin does not have it. */
  async prepare(family: string, sizes: Sizes): Promise<boolean> {
    const { unsupported } = await this.ask({ command: "prepare", family, sizes });
    return unsupported !== true;
  }

  /** Numbers that are the same in all twins. */
  async check(): Promise<number[]> {
    return (await this.ask({ command: "check" })).values!;
  }

  /** The milliseconds that each of `iterations` steps takes. */
  async run(iterations: number): Promise<number[]> {
    return (await this.ask({ command: "run", iterations })).times!;
  }

  /** The largest resident memory so far, in MB. */
  async peakMemory(): Promise<number> {
    return (await this.ask({ command: "memory" })).peak!;
  }

  /** Ends the process. */
  stop(): void {
    alive.delete(this);
    this.lines.close();
    this.child.kill("SIGKILL");
  }

  private async ask(request: object): Promise<Answer> {
    if (HALTS) this.child.kill("SIGCONT");
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (HALTS) this.child.kill("SIGSTOP");
    if (done === true) throw new Error(`the process ended: ${this.complaints.trim()}`);
    const answer: Answer = JSON.parse(value);
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  private complain(text: string): void {
    this.complaints = (this.complaints + text).slice(-ERROR_LENGTH);
  }
}
