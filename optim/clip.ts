import * as kernels from "../core/backend/dispatch.js";
import { ArgumentError } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { binary, filled, reduce, unary } from "../core/numeric.js";
import { checkOptions, describe } from "../core/options.js";
import { claim } from "../core/release.js";
import { RowGradient } from "../core/row-gradient.js";
import { type Parameter, Variable } from "../core/variable.js";
import { checkParameters, listOf, nameOf } from "./group.js";

/** Options of `clipGradNorm`. */
export interface ClipGradNormOptions {
  /** Which norm: 2, the root of the sum of squares, unless given; Infinity is the largest magnitude. */
  ord?: number;
  /** Whether a norm that is not finite is an error, instead of making the gradients 0 or NaN. False unless given. */
  errorIfNonFinite?: boolean;
}

/**
 * Scales the gradients of `parameters`, where their norm is larger than `maxNorm`, to have about that norm, and returns the norm
 * they had. All gradients count as one vector, as in `torch.nn.utils.clip_grad_norm_`: each is multiplied by
 * `min(1, maxNorm / (norm + 1e-6))`. Parameters without a gradient do not count. For the time between `backward` and `step`; an
 * optimizer does it by itself, at less cost, with the option `clipGlobalNorm`.
 * @throws ArgumentError for a `maxNorm` that is negative or NaN, something else than Parameters, one given twice, and a norm that
 * is not finite where that is an error; then nothing has changed.
 */
export function clipGradNorm(
  parameters: Parameter | Iterable<Parameter>,
  maxNorm: number,
  options: ClipGradNormOptions = {},
): number {
  const { ord = 2, errorIfNonFinite = false } = options;
  checkOptions("clipGradNorm", options, ["ord", "errorIfNonFinite"]);
  checkLimit("clipGradNorm", "maxNorm", maxNorm);
  if (!(ord > 0)) throw new ArgumentError(`clipGradNorm: ord is ${describe(ord)}; expected a number above 0`);
  const clipped = withGradients("clipGradNorm", parameters);
  const norms = clipped.map((parameter) => gradientNorm(parameter.peekGrad()!, ord));
  const norm = combined(norms, ord);
  if (errorIfNonFinite && !Number.isFinite(norm)) {
    const culprit = clipped.findIndex((_, i) => !Number.isFinite(norms[i]!));
    const which = culprit < 0 ? "" : `: that of parameter ${culprit}${nameOf(clipped[culprit]!)} is ${norms[culprit]}`;
    throw new ArgumentError(`clipGradNorm: the norm of the gradients is ${norm}${which}; expected a finite one`);
  }
  const scale = globalScale(norm, maxNorm);
  if (scale === 1) return norm;
  for (const parameter of clipped) {
    replaceGradient(parameter, (values) => binary("mul", values, filled([], scale, values.dtype)));
  }
  return norm;
}

/**
 * Sets what is larger than `limit` in the gradients of `parameters` to it, and what is smaller than `-limit` to that, as
 * `torch.nn.utils.clip_grad_value_` does. NaN stays.
 * @throws ArgumentError for a `limit` that is negative or NaN, something else than Parameters, and one given twice.
 */
export function clipGradValue(parameters: Parameter | Iterable<Parameter>, limit: number): void {
  checkLimit("clipGradValue", "limit", limit);
  for (const parameter of withGradients("clipGradValue", parameters)) {
    replaceGradient(parameter, (values) => {
      const below = binary("minimum", values, filled([], limit, values.dtype));
      return binary("maximum", below, filled([], -limit, values.dtype));
    });
  }
}

/** What a gradient is multiplied by when all together have `norm` and may have `maxNorm`: PyTorch's formula. NaN when `norm` is. */
export function globalScale(norm: number, maxNorm: number): number {
  const scale = maxNorm / (norm + 1e-6);
  return scale >= 1 || maxNorm === Number.POSITIVE_INFINITY ? 1 : scale;
}

/** The norm of a gradient; the zeros that a gradient of few rows leaves out do not count for it. */
export function gradientNorm(gradient: Variable, ord = 2): number {
  const values = valuesOf(gradient);
  if (values.size === 0) return 0;
  if (ord === 2) return Math.sqrt(kernels.squareSum(values.asContiguous()));
  const magnitudes = unary("abs", values);
  const axes = values.shape.map((_, axis) => axis);
  if (ord === Number.POSITIVE_INFINITY) return reduce("max", magnitudes, axes, false).item();
  const powers = binary("pow", magnitudes, filled([], ord, values.dtype));
  return reduce("sum", powers, axes, false).item() ** (1 / ord);
}

/** The norm of a vector of which `norms` are those of the parts. */
export function combined(norms: readonly number[], ord = 2): number {
  if (ord === Number.POSITIVE_INFINITY) return norms.reduce((a, b) => Math.max(a, b), 0);
  if (ord === 2) return Math.sqrt(norms.reduce((sum, norm) => sum + norm * norm, 0));
  return norms.reduce((sum, norm) => sum + norm ** ord, 0) ** (1 / ord);
}

/** The part of a gradient that may differ from zero. */
function valuesOf(gradient: Variable): NDArray {
  const rows = gradient instanceof RowGradient ? gradient.rows : null;
  return rows === null ? gradient.data : rows.values;
}

/** Gives a parameter a new gradient; the former array may be that of another parameter too, or in somebody's hands. */
function replaceGradient(parameter: Parameter, change: (values: NDArray) => NDArray): void {
  const former = parameter.peekGrad()!;
  const values = change(valuesOf(former));
  const rows = former instanceof RowGradient ? former.rows : null;
  const gradient =
    rows === null ? new Variable(values, false) : new RowGradient({ rows: rows.rows, values }, former.shape);
  claim(gradient);
  parameter.receiveGrad(gradient);
}

function withGradients(operation: string, parameters: unknown): Parameter[] {
  const list = parameters instanceof Variable ? [parameters] : listOf(operation, "the parameters", parameters);
  return checkParameters(operation, list).filter((parameter) => parameter.initialized && parameter.peekGrad() !== null);
}

function checkLimit(operation: string, what: string, value: unknown): void {
  if (typeof value === "number" && value >= 0) return;
  throw new ArgumentError(`${operation}: ${what} is ${describe(value)}; expected a number of at least 0`);
}
