import { range, runParts } from "../parallel.js";
import type { KernelModule } from "./kernel-module.js";

/**
 * Calls the function `name` of `module` for `parts` ranges that make up 0 ... units - 1, each but the last of a length divisible by
 * `step`. `part` gives the numbers for the range from ... to - 1, which is the `index`-th. `repeatable` is that of `runParts`.
 */
export function share(
  module: KernelModule,
  name: string,
  units: number,
  parts: number,
  step: number,
  repeatable: boolean,
  part: (from: number, to: number, index: number) => number[],
): void {
  if (parts === 1) {
    module.functions[name]!(...part(0, units, 0));
    return;
  }
  const rows: number[][] = [];
  for (let i = 0; i < parts; i++) {
    const [from, to] = range(units, parts, i, step);
    if (from < to) rows.push(part(from, to, i));
  }
  runParts(module, name, rows, repeatable);
}
