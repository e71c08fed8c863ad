import { ArgumentError } from "../../core/errors.js";
import { checkCount, checkFlag, checkOptions, describe } from "../../core/options.js";
import { checkText, listOfTexts } from "./texts.js";

/** Options of the tokenizers. */
export interface TokenizerOptions {
  /** Whether capitals become small letters: true unless given. */
  lowercase?: boolean;
  /** Whether punctuation marks and symbols are left out: true unless given. */
  filterPunctuation?: boolean;
  /** Words that are left out, in capitals or not; none unless given. */
  stopWords?: Iterable<string> | null;
}

/** Options of `tokenizeWords`. */
export interface WordTokenizerOptions extends TokenizerOptions {
  /** Words of fewer characters are left out: 2 unless given, or 1 where punctuation stays, as in the reference. */
  minLength?: number;
}

const KNOWN = ["lowercase", "filterPunctuation", "stopWords"];

// Letters with the marks on them, digits and the underscore, in any script.
const WORDS = /[\p{L}\p{M}\p{N}_]+/gu;
const WORDS_AND_MARKS = /[\p{L}\p{M}\p{N}_]+|[^\p{L}\p{M}\p{N}_\s]/gu;
const PUNCTUATION = /[\p{P}\p{S}]/gu;

/**
 * The words of a text: runs of letters, digits and underscores, so that "don't" is "don" and, when short words stay, "t". With
 * `filterPunctuation: false` every punctuation mark is a token too.
 * @throws ArgumentError for anything but text, and options that are unknown or out of range.
 */
export function tokenizeWords(text: string, options: WordTokenizerOptions = {}): string[] {
  checkTokenizer("tokenizeWords", text, options, [...KNOWN, "minLength"]);
  const { lowercase = true, filterPunctuation = true, stopWords = null } = options;
  const { minLength = filterPunctuation ? 2 : 1 } = options;
  checkCount("tokenizeWords", "minLength", minLength);
  const tokens = (lowercase ? text.toLowerCase() : text).match(filterPunctuation ? WORDS : WORDS_AND_MARKS) ?? [];
  const long = minLength === 1 ? [...tokens] : tokens.filter((token) => hasLength(token, minLength));
  return stopWords === null ? long : without(long, stopWordSet("tokenizeWords", stopWords));
}

/**
 * What stands between white space. With `filterPunctuation` each piece is without its punctuation, "whale-boat," is "whaleboat",
 * and one that was nothing else is left out.
 * @throws ArgumentError for anything but text, and options that are unknown or out of range.
 */
export function tokenizeWhitespace(text: string, options: TokenizerOptions = {}): string[] {
  checkTokenizer("tokenizeWhitespace", text, options, KNOWN);
  const { lowercase = true, filterPunctuation = true, stopWords = null } = options;
  const pieces = (lowercase ? text.toLowerCase() : text).split(/\s+/u);
  const words = (filterPunctuation ? pieces.map(stripPunctuation) : pieces).filter((word) => word !== "");
  return stopWords === null ? words : without(words, stopWordSet("tokenizeWhitespace", stopWords));
}

/**
 * The characters of a text, in the sense of Unicode's code points: an emoji is one. White space stays as it is.
 * @throws ArgumentError for anything but text, and options that are unknown or out of range.
 */
export function tokenizeChars(text: string, options: Omit<TokenizerOptions, "stopWords"> = {}): string[] {
  checkTokenizer("tokenizeChars", text, options, ["lowercase", "filterPunctuation"]);
  const { lowercase = true, filterPunctuation = true } = options;
  const cased = lowercase ? text.toLowerCase() : text;
  return [...(filterPunctuation ? stripPunctuation(cased) : cased)];
}

/**
 * The bytes of a text in UTF-8, as tokens "0" to "255". `bytesToChars` is the way back.
 * @throws ArgumentError for anything but text.
 */
export function tokenizeBytesRaw(text: string): string[] {
  checkText("tokenizeBytesRaw", text);
  return Array.from(new TextEncoder().encode(text), String);
}

/**
 * The words of a text, each as the bytes of its UTF-8 with spaces between: "ship" is "115 104 105 112".
 * @throws ArgumentError as `tokenizeWords`.
 */
export function tokenizeWordsBytes(text: string, options: WordTokenizerOptions = {}): string[] {
  return tokenizeWords(text, options).map((word) => tokenizeBytesRaw(word).join(" "));
}

/**
 * The text that bytes are the UTF-8 of; bytes that are none become U+FFFD. They come as tokens of `tokenizeBytesRaw` or of
 * `tokenizeWordsBytes`, or as numbers.
 * @throws ArgumentError for anything that is no byte.
 */
export function bytesToChars(bytes: Iterable<string | number>): string {
  const parts = [...bytes].flatMap((part): (string | number)[] =>
    typeof part === "string" ? part.split(" ") : [part],
  );
  const values = parts.map((part) => {
    const value = typeof part === "string" && /^\d+$/.test(part) ? Number(part) : part;
    if (Number.isInteger(value) && (value as number) >= 0 && (value as number) < 256) return value as number;
    throw new ArgumentError(`bytesToChars: ${describe(part)} is no byte; expected 0 to 255`);
  });
  // Without `ignoreBOM` a byte order mark at the start of a text would be lost.
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(values));
}

/** A text without its punctuation marks and symbols, of any script. */
export function stripPunctuation(text: string): string {
  return text.replace(PUNCTUATION, "");
}

/**
 * The words that are not among `stopWords`, which are compared in small letters.
 * @throws ArgumentError when one of them is not an iterable of texts.
 */
export function removeStopWords(words: Iterable<string>, stopWords: Iterable<string>): string[] {
  return without(listOfTexts("removeStopWords", "words", words), stopWordSet("removeStopWords", stopWords));
}

/** Sets that `stopWordSet` has made: they are in small letters already. */
const made = new WeakSet<ReadonlySet<string>>();

/**
 * @internal Stop words in small letters; made once for many texts.
 * @throws ArgumentError, which names `operation`, when they are not an iterable of texts.
 */
export function stopWordSet(operation: string, stopWords: Iterable<string>): ReadonlySet<string> {
  if (made.has(stopWords as Set<string>)) return stopWords as Set<string>;
  const words = listOfTexts(operation, "stopWords", stopWords);
  const set = new Set(words.map((word) => word.toLowerCase()));
  made.add(set);
  return set;
}

function without(words: readonly string[], stopWords: ReadonlySet<string>): string[] {
  return words.filter((word) => !stopWords.has(word.toLowerCase()));
}

function hasLength(word: string, least: number): boolean {
  // Code units are at least as many as code points, and at most twice.
  return word.length >= 2 * least || (word.length >= least && [...word].length >= least);
}

function checkTokenizer(operation: string, text: unknown, options: object, known: readonly string[]): void {
  checkText(operation, text);
  checkOptions(operation, options, known);
  const { lowercase = true, filterPunctuation = true } = options as TokenizerOptions;
  checkFlag(operation, "lowercase", lowercase);
  checkFlag(operation, "filterPunctuation", filterPunctuation);
}
