import { config } from "../core/config.js";
import { arange } from "../core/creation.js";
import { isFloat } from "../core/dtype.js";
import { ArgumentError, DTypeError, ShapeError } from "../core/errors.js";
import { FrugalFunction } from "../core/frugal-function.js";
import type { NDArray } from "../core/ndarray.js";
import * as numeric from "../core/numeric.js";
import { checkOptions } from "../core/options.js";
import { broadcastShapes, type Shape, shapeText } from "../core/shape.js";
import { asVariable, type Operand, type Variable } from "../core/variable.js";
import { SoftmaxGrad, softmax } from "./activation.js";
import { add, mul } from "./arithmetic.js";
import { floating } from "./dtype.js";
import { matmul } from "./linalg.js";
import { dropout } from "./random.js";
import { swapaxes } from "./shape.js";

/** Options of `scaledDotProductAttention`. */
export interface AttentionOptions {
  /**
   * Of a shape that broadcasts to (..., Tq, Tk). Bool: true where a query may attend to a key. Floating-point: added to the
   * scores, where -Infinity forbids; gradients flow to it.
   */
  mask?: Operand | null;
  /** Whether a query may attend only to keys that are not later: false unless given. The last query and key belong together. */
  causal?: boolean;
  /** Factor of the scores: 1 / sqrt(dk) unless given. */
  scale?: number;
  /** The probability that a weight is dropped in training: 0 unless given. */
  dropoutP?: number;
  /** Whether to drop weights: as the configuration says unless given. */
  training?: boolean;
}

/** Which scores count: those where a bool array is true, or those of keys that are not later than the query. */
type Allowed = NDArray | "notLater";

/** The scores' two parts that a mask gives: what is added to them, and where they count at all; null for neither. */
interface Masking {
  bias: Variable | null;
  allowed: Allowed | null;
}

/** Softmax along the last axis over the allowed entries, 0 at the others; a row that has none gives zeros. */
class MaskedSoftmax extends FrugalFunction {
  constructor(private readonly allowed: Allowed) {
    super();
  }

  override forward(scores: NDArray): NDArray {
    return this.allowed === "notLater" ? numeric.causalSoftmax(scores) : maskedSoftmax(scores, this.allowed);
  }

  /** That of softmax, which is 0 where the output is. */
  override backward(gy: Variable): Variable {
    return new SoftmaxGrad(gy.ndim - 1).apply(gy, this.output());
  }
}

/**
 * `softmax(q k^T / sqrt(dk)) v` of queries (..., Tq, dk), keys (..., Tk, dk) and values (..., Tk, dv), whose leading axes
 * broadcast: (..., Tq, dv) (Vaswani et al., "Attention is all you need", 2017). As PyTorch's `scaled_dot_product_attention`,
 * except that a causal mask aligns the ends of queries and keys, and that a query which may attend to nothing gets zeros and
 * passes on zero gradients. Dropout acts on the softmax's weights, and divides the rest by `1 - dropoutP`.
 * @throws ShapeError for fewer than two axes and for shapes that do not fit each other; DTypeError for an integer mask;
 * ArgumentError for a `scale` or `dropoutP` out of range.
 */
export function scaledDotProductAttention(
  q: Operand,
  k: Operand,
  v: Operand,
  options: AttentionOptions = {},
): Variable {
  checkOptions("scaledDotProductAttention", options, ["mask", "causal", "scale", "dropoutP", "training"]);
  return attention("scaledDotProductAttention", q, k, v, options);
}

/** @internal `scaledDotProductAttention` on behalf of `operation`, which its errors name. */
export function attention(
  operation: string,
  q: Operand,
  k: Operand,
  v: Operand,
  options: AttentionOptions = {},
): Variable {
  const { mask = null, causal = false, dropoutP = 0, training = config.train } = options;
  const [query, key, value] = [floating(operation, q), floating(operation, k), floating(operation, v)];
  const shape = scoresShape(operation, query, key, value);
  const { scale = 1 / Math.sqrt(query.shape.at(-1)!) } = options;
  if (!(dropoutP >= 0 && dropoutP <= 1)) {
    throw new ArgumentError(`${operation}: dropoutP is ${dropoutP}; expected a probability from 0 to 1`);
  }
  if (options.scale !== undefined && !Number.isFinite(scale)) {
    throw new ArgumentError(`${operation}: scale is ${scale}; expected a finite number`);
  }
  const { bias, allowed } = masking(operation, mask, causal, query, shape);
  const products = matmul(mul(query, scale), swapaxes(key, -1, -2));
  const scores = bias === null ? products : add(products, bias);
  const weights = allowed === null ? softmax(scores) : new MaskedSoftmax(allowed).apply(scores);
  return matmul(dropout(weights, { p: dropoutP, training }), value);
}

/** The shape (..., Tq, Tk) of the scores. */
function scoresShape(operation: string, query: Variable, key: Variable, value: Variable): Shape {
  const [q, k, v] = [query.shape, key.shape, value.shape];
  for (const [name, shape, layout] of [
    ["query", q, "(..., Tq, dk)"],
    ["key", k, "(..., Tk, dk)"],
    ["value", v, "(..., Tk, dv)"],
  ] as const) {
    if (shape.length >= 2) continue;
    throw new ShapeError(`${operation}: the ${name} has shape ${shapeText(shape)}; expected at least 2 axes ${layout}`);
  }
  if (q.at(-1) !== k.at(-1)) {
    throw new ShapeError(
      `${operation}: the query ${shapeText(q)} has ${q.at(-1)} features and the key ${shapeText(k)} has ${k.at(-1)}; expected as many`,
    );
  }
  if (k.at(-2) !== v.at(-2)) {
    throw new ShapeError(
      `${operation}: the key ${shapeText(k)} has ${k.at(-2)} positions and the value ${shapeText(v)} has ${v.at(-2)}; expected as many`,
    );
  }
  const leading = broadcastShapes(operation, q.slice(0, -2), k.slice(0, -2));
  broadcastShapes(operation, leading, v.slice(0, -2));
  return [...leading, q.at(-2)!, k.at(-2)!];
}

function masking(operation: string, mask: Operand | null, causal: boolean, query: Variable, shape: Shape): Masking {
  const [Tq, Tk] = [shape.at(-2)!, shape.at(-1)!];
  // With a single query at the end of the keys nothing is later.
  const earlier = causal && Tq > 1 ? "notLater" : null;
  if (mask === null) return { bias: null, allowed: earlier };
  const given = maskVariable(operation, mask, query);
  given.data.broadcastTo(shape, `${operation}: mask`);
  const together = (a: NDArray) => (earlier === null ? a : both(a, notLater(Tq, Tk)));
  if (given.dtype === "bool") return { bias: null, allowed: together(given.data) };
  const forbidden = numeric.filled([], Number.NEGATIVE_INFINITY, given.dtype);
  const finite = numeric.compare("notEqual", given.data, forbidden);
  return { bias: given, allowed: all(finite) ? earlier : together(finite) };
}

function maskVariable(operation: string, mask: Operand, query: Variable): Variable {
  const own = asVariable(operation, mask);
  if (own.dtype === "bool") return own;
  const given = asVariable(operation, mask, query);
  if (isFloat(given.dtype)) return given;
  throw new DTypeError(
    `${operation}: the mask is ${given.dtype}; expected bool (true may attend) or floating-point (added to the scores)`,
  );
}

/** (Tq, Tk), true where the key is not later than the query when the last of both belong together. */
function notLater(Tq: number, Tk: number): NDArray {
  const keys = arange(Tk, { dtype: "int32" });
  const queries = arange(Tk - Tq, Tk, { dtype: "int32" }).reshape([Tq, 1]);
  return numeric.compare("lessEqual", keys, queries);
}

function both(a: NDArray, b: NDArray): NDArray {
  return numeric.where(a, b, numeric.filled([], 0, "bool"));
}

function all(x: NDArray): boolean {
  return numeric.reduce("sum", x, [...x.shape.keys()], false).item() === x.size;
}

/** `MaskedSoftmax` where `allowed` broadcasts to the shape of the scores. */
function maskedSoftmax(scores: NDArray, allowed: NDArray): NDArray {
  const rows = allowed.ndim === 0 ? allowed.reshape([1]) : allowed;
  const counts = numeric.reduce("sum", rows, [rows.ndim - 1], true);
  const open = numeric.compare("greater", counts, numeric.filled([], 0, "int32"));
  const number = (value: number) => numeric.filled([], value, scores.dtype);
  const forbidden = number(Number.NEGATIVE_INFINITY);
  const last = scores.ndim - 1;
  if (all(open)) return numeric.softmax(numeric.where(rows, scores, forbidden), last, false);
  // A row of nothing but -Infinity would be NaN: it is computed from zeros, and its weights become 0.
  const fill = numeric.where(open, forbidden, number(0));
  const weights = numeric.softmax(numeric.where(rows, scores, fill), last, false);
  return numeric.where(rows, weights, number(0));
}
