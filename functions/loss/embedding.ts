import { ArgumentError, ShapeError } from "../../core/errors.js";
import { checkOptions } from "../../core/options.js";
import { sameShape, shapeText } from "../../core/shape.js";
import { asVariable, type Operand, type Variable } from "../../core/variable.js";
import { relu } from "../activation.js";
import { add, div, mul, sub } from "../arithmetic.js";
import { equal } from "../comparison.js";
import { floating } from "../dtype.js";
import { sqrt, square } from "../math.js";
import { norm } from "../norm.js";
import { sum } from "../reduce.js";
import { minimum, where } from "../selection.js";
import { checkNotEmpty, checkReduction, checkSetting, type LossOptions, REDUCTIONS, reduced } from "./entry-loss.js";

/** Added to the squares of lengths, so that zero vectors have a cosine; as in PyTorch, which rounds it to float32. */
const LEAST_SQUARE = /* @__PURE__ */ Math.fround(1e-12);

/** Options of `cosineEmbeddingLoss`. */
export interface CosineEmbeddingOptions extends LossOptions {
  /** The cosine that unlike vectors may have, from -1 to 1: 0 unless given. */
  margin?: number;
}

/**
 * For pairs of vectors `a` and `b` (..., D) that `t` (...) calls alike (1) or unlike (-1): 1 less their cosine where alike, what
 * the cosine has above `margin` where not. The mean over the pairs unless told. PyTorch's `cosine_embedding_loss`.
 * @throws ShapeError when the shapes do not fit or there are no vectors; ArgumentError for a target that is neither 1 nor -1, or
 * options out of range.
 */
export function cosineEmbeddingLoss(
  a: Operand,
  b: Operand,
  t: Operand,
  options: CosineEmbeddingOptions = {},
): Variable {
  checkOptions("cosineEmbeddingLoss", options, ["margin", "reduction"]);
  const { margin = 0, reduction = "mean" } = options;
  checkReduction("cosineEmbeddingLoss", reduction, REDUCTIONS);
  checkCosineMargin("cosineEmbeddingLoss", margin);
  const [x, y] = vectors("cosineEmbeddingLoss", ["a", "b"], [a, b]) as [Variable, Variable];
  const target = asVariable("cosineEmbeddingLoss", t, x);
  const pairs = x.shape.slice(0, -1);
  if (!sameShape(target.shape, pairs)) {
    throw new ShapeError(
      `cosineEmbeddingLoss: the vectors have shape ${shapeText(x.shape)} and the target ${shapeText(target.shape)}; expected a target of shape ${shapeText(pairs)}`,
    );
  }
  const labels = target.toTypedArray();
  const wrong = labels.findIndex((label) => label !== 1 && label !== -1);
  if (wrong >= 0) {
    throw new ArgumentError(
      `cosineEmbeddingLoss: the target holds ${labels[wrong]} at position ${wrong}; expected 1 (alike) or -1 (unlike)`,
    );
  }
  const length = (v: Variable) => sqrt(add(sum(square(v), { axis: -1 }), LEAST_SQUARE));
  const cosine = div(sum(mul(x, y), { axis: -1 }), mul(length(x), length(y)));
  const losses = where(equal(target, 1), sub(1, cosine), relu(sub(cosine, margin)));
  return reduced(losses, reduction);
}

/** Options of `tripletMarginLoss`. */
export interface TripletMarginOptions extends LossOptions {
  /** How much further the negative should be than the positive, above 0: 1 unless given. */
  margin?: number;
  /** The order of the norm that measures distances, above 0: 2 unless given. */
  p?: number;
  /** Added to every difference: 1e-6 unless given. */
  epsilon?: number;
  /** Whether the distance of the negative is that to the anchor or to the positive, the smaller: false unless given. */
  swap?: boolean;
}

/**
 * What the distance between `anchor` and `positive` plus `margin` has above that between `anchor` and `negative`, all
 * (..., D); the distance is the norm of the difference plus `epsilon`. The mean over the triplets unless told. PyTorch's
 * `triplet_margin_loss`; `swap` after Balntas et al., "Learning shallow convolutional feature descriptors with triplet
 * losses", 2016.
 * @throws ShapeError when the shapes differ or there are no vectors; ArgumentError for options out of range.
 */
export function tripletMarginLoss(
  anchor: Operand,
  positive: Operand,
  negative: Operand,
  options: TripletMarginOptions = {},
): Variable {
  checkOptions("tripletMarginLoss", options, ["margin", "p", "epsilon", "swap", "reduction"]);
  const { margin = 1, p = 2, epsilon = 1e-6, swap = false, reduction = "mean" } = options;
  checkReduction("tripletMarginLoss", reduction, REDUCTIONS);
  checkTriplet("tripletMarginLoss", { margin, p, epsilon });
  const names = ["anchor", "positive", "negative"];
  const [a, near, far] = vectors("tripletMarginLoss", names, [anchor, positive, negative]) as [
    Variable,
    Variable,
    Variable,
  ];
  const distance = (u: Variable, v: Variable) => norm(add(sub(u, v), epsilon), { ord: p, axis: -1 });
  const away = swap ? minimum(distance(a, far), distance(near, far)) : distance(a, far);
  return reduced(relu(add(sub(distance(a, near), away), margin)), reduction);
}

/** Vectors along the last axis, all of one shape. */
function vectors(operation: string, names: readonly string[], xs: readonly Operand[]): Variable[] {
  const first = floating(operation, xs[0]!);
  const all = xs.map((x, i) => (i === 0 ? first : floating(operation, asVariable(operation, x, first))));
  const other = all.findIndex((x) => x.ndim === 0 || !sameShape(x.shape, first.shape));
  if (other >= 0) {
    throw new ShapeError(
      `${operation}: ${names[0]} has shape ${shapeText(first.shape)} and ${names[other]} ${shapeText(all[other]!.shape)}; ` +
        "expected vectors of equal shapes, (..., D)",
    );
  }
  checkNotEmpty(operation, names[0]!, first);
  return all;
}

/**
 * Checks the option `margin` of `cosineEmbeddingLoss`.
 * @throws ArgumentError when it is not a number from -1 to 1.
 */
export function checkCosineMargin(operation: string, margin: number): void {
  checkSetting(operation, "margin", margin, (value) => value >= -1 && value <= 1, "a number from -1 to 1");
}

/**
 * Checks the numbers among the options of `tripletMarginLoss`.
 * @throws ArgumentError when one is out of range.
 */
export function checkTriplet(
  operation: string,
  { margin, p, epsilon }: { margin: number; p: number; epsilon: number },
): void {
  checkSetting(operation, "margin", margin, (value) => value > 0, "a finite number above 0");
  checkSetting(operation, "p", p, (value) => value > 0, "a finite number above 0");
  checkSetting(operation, "epsilon", epsilon, (value) => value >= 0, "a finite number of at least 0");
}
