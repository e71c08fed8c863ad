import type { Variable } from "../../../core/variable.js";
import * as F from "../../../functions/normalization.js";
import { type FunctionCase, given, type Input, real } from "./case.js";

const call = (x: Variable, gamma: Variable, beta: Variable) => F.layerNorm(x, gamma, beta);

function layerNormCase(label: string, x: Input, width: number): FunctionCase {
  const inputs = [x, real([width], 0.5, 2), real([width], -1, 1)];
  return { name: "layerNorm", label, inputs, call, torch: "F.layer_norm(x0, x1.shape, x1, x2)" };
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
];
