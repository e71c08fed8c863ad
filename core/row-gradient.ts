import * as kernels from "./backend/dispatch.js";
import { config } from "./config.js";
import { array } from "./creation.js";
import type { NDArray, NestedArray, NumericArray } from "./ndarray.js";
import { addRows, filled } from "./numeric.js";
import { handOver } from "./release.js";
import { type Shape, sizeOf } from "./shape.js";
import { Variable } from "./variable.js";

/*
 * The gradient of a table of which few rows were used is zero elsewhere. Making, adding up and applying all those zeros costs
 * what the table holds, so where it pays the rows alone are kept until somebody asks for the array.
 */

/** Elements of an array below which its gradient is made whole at once. */
const SMALL_TABLE = 16384;
/** A gradient of more than this share of the rows is made whole at once. */
const FEW = 0.25;

/** The rows of a gradient that may differ from zero. */
export interface Rows {
  /** Their numbers, int32, each once, in an array seen as (-1, width). */
  readonly rows: NDArray;
  /** What they hold: (rows.size, width). */
  readonly values: NDArray;
}

/**
 * A gradient that is zero except in some rows. To whoever reads it, it is a Variable like any other: `data` makes the whole
 * array, and it is an ordinary gradient from then on. An optimizer and `backward`, which adds gradients up, use `rows`.
 */
export class RowGradient extends Variable {
  private few: Rows | null;

  constructor(
    rows: Rows,
    private readonly whole: Shape,
  ) {
    super(rows.values, false);
    this.few = rows;
  }

  /** The rows, or null once the whole array was asked for: it may have been written to. */
  get rows(): Rows | null {
    return this.few;
  }

  override get data(): NDArray {
    this.makeWhole();
    return this.array;
  }

  override set data(value: NDArray) {
    this.makeWhole();
    super.data = value;
  }

  override get shape(): Shape {
    return this.whole;
  }

  override get ndim(): number {
    return this.whole.length;
  }

  override get size(): number {
    return sizeOf(this.whole);
  }

  override get version(): number {
    this.makeWhole();
    return super.version;
  }

  override detach(): Variable {
    this.makeWhole();
    return super.detach();
  }

  override outlive(): void {
    super.outlive();
    if (this.few !== null) this.few.rows.storage.kept = true;
  }

  override toArray(): NestedArray {
    return this.data.toArray();
  }

  override toTypedArray(): NumericArray {
    return this.data.toTypedArray();
  }

  override item(): number {
    return this.data.item();
  }

  override toString(): string {
    this.makeWhole();
    return super.toString();
  }

  private makeWhole(): void {
    if (this.few === null) return;
    const { rows, values } = this.few;
    const whole = addRows(values, rows, values.shape[1]!, this.whole);
    handOver(values.storage, whole.storage);
    this.array = whole;
    this.few = null;
  }
}

/**
 * The gradient of `x` when `gy`, of `rows.size` rows of `width` elements, is added at `rows` (int32) of `x` seen as (-1, width);
 * null where it is to be made whole: when it is to be differentiated again, on its way to another function, or not worth it.
 */
export function rowGradient(x: Variable, rows: NDArray, width: number, gy: NDArray): RowGradient | null {
  if (config.enableBackprop || x.creator !== null || x.size < SMALL_TABLE) return null;
  if (rows.size === 0 || rows.size * width > FEW * x.size) return null;
  return sumOfRows([[gy.asContiguous(), rows]], width, x.shape);
}

/** The sum of two gradients of one Variable as rows, or null when they are not given so or when it is not worth it. */
export function addRowGradients(a: Variable, b: Variable): RowGradient | null {
  if (!(a instanceof RowGradient) || !(b instanceof RowGradient)) return null;
  const { rows: left } = a;
  const { rows: right } = b;
  if (left === null || right === null) return null;
  const width = left.values.shape[1]!;
  if (right.values.shape[1] !== width || left.values.size + right.values.size > FEW * a.size) return null;
  const terms = [left, right].map(({ values, rows }): Term => [values, rows]);
  return sumOfRows(terms, width, a.shape);
}

/** What is added to a table, and to which of its rows. */
type Term = readonly [values: NDArray, rows: NDArray];

/** For each row of the largest table so far its place among those that `sumOfRows` has met, counted from 1. All 0 between calls. */
let places = new Int32Array(0);

function sumOfRows(terms: readonly Term[], width: number, shape: Shape): RowGradient {
  const count = sizeOf(shape) / width;
  if (places.length < count) places = new Int32Array(count);
  const given = terms.map(([, rows]) => rows.toTypedArray() as Int32Array);
  const distinct: number[] = [];
  const targets = given.map((rows) =>
    rows.map((row) => {
      if (places[row] === 0) places[row] = distinct.push(row);
      return places[row]! - 1;
    }),
  );
  for (const row of distinct) places[row] = 0;
  const values = filled([distinct.length, width], 0, terms[0]![0].dtype);
  for (const [i, [added]] of terms.entries()) kernels.addRows(added, array(targets[i]!), width, values);
  return new RowGradient({ rows: array(Int32Array.from(distinct)), values }, shape);
}
