// Packs what `npm run build` made, installs the tarball into an empty project, and uses every export there: as ES modules, with
// require, with its types, in bundles, and under other versions of Node.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { checkBundlers } from "./check-package/bundlers.mjs";
import { checkNodeVersions } from "./check-package/node-versions.mjs";
import { typed, verdict, withImport, withRequire } from "./check-package/program.mjs";

const PROGRAMS = { "program.mjs": withImport, "program.cjs": withRequire };

const folder = mkdtempSync(join(tmpdir(), "retrograd-"));
const run = (command, args, options) =>
  execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], ...options });

try {
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: process.cwd() }));
  const stray = packed.files
    .map((f) => f.path)
    .filter((p) => !/^(dist\/|package\.json$|README\.md$|CHANGELOG\.md$|LICENSE$)/.test(p));
  if (stray.length > 0) throw new Error(`the package holds what it should not: ${stray.join(", ")}`);
  console.log(`package: ${packed.files.length} files, ${packed.size} bytes`);
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  run("npm", ["install", "--no-audit", "--no-fund", resolve(folder, packed.filename)]);
  for (const [file, text] of Object.entries(PROGRAMS)) {
    writeFileSync(join(folder, file), text);
    console.log(verdict(`Node ${process.version}, ${file}`, run("node", [file])));
  }
  checkTypes();
  await checkBundlers(run, folder);
  checkNodeVersions(run, Object.keys(PROGRAMS));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Compiles a program against the package's declarations, in both module systems, without skipping library checks. */
function checkTypes() {
  const tsc = resolve("node_modules/typescript/bin/tsc");
  for (const file of ["types.mts", "types.cts"]) {
    writeFileSync(join(folder, file), typed);
    run("node", [tsc, "--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022", file]);
  }
  console.log("types: work as ES modules and with require");
}
