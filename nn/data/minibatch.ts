import { generator } from "../../core/rng.js";
import { checkCount, checkFlag, checkOptions } from "../options.js";

/** Options of `minibatch`. */
export interface MinibatchOptions {
  /** Examples in a batch: 256 unless given. The last batch may have fewer. */
  batchSize?: number;
  /** Whether the examples come in random order: true unless given. */
  shuffle?: boolean;
}

/**
 * The numbers of `n` examples (or of as many as an array has along its first axis), each once, in batches: an array of
 * `Math.ceil(n / batchSize)` index arrays, drawn anew at each call.
 * @throws ArgumentError when `n` is not a whole number, the array has no axis, or an option is unknown or out of range.
 */
export function minibatch(
  n: number | { readonly shape: readonly number[] },
  options: MinibatchOptions = {},
): Int32Array[] {
  checkOptions("minibatch", options, ["batchSize", "shuffle"]);
  const { batchSize = 256, shuffle = true } = options;
  const count = typeof n === "number" ? n : n.shape[0];
  checkCount("minibatch", "the number of examples", count, 0);
  checkCount("minibatch", "batchSize", batchSize);
  checkFlag("minibatch", "shuffle", shuffle);
  const order = shuffle ? generator.permutation(count) : Int32Array.from({ length: count }, (_, i) => i);
  const batches: Int32Array[] = [];
  for (let from = 0; from < count; from += batchSize) batches.push(order.subarray(from, from + batchSize));
  return batches;
}
