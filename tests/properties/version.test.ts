import { array } from "../../core/creation.js";
import { isFloat } from "../../core/dtype.js";
import { Function } from "../../core/function.js";
import type { NDArray } from "../../core/ndarray.js";
import { Generator } from "../../core/rng.js";
import type { Variable } from "../../core/variable.js";
import { generate } from "../fuzz/generate.js";
import { operations } from "../fuzz/operations/index.js";
import { cotangentLike, forward, type Program } from "../fuzz/program.js";
import { drawnStep } from "./step.js";

/** Gradients of the leaves, after the value `change` has been overwritten. */
function gradients(program: Program, change: number | null, contents: (x: NDArray) => NDArray): number[][] {
  const { values, leaves } = forward(program);
  if (change !== null) values[change]!.data.assign(contents(values[change]!.data));
  program.roots.forEach((id, i) => {
    const y = values[id]!;
    if (y.requiresGrad) y.backward({ gradient: cotangentLike(i, y) });
  });
  return leaves.map((x) => Array.from(x.grad?.toTypedArray() ?? []));
}

/** Other numbers than those in `x`, of either sign and of any size up to 8. */
function others(x: NDArray, g: Generator): NDArray {
  const values = Array.from(x.toTypedArray(), (v) => (g.uniform() < 0.5 ? -v : v) * 2 + 4 * g.normal());
  return array(values, { dtype: x.dtype }).reshape(x.shape);
}

/** Runs `f` with functions that do not look at versions. */
function unwatched<T>(f: () => T): T {
  const own = Function.prototype as unknown as {
    input(this: Function, i: number): Variable;
    output(this: Function, i?: number): Variable;
  };
  const { input, output } = own;
  own.input = function (i) {
    return this.inputs[i]!;
  };
  own.output = function (i = 0) {
    return this.outputs[i]!;
  };
  try {
    return f();
  } finally {
    Object.assign(own, { input, output });
  }
}

function attempt<T>(f: () => T): T | Error {
  try {
    return f();
  } catch (error) {
    return error as Error;
  }
}

const noticed = /changed in place after forward saved (it|them)/;

test("no change is missed that would change a gradient", () => {
  const g = new Generator(3);
  const missed: string[] = [];
  let [refused, harmless] = [0, 0];
  for (let seed = 1; seed <= 130; seed++) {
    const program = generate(70_000 + seed);
    const calm = gradients(program, null, (x) => x);
    const { values } = forward(program);
    for (let change = 0; change < values.length; change++) {
      if (!writable(values[change]!.data) || g.uniform() < 0.5) continue;
      const result = attempt(() => gradients(program, change, (x) => others(x, g)));
      if (result instanceof Error) {
        if (!noticed.test(result.message)) throw result;
        refused++;
      } else {
        harmless++;
        if (!same(result, calm)) missed.push(`seed ${70_000 + seed}, value ${change}`);
      }
    }
  }
  expect(missed).toEqual([]);
  expect(refused).toBeGreaterThan(200);
  expect(harmless).toBeGreaterThan(200);
});

test.each(Object.keys(operations))("%s: what is refused when changed can change a gradient", (op) => {
  const g = new Generator(4);
  const refused = new Set<string>();
  const harmful = new Set<string>();
  for (let seed = 1; seed <= 10; seed++) {
    const found = drawnStep(op, seed);
    if (found === null) continue;
    const { step, leaves } = found;
    const ids = leaves.map((_, i) => i);
    const nodes = [...leaves, { ...step, args: ids }];
    const program = { nodes, roots: Array.from({ length: step.outputs }, (_, i) => leaves.length + i) };
    const calm = gradients(program, null, (x) => x);
    forward(program).values.forEach(({ data }, change) => {
      if (!writable(data)) return;
      const result = attempt(() => gradients(program, change, (x) => others(x, g)));
      if (!(result instanceof Error)) return;
      const saved = /^[^:]*: (the outputs|\w+ \d+)/.exec(result.message)![0];
      refused.add(saved);
      if (!harmful.has(saved) && couldHarm(program, change, calm, g)) harmful.add(saved);
    });
  }
  // Sums of one element and the like have gradients that depend on nothing: some example has to be harmful, not all.
  expect([...refused].filter((saved) => !harmful.has(saved))).toEqual([]);
});

/** Whether an array can be overwritten: floats, and no broadcast view. */
function writable(x: NDArray): boolean {
  return isFloat(x.dtype) && x.size > 0 && !x.strides.some((s, i) => s === 0 && x.shape[i]! > 1);
}

function same(a: number[][], b: number[][]): boolean {
  return a.every((x, i) => x.every((v, k) => Object.is(v, b[i]![k])));
}

/** Whether some other contents of a value would change a gradient if nobody looked. */
function couldHarm(program: Program, change: number, calm: number[][], g: Generator): boolean {
  for (let i = 0; i < 8; i++) {
    const result = unwatched(() => attempt(() => gradients(program, change, (x) => others(x, g))));
    if (result instanceof Error || !same(result, calm)) return true;
  }
  return false;
}
