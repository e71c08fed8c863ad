import { readFileSync } from "node:fs";
import { join } from "node:path";
import { constant, type DType, type NDArray, Parameter } from "../../core/index.js";
import * as F from "../../functions/index.js";
import {
  type OptimizerConfig,
  type OptimizerState,
  registeredOptimizers,
  resolveOptimizer,
} from "../../optim/index.js";
import { restore, type Stored } from "../golden/training.js";

interface Case {
  config: { name: string } & OptimizerConfig["hyperparameters"];
  accumulate: number;
  values: Stored[][];
  groups?: Record<string, number>[];
  lastRate?: number;
}

interface Golden {
  steps: number;
  kept: number[];
  lastRateChange: number;
  start: Stored[];
  batches: { x: Stored; t: Stored }[];
  cases: Record<string, Case>;
}

const golden: Golden = JSON.parse(readFileSync(join(__dirname, "../golden/optimizers.json"), "utf8"));

/** A run of one case that can be stopped and looked at after each step. */
class Run {
  readonly parameters: Parameter[];
  readonly optimizer;

  constructor(
    private readonly golden: Golden,
    private readonly run: Case,
    private readonly dtype: DType,
    start: readonly NDArray[] = golden.start.map(restore),
  ) {
    this.parameters = start.map((value) => new Parameter(value.astype(dtype).copy()));
    const { groups } = run;
    const given =
      groups === undefined ? this.parameters : this.parameters.map((p, i) => ({ params: [p], ...groups[i] }));
    this.optimizer = resolveOptimizer(run.config, given as Parameter[]);
  }

  /** Does the steps `from` to `to`. */
  go(from: number, to: number): void {
    const { batches, lastRateChange } = this.golden;
    const { accumulate, lastRate } = this.run;
    for (let step = from; step <= to; step++) {
      if (lastRate !== undefined && step === lastRateChange + 1) this.optimizer.lr = lastRate;
      for (let part = 0; part < accumulate; part++) this.pass(batches[(accumulate * step + part) % batches.length]!);
    }
  }

  values(): NDArray[] {
    return this.parameters.map((parameter) => parameter.data.copy());
  }

  private pass({ x, t }: { x: Stored; t: Stored }): void {
    const [W, b, s] = this.parameters as [Parameter, Parameter, Parameter];
    const given = (stored: Stored) => constant(restore(stored).astype(this.dtype));
    const y = F.mul(F.tanh(F.linear(given(x), W, b)), s);
    this.optimizer.zeroGrad();
    F.mul(F.mean(F.square(F.sub(y, given(t)))), 5).backward();
    this.optimizer.step();
  }
}

function expectNear(actual: readonly NDArray[], expected: readonly Stored[], tolerance: number): void {
  for (const [i, { shape, values }] of expected.entries()) {
    expect(actual[i]!.shape).toEqual(shape);
    actual[i]!.toTypedArray().forEach((value, j) => {
      const error = Math.abs(value - values[j]!) / Math.max(1, Math.abs(values[j]!));
      if (!(error < tolerance)) throw new Error(`parameter ${i}: element ${j} is ${value}; PyTorch has ${values[j]}`);
    });
  }
}

test("every optimizer is in the golden file", () => {
  const tried = new Set(Object.values(golden.cases).map(({ config }) => config.name));
  expect([...tried].sort()).toEqual([...registeredOptimizers()].sort());
});

describe.each(Object.entries(golden.cases))("%s", (_, run) => {
  test.each([
    ["float64", 1e-10],
    ["float32", 1e-5],
  ] as const)("50 steps as in PyTorch, %s", (dtype, tolerance) => {
    const here = new Run(golden, run, dtype);
    let done = 0;
    for (const [i, step] of golden.kept.entries()) {
      here.go(done + 1, step);
      done = step;
      expectNear(here.values(), run.values[i]!, tolerance);
    }
    expect(here.optimizer.steps).toBe(golden.steps);
  });

  test("resumes to the bit, in another optimizer and a copy", () => {
    const whole = new Run(golden, run, "float32");
    whole.go(1, 20);
    const state = whole.optimizer.state();
    const values = whole.values();
    const copied = new Run(golden, run, "float32", values);
    Object.assign(copied, { optimizer: whole.optimizer.copy(copied.parameters) });
    whole.go(21, 40);
    const expected = whole.values().map((value) => value.toTypedArray());
    const resumed = new Run(golden, run, "float32", values);
    resumed.optimizer.loadState(state satisfies OptimizerState);
    for (const other of [resumed, copied]) {
      other.go(21, 40);
      expect(other.values().map((value) => value.toTypedArray())).toEqual(expected);
    }
  });
});
