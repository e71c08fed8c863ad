import { Generator, isGeneratorState } from "../../core/rng.js";
import { generator, randomInt, randomNormal, randomPermutation, randomUniform, seed } from "../../index.js";

const N = 100_000;
const draws = (f: () => number) => Array.from({ length: N }, f);
const mean = (xs: number[]) => xs.reduce((a, b) => a + b) / xs.length;

test("equal seeds repeat, different ones do not, also where they differ above 32 bits", () => {
  const first = (s: number) => new Generator(s).bits();
  expect(first(42)).toBe(first(42));
  expect(new Set([0, 1, 2, -1, 42, 2 ** 32, 2 ** 32 + 42, 2 ** 40].map(first)).size).toBe(8);
  seed(7);
  const a = randomNormal([5]).toArray();
  seed(7);
  expect(randomNormal([5]).toArray()).toEqual(a);
});

test("a state assigned back repeats what followed, the pair of normals included", () => {
  const g = new Generator(1);
  g.normal();
  const { state } = g;
  const following = [g.normal(), g.uniform(), g.integer(100)];
  g.state = JSON.parse(JSON.stringify(state));
  expect([g.normal(), g.uniform(), g.integer(100)]).toEqual(following);
});

test("uniform numbers: range, mean, variance and independence of neighbours", () => {
  const g = new Generator(3);
  const xs = draws(() => g.uniform());
  expect(Math.min(...xs.slice(0, 1000))).toBeGreaterThanOrEqual(0);
  expect(xs.every((x) => x < 1)).toBe(true);
  expect(mean(xs)).toBeCloseTo(0.5, 2);
  expect(mean(xs.map((x) => (x - 0.5) ** 2))).toBeCloseTo(1 / 12, 2);
  expect(mean(xs.slice(1).map((x, i) => (x - 0.5) * (xs[i]! - 0.5)))).toBeCloseTo(0, 2);
});

test("normal numbers: mean, variance, kurtosis, tail", () => {
  const g = new Generator(4);
  const xs = draws(() => g.normal());
  expect(Math.abs(mean(xs))).toBeLessThan(0.02);
  expect(mean(xs.map((x) => x * x))).toBeCloseTo(1, 1);
  expect(Math.abs(mean(xs.map((x) => x ** 4)) - 3)).toBeLessThan(0.15);
  expect(Math.abs(xs.filter((x) => Math.abs(x) > 2).length / N - 0.0455)).toBeLessThan(0.003);
});

test("integers and permutations are even", () => {
  seed(5);
  const counts = new Array<number>(7).fill(0);
  for (const k of randomInt(-3, 4, [70_000]).toTypedArray()) counts[k + 3]!++;
  for (const c of counts) expect(Math.abs(c - 10_000)).toBeLessThan(400);
  const order = randomPermutation(100).toTypedArray();
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  const firsts = new Array<number>(4).fill(0);
  for (let i = 0; i < 8000; i++) firsts[generator.permutation(4)[0]!]!++;
  for (const c of firsts) expect(Math.abs(c - 2000)).toBeLessThan(200);
});

test("float32 uniform numbers stay below high", () => {
  seed(6);
  const xs = randomUniform([N], { low: 2, high: 3 }).toTypedArray();
  expect(xs.every((x) => x >= 2 && x < 3)).toBe(true);
});

test("a seed is an integer", () => {
  expect(() => seed(1.5)).toThrow("seed: expected an integer, got 1.5");
  expect(() => seed(Number.NaN)).toThrow("seed: expected an integer, got NaN");
});

test("the state of a generator is known from what is none", () => {
  const { words } = generator.state;
  expect(isGeneratorState(generator.state)).toBe(true);
  expect(isGeneratorState({ words, spare: 0.5 })).toBe(true);
  for (const wrong of [
    null,
    undefined,
    {},
    { words, spare: undefined },
    { words, spare: "0" },
    { words: words.slice(1), spare: null },
    { words: [...words.slice(1), 0.5], spare: null },
    { words: [1.5, 2.5, 3.5, 4.5], spare: null },
    { words: "1234", spare: null },
  ]) {
    expect(isGeneratorState(wrong)).toBe(false);
  }
});

test.each([
  [0.5, 2],
  [0, 1.5],
  [2, 2],
  [3, 2],
  [0, Number.POSITIVE_INFINITY],
])("no integers are drawn from %d to %d", (low, high) => {
  expect(() => randomInt(low, high, [2])).toThrow(
    `randomInt: expected integers low < high, got low ${low} and high ${high}`,
  );
});
