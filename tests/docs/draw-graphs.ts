import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { graphsIn } from "./graphs.js";
import { pages, ROOT } from "./markdown.js";
import { programs, sourceOf } from "./program.js";
import { runPrograms } from "./run.js";

/*
 * Draws the graphs of the guides anew, which are what the blocks above them save: `npm run docs:graphs`. The tests say when they
 * are not what the blocks save.
 */

const drawing = pages()
  .flatMap(({ fences }) => programs(fences))
  .filter((program) => program.runs && sourceOf(program).includes('"graphs/'));

runPrograms(drawing, (outcomes, folder) => {
  for (const [name, { error }] of outcomes) if (error !== null) throw new Error(`${name}: ${error}`);
  const target = join(ROOT, "docs/graphs");
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  const graphs = Object.entries(graphsIn(join(folder, "graphs")));
  for (const [name, svg] of graphs) writeFileSync(join(target, name), svg);
  console.log(`${graphs.length} graphs in docs/graphs`);
});
