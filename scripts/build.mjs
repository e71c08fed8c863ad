// Makes dist/: declarations and CommonJS by the compiler, and ES modules in a few chunks by esbuild, since opening a hundred
// files one after another is most of what a cold start takes. `npm run build`.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const tsc = fileURLToPath(import.meta.resolve("typescript/bin/tsc"));
/** What tsover's code calls: an ES module of 5 KB, which goes into the package so that `require` finds it too. */
const tsoverRuntime = fileURLToPath(import.meta.resolve("tsover-runtime"));
const compile = (...options) =>
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json", ...options], { stdio: "inherit" });

/** What the classes of a module are called. */
const classNames = (code) =>
  [...code.matchAll(/^\s*(?:export |default |abstract )*(?:var (\w+) = )?class\b(?: (?!extends\b)(\w+))?/gm)].flatMap(
    ([, assigned, own]) => own ?? assigned ?? [],
  );

/** `code` with the names that its classes have in the sources: one that names itself is `var X = class _X` in a bundle. */
const withOwnNames = (code) =>
  [...code.matchAll(/^var (\w+) = class (_\1)\b/gm)].reduce(
    (text, [, own, inner]) => text.replaceAll(new RegExp(`(?<![\\w.$])${inner}(?![\\w$])`, "g"), own),
    code,
  );

rmSync("dist", { recursive: true, force: true });

compile("--module", "commonjs", "--outDir", "dist/cjs");
await build({
  entryPoints: ["operators/index.ts"],
  outfile: "dist/cjs/operators/index.js",
  bundle: true,
  external: ["../core/*", "../functions/*"],
  format: "cjs",
  platform: "node",
  target: "node20",
  logLevel: "warning",
});
// The compiler makes require() of import(), which cannot load ES modules before Node 20.19. Observable Plot is one.
await build({
  entryPoints: ["plots/drawing.ts"],
  outfile: "dist/cjs/plots/drawing.js",
  format: "cjs",
  platform: "node",
  target: "node20",
  logLevel: "warning",
});
// Each build says for itself what its .js files are.
writeFileSync("dist/cjs/package.json", '{ "type": "commonjs" }\n');

compile("--module", "esnext", "--emitDeclarationOnly", "--outDir", "dist/esm");
// Bundlers leave text as it is, and the program of the pool's workers is text.
const smallWorker = {
  name: "small worker",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]pool-worker\.ts$/ }, async ({ path }) => {
      const { outputFiles } = await build({ entryPoints: [path], bundle: true, format: "esm", write: false });
      const { POOL_WORKER, ...others } = await import(
        `data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`
      );
      if (Object.keys(others).length > 0) throw new Error(`build: ${path} exports more than the worker's program`);
      const { code } = await transform(POOL_WORKER, { minify: true });
      return { contents: `export const POOL_WORKER = ${JSON.stringify(code)};` };
    });
  },
};
const { outputFiles, metafile } = await build({
  entryPoints: ["index", "functions/index", "nn/index", "operators/index", "optim/index", "plots/index"].map(
    (name) => `${name}.ts`,
  ),
  outbase: ".",
  outdir: "dist/esm",
  chunkNames: "chunks/[hash]",
  bundle: true,
  // What is optional stays an import.
  packages: "external",
  alias: { "tsover-runtime": tsoverRuntime },
  plugins: [smallWorker],
  splitting: true,
  format: "esm",
  platform: "neutral",
  target: "es2022",
  // esbuild's keepNames would define the name of each class anew, and V8 then makes their objects in its runtime: an operation on
  // ten numbers takes twice as long.
  write: false,
  metafile: true,
  logLevel: "warning",
});
// Whoever gets Variable gets its methods with it: bundlers drop files whose exports nobody asks for.
for (const { inputs } of Object.values(metafile.outputs)) {
  const missing = ["functions/methods.ts", "core/backward.ts"].filter((file) => !(file in inputs));
  if ("core/variable.ts" in inputs && missing.length > 0) {
    throw new Error(`build: Variable is in another chunk than ${missing.join(" and ")}; every entry must import it`);
  }
}
const ownNames = new Set(
  readdirSync("dist/cjs", { recursive: true })
    .filter((file) => file.endsWith(".js"))
    .flatMap((file) => classNames(readFileSync(join("dist/cjs", file), "utf8"))),
);
for (const { path, text: bundled } of outputFiles) {
  const text = withOwnNames(bundled);
  const renamed = classNames(text).find((name) => !ownNames.has(name));
  if (renamed !== undefined) {
    throw new Error(`build: two classes share a name, and the bundle calls one ${renamed}; messages would show that`);
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
// Bundlers go by the package.json that is nearest. The entries that are not named here only hand on what chunks hold; the others
// register classes by name, or give Variable its methods and operators.
const sideEffects = ["./chunks/*.js", "./nn/index.js", "./operators/index.js", "./optim/index.js"];
writeFileSync("dist/esm/package.json", `${JSON.stringify({ type: "module", sideEffects })}\n`);
for (const kind of ["cjs", "esm"]) {
  copyFileSync(join(dirname(tsoverRuntime), "../LICENSE"), `dist/${kind}/operators/tsover-runtime.LICENSE`);
}
