import { array } from "../core/creation.js";
import { DTYPES, type FloatDType, isFloat } from "../core/dtype.js";
import { DTypeError, GraphError, ShapeError } from "../core/errors.js";
import type { NDArray } from "../core/ndarray.js";
import { type Shape, shapeText } from "../core/shape.js";
import { keep } from "../core/tidy.js";
import { Parameter } from "../core/variable.js";

/** A shape with null for the lengths that the first input tells. */
export type ShapePattern = readonly (number | null)[];

/** `pattern` as it is written in messages: `(?, 10)`. */
export function patternText(pattern: ShapePattern): string {
  const lengths = pattern.map((n) => n ?? "?");
  return lengths.length === 1 ? `(${lengths[0]},)` : `(${lengths.join(", ")})`;
}

/** Whether an array of `shape` is one that `pattern` describes. */
export function matchesPattern(shape: Shape, pattern: ShapePattern): boolean {
  return shape.length === pattern.length && pattern.every((n, i) => n === null || n === shape[i]);
}

/**
 * A Parameter whose layer knows its dtype and part of its shape before the first forward tells the rest,
 * so that a state that does not fit can be refused before as well as after.
 */
export class LazyParameter extends Parameter {
  constructor(
    name: string,
    /** The shape as far as it is known. */
    readonly pattern: ShapePattern,
    dtype: FloatDType,
  ) {
    super(null, name);
    this.array = array([], { dtype });
  }

  /**
   * Gives it its first data.
   * @throws ShapeError or DTypeError when that is not what the layer expects; GraphError when it has data already.
   */
  override initialize(data: NDArray): void {
    checkEntry(`Parameter ${this.name}`, this.pattern, this.dtype, data);
    super.initialize(data);
  }
}

/**
 * An array that belongs to the state of a layer without being learned, such as a running mean. A layer that assigns one to
 * a property has it in its `stateDict`. Like a Parameter it may get its data at the first forward.
 */
export class Buffer {
  /** @internal As of a Parameter. */
  initializing: ((data: NDArray) => NDArray) | null = null;
  private array: NDArray | null = null;

  constructor(
    /** What the state calls it. */
    readonly name: string,
    /** The shape as far as it is known. */
    readonly pattern: ShapePattern,
    /** The dtype it has, or will have. */
    readonly dtype: FloatDType = "float32",
  ) {}

  /** Whether it has data. */
  get initialized(): boolean {
    return this.array !== null;
  }

  /** The shape; `(0,)` before it is initialized. */
  get shape(): Shape {
    return this.array?.shape ?? [0];
  }

  /**
   * The value. A new one must have the shape and dtype of the former.
   * @throws GraphError before it is initialized.
   */
  get data(): NDArray {
    if (this.array === null) {
      throw new GraphError(`Buffer ${this.name}: it has no data before its layer's first forward; expected a forward`);
    }
    return this.array;
  }

  set data(value: NDArray) {
    checkEntry(`Buffer ${this.name}`, this.data.shape, this.dtype, value);
    this.array = keep(value);
  }

  /**
   * Gives it its first data.
   * @throws ShapeError or DTypeError when that is not what the layer expects; GraphError when it has data already.
   */
  initialize(data: NDArray): void {
    if (this.array !== null)
      throw new GraphError(`Buffer ${this.name}: it is initialized already; expected data = ...`);
    checkEntry(`Buffer ${this.name}`, this.pattern, this.dtype, data);
    this.array = keep(this.initializing?.(data) ?? data);
  }
}

/** What a state dict holds of a layer: parameters and buffers. */
export type StateEntry = Parameter | Buffer;

/** Why `value` cannot become the data of `entry`, or null when it can. */
export function misfit(entry: StateEntry, value: NDArray): string | null {
  const lazy = entry instanceof LazyParameter || entry instanceof Buffer;
  const pattern = entry.initialized ? entry.shape : lazy ? entry.pattern : null;
  if (pattern !== null && !matchesPattern(value.shape, pattern)) {
    return `shape ${shapeText(value.shape)}; expected ${patternText(pattern)}`;
  }
  const dtypes = entry.initialized || lazy ? [entry.dtype] : DTYPES.filter(isFloat);
  return dtypes.includes(value.dtype) ? null : `${value.dtype}; expected ${dtypes.join(" or ")}`;
}

function checkEntry(what: string, pattern: ShapePattern, dtype: string, value: NDArray): void {
  if (!matchesPattern(value.shape, pattern)) {
    throw new ShapeError(`${what}: got shape ${shapeText(value.shape)}; expected ${patternText(pattern)}`);
  }
  if (value.dtype !== dtype) throw new DTypeError(`${what}: got ${value.dtype}; expected ${dtype}`);
}
