import { checkValue } from "../core/creation.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { FrugalFunction } from "../core/frugal-function.js";
import type { NDArray } from "../core/ndarray.js";
import { concatenate, filled, span } from "../core/numeric.js";
import { checkOptions, describe } from "../core/options.js";
import { normalizeAxes, normalizeAxis, type Shape, shapeText } from "../core/shape.js";
import type { DataShape } from "../core/shape-types/operand.js";
import { type Slice, slice } from "../core/slicing.js";
import { asVariable, type Operand, type Variable } from "../core/variable.js";
import { getItem } from "./indexing.js";
import { broadcastTo, flatten, reshape } from "./shape.js";

class Pad extends FrugalFunction {
  constructor(
    private readonly widths: readonly Width[],
    private readonly value: number,
  ) {
    super();
  }

  override forward(x: NDArray): NDArray {
    const shape = x.shape.map((n, i) => n + this.widths[i]![0] + this.widths[i]![1]);
    const out = filled(shape, this.value, x.dtype);
    out.slice(...this.inside(x.shape)).assign(x);
    return out;
  }

  override backward(gy: Variable): Variable {
    return getItem(gy, ...this.inside(this.inputs[0]!.shape));
  }

  private inside(shape: Shape): Slice[] {
    return shape.map((n, i) => slice(this.widths[i]![0], this.widths[i]![0] + n));
  }
}

class Flip extends FrugalFunction {
  constructor(private readonly axes: readonly number[]) {
    super();
  }

  override forward(x: NDArray): NDArray {
    return x.slice(...x.shape.map((_, i) => (this.axes.includes(i) ? slice(null, null, -1) : slice())));
  }

  override backward(gy: Variable): Variable {
    return new Flip(this.axes).apply(gy);
  }
}

/** Moves the elements along each axis by its shift, those that leave at the end coming in at the front. */
class Roll extends FrugalFunction {
  constructor(private readonly shifts: readonly number[]) {
    super();
  }

  override forward(x: NDArray): NDArray {
    let y = x;
    this.shifts.forEach((shift, axis) => {
      const n = x.shape[axis]!;
      const moved = n === 0 ? 0 : ((shift % n) + n) % n;
      if (moved !== 0) y = concatenate([span(y, axis, n - moved, moved), span(y, axis, 0, n - moved)], axis);
    });
    return y;
  }

  override backward(gy: Variable): Variable {
    return new Roll(this.shifts.map((shift) => -shift)).apply(gy);
  }
}

/** How many elements `pad` adds: the same on every side, the same [before, after] on every axis, or a pair for each axis. */
export type PadWidths = number | Width | readonly Width[];

type Width = readonly [before: number, after: number];

/**
 * `x` with `value` around it.
 * @throws ArgumentError for widths that are negative or not integers; ShapeError when there is not a pair for each axis; DTypeError
 * when the dtype of `x` cannot hold the value.
 */
export function pad(x: Operand, widths: PadWidths, options: { value?: number } = {}): Variable {
  checkOptions("pad", options, ["value"]);
  const { value = 0 } = options;
  const input = asVariable("pad", x);
  checkValue("pad", value, input.dtype);
  return new Pad(padWidths(widths, input.shape), value).apply(input);
}

/** `x` in reverse order along `axis` (one or several; all unless given), as a view. */
export function flip<const X extends Operand>(
  x: X,
  options?: { axis?: number | readonly number[] },
): Variable<DataShape<X>>;
export function flip(x: Operand, options: { axis?: number | readonly number[] } = {}): Variable {
  checkOptions("flip", options, ["axis"]);
  const { axis } = options;
  const input = asVariable("flip", x);
  return new Flip(normalizeAxes("flip", axis, input.ndim)).apply(input);
}

/**
 * `x` with its elements moved `shift` places along `axis`, those that leave at the end coming in at the front. Several shifts go with
 * several axes, one with all of them; without an axis the elements move in row-major order.
 * @throws ArgumentError when a shift is not an integer, or shifts and axes do not pair up.
 */
export function roll<const X extends Operand>(
  x: X,
  shift: number | readonly number[],
  options?: { axis?: number | readonly number[] },
): Variable<DataShape<X>>;
export function roll(
  x: Operand,
  shift: number | readonly number[],
  options: { axis?: number | readonly number[] } = {},
): Variable {
  checkOptions("roll", options, ["axis"]);
  const { axis } = options;
  const input = asVariable("roll", x);
  if (axis === undefined) return reshape(roll(flatten(input), shift, { axis: 0 }), input.shape);
  const shifts = typeof shift === "number" ? [shift] : shift;
  const axes = typeof axis === "number" ? [axis] : axis;
  const count = Math.max(shifts.length, axes.length);
  if (!shifts.every(Number.isInteger)) {
    throw new ArgumentError(`roll: shifts are integers, got ${shifts.join(", ")}`);
  }
  if ([shifts, axes].some(({ length }) => length !== count && length !== 1)) {
    throw new ArgumentError(
      `roll: ${shifts.length} shifts and ${axes.length} axes do not pair up; expected equally many, or one of either`,
    );
  }
  const totals = new Array<number>(input.ndim).fill(0);
  for (let i = 0; i < count; i++) {
    totals[normalizeAxis("roll", axes[i % axes.length]!, input.ndim)]! += shifts[i % shifts.length]!;
  }
  return new Roll(totals).apply(input);
}

/**
 * `x` with each element repeated `n` times along `axis`, or the i-th `n[i]` times; without an axis `x` is flattened first.
 * `repeat([1, 2], 2)` is `[1, 1, 2, 2]`, as NumPy's (PyTorch's `repeat_interleave`).
 * @throws ArgumentError when a count is not a non-negative integer, or their number is not the length of the axis.
 */
export function repeat(x: Operand, n: number | readonly number[], options: { axis?: number } = {}): Variable {
  checkOptions("repeat", options, ["axis"]);
  const { axis } = options;
  const input = asVariable("repeat", x);
  if (axis === undefined) return repeat(flatten(input), n, { axis: 0 });
  const at = normalizeAxis("repeat", axis, input.ndim);
  const length = input.shape[at]!;
  const counts = typeof n === "number" ? [n] : n;
  checkCounts("repeat", "counts", counts);
  if (counts.length !== length && counts.length !== 1) {
    throw new ArgumentError(
      `repeat: ${counts.length} counts for axis ${at} with length ${length}; expected one for each, or a single number`,
    );
  }
  const before = Array.from({ length: at }, () => slice());
  const positions: number[] = [];
  for (let i = 0; i < length; i++) {
    for (let k = counts[i % counts.length]!; k > 0; k--) positions.push(i);
  }
  return getItem(input, ...before, Int32Array.from(positions));
}

/**
 * `x` laid out `reps` times along each axis, or along the last one for a number; missing axes of either count as 1 at the front.
 * As NumPy's `tile`.
 * @throws ArgumentError when a number of repetitions is not a non-negative integer.
 */
export function tile(x: Operand, reps: number | readonly number[]): Variable {
  const input = asVariable("tile", x);
  const given = typeof reps === "number" ? [reps] : reps;
  checkCounts("tile", "repetitions", given);
  const ndim = Math.max(input.ndim, given.length);
  const lengths = [...new Array<number>(ndim - input.ndim).fill(1), ...input.shape];
  const times = [...new Array<number>(ndim - given.length).fill(1), ...given];
  const apart = reshape(
    input,
    lengths.flatMap((n) => [1, n]),
  );
  const repeated = broadcastTo(
    apart,
    lengths.flatMap((n, i) => [times[i]!, n]),
  );
  return reshape(
    repeated,
    lengths.map((n, i) => n * times[i]!),
  );
}

function padWidths(widths: PadWidths, shape: Shape): Width[] {
  let pairs: readonly Width[];
  if (typeof widths === "number") pairs = shape.map(() => [widths, widths]);
  else if (typeof widths[0] === "number") pairs = shape.map(() => widths as Width);
  else pairs = widths as readonly Width[];
  if (pairs.length !== shape.length || pairs.some((pair) => pair.length !== 2)) {
    throw new ShapeError(
      `pad: widths ${describe(widths)} for ${shapeText(shape)}; expected a number, [before, after], or a pair for each of ${shape.length} axes`,
    );
  }
  checkCounts("pad", "widths", pairs.flat());
  return [...pairs];
}

function checkCounts(operation: string, what: string, counts: readonly number[]): void {
  const wrong = counts.find((count) => !Number.isInteger(count) || count < 0);
  if (wrong !== undefined) {
    throw new ArgumentError(`${operation}: ${what} are non-negative integers, got ${wrong}`);
  }
}
