import { seed } from "../../../core/rng.js";
import { type AttentionOptions, scaledDotProductAttention } from "../../../functions/attention.js";
import { bools, type FunctionCase, given, type Input, real } from "./case.js";

/** The same in Python, of scores `s` and of 1 and 0 where they count: a row that has no 1 gives zeros. */
function torch(scores: string, allowed: string): string {
  const exponentials = `(lambda s: torch.exp(s - s.amax(-1, True).detach()) * (${allowed}))(${scores})`;
  return `(lambda e: e / e.sum(-1, True).clamp_min(1e-30))(${exponentials}) @ x2`;
}

const SCORES = "x0 @ x1.transpose(-1, -2) / math.sqrt(x0.shape[-1])";
const CAUSAL = "torch.ones(s.shape[-2:]).tril(s.shape[-1] - s.shape[-2])";

/** Queries (..., Tq, dk), keys (..., Tk, dk) and values (..., Tk, dv). */
function sequences(leading: number[], Tq: number, Tk: number, dk: number, dv: number): Input[] {
  return [real([...leading, Tq, dk]), real([...leading, Tk, dk]), real([...leading, Tk, dv])];
}

function attentionCase(
  label: string,
  inputs: Input[],
  expression: string,
  options: Omit<AttentionOptions, "mask"> = {},
): FunctionCase {
  return {
    name: "scaledDotProductAttention",
    label,
    inputs,
    call: (q, k, v, mask) => scaledDotProductAttention(q!, k!, v!, mask === undefined ? options : { mask, ...options }),
    torch: expression,
  };
}

export const attentionCases: FunctionCase[] = [
  attentionCase("one sequence", sequences([], 3, 5, 4, 2), torch(SCORES, "1")),
  attentionCase("a batch of heads", sequences([2, 2], 2, 3, 3, 4), torch(SCORES, "1")),
  attentionCase("leading axes that broadcast", [real([3, 2]), real([2, 1, 4, 2]), real([3, 4, 1])], torch(SCORES, "1")),
  attentionCase("a factor", sequences([2], 3, 2, 3, 2), torch("x0 @ x1.transpose(-1, -2) * -0.3", "1"), {
    scale: -0.3,
  }),
  attentionCase("causal", sequences([2], 3, 3, 2, 2), torch(SCORES, CAUSAL), { causal: true }),
  attentionCase("causal, some queries before all keys", sequences([], 5, 2, 2, 3), torch(SCORES, CAUSAL), {
    causal: true,
  }),
  attentionCase(
    "bool mask, of which one row forbids everything",
    [...sequences([2], 3, 3, 2, 2), bools([3, 3], [1, 0, 1, 0, 0, 0, 0, 1, 1])],
    torch(SCORES, "x3.double()"),
  ),
  attentionCase(
    "bool mask for everything at once",
    [...sequences([], 2, 3, 2, 2), bools([], [0])],
    torch(SCORES, "x3.double()"),
  ),
  attentionCase(
    "bool mask and causal",
    [...sequences([], 3, 4, 2, 2), bools([1, 4], [0, 0, 1, 1])],
    torch(SCORES, `x3.double() * ${CAUSAL}`),
    { causal: true },
  ),
  attentionCase("added mask", [...sequences([2], 3, 4, 2, 2), real([4])], torch(`${SCORES} + x3`, "1")),
  attentionCase(
    "large scores",
    [given([2, 1], [40, -30]), given([3, 1], [25, 24.9, -20]), real([3, 2])],
    torch(SCORES, "1"),
  ),
  attentionCase("no queries", sequences([2], 0, 3, 2, 2), torch(SCORES, "1").replace(".amax(-1, True)", ".sum()")),
  {
    name: "scaledDotProductAttention",
    label: "no keys",
    inputs: [...sequences([2], 3, 0, 2, 4), bools([3, 1], [1, 1, 1])],
    call: (q, k, v, mask) => scaledDotProductAttention(q!, k!, v!, { mask }),
    torch: "x0 @ x1.transpose(-1, -2) @ x2",
  },
  {
    name: "scaledDotProductAttention",
    label: "dropout",
    inputs: sequences([2], 3, 4, 2, 2),
    call: (q, k, v) => {
      seed(1);
      return scaledDotProductAttention(q!, k!, v!, { dropoutP: 0.4, training: true });
    },
    noTorch: "its masks come from another generator",
  },
];
