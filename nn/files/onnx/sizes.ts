/** An axis of inputs whose length is left open, with its length in each trace. */
export interface DynamicAxis {
  readonly name: string;
  readonly lengths: readonly number[];
}

/** A length as `factor * (the product of some open lengths) + offset`; without axes it is the offset. */
export interface SizeExpression {
  readonly axes: readonly DynamicAxis[];
  readonly factor: number;
  readonly offset: number;
}

/** Tells from the lengths that something has in each trace how it depends on the lengths that are left open. */
export class Sizes {
  constructor(
    readonly axes: readonly DynamicAxis[],
    /** How many traces there are. */
    readonly traces: number,
  ) {}

  /** How `lengths` depend on the open ones; null when neither linearly on one nor on the product of two. */
  express(lengths: readonly number[]): SizeExpression | null {
    if (isConstant(lengths)) return { axes: [], factor: 0, offset: lengths[0]! };
    for (const axis of this.axes) {
      const found = linear(axis.lengths, lengths);
      if (found !== null) return { axes: [axis], ...found };
    }
    for (const [i, a] of this.axes.entries()) {
      for (const b of this.axes.slice(i)) {
        const product = a.lengths.map((n, k) => n * b.lengths[k]!);
        const found = linear(product, lengths);
        if (found !== null) return { axes: [a, b], ...found };
      }
    }
    return null;
  }

  /** A length as a file shows it: a number, a name or a term; null when it is not known how it depends on the open ones. */
  text(lengths: readonly number[]): number | string | null {
    const expression = this.express(lengths);
    if (expression === null) return null;
    const { axes, factor, offset } = expression;
    if (axes.length === 0) return offset;
    const product = axes.map(({ name }) => name).join("*");
    const scaled = factor === 1 ? product : `${factor}*${product}`;
    return offset === 0 ? scaled : `${scaled}${offset > 0 ? "+" : "-"}${Math.abs(offset)}`;
  }
}

/** Whether a length is the same in all traces. */
export function isConstant(lengths: readonly number[]): boolean {
  return lengths.every((n) => n === lengths[0]);
}

/** Whole `factor` and `offset` such that `ys` are `factor * xs + offset`. */
function linear(xs: readonly number[], ys: readonly number[]): { factor: number; offset: number } | null {
  const other = xs.findIndex((x) => x !== xs[0]);
  if (other < 0) return null;
  const factor = (ys[other]! - ys[0]!) / (xs[other]! - xs[0]!);
  const offset = ys[0]! - factor * xs[0]!;
  if (!Number.isInteger(factor) || factor === 0 || !ys.every((y, i) => y === factor * xs[i]! + offset)) return null;
  return { factor, offset };
}
