import { ArgumentError } from "../../core/errors.js";
import { describe } from "../../core/options.js";

/** Which part of each batch is meant: that of process `rank` of `size`. A Communicator is one. */
export interface Shard {
  readonly rank: number;
  readonly size: number;
}

/**
 * The places in a batch of `count` examples that belong to a shard: parts that follow each other, of which the first have one more
 * where the batch cannot be divided evenly.
 */
export function shardOf(count: number, { rank, size }: Shard): [from: number, to: number] {
  const [least, more] = [Math.floor(count / size), count % size];
  const from = rank * least + Math.min(rank, more);
  return [from, from + least + (rank < more ? 1 : 0)];
}

/**
 * Checks that a value says which part is meant.
 * @throws ArgumentError when it does not.
 */
export function checkShard(operation: string, value: unknown): asserts value is Shard {
  const { rank, size } = (value ?? {}) as Partial<Shard>;
  const whole = Number.isSafeInteger(rank) && Number.isSafeInteger(size);
  if (whole && rank! >= 0 && rank! < size!) return;
  const given = whole ? `rank ${rank} of ${size}` : describe(value);
  throw new ArgumentError(
    `${operation}: shard is ${given}; expected { rank, size } with a rank from 0 to size - 1, such as world()`,
  );
}
