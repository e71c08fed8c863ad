import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pool } from "../../../core/backend/pool.js";

/* Ends while a worker loads a library: node --import tsx ending.ts <folder>. See pool.test.ts. */

const folder = process.argv[2]!;
const path = (name: string) => JSON.stringify(join(folder, name));
// Stands for koffi, and takes its time.
writeFileSync(
  join(folder, "koffi.cjs"),
  `const { writeFileSync } = require("node:fs");
  exports.load = () => {
    writeFileSync(${path("begun")}, "");
    const end = performance.now() + 300;
    while (performance.now() < end);
    writeFileSync(${path("loaded")}, "");
    return { func: () => () => {} };
  };`,
);
pool.threads = 2;
pool.start({
  koffi: join(folder, "koffi.cjs"),
  library: "",
  base: 0,
  setup: { signature: "", argument: 1 },
  functions: [],
});
const sleep = new Int32Array(new SharedArrayBuffer(4));
while (!existsSync(join(folder, "begun"))) Atomics.wait(sleep, 0, 0, 5);
