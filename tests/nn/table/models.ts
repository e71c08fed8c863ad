import type { Variable } from "../../../core/variable.js";
import {
  BernoulliVAE,
  type BernoulliVAEOptions,
  Conv2D,
  Deconv2D,
  Flatten,
  FullyConnected,
  Reshape,
  Sequential,
  WGAN_GP,
} from "../../../nn/index.js";
import { type LayerCase, type MakeOptions, real, row } from "./case.js";

/** Small enough to be compared number by number. */
const small: BernoulliVAEOptions = { T: 2, latentDim: 3, encConv1OutCh: 3, encConv2OutCh: 4 };

/** In Python: what the encoder makes of the images `x[0]` and the decoder of a code with the noise `x[1]`. */
const vae = (stride: number, pool2: string) => `
def convolved(name, v, step):
    return F.relu(F.conv2d(v, p[name + ".W"].permute(3, 2, 0, 1), p[name + ".b"], step))
def dense(name, v):
    return v @ p[name + ".W"] + p[name + ".b"]
h = F.max_pool2d(convolved("encoder.conv1", nchw(x[0]), ${stride}), 2, 2)
h = nhwc(F.max_pool2d(convolved("encoder.conv2", h, 1), ${pool2}, 1)).flatten(1)
mean, logVar = dense("encoder.fc5", F.relu(dense("encoder.fc4", h))).chunk(2, 1)
z = mean + x[1] * torch.exp(logVar / 2)
xRecon = torch.sigmoid(dense("decoder.fc2", F.relu(dense("decoder.fc1", z)))).reshape(x[0].shape)`;

/** In Python: the codes of images, and what is drawn from their means, where every window is of another shape, step and pad. */
const vaeOfManyShapes = `
def convolved(name, v, step, pad):
    top, bottom, left, right = pad
    return F.relu(F.conv2d(F.pad(v, (left, right, top, bottom)), p[name + ".W"].permute(3, 2, 0, 1), p[name + ".b"], step))
def dense(name, v):
    return v @ p[name + ".W"] + p[name + ".b"]
h = F.max_pool2d(convolved("encoder.conv1", nchw(x[0]), (2, 1), (1, 0, 2, 1)), (2, 3), (1, 2))
h = F.max_pool2d(convolved("encoder.conv2", h, (1, 2), (2, 2, 1, 1)), (3, 2), (2, 1))
mean, logVar = dense("encoder.fc5", F.relu(dense("encoder.fc4", nhwc(h).flatten(1)))).chunk(2, 1)
torch.sigmoid(dense("decoder.fc2", F.relu(dense("decoder.fc1", mean)))).reshape(x[0].shape), mean, logVar`;

/**
 * In Python: the losses of the critic and of the generator, on the real examples `x[0]`, with the noise `x[1]` and the shares `x[2]`.
 * The networks are functions of `v` there.
 */
const wgan = (generator: string, critic: string, lambda: number) => `
def dense(name, v):
    return v @ p[name + ".W"] + p[name + ".b"]
def generator(v):
    return ${generator}
def critic(v):
    return ${critic}
fake = generator(x[1]).detach()
shares = x[2].detach().reshape(-1, *[1] * (x[0].dim() - 1))
points = (shares * x[0].detach() + (1 - shares) * fake).requires_grad_()
gradient, = torch.autograd.grad(critic(points).sum(), points, create_graph=True)
penalty = ${lambda} * (gradient.flatten(1).norm(dim=1) - 1).square().mean()
critic(fake).mean() - critic(x[0]).mean() + penalty, -critic(generator(x[1])).mean()`;

/** In Python: the three hidden layers of a network and the one behind them. */
const hidden = (name: string, act: string) =>
  `dense("${name}.3", ${act}(dense("${name}.2", ${act}(dense("${name}.1", ${act}(dense("${name}.0", v)))))))`;

/** What rows of WGAN_GP have in common. */
const both = (lambda: number) => ({
  layer: "WGAN_GP",
  call: (model: WGAN_GP, real: Variable, noise: Variable, alpha: Variable) => [
    model.criticLoss(real, { lambda, noise, alpha }),
    model.generatorLoss({ noise }),
  ],
  noGradcheck: "no gradient flows to the points of the penalty, nor from the critic's loss to the generator",
});

export const cases: readonly LayerCase[] = [
  row({
    layer: "BernoulliVAE",
    label: "a reconstruction and its code, strided, of images with 2 channels",
    make: (o: MakeOptions) =>
      new BernoulliVAE({
        ...small,
        encConv1KernelShape: [3, 2],
        encConv1Stride: 2,
        encConv2KernelShape: 2,
        encPool2KernelShape: [1, 2],
        ...o,
      }),
    sizes: { inShape: [11, 14, 2] },
    inputs: [real([2, 11, 14, 2], 0.05, 0.95), real([2, 2])],
    call: (model, x, noise) => {
      const { xRecon, mean, logVar } = model.forward(x!, noise!);
      return [xRecon, mean, logVar];
    },
    torch: `${vae(2, "(1, 2)")}\nxRecon, mean, logVar`,
  }),
  row({
    layer: "BernoulliVAE",
    label: "every window of another shape, step and pad",
    make: (o: MakeOptions) =>
      new BernoulliVAE({
        ...{ T: 3, latentDim: 4, encConv1OutCh: 2, encConv2OutCh: 3 },
        ...{ encConv1KernelShape: [3, 2], encConv1Stride: [2, 1], encConv1Pad: [1, 0, 2, 1] },
        ...{ encPool1KernelShape: [2, 3], encPool1Stride: [1, 2] },
        ...{ encConv2KernelShape: [2, 3], encConv2Stride: [1, 2], encConv2Pad: [2, 1] },
        ...{ encPool2KernelShape: [3, 2], encPool2Stride: [2, 1] },
        ...o,
      }),
    sizes: { inShape: [8, 9, 1] },
    inputs: [real([2, 8, 9, 1], 0.05, 0.95)],
    // Where the last sigmoid does not round to 0 or 1 in float32.
    ranges: Object.fromEntries(
      ["encoder.conv1", "encoder.conv2", "encoder.fc4", "encoder.fc5", "decoder.fc1", "decoder.fc2"].map((name) => [
        `${name}.W`,
        [-0.3, 0.3],
      ]),
    ),
    call: (model, x) => {
      const { mean, logVar } = model.encode(x!);
      return [model.decode(mean), mean, logVar];
    },
    torch: vaeOfManyShapes,
  }),
  row({
    layer: "BernoulliVAE",
    label: "minus the evidence lower bound",
    make: (o: MakeOptions) => new BernoulliVAE({ ...small, encConv1KernelShape: 3, encConv2KernelShape: 2, ...o }),
    sizes: { inShape: [9, 9, 1] },
    inputs: [real([3, 9, 9, 1], 0.05, 0.95), real([3, 2])],
    call: (model, x, noise) => model.loss(x!, noise!),
    torch: [
      vae(1, "2"),
      "entropy = F.binary_cross_entropy(xRecon, x[0], reduction='none').flatten(1).sum(1)",
      "divergence = -(1 + logVar - mean**2 - logVar.exp()).sum(1) / 2",
      "(entropy + divergence).mean()",
    ].join("\n"),
  }),
  row({
    ...both(10),
    label: "both losses, with ReLU",
    make: (o) => new WGAN_GP({ gHidden: 4, ...o }),
    sizes: { nIn: 2 },
    inputs: [real([3, 2]), real([3, 2]), real([3], 0.05, 0.95)],
    torch: wgan(hidden("generator", "F.relu"), hidden("critic", "F.relu"), 10),
  }),
  row({
    ...both(3),
    label: "both losses, with tanh and longer noise",
    make: (o) => new WGAN_GP({ gHidden: 3, latentDim: 4, actFn: "tanh", init: "glorot_normal", ...o }),
    sizes: { nIn: 2 },
    inputs: [real([3, 2]), real([3, 4]), real([3], 0.05, 0.95)],
    torch: wgan(hidden("generator", "torch.tanh"), hidden("critic", "torch.tanh"), 3),
  }),
  row({
    ...both(10),
    label: "both losses, with convolutions",
    make: ({ dtype }) =>
      new WGAN_GP({
        latentDim: 3,
        generator: new Sequential(
          new FullyConnected({ nOut: 8, actFn: "relu", dtype }),
          new Reshape({ shape: [2, 2, 2] }),
          new Deconv2D({ outCh: 1, kernelShape: 2, stride: 2, actFn: "tanh", dtype }),
        ),
        critic: new Sequential(
          new Conv2D({ outCh: 2, kernelShape: 3, stride: 1, pad: 1, actFn: "leakyRelu(alpha=0.2)", dtype }),
          new Flatten(),
          new FullyConnected({ nOut: 1, dtype }),
        ),
        dtype,
      }),
    noSizes: "its networks are given, and the first examples tell their sizes",
    inputs: [real([2, 4, 4, 1]), real([2, 3]), real([2], 0.05, 0.95)],
    torch: wgan(
      "torch.tanh(nhwc(F.conv_transpose2d(nchw(F.relu(dense('generator.0', v)).reshape(-1, 2, 2, 2)), " +
        "p['generator.2.W'].permute(2, 3, 0, 1), stride=2)) + p['generator.2.b'])",
      "dense('critic.2', F.leaky_relu(nhwc(F.conv2d(nchw(v), p['critic.0.W'].permute(3, 2, 0, 1), p['critic.0.b'], padding=1)), " +
        "0.2).flatten(1))",
      10,
    ),
  }),
];
