import type { Json } from "../fuzz/operation.js";
import { operations } from "../fuzz/operations/index.js";

/** A function called with numbers at the ends of what there is. */
export interface ExtremeCase {
  title: string;
  op: string;
  params: Json;
  /** Shapes, and what the operands hold: numbers, or the names below. */
  operands: { shape: number[]; values: (number | Extreme)[] }[];
  /** The same in PyTorch. */
  torch: string;
}

/** Numbers that depend on the dtype, or that JSON has no words for. */
export type Extreme = "NaN" | "inf" | "-inf" | "-0" | "subnormal" | "-subnormal" | "huge" | "-huge";

const NAMED = {
  float64: { subnormal: 1e-310, huge: 1.7e308 },
  float32: { subnormal: Math.fround(1e-40), huge: Math.fround(3.4e38) },
} as const;

/** What a value is in a dtype. */
export function valueOf(value: number | Extreme, dtype: "float32" | "float64"): number {
  if (typeof value === "number") return value;
  const sign = value.startsWith("-") ? -1 : 1;
  const name = value.replace("-", "");
  if (name === "NaN") return Number.NaN;
  if (name === "inf") return sign * Infinity;
  if (name === "0") return -0;
  return sign * NAMED[dtype][name as "subnormal" | "huge"];
}

const LINE: (number | Extreme)[] = [
  ...(["NaN", "inf", "-inf", "-0", "subnormal", "-subnormal", "huge", "-huge"] as const),
  ...[0, 1, -1, 0.5, 100, -100, 800, -800],
];
const FEW: (number | Extreme)[] = ["NaN", "inf", "-inf", 0, "-0", "subnormal", "huge", 1, -1, 2, 0.5, 3, -2.5];

const ROWS: (number | Extreme)[][] = [
  ["NaN", 1, 2, 3],
  ["inf", 1, 2, 3],
  ["-inf", 1, 2, 3],
  ["inf", "-inf", 1, 2],
  ["-inf", "-inf", "-inf", "-inf"],
  ["inf", "inf", "inf", "inf"],
  [0, "-0", 0, "-0"],
  ["-0", "-0", "-0", "-0"],
  ["huge", "huge", 1, 1],
  ["huge", "-huge", 1, 2],
  ["subnormal", "subnormal", "subnormal", "subnormal"],
  ["inf", "inf", 1, 2],
  ["NaN", "inf", 0, 1],
  [0, 0, 0, 1],
  [1, 1, 1, 1],
];

/** PyTorch's own functions where the fuzzer takes their definitions apart. */
const OWN: Readonly<Record<string, string>> = {
  softplus: "F.softplus(x0)",
  elu: "F.elu(x0, 1.0)",
  binaryCrossEntropy: "F.binary_cross_entropy(x0, x1, reduction='none')",
};

function extreme(op: string, params: Json, operands: ExtremeCase["operands"], label = ""): ExtremeCase {
  const text = JSON.stringify(params);
  const settings = label || (text === "{}" ? "" : text);
  return {
    title: settings === "" ? op : `${op} ${settings}`,
    op,
    params,
    operands,
    torch: OWN[op] ?? operations[op]!.torch(params),
  };
}

const UNARY: [op: string, params?: Json][] = [
  ...[
    ...["neg", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "square", "reciprocal", "abs", "sign", "floor", "ceil"],
    ...["round", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf", "sigmoid", "relu"],
    ...["softplus", "selu", "hardSigmoid"],
  ].map((op): [string] => [op]),
  ["leakyRelu", { alpha: 0.1 }],
  ["elu", { alpha: 1 }],
  ["gelu", { approximate: true }],
  ["gelu", { approximate: false }],
  ["affine", { slope: 2, intercept: 1 }],
  ["clip", { min: -1, max: 1 }],
  ["clip", { min: null, max: 0 }],
  ["scale", { by: 2 }],
  ...[0, 1, 2, 3, -1, -2, 0.5, -0.5, 1.5].map((c): [string, Json] => ["powNumber", { c }]),
];

function pairs(op: string, params: Json = { literal: null }): ExtremeCase {
  const left = FEW.flatMap((a) => FEW.map(() => a));
  const right = FEW.flatMap(() => FEW);
  const shape = [left.length];
  return extreme(
    op,
    params,
    [
      { shape, values: left },
      { shape, values: right },
    ],
    "of pairs",
  );
}

const rows = { shape: [ROWS.length, 4], values: ROWS.flat() };
const columns = { shape: [4, ROWS.length], values: [0, 1, 2, 3].flatMap((i) => ROWS.map((row) => row[i]!)) };
const over = (axis: number) => ({ axis, keepdims: false });

function reductions(op: string, more: { [key: string]: Json } = {}): ExtremeCase[] {
  const label = JSON.stringify(more) === "{}" ? "" : ` ${JSON.stringify(more)}`;
  return [
    extreme(op, { ...over(1), ...more }, [rows], `of rows${label}`),
    extreme(op, { ...over(0), ...more }, [columns], `of columns${label}`),
    extreme(op, { ...over(1), ...more }, [{ shape: [2, 0], values: [] }], `of nothing${label}`),
    extreme(op, { ...over(0), ...more }, [{ shape: [0, 3], values: [] }], `of no rows${label}`),
  ];
}

const along = (op: string): ExtremeCase[] => [
  extreme(op, { axis: 1 }, [rows], "of rows"),
  extreme(op, { axis: 0 }, [columns], "of columns"),
  extreme(op, { axis: 1 }, [{ shape: [2, 0], values: [] }], "of nothing"),
];

const targets = { shape: [LINE.length], values: LINE.map((_, i) => [0, 1, 0.5][i % 3]!) };
const line = { shape: [LINE.length], values: LINE };
const probabilities = {
  shape: [6],
  values: [0, 1, 0, 1, "subnormal", 0.5] as (number | Extreme)[],
};

/** Every function that computes with numbers, at NaN, infinities, zeros of both signs, subnormals, overflow and nothing. */
export const extremeCases: readonly ExtremeCase[] = [
  ...UNARY.map(([op, params = {}]) => extreme(op, params, [line])),
  ...["add", "sub", "mul", "div", "maximum", "minimum"].map((op) => pairs(op)),
  ...["equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual"].map((op) => pairs(op)),
  pairs("pow", {}),
  ...["sum", "mean", "prod", "max", "min", "logsumexp"].flatMap((op) => reductions(op)),
  ...["var", "std"].flatMap((op) => reductions(op, { ddof: 0 })),
  ...reductions("var", { ddof: 1 }),
  ...[2, 1, 3, 0.5, "inf", "-inf"].flatMap((ord) => reductions("norm", { ord })),
  ...["argmax", "argmin"].flatMap((op) => reductions(op)),
  ...["cumsum", "softmax", "logSoftmax"].flatMap(along),
  ...(["meanSquaredError", "meanAbsoluteError", "huberLoss", "sigmoidCrossEntropy"] as const).map((op) =>
    extreme(op, { reduction: "none" }, [line, targets]),
  ),
  extreme("binaryCrossEntropy", { reduction: "none" }, [
    probabilities,
    { shape: [6], values: [0, 1, 1, 0, 1, "subnormal"] },
  ]),
  extreme("klDivergence", { reduction: "none" }, [
    { shape: [6], values: [0, "-inf", -1, "-inf", -800, "NaN"] },
    { shape: [6], values: [0, 0, 1, 0.5, "subnormal", 1] },
  ]),
  extreme(
    "softmaxCrossEntropy",
    {
      ids: ROWS.map((_, i) => i % 4),
      reduction: "none",
      labelSmoothing: 0,
      ignoreIndex: null,
      weight: null,
    },
    [rows],
    "of rows",
  ),
  extreme("layerNorm", { epsilon: 1e-5, scaled: false }, [rows], "of rows"),
  extreme("maxPool", { kernelShape: [1, 4], stride: [1, 1], pad: 0 }, [
    { shape: [ROWS.length, 1, 4, 1], values: ROWS.flat() },
  ]),
  extreme("averagePool", { kernelShape: [1, 4], stride: [1, 1], pad: 0 }, [
    { shape: [ROWS.length, 1, 4, 1], values: ROWS.flat() },
  ]),
];
