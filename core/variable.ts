import { type ArrayLike, type ArrayOptions, array, arrayOf, scalar } from "./creation.js";
import { type DType, isFloat } from "./dtype.js";
import { ArgumentError, DTypeError, GraphError, ShapeError } from "./errors.js";
import { formatArray } from "./format.js";
import type { Function } from "./function.js";
import type { Storage } from "./heap.js";
import { NDArray, type NestedArray, type NumericArray } from "./ndarray.js";
import type { GraphNode } from "./node.js";
import { checkOptions, describe } from "./options.js";
import { giveBack } from "./release.js";
import { checkShape, type Shape, sameShape, shapeText } from "./shape.js";
import type { DataShape } from "./shape-types/operand.js";
import type { Asserted } from "./shape-types/reshape.js";
import type { Shaped, shaped } from "./shape-types/shaped.js";

/** What a function takes where it takes a Variable: anything else becomes a constant. */
export type Operand = Variable | ArrayLike;

/** Called with the finished gradient of a Variable; what it returns, if anything, takes the gradient's place. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks on has no return statement
export type GradientHook = (gradient: Variable) => Variable | undefined | void;

/** A swap of `data` counts as more writes than there can be to one array. */
const SWAP = 2 ** 32;
let swaps = 0;

/**
 * An NDArray in a graph: the value, its gradient, and the function that made it.
 * `backward` is installed by `core/backward.ts`; arithmetic and all other functions are methods installed by `functions/`.
 *
 * `S` is the shape as far as it is known before the program runs: `Variable<[32, 784]>`, `Variable<[number, 784]>` for any number
 * of rows, and just `Variable` for any shape.
 */
export class Variable<S extends Shape = Shape> {
  /** What the compiler knows of the shape; nothing at run time. */
  declare readonly [shaped]: Shaped<S>;
  /** A name for messages and pictures of the graph. */
  name: string | null = null;
  /** @internal The place in the graph of the function whose output this is; null for a leaf. */
  node: GraphNode | null = null;
  /** Which of its creator's outputs this is. */
  outputIndex = 0;
  /** @internal Functions to call with the finished gradient. */
  hooks: GradientHook[] | null = null;
  /** @internal The gradient of a leaf while a backward pass adds it up. */
  pending: Variable | null = null;
  /** @internal The function without a gradient whose result this is, for the message of a backward that asks for one. */
  undifferentiable: string | null = null;
  private swapped = 0;
  private gradient: Variable | null = null;
  private gradientSeen = false;

  constructor(
    protected array: NDArray<S>,
    private needed: boolean,
  ) {}

  /** The function whose output this is; null for a leaf. */
  get creator(): Function | null {
    return this.node === null ? null : this.node.fn;
  }

  /** One more than its creator's generation; 0 for a leaf. */
  get generation(): number {
    return this.node === null ? 0 : this.node.generation + 1;
  }

  /** The value. Setting it to another array of the same shape and dtype is noticed by graphs that saved the former one. */
  get data(): NDArray<S> {
    return this.array;
  }

  set data(value: NDArray) {
    if (!(value instanceof NDArray)) throw new ArgumentError(`data: expected an NDArray, got ${typeof value}`);
    if (!sameShape(value.shape, this.shape)) {
      throw new ShapeError(
        `data: the Variable has shape ${shapeText(this.shape)} and the array ${shapeText(value.shape)}`,
      );
    }
    if (value.dtype !== this.dtype) {
      throw new DTypeError(`data: the Variable is ${this.dtype} and the array ${value.dtype}; expected ${this.dtype}`);
    }
    this.array = value as NDArray<S>;
    this.outlive();
    this.swapped = ++swaps * SWAP;
  }

  /** The gradient that `backward` left here, added up over calls, or null. */
  get grad(): Variable<S> | null {
    this.gradientSeen = true;
    return this.gradient as Variable<S> | null;
  }

  set grad(value: Variable | null) {
    this.gradientSeen = true;
    this.gradient = value;
    if (value instanceof Variable) value.outlive();
  }

  /** @internal `grad` for a reader that keeps no reference to it: an optimizer. */
  peekGrad(): Variable | null {
    return this.gradient;
  }

  /** @internal Takes a gradient, of which the backward pass that made it has no other use. */
  receiveGrad(gradient: Variable): void {
    if (!this.gradientSeen && this.gradient !== null) giveBack(this.gradient);
    this.gradientSeen = false;
    this.gradient = gradient;
    gradient.outlive();
  }

  /** @internal Its memory is not given back at the end of a `tidy`. */
  outlive(): void {
    this.array.storage.kept = true;
  }

  /** Whether gradients flow to it. Only a leaf can be told; what is computed needs one when an input does. */
  get requiresGrad(): boolean {
    return this.needed;
  }

  set requiresGrad(value: boolean) {
    if (this.node !== null) {
      throw new GraphError(
        "requiresGrad: only a leaf can be told whether it needs a gradient; expected detach() or unchain() first",
      );
    }
    if (value) checkDifferentiable("requiresGrad", this.dtype);
    this.needed = value;
  }

  /** The lengths of its axes. */
  get shape(): Shape {
    return this.array.shape;
  }

  /** The number of its axes. */
  get ndim(): number {
    return this.array.shape.length;
  }

  /** The number of its elements. */
  get size(): number {
    return this.array.size;
  }

  /** What its elements are. */
  get dtype(): DType {
    return this.array.dtype;
  }

  /** @internal The memory in which the value lies. */
  get storage(): Storage {
    return this.array.storage;
  }

  /** @internal A number that changes whenever the value does. */
  get version(): number {
    return this.swapped + this.array.version;
  }

  /** Calls `hook` with the finished gradient at each backward pass. Returns a function that takes the hook off again. */
  onGrad(hook: GradientHook): () => void {
    if (!this.needed) {
      throw new GraphError(
        `onGrad: no gradient flows to this Variable of shape ${shapeText(this.shape)}; expected requiresGrad`,
      );
    }
    this.hooks = [...(this.hooks ?? []), hook];
    if (this.node !== null) this.node.observed = true;
    return () => {
      this.hooks = this.hooks?.filter((h) => h !== hook) ?? null;
    };
  }

  /** Forgets the gradient, and gives its memory back when nobody has asked for it meanwhile. */
  clearGrad(): void {
    if (!this.gradientSeen && this.gradient !== null) giveBack(this.gradient);
    this.gradient = null;
  }

  /** A constant with the same data, outside every graph. */
  detach(): Variable<S> {
    return new Variable<S>(this.array, false);
  }

  /**
   * This, with `shape` for its type: the way from a `Variable` of which nothing is known to a `Variable<[2, 3]>`. -1 stands for any
   * length, which the type has as `number`.
   * @throws ShapeError when that is not its shape.
   */
  asShape<const T extends Shape>(shape: T): Variable<Asserted<T>> {
    checkShape("asShape", Array.isArray(shape) ? shape.map((n) => (n === -1 ? 0 : n)) : shape);
    if (shape.length !== this.ndim || !shape.every((n, axis) => n === -1 || n === this.shape[axis])) {
      throw new ShapeError(`asShape: the shape is ${shapeText(this.shape)}; expected ${shapeText(shape)}`);
    }
    return this as Variable as Variable<Asserted<T>>;
  }

  /** Cuts this off from what it was computed from: it becomes a constant leaf. A leaf stays what it is. */
  unchain(): void {
    if (this.node === null) return;
    this.node = null;
    this.needed = false;
  }

  /** Cuts the graph behind this: all that it was computed from becomes constant leaves, and this keeps only its own function. */
  unchainBackward(): void {
    const nodes = this.node === null ? [] : [this.node];
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      for (const x of node.inputs) {
        if (x.node === null) continue;
        nodes.push(x.node);
        x.unchain();
      }
    }
  }

  /** The value as nested arrays (one number when a scalar). */
  toArray(): NestedArray {
    return this.array.toArray();
  }

  /** A copy of the value's elements in row-major order. */
  toTypedArray(): NumericArray {
    return this.array.toTypedArray();
  }

  /**
   * The only element.
   * @throws ShapeError when there is not exactly one.
   */
  item(): number {
    return this.array.item();
  }

  /** Values, dtype, shape and name as text. */
  toString(): string {
    const name = this.name === null ? "" : `, name ${this.name}`;
    return `variable(${formatArray(this.array, "variable(".length)}, ${this.dtype}, shape ${shapeText(this.shape)}${name})`;
  }

  /** What `console.log` shows in Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Text for a string context. Native operators do not know Variables, and throw rather than give NaN. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new GraphError(
      "a native operator was used on a Variable; expected a method: a.add(b) for a + b, sub for -, mul for *, div for /, " +
        "pow for **, neg for unary -, less, greater and equal for comparisons, item() for the number of a scalar; " +
        "or compile with tsover (docs/operators.md)",
    );
  }
}

/**
 * A Variable that a layer learns. A layer that infers its sizes makes its Parameters without data, so that an optimizer can
 * hold them already, and initializes them at the first forward.
 */
export class Parameter<S extends Shape = Shape> extends Variable<S> {
  /** Whether it has data. */
  initialized: boolean;
  /** @internal What makes its first data of those that it is given, such as those of another process; null to take them as they are. */
  initializing: ((data: NDArray) => NDArray) | null = null;

  constructor(data: NDArray<S> | null, name: string | null = null) {
    super(data ?? (array([]) as NDArray as NDArray<S>), true);
    if (data !== null) checkDifferentiable("Parameter", data.dtype);
    checkName("Parameter", name);
    this.initialized = data !== null;
    this.name = name;
    this.outlive();
  }

  /**
   * The value.
   * @throws GraphError before it is initialized.
   */
  override get data(): NDArray<S> {
    if (!this.initialized) {
      throw new GraphError(
        `Parameter ${this.name ?? ""}: it has no data before its layer's first forward; expected a forward, or sizes given to the layer`,
      );
    }
    return this.array;
  }

  override set data(value: NDArray) {
    super.data = value;
  }

  /**
   * Gives it its first data.
   * @throws GraphError when it has data already; DTypeError when the data is not floating-point.
   */
  initialize(data: NDArray): void {
    if (this.initialized)
      throw new GraphError(`Parameter ${this.name ?? ""}: it is initialized already; expected data = ...`);
    checkDifferentiable("Parameter", data.dtype);
    this.array = (this.initializing?.(data) ?? data) as NDArray<S>;
    this.outlive();
    this.initialized = true;
  }
}

/** Options of `variable`. */
export interface VariableOptions extends ArrayOptions {
  name?: string;
  /** Whether gradients flow to it: true unless given, for floating-point data. */
  requiresGrad?: boolean;
}

/**
 * A Variable that holds `data` (float32 unless told) and requires a gradient unless told not to.
 * An NDArray is taken as it is, without a copy; anything else is copied.
 * @throws DTypeError when a gradient is asked for integers or bools; ArgumentError for a name that is no text; as `array` for bad data.
 */
export function variable<const D extends ArrayLike>(data: D, options?: VariableOptions): Variable<DataShape<D>>;
export function variable(data: ArrayLike, options: VariableOptions = {}): Variable {
  checkOptions("variable", options, ["dtype", "name", "requiresGrad"]);
  const { dtype } = options;
  const value = data instanceof NDArray && (dtype ?? data.dtype) === data.dtype ? data : array(data, { dtype });
  const { requiresGrad = isFloat(value.dtype), name = null } = options;
  if (requiresGrad) checkDifferentiable("variable", value.dtype);
  checkName("variable", name);
  const result = new Variable(value, requiresGrad);
  result.name = name;
  return result;
}

function checkName(operation: string, name: unknown): void {
  if (name !== null && typeof name !== "string") {
    throw new ArgumentError(`${operation}: name is ${describe(name)}; expected a text`);
  }
}

/** A Variable that no gradient flows to. */
export function constant<const D extends ArrayLike>(
  data: D,
  options?: Omit<VariableOptions, "requiresGrad">,
): Variable<DataShape<D>>;
export function constant(data: ArrayLike, options: Omit<VariableOptions, "requiresGrad"> = {}): Variable {
  return variable(data, { ...options, requiresGrad: false });
}

/** `x` if it is a Variable, else a constant that holds it; numbers and nested arrays take the dtype of `like` where they can. */
export function asVariable(operation: string, x: Operand, like?: { readonly dtype: DType }): Variable {
  if (x instanceof Variable) return x;
  if (typeof x === "number") return new Variable(scalar(x, weakNumberDType(x, like)), false);
  if (x instanceof NDArray) return new Variable(x, false);
  if (like === undefined || ArrayBuffer.isView(x)) return new Variable(arrayOf(operation, x), false);
  return new Variable(arrayOf(operation, x, weakDType(x, like.dtype)), false);
}

function weakNumberDType(x: number, like: { readonly dtype: DType } | undefined): DType {
  const dtype = like === undefined ? "float32" : like.dtype;
  if (dtype === "float32" || dtype === "float64") return dtype;
  return Number.isInteger(x) ? "int32" : "float32";
}

/** The dtype that literal numbers take beside an array of `dtype`: its own, unless it cannot hold them. */
function weakDType(x: NestedArray, dtype: DType): DType {
  if (isFloat(dtype)) return dtype;
  const fits = (value: NestedArray): boolean =>
    Array.isArray(value) ? value.every(fits) : typeof value === "boolean" || Number.isInteger(value);
  if (!fits(x)) return "float32";
  return dtype === "bool" && isBoolean(x) ? "bool" : "int32";
}

function isBoolean(x: NestedArray): boolean {
  return Array.isArray(x) ? x.every(isBoolean) : typeof x === "boolean";
}

function checkDifferentiable(operation: string, dtype: DType): void {
  if (!isFloat(dtype)) {
    throw new DTypeError(
      `${operation}: no gradient flows to ${dtype}; expected float32 or float64, or requiresGrad: false`,
    );
  }
}
