import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Run } from "./run.js";
import type { Request } from "./session.js";

/** Thrown in place of the end of the process. */
class Exit extends Error {
  constructor(readonly status: number) {
    super(`exit ${status}`);
  }
}

let runs = 0;

/** Runs the file of an example once more, as if it were the program; it must have started nothing that goes on after its last line. */
async function run({ name, args }: Request): Promise<Run> {
  const path = join(process.cwd(), "examples", `${name}.ts`);
  const printed = { stdout: "", stderr: "" };
  const kept = { argv: process.argv, exit: process.exit, stdout: process.stdout.write, stderr: process.stderr.write };
  process.argv = [process.execPath, path, ...args];
  process.exit = (status = 0) => {
    throw new Exit(Number(status));
  };
  for (const stream of ["stdout", "stderr"] as const) {
    process[stream].write = (text: string | Uint8Array) => {
      printed[stream] += text;
      return true;
    };
  }
  try {
    // A file is run once under one address.
    await import(`${pathToFileURL(path).href}?run=${runs++}`);
    return { status: 0, ...printed };
  } catch (error) {
    if (error instanceof Exit) return { status: error.status, ...printed };
    return { status: 1, stdout: printed.stdout, stderr: `${printed.stderr}${(error as Error).stack}\n` };
  } finally {
    process.argv = kept.argv;
    process.exit = kept.exit;
    process.stdout.write = kept.stdout;
    process.stderr.write = kept.stderr;
  }
}

process.on("message", async (request: Request) => process.send!(await run(request)));
