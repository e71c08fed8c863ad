import katex from "katex";
import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";
import { registeredNames } from "../../nn/config.js";
import { readPage } from "./markdown.js";

/*
 * docs/formulas.md has the formula of everything that has a name in configs; the site shows each on the page of its class,
 * which is made of the class's docstring and source.
 */

const sections = new Map<string, string>();
for (const section of readPage("docs/formulas.md").text.split(/^(?=#{1,3} )/m)) {
  const heading = /^### (.+)\n/.exec(section);
  for (const name of heading === null ? [] : heading[1]!.split(", ")) sections.set(name, section);
}

/** The names of the exported classes that extend `base`, bases aside. */
function classesOf(space: Readonly<Record<string, unknown>>, base: unknown, bases: readonly string[]): string[] {
  const extendsBase = (value: unknown) =>
    typeof value === "function" && value.prototype instanceof (base as () => void);
  return Object.keys(space).filter((name) => extendsBase(space[name]) && !bases.includes(name));
}

const named: Record<string, string[]> = {
  layer: registeredNames(),
  loss: classesOf(nn, nn.Loss, []),
  optimizer: optim.registeredOptimizers(),
  schedule: classesOf(optim, optim.Scheduler, []),
};

describe.each(Object.keys(named))("every %s has a formula", (kind) => {
  test.each(named[kind]!)("%s", (name) => {
    expect(sections.get(name)).toContain("```math\n");
  });
});

test("layers that are exported are registered, so that none is left out", () => {
  expect(classesOf(nn, nn.Layer, ["ActivationLayer"]).filter((name) => !named.layer!.includes(name))).toEqual([]);
});

test("every formula is of something that there is", () => {
  expect([...sections.keys()].filter((name) => !(name in nn) && !(name in optim))).toEqual([]);
});

test("every formula can be set", () => {
  const broken: string[] = [];
  for (const [name, section] of sections) {
    const formulas = [...section.matchAll(/```math\n([\s\S]*?)```|\$`(.*?)`\$/g)].map(
      ([, block, inline]) => block ?? inline!,
    );
    for (const formula of formulas) {
      try {
        katex.renderToString(formula, { displayMode: true, throwOnError: true, strict: "error" });
      } catch (error) {
        broken.push(`${name}: ${(error as Error).message}`);
      }
    }
  }
  expect(broken).toEqual([]);
});
