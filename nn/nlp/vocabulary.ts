import { ArgumentError, GraphError, IndexError } from "../../core/errors.js";
import { checkChoice, checkCount, checkFlag, checkOptions, describe } from "../../core/options.js";
import { checkText, linesOf, listOfTexts } from "./texts.js";
import {
  removeStopWords,
  stopWordSet,
  stripPunctuation,
  tokenizeBytesRaw,
  tokenizeChars,
  tokenizeWhitespace,
  tokenizeWords,
} from "./tokenizers.js";
import { readVocabulary, SPECIAL_TOKENS, VOCABULARY_OPTIONS, type VocabularyJSON } from "./vocabulary-json.js";

const TOKENIZERS = ["words", "whitespace", "characters", "bytes"] as const;
const ORDERS = ["firstSeen", "frequency"] as const;

/** What makes tokens of a line: one of those by name, or a function. */
export type Tokenizer = (typeof TOKENIZERS)[number] | ((line: string) => Iterable<string>);

/** Options of `Vocabulary`. */
export interface VocabularyOptions {
  /** `"words"` unless given. A function is given each line as it is, and decides itself about capitals and punctuation. */
  tokenizer?: Tokenizer;
  /** Whether capitals become small letters: true unless given, but false for bytes. */
  lowercase?: boolean;
  /** Whether punctuation is left out: true unless given, but false for bytes. */
  filterPunctuation?: boolean;
  /** Words that are left out altogether, in capitals or not; none unless given. For words only. */
  stopWords?: Iterable<string> | null;
  /** Tokens that occur less often count as `<unk>`; null, for none, unless given. */
  minCount?: number | null;
  /** Of more tokens than that, the special ones included, the rarest and among those the last seen count as `<unk>`; null, for no limit, unless given. */
  maxTokens?: number | null;
  /** By what tokens are numbered: where they were first seen, or how often they occur, the most frequent first. `"firstSeen"` unless given. */
  order?: (typeof ORDERS)[number];
}

/** A token and how often it occurs. */
export interface Token {
  readonly word: string;
  readonly count: number;
}

const [BOL, EOL, UNK] = [0, 1, 2];

/**
 * The tokens of a corpus, numbered from 0: first `<bol>`, `<eol>` and `<unk>`, then the others. `<bol>` and `<eol>` count the lines
 * that have tokens, and `<unk>` all that was dropped for `minCount` and `maxTokens`. In PyTorch: torchtext's `vocab`.
 */
export class Vocabulary {
  private readonly tokenizer: Tokenizer;
  private readonly lowercase: boolean;
  private readonly filterPunctuation: boolean;
  private readonly stopWords: ReadonlySet<string> | null;
  private readonly minCount: number | null;
  private readonly maxTokens: number | null;
  private readonly order: (typeof ORDERS)[number];
  private entries: readonly Token[] | null = null;
  private ids: ReadonlyMap<string, number> = new Map();

  /** @throws ArgumentError for options that are unknown, out of range or do not go with the tokenizer. */
  constructor(options: VocabularyOptions = {}) {
    checkOptions("Vocabulary", options, VOCABULARY_OPTIONS);
    const { tokenizer = "words", stopWords = null, minCount = null, maxTokens = null, order = "firstSeen" } = options;
    if (typeof tokenizer !== "function") checkChoice("Vocabulary", "tokenizer", tokenizer, TOKENIZERS);
    const asItIs = typeof tokenizer === "function" || tokenizer === "bytes";
    const { lowercase = !asItIs, filterPunctuation = !asItIs } = options;
    checkFlag("Vocabulary", "lowercase", lowercase);
    checkFlag("Vocabulary", "filterPunctuation", filterPunctuation);
    if (typeof tokenizer === "function" && (lowercase || filterPunctuation)) {
      const option = lowercase ? "lowercase" : "filterPunctuation";
      throw new ArgumentError(`Vocabulary: ${option} with a function as tokenizer; expected it to do that itself`);
    }
    if (stopWords !== null && (tokenizer === "characters" || tokenizer === "bytes")) {
      throw new ArgumentError(`Vocabulary: stopWords with ${tokenizer} as tokens; expected none`);
    }
    if (minCount !== null) checkCount("Vocabulary", "minCount", minCount);
    if (maxTokens !== null) checkCount("Vocabulary", "maxTokens", maxTokens, SPECIAL_TOKENS.length + 1);
    checkChoice("Vocabulary", "order", order, ORDERS);
    this.tokenizer = tokenizer;
    this.lowercase = lowercase;
    this.filterPunctuation = filterPunctuation;
    this.stopWords = stopWords === null ? null : stopWordSet("Vocabulary", stopWords);
    this.minCount = minCount;
    this.maxTokens = maxTokens;
    this.order = order;
  }

  /**
   * Takes the tokens of a text or of several, which may come from a generator, in place of those it had.
   * @throws ArgumentError for what is no text, and when no token is left; then nothing has changed.
   */
  fit(texts: string | Iterable<string>): this {
    const counts = new Map<string, number>(SPECIAL_TOKENS.map((word) => [word, 0]));
    const add = (word: string) => counts.set(word, (counts.get(word) ?? 0) + 1);
    for (const line of linesOf("Vocabulary.fit", texts)) {
      const tokens = this.tokenize(line);
      for (const token of tokens) add(token);
      if (tokens.length === 0) continue;
      add(SPECIAL_TOKENS[BOL]!);
      add(SPECIAL_TOKENS[EOL]!);
    }
    const [special, words] = split(Array.from(counts, ([word, count]) => ({ word, count })));
    const kept = this.kept(words);
    if (kept.length === 0) {
      throw new ArgumentError(
        `Vocabulary.fit: of ${words.length} different tokens in the texts none is left; expected at least one`,
      );
    }
    const dropped = total(words) - total(kept);
    special[UNK] = { word: SPECIAL_TOKENS[UNK]!, count: special[UNK]!.count + dropped };
    this.take([...special, ...kept]);
    return this;
  }

  /** Whether `fit` has given it its tokens. */
  get fitted(): boolean {
    return this.entries !== null;
  }

  /** Number of tokens, the special ones included. */
  get nTokens(): number {
    return this.tokens.length;
  }

  /** Number of words in the corpus it was fitted to, those that count as `<unk>` included. */
  get nWords(): number {
    return total(this.tokens) - this.tokens[BOL]!.count - this.tokens[EOL]!.count;
  }

  /**
   * All tokens in the order of their ids.
   * @throws GraphError before `fit`, as everything that needs them.
   */
  get tokens(): readonly Token[] {
    if (this.entries !== null) return this.entries;
    throw unfitted();
  }

  /** How often each token occurs, by id. */
  get counts(): number[] {
    return this.tokens.map(({ count }) => count);
  }

  /** Whether `word` has an id of its own. */
  has(word: string): boolean {
    return this.idOf(word) !== undefined;
  }

  /** How often `word` occurs: 0 when it has no id of its own. */
  count(word: string): number {
    const id = this.idOf(word);
    return id === undefined ? 0 : this.tokens[id]!.count;
  }

  /**
   * The tokens of a text, in the vocabulary or not, without `<bol>` and `<eol>`.
   * @throws ArgumentError for anything but text, and when a tokenizer that is a function gives something else.
   */
  tokenize(text: string): string[] {
    const { tokenizer, lowercase, filterPunctuation, stopWords } = this;
    if (tokenizer === "words") return tokenizeWords(text, { lowercase, filterPunctuation, stopWords });
    if (tokenizer === "whitespace") return tokenizeWhitespace(text, { lowercase, filterPunctuation, stopWords });
    if (tokenizer === "characters") return tokenizeChars(text, { lowercase, filterPunctuation });
    if (tokenizer === "bytes") {
      const cased = lowercase ? text.toLowerCase() : text;
      return tokenizeBytesRaw(filterPunctuation ? stripPunctuation(cased) : cased);
    }
    const tokens: unknown[] = [...tokenizer(text)];
    const wrong = tokens.findIndex((token) => typeof token !== "string");
    if (wrong >= 0) {
      throw new ArgumentError(`Vocabulary: the tokenizer gave ${describe(tokens[wrong])}; expected texts`);
    }
    return stopWords === null ? (tokens as string[]) : removeStopWords(tokens as string[], stopWords);
  }

  /**
   * The words with `<unk>` in place of those that are not in the vocabulary, or with `unk: false` without those.
   * @throws ArgumentError for anything but texts.
   */
  filter(words: Iterable<string>, options: { unk?: boolean } = {}): string[] {
    checkOptions("Vocabulary.filter", options, ["unk"]);
    const { unk = true } = options;
    checkFlag("Vocabulary.filter", "unk", unk);
    const list = listOfTexts("Vocabulary.filter", "words", words);
    return unk
      ? list.map((word) => (this.has(word) ? word : SPECIAL_TOKENS[UNK]!))
      : list.filter((word) => this.has(word));
  }

  /**
   * The ids of words: that of `<unk>` for those that are not in the vocabulary.
   * @throws ArgumentError for anything but texts.
   */
  wordsToIndices(words: Iterable<string>): Int32Array {
    return Int32Array.from(listOfTexts("Vocabulary.wordsToIndices", "words", words), (word) => this.idOf(word) ?? UNK);
  }

  /**
   * The words of ids.
   * @throws IndexError for an id that there is not.
   */
  indicesToWords(ids: Iterable<number>): string[] {
    const { tokens } = this;
    return Array.from(ids, (id) => {
      const token = Number.isInteger(id) ? tokens[id] : undefined;
      if (token !== undefined) return token.word;
      throw new IndexError(
        `Vocabulary.indicesToWords: id ${describe(id)} is out of range; expected 0 to ${tokens.length - 1}`,
      );
    });
  }

  /**
   * The `n` tokens that occur most often, without the special ones: the first seen of equals first.
   * @throws ArgumentError when `n` is not a whole number of at least 0.
   */
  mostCommon(n = 5): Token[] {
    checkCount("Vocabulary.mostCommon", "n", n, 0);
    return byFrequency(this.tokens.slice(SPECIAL_TOKENS.length)).slice(0, n);
  }

  /**
   * The words that occur exactly `count` times.
   * @throws ArgumentError when `count` is not a whole number of at least 0.
   */
  wordsWithCount(count: number): string[] {
    checkCount("Vocabulary.wordsWithCount", "count", count, 0);
    const words = this.tokens.slice(SPECIAL_TOKENS.length);
    return words.filter((token) => token.count === count).map(({ word }) => word);
  }

  /** Another Vocabulary of the same options and tokens. */
  copy(): Vocabulary {
    const { tokenizer } = this;
    return Vocabulary.fromJSON(this.toJSON(), typeof tokenizer === "function" ? { tokenizer } : {});
  }

  /** All that makes it again, as `JSON.stringify` asks for it. A tokenizer that is a function becomes null. */
  toJSON(): VocabularyJSON {
    const { tokenizer, lowercase, filterPunctuation, stopWords, minCount, maxTokens, order } = this;
    return {
      vocabulary: 1,
      options: {
        tokenizer: typeof tokenizer === "function" ? null : tokenizer,
        lowercase,
        filterPunctuation,
        stopWords: stopWords === null ? null : [...stopWords],
        minCount,
        maxTokens,
        order,
      },
      tokens: this.entries?.map(({ word, count }) => [word, count] as const) ?? null,
    };
  }

  /**
   * The Vocabulary that was saved: `Vocabulary.fromJSON(JSON.parse(text))`. One whose tokenizer is a function needs that again.
   * @throws ArgumentError for anything that `toJSON` cannot have made.
   */
  static fromJSON(json: unknown, options: { tokenizer?: (line: string) => Iterable<string> } = {}): Vocabulary {
    checkOptions("Vocabulary.fromJSON", options, ["tokenizer"]);
    const { tokenizer } = options;
    const given = readVocabulary(json);
    const isFunction = given.options.tokenizer === null;
    if (isFunction !== (typeof tokenizer === "function")) {
      const expected = isFunction ? "options.tokenizer to be the function" : "no other tokenizer";
      throw new ArgumentError(
        `Vocabulary.fromJSON: the tokenizer that was saved is ${isFunction ? "a function" : describe(given.options.tokenizer)}; expected ${expected}`,
      );
    }
    const made = new Vocabulary({ ...given.options, ...(isFunction ? { tokenizer } : {}) } as VocabularyOptions);
    if (given.tokens !== null) made.take(given.tokens.map(([word, count]) => ({ word, count })));
    return made;
  }

  private idOf(word: string): number | undefined {
    if (this.entries === null) throw unfitted();
    checkText("Vocabulary", word);
    return this.ids.get(this.lowercase ? word.toLowerCase() : word);
  }

  /** Of the words in the order in which they were first seen, those that get an id, in the order of their ids. */
  private kept(words: readonly Token[]): readonly Token[] {
    const { minCount, maxTokens } = this;
    let kept = minCount === null ? words : words.filter(({ count }) => count >= minCount);
    if (maxTokens !== null && kept.length > maxTokens - SPECIAL_TOKENS.length) {
      const frequent = new Set(byFrequency(kept).slice(0, maxTokens - SPECIAL_TOKENS.length));
      kept = kept.filter((token) => frequent.has(token));
    }
    return this.order === "frequency" ? byFrequency(kept) : kept;
  }

  private take(tokens: readonly Token[]): void {
    this.ids = new Map(tokens.map(({ word }, id) => [word, id]));
    this.entries = Object.freeze(tokens.map((token) => Object.freeze(token)));
  }
}

function unfitted(): GraphError {
  return new GraphError("Vocabulary: it has no tokens yet; expected fit(texts) before");
}

function split(tokens: Token[]): [special: Token[], words: Token[]] {
  return [tokens.slice(0, SPECIAL_TOKENS.length), tokens.slice(SPECIAL_TOKENS.length)];
}

function byFrequency(tokens: readonly Token[]): Token[] {
  return [...tokens].sort((a, b) => b.count - a.count);
}

function total(tokens: readonly Token[]): number {
  return tokens.reduce((sum, { count }) => sum + count, 0);
}
