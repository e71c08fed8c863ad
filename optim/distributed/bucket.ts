import * as kernels from "../../core/backend/dispatch.js";
import { array } from "../../core/creation.js";
import { bytesOf, type FloatDType } from "../../core/dtype.js";
import { NDArray } from "../../core/ndarray.js";
import { takeRows } from "../../core/numeric.js";
import { claim } from "../../core/release.js";
import { RowGradient } from "../../core/row-gradient.js";
import { stridesOf } from "../../core/shape.js";
import { type Parameter, Variable } from "../../core/variable.js";
import type { Communicator, PendingReduction } from "./communicator.js";

/** A parameter whose gradients the ranks average, and how. */
export interface Exchanged {
  readonly parameter: Parameter;
  /** Whether its optimizer leaves the rows alone that no rank has a gradient for: then ranks tell each other which those are. */
  readonly lazy: boolean;
}

/** Where the gradient of a parameter lies in a bucket, in elements. */
interface Slot extends Exchanged {
  readonly start: number;
  /** Where it stands whether a rank has a gradient at all and, if it is lazy, for each of its rows. */
  readonly flags: number;
}

/** Slots begin at multiples of so many elements, which is what kernels read at once. */
const ALIGNMENT = 4;

/**
 * Gradients of several parameters of one dtype that travel as one array: many small messages take longer than a large one. Behind
 * the gradients come flags, by whose sums a rank knows whether any other one had a gradient where it has none.
 */
export class Bucket {
  private readonly slots: readonly Slot[];
  private readonly flagsStart: number;
  private readonly length: number;
  private flat: NDArray | null = null;
  private pending: PendingReduction | null = null;
  /** The gradients that were put into it before their time, with the version that they had. */
  private early: ReadonlyMap<Parameter, readonly [gradient: Variable, version: number]> | null = null;

  constructor(
    private readonly communicator: Communicator,
    private readonly dtype: FloatDType,
    members: readonly Exchanged[],
  ) {
    let next = 0;
    const starts = members.map(({ parameter }) => {
      const start = next;
      next = Math.ceil((next + parameter.size) / ALIGNMENT) * ALIGNMENT;
      return start;
    });
    this.flagsStart = next;
    this.slots = members.map((member, i) => {
      const flags = next - this.flagsStart;
      next += 1 + rowsOf(member);
      return { ...member, start: starts[i]!, flags };
    });
    this.length = next;
  }

  /** The parameters in it. */
  get parameters(): readonly Parameter[] {
    return this.slots.map(({ parameter }) => parameter);
  }

  /** Whether an exchange has been begun, of which the outcome has not been given. */
  get begun(): boolean {
    return this.early !== null;
  }

  /** Puts these gradients into it, while backward is still at work, and begins to add up those of all ranks. */
  start(gradients: ReadonlyMap<Parameter, Variable>): void {
    this.early = new Map([...gradients].map(([parameter, gradient]) => [parameter, [gradient, gradient.version]]));
    this.fill((parameter) => gradients.get(parameter) ?? null);
    this.pending = this.communicator.startAllReduce(this.flat!, "mean");
  }

  /** Moves on what was begun. */
  test(): void {
    this.pending?.test();
  }

  /** Waits for what was begun, or begins it now. */
  finish(early: boolean): boolean {
    if (this.early === null || this.pending === null) {
      this.exchange(early);
      return true;
    }
    const sent = this.early;
    this.pending.wait();
    this.early = null;
    this.pending = null;
    return this.slots.every(({ parameter }) => {
      const [gradient, version] = sent.get(parameter) ?? [null, 0];
      return parameter.peekGrad() === gradient && (gradient === null || gradient.version === version);
    });
  }

  /** Adds up the gradients that the parameters of all ranks have now. */
  exchange(early: boolean): void {
    this.fill((parameter) => parameter.peekGrad());
    // One that other ranks may have begun meets theirs only if it is begun, too.
    if (early) this.communicator.startAllReduce(this.flat!, "mean").wait();
    else this.communicator.allReduce(this.flat!, "mean");
  }

  /** Gives the parameters the means, where any rank had a gradient. They lie in the bucket itself, which is made anew each time. */
  give(): void {
    const flat = this.flat!;
    this.flat = null;
    const flags = this.part(flat, this.flagsStart, [this.length - this.flagsStart]).toTypedArray();
    for (const slot of this.slots) {
      if (flags[slot.flags] === 0) continue;
      const { parameter, start } = slot;
      const values = this.part(flat, start, parameter.shape);
      const own = flags.subarray(slot.flags + 1, slot.flags + 1 + rowsOf(slot));
      const gradient = rowsAmong(own, values) ?? new Variable(values, false);
      claim(gradient);
      parameter.receiveGrad(gradient);
    }
  }

  private fill(gradientOf: (parameter: Parameter) => Variable | null): void {
    const flat = NDArray.empty([this.length], this.dtype);
    const flags = new Float64Array(this.length - this.flagsStart);
    for (const slot of this.slots) {
      const { parameter, start } = slot;
      const gradient = gradientOf(parameter);
      const place = this.part(flat, start, parameter.shape);
      if (gradient === null) {
        kernels.fill(place, 0);
        continue;
      }
      flags[slot.flags] = 1;
      markRows(flags.subarray(slot.flags + 1, slot.flags + 1 + rowsOf(slot)), gradient);
      kernels.copy(gradient.data, place);
    }
    kernels.copy(array(flags, { dtype: this.dtype }), this.part(flat, this.flagsStart, [flags.length]));
    this.flat = flat;
  }

  private part(flat: NDArray, start: number, shape: readonly number[]): NDArray {
    return flat.view(flat.address + start * bytesOf(this.dtype), shape, stridesOf(shape));
  }
}

/** How many rows a parameter has that ranks tell each other of. */
function rowsOf({ parameter, lazy }: Exchanged): number {
  return lazy ? (parameter.shape[0] ?? 0) : 0;
}

/** Marks the rows that a gradient is about: all, unless it is one of few rows. */
function markRows(flags: Float64Array, gradient: Variable): void {
  const few = gradient instanceof RowGradient ? gradient.rows : null;
  if (few === null) {
    flags.fill(1);
    return;
  }
  // Rows of a gradient may be shorter than those of the parameter.
  const width = few.values.shape[1]!;
  const whole = gradient.size / flags.length;
  for (const row of few.rows.toTypedArray()) flags[Math.floor((row * width) / whole)] = 1;
}

/** The gradient of the rows that are marked, or null when all are, or none are told. */
function rowsAmong(flags: ArrayLike<number>, values: NDArray): RowGradient | null {
  const rows: number[] = [];
  for (let row = 0; row < flags.length; row++) if (flags[row] !== 0) rows.push(row);
  if (rows.length === flags.length) return null;
  const width = values.size / flags.length;
  const places = array(Int32Array.from(rows));
  return new RowGradient({ rows: places, values: takeRows(values, places, width, [rows.length, width]) }, values.shape);
}
