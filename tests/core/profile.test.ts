import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { profiler } from "../../core/function.js";
import { heap } from "../../core/heap.js";
import {
  ArgumentError,
  array,
  constant,
  detectAnomaly,
  grad,
  noGrad,
  Profile,
  type ProfileRow,
  profile,
  variable,
} from "../../core/index.js";
import * as F from "../../functions/index.js";

function large(): ReturnType<typeof variable> {
  return variable(array(Float32Array.from({ length: 1000 }, (_, i) => i / 1000)));
}

/** Calls by phase and name. */
function callsOf({ rows }: Profile): Record<string, number> {
  return Object.fromEntries(rows.map(({ phase, name, calls }) => [`${phase} ${name}`, calls]));
}

function rowOf({ rows }: Profile, phase: string, name: string): ProfileRow {
  return rows.find((row) => row.phase === phase && row.name === name)!;
}

test("calls of each function, forward and backward apart, and of those that a backward calls", () => {
  const x = large();
  const result = profile(() => {
    const y = F.tanh(F.tanh(x)).mul(x).sum();
    y.backward();
  });
  expect(callsOf(result)).toEqual({
    "forward tanh": 2,
    "forward Mul": 1,
    "forward Sum": 1,
    "backward backward pass": 1,
    "backward Sum.backward": 1,
    "backward BroadcastTo": 1,
    "backward Mul.backward": 1,
    "backward Mul": 2,
    "backward tanh.backward": 2,
    "backward tanhGrad": 2,
    "backward AddGradients": 1,
  });
  expect(x.grad!.toTypedArray()).toEqual(
    (() => {
      const other = large();
      F.tanh(F.tanh(other)).mul(other).sum().backward();
      return other.grad!.toTypedArray();
    })(),
  );
});

test("bytes are those of the arrays, at the function that allocated them", () => {
  const x = large();
  const result = profile(() => F.tanh(F.exp(x)).backward({ gradient: constant(array(new Float32Array(1000))) }));
  const bytesOfArray = 4 * 1000 + 16;
  expect(rowOf(result, "forward", "exp").bytes).toBe(bytesOfArray);
  expect(rowOf(result, "forward", "tanh").bytes).toBe(bytesOfArray);
  expect(rowOf(result, "backward", "tanh.backward").bytes).toBe(0);
  expect(rowOf(result, "backward", "tanhGrad").bytes).toBe(bytesOfArray);
  expect(result.events.find(({ name }) => name === "tanh.backward")!.bytes).toBe(bytesOfArray);
  // What the program made for itself, the gradient to start from, is in the whole alone.
  const inFunctions = result.rows.reduce((sum, { bytes }) => sum + bytes, 0);
  expect(result.totals.bytes - inFunctions).toBe(bytesOfArray);

  // Small arrays share slabs: this many take four, of which each has a rest that is too small.
  const tiny = variable([1, 2, 3, 4, 5]);
  const many = profile(() => {
    for (let i = 0; i < 5000; i++) F.exp(tiny);
  });
  expect(rowOf(many, "forward", "exp").bytes).toBe(5000 * 48);
});

test("times: what is called from there counts in the total and not in the self time", () => {
  const x = large();
  const result = profile(() => {
    for (let i = 0; i < 20; i++) F.tanh(x).mul(2).sum().backward();
  });
  const whole = result.rows.reduce((sum, { selfTime }) => sum + selfTime, 0);
  expect(whole).toBeLessThanOrEqual(result.totals.time);
  for (const { calls, selfTime, totalTime } of result.rows) {
    expect(calls).toBe(20);
    expect(selfTime).toBeGreaterThan(0);
    expect(totalTime).toBeGreaterThanOrEqual(selfTime);
  }
  const pass = rowOf(result, "backward", "backward pass");
  const backward = result.rows.filter(({ phase }) => phase === "backward");
  expect(pass.totalTime).toBeCloseTo(
    backward.reduce((sum, { selfTime }) => sum + selfTime, 0),
    6,
  );
  const { selfTime, totalTime } = rowOf(result, "backward", "tanh.backward");
  expect(totalTime - selfTime).toBeCloseTo(rowOf(result, "backward", "tanhGrad").totalTime, 6);
  expect(result.rows.map((row) => row.selfTime)).toEqual(result.rows.map((row) => row.selfTime).sort((a, b) => b - a));
});

test("gradients of gradients, functions without a graph, and detectAnomaly inside", () => {
  const x = large();
  const result = profile(() => {
    const [gx] = grad(F.exp(x).sum(), x, { createGraph: true });
    grad(gx!.sum(), x);
    noGrad(() => F.sin(x));
    detectAnomaly(() => F.cos(x).sum().backward());
  });
  const calls = callsOf(result);
  expect(calls["backward exp.backward"]).toBe(2);
  expect(calls["backward Mul.backward"]).toBe(1);
  expect(calls["backward backward pass"]).toBe(3);
  expect([calls["forward sin"], calls["forward cos"], calls["backward cos.backward"]]).toEqual([1, 1, 1]);
});

test("the trace is what chrome://tracing reads: complete events in order, inner ones within outer ones", () => {
  const x = large();
  const result = profile(() => F.tanh(x.reshape(10, 100)).sum().backward());
  const trace = JSON.parse(result.toChromeTrace());
  const meta = trace.traceEvents.filter(({ ph }: { ph: string }) => ph === "M");
  expect(meta.map(({ name }: { name: string }) => name)).toEqual(["process_name", "thread_name"]);
  interface Complete {
    name: string;
    cat: string;
    ph: string;
    ts: number;
    dur: number;
    pid: number;
    tid: number;
    args: object;
  }
  const events: Complete[] = trace.traceEvents.slice(2);
  expect(events.map(({ name, cat }) => `${cat} ${name}`)).toEqual([
    "forward Reshape",
    "forward tanh",
    "forward Sum",
    "backward backward pass",
    "backward Sum.backward",
    "backward BroadcastTo",
    "backward tanh.backward",
    "backward tanhGrad",
    "backward Reshape.backward",
    "backward Reshape",
  ]);
  for (const { ph, ts, dur, pid, tid } of events) {
    expect([ph, pid, tid]).toEqual(["X", 1, 1]);
    expect(ts).toBeGreaterThanOrEqual(0);
    expect(dur).toBeGreaterThan(0);
    expect(ts + dur).toBeLessThanOrEqual(1000 * result.totals.time);
  }
  expect(events.map(({ ts }) => ts)).toEqual(events.map(({ ts }) => ts).sort((a, b) => a - b));
  const [pass, outer, inner] = [3, 6, 7].map((i) => events[i]!);
  for (const [a, b] of [
    [pass, outer],
    [outer, inner],
  ] as const) {
    expect(b!.ts).toBeGreaterThanOrEqual(a!.ts);
    expect(b!.ts + b!.dur).toBeLessThanOrEqual(a!.ts + a!.dur + 1e-6);
  }
  expect(events[1]!.args).toEqual({ shapes: "(10, 100)", bytes: 4016 });
  expect(inner!.args).toEqual({ shapes: "(10, 100) (10, 100)", bytes: 4016 });
});

test("the trace holds as many events as it may, and the table counts all", () => {
  const x = large();
  const run = () => F.exp(F.exp(F.exp(x)));
  const result = profile(run, { maxEvents: 2 });
  expect(result.events).toHaveLength(2);
  expect(result.totals.droppedEvents).toBe(1);
  expect(callsOf(result)).toEqual({ "forward exp": 3 });
  expect(JSON.parse(result.toChromeTrace()).otherData).toEqual({ droppedEvents: 1 });
  expect(profile(run, { maxEvents: 0 }).events).toEqual([]);
});

test("the table", () => {
  const row = { phase: "forward", calls: 1, selfTime: 1, totalTime: 1, bytes: 0 } as const;
  const rows: ProfileRow[] = [
    { ...row, name: "Convolve", calls: 1200, selfTime: 30, totalTime: 30, bytes: 5.5 * 2 ** 20 },
    { ...row, name: "Convolve.backward", phase: "backward", selfTime: 20, totalTime: 40.5, bytes: 2048 },
    { ...row, name: "Sum", selfTime: 0.25, bytes: 100 },
  ];
  const totals = { time: 80, bytes: 6 * 2 ** 20, sweeps: 2, sweepTime: 7.5, droppedEvents: 1000 };
  const result = new Profile(rows, [], totals);
  expect(`\n${result}\n`).toBe(`
Function             Calls  Self ms    Share  Total ms  us a call  Allocated
----------------------------------------------------------------------------
forward              1,201   30.250   37.8 %                          5.5 MB
  Convolve           1,200   30.000   37.5 %    30.000       25.0     5.5 MB
  Sum                    1    0.250    0.3 %     1.000     1000.0      100 B
backward                 1   20.000   25.0 %                          2.0 KB
  Convolve.backward      1   20.000   25.0 %    40.500    40500.0     2.0 KB
----------------------------------------------------------------------------
elsewhere                    29.750   37.2 %                        509.9 KB
all                          80.000  100.0 %                          6.0 MB
Sweeps of the heap: 2, 7.500 ms, in the times above.
The trace lacks 1,000 events: maxEvents.
`);
  expect(`${profile(() => {})}`).toMatch(/^forward +0 +0\.000 .* 0 B$/m);
});

test("save writes the trace or the table", () => {
  const folder = mkdtempSync(join(tmpdir(), "retrograd-profile-"));
  const result = profile(() => F.exp(large()));
  result.save(join(folder, "made", "trace.json"));
  result.save(join(folder, "table.txt"));
  expect(readFileSync(join(folder, "made", "trace.json"), "utf8")).toBe(result.toChromeTrace());
  expect(readFileSync(join(folder, "table.txt"), "utf8")).toBe(`${result}\n`);
  expect(() => result.save(join(folder, "trace.svg"))).toThrow(
    /profile\.save: the file is ".*"; expected a name that ends in/,
  );
  rmSync(folder, { recursive: true });
});

describe("it ends", () => {
  afterEach(() => expect(profiler).toBeNull());

  test("when the function throws, in the middle of a backward pass too", () => {
    const x = large();
    const y = F.exp(x).sum();
    x.onGrad(() => {
      throw new Error("the hook's");
    });
    expect(() => profile(() => y.backward())).toThrow("the hook's");
    expect(profiler).toBeNull();
    expect(callsOf(profile(() => F.exp(large())))).toEqual({ "forward exp": 1 });
  });

  test("a function that throws and is caught leaves the times of the others right", () => {
    const x = large();
    const result = profile(() => {
      expect(() => F.exp(x).add(large().reshape(10, 100))).toThrow();
      F.sin(x);
    });
    expect(callsOf(result)).toMatchObject({ "forward exp": 1, "forward sin": 1 });
    expect(result.rows.reduce((sum, { selfTime }) => sum + selfTime, 0)).toBeLessThanOrEqual(result.totals.time);
  });

  test("when the promise of an asynchronous function is settled", async () => {
    const pending = profile(async () => {
      F.exp(large());
      await new Promise((resume) => setTimeout(resume, 1));
      F.sin(large());
    });
    expect(profiler).not.toBeNull();
    const result = await pending;
    expect(callsOf(result)).toEqual({ "forward exp": 1, "forward sin": 1 });
    await expect(profile(() => Promise.reject(new Error("later")))).rejects.toThrow("later");
  });

  test("before another one begins, else that is refused", () => {
    const result = profile(() => {
      expect(() => profile(() => F.sin(large()))).toThrow(
        new ArgumentError("profile: another profile is at work; expected it to end before one begins"),
      );
      F.exp(large());
    });
    expect(callsOf(result)).toEqual({ "forward exp": 1 });
  });

  test("without having begun when an argument is wrong", () => {
    const bad = (fn: unknown, options?: object) => () => profile(fn as () => void, options);
    expect(bad(1)).toThrow("profile: expected a function to run, got 1");
    expect(bad(() => {}, { events: 1 })).toThrow("profile: unknown option events; expected some of maxEvents");
    expect(bad(() => {}, { maxEvents: -1 })).toThrow("profile: maxEvents is -1; expected a whole number of at least 0");
  });
});

test("where nothing took any time there are no shares", () => {
  const row: ProfileRow = { name: "Sum", phase: "forward", calls: 1, selfTime: 0, totalTime: 0, bytes: 1023 };
  const result = new Profile([row], [], { time: 0, bytes: 1024, sweeps: 0, sweepTime: 0, droppedEvents: 0 });
  expect(`\n${result}\n`).toBe(`
Function   Calls  Self ms  Share  Total ms  us a call  Allocated
----------------------------------------------------------------
forward        1    0.000                                 1023 B
  Sum          1    0.000            0.000        0.0     1023 B
backward       0    0.000                                    0 B
----------------------------------------------------------------
elsewhere           0.000                                    1 B
all                 0.000                                 1.0 KB
`);
});

test("sweeps of the heap count where they happen", () => {
  heap.sweep();
  expect(heap.statistics().sweepTime).toBeGreaterThan(0);
  const without = profile(() => {});
  expect([without.totals.sweeps, without.totals.sweepTime]).toEqual([0, 0]);
  const { sweeps, sweepTime } = heap.statistics();
  const { totals } = profile(() => heap.sweep());
  expect(totals.sweeps).toBe(1);
  expect(totals.sweepTime).toBeCloseTo(heap.statistics().sweepTime - sweepTime, 9);
  expect(heap.statistics().sweeps).toBe(sweeps + 1);
});
