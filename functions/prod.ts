import { array } from "../core/creation.js";
import type { NDArray } from "../core/ndarray.js";
import { filled, reduce } from "../core/numeric.js";
import { checkOptions } from "../core/options.js";
import { normalizeAxes } from "../core/shape.js";
import type { ReducedShape } from "../core/shape-types/axes.js";
import type { CheckedLiteral, Result, ShapeOf } from "../core/shape-types/operand.js";
import { slice } from "../core/slicing.js";
import { asVariable, type Operand, Variable } from "../core/variable.js";
import { mul } from "./arithmetic.js";
import { getItem } from "./indexing.js";
import { Reduction, reducedCount } from "./reduce.js";
import { where } from "./selection.js";
import { reshape, transpose } from "./shape.js";
import type { ReduceOptions } from "./signatures.js";

class Prod extends Reduction {
  override forward(x: NDArray): NDArray {
    return reduce("prod", x, this.axes, this.keepdims);
  }

  override backward(gy: Variable): Variable {
    const x = this.input(0);
    const kept = x.shape.map((_, axis) => axis).filter((axis) => !this.axes.includes(axis));
    const order = [...this.axes, ...kept];
    const front = transpose(x, order);
    const rows = reshape(front, [reducedCount(x.shape, this.axes), ...kept.map((axis) => x.shape[axis]!)]);
    const others = reshape(productOfOthers(rows), front.shape);
    const back = x.shape.map((_, axis) => order.indexOf(axis));
    return mul(this.aligned(gy), transpose(others, back));
  }
}

/**
 * For each element along the first axis the product of all others. It divides by nothing, so that zeros are no special case and
 * derivatives of every order are right: each element is paired with its mirror image, the product of the others of a pair is
 * found in the same way, and what an element lacks then is its partner. This takes log2(n) steps on halved lengths.
 */
function productOfOthers(x: Variable): Variable {
  const n = x.shape[0]!;
  if (n <= 1) return new Variable(filled([], 1, x.dtype).broadcastTo(x.shape), false);
  const half = Math.ceil(n / 2);
  const partner = withoutMiddle(getItem(x, slice(null, null, -1)));
  const pairs = mul(getItem(x, slice(0, half)), getItem(partner, slice(0, half)));
  const pairOf = Array.from({ length: n }, (_, i) => Math.min(i, n - 1 - i));
  return mul(getItem(productOfOthers(pairs), array(pairOf, { dtype: "int32" })), partner);
}

/** `x` with a 1 for the element in the middle of its first axis, if there is one: it is its own mirror image. */
function withoutMiddle(x: Variable): Variable {
  const n = x.shape[0]!;
  if (n % 2 === 0) return x;
  const middle = Array.from({ length: n }, (_, i) => i === (n - 1) / 2);
  const mask = reshape(array(middle), [n, ...x.shape.slice(1).map(() => 1)]);
  return where(mask, 1, x);
}

/**
 * The product over `axis`; 1 over no elements. int32 and bool are multiplied as int32. Gradients are right with zeros too.
 * @throws AxisError when an axis is out of range or given twice.
 */
export function prod<
  const X extends Operand,
  const One extends number | null | undefined = undefined,
  const Many extends number | undefined = undefined,
  const Keep extends boolean = false,
>(
  x: X,
  options?: CheckedLiteral<ReduceOptions<One, Many, Keep>, ReducedShape<ShapeOf<X>, One, Many, Keep>>,
): Variable<Result<ReducedShape<ShapeOf<X>, One, Many, Keep>>>;
export function prod(x: Operand, options: ReduceOptions = {}): Variable {
  checkOptions("prod", options, ["axis", "keepdims"]);
  const { axis, keepdims = false } = options;
  const input = asVariable("prod", x);
  return new Prod(normalizeAxes("prod", axis, input.ndim), keepdims).apply(input);
}
