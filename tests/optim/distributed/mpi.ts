import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { buildSync } from "esbuild";
import { optionalPackage } from "../../../core/platform.js";

/** The two kinds of MPI, and how their programs are started here. */
const launchers = {
  "Open MPI": { commands: ["mpirun.openmpi", "mpirun"], version: /Open MPI|OpenRTE/, libraries: ["libmpi.so.40"] },
  MPICH: {
    commands: ["mpirun.mpich", "mpiexec.hydra", "mpirun"],
    version: /HYDRA|MPICH/i,
    libraries: ["libmpich.so.12", "libmpi.so.12"],
  },
};

export type Mpi = keyof typeof launchers;

/** What came of a program. */
export interface Run {
  status: number | null;
  stdout: string;
  stderr: string;
  seconds: number;
}

const root = join(__dirname, "../../..");

/** The launcher of a kind of MPI, or why its tests are skipped. */
export function found(mpi: Mpi): { command: string } | { reason: string } {
  const koffi = optionalPackage("koffi");
  if (koffi === undefined) return { reason: "the package koffi is not installed" };
  const { commands, version, libraries } = launchers[mpi];
  const command = commands.find((name) => version.test(outputOf(name, "--version")));
  if (command === undefined) return { reason: `there is no launcher of ${mpi}` };
  // In a process of its own: the library (or UCX, on which it stands) may take over signals, which WebAssembly's traps need.
  const loads = libraries.some((library) => {
    const program = `require(${JSON.stringify(koffi.path)}).load(${JSON.stringify(library)})`;
    return spawnSync(process.execPath, ["-e", program]).status === 0;
  });
  return loads ? { command } : { reason: `there is no library of ${mpi}` };
}

/** `describe` of tests that need a kind of MPI; they are skipped, with the reason in their name, where it is missing. */
export function describeWith(mpi: Mpi, name: string, tests: (command: string) => void): void {
  const launcher = found(mpi);
  if ("command" in launcher) describe(name, () => tests(launcher.command));
  else describe.skip(`${name} (skipped: ${launcher.reason})`, () => tests(""));
}

/** More ranks than processors, and the superuser in a container, are allowed. */
export const environment = {
  ...process.env,
  OMPI_ALLOW_RUN_AS_ROOT: "1",
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
  OMPI_MCA_rmaps_base_oversubscribe: "1",
  RETROGRAD_THREADS: "1",
};

let folder: string | null = null;
afterAll(() => {
  if (folder !== null) rmSync(folder, { recursive: true, force: true });
});

/** A program of `programs/` as one file of JavaScript: ranks that compile all of retrograd themselves start three times as slowly. */
export function bundled(name: string): string {
  folder ??= mkdtempSync(join(tmpdir(), "retrograd-programs-"));
  const outfile = join(folder, `${basename(name, ".ts")}.mjs`);
  buildSync({
    entryPoints: [join(root, "tests/optim/distributed/programs", name)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "silent",
  });
  return outfile;
}

/** Starts a program, with what Node is to be told before it, as several processes. `during` is given what it prints to its standard output so far, and the launcher. */
export function mpirun(
  command: string,
  ranks: number,
  program: readonly string[],
  options: { launcher?: readonly string[]; during?: (stdout: string) => void; env?: Record<string, string> } = {},
): Promise<Run> {
  const { launcher = [], during, env = {} } = options;
  const start = performance.now();
  const words = [...launcher, "-np", `${ranks}`, process.execPath, ...program];
  const child = spawn(command, words, { cwd: root, env: { ...environment, ...env } });
  const printed = { stdout: "", stderr: "" };
  child.stdout.on("data", (bytes: Buffer) => {
    printed.stdout += bytes;
    during?.(printed.stdout);
  });
  child.stderr.on("data", (bytes: Buffer) => {
    printed.stderr += bytes;
  });
  return new Promise((resolve) => {
    child.on("close", (status) => resolve({ status, ...printed, seconds: (performance.now() - start) / 1000 }));
  });
}

function outputOf(command: string, ...words: string[]): string {
  const { stdout, stderr } = spawnSync(command, words, { encoding: "utf8" });
  return `${stdout ?? ""}${stderr ?? ""}`;
}
