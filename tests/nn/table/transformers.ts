import {
  MultiHeadedAttentionModule,
  type MultiHeadedAttentionOptions,
  PositionalEncoding,
  type PositionalEncodingOptions,
  TransformerDecoder,
  TransformerDecoderBlock,
  TransformerEncoder,
  TransformerEncoderBlock,
} from "../../../nn/index.js";
import { bools, type Input, type LayerCase, type Modes, real, row } from "./case.js";

const THEN_EVAL: Modes = [true, true, false];

/** In Python: PyTorch's attention with our parameters, of batches; its bool masks are true where ours are false. */
const ATTENTION = `
def attend(heads, q, k, v, mask=None, dropoutP=0.0):
    weights = [p[name + ".W"].T for name in "QKVO"]
    biases = [p[name + ".b"] if "Q.b" in p else torch.zeros(w.shape[0]) for name, w in zip("QKVO", weights)]
    y, _ = F.multi_head_attention_forward(
        *[z.transpose(0, 1) for z in (q, k, v)], q.shape[-1], heads, None, torch.cat(biases[:3]), None, None, False,
        dropoutP, weights[3], biases[3], training, None, False, mask, use_separate_proj_weight=True,
        q_proj_weight=weights[0], k_proj_weight=weights[1], v_proj_weight=weights[2])
    return y.transpose(0, 1)
`;

/** In Python: the same written out, with the scores (N, heads, Tq, Tk) changed by \`masked\`. */
const WRITTEN_OUT = `
def attend(heads, q, k, v, masked=lambda scores: scores, alive=1):
    project = lambda name, z: z @ p[name + ".W"] + p[name + ".b"]
    split = lambda z: z.reshape(*z.shape[:2], heads, -1).transpose(1, 2)
    q, k, v = split(project("Q", q)), split(project("K", k)), split(project("V", v))
    weights = masked(q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])).softmax(-1) * alive
    return project("O", (weights @ v).transpose(1, 2).flatten(2))
`;

function attention(
  label: string,
  options: MultiHeadedAttentionOptions,
  inputs: readonly Input[],
  torch: string,
  others: Partial<LayerCase<MultiHeadedAttentionModule>> = {},
): LayerCase {
  const widths = inputs.map(({ shape }) => shape.at(-1)!);
  return row({
    layer: "MultiHeadedAttentionModule",
    label,
    make: (o) => new MultiHeadedAttentionModule({ nHeads: 2, ...options, ...o }),
    sizes: { nIn: widths[0]! },
    inputs,
    torch,
    ...others,
  } as LayerCase<MultiHeadedAttentionModule>);
}

/** A lower triangle, true. */
const triangle = (rows: number, cols: number) => `torch.ones(${rows}, ${cols}).tril(${cols - rows}).bool()`;

/** Bools in a pattern without order, each row of four beginning with true. */
const allowed = (shape: readonly number[]) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return bools(
    shape,
    Array.from({ length: size }, (_, i) => (i % 4 === 0 || (i * 7) % 5 > 2 ? 1 : 0)),
  );
};

const sequences = real([2, 4, 6]);

const attentions: LayerCase[] = [
  attention("of itself", {}, [sequences], `${ATTENTION}attend(2, x[0], x[0], x[0])`),
  attention("one sequence", { nHeads: 3 }, [real([4, 6])], `${ATTENTION}attend(3, *[x[0][None]] * 3)[0]`),
  attention(
    "1 head, 1 position, no bias",
    { nHeads: 1, bias: false },
    [real([3, 1, 4])],
    `${ATTENTION}attend(1, *x * 3)`,
  ),
  attention("causal", { causal: true }, [sequences], `${ATTENTION}attend(2, *x * 3, ~${triangle(4, 4)})`),
  attention(
    "causal with earlier keys, values apart",
    { causal: true },
    [real([2, 3, 4]), real([2, 5, 4]), real([2, 5, 4])],
    `${ATTENTION}attend(2, *x, ~${triangle(3, 5)})`,
  ),
  attention(
    "7 positions, 4 heads, a mask for all",
    { nHeads: 4 },
    [
      real([2, 7, 8]),
      bools(
        [7, 7],
        [...Array(49).keys()].map((i) => (i % 8 === 0 || i % 3 === 0 ? 1 : 0)),
      ),
    ],
    `${ATTENTION}attend(4, *[x[0]] * 3, ~x[1])`,
    { call: (layer, x, mask) => layer.forward(x!, null, null, { mask }) },
  ),
  attention(
    "keys and values of other widths, each sequence with its own mask",
    {},
    [real([2, 3, 6]), real([2, 4, 5]), real([2, 4, 3]), allowed([2, 3, 4])],
    `${ATTENTION}attend(2, *x[:3], (~x[3]).repeat_interleave(2, 0))`,
    {
      sizes: { nIn: 6, nKey: 5, nValue: 3 },
      call: (layer, q, k, v, mask) => layer.forward(q!, k, v, { mask }),
    },
  ),
  attention(
    "keys that are the values, sequences that end earlier",
    {},
    [real([2, 3, 4]), real([2, 4, 5]), bools([2, 1, 4], [1, 1, 1, 0, 1, 1, 0, 0])],
    `${ATTENTION}attend(2, x[0], x[1], x[1], (~x[2]).repeat_interleave(2, 0).expand(4, 3, 4))`,
    { sizes: { nIn: 4, nKey: 5 }, call: (layer, q, k, mask) => layer.forward(q!, k, null, { mask }) },
  ),
  attention(
    "a mask that is added, of one sequence, for each head",
    {},
    [real([3, 4]), real([2, 3, 3])],
    `${ATTENTION}attend(2, *[x[0][None]] * 3, x[1])[0]`,
    { call: (layer, x, mask) => layer.forward(x!, null, null, { mask }) },
  ),
  attention(
    "a mask that is added, for each sequence and head, and causal",
    { causal: true },
    [real([2, 4, 4]), real([2, 2, 4, 4])],
    `${WRITTEN_OUT}attend(2, *[x[0]] * 3, masked=lambda scores: (scores + x[1]).masked_fill(~${triangle(4, 4)}, -math.inf))`,
    { call: (layer, x, mask) => layer.forward(x!, null, null, { mask }) },
  ),
  attention(
    "widths of its own inside and out",
    { kqvDim: 8, nOut: 3 },
    [real([2, 3, 5]), real([2, 2, 4])],
    `${WRITTEN_OUT}attend(2, x[0], x[1], x[1])`,
    { sizes: { nIn: 5, nKey: 4 }, call: (layer, q, k) => layer.forward(q!, k) },
  ),
  attention("dropout 1 in training", { dropoutP: 1 }, [sequences], `${ATTENTION}attend(2, *x * 3, dropoutP=1.0)`, {
    training: [true, false, true],
  }),
  attention(
    "a query that may attend to nothing",
    {},
    [real([1, 2, 4]), bools([2, 2], [1, 0, 0, 0])],
    `${WRITTEN_OUT}
forbidden = torch.tensor([[False, True], [False, False]])
attend(2, *[x[0]] * 3, lambda scores: scores.masked_fill(forbidden, -math.inf), x[1].any(1, keepdim=True))`,
    { call: (layer, x, mask) => layer.forward(x!, null, null, { mask }) },
  ),
];

/** In Python: our parameters by the names that PyTorch's blocks have for them. */
const BLOCK = `
from torch.nn.utils.stateless import functional_call
def attentionWeights(at, to):
    weights, biases = [p[at + name + ".W"].T for name in "QKVO"], [p[at + name + ".b"] for name in "QKVO"]
    same = weights[0].shape == weights[1].shape
    joined = {"in_proj_weight": torch.cat(weights[:3])} if same else dict(zip(["q_proj_weight", "k_proj_weight", "v_proj_weight"], weights))
    joined.update({"in_proj_bias": torch.cat(biases[:3]), "out_proj.weight": weights[3], "out_proj.bias": biases[3]})
    return {to + "." + name: w for name, w in joined.items()}
def blockWeights(at="", to=""):
    found = attentionWeights(at + "selfAttention.", to + "self_attn")
    if at + "crossAttention.Q.W" in p:
        found.update(attentionWeights(at + "crossAttention.", to + "multihead_attn"))
    for name in ("linear1", "linear2"):
        found.update({f"{to}{name}.weight": p[f"{at}{name}.W"].T, f"{to}{name}.bias": p[f"{at}{name}.b"]})
    for name in ("norm1", "norm2", "norm3"):
        if f"{at}{name}.scaler" in p:
            found.update({f"{to}{name}.weight": p[f"{at}{name}.scaler"], f"{to}{name}.bias": p[f"{at}{name}.intercept"]})
    return found
def gelu(v):
    return F.gelu(v, approximate="tanh")
`;

/** PyTorch's block, and our parameters in it. */
function block(kind: "Encoder" | "Decoder", settings: string): string {
  return `${BLOCK}
layer = torch.nn.Transformer${kind}Layer(${settings}, batch_first=True).train(training)`;
}

const call = (inputs: string) => `functional_call(layer, blockWeights(), (${inputs}))`;

/** PyTorch's stack of two blocks with our parameters. */
function stack(kind: "Encoder" | "Decoder", settings: string, inputs: string, norm: boolean): string {
  return `${block(kind, settings)}
model = torch.nn.Transformer${kind}(layer, 2, ${norm ? "torch.nn.LayerNorm(4)" : "None"}).train(training)
found = {**blockWeights("layers.0.", "layers.0."), **blockWeights("layers.1.", "layers.1.")}
${norm ? 'found.update({"norm.weight": p["norm.scaler"], "norm.bias": p["norm.intercept"]})' : ""}
functional_call(model, found, (${inputs}))`;
}

const encoders: LayerCase[] = [
  row({
    layer: "TransformerEncoderBlock",
    label: "post-norm, relu",
    make: (o) => new TransformerEncoderBlock({ nHeads: 2, dimFeedforward: 5, dropoutP: 0, ...o }),
    sizes: { nIn: 4 },
    inputs: [real([2, 3, 4])],
    torch: `${block("Encoder", "4, 2, 5, 0.0")}\n${call("x[0],")}`,
  }),
  row({
    layer: "TransformerEncoderBlock",
    label: "pre-norm, gelu, causal, four times as wide inside",
    make: (o) =>
      new TransformerEncoderBlock({ nHeads: 4, dropoutP: 0, normFirst: true, actFn: "gelu", causal: true, ...o }),
    sizes: { nIn: 4 },
    inputs: [real([2, 3, 4])],
    torch: `${block("Encoder", "4, 4, 16, 0.0, gelu, norm_first=True")}\n${call(`x[0], ~${triangle(3, 3)}`)}`,
  }),
  row({
    layer: "TransformerEncoderBlock",
    label: "one sequence, exact gelu, another epsilon, a mask that is added",
    make: (o) =>
      new TransformerEncoderBlock({
        ...{ nHeads: 1, dimFeedforward: 4, dropoutP: 0, actFn: "gelu(approximate=false)", epsilon: 0.1 },
        ...o,
      }),
    sizes: { nIn: 4 },
    inputs: [real([3, 4]), real([3, 3])],
    call: (layer, x, mask) => layer.forward(x!, { mask }),
    torch: `${block("Encoder", "4, 1, 4, 0.0, 'gelu', 0.1")}\n${call("x[0][None], x[1]")}[0]`,
  }),
  row({
    layer: "TransformerEncoderBlock",
    label: "pre-norm, dropout 1 in training",
    make: (o) => new TransformerEncoderBlock({ nHeads: 2, dimFeedforward: 5, dropoutP: 1, normFirst: true, ...o }),
    sizes: { nIn: 4 },
    inputs: [real([2, 3, 4])],
    training: THEN_EVAL,
    torch: `${block("Encoder", "4, 2, 5, 1.0, norm_first=True")}\n${call("x[0],")}`,
  }),
  row({
    layer: "TransformerEncoder",
    label: "2 blocks, post-norm, each sequence with its own mask",
    order: 1,
    make: (o) => new TransformerEncoder({ numLayers: 2, nHeads: 2, dimFeedforward: 5, dropoutP: 0, ...o }),
    sizes: { nIn: 4 },
    inputs: [real([2, 3, 4]), bools([2, 1, 3], [1, 1, 1, 1, 1, 0])],
    call: (layer, x, mask) => layer.forward(x!, { mask }),
    torch: stack("Encoder", "4, 2, 5, 0.0", "x[0], None, ~x[1][:, 0]", false),
  }),
  row({
    layer: "TransformerEncoder",
    label: "2 blocks, pre-norm, causal",
    order: 1,
    make: (o) =>
      new TransformerEncoder({
        ...{ numLayers: 2, nHeads: 2, dimFeedforward: 5, dropoutP: 0, normFirst: true, causal: true, actFn: "gelu" },
        ...o,
      }),
    sizes: { nIn: 4 },
    inputs: [real([2, 3, 4])],
    torch: stack("Encoder", "4, 2, 5, 0.0, gelu, norm_first=True", `x[0], ~${triangle(3, 3)}`, true),
  }),
];

const decoders: LayerCase[] = [
  row({
    layer: "TransformerDecoderBlock",
    label: "post-norm, relu",
    make: (o) => new TransformerDecoderBlock({ nHeads: 2, dimFeedforward: 5, dropoutP: 0, ...o }),
    sizes: { nIn: 4 },
    inputs: [real([2, 3, 4]), real([2, 5, 4])],
    torch: `${block("Decoder", "4, 2, 5, 0.0")}\n${call(`x[0], x[1], ~${triangle(3, 3)}`)}`,
  }),
  row({
    layer: "TransformerDecoderBlock",
    label: "pre-norm, gelu, a memory of another width, masks, not causal",
    make: (o) =>
      new TransformerDecoderBlock({
        ...{ nHeads: 2, dimFeedforward: 5, dropoutP: 0, normFirst: true, actFn: "gelu", causal: false },
        ...o,
      }),
    sizes: { nIn: 4, nMemory: 3 },
    inputs: [real([2, 3, 4]), real([2, 4, 3]), bools([3, 3], [1, 0, 1, 1, 1, 0, 0, 1, 1]), allowed([2, 3, 4])],
    call: (layer, x, memory, mask, memoryMask) => layer.forward(x!, memory!, { mask, memoryMask }),
    torch: `${block("Decoder", "4, 2, 5, 0.0, gelu, norm_first=True")}
layer.multihead_attn = torch.nn.MultiheadAttention(4, 2, kdim=3, vdim=3, batch_first=True)
${call("x[0], x[1], ~x[2], (~x[3]).repeat_interleave(2, 0)")}`,
  }),
  row({
    layer: "TransformerDecoderBlock",
    label: "one sequence, dropout 1 in training",
    make: (o) => new TransformerDecoderBlock({ nHeads: 2, dimFeedforward: 3, dropoutP: 1, ...o }),
    sizes: { nIn: 4 },
    inputs: [real([3, 4]), real([2, 4])],
    training: THEN_EVAL,
    torch: `${block("Decoder", "4, 2, 3, 1.0")}\n${call(`x[0][None], x[1][None], ~${triangle(3, 3)}`)}[0]`,
  }),
  row({
    layer: "TransformerDecoder",
    label: "2 blocks, post-norm, and a norm after the last",
    order: 1,
    make: (o) =>
      new TransformerDecoder({
        ...{ numLayers: 2, nHeads: 2, dimFeedforward: 3, dropoutP: 0, finalNorm: true, actFn: "gelu" },
        ...o,
      }),
    sizes: { nIn: 4 },
    inputs: [real([2, 3, 4]), real([2, 2, 4]), bools([2, 1, 2], [1, 1, 0, 1])],
    call: (layer, x, memory, memoryMask) => layer.forward(x!, memory!, { memoryMask }),
    torch: stack("Decoder", "4, 2, 3, 0.0, gelu", `x[0], x[1], ~${triangle(3, 3)}, None, None, ~x[2][:, 0]`, true),
  }),
  row({
    layer: "TransformerDecoder",
    label: "2 blocks, pre-norm, not normalized, a memory of another width",
    order: 1,
    make: (o) =>
      new TransformerDecoder({
        ...{ numLayers: 2, nHeads: 1, dimFeedforward: 3, dropoutP: 0, finalNorm: false, normFirst: true },
        ...o,
      }),
    sizes: { nIn: 4, nMemory: 2 },
    inputs: [real([1, 2, 4]), real([1, 3, 2])],
    torch: stack("Decoder", "4, 1, 3, 0.0, norm_first=True", `x[0], x[1], ~${triangle(2, 2)}`, false).replace(
      "model =",
      "layer.multihead_attn = torch.nn.MultiheadAttention(4, 1, kdim=2, vdim=2, batch_first=True)\nmodel =",
    ),
  }),
];

const SINUSOIDS = `
T, d = x[0].shape[-2:]
angles = torch.arange(T)[:, None] / 10000 ** (torch.arange(0, d, 2) / d)
x[0] + torch.stack([angles.sin(), angles.cos()], 2).flatten(1)[:, :d]`;

function positional(
  label: string,
  options: PositionalEncodingOptions,
  x: Input,
  torch: string,
  training?: Modes,
): LayerCase {
  return row({
    layer: "PositionalEncoding",
    label,
    make: (o) => new PositionalEncoding({ ...options, ...o }),
    sizes: options.learned ? { nIn: x.shape.at(-1)! } : undefined,
    inputs: [x],
    training,
    torch,
  });
}

const encodings: LayerCase[] = [
  positional("sines and cosines", {}, real([2, 5, 6]), SINUSOIDS),
  positional("an odd number of features, one sequence", { maxLen: 7 }, real([7, 5]), SINUSOIDS),
  positional("learned", { learned: true, maxLen: 5 }, real([2, 3, 4]), "x[0] + p['W'][:3]"),
  positional(
    "learned, one sequence, dropout 1 in training",
    { learned: true, maxLen: 3, dropoutP: 1 },
    real([3, 4]),
    "F.dropout(x[0] + p['W'], 1, training)",
    THEN_EVAL,
  ),
];

/** Attention by several heads, and what transformers consist of. */
export const cases: readonly LayerCase[] = [...attentions, ...encoders, ...decoders, ...encodings];
