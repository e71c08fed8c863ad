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
  matmul<S extends Shape, const X extends Operand>(
    this: Variable<S>,
    other: Checked<X, MatMulShape<S, ShapeOf<X>>>,
  ): Variable<Result<MatMulShape<S, ShapeOf<X>>>>;
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
  S extends Shape,
  const A extends number | null | undefined = undefined,
  const Keep extends boolean = false,
>(
  this: Variable<S>,
  options?: CheckedLiteral<ArgOptions<A, Keep>, ReducedShape<S, A, undefined, Keep>>,
) => Variable<Result<ReducedShape<S, A, undefined, Keep>>>;

/** Those that change the shape and nothing else. */
interface ShapeMethods<Own extends Shape> {
  /** The elements in another shape, given as numbers or as one array; one length may be -1. */
  reshape<S extends Shape, const T extends readonly [Shape] | readonly number[]>(
    this: Variable<S>,
    ...shape: CheckedRest<T, ReshapedShape<S, Spread<T>>>
  ): Variable<Result<ReshapedShape<S, Spread<T>>>>;
  /** The axes in another order, given as numbers or as one array; reversed when none are given. */
  transpose<S extends Shape, const A extends readonly [readonly number[]] | readonly number[]>(
    this: Variable<S>,
    ...axes: CheckedRest<A, TransposedShape<S, Spread<A>>>
  ): Variable<Result<TransposedShape<S, Spread<A>>>>;
  /** This repeated to a shape, given as numbers or as one array. */
  broadcastTo<S extends Shape, const T extends readonly [Shape] | readonly number[]>(
    this: Variable<S>,
    ...shape: CheckedRest<T, BroadcastToShape<S, Spread<T>>>
  ): Variable<Result<BroadcastToShape<S, Spread<T>>>>;
  squeeze<
    S extends Shape,
    const One extends number | undefined = undefined,
    const Many extends number | undefined = undefined,
  >(
    this: Variable<S>,
    options?: CheckedLiteral<{ axis?: One | readonly Many[] }, SqueezedShape<S, One, Many>>,
  ): Variable<Result<SqueezedShape<S, One, Many>>>;
  expandDims<S extends Shape, const A extends number | readonly number[]>(
    this: Variable<S>,
    axis: Checked<A, ExpandedShape<S, A>>,
  ): Variable<Result<ExpandedShape<S, A>>>;
  swapaxes<S extends Shape, const A extends number, const B extends number>(
    this: Variable<S>,
    axis1: A,
    axis2: Checked<B, SwappedShape<S, A, B>>,
  ): Variable<Result<SwappedShape<S, A, B>>>;
  flatten<S extends Shape>(this: Variable<S>): Variable<FlatShape<S>>;
  cumsum<S extends Shape, const A extends number | null | undefined = undefined>(
    this: Variable<S>,
    options?: { axis?: A },
  ): Variable<[A] extends [number] ? S : [A] extends [null | undefined] ? FlatShape<S> : Shape>;
  unbind<S extends Shape, const A extends number | undefined = undefined>(
    this: Variable<S>,
    options?: { axis?: Checked<A, UnboundShape<S, A>> },
  ): Variable<Result<UnboundShape<S, A>>>[];
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
