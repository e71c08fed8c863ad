import { config } from "../../../core/config.js";
import { isFloat } from "../../../core/dtype.js";
import { activePass } from "../../../core/function.js";
import { seed } from "../../../core/index.js";
import { Variable } from "../../../core/variable.js";
import { add, mul } from "../../../functions/index.js";
import type { FunctionCase } from "../../functions/table/case.js";
import { functionCases } from "../../functions/table/index.js";
import { inputArrays, outputs } from "../../functions/table/run.js";
import { inMode } from "../../fuzz/modes.js";
import { refuseEach } from "./refusal.js";

/*
 * Every function, with each of its allocations refused in turn: the gradients of the inputs and the settings are as before, and the
 * same inputs give the same numbers afterwards, to the bit.
 */

/** Runs a case forward and backward, and gives all its numbers. */
function numbers(fc: FunctionCase, xs: readonly Variable[]): string {
  seed(1);
  const ys = outputs(fc, xs);
  const differentiable = fc.order === 0 ? [] : ys.filter((y) => y.requiresGrad);
  for (const y of differentiable) y.backward({ gradient: add(mul(y.detach(), 0.7), 0.3) });
  return [...ys, ...xs.flatMap((x) => x.grad ?? [])].map((y) => y.toTypedArray().join()).join(";");
}

/** What is wrong after one refusal or another. */
function problems(fc: FunctionCase): string[] {
  const xs = inputArrays(fc, "float32").map((x) => new Variable(x, isFloat(x.dtype)));
  const clear = () => {
    for (const x of xs) x.clearGrad();
  };
  const again = () => {
    clear();
    return numbers(fc, xs);
  };
  const wanted = again();
  const found: string[] = [];
  clear();
  const count = refuseEach(
    () => numbers(fc, xs),
    ({ result }, n) => {
      const where = `${fc.name}, ${fc.label}, allocation ${n}:`;
      if (activePass !== null || !config.enableBackprop || !config.train) found.push(`${where} a scope was left open`);
      if (result !== "refused") found.push(`${where} nothing was thrown`);
      if (again() !== wanted) found.push(`${where} other numbers afterwards`);
      clear();
    },
  );
  if (count === 0) found.push(`${fc.name}, ${fc.label}: allocates nothing`);
  return found;
}

const modes = ["js", "wasm", "wasm, 3 threads", "openblas"];

// Each case in one of the ways to compute, and most functions, which have several cases, in several.
test.each(modes.map((mode, i) => [mode, i] as const))("%s", (mode, i) => {
  const cases = functionCases.filter((_, j) => j % modes.length === i);
  expect(inMode(mode, () => cases.flatMap(problems))).toEqual([]);
});
