import { existsSync } from "node:fs";
import { join } from "node:path";
import { registeredName, registeredNames } from "../../nn/config.js";
import "../../nn/index.js";
import { titleOf } from "./table/case.js";
import { families } from "./table/index.js";

const rows = Object.values(families).flat();

test("every registered layer has a row", () => {
  const tested = new Set(rows.map(({ layer }) => layer));
  expect(registeredNames().filter((name) => !tested.has(name))).toEqual([]);
});

test("a row is about the layer that it names", () => {
  expect(rows.map((lc) => registeredName(lc.make({})))).toEqual(rows.map(({ layer }) => layer));
});

test("no two rows have the same title", () => {
  const titles = rows.map(titleOf);
  expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([]);
});

test("every family has a test file", () => {
  const files = Object.keys(families).map((family) => join(__dirname, "table", `${family}.test.ts`));
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});
