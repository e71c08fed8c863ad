import { readFileSync } from "node:fs";

/** The sections of docs/formulas.md: from `### Name`, which may be several names, to the next heading, by each of the names. */
export function formulas(path = "docs/formulas.md") {
  const found = new Map();
  for (const section of readFileSync(path, "utf8").split(/^(?=#{1,3} )/m)) {
    const heading = /^### (.+)\n/.exec(section);
    if (heading === null) continue;
    for (const name of heading[1].split(", ")) {
      if (found.has(name)) throw new Error(`${path}: there are two formulas of ${name}`);
      found.set(name, section.slice(heading[0].length).trim());
    }
  }
  return found;
}
