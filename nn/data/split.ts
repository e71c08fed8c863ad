import { type ArrayLike, array } from "../../core/creation.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import { checkCount, checkFlag, checkOptions, describe } from "../../core/options.js";
import { Generator, generator } from "../../core/rng.js";
import { shapeText } from "../../core/shape.js";
import { checkExamples, isNested, isTyped, rowsOf } from "./arrays.js";
import { range } from "./minibatch.js";

/** Options of `trainTestSplit`. */
export interface TrainTestSplitOptions {
  /** The examples to test with: a share between 0 and 1 (rounded up) or, from 1 on, a number; 0.25 unless given. */
  testSize?: number;
  /** Seed of the choice. Unless given it comes from the generator that `seed` seeds. */
  seed?: number | null;
  /** Whether the examples are chosen at random (true unless given) or the last ones are for testing, as views. */
  shuffle?: boolean;
  /** The class of each example, (n,): both parts have as much of each as there is in the whole. */
  stratify?: ArrayLike | null;
}

/** For each array that for training and that for testing. */
export type Halves<A extends readonly unknown[]> = A extends readonly [unknown, ...infer Rest]
  ? [train: NDArray, test: NDArray, ...Halves<Rest>]
  : [];

const NAME = "trainTestSplit";

/**
 * Divides the examples of arrays, which are along their first axes, into some to train with and some to test with:
 *
 *     const [xTrain, xTest, tTrain, tTest] = trainTestSplit(x, t, { testSize: 0.2, seed: 1, stratify: t });
 *
 * scikit-learn's `train_test_split`.
 * @throws ArgumentError for no arrays, options that are unknown or out of range, a part without examples, a class with a single
 * example or more classes than examples in a part; ShapeError when an array has no axis or not as many examples as the first.
 */
export function trainTestSplit<const A extends readonly ArrayLike[]>(
  ...args: [...arrays: A, options: TrainTestSplitOptions]
): Halves<A>;
export function trainTestSplit<const A extends readonly ArrayLike[]>(...arrays: A): Halves<A>;
export function trainTestSplit(...args: readonly unknown[]): NDArray[] {
  const last = args.at(-1);
  const hasOptions = args.length > 0 && !isTyped(last) && !isNested(last);
  const options = (hasOptions ? last : {}) as TrainTestSplitOptions;
  checkOptions(NAME, options, ["testSize", "seed", "shuffle", "stratify"]);
  const { testSize = 0.25, seed = null, shuffle = true, stratify = null } = options;
  if (seed !== null) checkCount(NAME, "seed", seed, Number.MIN_SAFE_INTEGER);
  checkFlag(NAME, "shuffle", shuffle);
  const arrays = (hasOptions ? args.slice(0, -1) : args).map((x) => asArray(x as ArrayLike));
  if (arrays.length === 0) throw new ArgumentError(`${NAME}: there are no arrays; expected at least one`);
  const names = arrays.map((_, i) => `array ${i}`);
  checkExamples(NAME, names, arrays);
  const n = arrays[0]!.shape[0]!;
  const nTest = testCount(testSize, n);
  const classes = stratify === null ? null : classesOf(asArray(stratify), n);
  if (classes !== null && !shuffle) {
    throw new ArgumentError(`${NAME}: shuffle is false and there is stratify; expected one of them left out`);
  }
  if (classes !== null) checkClasses(classes, nTest, n);
  const random = seed === null ? generator : new Generator(seed);
  const [train, test] = shuffle
    ? classes === null
      ? randomParts(n, nTest, random)
      : stratifiedParts(classes, nTest, n, random)
    : [range(0, n - nTest), range(n - nTest, n)];
  return arrays.flatMap((x) => [rowsOf(NAME, x, train), rowsOf(NAME, x, test)]);
}

function asArray(x: ArrayLike): NDArray {
  return (x instanceof NDArray ? x : array(x)).asContiguous();
}

function testCount(testSize: unknown, n: number): number {
  const isShare = typeof testSize === "number" && testSize > 0 && testSize < 1;
  if (!isShare && !(Number.isSafeInteger(testSize) && (testSize as number) >= 1)) {
    throw new ArgumentError(
      `${NAME}: testSize is ${describe(testSize)}; expected a share between 0 and 1, or a whole number of at least 1`,
    );
  }
  const count = isShare ? Math.ceil(testSize * n) : (testSize as number);
  if (count < n) return count;
  throw new ArgumentError(
    `${NAME}: testSize ${describe(testSize)} of ${n} examples leaves none to train with; expected fewer, or more examples`,
  );
}

/** The numbers of the examples of each class, in the order in which the classes come up. */
function classesOf(labels: NDArray, n: number): Int32Array[] {
  if (labels.ndim !== 1 || labels.shape[0] !== n) {
    throw new ShapeError(
      `${NAME}: stratify has shape ${shapeText(labels.shape)}; expected (${n},), a class for each example`,
    );
  }
  const members = new Map<number, number[]>();
  labels.toTypedArray().forEach((label, i) => {
    const list = members.get(label);
    if (list === undefined) members.set(label, [i]);
    else list.push(i);
  });
  return Array.from(members.values(), (list) => Int32Array.from(list));
}

function checkClasses(classes: readonly Int32Array[], nTest: number, n: number): void {
  const single = classes.find((members) => members.length === 1);
  if (single !== undefined) {
    throw new ArgumentError(
      `${NAME}: stratify has a class with example ${single[0]} alone; expected at least two, one for each part`,
    );
  }
  for (const [part, count] of Object.entries({ train: n - nTest, test: nTest })) {
    if (count >= classes.length) continue;
    throw new ArgumentError(
      `${NAME}: ${count} examples to ${part} with cannot have all ${classes.length} classes of stratify; expected at least ${classes.length}`,
    );
  }
}

function randomParts(n: number, nTest: number, random: Generator): [train: Int32Array, test: Int32Array] {
  const order = random.permutation(n);
  return [order.slice(nTest), order.slice(0, nTest)];
}

function stratifiedParts(
  classes: readonly Int32Array[],
  nTest: number,
  n: number,
  random: Generator,
): [train: Int32Array, test: Int32Array] {
  const counts = shares(
    classes.map(({ length }) => length),
    nTest,
    n,
  );
  const shuffled = classes.map((members) => random.permutation(members.length).map((i) => members[i]!));
  const mixed = (parts: readonly Int32Array[]): Int32Array => {
    const all = parts.flatMap((part) => [...part]);
    return random.permutation(all.length).map((i) => all[i]!);
  };
  return [
    mixed(shuffled.map((members, k) => members.subarray(counts[k]))),
    mixed(shuffled.map((members, k) => members.subarray(0, counts[k]))),
  ];
}

/** `total` of `n` divided in proportion to `sizes`, whose sum is `n`: rounded down, and one more for the largest remainders. */
function shares(sizes: readonly number[], total: number, n: number): number[] {
  const exact = sizes.map((size) => (size * total) / n);
  const counts = exact.map(Math.floor);
  const left = total - counts.reduce((sum, count) => sum + count, 0);
  const byRemainder = exact.map((_, k) => k).sort((a, b) => exact[b]! - counts[b]! - (exact[a]! - counts[a]!));
  for (const k of byRemainder.slice(0, left)) counts[k]!++;
  return counts;
}
