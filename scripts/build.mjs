// Compiles the library twice, as ES modules and as CommonJS, into dist/: `npm run build`.
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

rmSync("dist", { recursive: true, force: true });
for (const [folder, module, type] of [
  ["esm", "esnext", "module"],
  ["cjs", "commonjs", "commonjs"],
]) {
  const out = `dist/${folder}`;
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--module", module, "--outDir", out], {
    stdio: "inherit",
  });
  // Each build says for itself what its .js files are.
  writeFileSync(`${out}/package.json`, `${JSON.stringify({ type })}\n`);
}
