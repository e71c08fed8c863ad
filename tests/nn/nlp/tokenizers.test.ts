import {
  bytesToChars,
  ngrams,
  removeStopWords,
  stripPunctuation,
  tokenizeBytesRaw,
  tokenizeChars,
  tokenizeWhitespace,
  tokenizeWords,
  tokenizeWordsBytes,
} from "../../../nn/index.js";

const LINE = "Call me Ishmael. Some years ago--never mind how long precisely--I went; don't ask!";

describe("tokenizeWords", () => {
  test("small letters, no punctuation, no words of one letter", () => {
    expect(tokenizeWords(LINE)).toEqual(
      "call me ishmael some years ago never mind how long precisely went don ask".split(" "),
    );
  });

  test("capitals stay", () => {
    expect(tokenizeWords("Call Me", { lowercase: false })).toEqual(["Call", "Me"]);
  });

  test("punctuation stays, each mark a token, and then short words do too", () => {
    expect(tokenizeWords("Ho! I don't; \u201cno\u201d -- 5 %", { filterPunctuation: false })).toEqual([
      "ho",
      "!",
      "i",
      "don",
      "'",
      "t",
      ";",
      "\u201c",
      "no",
      "\u201d",
      "-",
      "-",
      "5",
      "%",
    ]);
  });

  test("a least length, in characters", () => {
    expect(tokenizeWords("I am 𝒜 ab", { minLength: 1 })).toEqual(["i", "am", "𝒜", "ab"]);
    expect(tokenizeWords("I am 𝒜 abc 𝒜𝒜𝒜", { minLength: 3 })).toEqual(["abc", "𝒜𝒜𝒜"]);
    expect(tokenizeWords("I am, abc", { minLength: 2, filterPunctuation: false })).toEqual(["am", "abc"]);
  });

  test("letters of any script, with their marks, digits and underscores", () => {
    const words = ["übergröße", "кит", "クジラ", "नमस्ते", "cafe\u0301", "snake_case", "x1"];
    expect(tokenizeWords(words.join(", "))).toEqual(words);
  });

  test("stop words are left out, in capitals or not", () => {
    expect(tokenizeWords("The whale AND the Ship", { stopWords: ["THE", "and"] })).toEqual(["whale", "ship"]);
    expect(tokenizeWords("The whale", { stopWords: new Set(["the"]), lowercase: false })).toEqual(["whale"]);
  });

  test("nothing gives nothing", () => {
    expect(tokenizeWords("")).toEqual([]);
    expect(tokenizeWords(" ... ")).toEqual([]);
  });
});

describe("tokenizeWhitespace", () => {
  test("pieces without their punctuation", () => {
    expect(tokenizeWhitespace("  The whale-boat,\tand -- the\n(ship)!  ")).toEqual([
      "the",
      "whaleboat",
      "and",
      "the",
      "ship",
    ]);
  });

  test("pieces as they are", () => {
    const options = { lowercase: false, filterPunctuation: false };
    expect(tokenizeWhitespace("The <unk>\u00a0whale-boat, -- a", options)).toEqual([
      "The",
      "<unk>",
      "whale-boat,",
      "--",
      "a",
    ]);
  });

  test("stop words are left out after punctuation", () => {
    expect(tokenizeWhitespace("the whale, the. ship", { stopWords: ["the"] })).toEqual(["whale", "ship"]);
  });
});

test("tokenizeChars: code points, with white space", () => {
  expect(tokenizeChars("Aye, é𝒜!\n")).toEqual(["a", "y", "e", " ", "é", "𝒜", "\n"]);
  expect(tokenizeChars("A 🐳!", { lowercase: false, filterPunctuation: false })).toEqual(["A", " ", "🐳", "!"]);
});

describe("bytes", () => {
  test("of a text, and back", () => {
    expect(tokenizeBytesRaw("Aé")).toEqual(["65", "195", "169"]);
    const text = "\ufeffCall me 🐳\u0000\n";
    expect(bytesToChars(tokenizeBytesRaw(text))).toBe(text);
    expect(bytesToChars(new TextEncoder().encode(text))).toBe(text);
    expect(bytesToChars([])).toBe("");
  });

  test("of each word, and back", () => {
    const words = tokenizeWordsBytes("The ship, été", { stopWords: ["the"] });
    expect(words).toEqual(["115 104 105 112", "195 169 116 195 169"]);
    expect(words.map((word) => bytesToChars([word]))).toEqual(["ship", "été"]);
  });

  test("that are no UTF-8", () => {
    expect(bytesToChars([65, 255, 66])).toBe("A\ufffdB");
  });

  test.each<[string, (string | number)[]]>([
    ["256", [256]],
    ["-1", [-1]],
    ["1.5", [1.5]],
    ["NaN", [Number.NaN]],
    ['"x"', ["x"]],
    ['""', [""]],
    ['"1e1"', ["1e1"]],
    ['"300"', ["65 300"]],
  ])("%s is no byte", (text, bytes) => {
    expect(() => bytesToChars(bytes)).toThrow(`bytesToChars: ${text} is no byte; expected 0 to 255`);
  });
});

test("stripPunctuation: marks and symbols of any script", () => {
  expect(stripPunctuation("a!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~b «c» ¿d? e—f „g“ 。")).toBe("ab c d ef g ");
});

test("removeStopWords keeps the words as they are", () => {
  expect(removeStopWords(["The", "Whale", "the"], ["the"])).toEqual(["Whale"]);
  expect(removeStopWords(["a", "b"], [])).toEqual(["a", "b"]);
  function* words() {
    yield "b";
  }
  expect(removeStopWords(new Set(["a", "b"]), words())).toEqual(["a"]);
});

describe("ngrams", () => {
  test("runs of neighbours", () => {
    expect(ngrams([1, 2, 3, 4], 2)).toEqual([
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    expect(ngrams(["a", "b"], 1)).toEqual([["a"], ["b"]]);
    expect(ngrams("a🐳c", 3)).toEqual([["a", "🐳", "c"]]);
    expect(ngrams(new Set([1, 2]), 2)).toEqual([[1, 2]]);
  });

  test("of fewer there are none", () => {
    expect(ngrams([1, 2], 3)).toEqual([]);
    expect(ngrams([], 1)).toEqual([]);
  });

  test.each([0, -1, 1.5, Number.NaN, "2" as never])("%s is no length", (n) => {
    expect(() => ngrams([1], n)).toThrow(/^ngrams: n is .*; expected a whole number of at least 1/);
  });
});

test.each<[string, () => unknown]>([
  ["tokenizeWords: expected a text, got 3", () => tokenizeWords(3 as never)],
  ["tokenizeWords: expected a text, got null", () => tokenizeWords(null as never)],
  ['tokenizeWords: expected a text, got ["a"]', () => tokenizeWords(["a"] as never)],
  ["tokenizeWords: unknown option lowerCase; expected", () => tokenizeWords("", { lowerCase: true } as never)],
  ["tokenizeWords: lowercase is 1; expected true or false", () => tokenizeWords("", { lowercase: 1 as never })],
  ["tokenizeWords: minLength is 0; expected", () => tokenizeWords("", { minLength: 0 })],
  [
    "tokenizeWhitespace: filterPunctuation is null; expected true or false",
    () => tokenizeWhitespace("", { filterPunctuation: null as never }),
  ],
  ["tokenizeWhitespace: unknown option minLength", () => tokenizeWhitespace("", { minLength: 1 } as never)],
  ["tokenizeChars: unknown option stopWords", () => tokenizeChars("", { stopWords: [] } as never)],
  ["tokenizeChars: expected a text, got undefined", () => tokenizeChars(undefined as never)],
  ["tokenizeBytesRaw: expected a text, got 3", () => tokenizeBytesRaw(3 as never)],
  ['removeStopWords: stopWords is "the"; expected an array of texts', () => removeStopWords(["a"], "the")],
  ["removeStopWords: words is null; expected an array of texts", () => removeStopWords(null as never, ["the"])],
  ["removeStopWords: stopWords has 3 at 1; expected a text", () => removeStopWords(["a"], ["the", 3 as never])],
  [
    "tokenizeWords: stopWords is true; expected an array of texts",
    () => tokenizeWords("a b", { stopWords: true as never }),
  ],
])("refused: %s", (message, run) => {
  expect(run).toThrow(message);
});
