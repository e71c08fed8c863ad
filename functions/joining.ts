import { promote } from "../core/dtype.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { FrugalFunction } from "../core/frugal-function.js";
import { NDArray } from "../core/ndarray.js";
import { concatenate, span } from "../core/numeric.js";
import { checkOptions } from "../core/options.js";
import { normalizeAxis, shapeText } from "../core/shape.js";
import type { JoinedShape, StackedShape, UnboundShape } from "../core/shape-types/joining.js";
import type { Checked, CheckedLiteral, Result, ShapeOf } from "../core/shape-types/operand.js";
import { newAxis, type Slice, slice } from "../core/slicing.js";
import { asVariable, type Operand, Variable } from "../core/variable.js";
import { astype } from "./dtype.js";

/** Joins along an axis. The adjoint of `Split`. */
class Cat extends FrugalFunction {
  constructor(private readonly axis: number) {
    super();
  }

  override forward(...xs: NDArray[]): NDArray {
    return concatenate(promoted(xs), this.axis);
  }

  override backward(gy: Variable): (Variable | null)[] {
    const ends: number[] = [];
    for (const x of this.inputs) ends.push((ends.at(-1) ?? 0) + x.shape[this.axis]!);
    const gxs = new Split(this.axis, ends).applyMany(gy);
    return gxs.map((gx, i) => (this.needs(i) ? astype(gx, this.inputs[i]!.dtype) : null));
  }
}

/** Cuts an axis into neighbouring parts that end at `ends`, the last at its end. The adjoint of `Cat`. */
class Split extends FrugalFunction {
  constructor(
    private readonly axis: number,
    private readonly ends: readonly number[],
  ) {
    super();
  }

  override forward(x: NDArray): NDArray[] {
    return this.ends.map((end, i) => {
      const start = i === 0 ? 0 : this.ends[i - 1]!;
      return span(x, this.axis, start, end - start);
    });
  }

  override backward(...gys: Variable[]): Variable {
    return new Cat(this.axis).apply(...gys);
  }
}

/** Joins along a new axis. The adjoint of `Unbind`. */
class Stack extends FrugalFunction {
  constructor(private readonly axis: number) {
    super();
  }

  override forward(...xs: NDArray[]): NDArray {
    const before = fullSlices(this.axis);
    return concatenate(
      promoted(xs).map((x) => x.slice(...before, newAxis)),
      this.axis,
    );
  }

  override backward(gy: Variable): (Variable | null)[] {
    const gxs = new Unbind(this.axis).applyMany(gy);
    return gxs.map((gx, i) => (this.needs(i) ? astype(gx, this.inputs[i]!.dtype) : null));
  }
}

/** Takes an axis apart. The adjoint of `Stack`. */
class Unbind extends FrugalFunction {
  constructor(private readonly axis: number) {
    super();
  }

  override forward(x: NDArray): NDArray[] {
    const before = fullSlices(this.axis);
    return Array.from({ length: x.shape[this.axis]! }, (_, i) => x.slice(...before, i));
  }

  override backward(...gys: Variable[]): Variable {
    return new Stack(this.axis).apply(...gys);
  }
}

/**
 * `xs` one after the other along `axis`, in the widest of their dtypes.
 * @throws ShapeError when their shapes differ along another axis; AxisError for scalars; ArgumentError for an empty list.
 */
export function cat<const Xs extends readonly Operand[], const A extends number | undefined = undefined>(
  xs: CheckedLiteral<Xs, JoinedShape<Xs, A>>,
  options?: { axis?: A },
): Variable<Result<JoinedShape<Xs, A>>>;
export function cat(xs: readonly Operand[], options: { axis?: number } = {}): Variable {
  checkOptions("cat", options, ["axis"]);
  const { axis = 0 } = options;
  const inputs = operands("cat", xs);
  const first = inputs[0]!.shape;
  const at = normalizeAxis("cat", axis, first.length);
  inputs.forEach(({ shape }, i) => {
    if (shape.length === first.length && shape.every((n, j) => j === at || n === first[j])) return;
    throw new ShapeError(
      `cat: operand 0 has shape ${shapeText(first)} and operand ${i} ${shapeText(shape)}; ` +
        `expected shapes that differ along axis ${at} only`,
    );
  });
  return new Cat(at).apply(...inputs);
}

/**
 * `xs` along a new axis at position `axis` of the result, in the widest of their dtypes.
 * @throws ShapeError when their shapes differ; AxisError when there is no such position; ArgumentError for an empty list.
 */
export function stack<const Xs extends readonly Operand[], const A extends number | undefined = undefined>(
  xs: CheckedLiteral<Xs, StackedShape<Xs, A>>,
  options?: { axis?: A },
): Variable<Result<StackedShape<Xs, A>>>;
export function stack(xs: readonly Operand[], options: { axis?: number } = {}): Variable {
  checkOptions("stack", options, ["axis"]);
  const { axis = 0 } = options;
  const inputs = operands("stack", xs);
  const first = inputs[0]!.shape;
  const at = normalizeAxis("stack", axis, first.length + 1);
  inputs.forEach(({ shape }, i) => {
    if (shape.length === first.length && shape.every((n, j) => n === first[j])) return;
    throw new ShapeError(
      `stack: operand 0 has shape ${shapeText(first)} and operand ${i} ${shapeText(shape)}; expected equal shapes`,
    );
  });
  return new Stack(at).apply(...inputs);
}

/**
 * The slices of `x` along `axis`, without that axis, as views: the reverse of `stack`.
 * @throws AxisError for a scalar or an axis out of range.
 */
export function unbind<const X extends Operand, const A extends number | undefined = undefined>(
  x: X,
  options?: { axis?: Checked<A, UnboundShape<ShapeOf<X>, A>> },
): Variable<Result<UnboundShape<ShapeOf<X>, A>>>[];
export function unbind(x: Operand, options: { axis?: number } = {}): Variable[] {
  checkOptions("unbind", options, ["axis"]);
  const { axis = 0 } = options;
  const input = asVariable("unbind", x);
  return new Unbind(normalizeAxis("unbind", axis, input.ndim)).applyMany(input);
}

/**
 * `x` cut along `axis`, as views: into `parts` equal parts, or at the given positions (`[2, 5]` gives `:2`, `2:5` and `5:`; negative
 * ones count from the end, those past the end give empty parts). The reverse of `cat`.
 * @throws ArgumentError when the axis does not divide into equal parts, or when the positions do not ascend.
 */
export function split(x: Operand, parts: number | readonly number[], options: { axis?: number } = {}): Variable[] {
  checkOptions("split", options, ["axis"]);
  const { axis = 0 } = options;
  const input = asVariable("split", x);
  const at = normalizeAxis("split", axis, input.ndim);
  const n = input.shape[at]!;
  const ends = typeof parts === "number" ? equalEnds(parts, at, n) : cutEnds(parts, n);
  return new Split(at, ends).applyMany(input);
}

/** The operands as Variables; literals take the dtype of the first that is none. */
function operands(operation: string, xs: readonly Operand[]): Variable[] {
  if (!Array.isArray(xs) || xs.length === 0) {
    throw new ArgumentError(`${operation}: expected a list of at least one operand, got ${describe(xs)}`);
  }
  const like = xs.find((x): x is Variable | NDArray => x instanceof Variable || x instanceof NDArray);
  return xs.map((x) => asVariable(operation, x, like));
}

function describe(xs: unknown): string {
  if (Array.isArray(xs)) return "an empty list";
  return xs instanceof Variable ? `a Variable of shape ${shapeText(xs.shape)}` : typeof xs;
}

function promoted(xs: readonly NDArray[]): NDArray[] {
  const dtype = xs.map((x) => x.dtype).reduce(promote);
  return xs.map((x) => x.astype(dtype));
}

function fullSlices(count: number): Slice[] {
  return Array.from({ length: count }, () => slice());
}

function equalEnds(parts: number, axis: number, n: number): number[] {
  if (!Number.isInteger(parts) || parts < 1 || n % parts !== 0) {
    throw new ArgumentError(
      `split: axis ${axis} with length ${n} does not divide into ${parts} equal parts; expected a divisor of ${n}, or cut points`,
    );
  }
  return Array.from({ length: parts }, (_, i) => ((i + 1) * n) / parts);
}

function cutEnds(points: readonly number[], n: number): number[] {
  const ends = points.map((point) => Math.min(Math.max(point < 0 ? point + n : point, 0), n));
  if (!points.every(Number.isInteger) || ends.some((end, i) => i > 0 && end < ends[i - 1]!)) {
    throw new ArgumentError(
      `split: cut points ${points.join(", ")} for an axis with length ${n}; expected ascending integers`,
    );
  }
  return [...ends, n];
}
