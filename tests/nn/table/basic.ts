import {
  Add,
  Conv2D,
  Dropout,
  Flatten,
  type FlattenOptions,
  FullyConnected,
  Identity,
  type MergeOptions,
  Multiply,
  Pool2D,
  Reshape,
  Sequential,
  Softmax,
} from "../../../nn/index.js";
import { type LayerCase, real, row } from "./case.js";

const fullyConnected: LayerCase[] = [
  row({
    layer: "FullyConnected",
    label: "plain",
    make: (o) => new FullyConnected({ nOut: 4, ...o }),
    sizes: { nIn: 3 },
    inputs: [real([5, 3])],
    torch: "F.linear(x[0], p['W'].T, p['b'])",
  }),
  row({
    layer: "FullyConnected",
    label: "one example, one output",
    make: (o) => new FullyConnected({ nOut: 1, ...o }),
    sizes: { nIn: 3 },
    inputs: [real([1, 3])],
    torch: "F.linear(x[0], p['W'].T, p['b'])",
  }),
  row({
    layer: "FullyConnected",
    label: "four axes, tanh",
    make: (o) => new FullyConnected({ nOut: 2, actFn: "tanh", ...o }),
    sizes: { nIn: 4 },
    inputs: [real([2, 3, 2, 4])],
    torch: "torch.tanh(F.linear(x[0], p['W'].T, p['b']))",
  }),
  row({
    layer: "FullyConnected",
    label: "without bias, relu",
    make: (o) => new FullyConnected({ nOut: 5, actFn: "relu", bias: false, init: "he_uniform", ...o }),
    sizes: { nIn: 3 },
    inputs: [real([4, 3])],
    torch: "F.relu(x[0] @ p['W'])",
  }),
  row({
    layer: "FullyConnected",
    label: "softmax over the features",
    make: (o) => new FullyConnected({ nOut: 4, actFn: "softmax", ...o }),
    sizes: { nIn: 3 },
    inputs: [real([2, 3])],
    torch: "F.softmax(F.linear(x[0], p['W'].T, p['b']), -1)",
  }),
  row({
    layer: "FullyConnected",
    label: "fused",
    make: (o) => new FullyConnected({ nOut: 4, fused: true, ...o }),
    sizes: { nIn: 3 },
    inputs: [real([5, 3])],
    torch: "F.linear(x[0], p['W'][:-1].T, p['W'][-1])",
  }),
  row({
    layer: "FullyConnected",
    label: "fused, three axes, sigmoid",
    make: (o) => new FullyConnected({ nOut: 2, fused: true, actFn: "sigmoid", init: "glorot_normal", ...o }),
    sizes: { nIn: 4 },
    inputs: [real([2, 3, 4])],
    torch: "torch.sigmoid(torch.cat([x[0], torch.ones(2, 3, 1)], -1) @ p['W'])",
  }),
];

const sequential: LayerCase[] = [
  row({
    layer: "Sequential",
    label: "convolution, pooling and two dense layers",
    make: (o) =>
      new Sequential(
        new Conv2D({ outCh: 3, kernelShape: 3, pad: 1, actFn: "relu", ...o }),
        new Pool2D({ kernelShape: 2, stride: 2 }),
        new Flatten(),
        new FullyConnected({ nOut: 3, actFn: "tanh", dtype: o.dtype }),
        new FullyConnected({ nOut: 2, dtype: o.dtype }),
      ),
    noSizes: "the dense layers' inputs depend on the size of the images",
    inputs: [real([2, 4, 4, 2])],
    torch: [
      "z = F.relu(F.conv2d(nchw(x[0]), p['0.W'].permute(3, 2, 0, 1), p['0.b'], padding=1))",
      "h = nhwc(F.max_pool2d(z, 2)).flatten(1)",
      "torch.tanh(h @ p['3.W'] + p['3.b']) @ p['4.W'] + p['4.b']",
    ].join("\n"),
  }),
  row({
    layer: "Sequential",
    label: "one layer twice, and one inside another",
    make: (o) => {
      const shared = new FullyConnected({ nOut: 3, actFn: "tanh", ...o });
      return new Sequential(shared, new Sequential(new Identity(), shared));
    },
    sizes: { nIn: 3 },
    inputs: [real([2, 3])],
    torch: "torch.tanh(torch.tanh(x[0] @ p['0.W'] + p['0.b']) @ p['0.W'] + p['0.b'])",
    noRebuild: "a config does not say that two layers are one",
  }),
];

function flattenRow(keepDim: FlattenOptions["keepDim"], shape: number[], torch: string): LayerCase {
  return row({
    layer: "Flatten",
    label: `keepDim ${keepDim} of (${shape.join(", ")})`,
    make: () => new Flatten(keepDim === undefined ? {} : { keepDim }),
    inputs: [real(shape)],
    torch,
  });
}

const flatten: LayerCase[] = [
  flattenRow(undefined, [3, 2, 2, 2], "x[0].flatten(1)"),
  flattenRow("first", [3], "x[0].reshape(3, 1)"),
  flattenRow("last", [3, 2, 4], "x[0].reshape(-1, 4)"),
  flattenRow("last", [3], "x[0].reshape(1, 3)"),
  flattenRow(-1, [2, 1, 3], "x[0].reshape(1, -1)"),
  row({
    layer: "Reshape",
    label: "of (N, 12) to images",
    make: () => new Reshape({ shape: [2, 3, 2] }),
    inputs: [real([3, 12])],
    torch: "x[0].reshape(3, 2, 3, 2)",
  }),
  row({
    layer: "Reshape",
    label: "a length of -1, of single numbers",
    make: () => new Reshape({ shape: [1, -1] }),
    inputs: [real([4])],
    torch: "x[0].reshape(4, 1, 1)",
  }),
];

function mergeRow(
  Layer: typeof Add | typeof Multiply,
  label: string,
  count: number,
  torch: string,
  options?: MergeOptions,
): LayerCase {
  return row({
    layer: Layer.name,
    label,
    make: () => new Layer(options),
    inputs: Array.from({ length: count }, () => real([2, 3])),
    torch,
  });
}

const merging: LayerCase[] = [
  mergeRow(Add, "two inputs", 2, "x[0] + x[1]"),
  mergeRow(Add, "three inputs, sigmoid", 3, "torch.sigmoid(x[0] + x[1] + x[2])", { actFn: "sigmoid" }),
  mergeRow(Add, "one input, tanh", 1, "torch.tanh(x[0])", { actFn: "tanh" }),
  row({
    layer: "Add",
    label: "a list that holds one input twice, of three axes",
    make: () => new Add({ actFn: "relu" }),
    inputs: [real([2, 1, 3]), real([2, 1, 3])],
    call: (layer, a, b) => layer.forward([a!, b!, a!]),
    torch: "F.relu(x[0] + x[1] + x[0])",
  }),
  mergeRow(Multiply, "two inputs", 2, "x[0] * x[1]"),
  mergeRow(Multiply, "four inputs, tanh", 4, "torch.tanh(x[0] * x[1] * x[2] * x[3])", { actFn: "tanh" }),
  mergeRow(Multiply, "one input", 1, "x[0]"),
  row({
    layer: "Multiply",
    label: "an input with itself",
    make: () => new Multiply(),
    inputs: [real([2, 1, 3])],
    call: (layer, x) => layer.forward(x!, x!, x!),
    torch: "x[0] ** 3",
  }),
];

function softmaxRow(axis: number | undefined, shape: number[]): LayerCase {
  return row({
    layer: "Softmax",
    label: `axis ${axis} of (${shape.join(", ")})`,
    make: () => new Softmax(axis === undefined ? {} : { axis }),
    inputs: [real(shape)],
    torch: `F.softmax(x[0], ${axis ?? -1})`,
  });
}

const softmax: LayerCase[] = [
  softmaxRow(undefined, [3, 4]),
  softmaxRow(-1, [4]),
  softmaxRow(0, [3, 4]),
  softmaxRow(1, [2, 3, 2]),
  softmaxRow(-2, [2, 3, 2, 2]),
  softmaxRow(0, [1, 3]),
];

const others: LayerCase[] = [
  row({
    layer: "Identity",
    label: "of three axes",
    make: () => new Identity(),
    inputs: [real([2, 1, 3])],
    anyDType: [0],
    anySize: [0],
    torch: "x[0]",
  }),
  row({
    layer: "Dropout",
    label: "in use",
    make: () => new Dropout({ p: 0.4 }),
    inputs: [real([3, 4])],
    training: [false, false, false],
    torch: "F.dropout(x[0], 0.4, training=training)",
  }),
  row({
    layer: "Dropout",
    label: "p 0, then in use",
    make: () => new Dropout({ p: 0 }),
    inputs: [real([3, 4])],
    training: [true, true, false],
    torch: "F.dropout(x[0], 0, training=training)",
  }),
  row({
    layer: "Dropout",
    label: "p 1",
    make: () => new Dropout({ p: 1 }),
    inputs: [real([3, 4])],
    torch: "F.dropout(x[0], 1)",
  }),
  row({
    layer: "Dropout",
    label: "in training",
    make: () => new Dropout({ p: 0.4 }),
    inputs: [real([3, 4])],
    noTorch: "PyTorch's random numbers are others",
  }),
];

/** Dense layers, layers of layers, and layers without parameters. */
export const cases: readonly LayerCase[] = [
  ...fullyConnected,
  ...sequential,
  ...flatten,
  ...merging,
  ...softmax,
  ...others,
];
