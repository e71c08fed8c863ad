import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finePartCount, partCount, range, runParts } from "../../../core/backend/parallel.js";
import { pool } from "../../../core/backend/pool.js";
import { base } from "../../../core/backend/wasm/modules.js";
import type { NDArray } from "../../../core/ndarray.js";
import { filled, matmul, unary } from "../../../core/numeric.js";
import { ArgumentError, randomNormal, seed, setThreads, threadCount } from "../../../index.js";

const before = threadCount();
afterAll(() => setThreads(before));

/** Waits, yielding, until the workers of `n` threads have come up. */
async function workers(n: number): Promise<void> {
  setThreads(n);
  const x = filled([64], 1, "float32");
  runParts(
    base,
    "neg_f32",
    Array.from({ length: n }, (_, i) => [x.address + i * 16, x.address + i * 16, 4]),
    false,
  );
  while (pool.ready < n - 1) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("ranges make up the whole, in order, with lengths divisible by the step but for the last", () => {
  for (const [units, count, step] of [
    [10, 3, 1],
    [1000, 4, 16],
    [7, 4, 8],
    [0, 2, 1],
    [33, 16, 4],
  ] as const) {
    let next = 0;
    for (let i = 0; i < count; i++) {
      const [from, to] = range(units, count, i, step);
      expect(from).toBe(next);
      expect(to).toBeGreaterThanOrEqual(from);
      if (to !== units) expect((to - from) % step).toBe(0);
      next = to;
    }
    expect(next).toBe(units);
  }
});

test("work is divided only when each part is worth a thread", () => {
  setThreads(4);
  expect(partCount(1000, 1)).toBe(1);
  expect(partCount(1e6, 1)).toBe(4);
  expect(partCount(3, 1e9)).toBe(3);
  expect([finePartCount(1e6, 1), finePartCount(1e6, 100), finePartCount(5, 1e9), finePartCount(3, 1e9)]).toEqual([
    4, 8, 5, 3,
  ]);
  setThreads(1);
  expect([partCount(1e9, 100), finePartCount(1e9, 100)]).toEqual([1, 1]);
});

test("thousands of jobs in a row: every part runs once, whoever takes it", async () => {
  await workers(4);
  const n = 64;
  const x = filled([n], 0, "float32");
  const one = filled([1], 1, "float32");
  // x += 1 in parts of 4: a part that ran twice, or not at all, would show in the sum.
  for (let job = 0; job < 20_000; job++) {
    const parts = 2 + (job % 15);
    runParts(
      base,
      "add_f32",
      Array.from({ length: parts }, (_, i) => addOne(x, one, i * 4)),
      false,
    );
  }
  const counts = Array.from({ length: 16 }, (_, i) => {
    let jobs = 0;
    for (let job = 0; job < 20_000; job++) if (i < 2 + (job % 15)) jobs++;
    return jobs;
  });
  const values = x.toTypedArray();
  for (let i = 0; i < 16; i++) for (let j = 0; j < 4; j++) expect(values[i * 4 + j]).toBe(counts[i]);
});

function addOne(x: NDArray, one: NDArray, from: number): number[] {
  const at = x.address + from * 4;
  return [at, 0, 1, one.address, 0, 0, at, 1, 4];
}

test("jobs with more parts than there are places", async () => {
  await workers(3);
  const x = filled([1000], 3, "float32");
  runParts(
    base,
    "neg_f32",
    Array.from({ length: 250 }, (_, i) => [x.address + i * 16, x.address + i * 16, 4]),
    false,
  );
  expect(x.toTypedArray().every((v) => v === -3)).toBe(true);
});

test("a kernel that fails on some thread throws here, and the next job runs", async () => {
  await workers(4);
  const x = filled([64], 1, "float32");
  const outside = 2 ** 32 - 64;
  expect(() =>
    runParts(
      base,
      "neg_f32",
      [0, 1, 2, 3].map(() => [outside, outside, 16]),
      false,
    ),
  ).toThrow();
  runParts(
    base,
    "neg_f32",
    [0, 1, 2, 3].map((i) => [x.address + i * 64, x.address + i * 64, 16]),
    false,
  );
  expect(x.toTypedArray().every((v) => v === -1)).toBe(true);
});

test("results do not depend on the number of threads beyond rounding, and repeat to the bit for one number", async () => {
  seed(1);
  const [a, b] = [randomNormal([300, 257]), randomNormal([257, 190])];
  const big = randomNormal([700, 301]);
  await workers(4);
  const results = [1, 2, 3, 4, 4].map((threads) => {
    setThreads(threads);
    return [matmul(a, b), matmul(b.transpose(), a.transpose()), unary("tanh", big)].map((y) => y.toTypedArray());
  });
  for (const [k, y] of results[0]!.entries()) {
    for (const other of results) {
      for (let i = 0; i < y.length; i++) {
        if (Math.abs(other[k]![i]! - y[i]!) > 2e-4)
          throw new Error(`element ${i} of result ${k}: ${other[k]![i]} and ${y[i]}`);
      }
    }
    expect(results[4]![k]).toEqual(results[3]![k]);
  }
});

test("a number of threads is a positive integer", () => {
  const now = threadCount();
  for (const bad of [0, -1, 1.5, Number.NaN]) expect(() => setThreads(bad)).toThrow(ArgumentError);
  expect(() => setThreads(0)).toThrow("setThreads: expected a whole number of at least 1, got 0");
  expect(threadCount()).toBe(now);
});

describe("a kernel that fails in a worker", () => {
  // The main thread does its parts with a function that only counts, and so slowly that the workers get some.
  const failing = (repeatable: boolean) => {
    const outside = 2 ** 32 - 64;
    const done: number[] = [];
    const slow = (part: number) => {
      done.push(part);
      const start = performance.now();
      while (performance.now() - start < 20);
    };
    const parts = Array.from({ length: 12 }, (_, i) => [outside + i, outside, 16]);
    return {
      done,
      outside,
      run: () => pool.run(base.number, base.indexOf("neg_f32"), slow as () => void, parts, repeatable),
    };
  };
  const works = () => {
    const x = filled([64], 1, "float32");
    runParts(
      base,
      "neg_f32",
      [0, 16, 32, 48].map((i) => [x.address + i * 4, x.address + i * 4, 16]),
      false,
    );
    expect([...x.toTypedArray()]).toEqual(new Array(64).fill(-1));
  };

  test("is an error that says why, where the part cannot be done again; and the next job is done", async () => {
    await workers(3);
    expect(failing(false).run).toThrow(
      /^a worker thread failed \(RuntimeError: memory access out of bounds\) in the middle of a kernel that changes/,
    );
    works();
  });

  test("is made up for by the main thread where it can", async () => {
    await workers(3);
    const { done, outside, run } = failing(true);
    run();
    expect(done.map((part) => part - outside).sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    works();
  });
});

test("the process does not end while a worker loads the native library, which would abort", () => {
  const folder = mkdtempSync(join(tmpdir(), "retrograd-pool-"));
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", join(__dirname, "ending.ts"), folder], {
    encoding: "utf8",
  });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(existsSync(join(folder, "loaded"))).toBe(true);
  rmSync(folder, { recursive: true, force: true });
});
