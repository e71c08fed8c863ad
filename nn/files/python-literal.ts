/** What a literal of Python can say: numbers, texts, True, False and None, tuples and lists, and dicts, whose keys are texts. */
export type Literal = number | string | boolean | null | readonly Literal[] | ReadonlyMap<string, Literal>;

/** What is wrong with a text. */
export class NoLiteral extends Error {}

const WORDS: readonly (readonly [word: string, value: Literal])[] = [
  ["True", true],
  ["False", false],
  ["None", null],
];
const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
/** Deeper than any header of an array is nested. */
const DEEPEST = 16;

/**
 * The value of a text that is one literal. Nothing is run: it is read character by character.
 * @throws NoLiteral for anything else, for a dict with a key twice, and for deep nesting.
 */
export function parseLiteral(text: string): Literal {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  value(depth: number): Literal {
    this.skip(/\s*/y);
    const next = this.text[this.at];
    if (next === undefined) throw new NoLiteral("it ends where a value should be");
    if (next === '"' || next === "'") return this.quoted();
    if (next in CLOSING) {
      if (depth === DEEPEST) throw new NoLiteral(`it is nested more than ${DEEPEST} deep`);
      return next === "{" ? this.dict(depth + 1) : this.list(depth + 1);
    }
    const word = WORDS.find(([name]) => this.text.startsWith(name, this.at));
    if (word === undefined) return this.integer();
    this.at += word[0].length;
    return word[1];
  }

  end(): void {
    this.skip(/\s*/y);
    if (this.at < this.text.length) throw this.unexpected("nothing more");
  }

  private quoted(): string {
    const quote = this.text[this.at]!;
    const end = this.text.indexOf(quote, this.at + 1);
    if (end < 0) throw new NoLiteral("a quote is not closed");
    const inside = this.text.slice(this.at + 1, end);
    if (inside.includes("\\")) throw new NoLiteral("a quoted text has a backslash");
    this.at = end + 1;
    return inside;
  }

  /** An integer; Python 2 wrote an L behind large ones. */
  private integer(): number {
    const digits = this.skip(/-?\d+/y);
    if (digits === "") throw this.unexpected("a value");
    this.skip(/L/y);
    return Number(digits);
  }

  private list(depth: number): readonly Literal[] {
    const items: Literal[] = [];
    this.items(() => items.push(this.value(depth)));
    return items;
  }

  private dict(depth: number): ReadonlyMap<string, Literal> {
    const entries = new Map<string, Literal>();
    this.items(() => {
      const key = this.value(depth);
      if (typeof key !== "string") throw new NoLiteral("a key of a dict is no text");
      if (entries.has(key)) throw new NoLiteral(`the key '${key}' is there twice`);
      this.skip(/\s*/y);
      if (this.skip(/:/y) === "") throw this.unexpected("a colon");
      entries.set(key, this.value(depth));
    });
    return entries;
  }

  /** What is between brackets, with commas between and perhaps one behind. */
  private items(read: () => void): void {
    const closing = CLOSING[this.text[this.at]!]!;
    this.at++;
    for (let first = true; ; first = false) {
      this.skip(/\s*/y);
      if (this.text[this.at] === closing) break;
      if (!first && this.skip(/,\s*/y) === "") throw this.unexpected(`a comma or ${closing}`);
      if (this.text[this.at] === closing) break;
      read();
    }
    this.at++;
  }

  /** Goes on behind what matches here, and gives it. */
  private skip(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const [match] = pattern.exec(this.text) ?? [""];
    this.at += match.length;
    return match;
  }

  private unexpected(expected: string): NoLiteral {
    const here = this.text.slice(this.at, this.at + 20);
    return new NoLiteral(`${here === "" ? "it ends" : `there is ${JSON.stringify(here)}`}; expected ${expected}`);
  }
}
