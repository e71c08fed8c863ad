import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Run } from "./run.js";

/** What the process of a session is asked for. */
export interface Request {
  name: string;
  args: readonly string[];
}

/**
 * A process that runs one example after the other. The library is loaded once, which takes longer than most of what the tests of
 * command lines do; what a program of its own does is tested by `runExample`.
 */
export class ExampleSession {
  private readonly child: ChildProcess;

  constructor() {
    this.child = fork(join(__dirname, "session-process.ts"), {
      cwd: join(__dirname, "../.."),
      execArgv: ["--import", "tsx"],
      env: { ...process.env, RETROGRAD_THREADS: "1" },
    });
  }

  /** Runs an example and returns what it printed. One at a time. */
  async run(name: string, ...args: string[]): Promise<Run> {
    const gone = new AbortController();
    const exit = once(this.child, "exit", { signal: gone.signal }).then(([status]) => {
      throw new Error(`The process ended with ${status} while it ran ${name} ${args.join(" ")}`);
    });
    this.child.send({ name, args } satisfies Request);
    try {
      const [run] = (await Promise.race([once(this.child, "message"), exit])) as [Run];
      return run;
    } finally {
      gone.abort();
      exit.catch(() => {});
    }
  }

  async end(): Promise<void> {
    const exit = once(this.child, "exit");
    this.child.disconnect();
    await exit;
  }
}
