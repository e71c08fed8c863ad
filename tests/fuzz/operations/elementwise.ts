import type { NDArray } from "../../../core/ndarray.js";
import type { Variable } from "../../../core/variable.js";
import * as F from "../../../functions/index.js";
import type { Draw } from "../draw.js";
import { clearOf, type Json, type Operation, operation, py, within } from "../operation.js";

/** Where a function is called: between two bounds, and away from some points. */
interface Domain {
  low?: number;
  high?: number;
  kinks?: readonly number[];
}

function smoothIn({ low = -Infinity, high = Infinity, kinks = [] }: Domain): (xs: NDArray[]) => boolean {
  return ([x]) => within(x!, low, high) && clearOf(x!, ...kinks);
}

function drawIn({ low = -Infinity, high = Infinity, kinks = [] }: Domain): (d: Draw) => number {
  // A step rather than an interval: most values are where it does not matter.
  return (d) => {
    const id = d.operand({ anyDtype: low === -Infinity && kinks.length === 0 });
    return low === -Infinity && high === Infinity ? id : d.into(id, low, high);
  };
}

function unary(
  name: string,
  f: (x: Variable) => Variable,
  torch: string,
  domain: Domain = {},
): [string, Operation<Json>] {
  const draw = drawIn(domain);
  return [
    name,
    operation<Record<string, never>>({
      functions: [name],
      draw: (d) => ({ args: [draw(d)], params: {} }),
      run: ([x]) => f(x!),
      torch: () => torch,
      smooth: smoothIn(domain),
    }),
  ];
}

/** A function with one setting, a number. */
function set<K extends string>(
  name: string,
  key: K,
  f: (x: Variable, options: Record<K, number>) => Variable,
  torch: (value: string) => string,
  domain: Domain = {},
): [string, Operation<Json>] {
  const draw = drawIn(domain);
  return [
    name,
    operation<Record<K, number>>({
      functions: [name],
      draw: (d) => ({ args: [draw(d)], params: { [key]: d.number(-1.5, 2) } as Record<K, number> }),
      run: ([x], params) => f(x!, params),
      torch: (params) => torch(py(params[key])),
      smooth: smoothIn(domain),
    }),
  ];
}

const integers = Array.from({ length: 61 }, (_, i) => i - 30);
const halves = integers.map((i) => i + 0.5);
const bounded = { low: -5, high: 5 };

/** Activations and other functions of one operand, element by element. */
export const elementwise: Record<string, Operation<Json>> = Object.fromEntries([
  unary("neg", F.neg, "negated(x0)"),
  unary("exp", F.exp, "torch.exp(x0)", { low: -8, high: 4 }),
  unary("expm1", F.expm1, "torch.expm1(x0)", { low: -8, high: 4 }),
  unary("log", F.log, "torch.log(x0)", { low: 0.1, high: Infinity, kinks: [] }),
  unary("log1p", F.log1p, "torch.log1p(x0)", { low: -0.85, high: Infinity }),
  unary("sqrt", F.sqrt, "torch.sqrt(x0)", { low: 0.05, high: Infinity }),
  unary("rsqrt", F.rsqrt, "torch.rsqrt(x0)", { low: 0.1, high: Infinity }),
  unary("square", F.square, "torch.square(number(x0))", { low: -17, high: 17 }),
  unary("reciprocal", F.reciprocal, "torch.reciprocal(x0)", { low: 0.1, high: Infinity }),
  unary("abs", F.abs, "torch.abs(x0)", { kinks: [0] }),
  unary("sign", F.sign, "torch.sign(x0)", { kinks: [0] }),
  unary("floor", F.floor, "torch.floor(x0)", { low: -30, high: 30, kinks: integers }),
  unary("ceil", F.ceil, "torch.ceil(x0)", { low: -30, high: 30, kinks: integers }),
  unary("round", F.round, "torch.round(x0)", { low: -30, high: 30, kinks: halves }),
  unary("sin", F.sin, "torch.sin(x0)"),
  unary("cos", F.cos, "torch.cos(x0)"),
  unary("tan", F.tan, "torch.tan(x0)", { low: -1.4, high: 1.4 }),
  unary("asin", F.asin, "torch.asin(x0)", { low: -0.9, high: 0.9 }),
  unary("acos", F.acos, "torch.acos(x0)", { low: -0.9, high: 0.9 }),
  unary("atan", F.atan, "torch.atan(x0)"),
  unary("sinh", F.sinh, "torch.sinh(x0)", bounded),
  unary("cosh", F.cosh, "torch.cosh(x0)", bounded),
  unary("tanh", F.tanh, "torch.tanh(x0)", { low: -4, high: 4 }),
  unary("erf", F.erf, "torch.erf(x0)", { low: -2.5, high: 2.5 }),
  unary("sigmoid", F.sigmoid, "torch.sigmoid(x0)", bounded),
  unary("relu", F.relu, "torch.relu(x0)", { kinks: [0] }),
  unary("softplus", F.softplus, "torch.logaddexp(x0, torch.zeros(()))", { low: -8, high: 30 }),
  unary("selu", F.selu, "F.selu(x0)", { low: -8, high: Infinity, kinks: [0] }),
  unary("hardSigmoid", F.hardSigmoid, "torch.clamp(0.2 * x0 + 0.5, 0, 1)", { kinks: [-2.5, 2.5] }),
  set("leakyRelu", "alpha", F.leakyRelu, (alpha) => `F.leaky_relu(x0, ${alpha})`, { kinks: [0] }),
  set("elu", "alpha", F.elu, (alpha) => `torch.where(x0 > 0, x0, ${alpha} * torch.expm1(x0.clamp(max=0)))`, {
    low: -8,
    high: Infinity,
    kinks: [0],
  }),
  [
    "gelu",
    operation<{ approximate: boolean }>({
      functions: ["gelu"],
      draw: (d) => ({ args: [d.into(d.operand(), -3, 3)], params: { approximate: d.chance(0.5) } }),
      run: ([x], options) => F.gelu(x!, options),
      torch: ({ approximate }) => `F.gelu(x0, approximate=${approximate ? "'tanh'" : "'none'"})`,
      smooth: ([x]) => within(x!, -3, 3),
    }),
  ],
  [
    "affine",
    operation<{ slope: number; intercept: number }>({
      functions: ["affine"],
      draw: (d) => ({ args: [d.operand()], params: { slope: d.number(-2, 2), intercept: d.number(-2, 2) } }),
      run: ([x], options) => F.affine(x!, options),
      torch: ({ slope, intercept }) => `x0 * ${slope} + ${intercept}`,
    }),
  ],
  [
    "clip",
    operation<{ min: number | null; max: number | null }>({
      functions: ["clip"],
      draw: (d) => {
        const [a, b] = [d.number(-1, 1), d.number(-1, 1)];
        const params = { min: Math.min(a, b) as number | null, max: Math.max(a, b) as number | null };
        if (d.chance(0.3)) params[d.pick(["min", "max"] as const)] = null;
        return { args: [d.operand()], params };
      },
      run: ([x], { min, max }) => F.clip(x!, min, max),
      torch: ({ min, max }) => `torch.clamp(x0, ${py(min)}, ${py(max)})`,
      smooth: ([x], { min, max }) => clearOf(x!, ...[min, max].filter((v) => v !== null)),
    }),
  ],
  [
    "scale",
    operation<{ by: number }>({
      functions: ["mul"],
      draw: (d) => ({ args: [d.operand()], params: { by: d.number(-2, 2) } }),
      run: ([x], { by }) => F.mul(x!, by),
      torch: ({ by }) => `x0 * ${by}`,
    }),
  ],
  [
    "powNumber",
    operation<{ c: number }>({
      functions: ["pow"],
      draw: (d) => {
        const c = d.pick([0, 1, 2, 3, -1, -2, 0.5, -0.5, 1.5, 2.5]);
        const id = d.operand();
        return { args: [Number.isInteger(c) && c >= 0 ? id : d.into(id, 0.2, 6)], params: { c } };
      },
      run: ([x], { c }) => F.pow(x!, c),
      torch: ({ c }) => `torch.pow(x0, ${c})`,
      smooth: ([x], { c }) => within(x!, -6, 6) && ((Number.isInteger(c) && c >= 0) || within(x!, 0.2, 6)),
    }),
  ],
  [
    "astype",
    operation<{ dtype: "float32" | "float64" }>({
      functions: ["astype"],
      draw: (d) => ({
        args: [d.operand({ anyDtype: true })],
        params: { dtype: d.pick(["float32", "float64"] as const) },
      }),
      run: ([x], { dtype }) => F.astype(x!, dtype),
      torch: () => "x0.double()",
    }),
  ],
  [
    "dropout",
    operation<{ p: number; training: boolean }>({
      functions: ["dropout"],
      draw: (d) => ({
        args: [d.operand()],
        params: d.pick([
          { p: 0.4, training: false },
          { p: 0, training: true },
        ]),
      }),
      run: ([x], options) => F.dropout(x!, options),
      torch: ({ p, training }) => `F.dropout(x0, ${p}, ${py(training)})`,
    }),
  ],
]);
