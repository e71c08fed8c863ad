import { isFloat } from "../../core/dtype.js";
import { RetrogradError } from "../../core/errors.js";
import { layouts } from "../functions/table/layouts.js";
import { Draw, Rejected } from "../fuzz/draw.js";
import { operations } from "../fuzz/operations/index.js";
import type { Leaf, Step } from "../fuzz/program.js";

/** A random step of the operation `op`, its operands as leaves of float64 in some layout; null where none came of the seed. */
export function drawnStep(op: string, seed: number): { step: Step; leaves: Leaf[] } | null {
  const d = new Draw(seed);
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      const choice = operations[op]!.draw(d);
      if (choice === null) continue;
      d.step(op, choice.args, choice.params);
      const step = d.program.nodes.at(-1) as Step;
      return { step, leaves: step.args.map((id) => leafOf(d, id)) };
    }
  } catch (error) {
    if (!(error instanceof Rejected || error instanceof RetrogradError || error instanceof RangeError)) throw error;
  }
  return null;
}

function leafOf(d: Draw, id: number): Leaf {
  const { shape, dtype, ...x } = d.values[id]!;
  const values = Array.from(d.values[id]!.toTypedArray());
  const layout = x.size > 0 && d.chance(0.4) ? d.integer(0, layouts.length - 1) : -1;
  return { shape, dtype: isFloat(dtype) ? "float64" : dtype, values, layout, requiresGrad: true };
}
