import { ArgumentError, AxisError, ShapeError } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { binary, filled, reduce, unary } from "../core/numeric.js";
import { checkOptions, unquoted } from "../core/options.js";
import { normalizeAxes, shapeText } from "../core/shape.js";
import type { ReducedShape } from "../core/shape-types/axes.js";
import type { CheckedLiteral, Result, ShapeOf } from "../core/shape-types/operand.js";
import type { Operand, Variable } from "../core/variable.js";
import { mul } from "./arithmetic.js";
import { equal } from "./comparison.js";
import { floating } from "./dtype.js";
import { abs, sign } from "./math.js";
import { pow } from "./power.js";
import { max, min, Reduction, reducedCount, sum } from "./reduce.js";
import { where } from "./selection.js";
import type { ReduceOptions } from "./signatures.js";
import { quotientOrZero } from "./statistics.js";

/** What `norm` takes besides the options of a reduction. */
export interface NormOrder {
  /** 2 unless given; any number, Infinity, -Infinity, or "fro" for the norm of a matrix. */
  ord?: number | "fro";
}

/** Options of `norm`. */
export interface NormOptions extends ReduceOptions, NormOrder {}

class EuclideanNorm extends Reduction {
  override forward(x: NDArray): NDArray {
    return unary("sqrt", reduce("sum", unary("square", x), this.axes, this.keepdims));
  }

  override backward(gy: Variable): Variable {
    return mul(this.input(0), this.aligned(quotientOrZero(gy, this.output())));
  }
}

/** `sum(|x| ** p) ** (1 / p)`. */
class PowerNorm extends Reduction {
  constructor(
    axes: readonly number[],
    keepdims: boolean,
    private readonly p: number,
  ) {
    super(axes, keepdims);
  }

  override forward(x: NDArray): NDArray {
    const power = (base: NDArray, exponent: number) => binary("pow", base, filled([], exponent, x.dtype));
    return power(reduce("sum", power(unary("abs", x), this.p), this.axes, this.keepdims), 1 / this.p);
  }

  /** sign(x) (|x| / y) ** (p - 1), and 0 where x or y is 0, where for p < 1 it would be infinite. */
  override backward(gy: Variable): Variable {
    const { p } = this;
    const x = this.input(0);
    const magnitude = where(equal(x, 0), 1, abs(x));
    const slope = mul(sign(x), pow(magnitude, p - 1));
    return mul(slope, this.aligned(quotientOrZero(gy, pow(this.output(), p - 1))));
  }
}

/**
 * The vector norm of order `ord` over `axis`, which takes several axes as one vector: 2 (the root of the sum of squares), 1 (the
 * sum of magnitudes), Infinity and -Infinity (the largest and the smallest magnitude), 0 (how many are not 0) or any other p
 * (`sum(|x| ** p) ** (1 / p)`), as `torch.linalg.vector_norm`. "fro" is order 2 over exactly two axes. int32 and bool become
 * float32. The gradient at the zero vector is 0.
 * @throws ArgumentError when `ord` is none of these; AxisError when an axis is out of range, given twice, or when "fro" does not
 * get two; ShapeError for an infinite order over no elements.
 */
export function norm<
  const X extends Operand,
  const One extends number | null | undefined = undefined,
  const Many extends number | undefined = undefined,
  const Keep extends boolean = false,
>(
  x: X,
  options?: CheckedLiteral<ReduceOptions<One, Many, Keep> & NormOrder, ReducedShape<ShapeOf<X>, One, Many, Keep>>,
): Variable<Result<ReducedShape<ShapeOf<X>, One, Many, Keep>>>;
export function norm(x: Operand, options: NormOptions = {}): Variable {
  checkOptions("norm", options, ["ord", "axis", "keepdims"]);
  const { ord = 2, axis, keepdims = false } = options;
  if (ord !== "fro" && (typeof ord !== "number" || Number.isNaN(ord))) {
    throw new ArgumentError(`norm: unknown ord ${unquoted(ord)}; expected a number, Infinity, -Infinity or "fro"`);
  }
  const input = floating("norm", x);
  const axes = normalizeAxes("norm", axis, input.ndim);
  const reduced = { axis: axes, keepdims };
  if (ord === "fro" && axes.length !== 2) {
    throw new AxisError(
      `norm: ord "fro" is the norm of a matrix, got ${axes.length} of the axes of ${shapeText(input.shape)}; expected two`,
    );
  }
  if (ord === Infinity || ord === -Infinity) {
    if (reducedCount(input.shape, axes) === 0) {
      throw new ShapeError(
        `norm: no elements for ord ${ord} in shape ${shapeText(input.shape)}; expected at least one`,
      );
    }
    return (ord > 0 ? max : min)(abs(input), reduced);
  }
  switch (ord) {
    case "fro":
    case 2:
      return new EuclideanNorm(axes, keepdims).apply(input);
    case 1:
      return sum(abs(input), reduced);
    case 0:
      return sum(abs(sign(input)), reduced);
    default:
      return new PowerNorm(axes, keepdims, ord).apply(input);
  }
}
