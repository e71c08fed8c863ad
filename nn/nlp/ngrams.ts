import { checkCount } from "../../core/options.js";

/**
 * All runs of `n` neighbours, in order: none of fewer. Of a text, of its characters.
 * @throws ArgumentError when `n` is not a whole number of at least 1.
 */
export function ngrams<T>(sequence: Iterable<T>, n: number): T[][] {
  checkCount("ngrams", "n", n);
  const items = [...sequence];
  return Array.from({ length: Math.max(0, items.length - n + 1) }, (_, i) => items.slice(i, i + n));
}
