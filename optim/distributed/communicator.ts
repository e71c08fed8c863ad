import * as kernels from "../../core/backend/dispatch.js";
import { array } from "../../core/creation.js";
import { ArgumentError, DTypeError } from "../../core/errors.js";
import { heap } from "../../core/heap.js";
import { NDArray } from "../../core/ndarray.js";
import { filled } from "../../core/numeric.js";
import { checkChoice, describe } from "../../core/options.js";
import { shapeText } from "../../core/shape.js";
import { keep } from "../../core/tidy.js";

/** How `allReduce` makes one value of those of all ranks. */
export type Reduction = "sum" | "mean" | "min" | "max";

/** The dtypes that arrays which ranks exchange can have. */
export type ExchangedDType = "float32" | "float64" | "int32";

/** An `allReduce` that has been started. */
export interface PendingReduction {
  /** Moves it on, without waiting. Returns whether it is done. */
  test(): boolean;
  /** Waits until it is done. */
  wait(): void;
}

const REDUCTIONS = ["sum", "mean", "min", "max"] as const;
const DTYPES: readonly string[] = ["float32", "float64", "int32"];

/**
 * Processes that run the same program and exchange arrays: `size` of them, numbered by `rank` from 0 on. What one of them calls, all
 * must call, in the same order and with arrays of the same shapes and dtypes: each call waits for the others. `world()` gives the one
 * that the program was started with.
 *
 *     const { rank, size } = world();
 *     const total = array([loss.item()], { dtype: "float64" });
 *     world().allReduce(total, "mean");
 */
export abstract class Communicator {
  constructor(
    /** The number of this process, from 0 on. */
    readonly rank: number,
    /** How many processes there are. */
    readonly size: number,
    /** What connects them, for people. */
    readonly description: string,
  ) {}

  /**
   * Gives every rank what `x` holds on rank `root`, in place. Returns `x`.
   * @throws DTypeError unless it is float32, float64 or int32; ArgumentError for a root that is no rank; CommunicationError when
   * the exchange fails.
   */
  broadcast(x: NDArray, root = 0): NDArray {
    const dtype = exchanged("broadcast", x);
    if (!Number.isInteger(root) || root < 0 || root >= this.size) {
      throw new ArgumentError(`broadcast: root is ${describe(root)}; expected 0 to ${this.size - 1}`);
    }
    return this.inPlace(x, (values) => this.broadcastMemory(values.address, values.size, dtype, root));
  }

  /**
   * Puts in the place of each element of `x` the sum (unless told), mean, smallest or largest of the elements there on all ranks. Returns `x`.
   * @throws DTypeError unless it is float32, float64 or int32, and for the mean of int32; CommunicationError when the exchange fails.
   */
  allReduce(x: NDArray, reduction: Reduction = "sum"): NDArray {
    const dtype = this.checkReduction("allReduce", x, reduction);
    return this.inPlace(x, (values) => {
      this.reduceMemory(values.address, values.size, dtype, reduction === "mean" ? "sum" : reduction);
      if (reduction === "mean") divide(values, this.size);
    });
  }

  /**
   * Begins an `allReduce` of a contiguous array, of which nothing may be read or written until it is done. It moves on while `test`
   * or `wait` is at work and, as far as the network does so by itself, in between. Ranks begin such reductions in one order, which
   * need not be that of other exchanges.
   * @throws ArgumentError for an array that is not contiguous; otherwise as `allReduce`.
   */
  startAllReduce(x: NDArray, reduction: Reduction = "sum"): PendingReduction {
    const dtype = this.checkReduction("startAllReduce", x, reduction);
    if (!x.contiguous) {
      throw new ArgumentError(
        `startAllReduce: the array of shape ${shapeText(x.shape)} is not contiguous; expected a copy of it`,
      );
    }
    // Others write into it until it is done, which may be after the end of a `tidy` around this.
    keep(x);
    if (this.size === 1 || x.size === 0) return DONE;
    const pending = this.startReduceMemory(x.address, x.size, dtype, reduction === "mean" ? "sum" : reduction);
    let done = false;
    const finish = (): void => {
      if (done) return;
      done = true;
      heap.bumpVersion(x.base);
      if (reduction === "mean") divide(x, this.size);
    };
    return {
      test() {
        if (!done && pending.test()) finish();
        return done;
      },
      wait() {
        if (!done) pending.wait();
        finish();
      },
    };
  }

  /**
   * What `x` holds on each rank, one below the other: (size, ...shape).
   * @throws DTypeError unless it is float32, float64 or int32; CommunicationError when the exchange fails.
   */
  allGather(x: NDArray): NDArray {
    const dtype = exchanged("allGather", x);
    const out = NDArray.empty([this.size, ...x.shape], x.dtype);
    const own = x.asContiguous();
    if (this.size === 1) kernels.copy(own, out.reshape(own.shape));
    else if (own.size > 0) this.gatherMemory(own.address, out.address, own.size, dtype);
    return out;
  }

  /** Waits until all ranks have come here. @throws CommunicationError when that fails. */
  abstract barrier(): void;

  /** Time spent in exchanges so far, in seconds, their number and the bytes that this rank gave to them. */
  abstract readonly statistics: Readonly<CommunicationStatistics>;

  /** @internal The exchanges themselves, of arrays that lie on the heap in one piece. Only called when there are several ranks. */
  protected abstract broadcastMemory(address: number, count: number, dtype: ExchangedDType, root: number): void;
  protected abstract reduceMemory(address: number, count: number, dtype: ExchangedDType, op: MemoryReduction): void;
  protected abstract startReduceMemory(
    address: number,
    count: number,
    dtype: ExchangedDType,
    op: MemoryReduction,
  ): PendingReduction;
  protected abstract gatherMemory(from: number, to: number, count: number, dtype: ExchangedDType): void;

  private inPlace(x: NDArray, exchange: (values: NDArray) => void): NDArray {
    if (this.size === 1 || x.size === 0) return x;
    if (x.contiguous) {
      exchange(x);
      heap.bumpVersion(x.base);
      return x;
    }
    const values = x.copy();
    exchange(values);
    return x.assign(values);
  }

  private checkReduction(operation: string, x: NDArray, reduction: Reduction): ExchangedDType {
    checkChoice(operation, "reduction", reduction, REDUCTIONS);
    const dtype = exchanged(operation, x);
    if (reduction === "mean" && dtype === "int32") {
      throw new DTypeError(`${operation}: the mean of int32 may be no integer; expected float32 or float64, or "sum"`);
    }
    return dtype;
  }
}

/** What memory is reduced by. */
export type MemoryReduction = Exclude<Reduction, "mean">;

/** What a communicator has done. */
export interface CommunicationStatistics {
  calls: number;
  bytes: number;
  seconds: number;
}

/** A process by itself: every exchange leaves things as they are. */
export class SingleProcess extends Communicator {
  readonly statistics = { calls: 0, bytes: 0, seconds: 0 };

  constructor() {
    super(0, 1, "a single process");
  }

  override barrier(): void {}

  protected override broadcastMemory(): void {}

  protected override reduceMemory(): void {}

  protected override gatherMemory(): void {}

  protected override startReduceMemory(): PendingReduction {
    return DONE;
  }
}

/**
 * Reduces numbers, in float64: for counts, losses and the like.
 * @throws CommunicationError when the exchange fails.
 */
export function allReduceNumbers(
  communicator: Communicator,
  numbers: readonly number[],
  reduction: Reduction = "sum",
): number[] {
  if (communicator.size === 1) return [...numbers];
  const shared = array(numbers, { dtype: "float64" });
  return [...communicator.allReduce(shared, reduction).toTypedArray()];
}

const DONE: PendingReduction = { test: () => true, wait: () => undefined };

function divide(values: NDArray, by: number): void {
  const divisor = filled([], by, values.dtype);
  kernels.binary("div", values, divisor, values);
}

function exchanged(operation: string, x: NDArray): ExchangedDType {
  if (!(x instanceof NDArray)) {
    throw new ArgumentError(`${operation}: expected an NDArray, such as the data of a Variable, got ${describe(x)}`);
  }
  if (DTYPES.includes(x.dtype)) return x.dtype as ExchangedDType;
  throw new DTypeError(`${operation}: the array is ${x.dtype}; expected float32, float64 or int32`);
}
