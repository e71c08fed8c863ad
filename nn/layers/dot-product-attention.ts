import { config } from "../../core/config.js";
import { ArgumentError, DTypeError } from "../../core/errors.js";
import { checkFlag, checkOptions, describe } from "../../core/options.js";
import { asVariable, type Operand, type Variable } from "../../core/variable.js";
import { attention } from "../../functions/attention.js";
import type { Hyperparameters } from "../config.js";
import { Layer } from "../layer.js";
import { layerInput } from "./input.js";

/** Options of `DotProductAttention`. */
export interface DotProductAttentionOptions {
  /** Whether the scores are divided by the square root of the number of features: true unless given. */
  scale?: boolean;
  /** The probability that a weight is dropped in training: 0 unless given. */
  dropoutP?: number;
  /** Whether a query may attend only to keys that are not later: false unless given. The last query and key belong together. */
  causal?: boolean;
}

/** What `DotProductAttention.forward` takes beside queries, keys and values. */
export interface AttentionInput {
  /** Bool (true may attend) or floating-point (added to the scores), of a shape that broadcasts to (..., Tq, Tk). */
  mask?: Operand | null;
}

const NAME = "DotProductAttention";

/**
 * `softmax(q k^T / sqrt(dk)) v` (Vaswani et al., "Attention is all you need", 2017) of queries (..., Tq, dk), keys
 * (..., Tk, dk) and values (..., Tk, dv) to (..., Tq, dv), with leading axes that broadcast; without them the input is one
 * sequence. It has no parameters. A query that may attend to nothing gets zeros. In training, dropout acts on the weights
 * after the softmax and divides the rest by `1 - dropoutP`. PyTorch's `scaled_dot_product_attention`.
 */
export class DotProductAttention extends Layer {
  private readonly scale: boolean;
  private readonly dropoutP: number;
  private readonly causal: boolean;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: DotProductAttentionOptions = {}) {
    super();
    checkOptions(NAME, options, ["scale", "dropoutP", "causal"]);
    const { scale = true, dropoutP = 0, causal = false } = options;
    checkFlag(NAME, "scale", scale);
    checkFlag(NAME, "causal", causal);
    if (typeof dropoutP !== "number" || !(dropoutP >= 0 && dropoutP <= 1)) {
      throw new ArgumentError(`${NAME}: dropoutP is ${describe(dropoutP)}; expected a probability from 0 to 1`);
    }
    this.scale = scale;
    this.dropoutP = dropoutP;
    this.causal = causal;
  }

  /**
   * @throws ShapeError for fewer than two axes, no elements, and shapes that do not fit each other; DTypeError when the three
   * are not of one floating-point dtype, or for a mask of integers.
   */
  override forward(q: Operand, k: Operand, v: Operand, input: AttentionInput = {}): Variable {
    checkOptions(NAME, input, ["mask"]);
    const query = layerInput(NAME, q, { layout: "(..., Tq, dk)", ndim: 2, orMore: true });
    const key = sameKind("keys", query, k, "(..., Tk, dk)");
    const value = sameKind("values", query, v, "(..., Tk, dv)");
    return attention(NAME, query, key, value, {
      mask: input.mask,
      causal: this.causal,
      scale: this.scale ? undefined : 1,
      dropoutP: this.dropoutP,
      training: this.training && config.train,
    });
  }

  protected override hyperparameters(): Hyperparameters {
    return { scale: this.scale, dropoutP: this.dropoutP, causal: this.causal };
  }
}

/** The keys or values as a Variable of the dtype of the queries; literal numbers take it. */
function sameKind(what: string, query: Variable, x: Operand, layout: string): Variable {
  const input = layerInput(NAME, asVariable(NAME, x, query), { layout, ndim: 2, orMore: true });
  if (input.dtype === query.dtype) return input;
  throw new DTypeError(
    `${NAME}: the ${what} are ${input.dtype} and the queries ${query.dtype}; expected one dtype (astype)`,
  );
}
