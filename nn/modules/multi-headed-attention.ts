import type { FloatDType } from "../../core/dtype.js";
import { ArgumentError, DTypeError, ShapeError } from "../../core/errors.js";
import { checkCount, checkFlag, checkFloat, checkOptions } from "../../core/options.js";
import { type Shape, sameShape, shapeText } from "../../core/shape.js";
import { asVariable, type Operand, type Variable } from "../../core/variable.js";
import { expandDims, reshape, swapaxes } from "../../functions/shape.js";
import type { Hyperparameters } from "../config.js";
import { type InitializerSpec, initializerName, resolveInitializer } from "../initializers.js";
import { Layer } from "../layer.js";
import { type AttentionInput, DotProductAttention } from "../layers/dot-product-attention.js";
import type { FullyConnected } from "../layers/fully-connected.js";
import { checkProbability, sequenceInput } from "./sequences.js";
import { dense, initializeAs, type Sizes, sizesOf } from "./sizes.js";

/** Options of `MultiHeadedAttentionModule`. */
export interface MultiHeadedAttentionOptions {
  /** Number of heads: 8 unless given. */
  nHeads?: number;
  /** Number of features of the queries; told by the first ones unless given. */
  nIn?: number | null;
  /** Number of features of the keys; told by the first ones unless given, but `nIn` when that is given. */
  nKey?: number | null;
  /** Number of features of the values; told by the first ones unless given, but `nKey` when that is given. */
  nValue?: number | null;
  /** Number of features of the projected queries, keys and values, those of all heads together: `nIn` unless given. */
  kqvDim?: number | null;
  /** Number of features of the output: `nIn` unless given. */
  nOut?: number | null;
  /** The probability that a weight is dropped in training: 0 unless given. */
  dropoutP?: number;
  /** Whether a query may attend only to keys that are not later: false unless given. The last query and key belong together. */
  causal?: boolean;
  /** Draws the weights: `"glorot_uniform"` unless given. Biases start at 0. */
  init?: InitializerSpec;
  /** Whether there are biases: true unless given. */
  bias?: boolean;
  /** float32 unless given. */
  dtype?: FloatDType;
}

const NAME = "MultiHeadedAttentionModule";
const KNOWN = [
  ...["nHeads", "nIn", "nKey", "nValue", "kqvDim", "nOut"],
  ...["dropoutP", "causal", "init", "bias", "dtype"],
];

/**
 * Attention by several heads (Vaswani et al., "Attention is all you need", 2017) of queries (N, Tq, nIn) to keys (N, Tk, nKey)
 * with values (N, Tk, nValue): (N, Tq, nOut), or the same without N for one sequence. `Q`, `K` and `V` project them to `kqvDim`
 * features, of which each head takes `kqvDim / nHeads` neighbouring ones for `softmax(q k^T / sqrt(kqvDim / nHeads)) v`, and `O`
 * projects what all heads found. Dropout acts on the weights after the softmax. A query that may attend to nothing gets the
 * bias of `O`.
 *
 * PyTorch's `nn.MultiheadAttention(nIn, nHeads, batch_first=True)` has the transposes of `Q.W`, `K.W` and `V.W` below each other in
 * `in_proj_weight` and that of `O.W` in `out_proj.weight`.
 */
export class MultiHeadedAttentionModule extends Layer {
  /** Makes the queries. */
  readonly Q: FullyConnected;
  /** Makes the keys. */
  readonly K: FullyConnected;
  /** Makes the values. */
  readonly V: FullyConnected;
  /** Makes the output of what the heads gave. */
  readonly O: FullyConnected;
  /** What every head does. */
  readonly attention: DotProductAttention;
  private readonly options: Required<MultiHeadedAttentionOptions>;

  /** @throws ArgumentError for options that are unknown or out of range, or when the heads cannot share the features. */
  constructor(options: MultiHeadedAttentionOptions = {}) {
    super();
    checkOptions(NAME, options, KNOWN);
    const { nHeads = 8, nIn = null } = options;
    const nKey = options.nKey ?? nIn;
    const nValue = options.nValue ?? nKey;
    const kqvDim = options.kqvDim ?? nIn;
    const nOut = options.nOut ?? nIn;
    const { dropoutP = 0, causal = false, init = "glorot_uniform", bias = true, dtype = "float32" } = options;
    checkCount(NAME, "nHeads", nHeads);
    for (const [option, n] of Object.entries({ nIn, nKey, nValue, kqvDim, nOut })) {
      if (n !== null) checkCount(NAME, option, n);
    }
    checkProbability(NAME, "dropoutP", dropoutP);
    checkFlag(NAME, "causal", causal);
    resolveInitializer(NAME, init);
    checkFlag(NAME, "bias", bias);
    checkFloat(NAME, dtype);
    if (kqvDim !== null) checkHeads(NAME, nHeads, kqvDim);
    this.options = { nHeads, nIn, nKey, nValue, kqvDim, nOut, dropoutP, causal, init, bias, dtype };
    const projection = (...sizes: Sizes) => dense(nIn !== null, sizes, { init, bias, dtype });
    this.Q = projection(nIn, kqvDim);
    this.K = projection(nKey, kqvDim);
    this.V = projection(nValue, kqvDim);
    this.O = projection(kqvDim, nOut);
    this.attention = new DotProductAttention({ dropoutP, causal });
  }

  /**
   * The keys are the queries and the values the keys unless given. A mask is bool (true may attend) or floating-point (added to
   * the scores): (Tq, Tk) for all, (N, Tq, Tk) for each sequence, as (N, 1, Tk) where some end earlier, or (N, nHeads, Tq, Tk);
   * lengths of 1 broadcast.
   * @throws ShapeError for inputs that are no sequences, have no elements, another number of features than before, or do not
   * fit each other or the mask; DTypeError for another dtype than the module's, or a mask of integers; ArgumentError when the
   * heads cannot share the features. Nothing has changed then.
   */
  override forward(
    q: Operand,
    k: Operand | null = null,
    v: Operand | null = null,
    input: AttentionInput = {},
  ): Variable {
    checkOptions(NAME, input, ["mask"]);
    const { nHeads, dtype } = this.options;
    const take = (what: string, x: Operand, layout: string, layer: FullyConnected) =>
      sequenceInput(`${NAME}: ${what}`, x, { dtype, layout, features: sizesOf(layer)[0] });
    const queries = take("queries", q, "(N, Tq, nIn)", this.Q);
    const keys = take("keys", k ?? queries, "(N, Tk, nKey)", this.K);
    const values = take("values", v ?? keys, "(N, Tk, nValue)", this.V);
    checkTogether(queries, keys, values);
    const [nIn, nKey, nValue] = [queries, keys, values].map((x) => x.shape.at(-1)!);
    checkHeads(NAME, nHeads, sizesOf(this.Q)[1] ?? nIn!);
    const mask = attentionMask(`${NAME}: mask`, input.mask, dtype, scoresShape(queries, keys, nHeads));
    if (!this.Q.W.initialized) {
      initializeAs(this, new MultiHeadedAttentionModule({ ...this.options, nIn, nKey, nValue }));
    }
    const [qs, ks, vs] = [this.Q.forward(queries), this.K.forward(keys), this.V.forward(values)];
    const found = this.attention.forward(this.heads(qs), this.heads(ks), this.heads(vs), { mask });
    return this.O.forward(reshape(swapaxes(found, -2, -3), qs.shape));
  }

  protected override hyperparameters(): Hyperparameters {
    const { init } = this.options;
    const [nIn, kqvDim] = sizesOf(this.Q);
    const [[nKey], [nValue], [, nOut]] = [sizesOf(this.K), sizesOf(this.V), sizesOf(this.O)];
    const sizes = { nIn, nKey, nValue, kqvDim, nOut };
    return { ...this.options, ...sizes, init: initializerName(NAME, resolveInitializer(NAME, init)) };
  }

  /** Projected sequences (N, T, kqvDim) as those of the heads, (N, nHeads, T, kqvDim / nHeads). */
  private heads(x: Variable): Variable {
    const { nHeads } = this.options;
    return swapaxes(reshape(x, [...x.shape.slice(0, -1), nHeads, x.shape.at(-1)! / nHeads]), -2, -3);
  }
}

/**
 * Checks that heads can share features.
 * @throws ArgumentError naming the module.
 */
export function checkHeads(operation: string, nHeads: number, features: number): void {
  if (features % nHeads === 0) return;
  throw new ArgumentError(
    `${operation}: nHeads is ${nHeads} and there are ${features} features to share; expected a multiple of ${nHeads}`,
  );
}

/** The shape (N, nHeads, Tq, Tk) of the scores, without N for one sequence. */
export function scoresShape(queries: Variable, keys: Variable, nHeads: number): Shape {
  return [...queries.shape.slice(0, -2), nHeads, queries.shape.at(-2)!, keys.shape.at(-2)!];
}

/**
 * A mask as `DotProductAttention` takes it: one of three axes gets an axis for the heads when there is a batch.
 * @throws DTypeError when it is neither bool nor of the module's dtype; ShapeError when it does not fit the scores.
 */
export function attentionMask(
  operation: string,
  mask: Operand | null | undefined,
  dtype: FloatDType,
  scores: Shape,
): Variable | null {
  if (mask === null || mask === undefined) return null;
  const own = asVariable(operation, mask);
  const given = own.dtype === "bool" ? own : asVariable(operation, mask, { dtype });
  if (given.dtype !== "bool" && given.dtype !== dtype) {
    throw new DTypeError(
      `${operation}: it is ${given.dtype}; expected bool (true may attend) or ${dtype} (added to the scores)`,
    );
  }
  const spread = scores.length === 4 && given.ndim === 3 ? expandDims(given, 1) : given;
  spread.data.broadcastTo(scores, operation);
  return spread;
}

function checkTogether(queries: Variable, keys: Variable, values: Variable): void {
  const text = ({ shape }: Variable) => shapeText(shape);
  if (!sameShape(keys.shape.slice(0, -1), values.shape.slice(0, -1))) {
    throw new ShapeError(
      `${NAME}: the keys have shape ${text(keys)} and the values ${text(values)}; expected a value for each key`,
    );
  }
  if (!sameShape(queries.shape.slice(0, -2), keys.shape.slice(0, -2))) {
    throw new ShapeError(
      `${NAME}: the queries have shape ${text(queries)} and the keys ${text(keys)}; expected as many sequences`,
    );
  }
}
