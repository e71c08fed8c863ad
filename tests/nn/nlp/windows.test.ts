import { seed } from "../../../core/index.js";
import { Vocabulary } from "../../../nn/index.js";
import { keepProbabilities, noiseProbabilities, wordCounts } from "../../../nn/nlp/frequencies.js";
import { cosine, mostSimilarRows } from "../../../nn/nlp/similarity.js";
import { type Corpus, encodeLines, subsample, windows } from "../../../nn/nlp/windows.js";

beforeEach(() => seed(71));

/** Lines of ids of which no two are equal, so that a window tells where it was. */
const LINES = [
  [10, 11, 12, 13, 14, 15],
  [20, 21],
  [30, 31, 32],
];
const CORPUS: Corpus = { ids: Int32Array.from(LINES.flat()), ends: Int32Array.of(6, 8, 11) };

/** What lies at most `radius` from a word in its line. */
function around(word: number, radius: number): number[] {
  const line = LINES.find((ids) => ids.includes(word))!;
  const at = line.indexOf(word);
  return line.filter((_, i) => i !== at && Math.abs(i - at) <= radius);
}

test("encodeLines keeps the known words of lines that have two", () => {
  const vocabulary = new Vocabulary({ minCount: 2 }).fit("the ship\nthe sea the ship");
  const lines = ["the ship sails the sea", "the sea", "", "SHIP, the <eol>"];
  const { ids, ends } = encodeLines(lines, vocabulary);
  expect(vocabulary.indicesToWords(ids)).toEqual(["the", "ship", "the", "ship", "the"]);
  expect([...ends]).toEqual([3, 5]);
});

describe("windows", () => {
  test("every word once, in random order, with what is near it in its line", () => {
    for (const contextLen of [1, 2, 5]) {
      const seen = [...windows(CORPUS, contextLen)];
      expect(seen.map(({ word }) => word).sort()).toEqual([...CORPUS.ids]);
      for (const { word, context } of seen) {
        const choices = Array.from({ length: contextLen }, (_, i) => around(word, i + 1));
        expect(choices).toContainEqual([...context]);
      }
    }
    const order = () => [...windows(CORPUS, 1)].map(({ word }) => word);
    const first = order();
    expect(order()).not.toEqual(first);
    seed(71);
    const again = order();
    seed(71);
    expect(order()).toEqual(again);
  });

  test("the radius is 1 to contextLen, each as often", () => {
    const counts = new Map<number, number>();
    const rounds = 6000;
    for (let i = 0; i < rounds; i++) {
      for (const { word, context } of windows({ ids: Int32Array.of(1, 2, 3, 4, 5, 6, 7), ends: Int32Array.of(7) }, 3)) {
        if (word === 4) counts.set(context.length / 2, (counts.get(context.length / 2) ?? 0) + 1);
      }
    }
    expect([...counts.keys()].sort()).toEqual([1, 2, 3]);
    // Five standard deviations of a binomial number.
    for (const count of counts.values())
      expect(Math.abs(count - rounds / 3)).toBeLessThan(5 * Math.sqrt((rounds * 2) / 9));
  });
});

describe("subsample", () => {
  test("words stay by their probability, in their lines, and single ones do not", () => {
    const keep = new Float64Array(40).fill(1);
    keep[12] = 0;
    keep[20] = 0;
    expect(subsample(CORPUS, keep)).toEqual({
      ids: Int32Array.of(10, 11, 13, 14, 15, 30, 31, 32),
      ends: Int32Array.of(5, 8),
    });
    expect(subsample(CORPUS, new Float64Array(40))).toEqual({ ids: new Int32Array(0), ends: new Int32Array(0) });
  });

  test("as often as that says", () => {
    const ids = new Int32Array(20_000);
    ids.fill(1, 10_000);
    const kept = subsample({ ids, ends: Int32Array.of(ids.length) }, Float64Array.of(0.3, 0.9)).ids;
    const ones = kept.reduce((a, b) => a + b, 0);
    expect(Math.abs(ones - 9000)).toBeLessThan(5 * 30);
    expect(Math.abs(kept.length - ones - 3000)).toBeLessThan(5 * 46);
  });
});

describe("frequencies", () => {
  const vocabulary = new Vocabulary({ maxTokens: 6 }).fit(`${"aa ".repeat(16)} ${"bb ".repeat(81)} cc dd`);

  test("the special tokens count nothing", () => {
    expect([...wordCounts(vocabulary)]).toEqual([0, 0, 0, 16, 81, 1]);
  });

  test("noise by counts to a power", () => {
    const expected = [0, 0, 0, 8 / 36, 27 / 36, 1 / 36];
    noiseProbabilities(vocabulary, 0.75).forEach((p, i) => {
      expect(p).toBeCloseTo(expected[i]!, 14);
    });
    expect([...noiseProbabilities(vocabulary, 0)]).toEqual([0, 0, 0, 1 / 3, 1 / 3, 1 / 3]);
    expect([...noiseProbabilities(vocabulary, 1e4)]).toEqual([0, 0, 0, 0, 1, 0]);
  });

  test("frequent words are kept by the root of their share", () => {
    const expected = [0, 0, 0, Math.sqrt(0.05 / (16 / 98)), Math.sqrt(0.05 / (81 / 98)), 1];
    keepProbabilities(vocabulary, 0.05).forEach((p, i) => {
      expect(p).toBeCloseTo(expected[i]!, 14);
    });
  });
});

test("cosine: of any length, and of a zero vector 0", () => {
  expect(cosine(Float32Array.of(3, 0), Float64Array.of(5, 5))).toBeCloseTo(Math.SQRT1_2, 15);
  expect(cosine(Float64Array.of(1e-150, 0), Float64Array.of(-1e150, 0))).toBeCloseTo(-1, 15);
  expect(cosine(Float32Array.of(0, 0), Float32Array.of(1, 0))).toBe(0);
});

test("mostSimilarRows: the nearest first", () => {
  const matrix = Float32Array.of(-1, 0, 0, 1, 5, 0, 1, 1);
  expect(mostSimilarRows(Float32Array.of(1, 0), matrix, 2).map(({ row }) => row)).toEqual([2, 3, 1, 0]);
});
