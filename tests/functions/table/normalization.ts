import type { Variable } from "../../../core/variable.js";
import * as F from "../../../functions/normalization.js";
import { type FunctionCase, given, type Input, real } from "./case.js";

const call = (x: Variable, gamma: Variable, beta: Variable) => F.layerNorm(x, gamma, beta);

function layerNormCase(label: string, x: Input, width: number): FunctionCase {
  const inputs = [x, real([width], 0.5, 2), real([width], -1, 1)];
  return { name: "layerNorm", label, inputs, call, torch: "F.layer_norm(x0, x1.shape, x1, x2)" };
}

/** Batch normalization of images in this library's layout; `given` are the moments, after x, gamma and beta. */
function batchNormCase(label: string, x: Input, width: number, epsilon = 1e-5): FunctionCase {
  return {
    name: "batchNorm",
    label,
    inputs: [x, real([width], 0.5, 2), real([width], -1, 1)],
    call: (x, gamma, beta) => F.batchNorm(x, gamma, beta, { epsilon })[0],
    torch: `F.batch_norm(x0.movedim(-1, 1), None, None, x1, x2, True, 0, ${epsilon}).movedim(1, -1)`,
  };
}

/** The cases of functions/normalization.ts. */
export const normalizationCases: readonly FunctionCase[] = [
  layerNormCase("matrix", real([3, 5], -3, 3), 5),
  layerNormCase("vector", real([6], -3, 3), 6),
  layerNormCase("a batch of sequences", real([2, 3, 4], -3, 3), 4),
  layerNormCase("an empty batch", real([0, 3]), 3),
  layerNormCase("far from 0", given([2, 4], [1000, 1001, 1002.5, 999, -500, -501, -499, -500.5]), 4),
  {
    name: "layerNorm",
    label: "another epsilon",
    inputs: [real([3, 9], -3, 3), real([9], 0.5, 2), real([9], -1, 1)],
    call: (x, gamma, beta) => F.layerNorm(x, gamma, beta, { epsilon: 0.1 }),
    torch: "F.layer_norm(x0, x1.shape, x1, x2, 0.1)",
  },
  {
    name: "layerNorm",
    label: "no gamma, no beta",
    inputs: [real([3, 5], -3, 3)],
    call: (x) => F.layerNorm(x, null, null),
    torch: "F.layer_norm(x0, (5,))",
  },
  batchNormCase("matrix", real([4, 3], -3, 3), 3),
  batchNormCase("images", real([2, 3, 2, 5], -3, 3), 5),
  batchNormCase("sequences, another epsilon", real([3, 4, 2], -3, 3), 2, 0.1),
  batchNormCase("far from 0", given([4, 2], [1000, -500, 1001, -501, 1002.5, -499, 999, -500.5]), 2),
  {
    name: "batchNorm",
    label: "no gamma, no beta",
    inputs: [real([4, 3], -3, 3)],
    call: (x) => F.batchNorm(x, null, null)[0],
    torch: "F.batch_norm(x0, None, None, None, None, True, 0)",
  },
  {
    name: "batchNorm",
    label: "the moments that it used",
    inputs: [real([2, 3, 2], -3, 3)],
    call: (x) => F.batchNorm(x, null, null).slice(1),
    torch: "(x0.mean((0, 1)), x0.var((0, 1), unbiased=False))",
    order: 0,
  },
  {
    name: "batchNorm",
    label: "given moments",
    inputs: [real([2, 3, 2, 4], -3, 3), real([4], 0.5, 2), real([4], -1, 1)],
    call: (x, gamma, beta) => F.batchNorm(x, gamma, beta, { mean: [0.5, -1, 2, 0], variance: [0.25, 1, 4, 9] })[0],
    torch:
      "F.batch_norm(x0.movedim(-1, 1), x0.new_tensor([0.5, -1, 2, 0]), x0.new_tensor([0.25, 1, 4, 9]), x1, x2).movedim(1, -1)",
  },
  {
    name: "batchNorm",
    label: "given moments of an empty batch",
    inputs: [real([0, 2]), real([2], 0.5, 2), real([2], -1, 1)],
    call: (x, gamma, beta) => F.batchNorm(x, gamma, beta, { mean: [0.5, -1], variance: [0.25, 1] })[0],
    torch: "x0 * x1 + x2",
  },
];
