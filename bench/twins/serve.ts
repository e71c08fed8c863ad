import { createInterface } from "node:readline";
import type { Sizes } from "../suite.js";

/** A workload made ready in a twin; what a package cannot do synchronously may return a promise. */
interface ServedProgram {
  step(): unknown;
  check(): number[] | Promise<number[]>;
}

/** Makes programs ready; null for sizes that the twin does not have. */
type Programs = Readonly<Record<string, (sizes: Sizes) => ServedProgram | null>>;

type Request =
  | { command: "prepare"; family: string; sizes: Sizes }
  | { command: "check" }
  | { command: "run"; iterations: number }
  | { command: "memory" };

/**
 * Answers the driver: a request is a line of JSON on the standard input, its answer one on the standard output. What a
 * package prints itself goes to the standard error.
 */
export async function serve(programs: Programs): Promise<void> {
  for (const level of ["log", "info", "debug"] as const) console[level] = console.error;
  let program: ServedProgram | undefined;
  const answer = async (request: Request): Promise<object> => {
    switch (request.command) {
      case "prepare": {
        program = programs[request.family]?.(request.sizes) ?? undefined;
        return program === undefined ? { unsupported: true } : {};
      }
      case "check":
        return { values: await program!.check() };
      case "run":
        return { times: await run(program!, request.iterations) };
      case "memory":
        return { peak: process.resourceUsage().maxRSS / 1024 };
    }
  };
  for await (const line of createInterface({ input: process.stdin })) {
    let result: object;
    try {
      result = await answer(JSON.parse(line));
    } catch (error) {
      result = { error: error instanceof Error ? error.message : String(error) };
    }
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}

/** The milliseconds that each of `iterations` steps takes; synchronous steps never yield to the event loop. */
async function run(program: ServedProgram, iterations: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < iterations; i++) {
    const begin = performance.now();
    const result = program.step();
    if (result instanceof Promise) await result;
    times.push(performance.now() - begin);
  }
  return times;
}
