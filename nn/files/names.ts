import { ArgumentError, FileError } from "../../core/errors.js";
import { describe } from "../../core/options.js";
import { shown } from "./shown.js";

/**
 * Checks an option `names`.
 * @throws ArgumentError when it is no list of texts.
 */
export function checkNames(operation: string, names: unknown): asserts names is readonly string[] | null {
  if (names === null || (Array.isArray(names) && names.every((name) => typeof name === "string"))) return;
  throw new ArgumentError(`${operation}: names is ${describe(names)}; expected a list of texts`);
}

/**
 * The names that were asked for, each once.
 * @throws FileError when the file does not have one.
 */
export function chosen(file: string, names: readonly string[], there: readonly string[]): string[] {
  const known = new Set(there);
  const missing = names.filter((name) => !known.has(name));
  if (missing.length === 0) return [...new Set(names)];
  throw new FileError(`${file}: there is no array ${missing.map(shown).join(", ")}; expected some of ${shown(there)}`);
}
