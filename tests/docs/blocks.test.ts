import { join } from "node:path";
import { graphsIn } from "./graphs.js";
import { pages, ROOT } from "./markdown.js";
import { instrumented, matches } from "./outputs.js";
import { placeOf, programs } from "./program.js";
import { type Outcome, runPrograms } from "./run.js";
import { typeErrors } from "./typecheck.js";

const all = pages().flatMap(({ fences }) => programs(fences));

test("there are blocks to look at", () => {
  expect(all.length).toBeGreaterThan(20);
  expect(all.filter(({ runs }) => runs).length).toBeGreaterThan(all.length / 2);
});

test("every block of TypeScript compiles", () => {
  expect(typeErrors(all.filter(({ checked }) => checked))).toEqual([]);
});

describe("every block runs, and prints what the page says", () => {
  const running = all.filter(({ runs }) => runs);
  let outcomes: ReadonlyMap<string, Outcome>;
  let graphs: Record<string, string>;

  beforeAll(() => {
    runPrograms(running, (found, folder) => {
      outcomes = found;
      graphs = graphsIn(join(folder, "graphs"));
    });
  });

  test("the graphs are those that the blocks save (npm run docs:graphs draws them)", () => {
    expect(graphsIn(join(ROOT, "docs/graphs"))).toEqual(graphs);
  });

  test.each(running.map((program) => [placeOf(program, 0), program] as const))("%s", (_, program) => {
    const { error, printed } = outcomes.get(program.name)!;
    if (error !== null) throw new Error(`${placeOf(program, 0)}: ${error}`);
    for (const { line, text } of instrumented(program).expected) {
      const last = printed.findLast((entry) => entry.line === line);
      const wrong = `${placeOf(program, line)} says that this is printed: ${text}\nPrinted was: ${last?.text ?? "nothing"}`;
      if (last === undefined || !matches(last.text, text)) throw new Error(wrong);
    }
  });
});
