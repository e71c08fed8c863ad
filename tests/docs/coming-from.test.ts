import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";
import { registeredNames } from "../../nn/config.js";
import { readPage } from "./markdown.js";

/* Whoever looks for a name of another library must find it in docs/coming-from.md, so everything that there is has a row there. */

const page = readPage("docs/coming-from.md");
const code = new Set(page.inlineCode.map(({ code }) => code));
const sections = page.text.split(/^## /m);
const section = (name: string) => sections.find((text) => text.startsWith(name))!;

test("every layer, module, wrapper, model and activation", () => {
  expect(registeredNames().filter((name) => !code.has(name))).toEqual([]);
});

test("every loss", () => {
  expect(subclasses(nn, nn.Loss).filter((name) => !section("Losses").includes(`\`${name}\``))).toEqual([]);
});

test("every optimizer", () => {
  expect(optim.registeredOptimizers().filter((name) => !section("Optimizers").includes(`\`${name}\``))).toEqual([]);
});

test("every schedule", () => {
  expect(subclasses(optim, optim.Scheduler).filter((name) => !section("Schedules").includes(`\`${name}\``))).toEqual(
    [],
  );
});

test("every function", () => {
  const functions = Object.keys(F).filter((name) => /^[a-z]/.test(name));
  expect(functions.filter((name) => !code.has(`F.${name}`))).toEqual([]);
});

/** The names of the exported classes that extend `base`. */
function subclasses(space: Readonly<Record<string, unknown>>, base: { readonly prototype: object }): string[] {
  const extendsBase = (value: unknown) =>
    typeof value === "function" && Object.prototype.isPrototypeOf.call(base.prototype, value.prototype ?? {});
  return Object.keys(space).filter((name) => extendsBase(space[name]));
}
