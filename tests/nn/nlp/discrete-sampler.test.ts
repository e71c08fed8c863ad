import { array, seed } from "../../../core/index.js";
import { Generator } from "../../../core/rng.js";
import { DiscreteSampler } from "../../../nn/index.js";

beforeEach(() => seed(61));

/** Pearson's statistic of how often each outcome came against how often it should. */
function chiSquare(counts: readonly number[], probs: readonly number[]): number {
  const total = counts.reduce((a, b) => a + b, 0);
  return probs.reduce((sum, p, i) => sum + (p === 0 ? 0 : (counts[i]! - total * p) ** 2 / (total * p)), 0);
}

function countsOf(drawn: Iterable<number>, outcomes: number): number[] {
  const counts = new Array<number>(outcomes).fill(0);
  for (const id of drawn) counts[id]!++;
  return counts;
}

const PROBS = [0.05, 0.3, 0, 0.2, 0.001, 0.149, 0.25, 0.05];
/** What Pearson's statistic with 6 degrees of freedom exceeds in one of 10,000 cases. */
const LIMIT = 27.86;

describe("frequencies", () => {
  test.each<[string, DiscreteSampler]>([
    ["of probabilities", new DiscreteSampler(PROBS)],
    ["of logarithms", new DiscreteSampler(PROBS.map(Math.log), { log: true })],
    ["of a float32 array", new DiscreteSampler(Float32Array.from(PROBS))],
    ["of an NDArray", new DiscreteSampler(array(PROBS, { dtype: "float64" }))],
  ])("%s are the probabilities", (_, sampler) => {
    const counts = countsOf(sampler.sample(100_000), PROBS.length);
    expect(chiSquare(counts, PROBS)).toBeLessThan(LIMIT);
    // The same statistic notices probabilities that are a little different.
    expect(chiSquare(counts, [0.05, 0.28, 0, 0.2, 0.001, 0.149, 0.25, 0.07])).toBeGreaterThan(LIMIT);
    expect(counts[2]).toBe(0);
  });

  test("of one number at a time too", () => {
    const sampler = new DiscreteSampler(PROBS);
    const drawn = Array.from({ length: 50_000 }, () => sampler.draw());
    expect(chiSquare(countsOf(drawn, PROBS.length), PROBS)).toBeLessThan(LIMIT);
  });

  test("of many even ones", () => {
    const probs = new Array<number>(1000).fill(1 / 1000);
    const counts = countsOf(new DiscreteSampler(probs).sample(1_000_000), 1000);
    // 999 degrees of freedom: mean 999, standard deviation 44.7.
    expect(Math.abs(chiSquare(counts, probs) - 999)).toBeLessThan(4 * 44.7);
  });
});

test("what has probability 0 is never drawn, however the columns round", () => {
  for (let size = 2; size < 60; size++) {
    const odd = Array.from({ length: size }, (_, i) => (i % 2 === 1 ? 1 / Math.floor(size / 2) : 0));
    for (const id of new DiscreteSampler(odd).sample(500)) expect(id % 2).toBe(1);
  }
});

test("one certain outcome", () => {
  expect([...new DiscreteSampler([0, 1, 0]).sample(4)]).toEqual([1, 1, 1, 1]);
  expect([...new DiscreteSampler([1], { withReplacement: false }).sample(1)]).toEqual([0]);
});

test("sample gives an Int32Array of the length asked for, also 0", () => {
  for (const withReplacement of [true, false]) {
    const sampler = new DiscreteSampler(PROBS, { withReplacement });
    for (const n of [0, 1, 7]) {
      const drawn = sampler.sample(n);
      expect(drawn).toBeInstanceOf(Int32Array);
      expect(drawn).toHaveLength(n);
    }
  }
});

test("a seed repeats what is drawn; a generator of its own leaves the others alone", () => {
  const sampler = new DiscreteSampler(PROBS);
  seed(5);
  const first = sampler.sample(50);
  seed(5);
  const own = new DiscreteSampler(PROBS, { generator: new Generator(9) }).sample(50);
  expect(sampler.sample(50)).toEqual(first);
  expect(own).not.toEqual(first);
  expect(new DiscreteSampler(PROBS, { generator: new Generator(9) }).sample(50)).toEqual(own);
});

test("probs are a copy, divided by their sum", () => {
  const given = [0.5001, 0.5];
  const sampler = new DiscreteSampler(given);
  const { probs } = sampler;
  expect(probs[0]! + probs[1]!).toBeCloseTo(1, 15);
  expect(probs[0]).toBeCloseTo(0.5001 / 1.0001, 15);
  probs[0] = 7;
  given[0] = 7;
  expect(sampler.probs[0]).toBeCloseTo(0.5001 / 1.0001, 15);
  const log = new DiscreteSampler([Math.log(0.25), -Infinity, Math.log(0.75)], { log: true });
  [0.25, 0, 0.75].forEach((p, i) => {
    expect(log.probs[i]).toBeCloseTo(p, 15);
  });
});

describe("without replacement", () => {
  const probs = [0.5, 0.3, 0.15, 0.05];
  const sampler = new DiscreteSampler(probs, { withReplacement: false });

  test("each draw goes by the probabilities of what is left", () => {
    const pairs = probs.flatMap((p, i) => probs.map((q, j) => (i === j ? 0 : (p * q) / (1 - p))));
    const drawn = Array.from({ length: 40_000 }, () => {
      const [first, second] = sampler.sample(2);
      return 4 * first! + second!;
    });
    // 11 degrees of freedom, 1 in 10,000.
    expect(chiSquare(countsOf(drawn, 16), pairs)).toBeLessThan(37.4);
  });

  test("also of the last ones, which are found in another way", () => {
    const orders = new Map<string, number>();
    const visit = (order: number[], p: number, left: number): void => {
      if (order.length === 4) orders.set(order.join(""), p);
      for (const [i, q] of probs.entries()) if (!order.includes(i)) visit([...order, i], (p * q) / left, left - q);
    };
    visit([], 1, 1);
    const names = [...orders.keys()];
    const drawn = Array.from({ length: 40_000 }, () => names.indexOf(sampler.sample(4).join("")));
    // 23 degrees of freedom, 1 in 10,000.
    expect(chiSquare(countsOf(drawn, 24), [...orders.values()])).toBeLessThan(55.5);
  });

  test("everything, although all but one is next to impossible", () => {
    const rare = [1 - 3e-200, 1e-200, 0, 1e-200, 1e-200];
    const drawn = new DiscreteSampler(rare, { withReplacement: false }).sample(4);
    expect(drawn[0]).toBe(0);
    expect([...drawn].sort()).toEqual([0, 1, 3, 4]);
  });

  test("a large sample has no number twice", () => {
    const many = new DiscreteSampler(new Float64Array(5000).fill(1 / 5000), { withReplacement: false });
    expect(new Set(many.sample(5000)).size).toBe(5000);
    expect(new Set(many.sample(2000)).size).toBe(2000);
  });

  test("more than there are is refused", () => {
    expect(() => sampler.sample(5)).toThrow(
      "DiscreteSampler.sample: n is 5; expected at most 4 without replacement, for of the 4 probabilities no more are above 0",
    );
    expect(() => new DiscreteSampler([0, 0.5, 0, 0.5], { withReplacement: false }).sample(3)).toThrow(
      "n is 3; expected at most 2 without replacement, for of the 4 probabilities no more are above 0",
    );
  });
});

test.each<[string, () => unknown]>([
  ["DiscreteSampler: the probabilities add up to 0.8; expected 1", () => new DiscreteSampler([0.5, 0.3])],
  [
    "DiscreteSampler: the probabilities add up to 4; expected 1",
    () => new DiscreteSampler([0, 0, 0, 0], { log: true }),
  ],
  ["DiscreteSampler: the probabilities add up to 0; expected 1", () => new DiscreteSampler([-Infinity], { log: true })],
  ["DiscreteSampler: -0.5 at position 1; expected 0 to 1", () => new DiscreteSampler([1.5, -0.5])],
  ["DiscreteSampler: NaN at position 0; expected 0 to 1", () => new DiscreteSampler([Number.NaN, 1])],
  ["DiscreteSampler: Infinity at position 0; expected 0 to 1", () => new DiscreteSampler([Infinity])],
  ["DiscreteSampler: NaN at position 1; expected no NaN", () => new DiscreteSampler([0, Number.NaN], { log: true })],
  ["DiscreteSampler: Infinity at position 0; expected no NaN", () => new DiscreteSampler([Infinity], { log: true })],
  ["DiscreteSampler: got an array with 1 axes and 0 elements; expected", () => new DiscreteSampler([])],
  ["DiscreteSampler: got an array with 2 axes and 1 elements; expected", () => new DiscreteSampler([[1]])],
  ["DiscreteSampler: unknown option replace; expected", () => new DiscreteSampler([1], { replace: true } as never)],
  ["DiscreteSampler: log is 1; expected true or false", () => new DiscreteSampler([1], { log: 1 as never })],
  [
    "DiscreteSampler: withReplacement is null; expected true or false",
    () => new DiscreteSampler([1], { withReplacement: null as never }),
  ],
  ["DiscreteSampler: generator is 3; expected a Generator", () => new DiscreteSampler([1], { generator: 3 as never })],
  [
    "DiscreteSampler.sample: n is 1.5; expected a whole number of at least 0",
    () => new DiscreteSampler([1]).sample(1.5),
  ],
  ["DiscreteSampler.sample: n is -1; expected", () => new DiscreteSampler([1]).sample(-1)],
])("refused: %s", (message, run) => {
  expect(run).toThrow(message);
});
