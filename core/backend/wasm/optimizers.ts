import { bytesOf } from "../../dtype.js";
import { heap } from "../../heap.js";
import type { NDArray } from "../../ndarray.js";
import * as js from "../js/optimizers.js";
import type { GradientStep, UpdateRule, UpdateRules } from "../kernels.js";
import { partCount } from "../parallel.js";
import { SUFFIX } from "./kernel-module.js";
import { optimizers } from "./modules.js";
import { scratchOf } from "./scratch.js";
import { share } from "./share.js";

/** Elements of a part are a multiple of this, whole cache lines of any dtype, so that no two threads write to one. */
const LINE = 64;

/** About how many times an addition the step takes. */
const COST: Readonly<Record<UpdateRule, number>> = { sgd: 2, adagrad: 5, rmsprop: 6, adam: 6, adadelta: 8, lion: 3 };

/** Elements of a row below which a TypeScript loop wins. */
const SHORT_ROW = 16;

/** `Kernels.squareSum`. */
export function squareSum(x: NDArray): number {
  const parts = partCount(x.size, 1);
  const bytes = bytesOf(x.dtype);
  const sums = scratchOf(parts * LINE);
  share(optimizers, `squareSum_${SUFFIX[x.dtype]}`, x.size, parts, LINE, true, (from, to, index) => [
    x.address + from * bytes,
    to - from,
    sums + index * LINE,
  ]);
  let sum = 0;
  for (let i = 0; i < parts; i++) sum += heap.f64[(sums + i * LINE) >>> 3]!;
  return sum;
}

/** `Kernels.update`. */
export function update<R extends UpdateRule>(
  rule: R,
  p: NDArray,
  grad: NDArray,
  rows: NDArray | null,
  step: GradientStep,
  state: UpdateRules[R]["state"],
  numbers: UpdateRules[R]["numbers"],
): void {
  const { size, dtype } = p;
  const all = [step.scale, step.limit, step.decay, step.keep, ...numbers];
  if (rows !== null) {
    updateRows(rule, p, grad, rows, step, state, numbers, all);
    return;
  }
  const parts = partCount(size, COST[rule]);
  if (parts === 1) {
    optimizers.of(rule, dtype)(...callOf(p, grad, state, 0, 0, size, all));
    return;
  }
  const bytes = bytesOf(dtype);
  share(optimizers, `${rule}_${SUFFIX[dtype]}`, size, parts, LINE, false, (from, to) =>
    callOf(p, grad, state, from * bytes, from * bytes, to - from, all),
  );
}

function updateRows<R extends UpdateRule>(
  rule: R,
  p: NDArray,
  grad: NDArray,
  rows: NDArray,
  step: GradientStep,
  state: UpdateRules[R]["state"],
  numbers: UpdateRules[R]["numbers"],
  all: readonly number[],
): void {
  if (rows.size === 0) return;
  const width = grad.size / rows.size;
  if (width < SHORT_ROW) {
    js.update(rule, p, grad, rows, step, state, numbers);
    return;
  }
  const run = optimizers.of(rule, p.dtype);
  const bytes = width * bytesOf(p.dtype);
  const first = rows.address >>> 2;
  for (let r = 0; r < rows.size; r++) {
    run(...callOf(p, grad, state, heap.i32[first + r]! * bytes, r * bytes, width, all));
  }
}

/** The numbers to call a rule with for `count` elements, from `offset` bytes on in the arrays and `ofGradient` in the gradient. */
function callOf(
  p: NDArray,
  grad: NDArray,
  state: readonly (NDArray | null)[],
  offset: number,
  ofGradient: number,
  count: number,
  numbers: readonly number[],
): number[] {
  const call = [p.address + offset, grad.address + ofGradient];
  for (const kept of state) call.push(kept === null ? 0 : kept.address + offset);
  call.push(count, ...numbers);
  return call;
}
