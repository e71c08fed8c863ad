import { ArgumentError } from "./errors.js";

/** The state of a Generator, as plain numbers: what a checkpoint stores to repeat a run. */
export interface GeneratorState {
  words: [number, number, number, number];
  /** The second number of the latest normal pair, or null when it has been used. */
  spare: number | null;
}

/** Whether a value, such as one from a file, is the state of a Generator. */
export function isGeneratorState(value: unknown): value is GeneratorState {
  const { words, spare } = (value ?? {}) as Partial<GeneratorState>;
  const whole =
    Array.isArray(words) && words.length === 4 && words.every((word) => Number.isInteger(word) && (word | 0) === word);
  return whole && (spare === null || typeof spare === "number");
}

/**
 * A seedable source of random numbers: xoshiro128++ (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021), seeded through splitmix32. Not for cryptography.
 */
export class Generator {
  private a = 0;
  private b = 0;
  private c = 0;
  private d = 0;
  private spare: number | null = null;

  constructor(seed: number) {
    this.seed(seed);
  }

  /**
   * Starts again from `seed`.
   * @throws ArgumentError when it is not an integer.
   */
  seed(seed: number): void {
    if (!Number.isSafeInteger(seed)) throw new ArgumentError(`seed: expected an integer, got ${String(seed)}`);
    // Both halves of the 53 bits take part, so that seeds 2^32 apart differ.
    let mix = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b9)) | 0;
    const splitmix = () => {
      mix = (mix + 0x9e3779b9) | 0;
      let z = mix;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.a = splitmix();
    this.b = splitmix();
    this.c = splitmix();
    this.d = splitmix();
    this.spare = null;
  }

  /** The state at this moment; assigning it back repeats what followed. */
  get state(): GeneratorState {
    return { words: [this.a, this.b, this.c, this.d], spare: this.spare };
  }

  /** @throws ArgumentError for what is no state; then nothing has changed. */
  set state(state: GeneratorState) {
    if (!isGeneratorState(state)) {
      throw new ArgumentError("Generator: what was assigned to state is none; expected what state gave");
    }
    [this.a, this.b, this.c, this.d] = state.words;
    this.spare = state.spare;
  }

  /** An integer from 0 to 2^32 - 1. */
  bits(): number {
    const sum = (this.a + this.d) | 0;
    const result = (((sum << 7) | (sum >>> 25)) + this.a) >>> 0;
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }

  /** A number in [0, 1), a multiple of 2^-53. */
  uniform(): number {
    return ((this.bits() >>> 5) * 67108864 + (this.bits() >>> 6)) / 9007199254740992;
  }

  /** A standard normal number (Marsaglia's polar method). */
  normal(): number {
    if (this.spare !== null) {
      const value = this.spare;
      this.spare = null;
      return value;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(s)) / s);
      this.spare = v * scale;
      return u * scale;
    }
  }

  /** An integer from 0 to `n - 1`, each equally likely. */
  integer(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** The integers from 0 to `n - 1` in random order (Fisher-Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const held = order[i]!;
      order[i] = order[j]!;
      order[j] = held;
    }
    return order;
  }
}

/** The generator behind initializers, dropout, sampling and shuffling. It starts differently in every process. */
export const generator = new Generator(Math.floor(Math.random() * 2 ** 32));

/**
 * Seeds the generator behind all randomness, so that a run repeats to the bit on one machine.
 * @throws ArgumentError when `n` is not an integer.
 */
export function seed(n: number): void {
  generator.seed(n);
}
