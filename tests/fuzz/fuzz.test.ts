import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as functions from "../../functions/index.js";
import { compare } from "./compare.js";
import type { CorpusEntry } from "./corpus.js";
import { generate } from "./generate.js";
import { inMode, modes } from "./modes.js";
import { LEFT_OUT, operations } from "./operations/index.js";
import { execute, isLeaf } from "./program.js";

const corpus = JSON.parse(readFileSync(join(__dirname, "corpus.json"), "utf8")) as CorpusEntry[];

test("every function of the library is in random programs, or says why not", () => {
  const drawn = new Set(Object.values(operations).flatMap((operation) => operation.functions));
  const exported = Object.entries(functions).flatMap(([name, f]) => (typeof f === "function" ? [name] : []));
  expect(exported.filter((name) => !drawn.has(name) && !(name in LEFT_OUT))).toEqual([]);
  expect([...drawn, ...Object.keys(LEFT_OUT)].filter((name) => !exported.includes(name))).toEqual([]);
});

/** Its table has too many numbers for a file. */
const TOO_LARGE = ["getItemLarge"];

test("every operation is in the corpus", () => {
  const used = new Set(
    corpus.flatMap(({ program }) => program.nodes.flatMap((node) => (isLeaf(node) ? [] : [node.op]))),
  );
  expect(Object.keys(operations).filter((name) => !used.has(name) && !TOO_LARGE.includes(name))).toEqual([]);
});

test("a seed makes one and the same program", () => {
  expect(generate(12)).toEqual(generate(12));
  expect(generate(12)).not.toEqual(generate(13));
});

describe.each(modes)("the corpus, computed by %s", (mode) => {
  test("has PyTorch's values, first and second gradients", () => {
    let compared = 0;
    let skipped = 0;
    const differences = corpus.flatMap(({ program, answer }, i) => {
      const comparison = compare(
        program,
        inMode(mode, () => execute(program)),
        answer,
      );
      compared += comparison.compared;
      skipped += comparison.skipped;
      return comparison.differences.map((difference) => `program ${i}: ${difference}`);
    });
    expect(differences).toEqual([]);
    expect(skipped).toBeLessThan(compared / 50);
  });
});
