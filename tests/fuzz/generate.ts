import { isFloat } from "../../core/dtype.js";
import { RetrogradError } from "../../core/errors.js";
import { Draw, Rejected } from "./draw.js";
import { operations } from "./operations/index.js";
import { isLeaf, type Program } from "./program.js";

const names = Object.keys(operations);

/** A random program of 3 to 12 steps; the same for the same seed. */
export function generate(seed: number): Program {
  const d = new Draw(seed);
  const wanted = d.integer(3, 12);
  for (let attempt = 0; attempt < 8 * wanted && d.steps < wanted; attempt++) {
    const name = d.pick(names);
    try {
      const choice = operations[name]!.draw(d);
      if (choice !== null) d.step(name, choice.args, choice.params);
    } catch (error) {
      // What the library refuses, and what lies near a kink, is no program. Anything else is a bug.
      if (!(error instanceof Rejected || error instanceof RetrogradError || error instanceof RangeError)) throw error;
    }
  }
  d.program.roots = roots(d);
  return d.program;
}

/** Values that gradients start from: some of those that nothing uses, so that others stay unused, and some others. */
function roots(d: Draw): number[] {
  const used = new Set(d.program.nodes.flatMap((node) => (isLeaf(node) ? [] : node.args)));
  const floats = d.values.flatMap((x, id) => (isFloat(x.dtype) ? [id] : []));
  const ends = floats.filter((id) => !used.has(id));
  const some = [...ends.filter(() => d.chance(0.8)), ...floats.filter(() => d.chance(0.1))];
  const chosen = [...new Set(some)];
  return chosen.length > 0 ? chosen : floats.slice(-1);
}
