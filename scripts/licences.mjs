// Checks the licence of every package in package-lock.json, those of other platforms too. `npm run licences`.
// A licence that is not among those below, or none, ends it with an error.
import { readFileSync } from "node:fs";
import satisfies from "spdx-satisfies";

/** What a package may ask for that only builds, tests or documents retrograd, or that its users install themselves. */
const ALLOWED = [
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC-BY-3.0",
  "CC-BY-4.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MPL-2.0",
  "Python-2.0",
  "Unlicense",
];

const [file = "package-lock.json"] = process.argv.slice(2);
const counts = new Map();
const wrong = [];
for (const [path, { license, link, version }] of Object.entries(JSON.parse(readFileSync(file, "utf8")).packages)) {
  if (path === "" || link) continue;
  if (allows(license)) counts.set(license, (counts.get(license) ?? 0) + 1);
  else wrong.push(`${path.replace(/^.*node_modules\//, "")} ${version}: ${license ?? "no licence"}`);
}

const sorted = [...counts].sort(([, a], [, b]) => b - a);
console.log(sorted.map(([license, count]) => `${String(count).padStart(5)}  ${license}`).join("\n"));
if (wrong.length > 0) {
  console.error(`not among the licences that scripts/licences.mjs allows:\n  ${wrong.join("\n  ")}`);
  process.exitCode = 1;
}

function allows(license) {
  try {
    return satisfies(license, ALLOWED);
  } catch {
    return false;
  }
}
