import type { DType } from "../core/dtype.js";
import type { Shape } from "../core/shape.js";
import type {
  ExpandedShape,
  ReducedShape,
  ReversedShape,
  SqueezedShape,
  SwappedShape,
  TransposedShape,
} from "../core/shape-types/axes.js";
import type { BroadcastToShape } from "../core/shape-types/broadcast.js";
import type { UnboundShape } from "../core/shape-types/joining.js";
import type { MatMulShape } from "../core/shape-types/matmul.js";
import type { Checked, CheckedLiteral, CheckedRest, Result, ShapeOf } from "../core/shape-types/operand.js";
import type { FlatShape, ReshapedShape, Spread } from "../core/shape-types/reshape.js";
import type { Operand, Variable } from "../core/variable.js";
import type { SoftmaxOptions } from "./activation.js";
import type { pad, repeat, tile } from "./arrangement.js";
import type { diagonal, trace } from "./diagonal.js";
import type { getItem, takeAlongAxis } from "./indexing.js";
import type { split } from "./joining.js";
import type { dot } from "./linalg.js";
import type { NormOrder } from "./norm.js";
import type { ArgOptions } from "./reduce.js";
import type { sumTo } from "./shape.js";
import type { BinaryMethod, ReductionMethod } from "./signatures.js";
import type { Divisor } from "./statistics.js";

/** The methods of a Variable of shape `S` that `functions/methods.ts` installs. */
export interface Methods<S extends Shape>
  extends ElementwiseMethods<S>,
    BinaryMethods,
    ReductionMethods,
    ShapeMethods<S>,
    PlainMethods {}

type Elementwise =
  | "neg"
  | "abs"
  | "sign"
  | "floor"
  | "ceil"
  | "round"
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "sqrt"
  | "rsqrt"
  | "square"
  | "reciprocal"
  | "sin"
  | "cos"
  | "tan"
  | "asin"
  | "acos"
  | "atan"
  | "sinh"
  | "cosh"
  | "tanh"
  | "erf"
  | "sigmoid"
  | "relu"
  | "selu"
  | "softplus"
  | "hardSigmoid";

type ElementwiseOfOneOperand<S extends Shape> = { [Name in Elementwise]: () => Variable<S> };

/** Those that keep the shape. */
interface ElementwiseMethods<S extends Shape> extends ElementwiseOfOneOperand<S> {
  clip(min: number | null, max: number | null): Variable<S>;
  leakyRelu(options?: { alpha?: number }): Variable<S>;
  elu(options?: { alpha?: number }): Variable<S>;
  gelu(options?: { approximate?: boolean }): Variable<S>;
  softmax(options?: SoftmaxOptions): Variable<S>;
  logSoftmax(options?: SoftmaxOptions): Variable<S>;
  flip(options?: { axis?: number | readonly number[] }): Variable<S>;
  roll(shift: number | readonly number[], options?: { axis?: number | readonly number[] }): Variable<S>;
  /** This in another dtype. */
  astype(dtype: DType): Variable<S>;
}

/** Those of two operands. */
interface BinaryMethods {
  /** `this + other`, broadcast. */
  add: BinaryMethod;
  /** `this - other`, broadcast. */
  sub: BinaryMethod;
  /** `this * other`, broadcast. */
  mul: BinaryMethod;
  /** `this / other`, broadcast. */
  div: BinaryMethod;
  /** `this ** c`, broadcast. */
  pow: BinaryMethod;
  equal: BinaryMethod;
  notEqual: BinaryMethod;
  less: BinaryMethod;
  lessEqual: BinaryMethod;
  greater: BinaryMethod;
  greaterEqual: BinaryMethod;
  maximum: BinaryMethod;
  minimum: BinaryMethod;
  /** NumPy's `this @ other`. */
  matmul<V extends Variable, const X extends Operand>(
    this: V,
    other: Checked<X, MatMulShape<ShapeOf<V>, ShapeOf<X>>>,
  ): Variable<Result<MatMulShape<ShapeOf<V>, ShapeOf<X>>>>;
}

/** Those that reduce axes. */
interface ReductionMethods {
  sum: ReductionMethod;
  prod: ReductionMethod;
  mean: ReductionMethod;
  var: ReductionMethod<Divisor>;
  std: ReductionMethod<Divisor>;
  max: ReductionMethod;
  min: ReductionMethod;
  logsumexp: ReductionMethod;
  norm: ReductionMethod<NormOrder>;
  argmax: ArgMethod;
  argmin: ArgMethod;
}
type ArgMethod = <
  V extends Variable,
  const A extends number | null | undefined = undefined,
  const Keep extends boolean = false,
>(
  this: V,
  options?: CheckedLiteral<ArgOptions<A, Keep>, ReducedShape<ShapeOf<V>, A, undefined, Keep>>,
) => Variable<Result<ReducedShape<ShapeOf<V>, A, undefined, Keep>>>;

/** Those that change the shape and nothing else. */
interface ShapeMethods<Own extends Shape> {
  /** The elements in another shape, given as numbers or as one array; one length may be -1. */
  reshape<V extends Variable, const T extends readonly [Shape] | readonly number[]>(
    this: V,
    ...shape: CheckedRest<T, ReshapedShape<ShapeOf<V>, Spread<T>>>
  ): Variable<Result<ReshapedShape<ShapeOf<V>, Spread<T>>>>;
  /** The axes in another order, given as numbers or as one array; reversed when none are given. */
  transpose<V extends Variable, const A extends readonly [readonly number[]] | readonly number[]>(
    this: V,
    ...axes: CheckedRest<A, TransposedShape<ShapeOf<V>, Spread<A>>>
  ): Variable<Result<TransposedShape<ShapeOf<V>, Spread<A>>>>;
  /** This repeated to a shape, given as numbers or as one array. */
  broadcastTo<V extends Variable, const T extends readonly [Shape] | readonly number[]>(
    this: V,
    ...shape: CheckedRest<T, BroadcastToShape<ShapeOf<V>, Spread<T>>>
  ): Variable<Result<BroadcastToShape<ShapeOf<V>, Spread<T>>>>;
  squeeze<
    V extends Variable,
    const One extends number | undefined = undefined,
    const Many extends number | undefined = undefined,
  >(
    this: V,
    options?: CheckedLiteral<{ axis?: One | readonly Many[] }, SqueezedShape<ShapeOf<V>, One, Many>>,
  ): Variable<Result<SqueezedShape<ShapeOf<V>, One, Many>>>;
  expandDims<V extends Variable, const A extends number | readonly number[]>(
    this: V,
    axis: Checked<A, ExpandedShape<ShapeOf<V>, A>>,
  ): Variable<Result<ExpandedShape<ShapeOf<V>, A>>>;
  swapaxes<V extends Variable, const A extends number, const B extends number>(
    this: V,
    axis1: A,
    axis2: Checked<B, SwappedShape<ShapeOf<V>, A, B>>,
  ): Variable<Result<SwappedShape<ShapeOf<V>, A, B>>>;
  flatten<V extends Variable>(this: V): Variable<FlatShape<ShapeOf<V>>>;
  cumsum<V extends Variable, const A extends number | null | undefined = undefined>(
    this: V,
    options?: { axis?: A },
  ): Variable<[A] extends [number] ? ShapeOf<V> : [A] extends [null | undefined] ? FlatShape<ShapeOf<V>> : Shape>;
  unbind<V extends Variable, const A extends number | undefined = undefined>(
    this: V,
    options?: { axis?: Checked<A, UnboundShape<ShapeOf<V>, A>> },
  ): Variable<Result<UnboundShape<ShapeOf<V>, A>>>[];
  /** The axes reversed: the transpose of a matrix. */
  readonly T: Variable<ReversedShape<Own>>;
}

type Method<F> = F extends (x: Operand, ...rest: infer Rest extends readonly unknown[]) => Variable | Variable[]
  ? (...rest: Rest) => ReturnType<F>
  : never;

/** Those of whose results the type tells no shape. */
interface PlainMethods {
  dot: Method<typeof dot>;
  diagonal: Method<typeof diagonal>;
  trace: Method<typeof trace>;
  getItem: Method<typeof getItem>;
  takeAlongAxis: Method<typeof takeAlongAxis>;
  split: Method<typeof split>;
  pad: Method<typeof pad>;
  repeat: Method<typeof repeat>;
  tile: Method<typeof tile>;
  sumTo: Method<typeof sumTo>;
}
