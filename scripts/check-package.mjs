// Packs what `npm run build` made, installs the tarball into an empty project, and uses every export there,
// as ES modules and with require.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "retrograd-"));
const run = (command, args, cwd = folder) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

const program = `
  const x = variable([[1, 2], [3, 4]]);
  const model = new nn.Sequential(new nn.FullyConnected({ nOut: 3, actFn: "tanh" }));
  const y = F.sum(F.mul(model.forward(x.mul(x)), 2));
  y.backward();
  new optim.SGD(model.parameters(), { lr: 0.1 }).step();
  if (x.grad.shape.join() !== "2,2" || !(x instanceof Variable)) throw new Error("wrong gradient");
  if (!graph(y).toDot().startsWith("digraph")) throw new Error("no graph");
  for (const draw of [() => graph(y).toSvg(), () => plots.lineChart({ loss: [2, 1] })]) {
    draw().then(
      () => { throw new Error("an optional package is there"); },
      (error) => { if (!(error instanceof MissingPackageError)) throw error; },
    );
  }
`;

try {
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", folder], process.cwd()));
  const stray = packed.files.map((f) => f.path).filter((p) => !/^(dist\/|package\.json$|README\.md$|LICENSE$)/.test(p));
  if (stray.length > 0) throw new Error(`the package holds what it should not: ${stray.join(", ")}`);
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  run("npm", ["install", "--no-audit", "--no-fund", resolve(folder, packed.filename)]);
  writeFileSync(
    join(folder, "program.mjs"),
    `import { graph, MissingPackageError, variable, Variable } from "retrograd";
     import * as F from "retrograd/functions";
     import * as nn from "retrograd/nn";
     import * as optim from "retrograd/optim";
     import * as plots from "retrograd/plots";
     ${program}`,
  );
  writeFileSync(
    join(folder, "program.cjs"),
    `const { graph, MissingPackageError, variable, Variable } = require("retrograd");
     const F = require("retrograd/functions");
     const nn = require("retrograd/nn");
     const optim = require("retrograd/optim");
     const plots = require("retrograd/plots");
     ${program}`,
  );
  run("node", ["program.mjs"]);
  run("node", ["program.cjs"]);
  checkTypes();
  console.log(
    `package: ${packed.files.length} files, ${packed.size} bytes; works as ES modules, with require, and with its types`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Compiles a program against the package's declarations, in both module systems, without skipping library checks. */
function checkTypes() {
  const tsc = resolve("node_modules/typescript/bin/tsc");
  const source = readFileSync(join(folder, "program.mjs"), "utf8").replace("x.grad.shape", "x.grad!.shape");
  for (const file of ["types.mts", "types.cts"]) {
    writeFileSync(join(folder, file), source);
    run("node", [tsc, "--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022", file]);
  }
}
