import { array } from "../../../core/index.js";
import {
  Add,
  Conv2D,
  Deconv2D,
  DropoutWrapper,
  Embedding,
  FullyConnected,
  GRU,
  RNNCell,
  registerInitializer,
  Sequential,
  SpectralNorm,
  type SpectralNormOptions,
  WeightNorm,
  type WeightNormOptions,
} from "../../../nn/index.js";
import { integers, type LayerCase, real, row } from "./case.js";

// Draws nothing, so that the vectors of a spectral norm start the same in both dtypes.
registerInitializer("waves", (shape, { dtype } = {}) => {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Float64Array.from({ length: size }, (_, i) => Math.sin(1 + i * i));
  return array(values, { dtype: dtype ?? "float32" }).reshape(shape);
});

/** PyTorch's spectral norm of a weight `w` with the vectors of the wrapper, which it changes in training. */
function spectral(weight: string, dim: number, { nPowerIterations = 1, eps = 1e-12 }: SpectralNormOptions = {}) {
  return [
    "from torch.nn.utils.spectral_norm import SpectralNorm",
    "module = type('Module', (), {})()",
    `module.W_orig, module.W_u, module.W_v = ${weight}, s['u'], s['v']`,
    `w = SpectralNorm('W', ${nPowerIterations}, ${dim}, ${eps}).compute_weight(module, training)`,
  ];
}

function spectralDense(label: string, options: SpectralNormOptions, rest: Partial<LayerCase> = {}): LayerCase {
  return row({
    layer: "SpectralNorm",
    label,
    make: (o) => new SpectralNorm(new FullyConnected({ nOut: 3, actFn: "tanh", init: "waves", ...o }), options),
    sizes: { nIn: 4 },
    inputs: [real([5, 4])],
    training: [true, true, false],
    torch: [...spectral("p['original'].T", 0, options), "torch.tanh(F.linear(x[0], w, p['layer.b']))"].join("\n"),
    ...rest,
  } as LayerCase);
}

const spectralNorm: LayerCase[] = [
  spectralDense("two steps of training, then in use", {}),
  spectralDense("in use, training, in use", {}, { training: [false, true, false] }),
  spectralDense("three power iterations", { nPowerIterations: 3 }),
  spectralDense("an eps that is reached", { eps: 1.5 }),
  // So many that the vectors do not move any more: then two calls in training do the same.
  spectralDense("three steps of training", { nPowerIterations: 200 }, { training: [true, true, true], order: 1 }),
  row({
    layer: "SpectralNorm",
    label: "a convolution",
    make: (o) => new SpectralNorm(new Conv2D({ outCh: 3, kernelShape: 2, init: "waves", ...o })),
    sizes: { inCh: 2 },
    inputs: [real([2, 3, 3, 2])],
    training: [true, true, false],
    // Its columns in the order of ours: kernel rows, kernel columns, input channels.
    torch: [
      ...spectral("p['original'].permute(3, 0, 1, 2)", 0),
      "nhwc(F.conv2d(nchw(x[0]), w.permute(0, 3, 1, 2), p['layer.b']))",
    ].join("\n"),
  }),
  row({
    layer: "SpectralNorm",
    label: "a transposed convolution by its inputs",
    make: (o) => new SpectralNorm(new Deconv2D({ outCh: 3, kernelShape: 2, init: "waves", ...o }), { dim: 2 }),
    sizes: { inCh: 2 },
    inputs: [real([2, 2, 2, 2])],
    training: [true, true, false],
    torch: [
      ...spectral("p['original']", 2),
      "nhwc(F.conv_transpose2d(nchw(x[0]), w.permute(2, 3, 0, 1), p['layer.b']))",
    ].join("\n"),
  }),
];

function weightDense(label: string, options: WeightNormOptions, weight: string): LayerCase {
  return row({
    layer: "WeightNorm",
    label,
    make: (o) => new WeightNorm(new FullyConnected({ nOut: 3, actFn: "tanh", ...o }), options),
    sizes: { nIn: 4 },
    inputs: [real([5, 4])],
    torch: `torch.tanh(F.linear(x[0], ${weight}, p['layer.b']))`,
  });
}

const weightNorm: LayerCase[] = [
  weightDense("of each output", {}, "torch._weight_norm(p['v'].T, p['g'].T, 0)"),
  weightDense("of each input", { dim: 0 }, "torch._weight_norm(p['v'].T, p['g'].T, 1)"),
  weightDense("of the whole weight", { dim: null }, "p['v'].T * (p['g'] / p['v'].norm())"),
  row({
    layer: "WeightNorm",
    label: "a convolution",
    make: (o) => new WeightNorm(new Conv2D({ outCh: 3, kernelShape: 2, ...o }), { name: "W", dim: 3 }),
    sizes: { inCh: 2 },
    inputs: [real([2, 3, 3, 2])],
    torch: [
      "w = torch._weight_norm(p['v'].permute(3, 2, 0, 1), p['g'].permute(3, 2, 0, 1), 0)",
      "nhwc(F.conv2d(nchw(x[0]), w, p['layer.b']))",
    ].join("\n"),
  }),
  row({
    layer: "WeightNorm",
    label: "the rows of an embedding",
    make: (o) => new WeightNorm(new Embedding({ nOut: 3, vocabSize: 5, ...o }), { dim: 0 }),
    inputs: [integers([2, 3], [0, 4, 1, 0, 0, 3])],
    torch: "F.embedding(x[0], torch._weight_norm(p['v'], p['g'], 0))",
  }),
  row({
    layer: "WeightNorm",
    label: "two weights of a recurrent cell",
    make: (o) => new WeightNorm(new WeightNorm(new RNNCell({ nOut: 3, ...o }), { name: "Wax" }), { name: "layer.Waa" }),
    sizes: { nIn: 2 },
    inputs: [real([4, 2]), real([4, 3])],
    torch: [
      "waa = torch._weight_norm(p['v'].T, p['g'].T, 0)",
      "wax = torch._weight_norm(p['layer.v'].T, p['layer.g'].T, 0)",
      "torch.tanh(F.linear(x[0], wax, p['layer.layer.bx']) + F.linear(x[1], waa, p['layer.layer.ba']))",
    ].join("\n"),
  }),
  row({
    layer: "WeightNorm",
    label: "a weight of a cell inside a layer",
    make: (o) => new WeightNorm(new GRU({ nOut: 2, ...o }), { name: "cells.0.weightHh", dim: 0 }),
    sizes: { nIn: 3 },
    inputs: [real([2, 3, 4])],
    torch: [
      "w = torch._weight_norm(p['v'], p['g'], 0)",
      "q = lambda name: p['layer.cells.0.' + name]",
      "flat = [q('weightIh'), w, q('biasIh'), q('biasHh')]",
      "start = torch.zeros(1, 2, 2)",
      "torch._VF.gru(x[0].permute(0, 2, 1), start, flat, True, 1, 0.0, training, False, True)[0].permute(0, 2, 1)",
    ].join("\n"),
  }),
  row({
    layer: "WeightNorm",
    label: "a weight that two layers share",
    make: (o) => {
      const shared = new FullyConnected({ nOut: 3, actFn: "tanh", ...o });
      return new WeightNorm(new Sequential(shared, shared), { name: "0.W" });
    },
    sizes: { nIn: 3 },
    inputs: [real([4, 3])],
    torch: [
      "w = torch._weight_norm(p['v'].T, p['g'].T, 0)",
      "f = lambda z: torch.tanh(F.linear(z, w, p['layer.0.b']))",
      "f(f(x[0]))",
    ].join("\n"),
    noRebuild: "a config does not say that two layers are one",
  }),
];

function dropoutRow(
  label: string,
  p: number,
  rest: Pick<LayerCase, "training" | "sizes" | "noSizes"> & ({ torch: string } | { noTorch: string }),
): LayerCase {
  return row({
    layer: "DropoutWrapper",
    label,
    make: (o) => new DropoutWrapper(new FullyConnected({ nOut: 3, actFn: "tanh", ...o }), { p }),
    inputs: [real([5, 4])],
    ...rest,
  });
}

const MASK_FIRST = "the mask is drawn before the weights that the first input tells the sizes of";
const dense = "torch.tanh(F.linear(F.dropout(x[0], P, training), p['layer.W'].T, p['layer.b']))";

const dropout: LayerCase[] = [
  dropoutRow("in training", 0.4, { noSizes: MASK_FIRST, noTorch: "PyTorch's random numbers are others" }),
  dropoutRow("p 1, then in use", 1, {
    noSizes: MASK_FIRST,
    training: [true, true, false],
    torch: dense.replace("P", "1.0"),
  }),
  dropoutRow("p 0", 0, { sizes: { nIn: 4 }, torch: dense.replace("P", "0.0") }),
  dropoutRow("in use", 0.4, { noSizes: MASK_FIRST, training: [false, false, false], torch: dense.replace("P", "0.4") }),
  row({
    layer: "DropoutWrapper",
    label: "a list of inputs",
    make: () => new DropoutWrapper(new Add({ actFn: "sigmoid" }), { p: 0.3 }),
    inputs: [real([2, 3]), real([2, 3])],
    call: (layer, a, b) => layer.forward([a!, b!]),
    noTorch: "PyTorch's random numbers are others",
  }),
  row({
    layer: "DropoutWrapper",
    label: "around a weight norm",
    make: (o) => new DropoutWrapper(new WeightNorm(new FullyConnected({ nOut: 3, ...o })), { p: 1 }),
    noSizes: MASK_FIRST,
    inputs: [real([5, 4])],
    training: [false, true, false],
    torch: [
      "w = torch._weight_norm(p['layer.v'].T, p['layer.g'].T, 0)",
      "F.linear(F.dropout(x[0], 1.0, training), w, p['layer.layer.b'])",
    ].join("\n"),
  }),
];

/** Layers around layers. */
export const cases: readonly LayerCase[] = [...weightNorm, ...spectralNorm, ...dropout];
