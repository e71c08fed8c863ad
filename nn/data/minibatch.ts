import { checkCount, checkFlag, checkOptions } from "../../core/options.js";
import { generator } from "../../core/rng.js";

/** Options of `minibatch`. */
export interface MinibatchOptions {
  /** Examples in a batch: 256 unless given. The last batch may have fewer. */
  batchSize?: number;
  /** Whether the examples come in random order: true unless given. */
  shuffle?: boolean;
}

/**
 * The numbers of `n` examples (or of as many as an array has along its first axis), each once, in batches: a generator of index
 * arrays, and how many there are, `Math.ceil(n / batchSize)`. The order is drawn at the call, from the generator that `seed`
 * seeds.
 *
 *     const [batches, nBatches] = minibatch(x, { batchSize: 32 });
 *     for (const ids of batches) model.forward(getItem(x, ids));
 *
 * @throws ArgumentError when there are no examples, the array has no axis, or an option is unknown or out of range.
 */
export function minibatch(
  n: number | { readonly shape: readonly number[] },
  options: MinibatchOptions = {},
): [batches: Generator<Int32Array, void, undefined>, nBatches: number] {
  checkOptions("minibatch", options, ["batchSize", "shuffle"]);
  const { batchSize = 256, shuffle = true } = options;
  const count = typeof n === "number" ? n : n.shape[0];
  checkCount("minibatch", "the number of examples", count);
  checkCount("minibatch", "batchSize", batchSize);
  checkFlag("minibatch", "shuffle", shuffle);
  const order = shuffle ? generator.permutation(count) : null;
  return [indexBatches(count, order, batchSize), Math.ceil(count / batchSize)];
}

/** The numbers 0 to `count - 1` in the given order, or as they are when it is null, in batches from number `from` on. */
export function* indexBatches(
  count: number,
  order: Int32Array | null,
  batchSize: number,
  from = 0,
): Generator<Int32Array, void, undefined> {
  for (let start = from * batchSize; start < count; start += batchSize) {
    const end = Math.min(start + batchSize, count);
    yield order === null ? range(start, end) : order.slice(start, end);
  }
}

/** The numbers from `start` to `end - 1`. */
export function range(start: number, end: number): Int32Array {
  const numbers = new Int32Array(end - start);
  for (let i = 0; i < numbers.length; i++) numbers[i] = start + i;
  return numbers;
}
