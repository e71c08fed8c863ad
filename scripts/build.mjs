// Makes dist/: declarations and CommonJS by the compiler, and ES modules in a few chunks by esbuild, since opening a hundred
// files one after another is most of what a cold start takes. `npm run build`.
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { build } from "esbuild";

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const compile = (...options) =>
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json", ...options], { stdio: "inherit" });

rmSync("dist", { recursive: true, force: true });

compile("--module", "commonjs", "--outDir", "dist/cjs");
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
await build({
  entryPoints: ["index.ts", "functions/index.ts", "nn/index.ts", "optim/index.ts", "plots/index.ts"],
  outbase: ".",
  outdir: "dist/esm",
  chunkNames: "chunks/[hash]",
  bundle: true,
  // What is optional stays an import.
  packages: "external",
  splitting: true,
  format: "esm",
  platform: "neutral",
  target: "es2022",
  // Messages name functions and layers by their classes.
  keepNames: true,
  logLevel: "warning",
});
writeFileSync("dist/esm/package.json", '{ "type": "module" }\n');
