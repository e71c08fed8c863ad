import { noGrad } from "../../core/config.js";
import { type DType, isFloat } from "../../core/dtype.js";
import type { NDArray } from "../../core/ndarray.js";
import { Generator } from "../../core/rng.js";
import { broadcastShapes, type Shape, sameShape, sizeOf } from "../../core/shape.js";
import { Variable } from "../../core/variable.js";
import { layouts } from "../functions/table/layouts.js";
import type { Json } from "./operation.js";
import { elements } from "./operation.js";
import { operations } from "./operations/index.js";
import { apply, isLeaf, type Leaf, leafArray, type Program, type Step } from "./program.js";

/** Elements of the largest arrays. */
const LARGEST = 700;
/** The largest magnitude that values may have. */
const HIGHEST = 300;

/** Thrown where what was drawn cannot be computed or lies too near a kink. */
export class Rejected extends Error {}

/** What a value is asked to be. */
export interface Wish {
  ndim?: number;
  /** The fewest axes. */
  least?: number;
  nonEmpty?: boolean;
  /** Also integers and bools. */
  anyDtype?: boolean;
  fits?: (x: NDArray) => boolean;
}

/** A program in the making, with its values, and the random numbers that it is made of. */
export class Draw {
  readonly program: Program = { nodes: [], roots: [] };
  readonly values: NDArray[] = [];
  readonly g: Generator;
  private readonly dtype: DType;
  private readonly mixed: boolean;

  constructor(seed: number) {
    this.g = new Generator(seed);
    this.dtype = this.chance(0.5) ? "float64" : "float32";
    this.mixed = this.chance(0.1);
  }

  chance(p: number): boolean {
    return this.g.uniform() < p;
  }

  /** An integer from `low` to `high`. */
  integer(low: number, high: number): number {
    return low + this.g.integer(high - low + 1);
  }

  integers(count: number, low: number, high: number): number[] {
    return Array.from({ length: count }, () => this.integer(low, high));
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.g.integer(choices.length)]!;
  }

  /** A number of two decimals. */
  number(low: number, high: number): number {
    return Math.round(100 * (low + (high - low) * this.g.uniform())) / 100;
  }

  permutation(n: number): number[] {
    return Array.from(this.g.permutation(n));
  }

  /** The lengths of some axes; mostly 2 to 4, now and then 0, 1 or more. */
  shape(ndim: number, nonEmpty = false): number[] {
    for (;;) {
      const shape = Array.from({ length: ndim }, () => this.length(nonEmpty));
      if (sizeOf(shape) <= LARGEST) return shape;
    }
  }

  length(nonEmpty = true): number {
    const u = this.g.uniform();
    if (u < 0.02 && !nonEmpty) return 0;
    if (u < 0.15) return 1;
    if (u < 0.8) return this.integer(2, 4);
    return this.integer(5, u < 0.97 ? 9 : 40);
  }

  /** A new leaf. */
  leaf(shape: Shape, { low = -2, high = 2, dtype }: { low?: number; high?: number; dtype?: DType } = {}): number {
    const size = sizeOf(shape);
    const floats = this.mixed && this.chance(0.5) ? (this.dtype === "float64" ? "float32" : "float64") : this.dtype;
    const type = dtype ?? floats;
    const values = Array.from({ length: size }, () => this.value(type, low, high));
    const layout = this.chance(0.6) ? -1 : this.g.integer(layouts.length);
    const leaf: Leaf = { shape: [...shape], dtype: type, values, layout, requiresGrad: this.chance(0.85) };
    this.program.nodes.push(leaf);
    this.values.push(leafArray(leaf));
    return this.values.length - 1;
  }

  /** A table large enough for its gradient to be one of few rows. */
  table(): number {
    return this.leaf([2100, 8]);
  }

  /** A value that is there already, or else a new leaf; null where no leaf is wanted. */
  operand(wish: Wish = {}): number {
    const fitting = this.values.flatMap((x, id) => (this.suits(x, wish) ? [id] : []));
    if (fitting.length > 0 && this.chance(0.85)) {
      const late = fitting.slice(-3);
      return this.pick(this.chance(0.6) ? late : fitting);
    }
    const { least = 0, ndim = Math.max(least, this.pick([0, 1, 1, 2, 2, 2, 3, 3, 4])) } = wish;
    const dtype = wish.anyDtype && this.chance(0.4) ? this.pick(["int32", "bool"] as const) : undefined;
    const id = this.leaf(this.shape(ndim, wish.nonEmpty), { dtype });
    if (!this.suits(this.values[id]!, wish)) throw new Rejected("no such leaf");
    return id;
  }

  /** A float of so many axes: one that is there, one that is reshaped, or a new leaf. */
  ofRank(ndim: number, wish: Omit<Wish, "ndim"> = {}): number {
    const same = this.values.flatMap((x, id) => (this.suits(x, { ...wish, ndim }) ? [id] : []));
    if (same.length > 0 && this.chance(0.5)) return this.pick(same);
    const others = this.values.flatMap((x, id) => (this.suits(x, { nonEmpty: true }) && x.ndim !== ndim ? [id] : []));
    if (others.length > 0 && this.chance(0.7)) {
      const id = this.pick(others.slice(-4));
      const [made] = this.step("reshape", [id], { shape: this.factors(this.values[id]!.size, ndim) });
      if (this.suits(this.values[made!]!, wish)) return made!;
    }
    return this.operand({ ...wish, ndim });
  }

  /** Lengths of `ndim` axes for so many elements. */
  factors(size: number, ndim: number): number[] {
    if (ndim === 0) {
      if (size !== 1) throw new Rejected("not a scalar");
      return [];
    }
    const shape = new Array<number>(ndim).fill(1);
    let rest = size;
    for (let p = 2; rest > 1; ) {
      if (p * p > rest) p = rest;
      if (rest % p === 0) {
        shape[this.g.integer(ndim)]! *= p;
        rest /= p;
      } else p++;
    }
    return size === 0 ? [0, ...shape.slice(1)] : shape;
  }

  /** Another operand that broadcasts with `id`: the same, another one, or a new leaf. */
  partner(id: number, wish: Wish = {}): number {
    const { shape } = this.values[id]!;
    const broadcasts = (x: NDArray) => {
      try {
        return sizeOf(broadcastShapes("fuzz", shape, x.shape)) <= LARGEST && (wish.fits?.(x) ?? true);
      } catch {
        return false;
      }
    };
    const fitting = this.values.flatMap((x, i) => (this.suits(x, { ...wish, fits: broadcasts }) ? [i] : []));
    if (fitting.length > 0 && this.chance(0.6)) return this.pick(fitting);
    let other = shape
      .map((n) => (this.chance(0.2) ? 1 : n))
      .slice(this.chance(0.3) ? this.integer(0, shape.length) : 0);
    if (this.chance(0.2)) other = other.map((n) => (n === 1 ? this.length() : n));
    if (this.chance(0.1) && shape.length === other.length) other = [this.integer(1, 3), ...other];
    if (!broadcasts({ shape: other, size: sizeOf(other) } as unknown as NDArray)) other = [];
    const dtype = wish.anyDtype && this.chance(0.2) ? this.pick(["int32", "bool"] as const) : undefined;
    return this.leaf(other, { dtype });
  }

  /** A value of exactly this shape: one that is there, or a new leaf. */
  like(shape: Shape, wish: Wish = {}): number {
    const fitting = this.values.flatMap((x, i) =>
      sameShape(x.shape, shape) && this.suits(x, wish) && x.dtype === this.dtype ? [i] : [],
    );
    return fitting.length > 0 && this.chance(0.6) ? this.pick(fitting) : this.leaf(shape);
  }

  /** `id`, or what maps it smoothly to numbers from `low` to `high`. */
  into(id: number, low: number, high: number): number {
    const magnitude = elements(this.values[id]!);
    if (magnitude.every((v) => v >= low && v <= high)) return id;
    const largest = Math.max(...magnitude.map(Math.abs));
    const [scaled] = largest > 2 ? this.step("scale", [id], { by: Number((2 / largest).toPrecision(3)) }) : [id];
    const [bounded] = this.step("tanh", [scaled!], {});
    const top = Math.min(high, low + 20);
    const slope = Number((0.45 * (top - low)).toPrecision(6));
    const intercept = Number(((top + low) / 2).toPrecision(6));
    return this.step("affine", [bounded!], { slope, intercept })[0]!;
  }

  /** Adds a step; the numbers of its values. */
  step(op: string, args: number[], params: Json): number[] {
    const operation = operations[op]!;
    const xs = args.map((id) => this.values[id]!);
    if (operation.smooth !== undefined && !operation.smooth(xs, params)) throw new Rejected("too near a kink");
    const ys = noGrad(() =>
      apply(
        { op, params },
        xs.map((x) => new Variable(x, false)),
      ),
    );
    for (const y of ys) {
      if (y.size > LARGEST) throw new Rejected("too large");
      if (!elements(y.data).every((v) => Math.abs(v) <= HIGHEST)) throw new Rejected("too large numbers");
    }
    const step: Step = { op, args, params, outputs: ys.length };
    this.program.nodes.push(step);
    this.values.push(...ys.map((y) => y.data));
    return ys.map((_, i) => this.values.length - ys.length + i);
  }

  /** The number of steps so far. */
  get steps(): number {
    return this.program.nodes.filter((node) => !isLeaf(node)).length;
  }

  private suits(x: NDArray, { ndim, least = 0, nonEmpty = false, anyDtype = false, fits }: Wish): boolean {
    return (
      (ndim === undefined || x.ndim === ndim) &&
      x.ndim >= least &&
      (!nonEmpty || x.size > 0) &&
      (anyDtype || isFloat(x.dtype)) &&
      (fits === undefined || fits(x))
    );
  }

  private value(dtype: DType, low: number, high: number): number {
    if (dtype === "bool") return this.integer(0, 1);
    if (dtype === "int32") return this.integer(Math.ceil(low) - 2, Math.floor(high) + 2);
    const value = Math.round(1000 * (low + (high - low) * this.g.uniform())) / 1000;
    const away = value === 0 ? 0.013 : value;
    return dtype === "float32" ? Math.fround(away) : away;
  }
}
