import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/*
 * What SECURITY.md promises of the package: it needs no other at run time, nothing of it runs when it is installed, and its sources
 * make no code of text, apart from the places named here, whose text is in the sources.
 */

const ROOT = join(__dirname, "..");
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Record<
  string,
  Record<string, unknown>
>;

test("the package requires no other", () => {
  expect(manifest).not.toHaveProperty("dependencies");
  expect(manifest).not.toHaveProperty("bundleDependencies");
  expect(manifest).not.toHaveProperty("bundledDependencies");
  const optional = manifest.peerDependenciesMeta as Record<string, { optional?: boolean }>;
  expect(Object.keys(manifest.peerDependencies!).filter((name) => optional[name]?.optional !== true)).toEqual([]);
});

test("nothing runs when the package is installed", () => {
  const hooks = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];
  expect(Object.keys(manifest.scripts!).filter((name) => hooks.includes(name))).toEqual([]);
  // npm builds a package that has this file, without any script that says so.
  expect(readdirSync(ROOT)).not.toContain("binding.gyp");
});

/** The places where text becomes code, each with the text, by file. */
const KNOWN: Record<string, string[]> = {
  "core/weak.ts": ['new vm.Script("0")', "script.runInContext(context)"],
  "core/heap.ts": ['vm.runInNewContext("gc")'],
  // The code of the pool's workers is a constant in core/backend/pool-worker.ts; the package is koffi, by its name.
  "core/platform.ts": [
    "new threads.Worker(code, { eval: true, workerData, transferList: [port2] })",
    "new Worker(url)",
    "require(path)",
  ],
};

const TEXT_TO_CODE =
  /^(?:eval|execScript|runInContext|runInNewContext|runInThisContext|compileFunction|importScripts)$/;
const MADE_OF_TEXT = /^(?:Function|AsyncFunction|GeneratorFunction|Script|SourceTextModule|Worker|SharedWorker)$/;
const TIMERS = /^(?:setTimeout|setInterval|setImmediate)$/;

test("text becomes code nowhere but in the places that are known", () => {
  const found: Record<string, string[]> = {};
  for (const path of sources()) {
    const places = textToCode(path, readFileSync(join(ROOT, path), "utf8"));
    if (places.length > 0) found[path] = places;
  }
  expect(found).toEqual(KNOWN);
});

test("what makes code of text is noticed", () => {
  const lines = [
    "eval(text)",
    "(0, eval)(text)",
    "globalThis.eval(text)",
    "new Function(text)",
    "Function(text)",
    "globalThis.Function(text)",
    'setTimeout("text")',
    "import(name)",
    "require(name)",
    "x.constructor.constructor(text)",
  ];
  expect(lines.filter((line) => textToCode("a.ts", line).length !== 1)).toEqual([]);
  const harmless = [
    'import { Function } from "./function.js";',
    "new Function();",
    "model.eval();",
    "setTimeout(f, 1);",
    'import("x");',
  ];
  expect(textToCode("a.ts", harmless.join("\n"))).toEqual([]);
});

/** The calls in a source that make code of text or load code by a name that is computed. */
function textToCode(path: string, source: string): string[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.ES2022, true);
  const places: string[] = [];
  // The class of that name, not the global function.
  const ownFunction = /import \{[^}]*\bFunction\b[^}]*\} from|export abstract class Function\b/.test(source);
  const visit = (node: ts.Node): void => {
    if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && makesCode(node, ownFunction))
      places.push(node.getText());
    ts.forEachChild(node, visit);
  };
  visit(file);
  return places;
}

function makesCode(node: ts.CallExpression | ts.NewExpression, ownFunction: boolean): boolean {
  const { expression } = node;
  const first = node.arguments?.[0];
  const literal = first !== undefined && ts.isStringLiteralLike(first);
  if (expression.kind === ts.SyntaxKind.ImportKeyword) return !literal;
  const text = expression.getText();
  if (text === "require") return !literal;
  if (/\.constructor$/.test(text)) return true;
  // `(0, eval)`, and members of an object: the last name says it.
  const name = /(\w+)\W*$/.exec(text)?.[1] ?? "";
  if (name === "eval") return ts.isIdentifier(expression) || !/\w\.eval$/.test(text) || text.startsWith("globalThis");
  if (name === "Function" && ownFunction && text === "Function") return false;
  if (TIMERS.test(name)) return literal;
  return TEXT_TO_CODE.test(name) || MADE_OF_TEXT.test(name);
}

/** The files that the package is built of, but for the kernels, which are no JavaScript. */
function sources(): string[] {
  const folders = ["core", "functions", "nn", "optim", "plots"];
  const inFolders = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
  );
  const ours = inFolders.filter((path) => path.endsWith(".ts") && !/wasm\/(assembly\/|module\.ts$)/.test(path));
  return ["index.ts", ...ours].sort();
}
