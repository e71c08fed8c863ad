import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The graphs in a folder, by their names. */
export function graphsIn(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith(".svg"));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}
