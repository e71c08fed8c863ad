import type { Variable } from "../../../core/variable.js";
import * as F from "../../../functions/loss.js";
import { bools, type FunctionCase, given, type Input, integers, real } from "./case.js";

type Loss = (x: Variable, t: Variable) => Variable;

/** A loss that compares entry by entry. */
function entrywise(name: string, f: Loss, torch: string, target: (shape: number[]) => Input): FunctionCase[] {
  const shapes: [string, number[]][] = [
    ["matrix", [3, 4]],
    ["vector", [5]],
    ["scalar", []],
    ["one element", [1, 1]],
    ["three axes", [2, 3, 2]],
  ];
  const call: Loss = (x, t) => f(x, t);
  return [
    ...shapes.map(
      ([label, shape]): FunctionCase => ({ name, label, inputs: [real(shape, -3, 3), target(shape)], call, torch }),
    ),
    {
      name,
      label: "bool target",
      inputs: [real([2, 3], -3, 3, [0, 1]), bools([2, 3], [1, 0, 0, 1, 1, 0])],
      call,
      torch: torch.replaceAll("x1", "x1.to(x0.dtype)"),
    },
  ];
}

const classes = integers([4], [2, 0, 1, 2]);
const oneHot = [0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1];

/** Both ways to compute the cross-entropy of logits. */
function softmaxCases(name: string, f: Loss): FunctionCase[] {
  const call: Loss = (x, t) => f(x, t);
  const indexed = "F.cross_entropy(x0.reshape(-1, x0.shape[-1]), x1.long().reshape(-1))";
  const mixed = "-(torch.log_softmax(x0, -1) * x1).sum() * x0.shape[-1] / x0.numel()";
  const spread = [1000, -1000, 0, -1000, -999, -1001, 1, 2, 3, 1000, 1000, 999];
  return [
    { name, label: "classes", inputs: [real([4, 3], -3, 3), classes], call, torch: indexed },
    { name, label: "one example", inputs: [real([1, 5], -3, 3), integers([1], [4])], call, torch: indexed },
    { name, label: "one class", inputs: [real([3, 1], -3, 3), integers([3], [0, 0, 0])], call, torch: indexed },
    { name, label: "a vector", inputs: [real([3], -3, 3), integers([], [1])], call, torch: indexed },
    {
      name,
      label: "a batch of sequences",
      inputs: [real([2, 3, 4], -3, 3), integers([2, 3], [3, 0, 1, 1, 2, 0])],
      call,
      torch: indexed,
    },
    { name, label: "logits far apart", inputs: [given([4, 3], spread), classes], call, torch: indexed },
    { name, label: "one-hot", inputs: [real([4, 3], -3, 3), integers([4, 3], oneHot)], call, torch: mixed },
    { name, label: "probabilities", inputs: [real([2, 3], -3, 3), real([2, 3], 0.1, 0.9)], call, torch: mixed },
    {
      name,
      label: "probabilities of a batch of sequences",
      inputs: [real([2, 2, 3], -3, 3), real([2, 2, 3], 0.1, 0.9)],
      call,
      torch: mixed,
    },
    {
      name,
      label: "one-hot, logits far apart",
      inputs: [given([4, 3], spread), bools([4, 3], oneHot)],
      call,
      torch: mixed,
    },
  ];
}

const saturated = given([6], [1000, -1000, 40, -40, 1000, -1000]);
/** Predictions and targets so far apart that a square, an exponential or a product of lengths could overflow. */
const distant = [given([2, 3], [1000, -1000, 0.5, -1000, 999, -1]), given([2, 3], [-1000, 1000, 0.3, -990, -1000, 1])];

/** A loss with the reductions that are not its own; `torch` has R for the reduction. */
function reductions(
  name: string,
  f: (...args: [...Variable[], { reduction: F.LossReduction }]) => Variable,
  torch: string,
  inputs: Input[],
): FunctionCase[] {
  return (["mean", "sum", "none"] as const).map((reduction) => ({
    name,
    label: `reduction ${reduction}`,
    inputs,
    call: (...xs) => f(...xs, { reduction }),
    torch: torch.replaceAll("R", `'${reduction}'`),
  }));
}

/** A weight of three classes, and the same for PyTorch. */
const weight = [0.5, 2, 1.25];
const torchWeight = "torch.tensor([0.5, 2, 1.25])";
const noisy = integers([5], [2, -100, 0, 1, -100]);

/** Options of the cross-entropy of logits, with those of PyTorch, for classes and for probabilities. */
const softmaxOptions: [label: string, options: F.SoftmaxCrossEntropyOptions, torch: string][] = [
  ["weight", { weight }, `weight=${torchWeight}`],
  ["label smoothing", { labelSmoothing: 0.1 }, "label_smoothing=0.1"],
  ["weight and label smoothing", { weight, labelSmoothing: 0.3 }, `weight=${torchWeight}, label_smoothing=0.3`],
  ["all smoothed", { labelSmoothing: 1 }, "label_smoothing=1.0"],
];

function softmaxOptionCases(): FunctionCase[] {
  const name = "softmaxCrossEntropy";
  return softmaxOptions.flatMap(([label, options, torch]) =>
    (["mean", "sum", "none"] as const).flatMap((reduction): FunctionCase[] => {
      const call = (x: Variable, t: Variable) => F.softmaxCrossEntropy(x, t, { ...options, reduction });
      const settings = `${torch}, reduction='${reduction}'`;
      const ofClasses = `F.cross_entropy(x0, x1.long(), ${settings})`;
      const ofProbabilities = `F.cross_entropy(x0, x1, ${settings})`;
      return [
        { name, label: `${label}, ${reduction}`, inputs: [real([4, 3], -3, 3), classes], call, torch: ofClasses },
        { name, label: `${label}, some ignored, ${reduction}`, inputs: [real([5, 3]), noisy], call, torch: ofClasses },
        {
          name,
          label: `${label}, probabilities, ${reduction}`,
          inputs: [real([4, 3], -3, 3), real([4, 3], 0.1, 0.9)],
          call,
          torch: ofProbabilities,
        },
      ];
    }),
  );
}

/** Logits far apart, with every option. */
function extremeSoftmaxCases(): FunctionCase[] {
  const logits = given([4, 3], [1000, -1000, 0, -1000, -999, -1001, 1, 2, 3, 1000, 1000, 999]);
  const call = (x: Variable, t: Variable) =>
    F.softmaxCrossEntropy(x, t, { weight, labelSmoothing: 0.2, reduction: "none" });
  const torch = `F.cross_entropy(x0, T, weight=${torchWeight}, label_smoothing=0.2, reduction='none')`;
  const ignored = integers([4], [2, -100, 1, 0]);
  return [
    {
      name: "softmaxCrossEntropy",
      label: "all options, logits far apart",
      inputs: [logits, ignored],
      call,
      torch: torch.replace("T", "x1.long()"),
    },
    {
      name: "softmaxCrossEntropy",
      label: "all options, one-hot, logits far apart",
      inputs: [logits, integers([4, 3], oneHot)],
      call,
      torch: torch.replace("T", "x1.to(x0.dtype)"),
    },
  ];
}

const logProbabilities = given(
  [2, 3],
  [0.2, 0.5, 0.3, 0.7, 0.2, 0.1].map((p) => Math.log(p)),
);
const distributions = given([2, 3], [0.2, 0.5, 0.3, 0.7, 0.2, 0.1]);
const triplet = [real([4, 3]), real([4, 3]), real([4, 3])];
const pairs = [real([4, 3]), real([4, 3]), integers([4], [1, -1, -1, 1])];
const vae = [real([3, 2, 2], 0.05, 0.95), real([3, 2, 2], 0.1, 0.9), real([3, 4]), real([3, 4])];
const torchVae = "-(x1 * x0.log() + (1 - x1) * (-x0).log1p()).sum((1, 2)) - (1 + x3 - x2 ** 2 - x3.exp()).sum(1) / 2";

const others: FunctionCase[] = [
  ...reductions("meanSquaredError", F.meanSquaredError as never, "F.mse_loss(x0, x1, reduction=R)", [
    real([3, 2]),
    real([3, 2]),
  ]),
  ...reductions("meanAbsoluteError", F.meanAbsoluteError as never, "F.l1_loss(x0, x1, reduction=R)", [
    real([3, 2]),
    real([3, 2]),
  ]),
  ...entrywise("squaredError", F.squaredError, "F.mse_loss(x0, x1, reduction='sum') / 2", (shape) => real(shape)),
  ...reductions("squaredError", F.squaredError as never, "F.mse_loss(x0, x1, reduction=R) / 2", [
    real([3, 2]),
    real([3, 2]),
  ]),
  ...entrywise("huberLoss", F.huberLoss, "F.huber_loss(x0, x1)", (shape) => real(shape, -3, 3)),
  ...reductions("huberLoss", F.huberLoss as never, "F.huber_loss(x0, x1, reduction=R)", [real([3, 2]), real([3, 2])]),
  {
    name: "huberLoss",
    label: "delta",
    inputs: [real([3, 4], -3, 3), real([3, 4], -3, 3)],
    call: (x, t) => F.huberLoss(x, t, { delta: 2.5 }),
    torch: "F.huber_loss(x0, x1, delta=2.5)",
  },
  ...(
    [
      ["meanSquaredError", F.meanSquaredError, "F.mse_loss(x0, x1)"],
      ["meanAbsoluteError", F.meanAbsoluteError, "F.l1_loss(x0, x1)"],
      ["squaredError", F.squaredError, "F.mse_loss(x0, x1, reduction='sum') / 2"],
      ["huberLoss", F.huberLoss, "F.huber_loss(x0, x1)"],
    ] as [string, Loss, string][]
  ).map(
    ([name, f, torch]): FunctionCase => ({
      name,
      label: "far apart",
      inputs: distant,
      call: (x, t) => f(x, t),
      torch,
    }),
  ),
  ...reductions(
    "sigmoidCrossEntropy",
    F.sigmoidCrossEntropy as never,
    "F.binary_cross_entropy_with_logits(x0, x1, reduction=R)",
    [real([3, 2]), real([3, 2], 0.1, 0.9)],
  ),
  {
    name: "sigmoidCrossEntropy",
    label: "weight and posWeight",
    inputs: [real([4, 3], -3, 3), real([4, 3], 0.1, 0.9)],
    call: (x, t) => F.sigmoidCrossEntropy(x, t, { weight: [[1], [0.5], [2], [0]], posWeight: weight }),
    torch: `F.binary_cross_entropy_with_logits(x0, x1, weight=torch.tensor([[1], [0.5], [2], [0]]), pos_weight=${torchWeight})`,
  },
  {
    name: "sigmoidCrossEntropy",
    label: "weight alone, none",
    inputs: [real([4, 3], -3, 3), bools([4, 3], oneHot)],
    call: (x, t) => F.sigmoidCrossEntropy(x, t, { weight, reduction: "none" }),
    torch: `F.binary_cross_entropy_with_logits(x0, x1.to(x0.dtype), weight=${torchWeight}, reduction='none')`,
  },
  {
    name: "sigmoidCrossEntropy",
    label: "posWeight, saturated",
    inputs: [saturated, integers([6], [1, 0, 1, 0, 0, 1])],
    call: (x, t) => F.sigmoidCrossEntropy(x, t, { posWeight: 3, reduction: "none" }),
    torch: "F.binary_cross_entropy_with_logits(x0, x1.to(x0.dtype), pos_weight=torch.tensor(3.0), reduction='none')",
  },
  ...["mean", "sum", "none"].map(
    (reduction): FunctionCase => ({
      name: "binaryCrossEntropy",
      label: `reduction ${reduction}`,
      inputs: [real([3, 4], 0.2, 0.8), real([3, 4], 0.1, 0.9)],
      call: (x, t) => F.binaryCrossEntropy(x, t, { reduction: reduction as F.LossReduction }),
      torch: `F.binary_cross_entropy(x0, x1, reduction='${reduction}')`,
    }),
  ),
  {
    name: "binaryCrossEntropy",
    label: "weight and a bool target",
    inputs: [real([4, 3], 0.05, 0.95), bools([4, 3], oneHot)],
    call: (x, t) => F.binaryCrossEntropy(x, t, { weight }),
    torch: `F.binary_cross_entropy(x0, x1.to(x0.dtype), weight=${torchWeight})`,
  },
  {
    name: "binaryCrossEntropy",
    label: "a scalar",
    inputs: [real([], 0.05, 0.95), real([], 0.1, 0.9)],
    call: (x, t) => F.binaryCrossEntropy(x, t),
    torch: "F.binary_cross_entropy(x0, x1)",
  },
  ...(["mean", "sum", "none"] as const).map(
    (reduction): FunctionCase => ({
      name: "softmaxCrossEntropy",
      label: `reduction ${reduction}`,
      inputs: [real([4, 3], -3, 3), classes],
      call: (x, t) => F.softmaxCrossEntropy(x, t, { reduction }),
      torch: `F.cross_entropy(x0, x1.long(), reduction='${reduction}')`,
    }),
  ),
  ...(["sum", "none"] as const).map(
    (reduction): FunctionCase => ({
      name: "softmaxCrossEntropy",
      label: `probabilities, reduction ${reduction}`,
      inputs: [real([4, 3], -3, 3), real([4, 3], 0.1, 0.9)],
      call: (x, t) => F.softmaxCrossEntropy(x, t, { reduction }),
      torch: `F.cross_entropy(x0, x1, reduction='${reduction}')`,
    }),
  ),
  {
    name: "softmaxCrossEntropy",
    label: "an index of the range ignored, in a batch of sequences",
    inputs: [real([2, 3, 4], -3, 3), integers([2, 3], [3, 0, 1, 1, 2, 0])],
    call: (x, t) => F.softmaxCrossEntropy(x, t, { ignoreIndex: 1 }),
    torch: "F.cross_entropy(x0.reshape(-1, 4), x1.long().reshape(-1), ignore_index=1)",
  },
  {
    name: "softmaxCrossEntropy",
    label: "ignored classes next to those of other rows",
    inputs: [real([4, 3], -3, 3), integers([4], [0, -1, 2, -1])],
    call: (x, t) => F.softmaxCrossEntropy(x, t, { ignoreIndex: -1 }),
    torch: "F.cross_entropy(x0, x1.long(), ignore_index=-1)",
  },
  {
    name: "softmaxCrossEntropy",
    label: "each of a batch of sequences",
    inputs: [real([2, 3, 4], -3, 3), integers([2, 3], [3, 0, 1, 1, 2, 0])],
    call: (x, t) => F.softmaxCrossEntropy(x, t, { reduction: "none" }),
    torch: "F.cross_entropy(x0.reshape(-1, 4), x1.long().reshape(-1), reduction='none').reshape(2, 3)",
  },
  {
    name: "softmaxCrossEntropy",
    label: "each, logits far apart",
    inputs: [given([3, 2], [1000, -1000, -1000, 1000, 1000, 1000]), integers([3], [1, 1, 0])],
    call: (x, t) => F.softmaxCrossEntropy(x, t, { reduction: "none" }),
    torch: "F.cross_entropy(x0, x1.long(), reduction='none')",
  },
  ...softmaxOptionCases(),
  ...extremeSoftmaxCases(),
  {
    name: "crossEntropy",
    label: "one-hot",
    inputs: [distributions, integers([2, 3], [0, 1, 0, 1, 0, 0])],
    call: (x, t) => F.crossEntropy(x, t),
    torch: "-(x1 * torch.log(x0 + 2 ** -52)).sum()",
  },
  {
    name: "crossEntropy",
    label: "classes",
    inputs: [distributions, integers([2], [2, 0])],
    call: (x, t) => F.crossEntropy(x, t),
    torch: "F.nll_loss(torch.log(x0 + 2 ** -52), x1.long(), reduction='sum')",
  },
  ...(["mean", "sum", "none"] as const).map(
    (reduction): FunctionCase => ({
      name: "crossEntropy",
      label: `probabilities, ${reduction}`,
      inputs: [distributions, given([2, 3], [0.1, 0.1, 0.8, 0.25, 0.5, 0.25])],
      call: (x, t) => F.crossEntropy(x, t, { reduction }),
      torch: `-(x1 * torch.log(x0 + 2 ** -52)).sum(-1)${reduction === "none" ? "" : `.${reduction}()`}`,
    }),
  ),
  ...(["mean", "sum", "none", "batchMean"] as const).flatMap((reduction): FunctionCase[] => [
    {
      name: "klDivergence",
      label: `reduction ${reduction}`,
      inputs: [real([3, 2], -3, 0), real([3, 2], 0.1, 0.9)],
      call: (x, t) => F.klDivergence(x, t, { reduction }),
      torch: `F.kl_div(x0, x1, reduction='${reduction.toLowerCase()}')`,
    },
    {
      name: "klDivergence",
      label: `logTarget, reduction ${reduction}`,
      inputs: [real([3, 2], -3, 0), real([3, 2], -3, 0)],
      call: (x, t) => F.klDivergence(x, t, { reduction, logTarget: true }),
      torch: `F.kl_div(x0, x1, reduction='${reduction.toLowerCase()}', log_target=True)`,
    },
  ]),
  {
    name: "klDivergence",
    label: "a target of zeros and ones, far from the prediction",
    inputs: [given([2, 3], [-1000, -1, -2, 0, -1000, -1000]), integers([2, 3], [0, 1, 0, 1, 0, 1])],
    call: (x, t) => F.klDivergence(x, t),
    torch: "F.kl_div(x0, x1.to(x0.dtype))",
  },
  {
    name: "klDivergence",
    label: "of itself",
    inputs: [logProbabilities, logProbabilities],
    call: (x, t) => F.klDivergence(x, t, { logTarget: true, reduction: "batchMean" }),
    torch: "F.kl_div(x0, x1, reduction='batchmean', log_target=True)",
  },
  { name: "vaeLoss", label: "the mean", inputs: vae, call: (...xs) => callVae(xs), torch: `(${torchVae}).mean()` },
  {
    name: "vaeLoss",
    label: "the sum",
    inputs: vae,
    call: (...xs) => callVae(xs, "sum"),
    torch: `(${torchVae}).sum()`,
  },
  { name: "vaeLoss", label: "of each", inputs: vae, call: (...xs) => callVae(xs, "none"), torch: torchVae },
  ...reductions(
    "cosineEmbeddingLoss",
    F.cosineEmbeddingLoss as never,
    "F.cosine_embedding_loss(x0, x1, x2, reduction=R)",
    pairs,
  ),
  {
    name: "cosineEmbeddingLoss",
    label: "margin",
    inputs: pairs,
    call: (a, b, t) => F.cosineEmbeddingLoss(a, b, t, { margin: -0.4 }),
    torch: "F.cosine_embedding_loss(x0, x1, x2, margin=-0.4)",
  },
  {
    name: "cosineEmbeddingLoss",
    label: "two vectors",
    inputs: [real([3]), real([3]), integers([], [1])],
    call: (a, b, t) => F.cosineEmbeddingLoss(a, b, t),
    torch: "F.cosine_embedding_loss(x0, x1, x2)",
  },
  {
    name: "cosineEmbeddingLoss",
    label: "long vectors",
    inputs: [...distant, integers([2], [-1, 1])],
    call: (a, b, t) => F.cosineEmbeddingLoss(a, b, t, { margin: -0.9 }),
    torch: "F.cosine_embedding_loss(x0, x1, x2, margin=-0.9)",
  },
  ...reductions(
    "tripletMarginLoss",
    F.tripletMarginLoss as never,
    "F.triplet_margin_loss(x0, x1, x2, reduction=R)",
    triplet,
  ),
  {
    name: "tripletMarginLoss",
    label: "margin, p 1 and swap",
    inputs: triplet,
    call: (a, b, c) => F.tripletMarginLoss(a, b, c, { margin: 2, p: 1, swap: true }),
    torch: "F.triplet_margin_loss(x0, x1, x2, margin=2, p=1, swap=True)",
  },
  {
    name: "tripletMarginLoss",
    label: "p 3 and epsilon",
    inputs: triplet,
    call: (a, b, c) => F.tripletMarginLoss(a, b, c, { margin: 3, p: 3, epsilon: 0.01, reduction: "sum" }),
    torch: "F.triplet_margin_loss(x0, x1, x2, margin=3, p=3, eps=0.01, reduction='sum')",
  },
  {
    name: "tripletMarginLoss",
    label: "a batch of sequences",
    inputs: [real([2, 3, 2]), real([2, 3, 2]), real([2, 3, 2])],
    call: (a, b, c) => F.tripletMarginLoss(a, b, c, { swap: true, reduction: "none" }),
    torch: "F.triplet_margin_loss(x0, x1, x2, swap=True, reduction='none')",
  },
  {
    name: "tripletMarginLoss",
    label: "vectors far apart",
    inputs: [...distant, given([2, 3], [1000, -1000, 0, 1000, 0, -1000])],
    call: (a, b, c) => F.tripletMarginLoss(a, b, c),
    torch: "F.triplet_margin_loss(x0, x1, x2)",
  },
];

function callVae(xs: readonly Variable[], reduction: F.LossReduction = "mean"): Variable {
  const [recon, x, mean, logVar] = xs as [Variable, Variable, Variable, Variable];
  return F.vaeLoss(recon, x, mean, logVar, { reduction });
}

export const lossCases: FunctionCase[] = [
  ...others,
  ...entrywise("meanSquaredError", F.meanSquaredError, "F.mse_loss(x0, x1)", (shape) => real(shape, -3, 3)),
  ...entrywise("meanAbsoluteError", F.meanAbsoluteError, "F.l1_loss(x0, x1)", (shape) => real(shape, -3, 3)),
  ...entrywise("sigmoidCrossEntropy", F.sigmoidCrossEntropy, "F.binary_cross_entropy_with_logits(x0, x1)", (shape) =>
    real(shape, 0.1, 0.9),
  ),
  {
    name: "sigmoidCrossEntropy",
    label: "saturated",
    inputs: [saturated, integers([6], [1, 0, 1, 0, 0, 1])],
    call: (x, t) => F.sigmoidCrossEntropy(x, t),
    torch: "F.binary_cross_entropy_with_logits(x0, x1.to(x0.dtype))",
  },
  ...softmaxCases("softmaxCrossEntropy", F.softmaxCrossEntropy),
  ...softmaxCases("softmaxCrossEntropySimple", F.softmaxCrossEntropySimple),
  {
    name: "accuracy",
    label: "classes",
    inputs: [real([4, 3]), classes],
    call: (y, t) => F.accuracy(y, t),
    torch: "(x0.argmax(-1) == x1).to(x0.dtype).mean()",
    order: 0,
  },
  {
    name: "accuracy",
    label: "one-hot",
    inputs: [real([4, 3]), given([4, 3], oneHot)],
    call: (y, t) => F.accuracy(y, t),
    torch: "(x0.argmax(-1) == x1.argmax(-1)).to(x0.dtype).mean()",
    order: 0,
  },
  {
    name: "accuracy",
    label: "a batch of sequences",
    inputs: [real([2, 3, 4]), integers([2, 3], [3, 0, 1, 1, 2, 0])],
    call: (y, t) => F.accuracy(y, t),
    torch: "(x0.argmax(-1) == x1).to(x0.dtype).mean()",
    order: 0,
  },
];
