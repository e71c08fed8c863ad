import { floatOf } from "../core/dtype.js";
import type { NDArray } from "../core/ndarray.js";
import { binary, compare, filled, reduce, where as select, unary } from "../core/numeric.js";
import { checkOptions } from "../core/options.js";
import { normalizeAxes } from "../core/shape.js";
import type { ReducedShape } from "../core/shape-types/axes.js";
import type { CheckedLiteral, Result, ShapeOf } from "../core/shape-types/operand.js";
import { asVariable, type Operand, type Variable } from "../core/variable.js";
import { div, mul, sub } from "./arithmetic.js";
import { equal } from "./comparison.js";
import { exp } from "./math.js";
import { mean, Reduction, reducedCount } from "./reduce.js";
import { where } from "./selection.js";
import type { ReduceOptions } from "./signatures.js";

/** What `var` and `std` take besides the options of a reduction. */
export interface Divisor {
  /** The mean square is divided by the number of elements less this: 0 unless given, 1 for an unbiased estimate. */
  ddof?: number;
}

/** Options of `var` and `std`. */
export interface VarianceOptions extends ReduceOptions, Divisor {}

class Variance extends Reduction {
  constructor(
    axes: readonly number[],
    keepdims: boolean,
    /** The degrees of freedom, which the sum of squares is divided by. */
    protected readonly divisor: number,
  ) {
    super(axes, keepdims);
  }

  override forward(x: NDArray): NDArray {
    const source = x.astype(floatOf(x.dtype));
    const count = filled([], reducedCount(x.shape, this.axes), source.dtype);
    const centered = binary("sub", source, binary("div", reduce("sum", source, this.axes, true), count));
    const squares = reduce("sum", unary("square", centered), this.axes, this.keepdims);
    return binary("div", squares, filled([], this.divisor, source.dtype));
  }

  override backward(gy: Variable): Variable {
    return mul(this.centered(), this.aligned(mul(gy, 2 / this.divisor)));
  }

  protected centered(): Variable {
    const x = this.input(0);
    return sub(x, mean(x, { axis: this.axes, keepdims: true }));
  }
}

class StandardDeviation extends Variance {
  override forward(x: NDArray): NDArray {
    return unary("sqrt", super.forward(x));
  }

  override backward(gy: Variable): Variable {
    const factor = mul(quotientOrZero(gy, this.output()), 1 / this.divisor);
    return mul(this.centered(), this.aligned(factor));
  }
}

class LogSumExp extends Reduction {
  override forward(x: NDArray): NDArray {
    const source = x.astype(floatOf(x.dtype));
    if (reducedCount(x.shape, this.axes) === 0) return unary("log", reduce("sum", source, this.axes, this.keepdims));
    const largest = reduce("max", source, this.axes, true);
    const finite = compare("less", unary("abs", largest), filled([], Infinity, source.dtype));
    const shift = select(finite, largest, filled([], 0, source.dtype));
    const total = reduce("sum", unary("exp", binary("sub", source, shift)), this.axes, this.keepdims);
    return binary("add", unary("log", total), shift.reshape(total.shape));
  }

  /** Where all of a row is -infinity the softmax that is the gradient would be NaN; it is 0, as `y` is -infinity whatever moves. */
  override backward(gy: Variable): Variable {
    const y = this.output();
    const shift = where(equal(y, -Infinity), 0, y);
    return mul(this.aligned(gy), exp(sub(this.input(0), this.aligned(shift))));
  }
}

/** @internal `a / b`, and 0 with no gradient where `b` is 0: what PyTorch's gradients of roots are at 0. */
export function quotientOrZero(a: Variable, b: Variable): Variable {
  const zero = equal(b, 0);
  return where(zero, 0, div(a, where(zero, 1, b)));
}

/**
 * The variance over `axis`: the mean square distance from the mean, divided by the number of elements less `ddof`; float32 for
 * int32 and bool. Where no degree of freedom is left it divides by 0, as NumPy does: NaN for a single element.
 * @throws AxisError when an axis is out of range or given twice.
 */
function variance<
  const X extends Operand,
  const One extends number | null | undefined = undefined,
  const Many extends number | undefined = undefined,
  const Keep extends boolean = false,
>(
  x: X,
  options?: CheckedLiteral<ReduceOptions<One, Many, Keep> & Divisor, ReducedShape<ShapeOf<X>, One, Many, Keep>>,
): Variable<Result<ReducedShape<ShapeOf<X>, One, Many, Keep>>>;
function variance(x: Operand, options: VarianceOptions = {}): Variable {
  checkOptions("var", options, ["axis", "keepdims", "ddof"]);
  const { axis, keepdims = false, ddof = 0 } = options;
  const input = asVariable("var", x);
  const axes = normalizeAxes("var", axis, input.ndim);
  return new Variance(axes, keepdims, Math.max(0, reducedCount(input.shape, axes) - ddof)).apply(input);
}

export { variance as var };

/**
 * The standard deviation over `axis`, the root of `var`. Where it is 0 its gradient is 0, as in PyTorch.
 * @throws AxisError when an axis is out of range or given twice.
 */
export function std<
  const X extends Operand,
  const One extends number | null | undefined = undefined,
  const Many extends number | undefined = undefined,
  const Keep extends boolean = false,
>(
  x: X,
  options?: CheckedLiteral<ReduceOptions<One, Many, Keep> & Divisor, ReducedShape<ShapeOf<X>, One, Many, Keep>>,
): Variable<Result<ReducedShape<ShapeOf<X>, One, Many, Keep>>>;
export function std(x: Operand, options: VarianceOptions = {}): Variable {
  checkOptions("std", options, ["axis", "keepdims", "ddof"]);
  const { axis, keepdims = false, ddof = 0 } = options;
  const input = asVariable("std", x);
  const axes = normalizeAxes("std", axis, input.ndim);
  return new StandardDeviation(axes, keepdims, Math.max(0, reducedCount(input.shape, axes) - ddof)).apply(input);
}

/**
 * `log(sum(exp(x)))` over `axis`, shifted by the maximum so that nothing overflows; float32 for int32 and bool. Over nothing
 * but -infinity, or over no elements, it is -infinity, and its gradient is 0.
 * @throws AxisError when an axis is out of range or given twice.
 */
export function logsumexp<
  const X extends Operand,
  const One extends number | null | undefined = undefined,
  const Many extends number | undefined = undefined,
  const Keep extends boolean = false,
>(
  x: X,
  options?: CheckedLiteral<ReduceOptions<One, Many, Keep>, ReducedShape<ShapeOf<X>, One, Many, Keep>>,
): Variable<Result<ReducedShape<ShapeOf<X>, One, Many, Keep>>>;
export function logsumexp(x: Operand, options: ReduceOptions = {}): Variable {
  checkOptions("logsumexp", options, ["axis", "keepdims"]);
  const { axis, keepdims = false } = options;
  const input = asVariable("logsumexp", x);
  return new LogSumExp(normalizeAxes("logsumexp", axis, input.ndim), keepdims).apply(input);
}
