import { type ArrayLike, array } from "../../core/creation.js";
import { floatOf } from "../../core/dtype.js";
import { ArgumentError, GraphError, ShapeError } from "../../core/errors.js";
import { NDArray } from "../../core/ndarray.js";
import { binary, compare, filled, reduce, unary, where } from "../../core/numeric.js";
import { checkFlag, checkOptions, describe } from "../../core/options.js";
import { normalizeAxes, type Shape, sameShape, shapeText } from "../../core/shape.js";
import { slice } from "../../core/slicing.js";
import { Variable } from "../../core/variable.js";
import { add, div, mul, sub } from "../../functions/arithmetic.js";
import { floating } from "../../functions/dtype.js";

/** Options of `Standardizer`. */
export interface StandardizerOptions {
  /** The axes over which mean and standard deviation are taken, the examples' axis 0 among them: 0 unless given. */
  axis?: number | readonly number[];
  /** Whether the mean is taken off: true unless given. */
  withMean?: boolean;
  /** Whether it is divided by the standard deviation: true unless given. */
  withStd?: boolean;
}

/** What a `Standardizer` has learned: float64, of the shape of an example without the axes that were averaged over. */
export interface StandardizerState {
  readonly mean: NDArray;
  readonly std: NDArray;
}

/** How many elements are converted to float64 at a time. */
const CHUNK = 2 ** 18;
const NAME = "Standardizer";

/**
 * Brings each feature to mean 0 and standard deviation 1: `(x - mean) / std`, with what `fit` found in the examples (N, ...).
 * Each position in an example is a feature of its own; with `axis: [0, 1, 2]` each channel of images (N, rows, cols, channels) is.
 * The standard deviation is that of the examples themselves (divided by N), and 1 for a feature that is constant.
 * scikit-learn's `StandardScaler`.
 *
 *     const standardizer = new Standardizer().fit(xTrain);
 *     model.forward(standardizer.transform(xTest));
 */
export class Standardizer {
  private readonly axis: readonly number[];
  private readonly withMean: boolean;
  private readonly withStd: boolean;
  private fitted: StandardizerState | null = null;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: StandardizerOptions = {}) {
    checkOptions(NAME, options, ["axis", "withMean", "withStd"]);
    const { axis = 0, withMean = true, withStd = true } = options;
    const axes: readonly unknown[] = Array.isArray(axis) ? axis : [axis];
    if (!axes.every(Number.isInteger) || !axes.includes(0)) {
      throw new ArgumentError(`${NAME}: axis is ${describe(axis)}; expected 0, or several with 0 among them`);
    }
    checkFlag(NAME, "withMean", withMean);
    checkFlag(NAME, "withStd", withStd);
    this.axis = axes as number[];
    this.withMean = withMean;
    this.withStd = withStd;
  }

  /** The means, once fitted. @throws GraphError before. */
  get mean(): NDArray {
    return this.learned("mean").mean;
  }

  /** The standard deviations, 1 for what is constant, once fitted. @throws GraphError before. */
  get std(): NDArray {
    return this.learned("std").std;
  }

  /**
   * Takes mean and standard deviation of the examples `x`, in place of what it had.
   * @throws ShapeError for no examples or no such axis; ArgumentError for values that are not finite. It is as before then.
   */
  fit(x: ArrayLike): this {
    const examples = x instanceof NDArray ? x : array(x);
    if (examples.ndim === 0 || examples.size === 0) {
      throw new ShapeError(
        `${NAME}: cannot fit an array of shape ${shapeText(examples.shape)}; expected examples along a first axis`,
      );
    }
    const axes = normalizeAxes(NAME, this.axis, examples.ndim);
    this.fitted = statistics(examples, axes);
    return this;
  }

  /**
   * The standardized examples, in the dtype of `x` (float32 for integers and bools). Gradients flow through a Variable.
   * @throws GraphError before `fit`; ShapeError for examples of another shape.
   */
  transform(x: Variable): Variable;
  transform(x: ArrayLike): NDArray;
  transform(x: Variable | ArrayLike): Variable | NDArray {
    return this.mapped("transform", x, (input, mean, std) => {
      const centered = this.withMean ? sub(input, mean) : input;
      return this.withStd ? div(centered, std) : centered;
    });
  }

  /** `fit` and `transform` of the same examples. */
  fitTransform(x: ArrayLike): NDArray {
    return this.fit(x).transform(x);
  }

  /** Brings standardized examples back: `x * std + mean`. Takes, returns and throws what `transform` does. */
  inverseTransform(x: Variable): Variable;
  inverseTransform(x: ArrayLike): NDArray;
  inverseTransform(x: Variable | ArrayLike): Variable | NDArray {
    return this.mapped("inverseTransform", x, (input, mean, std) => {
      const scaled = this.withStd ? mul(input, std) : input;
      return this.withMean ? add(scaled, mean) : scaled;
    });
  }

  /** Copies of what it has learned. @throws GraphError before `fit`. */
  state(): StandardizerState {
    const { mean, std } = this.learned("state");
    return { mean: mean.copy(), std: std.copy() };
  }

  /**
   * Takes copies of what another has learned.
   * @throws ArgumentError for what is no such state; it is as before then.
   */
  loadState(state: StandardizerState): void {
    checkOptions(`${NAME}.loadState`, state, ["mean", "std"]);
    const { mean, std } = state;
    for (const [name, value] of Object.entries({ mean, std })) {
      if (value instanceof NDArray && value.dtype === "float64" && sameShape(value.shape, mean.shape)) continue;
      const given = value instanceof NDArray ? `${value.dtype} ${shapeText(value.shape)}` : describe(value);
      throw new ArgumentError(`${NAME}.loadState: ${name} is ${given}; expected float64 arrays of one shape`);
    }
    this.fitted = { mean: mean.copy(), std: std.copy() };
  }

  private learned(what: string): StandardizerState {
    if (this.fitted !== null) return this.fitted;
    throw new GraphError(`${NAME}: there is no ${what} before fit; expected fit(x) or loadState(state)`);
  }

  private mapped(
    what: string,
    x: Variable | ArrayLike,
    map: (input: Variable, mean: Variable, std: Variable) => Variable,
  ): Variable | NDArray {
    const { mean, std } = this.learned(what);
    const input = x instanceof Variable ? x : new Variable(x instanceof NDArray ? x : array(x), false);
    const shape = this.alignedShape(what, input.shape, mean.shape);
    const dtype = floatOf(input.dtype);
    const aligned = (values: NDArray) => new Variable(values.reshape(shape).astype(dtype), false);
    const y = map(floating(what, input), aligned(mean), aligned(std));
    return x instanceof Variable ? y : y.data;
  }

  /** The shape in which the statistics broadcast against examples of `shape`. */
  private alignedShape(what: string, shape: Shape, own: Shape): number[] {
    const ndim = own.length + this.axis.length;
    const axes = shape.length === ndim ? normalizeAxes(NAME, this.axis, ndim) : [];
    const features = shape.filter((_, i) => !axes.includes(i));
    if (shape.length !== ndim || !sameShape(features, own)) {
      throw new ShapeError(
        `${NAME}: cannot ${what} an array of shape ${shapeText(shape)}; expected ${ndim} axes with features ${shapeText(own)} beside axis ${this.axis.join(", ")}`,
      );
    }
    return shape.map((n, i) => (axes.includes(i) ? 1 : n));
  }
}

/** Mean and standard deviation over `axes`, in float64 and in two passes, by parts so that no float64 copy of all is needed. */
function statistics(x: NDArray, axes: readonly number[]): StandardizerState {
  const features = x.shape.filter((_, i) => !axes.includes(i));
  const count = filled([], x.size / features.reduce((product, n) => product * n, 1), "float64");
  const aligned = x.shape.map((n, i) => (axes.includes(i) ? 1 : n));
  const total = (map: (part: NDArray) => NDArray): NDArray => {
    const sums = parts(x).map((part) => reduce("sum", map(part.astype("float64")), axes, false));
    return binary(
      "div",
      sums.reduce((a, b) => binary("add", a, b)),
      count,
    );
  };
  const mean = total((part) => part);
  const center = mean.reshape(aligned);
  const variance = total((part) => unary("square", binary("sub", part, center)));
  const extreme = (op: "max" | "min"): NDArray =>
    parts(x)
      .map((part) => reduce(op, part, axes, false))
      .reduce((a, b) => binary(op === "max" ? "maximum" : "minimum", a, b));
  // By the values themselves: rounding can leave a constant feature a variance, and dividing by its root would blow it up.
  const constant = compare("equal", extreme("max"), extreme("min"));
  const std = where(constant, filled([], 1, "float64"), unary("sqrt", variance));
  checkFinite({ mean, std });
  return { mean, std };
}

/** `x` in parts along its first axis, as views. */
function parts(x: NDArray): NDArray[] {
  const examples = x.shape[0]!;
  const length = Math.max(1, Math.floor((CHUNK * examples) / x.size));
  return Array.from({ length: Math.ceil(examples / length) }, (_, i) =>
    x.slice(slice(i * length, Math.min((i + 1) * length, examples))),
  );
}

function checkFinite(statistics: Readonly<Record<string, NDArray>>): void {
  for (const [name, values] of Object.entries(statistics)) {
    const flat = values.toTypedArray();
    const i = flat.findIndex((value) => !Number.isFinite(value));
    if (i < 0) continue;
    throw new ArgumentError(`${NAME}: feature ${i} has the ${name} ${flat[i]}; expected finite values`);
  }
}
