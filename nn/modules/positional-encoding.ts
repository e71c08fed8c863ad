import { config } from "../../core/config.js";
import { array } from "../../core/creation.js";
import type { FloatDType } from "../../core/dtype.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import { checkCount, checkFlag, checkFloat, checkOptions } from "../../core/options.js";
import { shapeText } from "../../core/shape.js";
import { slice } from "../../core/slicing.js";
import { keep } from "../../core/tidy.js";
import { constant, type Operand, type Variable } from "../../core/variable.js";
import { add } from "../../functions/arithmetic.js";
import { getItem } from "../../functions/indexing.js";
import { dropout } from "../../functions/random.js";
import type { Hyperparameters } from "../config.js";
import {
  drawWeight,
  type Initializer,
  type InitializerSpec,
  initializerName,
  resolveInitializer,
} from "../initializers.js";
import { Layer } from "../layer.js";
import { LazyParameter } from "../state.js";
import { checkProbability, sequenceInput } from "./sequences.js";

/** Options of `PositionalEncoding`. */
export interface PositionalEncodingOptions {
  /** Whether the encodings are learned, instead of sines and cosines: false unless given. */
  learned?: boolean;
  /** The most positions there can be: needed when they are learned, any number unless given otherwise. */
  maxLen?: number | null;
  /** Number of features; told by the first input unless given. */
  nIn?: number | null;
  /** The probability that an entry of the sum is dropped in training: 0 unless given. */
  dropoutP?: number;
  /** Draws the learned encodings: `"trunc_normal(std=0.02)"` unless given. */
  init?: InitializerSpec | null;
  /** float32 unless given. */
  dtype?: FloatDType;
}

const NAME = "PositionalEncoding";
const KNOWN = ["learned", "maxLen", "nIn", "dropoutP", "init", "dtype"];

/**
 * Adds to each position of sequences (N, T, nIn), or one (T, nIn), what tells where it is (Vaswani et al., "Attention is all
 * you need", 2017): at position t
 *
 *     sin(t / 10000 ** (2 i / nIn)) for feature 2 i        cos(t / 10000 ** (2 i / nIn)) for feature 2 i + 1
 *
 * or, if `learned`, row t of the parameter `W` (maxLen, nIn). Dropout acts on the sum.
 */
export class PositionalEncoding extends Layer {
  /** A row to a position (maxLen, nIn); null unless learned. */
  readonly W: LazyParameter | null;
  private readonly options: Required<Omit<PositionalEncodingOptions, "init">>;
  private readonly init: Initializer | null;
  /** Sines and cosines for as many positions as were needed so far. */
  private table: NDArray | null = null;

  /** @throws ArgumentError for options that are unknown or out of range, or when learned encodings have no `maxLen`. */
  constructor(options: PositionalEncodingOptions = {}) {
    super();
    checkOptions(NAME, options, KNOWN);
    const { learned = false, maxLen = null, nIn = null, dropoutP = 0, init = null, dtype = "float32" } = options;
    checkFlag(NAME, "learned", learned);
    if (learned || maxLen !== null) checkCount(NAME, "maxLen", maxLen);
    if (nIn !== null) checkCount(NAME, "nIn", nIn);
    checkProbability(NAME, "dropoutP", dropoutP);
    checkFloat(NAME, dtype);
    if (!learned && init !== null) {
      throw new ArgumentError(`${NAME}: init is given and learned false; expected learned: true, or no init`);
    }
    this.options = { learned, maxLen, nIn, dropoutP, dtype };
    this.init = learned ? resolveInitializer(NAME, init ?? "trunc_normal(std=0.02)") : null;
    this.W = learned ? new LazyParameter("W", [maxLen, nIn], dtype) : null;
    if (nIn !== null) this.initialize(nIn);
  }

  /**
   * @throws ShapeError for an input that is no sequences, has no elements, other features than before or more than `maxLen` positions;
   * DTypeError for another dtype than the module's.
   */
  override forward(x: Operand): Variable {
    const { maxLen, dropoutP, dtype } = this.options;
    const input = sequenceInput(NAME, x, { dtype, features: this.nIn });
    const [positions, features] = input.shape.slice(-2) as [number, number];
    if (maxLen !== null && positions > maxLen) {
      throw new ShapeError(
        `${NAME}: the input of shape ${shapeText(input.shape)} has ${positions} positions; expected at most ${maxLen} (maxLen)`,
      );
    }
    if (this.W?.initialized === false) this.initialize(features);
    const first = slice(0, positions);
    const encodings =
      this.W === null ? constant(this.sinusoids(positions, features).slice(first)) : getItem(this.W, first);
    return dropout(add(input, encodings), { p: dropoutP, training: this.training && config.train });
  }

  protected override hyperparameters(): Hyperparameters {
    const init = this.init === null ? null : initializerName(NAME, this.init);
    return { ...this.options, nIn: this.nIn, init };
  }

  /** The number of features, as far as it is known. */
  private get nIn(): number | null {
    return this.W?.initialized ? this.W.shape[1]! : this.options.nIn;
  }

  private initialize(nIn: number): void {
    const { maxLen, dtype } = this.options;
    if (this.init !== null) this.W?.initialize(drawWeight(NAME, this.init, [maxLen!, nIn], { dtype, gain: 1 }));
  }

  /** The encodings of at least `positions` positions. */
  private sinusoids(positions: number, features: number): NDArray {
    const { table } = this;
    if (table !== null && table.shape[0]! >= positions && table.shape[1] === features) return table;
    const rates = Array.from({ length: features }, (_, j) => 10000 ** (-(j - (j % 2)) / features));
    const rows = Array.from({ length: positions }, (_, t) =>
      rates.map((rate, j) => (j % 2 === 0 ? Math.sin(t * rate) : Math.cos(t * rate))),
    );
    this.table = keep(array(rows, { dtype: this.options.dtype }));
    return this.table;
  }
}
