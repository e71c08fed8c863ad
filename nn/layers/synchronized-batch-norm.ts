import type { NDArray } from "../../core/ndarray.js";
import type { Operand, Variable } from "../../core/variable.js";
import { add, div, mul, sub } from "../../functions/arithmetic.js";
import { rsqrt, square } from "../../functions/math.js";
import { sum } from "../../functions/reduce.js";
import { allReduce } from "../../optim/distributed/all-reduce.js";
import { allReduceNumbers } from "../../optim/distributed/communicator.js";
import { world } from "../../optim/distributed/world.js";

/** What came of a batch that is spread over processes. */
export interface SynchronizedPass {
  readonly y: Variable;
  /** The mean and the biased variance of each channel over all processes, and how many values they are of. */
  readonly mean: NDArray;
  readonly variance: NDArray;
  readonly count: number;
}

/**
 * `batchNorm` of this process's part `x` (..., channels) of a batch, by the statistics of the whole batch. It is made of differentiable
 * functions, so what each process's loss owes to the others' parts reaches them. Parts may differ in size.
 * @throws CommunicationError when the exchange fails.
 */
export function synchronizedBatchNorm(
  x: Variable,
  gamma: Operand | null,
  beta: Operand | null,
  epsilon: number,
): SynchronizedPass {
  const channels = x.shape.at(-1)!;
  const axis = x.shape.slice(1).map((_, i) => i);
  const count = allReduceNumbers(world(), [x.size / channels])[0]!;
  const mean = div(allReduce(sum(x, { axis })), count);
  const centered = sub(x, mean);
  const variance = div(allReduce(sum(square(centered), { axis })), count);
  const normal = mul(centered, rsqrt(add(variance, epsilon)));
  const scaled = gamma === null ? normal : mul(normal, gamma);
  return { y: beta === null ? scaled : add(scaled, beta), mean: mean.data, variance: variance.data, count };
}
