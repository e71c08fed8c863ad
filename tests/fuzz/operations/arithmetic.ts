import type { NDArray } from "../../../core/ndarray.js";
import { broadcastShapes } from "../../../core/shape.js";
import type { Variable } from "../../../core/variable.js";
import * as F from "../../../functions/index.js";
import { elements, type Json, type Operation, operation, within } from "../operation.js";

type Binary = (a: Variable, b: Variable) => Variable;

/** Elements of two operands side by side. */
function pairs(a: NDArray, b: NDArray): [number, number][] {
  const shape = broadcastShapes("fuzz", a.shape, b.shape);
  const [x, y] = [elements(a.broadcastTo(shape)), elements(b.broadcastTo(shape))];
  return x.map((v, i) => [v, y[i]!]);
}

/** Whether no two elements side by side are near each other. */
function apart([a, b]: NDArray[]): boolean {
  return pairs(a!, b!).every(([x, y]) => Math.abs(x - y) >= 2e-3 * Math.max(1, Math.abs(x), Math.abs(y)));
}

function binary(
  name: string,
  f: Binary,
  torch: string,
  { divisor = false, ties = true, anyDtype = true } = {},
): [string, Operation<Json>] {
  return [
    name,
    operation<{ literal: number | null }>({
      functions: [name],
      draw: (d) => {
        const a = d.operand({ anyDtype });
        const b = d.partner(a, { anyDtype: anyDtype && !divisor });
        const args = d.chance(0.5) || divisor ? [a, b] : [b, a];
        const literal = d.chance(0.1) && !divisor ? d.number(-2, 2) : null;
        if (literal !== null) return { args: [args[0]!], params: { literal } };
        if (divisor) args[1] = d.into(b, 0.2, 30);
        return { args, params: { literal: null } };
      },
      run: ([a, b], { literal }) => f(a!, literal === null ? b! : (literal as unknown as Variable)),
      torch: ({ literal }) => (literal === null ? torch : torch.replaceAll("x1", `torch.tensor(${literal})`)),
      smooth: (xs, { literal }) => {
        if (divisor && !within(xs[1]!, 0.2, Infinity)) return false;
        if (ties) return true;
        return literal === null
          ? apart(xs)
          : elements(xs[0]!).every((v) => Math.abs(v - literal) > 2e-3 * Math.max(1, Math.abs(v)));
      },
    }),
  ];
}

const comparisons: [string, Binary, string][] = [
  ["equal", F.equal, "=="],
  ["notEqual", F.notEqual, "!="],
  ["less", F.less, "<"],
  ["lessEqual", F.lessEqual, "<="],
  ["greater", F.greater, ">"],
  ["greaterEqual", F.greaterEqual, ">="],
];

/** Functions of two operands that broadcast. */
export const arithmetic: Record<string, Operation<Json>> = Object.fromEntries([
  binary("add", F.add, "number(x0) + number(x1)"),
  binary("sub", F.sub, "number(x0) - number(x1)"),
  binary("mul", F.mul, "number(x0) * number(x1)"),
  binary("div", F.div, "x0 / x1", { divisor: true }),
  binary("maximum", F.maximum, "torch.maximum(*alike(x0, x1))", { ties: false }),
  binary("minimum", F.minimum, "torch.minimum(*alike(x0, x1))", { ties: false }),
  ...comparisons.map(([name, f, sign]) => binary(name, f, `x0 ${sign} x1`, { ties: false })),
  [
    "pow",
    operation<Record<string, never>>({
      functions: ["pow"],
      draw: (d) => {
        const a = d.into(d.operand(), 0.3, 4);
        const b = d.into(d.partner(a), -3, 3);
        return { args: [a, b], params: {} };
      },
      run: ([a, b]) => F.pow(a!, b!),
      torch: () => "torch.pow(x0, x1)",
      smooth: ([a, b]) => within(a!, 0.3, 4) && within(b!, -3, 3),
    }),
  ],
  [
    "where",
    operation<Record<string, never>>({
      functions: ["where"],
      draw: (d) => {
        const a = d.operand({ anyDtype: true });
        const b = d.partner(a, { anyDtype: true });
        const bools = d.values.flatMap((x, id) => (x.dtype === "bool" ? [id] : []));
        const { shape } = d.values[a]!;
        const condition =
          bools.length > 0 && d.chance(0.6)
            ? d.pick(bools)
            : d.leaf(d.chance(0.7) ? shape : shape.map((n) => (d.chance(0.5) ? 1 : n)), { dtype: "bool" });
        return { args: [condition, a, b], params: {} };
      },
      run: ([condition, a, b]) => F.where(condition!, a!, b!),
      torch: () => "torch.where(x0, *alike(x1, x2, True))",
    }),
  ],
]);
