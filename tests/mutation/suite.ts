import { readdirSync } from "node:fs";
import { join } from "node:path";
// Which mutant is active is in process.env, which must be read before a test of this module makes up another process.
import "../../core/platform.js";

/*
 * The tests of core and functions as one file: Stryker runs jest once for each mutant, and modules that are loaded once
 * instead of once for each file make that two seconds instead of a minute. Only files that have tests of this run are loaded.
 */

declare global {
  /** The names of the tests this run is for, if not all; see `environment.cjs`. */
  var testNames: string | undefined;
}

const TESTS = join(__dirname, "..");
/** These take long and find what others find: programs that run in a process of their own, and long random walks. */
const LEFT_OUT = /browser-like|weak\.test|properties\/(?:adjoint|heap|version)/;
/** What of core its users test: reading names with arguments, catalogues of named things, rows of gradients, files that are whole. */
const USERS = ["nn/spec", "nn/activations", "optim/resolve", "optim/rows", "nn/files/safetensors"];

const folders = ["core", "functions", "core/backend", "properties"].flatMap((folder) =>
  readdirSync(join(TESTS, folder)).flatMap((name) => (name.endsWith(".test.ts") ? [`${folder}/${name}`] : [])),
);

/** What finds most in the shortest time comes first: mutants of what is computed when modules are loaded run all tests until one fails. */
const FIRST = ["functions/golden.test.ts", "errors.test.ts", "functions/table.test.ts"];

for (const file of new Set([...FIRST, ...USERS.map((name) => `${name}.test.ts`), ...folders])) {
  if (LEFT_OUT.test(file) || (globalThis.testNames !== undefined && !globalThis.testNames.includes(file))) continue;
  describe(file, () => {
    require(join(TESTS, file));
  });
}
