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

/** Numbers without ends, of either sign. */
function plain(...shape: number[]): ExtremeCase["operands"][number] {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, values: Array.from({ length: size }, (_, i) => (((i * 7 + 3) % 11) - 5) / 4 + 0.125) };
}

const nothing = (...shape: number[]) => ({ shape, values: [] });
/** The rows of which sums do not depend on the order: at most one number in them is so large that it may overflow. */
const ORDERLESS: (number | Extreme)[][] = [
  ...ROWS.filter((row) => !row.includes("huge")),
  ["huge", 0, 0, 0],
  [0, "-huge", 1, 2],
];
const N = ORDERLESS.length;
const shaped = (...shape: number[]) => ({ shape, values: ORDERLESS.flat() });
const orderless = shaped(N, 4);
/** Each of these rows above a plain one. */
const pairsOfRows = { shape: [N, 2, 4], values: ORDERLESS.flatMap((row) => [...row, 1, -2, 0.5, 3]) };
const sliding = { stride: 1, pad: 0, dilation: 0 };
const ENDS: (number | Extreme)[] = ["inf", "-inf", "NaN", "huge", "subnormal", 0, "-0", 2];

const products: ExtremeCase[] = [
  extreme("matmul", {}, [orderless, plain(4, 3)], "of rows and a matrix"),
  extreme(
    "matmul",
    {},
    [plain(3, 4), { shape: [4, N], values: [0, 1, 2, 3].flatMap((i) => ORDERLESS.map((row) => row[i]!)) }],
    "of a matrix and columns",
  ),
  extreme("matmul", {}, [orderless, plain(4)], "of rows and a vector"),
  extreme("matmul", {}, [shaped(N, 1, 4), plain(N, 4, 2)], "of batches"),
  extreme(
    "matmul",
    {},
    [
      { shape: [ENDS.length, 1], values: ENDS },
      { shape: [1, ENDS.length], values: ENDS },
    ],
    "of each with each",
  ),
  extreme("matmul", {}, [nothing(2, 0), nothing(0, 3)], "of nothing"),
  extreme("matmul", {}, [nothing(0, 3), plain(3, 2)], "of no rows"),
  extreme("linear", {}, [orderless, plain(4, 3), plain(3)], "of rows"),
  extreme(
    "linear",
    {},
    [plain(2, 3), plain(3, ENDS.length), { shape: [ENDS.length], values: ENDS }],
    "with such a bias",
  ),
  extreme("dot", {}, [orderless, plain(4, 3)], "of rows"),
  extreme("outer", {}, [
    { shape: [ENDS.length], values: ENDS },
    { shape: [ENDS.length], values: ENDS },
  ]),
  extreme("einsum", { text: "ij,jk->ik" }, [orderless, plain(4, 3)]),
  extreme("einsum", { text: "ij,ij->i" }, [orderless, plain(N, 4)]),
  extreme("einsum", { text: "ij,kl->iljk" }, [{ shape: [ENDS.length, 1], values: ENDS }, plain(2, 2)]),
];

const attention = (operands: ExtremeCase["operands"], label: string, more: { [key: string]: Json } = {}) =>
  extreme("attention", { causal: false, mask: null, added: false, ...more }, operands, label);

const networks: ExtremeCase[] = [
  attention([shaped(N, 1, 4), plain(N, 2, 4), plain(N, 2, 3)], "with such queries"),
  attention([plain(N, 1, 4), pairsOfRows, plain(N, 2, 3)], "with such keys"),
  attention([plain(N, 1, 4), plain(N, 2, 4), pairsOfRows], "with such values"),
  attention([plain(N, 1, 4), plain(N, 2, 4), pairsOfRows], "with such values that are masked", { mask: [false, true] }),
  attention(
    [
      plain(2, 4),
      plain(4, 4),
      plain(4, 3),
      { shape: [2, 4], values: [0, "-inf", "-huge", 800, "-inf", -800, 0, "-0"] },
    ],
    "with such a mask",
    {
      added: true,
    },
  ),
  ...["rnn", "gru", "lstm"].map((op) => {
    const gates = { rnn: 1, gru: 3, lstm: 4 }[op]!;
    const params = { reverse: false, state: false, bias: false, ...(op === "rnn" ? { activation: "tanh" } : {}) };
    return extreme(op, params, [shaped(1, N, 4), plain(4, 2 * gates), plain(2, 2 * gates)], "of rows");
  }),
  extreme("batchNorm", { epsilon: 1e-5, scaled: false, given: null }, [columns], "of columns"),
];

const convolutions: ExtremeCase[] = [
  extreme("conv2d", sliding, [shaped(N, 1, 4, 1), plain(1, 2, 1, 3)], "of rows"),
  extreme("conv2d", { ...sliding, pad: [0, 0, 1, 1] }, [shaped(N, 1, 4, 1), plain(1, 3, 1, 2)], "of rows, padded"),
  extreme("conv2d", sliding, [shaped(N, 1, 1, 4), plain(1, 1, 4, 3), plain(3)], "of pixels"),
  extreme(
    "conv2d",
    { ...sliding, pad: 1 },
    [plain(1, 2, 2, 1), { shape: [2, 2, 1, 2], values: ENDS }],
    "with such weights, padded",
  ),
  extreme("conv1d", sliding, [shaped(N, 4, 1), plain(2, 1, 2)], "of rows"),
  extreme(
    "deconv2d",
    { stride: [1, 2], pad: [0, 0, 0, 0], dilation: [0, 0], outputPad: [0, 0] },
    [shaped(N, 1, 4, 1), plain(1, 2, 1, 1)],
    "of rows",
  ),
];

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
  ...products,
  ...networks,
  ...convolutions,
];
