import { type ArrayLike, array } from "../../core/creation.js";
import { ArgumentError } from "../../core/errors.js";
import { checkCount, checkFlag, checkOptions, describe } from "../../core/options.js";
import { type Generator, generator as shared } from "../../core/rng.js";

/** Options of `DiscreteSampler`. */
export interface DiscreteSamplerOptions {
  /** Whether the logarithms of the probabilities are given: false unless given. */
  log?: boolean;
  /** Whether one number can be drawn several times: true unless given. */
  withReplacement?: boolean;
  /** Where the randomness comes from: the generator that `seed` sets, unless given. */
  generator?: Generator;
}

/** How far from 1 the probabilities may add up to; they are divided by their sum. */
const SUM_TOLERANCE = 1e-3;

/**
 * Draws the numbers 0 to K - 1 by given probabilities, each in constant time, by the alias method (M. D. Vose, "A linear
 * algorithm for generating random numbers with a given distribution", 1991): a column of the table is chosen evenly, and holds one
 * number up to a threshold and another above. What has probability 0 is never drawn.
 *
 * Without replacement a draw is by the probabilities of what is left, as in PyTorch's `multinomial` and NumPy's `choice`.
 */
export class DiscreteSampler {
  private readonly probabilities: Float64Array;
  private readonly withReplacement: boolean;
  private readonly generator: Generator;
  /** What can be drawn. */
  private readonly support: Int32Array;
  /** Per column: what is drawn above the threshold, as a number of another column. */
  private readonly alias: Int32Array;
  private readonly threshold: Float64Array;

  /** @throws ArgumentError for what are no probabilities that add up to 1, and options that are unknown or out of range. */
  constructor(probs: ArrayLike, options: DiscreteSamplerOptions = {}) {
    checkOptions("DiscreteSampler", options, ["log", "withReplacement", "generator"]);
    const { log = false, withReplacement = true, generator = shared } = options;
    checkFlag("DiscreteSampler", "log", log);
    checkFlag("DiscreteSampler", "withReplacement", withReplacement);
    if (typeof generator?.uniform !== "function") {
      throw new ArgumentError(`DiscreteSampler: generator is ${describe(generator)}; expected a Generator`);
    }
    this.probabilities = checkedProbabilities(probs, log);
    this.withReplacement = withReplacement;
    this.generator = generator;
    this.support = Int32Array.from(this.probabilities.keys()).filter((i) => this.probabilities[i]! > 0);
    const { alias, threshold } = aliasTable(
      this.support.length,
      (column) => this.probabilities[this.support[column]!]!,
    );
    this.alias = alias;
    this.threshold = threshold;
  }

  /** A copy of the probabilities, with sum 1. */
  get probs(): Float64Array {
    return this.probabilities.slice();
  }

  /** Draws one number. */
  draw(): number {
    // The whole part of one random number tells the column, and what is left of it the place in the column.
    const at = this.generator.uniform() * this.support.length;
    const column = Math.floor(at);
    return this.support[at - column < this.threshold[column]! ? column : this.alias[column]!]!;
  }

  /**
   * Draws `n` numbers, in the order in which they were drawn.
   * @throws ArgumentError when `n` is not a whole number of at least 0, or, without replacement, larger than what can be drawn.
   */
  sample(n: number): Int32Array {
    checkCount("DiscreteSampler.sample", "n", n, 0);
    const drawn = new Int32Array(n);
    if (!this.withReplacement) return this.distinct(drawn);
    for (let i = 0; i < n; i++) drawn[i] = this.draw();
    return drawn;
  }

  /** Fills `drawn` with different numbers. */
  private distinct(drawn: Int32Array): Int32Array {
    if (drawn.length > this.support.length) {
      throw new ArgumentError(
        `DiscreteSampler.sample: n is ${drawn.length}; expected at most ${this.support.length} without replacement, for of the ` +
          `${this.probabilities.length} probabilities no more are above 0`,
      );
    }
    // As long as most of the probability is left, drawing again what was drawn before takes two tries at most on average.
    const taken = new Set<number>();
    let mass = 0;
    while (taken.size < drawn.length && mass <= 0.5) {
      const id = this.draw();
      if (taken.has(id)) continue;
      drawn[taken.size] = id;
      taken.add(id);
      mass += this.probabilities[id]!;
    }
    if (taken.size < drawn.length) drawn.set(this.race(taken, drawn.length - taken.size), taken.size);
    return drawn;
  }

  /**
   * The first `n` to arrive of those not in `taken`, when each waits for an exponentially distributed time with its probability as
   * rate: drawn without replacement, however small the probabilities are (Efraimidis and Spirakis, "Weighted random sampling with a
   * reservoir", 2006). Logarithms of the times, which do not overflow.
   */
  private race(taken: ReadonlySet<number>, n: number): Int32Array {
    const runners = this.support.filter((id) => !taken.has(id));
    const times = Float64Array.from(runners, (id) => {
      const wait = -Math.log(1 - this.generator.uniform());
      return Math.log(wait) - Math.log(this.probabilities[id]!);
    });
    const order = Int32Array.from(runners.keys()).sort((a, b) => times[a]! - times[b]!);
    return order.subarray(0, n).map((i) => runners[i]!);
  }
}

/** The columns of the alias method for `count` numbers whose probabilities, with sum 1, `probability` gives. */
function aliasTable(
  count: number,
  probability: (column: number) => number,
): { alias: Int32Array; threshold: Float64Array } {
  const threshold = Float64Array.from({ length: count }, (_, column) => count * probability(column));
  const alias = Int32Array.from(threshold.keys());
  const small: number[] = [];
  const large: number[] = [];
  for (const [column, share] of threshold.entries()) (share < 1 ? small : large).push(column);
  while (small.length > 0 && large.length > 0) {
    const [less, more] = [small.pop()!, large.pop()!];
    alias[less] = more;
    threshold[more]! -= 1 - threshold[less]!;
    (threshold[more]! < 1 ? small : large).push(more);
  }
  // What is left would be exactly full but for rounding.
  for (const column of [...small, ...large]) threshold[column] = 1;
  return { alias, threshold };
}

function checkedProbabilities(probs: ArrayLike, log: boolean): Float64Array {
  const given = array(probs, { dtype: "float64" });
  const what = log ? "logarithms of probabilities" : "probabilities";
  if (given.ndim !== 1 || given.size === 0) {
    throw new ArgumentError(
      `DiscreteSampler: got an array with ${given.ndim} axes and ${given.size} elements; expected ${what} along one axis`,
    );
  }
  const values = given.toTypedArray() as Float64Array;
  const wrong = values.findIndex((value) => (log ? !(value < Infinity) : !(value >= 0 && value < Infinity)));
  if (wrong >= 0) {
    throw new ArgumentError(
      `DiscreteSampler: ${values[wrong]} at position ${wrong}; expected ${log ? "no NaN and no infinity but -Infinity" : "0 to 1"}`,
    );
  }
  const linear = log ? values.map(Math.exp) : values;
  const total = linear.reduce((a, b) => a + b, 0);
  if (!(Math.abs(total - 1) <= SUM_TOLERANCE)) {
    throw new ArgumentError(`DiscreteSampler: the probabilities add up to ${total}; expected 1`);
  }
  return linear.map((p) => p / total);
}
