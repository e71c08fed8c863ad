import type { NDArray } from "../../../core/ndarray.js";
import { normalizeAxes, sizeOf } from "../../../core/shape.js";
import type { Variable } from "../../../core/variable.js";
import * as F from "../../../functions/index.js";
import type { Draw } from "../draw.js";
import { distinct, elements, type Json, type Operation, operation, py, within } from "../operation.js";

type Axes = number | number[] | null;
type Options = { axis: Axes; keepdims: boolean };

function drawAxes(d: Draw, ndim: number): Axes {
  if (ndim === 0 || d.chance(0.25)) return d.chance(0.8) ? null : [];
  const some = d.permutation(ndim).slice(0, d.integer(0, ndim));
  const signed = some.map((axis) => (d.chance(0.3) ? axis - ndim : axis));
  return signed.length === 1 && d.chance(0.7) ? signed[0]! : signed;
}

/** The elements that go into each result. */
function groups(x: NDArray, axis: Axes): number[][] {
  const axes = normalizeAxes("fuzz", axis, x.ndim);
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const length = sizeOf(axes.map((i) => x.shape[i]!));
  const flat = elements(x.transpose([...kept, ...axes]));
  return Array.from({ length: length === 0 ? 0 : flat.length / length }, (_, i) =>
    flat.slice(i * length, (i + 1) * length),
  );
}

interface Kind {
  anyDtype?: boolean;
  low?: number;
  high?: number;
  smooth?: (group: number[]) => boolean;
}

function reduction(
  name: string,
  f: (x: Variable, options: Options) => Variable,
  torch: string,
  { anyDtype = false, low = -Infinity, high = Infinity, smooth = () => true }: Kind = {},
): [string, Operation<Json>] {
  return [
    name,
    operation<Options>({
      functions: [name],
      draw: (d) => {
        const id = d.operand({ anyDtype });
        const x = low === -Infinity ? id : d.into(id, low, high);
        return { args: [x], params: { axis: drawAxes(d, d.values[x]!.ndim), keepdims: d.chance(0.4) } };
      },
      run: ([x], options) => f(x!, options),
      torch: ({ axis, keepdims }) => `${torch}(x0, ${py(axis)}, ${py(keepdims)})`,
      smooth: ([x], { axis }) => within(x!, low, high) && groups(x!, axis).every(smooth),
    }),
  ];
}

/** The deviation of two numbers is linear: what it is computed from cancels out. */
const spread = (group: number[]) => group.length > 2 && Math.max(...group) - Math.min(...group) > 0.3;
const far = (group: number[]) => group.some((v) => Math.abs(v) > 0.3);

/** `var` and `std`. */
function moment(name: "var" | "std", f: typeof F.var): [string, Operation<Json>] {
  return [
    name,
    operation<Options & { ddof: number }>({
      functions: [name],
      draw: (d) => {
        const x = d.operand({ nonEmpty: true });
        const ddof = d.chance(0.3) ? 1 : 0;
        return { args: [x], params: { axis: drawAxes(d, d.values[x]!.ndim), keepdims: d.chance(0.4), ddof } };
      },
      run: ([x], options) => f(x!, options),
      torch: ({ axis, keepdims, ddof }) => `reduced_${name}(x0, ${py(axis)}, ${py(keepdims)}, ${ddof})`,
      smooth: ([x], { axis, ddof }) => groups(x!, axis).every((g) => g.length > ddof && (name === "var" || spread(g))),
    }),
  ];
}

function position(name: "argmax" | "argmin", f: typeof F.argmax): [string, Operation<Json>] {
  return [
    name,
    operation<{ axis: number | null; keepdims: boolean }>({
      functions: [name],
      draw: (d) => {
        const x = d.operand({ nonEmpty: true });
        const { ndim } = d.values[x]!;
        const axis = ndim === 0 || d.chance(0.2) ? null : d.integer(-ndim, ndim - 1);
        return { args: [x], params: { axis, keepdims: d.chance(0.4) } };
      },
      run: ([x], options) => f(x!, options),
      torch: ({ axis, keepdims }) => `position(torch.${name}, x0, ${py(axis)}, ${py(keepdims)})`,
      smooth: ([x], { axis }) => groups(x!, axis).every(distinct),
    }),
  ];
}

/** A function along one axis that keeps the shape. */
function along(
  name: string,
  f: (x: Variable, options: { axis: number }) => Variable,
  torch: string,
): [string, Operation<Json>] {
  return [
    name,
    operation<{ axis: number }>({
      functions: [name],
      draw: (d) => {
        const x = d.operand({ least: 1 });
        const { ndim } = d.values[x]!;
        return { args: [x], params: { axis: d.chance(0.4) ? -1 : d.integer(-ndim, ndim - 1) } };
      },
      run: ([x], options) => f(x!, options),
      torch: ({ axis }) => `${torch}(x0, ${axis})`,
      smooth: ([x], { axis }) =>
        name === "cumsum" || groups(x!, axis).every((g) => Math.max(...g) - Math.min(...g) < 9),
    }),
  ];
}

/** Reductions, running sums and softmax. */
export const reductions: Record<string, Operation<Json>> = Object.fromEntries([
  reduction("sum", F.sum, "reduced_sum", { anyDtype: true }),
  reduction("mean", F.mean, "reduced_mean", { anyDtype: true }),
  reduction("prod", F.prod, "reduced_prod", { low: -3, high: 3 }),
  reduction("max", F.max, "reduced_max", { smooth: distinct }),
  reduction("min", F.min, "reduced_min", { smooth: distinct }),
  reduction("logsumexp", F.logsumexp, "reduced_logsumexp"),
  moment("var", F.var),
  moment("std", F.std),
  position("argmax", F.argmax),
  position("argmin", F.argmin),
  along("cumsum", F.cumsum, "torch.cumsum"),
  along("softmax", F.softmax, "torch.softmax"),
  along("logSoftmax", F.logSoftmax, "torch.log_softmax"),
  [
    "norm",
    operation<Options & { ord: number | string }>({
      functions: ["norm"],
      draw: (d) => {
        const ord = d.pick([2, 2, 1, 3, 2.5, 0.5, -1, "inf", "-inf"]);
        const x = d.operand({ nonEmpty: true });
        return { args: [x], params: { axis: drawAxes(d, d.values[x]!.ndim), keepdims: d.chance(0.4), ord } };
      },
      run: ([x], { axis, keepdims, ord }) => F.norm(x!, { axis, keepdims, ord: ordOf(ord) }),
      torch: ({ axis, keepdims, ord }) => `reduced_norm(x0, ${py(axis)}, ${py(keepdims)}, ${py(ordOf(ord))})`,
      smooth: ([x], { axis, ord }) => {
        const each = groups(x!, axis).map((g) => g.map(Math.abs));
        if (ord === 2) return each.every(far);
        if (ord === "inf" || ord === "-inf") return each.every((g) => distinct([...g, 0]));
        return each.every((g) => g.every((v) => v > 0.05 && v < 20));
      },
    }),
  ],
]);

function ordOf(ord: number | string): number {
  return ord === "inf" ? Infinity : ord === "-inf" ? -Infinity : Number(ord);
}
