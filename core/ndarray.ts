import * as kernels from "./backend/dispatch.js";
import { bytesOf, checkDType, type DType } from "./dtype.js";
import { DTypeError, GraphError, ShapeError } from "./errors.js";
import { formatArray } from "./format.js";
import { heap, type Storage } from "./heap.js";
import {
  inferShape,
  isContiguous,
  normalizeAxis,
  type Shape,
  sameShape,
  shapeText,
  sizeOf,
  stridesOf,
} from "./shape.js";
import type { Shaped, shaped } from "./shape-types/shaped.js";
import { type BasicIndex, sliceView } from "./slicing.js";

/** A copy of an NDArray's elements: the typed array of its dtype, `Uint8Array` of 0 and 1 for bool. */
export type NumericArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Nested arrays of numbers (booleans for bool), as `toArray` gives them and `array` takes them. */
export type NestedArray = number | boolean | readonly NestedArray[];

/**
 * A typed array on the WebAssembly heap with a shape, strides and a dtype.
 *
 * `reshape` (of contiguous arrays), `transpose`, `broadcastTo` and `slice` give views that share the storage.
 * Operations never change their inputs; the only writers are `assign` and optimizers.
 */
export class NDArray<S extends Shape = Shape> {
  /** What the compiler knows of the shape; nothing at run time. */
  declare readonly [shaped]: Shaped<S>;
  /** Number of elements. */
  readonly size: number;
  /** Whether the elements lie in row-major order without gaps. */
  readonly contiguous: boolean;

  /** @internal Use `array`, `zeros`, ... or `NDArray.empty`. */
  constructor(
    /** Keeps the block of the heap alive. */
    readonly storage: Storage,
    /** Address of the allocation that this array is, or is a view of; its version is counted there. */
    readonly base: number,
    private readonly start: number,
    /** The lengths of its axes. */
    readonly shape: Shape,
    /** Distance between neighbours along each axis, in elements; 0 along a broadcast axis. */
    readonly strides: readonly number[],
    /** What its elements are. */
    readonly dtype: DType,
    size: number,
    contiguous: boolean,
  ) {
    this.size = size;
    this.contiguous = contiguous;
  }

  /** An array whose elements are whatever was in memory: for the output of a kernel that writes every one. */
  static empty(shape: Shape, dtype: DType): NDArray {
    const size = sizeOf(shape);
    const address = heap.allocate(size * bytesOf(dtype));
    return new NDArray(heap.storage, address, address, shape, stridesOf(shape), dtype, size, true);
  }

  /** `empty` with the shape of `like`, whose shape and (if contiguous) strides it shares. */
  static emptyLike(like: NDArray, dtype: DType = like.dtype): NDArray {
    const address = heap.allocate(like.size * bytesOf(dtype));
    const strides = like.contiguous ? like.strides : stridesOf(like.shape);
    return new NDArray(heap.storage, address, address, like.shape, strides, dtype, like.size, true);
  }

  /**
   * Byte address of the first element. Valid until the next allocation, so read it last.
   * @throws GraphError when the storage was released.
   */
  get address(): number {
    if (this.storage.released) throw released(this);
    return this.start;
  }

  /** Number of axes. */
  get ndim(): number {
    return this.shape.length;
  }

  /** How often the memory behind this array and its views has been written to. */
  get version(): number {
    return heap.version(this.base);
  }

  /**
   * The same elements in another shape; one length may be -1. A view when the array is contiguous, else a copy.
   * @throws ShapeError when the number of elements differs.
   */
  reshape(shape: Shape): NDArray {
    const inferred = inferShape("reshape", shape, this.size, this.shape);
    if (sameShape(inferred, this.shape)) return this;
    const source = this.contiguous ? this : this.copy();
    return source.view(source.start, [...inferred], stridesOf(inferred));
  }

  /**
   * A view with the axes in another order; reversed when `axes` is not given.
   * @throws AxisError when an axis is out of range; ShapeError when `axes` is not a permutation.
   */
  transpose(axes?: readonly number[]): NDArray {
    const order = axes ?? this.shape.map((_, i) => this.ndim - 1 - i);
    const normalized = order.map((a) => normalizeAxis("transpose", a, this.ndim));
    if (new Set(normalized).size !== this.ndim || normalized.length !== this.ndim) {
      throw new ShapeError(
        `transpose: axes (${order.join(", ")}) are not a permutation of the ${this.ndim} axes of ${shapeText(this.shape)}`,
      );
    }
    return this.view(
      this.start,
      normalized.map((a) => this.shape[a]!),
      normalized.map((a) => this.strides[a]!),
    );
  }

  /**
   * A view that repeats the array along new axes and along axes of length 1, by NumPy's rule.
   * @throws ShapeError when the array does not broadcast to `shape`.
   */
  broadcastTo(shape: Shape, operation = "broadcastTo"): NDArray {
    if (sameShape(this.shape, shape)) return this;
    const extra = shape.length - this.ndim;
    const strides = shape.map((n, i) => {
      if (i < extra) return 0;
      const own = this.shape[i - extra]!;
      if (own === n) return this.strides[i - extra]!;
      if (own === 1) return 0;
      throw new ShapeError(
        `${operation}: ${shapeText(this.shape)} does not broadcast to ${shapeText(shape)}: ` +
          `axis ${i - extra} has length ${own}; expected ${n} or 1`,
      );
    });
    if (extra < 0) {
      throw new ShapeError(
        `${operation}: ${shapeText(this.shape)} has more axes than ${shapeText(shape)}; expected at most ${shape.length}`,
      );
    }
    return this.view(this.start, [...shape], strides);
  }

  /**
   * A view by NumPy's basic indexing: integers (negative ones count from the end), `slice(start, stop, step)`, `ellipsis`, `newAxis`.
   * @throws IndexError for an index outside its axis and for too many; ArgumentError for one of another kind.
   */
  slice(...indices: readonly BasicIndex[]): NDArray {
    return sliceView("slice", this, indices);
  }

  /** A view of the same memory: `start` in bytes, `strides` in elements. The caller answers for its bounds. */
  view(start: number, shape: Shape, strides: readonly number[]): NDArray {
    return new NDArray(
      this.storage,
      this.base,
      start,
      shape,
      strides,
      this.dtype,
      sizeOf(shape),
      isContiguous(shape, strides),
    );
  }

  /** A contiguous copy with storage of its own. */
  copy(): NDArray {
    const out = NDArray.emptyLike(this);
    kernels.copy(this, out);
    return out;
  }

  /**
   * Overwrites the elements, also through a view, with those of `values`, which must broadcast to this shape.
   * A graph that saved the array before notices: its backward throws.
   * @throws ShapeError when the shapes do not fit; DTypeError when the dtypes differ.
   */
  assign(values: NDArray): this {
    if (values.dtype !== this.dtype) {
      throw new DTypeError(
        `assign: the array is ${this.dtype} and the values are ${values.dtype}; expected ${this.dtype}`,
      );
    }
    if (this.size > 0 && this.strides.some((s, i) => s === 0 && this.shape[i]! > 1)) {
      throw new ShapeError("assign: the array is a broadcast view, whose elements share memory; expected a copy of it");
    }
    let source = values.broadcastTo(this.shape, "assign");
    if (source.storage === this.storage && source.base === this.base) source = source.copy();
    kernels.copy(source, this);
    heap.bumpVersion(this.base);
    return this;
  }

  /** The elements in row-major order, copied out of the heap. */
  toTypedArray(): NumericArray {
    const x = this.asContiguous();
    const { address, size } = x;
    switch (this.dtype) {
      case "float32":
        return new Float32Array(heap.f32.subarray(address >>> 2, (address >>> 2) + size));
      case "float64":
        return new Float64Array(heap.f64.subarray(address >>> 3, (address >>> 3) + size));
      case "int32":
        return new Int32Array(heap.i32.subarray(address >>> 2, (address >>> 2) + size));
      default:
        return new Uint8Array(heap.u8.subarray(address, address + size));
    }
  }

  /** The elements as nested arrays, or as one number (boolean for bool) when the array is a scalar. */
  toArray(): NestedArray {
    const flat = this.toTypedArray();
    let next = 0;
    const build = (axis: number): NestedArray => {
      if (axis === this.ndim) {
        const value = flat[next++]!;
        return this.dtype === "bool" ? value !== 0 : value;
      }
      return Array.from({ length: this.shape[axis]! }, () => build(axis + 1));
    };
    return build(0);
  }

  /**
   * The only element, as a number (0 or 1 for bool).
   * @throws ShapeError when there is not exactly one.
   */
  item(): number {
    if (this.size !== 1) {
      throw new ShapeError(`item: expected exactly one element, got shape ${shapeText(this.shape)} with ${this.size}`);
    }
    const { address } = this;
    switch (this.dtype) {
      case "float32":
        return heap.f32[address >>> 2]!;
      case "float64":
        return heap.f64[address >>> 3]!;
      case "int32":
        return heap.i32[address >>> 2]!;
      default:
        return heap.u8[address]!;
    }
  }

  /** This array in another dtype: itself when it has it already, else a copy (to int32: toward zero; to bool: x != 0). */
  astype(dtype: DType): NDArray {
    if (dtype === this.dtype) return this;
    checkDType("astype", dtype);
    const out = NDArray.emptyLike(this, dtype);
    kernels.copy(this, out);
    return out;
  }

  /** The elements printed as NumPy prints them, summarized when there are more than 1,000. */
  toString(): string {
    return formatArray(this);
  }

  /** What `console.log` shows in Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `NDArray(${formatArray(this, "NDArray(".length)}, ${this.dtype}, shape ${shapeText(this.shape)})`;
  }

  /** This array if it is contiguous, else a contiguous copy. */
  asContiguous(): NDArray {
    return this.contiguous ? this : this.copy();
  }
}

function released(x: NDArray): GraphError {
  return new GraphError(
    `use of an array of shape ${shapeText(x.shape)} whose memory was given back by tidy; expected it returned or given to keep there (or a Trainer with tidy: false)`,
  );
}
