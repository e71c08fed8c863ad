import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadTree } from "../../../nn/files/tree.js";

/*
 * A training program is ended from outside at any moment. It is bundled once, since it is started many times.
 */

jest.setTimeout(120_000);

const root = join(__dirname, "../../..");
const home = mkdtempSync(join(tmpdir(), "retrograd-kill-"));
const program = join(home, "program.mjs");
const EPOCHS = "120";

beforeAll(() => {
  const options = {
    entryPoints: [join(__dirname, "program.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    keepNames: true,
  };
  const build = `import { build } from "esbuild"; await build(${JSON.stringify(options)});`;
  execFileSync(process.execPath, ["--input-type=module", "--eval", build], { cwd: root });
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

interface Run {
  readonly child: ChildProcess;
  /** The lines that it has printed. */
  readonly lines: string[];
  /** Resolves when there are so many lines. */
  printed(count: number): Promise<void>;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

function start(...args: string[]): Run {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  let rest = "";
  let wake = () => {};
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    lines.push(...parts);
    wake();
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on("close", (code, signal) => {
      resolve({ code, signal });
      wake();
    });
  });
  let over = false;
  void ended.then(() => {
    over = true;
  });
  return {
    child,
    lines,
    ended,
    async printed(count) {
      while (lines.length < count && !over) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

const lineOf = (lines: readonly string[], name: string) =>
  lines.find((line) => line.startsWith(name))?.slice(name.length + 1);
const stepsOf = (lines: readonly string[]) =>
  lines.filter((line) => line.startsWith("step ")).map((line) => Number(line.slice(5)));
const latest = (folder: string) =>
  readdirSync(folder)
    .filter((name) => /^step-\d+\.safetensors$/.test(name))
    .sort()
    .at(-1);

/** Resolves when the next file appears in a folder. */
function nextFile(folder: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, () => {
      watcher.close();
      resolve();
    });
  });
}

let uninterrupted: string;

beforeAll(async () => {
  const run = start(join(home, "whole"), "100000", EPOCHS);
  expect(await run.ended).toEqual({ code: 0, signal: null });
  uninterrupted = lineOf(run.lines, "state")!;
  expect(uninterrupted).toMatch(/^[0-9a-f]{64}$/);
});

test("kill -9 at 20 random moments: the last checkpoint is whole, none is lost, and the end is the same to the bit", async () => {
  const folder = join(home, "killed");
  let reached = 0;
  let killed = 0;
  for (let round = 0; round < 20; round++) {
    const run = start(folder, "2", EPOCHS, "1");
    await run.printed(1);
    // Anywhere within a few steps and the checkpoints between them or, each other time, while a file is being written.
    if (round % 2 === 0) await new Promise((resume) => setTimeout(resume, Math.random() * 60));
    else await nextFile(folder);
    run.child.kill("SIGKILL");
    const { signal } = await run.ended;
    if (signal === "SIGKILL") killed++;
    const steps = stepsOf(run.lines);
    expect(steps[0]).toBe(reached + 1);
    const name = latest(folder);
    if (name === undefined) {
      // It did not come to its first checkpoint.
      expect(steps.at(-1)).toBeLessThanOrEqual(2);
      continue;
    }
    const { place } = loadTree(join(folder, name), "trainer") as { place: { step: number } };
    // The line of step n + 1 says that the checkpoint of step n was written, if one was due.
    const due = steps.at(-1)! - 1;
    expect(place.step).toBeGreaterThanOrEqual(due - (due % 2));
    reached = place.step;
  }
  expect(killed).toBe(20);
  const last = start(folder, "100000", EPOCHS);
  expect(await last.ended).toEqual({ code: 0, signal: null });
  expect(stepsOf(last.lines)[0]).toBe(reached + 1);
  expect(lineOf(last.lines, "state")).toBe(uninterrupted);
  expect(readdirSync(folder).filter((file) => file.endsWith(".unfinished"))).toEqual([]);
});

test("Ctrl-C ends the run after the step at work, with a checkpoint, and the run can be gone on with", async () => {
  const folder = join(home, "interrupted");
  const run = start(folder, "100000", EPOCHS, "1");
  await run.printed(13);
  run.child.kill("SIGINT");
  expect(await run.ended).toEqual({ code: 0, signal: null });
  const step = stepsOf(run.lines).at(-1)!;
  const epoch = Math.ceil(step / 8);
  const name = `step-${String(step).padStart(8, "0")}.safetensors`;
  expect(lineOf(run.lines, "stopped")).toBe(
    `Ctrl-C, after step ${step} in epoch ${epoch}; saved as ${join(folder, name)}`,
  );
  expect(lineOf(run.lines, "listeners")).toBe("0");
  expect(latest(folder)).toBe(name);
  expect(lineOf(run.lines, "state")).not.toBe(uninterrupted);
  const rest = start(folder, "100000", EPOCHS);
  expect(await rest.ended).toEqual({ code: 0, signal: null });
  expect(stepsOf(rest.lines)[0]).toBe(step + 1);
  expect(lineOf(rest.lines, "state")).toBe(uninterrupted);
});

test("a second Ctrl-C ends the program at once", async () => {
  const run = start(join(home, "twice"), "100000", EPOCHS, "60000");
  await run.printed(1);
  run.child.kill("SIGINT");
  // The first one has to be noticed before the second comes, or they count as one.
  await new Promise((resume) => setTimeout(resume, 300));
  expect(run.child.exitCode).toBeNull();
  run.child.kill("SIGINT");
  expect(await run.ended).toEqual({ code: null, signal: "SIGINT" });
});
