import { type ArrayLike, array } from "../../core/creation.js";
import { ArgumentError } from "../../core/errors.js";
import { describe } from "../../core/options.js";
import { generator } from "../../core/rng.js";

/** Classes that are drawn as noise: their probabilities and, where `sample` is given, how they are drawn. */
export interface NoiseSampler {
  /** The probability of each class. */
  readonly probs: ArrayLike;
  /** Draws `n` classes, as whole numbers; by `probs`, independently and from the seeded generator, unless given. */
  sample?(n: number): ArrayLike;
}

/** How far from 1 the probabilities may add up to. */
const SUM_TOLERANCE = 1e-3;

/** Draws classes by their probabilities. */
export class Noise {
  readonly probabilities: Float64Array;
  private readonly cumulative: Float64Array;

  /** @throws ArgumentError when `sampler` has no probabilities of `count` classes. */
  constructor(
    private readonly owner: string,
    private readonly sampler: NoiseSampler,
    count: number,
  ) {
    if (typeof sampler !== "object" || sampler === null || sampler.probs === undefined) {
      throw new ArgumentError(`${owner}: noiseSampler is ${describe(sampler)}; expected { probs, sample }`);
    }
    this.probabilities = Float64Array.from(array(sampler.probs, { dtype: "float64" }).toTypedArray());
    if (this.probabilities.length !== count) {
      throw new ArgumentError(
        `${owner}: noiseSampler has ${this.probabilities.length} probabilities; expected one for each of ${count} classes`,
      );
    }
    const wrong = this.probabilities.findIndex((p) => !(p >= 0 && p <= 1));
    if (wrong >= 0) {
      throw new ArgumentError(
        `${owner}: noiseSampler gives class ${wrong} the probability ${this.probabilities[wrong]}; expected 0 to 1`,
      );
    }
    let total = 0;
    this.cumulative = this.probabilities.map((p) => {
      total += p;
      return total;
    });
    if (Math.abs(total - 1) > SUM_TOLERANCE) {
      throw new ArgumentError(`${owner}: the probabilities of noiseSampler add up to ${total}; expected 1`);
    }
  }

  /**
   * Draws `n` classes.
   * @throws ArgumentError when the sampler gives anything but `n` classes of a probability above 0.
   */
  draw(n: number): Int32Array {
    if (this.sampler.sample === undefined) return Int32Array.from({ length: n }, () => this.drawOne());
    const drawn = Array.from(array(this.sampler.sample(n), { dtype: "float64" }).toTypedArray());
    const wrong = drawn.find((id) => !(this.probabilities[id]! > 0));
    if (drawn.length === n && wrong === undefined) return Int32Array.from(drawn);
    const got = wrong === undefined ? `${drawn.length} classes` : `${wrong}`;
    throw new ArgumentError(`${this.owner}: noiseSampler drew ${got}; expected ${n} classes of a probability above 0`);
  }

  /** The class in whose part of [0, total) a random number lies; one of probability 0 has none. */
  private drawOne(): number {
    const at = generator.uniform() * this.cumulative[this.cumulative.length - 1]!;
    let low = 0;
    let high = this.cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.cumulative[middle]! > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
