import { ArgumentError, DTypeError, ShapeError } from "../core/errors.js";
import { heap } from "../core/heap.js";
import type { NDArray } from "../core/ndarray.js";
import { sameShape, shapeText } from "../core/shape.js";
import { Parameter, Variable } from "../core/variable.js";

/**
 * The base of the optimizers: it holds the parameters, checks their gradients and calls `update` for each. What an
 * optimizer remembers of a parameter belongs to that Parameter object, whatever its name. A frozen parameter and one
 * without a gradient stay as they are.
 */
export abstract class Optimizer {
  /** The parameters it changes, in the order given. They need no data yet. */
  readonly parameters: readonly Parameter[];
  private rate: number;

  /** @throws ArgumentError for no parameters, something else than a Parameter, one given twice, or a bad learning rate. */
  constructor(parameters: Iterable<Parameter>, lr: number) {
    this.parameters = checkParameters(this.constructor.name, parameters);
    this.rate = checkNumber(this.constructor.name, "lr", lr);
  }

  /** The learning rate of the next step. */
  get lr(): number {
    return this.rate;
  }

  set lr(value: number) {
    this.rate = checkNumber(this.constructor.name, "lr", value);
  }

  /**
   * Changes every parameter that has a gradient and is not frozen. Graphs that saved a parameter notice.
   * @throws ShapeError or DTypeError when a gradient does not fit its parameter; then nothing has changed.
   */
  step(): void {
    const ready = this.parameters.filter((p) => p.initialized && p.requiresGrad && p.peekGrad() !== null);
    for (const parameter of ready) this.checkGradient(parameter, parameter.peekGrad());
    for (const parameter of ready) this.apply(parameter, parameter.data, parameter.peekGrad()!.data.asContiguous());
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters) parameter.clearGrad();
  }

  /** Changes `values`, those of `parameter`, in place by its gradient; both arrays are contiguous. */
  protected abstract update(parameter: Parameter, values: NDArray, gradient: NDArray): void;

  private apply(parameter: Parameter, data: NDArray, gradient: NDArray): void {
    if (data.contiguous) {
      this.update(parameter, data, gradient);
      heap.bumpVersion(data.base);
    } else {
      const values = data.copy();
      this.update(parameter, values, gradient);
      parameter.data = values;
    }
  }

  private checkGradient(parameter: Parameter, gradient: unknown): void {
    const index = this.parameters.indexOf(parameter);
    const where = `${this.constructor.name}: parameter ${index}${parameter.name === null ? "" : ` (${parameter.name})`}`;
    if (!(gradient instanceof Variable)) {
      throw new ArgumentError(`${where}: its grad is ${typeof gradient}; expected a Variable or null`);
    }
    if (!sameShape(gradient.shape, parameter.shape)) {
      throw new ShapeError(
        `${where}: the gradient has shape ${shapeText(gradient.shape)}; expected that of the parameter, ${shapeText(parameter.shape)}`,
      );
    }
    if (gradient.dtype !== parameter.dtype) {
      throw new DTypeError(
        `${where}: the gradient is ${gradient.dtype}; expected that of the parameter, ${parameter.dtype}`,
      );
    }
  }
}

/**
 * Checks that an option of an optimizer is a finite number, not negative and, where there is a `below`, less than that.
 * @throws ArgumentError naming the optimizer, the option and the value.
 */
export function checkNumber(
  optimizer: string,
  option: string,
  value: unknown,
  below = Number.POSITIVE_INFINITY,
): number {
  if (typeof value === "number" && value >= 0 && value < below) return value;
  const range = below === Number.POSITIVE_INFINITY ? "a finite number of at least 0" : `a number in [0, ${below})`;
  throw new ArgumentError(`${optimizer}: ${option} is ${String(value)}; expected ${range}`);
}

/**
 * Checks that `options` holds none but the options in `known`, so that a misspelt one is not silently ignored.
 * @throws ArgumentError naming the unknown ones and those there are.
 */
export function checkOptions(optimizer: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new ArgumentError(
      `${optimizer}: expected an object of options (${known.join(", ")}), got ${String(options)}`,
    );
  }
  const unknown = Object.keys(options).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    throw new ArgumentError(`${optimizer}: unknown option ${unknown.join(", ")}; expected some of ${known.join(", ")}`);
  }
}

function checkParameters(optimizer: string, parameters: unknown): Parameter[] {
  if (typeof parameters !== "object" || parameters === null || !(Symbol.iterator in parameters)) {
    throw new ArgumentError(
      `${optimizer}: expected the parameters in an iterable, such as model.parameters(), got ${typeof parameters}`,
    );
  }
  const list = [...(parameters as Iterable<unknown>)];
  if (list.length === 0) throw new ArgumentError(`${optimizer}: there are no parameters; expected at least one`);
  for (const [i, parameter] of list.entries()) {
    if (!(parameter instanceof Parameter)) {
      const got = parameter instanceof Variable ? "a Variable" : typeof parameter;
      throw new ArgumentError(`${optimizer}: parameter ${i} is ${got}; expected a Parameter`);
    }
    const first = list.indexOf(parameter);
    if (first !== i) {
      const name = parameter.name === null ? "" : ` (${parameter.name})`;
      throw new ArgumentError(`${optimizer}: parameter ${i}${name} is parameter ${first} again; expected each once`);
    }
  }
  return list as Parameter[];
}
