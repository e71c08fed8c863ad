import { zeros } from "../../core/creation.js";
import type { FloatDType } from "../../core/dtype.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import { checkChoice, checkCount, checkFloat, checkOptions, describe } from "../../core/options.js";
import type { Shape } from "../../core/shape.js";
import type { Operand, Variable } from "../../core/variable.js";
import { type EmbeddingPool, type IdBags, lookUp, poolRows } from "../../functions/embedding.js";
import { expandDims } from "../../functions/shape.js";
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

/** Options of `Embedding`. */
export interface EmbeddingOptions {
  /** Length of the vector of each id. */
  nOut: number;
  /** Number of ids: 0 to vocabSize - 1. */
  vocabSize: number;
  /** Whether the vectors of a bag of ids are joined to one: null, their sum or their mean; null unless given. */
  pool?: EmbeddingPool | null;
  /** An id that fills up: its vector starts at 0 and does not learn, and bags leave it out. None unless given. */
  paddingId?: number | null;
  /** Draws the vectors: `"glorot_uniform"` unless given. */
  init?: InitializerSpec;
  /** float32 unless given. */
  dtype?: FloatDType;
}

const KNOWN = ["nOut", "vocabSize", "pool", "paddingId", "init", "dtype"];

/**
 * A learned vector for each id, the rows of `W` (vocabSize, nOut): ids (int32) of any shape, such as (N, nIn), to (N, nIn, nOut).
 * With `pool` bags of ids, (N, nIn) or a list of lists of any lengths, to the sum or the mean of each one's vectors (N, 1, nOut),
 * zeros for an empty bag. Gradients add up where an id is repeated, also inside a bag. PyTorch's `Embedding` and `EmbeddingBag`,
 * which has no axis of length 1.
 */
export class Embedding extends Layer {
  /** The vectors, one to a row. */
  readonly W: LazyParameter;
  private readonly pool: EmbeddingPool | null;
  private readonly paddingId: number | null;
  private readonly init: Initializer;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: EmbeddingOptions) {
    super();
    checkOptions("Embedding", options, KNOWN);
    const { nOut, vocabSize, pool = null, paddingId = null, init = "glorot_uniform", dtype = "float32" } = options;
    checkCount("Embedding", "nOut", nOut);
    checkCount("Embedding", "vocabSize", vocabSize);
    checkChoice("Embedding", "pool", pool, [null, "sum", "mean"]);
    if (paddingId !== null) checkPadding(paddingId, vocabSize);
    checkFloat("Embedding", dtype);
    this.pool = pool;
    this.paddingId = paddingId;
    this.init = resolveInitializer("Embedding", init);
    this.W = new LazyParameter("W", [vocabSize, nOut], dtype);
    this.W.initialize(this.draw([vocabSize, nOut], dtype));
  }

  /**
   * @throws DTypeError for ids that are not integers; IndexError for an id outside the vocabulary; ShapeError for no ids or no
   * bags, and with `pool` for an array of other than two axes.
   */
  override forward(ids: IdBags): Variable {
    const y =
      this.pool === null
        ? this.lookup(ids as Operand)
        : expandDims(poolRows("Embedding", this.W, ids, this.pool, this.paddingId), 1);
    if (y.size > 0) return y;
    throw new ShapeError(`Embedding: there are no ${this.pool === null ? "ids" : "bags"}; expected at least one`);
  }

  /** The vectors of ids of any shape, (...ids.shape, nOut), also of a layer that pools. */
  lookup(ids: Operand): Variable {
    return lookUp("Embedding", this.W, ids, this.paddingId);
  }

  protected override hyperparameters(): Hyperparameters {
    const [vocabSize, nOut] = this.W.shape as [number, number];
    return {
      nOut,
      vocabSize,
      pool: this.pool,
      paddingId: this.paddingId,
      init: initializerName("Embedding", this.init),
      dtype: this.W.dtype,
    };
  }

  private draw(shape: Shape, dtype: FloatDType): NDArray {
    const drawn = drawWeight("Embedding", this.init, shape, { dtype, gain: 1 });
    if (this.paddingId === null) return drawn;
    const weight = drawn.copy();
    weight.slice(this.paddingId).assign(zeros([], { dtype }));
    return weight;
  }
}

function checkPadding(paddingId: unknown, vocabSize: number): void {
  if (Number.isInteger(paddingId) && (paddingId as number) >= 0 && (paddingId as number) < vocabSize) return;
  throw new ArgumentError(`Embedding: paddingId is ${describe(paddingId)}; expected an id, 0 to ${vocabSize - 1}`);
}
