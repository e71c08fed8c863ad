import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(__dirname, "../..");

/** What a run of an example came to. */
export interface Run {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs an example as a user would, but on one thread, since other tests run beside it; returns what it printed. */
export function runExample(name: string, ...args: string[]): Run {
  const command = ["--import", "tsx", join("examples", `${name}.ts`), ...args];
  const env = { ...process.env, RETROGRAD_THREADS: "1" };
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: "utf8", env });
  return { status, stdout, stderr };
}

/** What an example printed, without how long it took. */
export function withoutTimes(stdout: string): string {
  return stdout.replace(/[\d.]+ ?s\b|[\d.]+ seconds|words\/s \d+|\d+ words per second/g, "(time)");
}
