import { SPECIAL_TOKENS, tokenizeWords, Vocabulary, type VocabularyOptions } from "../../../nn/index.js";

const TEXT = "The whale and the ship.\nThe boat!\n\n  \nA whale; a WHALE...\r\nSea";

const wordsOf = (vocabulary: Vocabulary) => vocabulary.tokens.map(({ word }) => word);
const countsOf = (vocabulary: Vocabulary) =>
  Object.fromEntries(vocabulary.tokens.map(({ word, count }) => [word, count]));
const fitted = (options: VocabularyOptions = {}, text = TEXT) => new Vocabulary(options).fit(text);

describe("fit", () => {
  test("special tokens at 0, 1, 2, then words as they were first seen, with what they count", () => {
    const vocabulary = fitted();
    expect(wordsOf(vocabulary)).toEqual([...SPECIAL_TOKENS, "the", "whale", "and", "ship", "boat", "sea"]);
    // Four lines have words.
    expect(vocabulary.counts).toEqual([4, 4, 0, 3, 3, 1, 1, 1, 1]);
    expect(vocabulary.nTokens).toBe(9);
    expect(vocabulary.nWords).toBe(10);
  });

  test("several texts, arrays or from a generator", () => {
    function* lines() {
      yield "b a";
      yield "a\nc";
    }
    const options: VocabularyOptions = { tokenizer: "whitespace" };
    const expected = { "<bol>": 3, "<eol>": 3, "<unk>": 0, b: 1, a: 2, c: 1 };
    expect(countsOf(new Vocabulary(options).fit(lines()))).toEqual(expected);
    expect(countsOf(new Vocabulary(options).fit([...lines()]))).toEqual(expected);
    expect(countsOf(new Vocabulary(options).fit("b a\ra\r\nc\n"))).toEqual(expected);
  });

  test("by frequency, the first seen of equals first", () => {
    expect(wordsOf(fitted({ order: "frequency" }, "aa bb cc bb dd cc bb")).slice(3)).toEqual(["bb", "cc", "aa", "dd"]);
  });

  test("rare words count as <unk>; the special tokens stay where they are", () => {
    const vocabulary = fitted({ minCount: 2 });
    expect(wordsOf(vocabulary)).toEqual([...SPECIAL_TOKENS, "the", "whale"]);
    expect(vocabulary.counts).toEqual([4, 4, 4, 3, 3]);
    expect(vocabulary.nWords).toBe(10);
  });

  test("of more than maxTokens the rarest count as <unk>, of equals the last", () => {
    const text = "aa bb cc bb dd cc bb ee";
    const vocabulary = fitted({ maxTokens: 6 }, text);
    expect(countsOf(vocabulary)).toEqual({ "<bol>": 1, "<eol>": 1, "<unk>": 2, aa: 1, bb: 3, cc: 2 });
    expect(wordsOf(vocabulary)).toEqual([...SPECIAL_TOKENS, "aa", "bb", "cc"]);
    expect(countsOf(fitted({ maxTokens: 4 }, text))).toEqual({ "<bol>": 1, "<eol>": 1, "<unk>": 5, bb: 3 });
    expect(fitted({ maxTokens: 8 }, text).counts[2]).toBe(0);
    expect(fitted({ maxTokens: 8, minCount: 2 }, text).counts).toEqual([1, 1, 3, 3, 2]);
  });

  test("again, it forgets what it knew", () => {
    const vocabulary = fitted();
    vocabulary.fit("oil and oil");
    expect(countsOf(vocabulary)).toEqual({ "<bol>": 1, "<eol>": 1, "<unk>": 0, oil: 2, and: 1 });
    expect(vocabulary.has("whale")).toBe(false);
  });

  test("words that objects have already are words like others", () => {
    const text = "__proto__ constructor toString __proto__ hasOwnProperty valueOf";
    const vocabulary = fitted({ lowercase: false }, text);
    expect(vocabulary.count("__proto__")).toBe(2);
    expect(vocabulary.count("constructor")).toBe(1);
    expect(vocabulary.has("isPrototypeOf")).toBe(false);
    expect([...vocabulary.wordsToIndices(["__proto__", "isPrototypeOf", "valueOf"])]).toEqual([3, 2, 7]);
    expect(Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary))).tokens).toEqual(vocabulary.tokens);
  });

  test("a token spelled like a special one is that", () => {
    const options: VocabularyOptions = { tokenizer: "whitespace", filterPunctuation: false };
    const vocabulary = fitted(options, "a <unk> b <unk>");
    expect(vocabulary.counts).toEqual([1, 1, 2, 1, 1]);
    expect(fitted({ ...options, minCount: 2 }, "a a <unk> b").counts).toEqual([1, 1, 2, 2]);
  });

  test.each<[string, unknown]>([
    ["Vocabulary.fit: expected a text or an array of texts, got 3", 3],
    ["Vocabulary.fit: expected a text or an array of texts, got null", null],
    ["Vocabulary.fit: expected a text, got 3", ["a whale", 3]],
    ['Vocabulary.fit: expected a text, got ["whale"]', [["whale"]]],
    ["Vocabulary.fit: of 0 different tokens in the texts none is left; expected at least one", []],
    ["Vocabulary.fit: of 0 different tokens in the texts none is left; expected at least one", "... !"],
    ["Vocabulary.fit: of 2 different tokens in the texts none is left; expected at least one", "ahab ishmael"],
  ])("refuses, and changes nothing: %s", (message, texts) => {
    const vocabulary = fitted({ minCount: 2 });
    const before = vocabulary.toJSON();
    expect(() => vocabulary.fit(texts as string)).toThrow(message);
    expect(vocabulary.toJSON()).toEqual(before);
  });
});

describe("tokenizers", () => {
  test.each<[string, VocabularyOptions, string[]]>([
    ["words", {}, ["aye", "sir", "whaleboat", "40"]],
    [
      "words in capitals, with marks",
      { lowercase: false, filterPunctuation: false },
      ["Aye", ",", "Sir", "!", "whaleboat", "40"],
    ],
    ["words that are no stop words", { stopWords: ["SIR"] }, ["aye", "whaleboat", "40"]],
    ["whitespace", { tokenizer: "whitespace", filterPunctuation: false }, ["aye,", "sir!", "whaleboat", "40"]],
    ["characters", { tokenizer: "characters" }, [..."aye sir whaleboat 40"]],
    ["bytes", { tokenizer: "bytes" }, [..."Aye, Sir! whaleboat 40"].map((c) => String(c.charCodeAt(0)))],
    [
      "bytes of small letters, without marks",
      { tokenizer: "bytes", lowercase: true, filterPunctuation: true },
      [..."aye sir whaleboat 40"].map((c) => String(c.charCodeAt(0))),
    ],
    ["a function", { tokenizer: (line) => line.split(", ") }, ["Aye", "Sir! whaleboat 40"]],
    [
      "a function, less stop words",
      { tokenizer: (line) => new Set(line.split(" ")), stopWords: ["aye,"] },
      ["Sir!", "whaleboat", "40"],
    ],
  ])("%s", (_, options, tokens) => {
    const vocabulary = new Vocabulary(options);
    expect(vocabulary.tokenize("Aye, Sir! whaleboat 40")).toEqual(tokens);
    vocabulary.fit("Aye, Sir! whaleboat 40");
    expect(wordsOf(vocabulary).slice(3)).toEqual([...new Set(tokens)]);
    expect(vocabulary.filter(tokens)).toEqual(tokens);
  });

  test("one that gives something else than texts is refused", () => {
    const vocabulary = new Vocabulary({ tokenizer: () => ["a", 3 as never] });
    expect(() => vocabulary.fit("x")).toThrow("Vocabulary: the tokenizer gave 3; expected texts");
    expect(vocabulary.fitted).toBe(false);
  });
});

describe("look up", () => {
  const vocabulary = fitted({ minCount: 2 });

  test("words to ids and back; others are <unk>", () => {
    const ids = vocabulary.wordsToIndices(["Whale", "ahab", "the", "<eol>", "<BOL>"]);
    expect(ids).toEqual(Int32Array.of(4, 2, 3, 1, 0));
    expect(vocabulary.indicesToWords(ids)).toEqual(["whale", "<unk>", "the", "<eol>", "<bol>"]);
    expect(vocabulary.wordsToIndices([])).toEqual(new Int32Array(0));
    expect(vocabulary.indicesToWords([])).toEqual([]);
  });

  test("capitals matter where they stay", () => {
    const cased = fitted({ lowercase: false });
    expect(cased.has("WHALE")).toBe(true);
    expect(cased.has("Whale")).toBe(false);
    expect(cased.count("The")).toBe(2);
  });

  test("filter", () => {
    expect(vocabulary.filter(["The", "ahab", "whale"])).toEqual(["The", "<unk>", "whale"]);
    expect(vocabulary.filter(["The", "ahab", "whale"], { unk: false })).toEqual(["The", "whale"]);
  });

  test("counts", () => {
    expect(vocabulary.count("whale")).toBe(3);
    expect(vocabulary.count("ship")).toBe(0);
    expect(vocabulary.count("<unk>")).toBe(4);
    const { counts } = vocabulary;
    counts[3] = 99;
    expect(vocabulary.counts[3]).toBe(3);
    expect(() => {
      (vocabulary.tokens[3] as { count: number }).count = 9;
    }).toThrow(TypeError);
  });

  test("the most common words, and those with a count", () => {
    const all = fitted();
    expect(all.mostCommon(3)).toEqual([
      { word: "the", count: 3 },
      { word: "whale", count: 3 },
      { word: "and", count: 1 },
    ]);
    expect(all.mostCommon()).toHaveLength(5);
    expect(all.mostCommon(0)).toEqual([]);
    expect(all.mostCommon(100)).toHaveLength(6);
    expect(all.wordsWithCount(1)).toEqual(["and", "ship", "boat", "sea"]);
    expect(all.wordsWithCount(4)).toEqual([]);
  });

  test("before fit there is nothing to look up", () => {
    const message = "Vocabulary: it has no tokens yet; expected fit(texts) before";
    const empty = new Vocabulary();
    for (const run of [
      () => empty.tokens,
      () => empty.nTokens,
      () => empty.nWords,
      () => empty.counts,
      () => empty.has("a"),
      () => empty.count("a"),
      () => empty.filter(["a"]),
      () => empty.wordsToIndices(["a"]),
      () => empty.indicesToWords([0]),
      () => empty.mostCommon(),
      () => empty.wordsWithCount(1),
    ]) {
      expect(run).toThrow(message);
    }
    expect(empty.fitted).toBe(false);
    expect(empty.tokenize("two words")).toEqual(["two", "words"]);
  });

  test.each<[string, () => unknown]>([
    ["Vocabulary.indicesToWords: id 5 is out of range; expected 0 to 4", () => vocabulary.indicesToWords([0, 5])],
    ["Vocabulary.indicesToWords: id -1 is out of range; expected 0 to 4", () => vocabulary.indicesToWords([-1])],
    ["Vocabulary.indicesToWords: id 0.5 is out of range", () => vocabulary.indicesToWords([0.5])],
    ['Vocabulary.indicesToWords: id "length" is out of range', () => vocabulary.indicesToWords(["length" as never])],
    [
      'Vocabulary.wordsToIndices: words is "whale"; expected an array of texts',
      () => vocabulary.wordsToIndices("whale"),
    ],
    ["Vocabulary.wordsToIndices: words has 3 at 0; expected a text", () => vocabulary.wordsToIndices([3 as never])],
    ["Vocabulary.filter: words is undefined; expected an array", () => vocabulary.filter(undefined as never)],
    [
      "Vocabulary.filter: unknown option unknown; expected some of unk",
      () => vocabulary.filter([], { unknown: 1 } as never),
    ],
    ["Vocabulary.mostCommon: n is -1; expected", () => vocabulary.mostCommon(-1)],
    ["Vocabulary.wordsWithCount: count is 0.5; expected", () => vocabulary.wordsWithCount(0.5)],
    ["Vocabulary: expected a text, got 3", () => vocabulary.has(3 as never)],
  ])("refused: %s", (message, run) => {
    expect(run).toThrow(message);
  });
});

describe("JSON", () => {
  const options: VocabularyOptions[] = [
    {},
    { minCount: 2, stopWords: ["And", "The"], order: "frequency" },
    { tokenizer: "characters", lowercase: false, filterPunctuation: false },
    { tokenizer: "bytes", maxTokens: 12 },
    { tokenizer: "whitespace", filterPunctuation: false },
  ];

  test.each(options.map((o) => [JSON.stringify(o), o] as const))("%s comes back as it was", (_, o) => {
    const vocabulary = fitted(o);
    const text = JSON.stringify(vocabulary);
    const back = Vocabulary.fromJSON(JSON.parse(text));
    expect(JSON.stringify(back)).toBe(text);
    const line = "The whale, AND Ahab's ship.";
    expect(back.wordsToIndices(back.tokenize(line))).toEqual(vocabulary.wordsToIndices(vocabulary.tokenize(line)));
    // It also fits other texts in the same way.
    expect(back.fit("The sea and THE wave.\nThe sea.").tokens).toEqual(
      vocabulary.fit("The sea and THE wave.\nThe sea.").tokens,
    );
  });

  test("before fit too", () => {
    const back = Vocabulary.fromJSON(JSON.parse(JSON.stringify(new Vocabulary({ minCount: 3 }))));
    expect(back.fitted).toBe(false);
    expect(back.fit("aa aa aa bb").counts).toEqual([1, 1, 1, 3]);
  });

  test("a tokenizer that is a function has to be given again", () => {
    const tokenizer = (line: string) => tokenizeWords(line).reverse();
    const json = JSON.parse(JSON.stringify(fitted({ tokenizer })));
    expect(Vocabulary.fromJSON(json, { tokenizer }).tokenize("one two")).toEqual(["two", "one"]);
    expect(() => Vocabulary.fromJSON(json)).toThrow(
      "Vocabulary.fromJSON: the tokenizer that was saved is a function; expected options.tokenizer to be the function",
    );
    expect(() => Vocabulary.fromJSON(JSON.parse(JSON.stringify(fitted())), { tokenizer })).toThrow(
      'Vocabulary.fromJSON: the tokenizer that was saved is "words"; expected no other tokenizer',
    );
  });

  test("a copy goes its own way", () => {
    const tokenizer = (line: string) => line.split(" ");
    for (const vocabulary of [fitted(), fitted({ tokenizer })]) {
      const before = vocabulary.toJSON();
      const copy = vocabulary.copy();
      expect(copy.toJSON()).toEqual(before);
      copy.fit("quite different words");
      expect(vocabulary.toJSON()).toEqual(before);
    }
  });

  const good = JSON.stringify(fitted({}, "aa bb"));
  const changed = (change: (json: Record<string, never>) => void): unknown => {
    const json = JSON.parse(good);
    change(json);
    return json;
  };
  const withTokens = (tokens: unknown) => changed((json) => Object.assign(json, { tokens }));
  const withOptions = (o: object) => changed((json) => Object.assign(json.options!, o));
  const SPECIAL = [
    ["<bol>", 1],
    ["<eol>", 1],
    ["<unk>", 0],
  ];

  test.each<[string, unknown]>([
    ["Vocabulary.fromJSON: expected an object of options (vocabulary, options, tokens), got null", null],
    ["Vocabulary.fromJSON: expected an object of options", good],
    ["Vocabulary.fromJSON: expected an object of options", []],
    ["Vocabulary.fromJSON: vocabulary is undefined; expected version 1", {}],
    [
      "Vocabulary.fromJSON: vocabulary is 2; expected version 1",
      changed((json) => Object.assign(json, { vocabulary: 2 })),
    ],
    ["Vocabulary.fromJSON: unknown option more", changed((json) => Object.assign(json, { more: 1 }))],
    ["Vocabulary.fromJSON: unknown option __proto__", JSON.parse(good.replace("{", '{"__proto__":{},'))],
    ["Vocabulary.fromJSON: unknown option size", withOptions({ size: 3 })],
    ["Vocabulary.fromJSON: expected an object of options", changed((json) => Object.assign(json, { options: null }))],
    ['Vocabulary: tokenizer is "eval"; expected', withOptions({ tokenizer: "eval" })],
    ["Vocabulary: minCount is 0; expected", withOptions({ minCount: 0 })],
    ["Vocabulary: lowercase is 1; expected", withOptions({ lowercase: 1 })],
    ['Vocabulary: stopWords is "the"; expected an array', withOptions({ stopWords: "the" })],
    ["Vocabulary: stopWords has 3 at 0; expected a text", withOptions({ stopWords: [3] })],
    [
      "Vocabulary.fromJSON: tokens is undefined; expected",
      changed((json) => delete (json as { tokens?: unknown }).tokens),
    ],
    ["Vocabulary.fromJSON: tokens is a Object; expected", withTokens({ length: 4 })],
    ['Vocabulary.fromJSON: token 3 is "aa"; expected a word and a count', withTokens([...SPECIAL, "aa"])],
    ['Vocabulary.fromJSON: token 3 is ["aa"]; expected', withTokens([...SPECIAL, ["aa"]])],
    ['Vocabulary.fromJSON: token 3 is ["aa", 1, 2]; expected', withTokens([...SPECIAL, ["aa", 1, 2]])],
    ["Vocabulary.fromJSON: token 3 is [1, 1]; expected", withTokens([...SPECIAL, [1, 1]])],
    ['Vocabulary.fromJSON: token 3 is ["aa", -1]; expected', withTokens([...SPECIAL, ["aa", -1]])],
    ['Vocabulary.fromJSON: token 3 is ["aa", 1.5]; expected', withTokens([...SPECIAL, ["aa", 1.5]])],
    ['Vocabulary.fromJSON: token 3 is ["aa", "1"]; expected', withTokens([...SPECIAL, ["aa", "1"]])],
    ['Vocabulary.fromJSON: token 3 is ["aa", null]; expected', withTokens([...SPECIAL, ["aa", null]])],
    ['Vocabulary.fromJSON: token 4, "aa", was there before', withTokens([...SPECIAL, ["aa", 1], ["aa", 1]])],
    ['Vocabulary.fromJSON: token 3, "<unk>", was there before', withTokens([...SPECIAL, ["<unk>", 1]])],
    ['Vocabulary.fromJSON: the tokens begin with ["<bol>", "<eol>", "<unk>"]; expected', withTokens(SPECIAL)],
    ["Vocabulary.fromJSON: the tokens begin with []; expected", withTokens([])],
    [
      'Vocabulary.fromJSON: the tokens begin with ["<unk>", "<eol>", "<bol>"]; expected',
      withTokens([...SPECIAL].reverse().concat([["aa", 1]])),
    ],
  ])("refused: %s", (message, json) => {
    expect(() => Vocabulary.fromJSON(json)).toThrow(message);
  });

  test("what is refused above differs in one thing from what is not", () => {
    expect(wordsOf(Vocabulary.fromJSON(withTokens([...SPECIAL, ["aa", 1]])))).toEqual([...SPECIAL_TOKENS, "aa"]);
  });
});

test.each<[string, object]>([
  ["Vocabulary: expected an object of options", 3 as never],
  ["Vocabulary: unknown option filterStopwords; expected some of tokenizer, ", { filterStopwords: true }],
  [
    'Vocabulary: tokenizer is "letters"; expected "words" or "whitespace" or "characters" or "bytes"',
    { tokenizer: "letters" },
  ],
  ["Vocabulary: lowercase is null; expected true or false", { lowercase: null }],
  ["Vocabulary: filterPunctuation is 0; expected true or false", { filterPunctuation: 0 }],
  ["Vocabulary: minCount is 0; expected a whole number of at least 1", { minCount: 0 }],
  ["Vocabulary: minCount is NaN; expected", { minCount: Number.NaN }],
  ["Vocabulary: maxTokens is 3; expected a whole number of at least 4", { maxTokens: 3 }],
  ['Vocabulary: order is "alphabet"; expected "firstSeen" or "frequency"', { order: "alphabet" }],
  ['Vocabulary: stopWords is "the"; expected an array of texts', { stopWords: "the" }],
  ["Vocabulary: stopWords is true; expected an array of texts", { stopWords: true }],
  ["Vocabulary: stopWords with bytes as tokens; expected none", { tokenizer: "bytes", stopWords: ["the"] }],
  ["Vocabulary: stopWords with characters as tokens; expected none", { tokenizer: "characters", stopWords: [] }],
  [
    "Vocabulary: lowercase with a function as tokenizer; expected it to do that itself",
    { tokenizer: () => [], lowercase: true },
  ],
  [
    "Vocabulary: filterPunctuation with a function as tokenizer; expected it to do that itself",
    { tokenizer: () => [], filterPunctuation: true },
  ],
])("refused: %s", (message, options) => {
  expect(() => new Vocabulary(options as VocabularyOptions)).toThrow(message);
});
