import { ArgumentError } from "../../core/errors.js";
import { checkOptions, describe } from "../../core/options.js";
import type { Json } from "../../core/spec.js";

/** A Vocabulary as JSON has it. */
export interface VocabularyJSON {
  readonly vocabulary: 1;
  readonly options: { readonly [key: string]: Json };
  /** Every token with its count, in the order of their ids, or null before `fit`. */
  readonly tokens: readonly (readonly [word: string, count: number])[] | null;
}

/** The beginning of a line, its end, and what is not in the vocabulary, with the ids 0, 1 and 2. */
export const SPECIAL_TOKENS = ["<bol>", "<eol>", "<unk>"] as const;
/** The names of the options of a Vocabulary. */
export const VOCABULARY_OPTIONS = [
  "tokenizer",
  "lowercase",
  "filterPunctuation",
  "stopWords",
  "minCount",
  "maxTokens",
  "order",
];

/**
 * What `toJSON` made.
 * @throws ArgumentError for anything that it cannot have made; the options are only checked for their names.
 */
export function readVocabulary(json: unknown): VocabularyJSON {
  const refuse = (what: string): never => {
    throw new ArgumentError(`Vocabulary.fromJSON: ${what}`);
  };
  checkOptions("Vocabulary.fromJSON", json, ["vocabulary", "options", "tokens"]);
  const given = json as Record<keyof VocabularyJSON, unknown>;
  if (given.vocabulary !== 1) refuse(`vocabulary is ${describe(given.vocabulary)}; expected version 1`);
  checkOptions("Vocabulary.fromJSON", given.options, VOCABULARY_OPTIONS);
  const { tokens } = given;
  if (tokens === null) return given as unknown as VocabularyJSON;
  if (!Array.isArray(tokens)) return refuse(`tokens is ${describe(tokens)}; expected null or [word, count] pairs`);
  const seen = new Set<string>();
  for (const [id, token] of tokens.entries()) {
    const [word, count] = Array.isArray(token) && token.length === 2 ? (token as [unknown, unknown]) : [];
    if (typeof word !== "string" || !Number.isSafeInteger(count) || (count as number) < 0) {
      refuse(`token ${id} is ${describe(token)}; expected a word and a count`);
    }
    if (seen.has(word as string)) refuse(`token ${id}, ${describe(word)}, was there before; expected each once`);
    seen.add(word as string);
  }
  const special = tokens.slice(0, SPECIAL_TOKENS.length).map(([word]) => word as string);
  if (special.join() !== SPECIAL_TOKENS.join() || tokens.length === special.length) {
    refuse(`the tokens begin with ${describe(special)}; expected ${describe([...SPECIAL_TOKENS])} and words`);
  }
  return given as unknown as VocabularyJSON;
}
