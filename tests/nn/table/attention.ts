import { DotProductAttention, type DotProductAttentionOptions } from "../../../nn/index.js";
import { bools, type Input, type LayerCase, real, row } from "./case.js";

/** Python: the weights of the last lines, from `scores` and `allowed`; the latter may leave a row without any. */
const MASKED = `
e = torch.exp(scores - scores.amax(-1, True).detach()) * allowed
weights = e / e.sum(-1, True).clamp_min(1e-30)
weights @ x[2]`;

const SCORES = "scores = x[0] @ x[1].transpose(-1, -2) / math.sqrt(x[0].shape[-1])";

/** Python: true where a key is not later than a query, the last of both being at the same time. */
const CAUSAL = "torch.ones(scores.shape[-2:], dtype=torch.bool).tril(scores.shape[-1] - scores.shape[-2])";

/** Queries (..., Tq, dk), keys (..., Tk, dk) and values (..., Tk, dv). */
function sequences(leading: number[], Tq: number, Tk: number, dk: number, dv: number): Input[] {
  return [real([...leading, Tq, dk]), real([...leading, Tk, dk]), real([...leading, Tk, dv])];
}

function attend(label: string, inputs: Input[], torch: string, options?: DotProductAttentionOptions): LayerCase {
  return row({
    layer: "DotProductAttention",
    label,
    make: () => new DotProductAttention(options),
    inputs,
    call: (layer, q, k, v, mask) => layer.forward(q!, k!, v!, { mask: mask ?? null }),
    torch,
  });
}

const PLAIN = `${SCORES}\ntorch.softmax(scores, -1) @ x[2]`;
const WITH_MASK = `${SCORES}\nallowed = x[3]${MASKED}`;
const WITH_CAUSAL = `${SCORES}\nallowed = ${CAUSAL}${MASKED}`;
const BIAS = [
  [0.5, Number.NEGATIVE_INFINITY, -1.25, 0],
  [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
  [Number.NEGATIVE_INFINITY, 2, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
];

/** Attention. */
export const cases: readonly LayerCase[] = [
  attend("one sequence, fewer queries than keys", sequences([], 3, 5, 4, 2), PLAIN),
  attend("a batch, more queries than keys", sequences([2], 4, 2, 3, 3), PLAIN),
  attend("a batch of heads", sequences([2, 3], 3, 4, 2, 3), PLAIN),
  attend("one query, one key, one feature", sequences([1], 1, 1, 1, 1), PLAIN),
  attend(
    "leading axes that broadcast",
    [real([2, 1, 3, 4]), real([3, 5, 4]), real([5, 2])],
    "torch.softmax(x[0] @ x[1].transpose(-1, -2) / 2, -1) @ x[2]",
  ),
  attend("without scale", sequences([2], 3, 4, 5, 2), "torch.softmax(x[0] @ x[1].transpose(-1, -2), -1) @ x[2]", {
    scale: false,
  }),
  attend("causal", sequences([2], 4, 4, 3, 2), WITH_CAUSAL, { causal: true }),
  attend("causal, fewer queries than keys", sequences([2], 2, 5, 3, 2), WITH_CAUSAL, { causal: true }),
  attend("causal, more queries than keys: the first see nothing", sequences([2], 5, 3, 3, 2), WITH_CAUSAL, {
    causal: true,
  }),
  attend("causal, one query", sequences([2], 1, 4, 3, 2), WITH_CAUSAL, { causal: true }),
  attend(
    "bool mask, of which one row forbids everything",
    [...sequences([2], 3, 4, 3, 2), bools([3, 4], [1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0])],
    WITH_MASK,
  ),
  attend(
    "bool mask of keys, of which one sequence has none",
    [...sequences([3, 2], 2, 4, 3, 2), bools([3, 1, 1, 4], [1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0])],
    WITH_MASK,
  ),
  attend("bool mask of queries", [...sequences([2], 3, 4, 3, 2), bools([3, 1], [1, 0, 1])], WITH_MASK),
  attend(
    "bool mask that allows everything",
    [...sequences([2], 3, 2, 3, 2), bools([3, 2], [1, 1, 1, 1, 1, 1])],
    WITH_MASK,
  ),
  attend(
    "bool mask and causal",
    [...sequences([2], 3, 4, 3, 2), bools([3, 4], [0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0])],
    `${SCORES}\nallowed = x[3] & ${CAUSAL}${MASKED}`,
    { causal: true },
  ),
  attend(
    "added mask, to which gradients flow",
    [...sequences([2, 2], 3, 4, 3, 2), real([2, 3, 4])],
    `${SCORES}\ntorch.softmax(scores + x[3], -1) @ x[2]`,
  ),
  attend(
    "added mask and causal",
    [...sequences([2], 4, 3, 3, 2), real([4, 3])],
    `${SCORES}\nscores = scores + x[3]\nallowed = ${CAUSAL}${MASKED}`,
    { causal: true },
  ),
  row({
    layer: "DotProductAttention",
    label: "added mask with infinities, of which one row forbids everything",
    make: () => new DotProductAttention(),
    inputs: sequences([2], 3, 4, 3, 2),
    call: (layer, q, k, v) => layer.forward(q!, k!, v!, { mask: BIAS }),
    torch: `${SCORES}
bias = torch.tensor([[0.5, 0, -1.25, 0], [0] * 4, [0, 2, 0, 0]])
allowed = torch.tensor([[1, 0, 1, 1], [0] * 4, [0, 1, 0, 0]])
scores = scores + bias${MASKED}`,
  }),
  row({
    layer: "DotProductAttention",
    label: "dropout, out of training",
    make: () => new DotProductAttention({ dropoutP: 0.4 }),
    training: [false, false, false],
    inputs: sequences([2], 3, 4, 3, 2),
    torch: PLAIN,
  }),
  row({
    layer: "DotProductAttention",
    label: "dropout, in training",
    make: () => new DotProductAttention({ dropoutP: 0.4, causal: true }),
    inputs: sequences([2], 3, 4, 3, 2),
    noTorch: "its masks come from another generator",
  }),
];
