import type { Vocabulary } from "./vocabulary.js";
import { SPECIAL_TOKENS } from "./vocabulary-json.js";

/** How often each word occurs, by id: the special tokens do not. */
export function wordCounts({ counts }: Vocabulary): Float64Array {
  return Float64Array.from(counts, (count, id) => (id < SPECIAL_TOKENS.length ? 0 : count));
}

/** The probability of each token, by id, when a word has one in proportion to `count ** power`, and a special token 0. */
export function noiseProbabilities(vocabulary: Vocabulary, power: number): Float64Array {
  const counts = wordCounts(vocabulary);
  const most = counts.reduce((a, b) => Math.max(a, b));
  // Of shares, so that no power is too large for a number.
  const weights = counts.map((count) => (count === 0 ? 0 : (count / most) ** power));
  const total = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / total);
}

/** The probability with which each token stays when words are passed over for being frequent: see `Word2VecOptions.subsample`. */
export function keepProbabilities(vocabulary: Vocabulary, subsample: number): Float64Array {
  const counts = wordCounts(vocabulary);
  const total = counts.reduce((a, b) => a + b);
  return counts.map((count) => (count === 0 ? 0 : Math.min(1, Math.sqrt((subsample * total) / count))));
}
