import { floatOf } from "../core/dtype.js";
import { GraphError } from "../core/errors.js";
import { FrugalFunction } from "../core/frugal-function.js";
import type { NDArray } from "../core/ndarray.js";
import { argReduce, binary, compare, cumsum as cumulate, filled, reduce } from "../core/numeric.js";
import { checkOptions } from "../core/options.js";
import { normalizeAxes, normalizeAxis, reducedShape, type Shape } from "../core/shape.js";
import type { ReducedShape } from "../core/shape-types/axes.js";
import type { CheckedLiteral, DataShape, Result, ShapeOf } from "../core/shape-types/operand.js";
import type { FlatShape } from "../core/shape-types/reshape.js";
import { asVariable, type Operand, Variable } from "../core/variable.js";
import { mul } from "./arithmetic.js";
import { broadcastTo, flatten, reshape } from "./shape.js";
import type { ReduceOptions } from "./signatures.js";

export type { ReduceOptions } from "./signatures.js";

/** @internal A function that reduces axes (normalized, ascending). */
export abstract class Reduction extends FrugalFunction {
  constructor(
    protected readonly axes: readonly number[],
    protected readonly keepdims: boolean,
  ) {
    super();
  }

  /** `y`, of the shape of the output, so shaped that it broadcasts against the input. */
  protected aligned(y: Variable): Variable {
    // Leading axes come back by broadcasting alone.
    if (this.keepdims || this.axes.every((axis, i) => axis === i)) return y;
    return reshape(y, reducedShape(this.inputs[0]!.shape, this.axes, true));
  }
}

/** @internal How many elements go into each result of a reduction of `axes`. */
export function reducedCount(shape: Shape, axes: readonly number[]): number {
  return axes.reduce((count, axis) => count * shape[axis]!, 1);
}

class Sum extends Reduction {
  override forward(x: NDArray): NDArray {
    return reduce("sum", x, this.axes, this.keepdims);
  }

  override backward(gy: Variable): Variable {
    return broadcastTo(this.aligned(gy), this.inputs[0]!.shape);
  }
}

class Mean extends Reduction {
  override forward(x: NDArray): NDArray {
    const total = reduce("sum", x.astype(floatOf(x.dtype)), this.axes, this.keepdims);
    return binary("div", total, filled([], reducedCount(x.shape, this.axes), total.dtype));
  }

  override backward(gy: Variable): Variable {
    const { shape } = this.inputs[0]!;
    return broadcastTo(this.aligned(mul(gy, 1 / reducedCount(shape, this.axes))), shape);
  }
}

/** The largest or the smallest: ties share the gradient evenly. */
class Extremum extends Reduction {
  constructor(
    private readonly op: "max" | "min",
    axes: readonly number[],
    keepdims: boolean,
  ) {
    super(axes, keepdims);
  }

  override get name(): string {
    return this.op;
  }

  override forward(x: NDArray): NDArray {
    const y = reduce(this.op, x, this.axes, this.keepdims);
    return x.dtype === "bool" ? y.astype("bool") : y;
  }

  override backward(gy: Variable): Variable {
    const x = this.input(0).data;
    const extreme = compare("equal", x, this.aligned(this.output()).data).astype(x.dtype);
    const ties = reduce("sum", extreme, this.axes, this.keepdims);
    const share = mul(gy, new Variable(binary("div", filled([], 1, x.dtype), ties), false));
    return mul(this.aligned(share), new Variable(extreme, false));
  }
}

class CumSum extends FrugalFunction {
  constructor(
    private readonly axis: number,
    private readonly reverse: boolean,
  ) {
    super();
  }

  override forward(x: NDArray): NDArray {
    return cumulate(x, this.axis, this.reverse);
  }

  override backward(gy: Variable): Variable {
    return new CumSum(this.axis, !this.reverse).apply(gy);
  }
}

class ArgExtremum extends FrugalFunction {
  constructor(
    private readonly op: "argmax" | "argmin",
    private readonly axis: number,
    private readonly keepdims: boolean,
  ) {
    super();
  }

  override get name(): string {
    return this.op;
  }

  override forward(x: NDArray): NDArray {
    return argReduce(this.op, x, this.axis, this.keepdims);
  }

  override backward(): never {
    throw new GraphError(`${this.op} is not differentiable`);
  }
}

/**
 * The sum over `axis`. int32 and bool are summed as int32; a sum of no elements is 0.
 * @throws AxisError when an axis is out of range or given twice.
 */
export function sum<
  const X extends Operand,
  const One extends number | null | undefined = undefined,
  const Many extends number | undefined = undefined,
  const Keep extends boolean = false,
>(
  x: X,
  options?: CheckedLiteral<ReduceOptions<One, Many, Keep>, ReducedShape<ShapeOf<X>, One, Many, Keep>>,
): Variable<Result<ReducedShape<ShapeOf<X>, One, Many, Keep>>>;
export function sum(x: Operand, options: ReduceOptions = {}): Variable {
  checkOptions("sum", options, ["axis", "keepdims"]);
  const { axis, keepdims = false } = options;
  const input = asVariable("sum", x);
  return new Sum(normalizeAxes("sum", axis, input.ndim), keepdims).apply(input);
}

/**
 * The mean over `axis`, float32 for int32 and bool; NaN over no elements.
 * @throws AxisError when an axis is out of range or given twice.
 */
export function mean<
  const X extends Operand,
  const One extends number | null | undefined = undefined,
  const Many extends number | undefined = undefined,
  const Keep extends boolean = false,
>(
  x: X,
  options?: CheckedLiteral<ReduceOptions<One, Many, Keep>, ReducedShape<ShapeOf<X>, One, Many, Keep>>,
): Variable<Result<ReducedShape<ShapeOf<X>, One, Many, Keep>>>;
export function mean(x: Operand, options: ReduceOptions = {}): Variable {
  checkOptions("mean", options, ["axis", "keepdims"]);
  const { axis, keepdims = false } = options;
  const input = asVariable("mean", x);
  return new Mean(normalizeAxes("mean", axis, input.ndim), keepdims).apply(input);
}

/**
 * The largest element over `axis`, NaN when there is one. Ties share the gradient evenly.
 * @throws AxisError when an axis is out of range or given twice; ShapeError over no elements.
 */
export function max<
  const X extends Operand,
  const One extends number | null | undefined = undefined,
  const Many extends number | undefined = undefined,
  const Keep extends boolean = false,
>(
  x: X,
  options?: CheckedLiteral<ReduceOptions<One, Many, Keep>, ReducedShape<ShapeOf<X>, One, Many, Keep>>,
): Variable<Result<ReducedShape<ShapeOf<X>, One, Many, Keep>>>;
export function max(x: Operand, options: ReduceOptions = {}): Variable {
  checkOptions("max", options, ["axis", "keepdims"]);
  const { axis, keepdims = false } = options;
  const input = asVariable("max", x);
  return new Extremum("max", normalizeAxes("max", axis, input.ndim), keepdims).apply(input);
}

/**
 * The smallest element over `axis`, NaN when there is one. Ties share the gradient evenly.
 * @throws AxisError when an axis is out of range or given twice; ShapeError over no elements.
 */
export function min<
  const X extends Operand,
  const One extends number | null | undefined = undefined,
  const Many extends number | undefined = undefined,
  const Keep extends boolean = false,
>(
  x: X,
  options?: CheckedLiteral<ReduceOptions<One, Many, Keep>, ReducedShape<ShapeOf<X>, One, Many, Keep>>,
): Variable<Result<ReducedShape<ShapeOf<X>, One, Many, Keep>>>;
export function min(x: Operand, options: ReduceOptions = {}): Variable {
  checkOptions("min", options, ["axis", "keepdims"]);
  const { axis, keepdims = false } = options;
  const input = asVariable("min", x);
  return new Extremum("min", normalizeAxes("min", axis, input.ndim), keepdims).apply(input);
}

/**
 * Running sums along `axis`, of the shape of `x`; of the flattened `x` unless given. int32 and bool are summed as int32.
 * @throws AxisError when the axis is out of range.
 */
export function cumsum<const X extends Operand, const A extends number | null | undefined = undefined>(
  x: X,
  options?: { axis?: A },
): Variable<[A] extends [number] ? DataShape<X> : [A] extends [null | undefined] ? FlatShape<ShapeOf<X>> : Shape>;
export function cumsum(x: Operand, options: { axis?: number | null } = {}): Variable {
  checkOptions("cumsum", options, ["axis"]);
  const { axis } = options;
  const input = asVariable("cumsum", x);
  if (axis === undefined || axis === null) return new CumSum(0, false).apply(flatten(input));
  return new CumSum(normalizeAxis("cumsum", axis, input.ndim), false).apply(input);
}

/** Options of `argmax` and `argmin`. */
export interface ArgOptions<A = number | null, Keep = boolean> {
  /** The axis to search; unless given, positions count in the flattened operand. */
  axis?: A;
  /** Whether reduced axes stay, with length 1. */
  keepdims?: Keep;
}

/**
 * Position (int32) of the first largest element along `axis`; NaN counts as largest. Not differentiable.
 * @throws AxisError when the axis is out of range; ShapeError over no elements.
 */
export function argmax<
  const X extends Operand,
  const A extends number | null | undefined = undefined,
  const Keep extends boolean = false,
>(
  x: X,
  options?: CheckedLiteral<ArgOptions<A, Keep>, ReducedShape<ShapeOf<X>, A, undefined, Keep>>,
): Variable<Result<ReducedShape<ShapeOf<X>, A, undefined, Keep>>>;
export function argmax(x: Operand, options: ArgOptions = {}): Variable {
  checkOptions("argmax", options, ["axis", "keepdims"]);
  return argExtremum("argmax", asVariable("argmax", x), options);
}

/**
 * Position (int32) of the first smallest element along `axis`; NaN counts as smallest. Not differentiable.
 * @throws AxisError when the axis is out of range; ShapeError over no elements.
 */
export function argmin<
  const X extends Operand,
  const A extends number | null | undefined = undefined,
  const Keep extends boolean = false,
>(
  x: X,
  options?: CheckedLiteral<ArgOptions<A, Keep>, ReducedShape<ShapeOf<X>, A, undefined, Keep>>,
): Variable<Result<ReducedShape<ShapeOf<X>, A, undefined, Keep>>>;
export function argmin(x: Operand, options: ArgOptions = {}): Variable {
  checkOptions("argmin", options, ["axis", "keepdims"]);
  return argExtremum("argmin", asVariable("argmin", x), options);
}

function argExtremum(op: "argmax" | "argmin", x: Variable, { axis, keepdims = false }: ArgOptions): Variable {
  if (axis !== undefined && axis !== null) {
    return new ArgExtremum(op, normalizeAxis(op, axis, x.ndim), keepdims).apply(x);
  }
  const position = new ArgExtremum(op, 0, false).apply(flatten(x));
  return keepdims
    ? reshape(
        position,
        x.shape.map(() => 1),
      )
    : position;
}
