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

export const lossCases: FunctionCase[] = [
  ...entrywise("meanSquaredError", F.meanSquaredError, "F.mse_loss(x0, x1)", (shape) => real(shape, -3, 3)),
  ...entrywise("meanAbsoluteError", F.meanAbsoluteError, "F.l1_loss(x0, x1)", (shape) => real(shape, -3, 3)),
  ...entrywise("sigmoidCrossEntropy", F.sigmoidCrossEntropy, "F.binary_cross_entropy_with_logits(x0, x1)", (shape) =>
    real(shape, 0.1, 0.9),
  ),
  {
    name: "sigmoidCrossEntropy",
    label: "saturated",
    inputs: [given([6], [1000, -1000, 40, -40, 1000, -1000]), given([6], [1, 0, 1, 0, 0, 1])],
    call: (x, t) => F.sigmoidCrossEntropy(x, t),
    torch: "F.binary_cross_entropy_with_logits(x0, x1)",
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
