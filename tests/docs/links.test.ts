import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";
import { anchor, pages, ROOT, readPage } from "./markdown.js";

const all = pages();

test("every link within the repository leads to a file, and to a heading of it", () => {
  const broken: string[] = [];
  for (const { path, links } of all) {
    for (const { line, href } of links) {
      if (/^[a-z]+:/.test(href)) continue;
      const [file, heading] = href.split("#") as [string, string | undefined];
      const target = file === "" ? path : normalize(join(dirname(path), file));
      const there = existsSync(join(ROOT, target));
      const found = heading === undefined || (there && readPage(target).headings.map(anchor).includes(heading));
      if (!there || !found) broken.push(`${path}:${line}: ${href}`);
    }
  }
  expect(broken).toEqual([]);
});

test("every `F.name`, `nn.name` and `optim.name` of the pages is exported", () => {
  const spaces: Record<string, object> = { F, nn, optim };
  const missing: string[] = [];
  for (const { path, inlineCode } of all) {
    for (const { line, code } of inlineCode) {
      for (const [, space, name] of code.matchAll(/(?<![\w.])(F|nn|optim)\.([A-Za-z]\w*)/g)) {
        if (!(name! in spaces[space!]!)) missing.push(`${path}:${line}: ${space}.${name}`);
      }
    }
  }
  expect(missing).toEqual([]);
});
