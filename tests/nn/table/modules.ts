import type { Variable } from "../../../core/variable.js";
import {
  BidirectionalLSTM,
  type BidirectionalLSTMOptions,
  SkipConnectionConvModule,
  type SkipConnectionConvOptions,
  SkipConnectionIdentityModule,
  type SkipConnectionIdentityOptions,
  WavenetResidualModule,
  type WavenetResidualOptions,
} from "../../../nn/index.js";
import { type Input, type LayerCase, type Modes, real, row } from "./case.js";

function wavenet(label: string, options: WavenetResidualOptions, inputs: readonly Input[]): LayerCase {
  const { dilation = 0, separateGates = false } = options;
  return row({
    layer: "WavenetResidualModule",
    label,
    make: (o) => new WavenetResidualModule({ ...options, ...o }),
    inputs,
    torch: `
def convolved(name, v, step):
    W = p[name + ".W"].permute(2, 1, 0)
    padded = F.pad(v.transpose(1, 2), (step * (W.shape[2] - 1), 0))
    return F.conv1d(padded, W, p.get(name + ".b"), dilation=step).transpose(1, 2)
h = convolved("convDilation", x[0], ${dilation + 1})
g = ${separateGates ? `convolved("convGate", x[0], ${dilation + 1})` : "h"}
c = convolved("conv1x1", torch.tanh(h) * torch.sigmoid(g), 1)
x[0] + c, ${inputs.length > 1 ? "x[1] + c" : "c"}`,
  });
}

const sequences = real([2, 6, 3]);

const wavenets: LayerCase[] = [
  wavenet("kernel width 2", { chResidual: 3, chDilation: 4 }, [sequences, sequences]),
  wavenet("kernel width 3, dilation 2, no skip", { chResidual: 3, chDilation: 2, kernelWidth: 3, dilation: 2 }, [
    real([2, 8, 3]),
  ]),
  wavenet("filter and gate apart", { chResidual: 3, chDilation: 4, dilation: 1, separateGates: true }, [
    sequences,
    sequences,
  ]),
  wavenet(
    "kernel width 4 over 1 entry, no bias",
    { chResidual: 2, chDilation: 5, kernelWidth: 4, bias: false, separateGates: true },
    [real([1, 1, 2])],
  ),
];

/** In Python: convolutions and batch norms of the modules with a skip connection, on NHWC images. */
function skipConnection(momentum: number, epsilon: number): string {
  return `
def convolved(name, v, stride, pad):
    top, bottom, left, right = pad
    padded = F.pad(nchw(v), (left, right, top, bottom))
    return nhwc(F.conv2d(padded, p[name + ".W"].permute(3, 2, 0, 1), p.get(name + ".b"), stride))
def normalized(name, v):
    mean, variance = s[name + ".runningMean"], s[name + ".runningVar"]
    weights = p[name + ".scaler"], p[name + ".intercept"]
    if not training:
        return nhwc(F.batch_norm(nchw(v), mean.clone(), variance.clone(), *weights, False, 0, ${epsilon}))
    mean.copy_(${momentum} * mean + (1 - ${momentum}) * v.detach().mean((0, 1, 2)))
    variance.copy_(${momentum} * variance + (1 - ${momentum}) * v.detach().var((0, 1, 2), unbiased=False))
    return nhwc(F.batch_norm(nchw(v), None, None, *weights, True, 0, ${epsilon}))
`;
}

/** How the module has it in Python: the activation of `v`, and pads as top, bottom, left, right for the size of the images. */
interface SkipTwin {
  activation?: string;
  pad1: string;
  pad2: string;
  padSkip?: string;
}

function mainPath(
  options: SkipConnectionIdentityOptions | SkipConnectionConvOptions,
  { activation = "v", pad1, pad2 }: SkipTwin,
): string {
  const { stride1 = 1, stride2 = 1, normFirst = false, momentum = 0.9, epsilon = 1e-5 } = options;
  const stride = (n: unknown) => JSON.stringify(n);
  return `${skipConnection(momentum, epsilon)}
act = lambda v: ${activation}
h = convolved("conv1", x[0], ${stride(stride1)}, ${pad1})
h = ${normFirst ? 'act(normalized("batchnorm1", h))' : 'normalized("batchnorm1", act(h))'}
y = normalized("batchnorm2", convolved("conv2", h, ${stride(stride2)}, ${pad2}))`;
}

function identityModule(
  label: string,
  options: SkipConnectionIdentityOptions,
  twin: SkipTwin,
  input = real([2, 4, 5, 2]),
  training?: Modes,
): LayerCase {
  return row({
    layer: "SkipConnectionIdentityModule",
    label,
    make: (o) => new SkipConnectionIdentityModule({ ...options, ...o }),
    sizes: { inCh: input.shape[3]! },
    inputs: [input],
    training,
    torch: `${mainPath(options, twin)}\nact(x[0] + y)`,
  });
}

function convModule(
  label: string,
  options: SkipConnectionConvOptions,
  twin: SkipTwin,
  input = real([2, 5, 5, 2]),
  training?: Modes,
): LayerCase {
  const { strideSkip = 1 } = options;
  const skip = `convolved("convSkip", x[0], ${JSON.stringify(strideSkip)}, ${twin.padSkip ?? "(0, 0, 0, 0)"})`;
  return row({
    layer: "SkipConnectionConvModule",
    label,
    make: (o) => new SkipConnectionConvModule({ ...options, ...o }),
    sizes: { inCh: input.shape[3]! },
    inputs: [input],
    training,
    torch: `${mainPath(options, twin)}\nact(normalized("batchnormSkip", ${skip}) + y)`,
  });
}

const THEN_EVAL: Modes = [true, true, false];

const identities: LayerCase[] = [
  identityModule(
    "tanh, 3 by 3",
    { outCh: 3, kernelShape1: 3, kernelShape2: 3, actFn: "tanh" },
    { activation: "torch.tanh(v)", pad1: "(1, 1, 1, 1)", pad2: "(1, 1, 1, 1)" },
  ),
  identityModule(
    "relu, ResNet's order, no bias, then in use",
    { outCh: 3, kernelShape1: 3, kernelShape2: [1, 2], actFn: "relu", normFirst: true, bias: false, momentum: 0.7 },
    { activation: "F.relu(v)", pad1: "(1, 1, 1, 1)", pad2: "(0, 0, 0, 1)" },
    undefined,
    THEN_EVAL,
  ),
  identityModule(
    "no activation, even kernels, strides, another epsilon",
    { outCh: 2, kernelShape1: [2, 3], kernelShape2: 2, stride1: 2, stride2: [1, 2], epsilon: 0.01 },
    // Of 4 rows and 5 columns as many stay: 2 * 3 + 2 - 4 and 2 * 4 + 3 - 5 zeros, then 1 and 2 * 4 + 2 - 5.
    { pad1: "(2, 2, 3, 3)", pad2: "(0, 1, 2, 3)" },
  ),
];

const convolutions: LayerCase[] = [
  convModule(
    "pads 1, strides 2",
    {
      ...{ outCh1: 3, outCh2: 4, kernelShape1: 3, kernelShape2: 3, kernelShapeSkip: 1, actFn: "tanh" },
      ...{ pad1: 1, pad2: 1, stride1: 2, strideSkip: 2 },
    },
    { activation: "torch.tanh(v)", pad1: "(1, 1, 1, 1)", pad2: "(1, 1, 1, 1)" },
  ),
  convModule(
    "pads of pairs and of four, ResNet's order, relu, then in use",
    {
      ...{ outCh1: 2, outCh2: 3, kernelShape1: [2, 3], kernelShape2: 2, kernelShapeSkip: 3, actFn: "relu" },
      ...{ pad1: [1, 2], pad2: [0, 1, 2, 0], normFirst: true, bias: false },
    },
    // 5 rows become 6 and stay 6; 5 columns become 7 and then 8.
    { activation: "F.relu(v)", pad1: "(1, 1, 2, 2)", pad2: "(0, 1, 2, 0)", padSkip: "(1, 2, 2, 3)" },
    undefined,
    THEN_EVAL,
  ),
  convModule(
    'pads "same" with a stride, odd sums',
    {
      ...{ outCh1: 2, outCh2: 2, kernelShape1: 2, kernelShape2: [3, 2], kernelShapeSkip: 2, actFn: "sigmoid" },
      ...{ pad1: "same", pad2: "same", stride2: [1, 2], strideSkip: [2, 1], momentum: 0.5, epsilon: 0.1 },
    },
    // All stay 4 by 5; along the columns conv2 needs 2 * 4 + 2 - 5 zeros, and along the rows convSkip 2 * 3 + 2 - 4.
    { activation: "torch.sigmoid(v)", pad1: "(0, 1, 0, 1)", pad2: "(1, 1, 2, 3)", padSkip: "(2, 2, 0, 1)" },
    real([2, 4, 5, 3]),
  ),
  convModule(
    "no pads, a stride that leaves rows over, one image",
    {
      ...{ outCh1: 3, outCh2: 2, kernelShape1: 2, kernelShape2: 2, kernelShapeSkip: [3, 4] },
      ...{ stride1: [2, 1], strideSkip: [3, 1] },
    },
    // 6 rows become 3 and then 2, for which convSkip uses all 6; 5 columns become 4 and then 3.
    { pad1: "(0, 0, 0, 0)", pad2: "(0, 0, 0, 0)", padSkip: "(0, 0, 0, 1)" },
    real([1, 6, 5, 2]),
  ),
];

/** In Python: PyTorch's network in both directions over x[0] (N, nIn, nT): `fwd`, `bwd`, and the last states `A`, `C`. */
function bidirectional(given: boolean, merged: string): string {
  return `
def weights(at):
    W = torch.cat([p[at + "W" + gate] for gate in "ufco"], 1)
    width = W.shape[1] // 4
    both = [W[width:].T.contiguous(), W[:width].T.contiguous()]
    if at + "bf" not in p:
        return both
    b = torch.cat([p[at + "b" + gate] for gate in "ufco"])
    return both + [b, torch.zeros_like(b)]
parameters = weights("cellFwd.") + weights("cellBwd.")
width = p["cellFwd.Wf"].shape[1]
zeros = torch.zeros(2, x[0].shape[0], width)
initial = ${given ? "(x[1], x[2])" : "(zeros, zeros)"}
y, A, C = torch._VF.lstm(x[0].permute(2, 0, 1), initial, parameters, len(parameters) == 8, 1, 0.0, training, True, False)
fwd, bwd = y[..., :width], y[..., width:]
(${merged}).permute(1, 2, 0), A, C`;
}

function all(layer: BidirectionalLSTM, x: Variable, A?: Variable, C?: Variable): Variable[] {
  const [y, state] = layer.forwardWithState(x, A === undefined || C === undefined ? null : [A, C]);
  return [y, ...state];
}

function lstm(
  label: string,
  options: Omit<BidirectionalLSTMOptions, "nOut">,
  merged: string,
  x = real([2, 2, 4]),
): LayerCase {
  return row({
    layer: "BidirectionalLSTM",
    label,
    make: (o) => new BidirectionalLSTM({ nOut: 3, ...options, ...o }),
    sizes: { nIn: x.shape[1]! },
    inputs: [x, real([2, x.shape[0]!, 3]), real([2, x.shape[0]!, 3])],
    call: all,
    torch: bidirectional(true, merged),
  });
}

const lstms: LayerCase[] = [
  row({
    layer: "BidirectionalLSTM",
    label: "concat, outputs alone",
    make: (o) => new BidirectionalLSTM({ nOut: 3, forgetBias: 1, ...o }),
    sizes: { nIn: 2 },
    inputs: [real([2, 2, 4])],
    torch: bidirectional(false, "y").replace(/, A, C$/, ""),
  }),
  lstm("concat", {}, "y"),
  lstm("sum", { mergeMode: "sum" }, "fwd + bwd"),
  lstm("average, no bias", { mergeMode: "average", bias: false }, "(fwd + bwd) / 2"),
  lstm("multiply", { mergeMode: "multiply" }, "fwd * bwd"),
  lstm("1 step of 1 example, sum", { mergeMode: "sum" }, "fwd + bwd", real([1, 3, 1])),
];

/** Modules of convolutions and of recurrent cells. */
export const cases: readonly LayerCase[] = [...wavenets, ...identities, ...convolutions, ...lstms];
