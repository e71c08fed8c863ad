import {
  BatchNorm1D,
  type BatchNorm1DOptions,
  BatchNorm2D,
  type BatchNorm2DOptions,
  LayerNorm1D,
  LayerNorm2D,
} from "../../../nn/index.js";
import { type Input, type LayerCase, type Modes, positive, real, row } from "./case.js";

type BatchNormOptions = Omit<BatchNorm1DOptions & BatchNorm2DOptions, "nIn" | "inCh">;

/** PyTorch's `batch_norm` of x[0] with its channels second, which makes running variances of unbiased estimates. */
function batchNormTwin(options: BatchNormOptions): string {
  const { momentum = 0.9, epsilon = 1e-5, affine = true, trackRunningStats = true, unbiased = false } = options;
  const running = trackRunningStats ? "mean, variance" : "None, None";
  const weights = affine ? "p['scaler'], p['intercept']" : "None, None";
  const y = `F.batch_norm(X, ${running}, ${weights}, ${trackRunningStats ? "training" : "True"}, ${1 - momentum}, ${epsilon})`;
  if (!trackRunningStats) return `X = x[0].movedim(-1, 1)\n${y}.movedim(1, -1)`;
  const biased = "X.detach().transpose(0, 1).flatten(1).var(1, unbiased=False)";
  return `
X = x[0].movedim(-1, 1)
mean, variance = s['runningMean'].clone(), s['runningVar'].clone()
y = ${y}.movedim(1, -1)
if training:
    s['runningMean'].copy_(mean)
    s['runningVar'].copy_(${unbiased ? "variance" : `${momentum} * s['runningVar'] + ${1 - momentum} * ${biased}`})
y`;
}

function batchNorm1D(
  label: string,
  shape: readonly number[],
  options: BatchNormOptions = {},
  training?: Modes,
): LayerCase {
  return row({
    layer: "BatchNorm1D",
    label,
    make: (o) => new BatchNorm1D({ ...options, ...o }),
    sizes: sizesOf(options, { nIn: shape.at(-1)! }),
    inputs: [real(shape)],
    training,
    torch: batchNormTwin(options),
  });
}

function batchNorm2D(label: string, input: Input, options: BatchNormOptions = {}, training?: Modes): LayerCase {
  return row({
    layer: "BatchNorm2D",
    label,
    make: (o) => new BatchNorm2D({ ...options, ...o }),
    sizes: sizesOf(options, { inCh: input.shape.at(-1)! }),
    inputs: [input],
    training,
    torch: batchNormTwin(options),
  });
}

/** Without parameters and buffers the input has nothing to tell. */
function sizesOf<T>({ affine = true, trackRunningStats = true }: BatchNormOptions, sizes: T): T | undefined {
  return affine || trackRunningStats ? sizes : undefined;
}

const THEN_EVAL: Modes = [true, true, false];
const IN_TURN: Modes = [true, false, true];
const EVAL_FIRST: Modes = [false, true, false];

/** PyTorch refuses a single value for each channel. */
function singleValue(layer: "BatchNorm1D" | "BatchNorm2D", shape: readonly number[]): LayerCase {
  const [Norm, sizes] = layer === "BatchNorm1D" ? [BatchNorm1D, { nIn: 3 }] : [BatchNorm2D, { inCh: 3 }];
  return row({
    layer,
    label: "a single value for each channel",
    make: (o) => new Norm(o),
    sizes,
    inputs: [real(shape)],
    torch: `
with torch.no_grad():
    s['runningMean'].mul_(0.9).add_(0.1 * x[0].flatten())
    s['runningVar'].mul_(0.9)
p['intercept'] + 0 * p['scaler'] * x[0]`,
  });
}

function layerNorm1D(label: string, shape: readonly number[], epsilon?: number): LayerCase {
  return row({
    layer: "LayerNorm1D",
    label,
    make: (o) => new LayerNorm1D({ epsilon, ...o }),
    sizes: { nIn: shape.at(-1)! },
    inputs: [real(shape)],
    torch: `F.layer_norm(x[0], (${shape.at(-1)},), p['scaler'], p['intercept'], ${epsilon ?? 1e-5})`,
  });
}

function layerNorm2D(label: string, shape: readonly [number, number, number, number], epsilon?: number): LayerCase {
  const [, rows, cols, channels] = shape;
  return row({
    layer: "LayerNorm2D",
    label,
    make: (o) => new LayerNorm2D({ epsilon, ...o }),
    sizes: { inShape: [rows, cols, channels] },
    inputs: [real(shape)],
    torch: `F.layer_norm(x[0], x[0].shape[1:], p['scaler'], p['intercept'], ${epsilon ?? 1e-5})`,
  });
}

/** Batch and layer normalization. */
export const cases: readonly LayerCase[] = [
  batchNorm1D("in training", [5, 3]),
  batchNorm1D("training, then use", [6, 4], {}, THEN_EVAL),
  batchNorm1D("training, then use, unbiased", [6, 4], { unbiased: true }, THEN_EVAL),
  batchNorm1D("use, training, use", [3, 2], { unbiased: true, momentum: 0.6 }, EVAL_FIRST),
  batchNorm1D("use and training in turn", [4, 3], { momentum: 0.75 }, IN_TURN),
  batchNorm1D("another epsilon", [7, 1], { epsilon: 0.3 }, THEN_EVAL),
  batchNorm1D("momentum 0: the last batch counts", [4, 5], { momentum: 0 }, THEN_EVAL),
  batchNorm1D("momentum 1: nothing changes", [4, 5], { momentum: 1 }, THEN_EVAL),
  batchNorm1D("two rows", [2, 9], { unbiased: true }, THEN_EVAL),
  batchNorm1D("sequences", [2, 5, 3], {}, THEN_EVAL),
  batchNorm1D("sequences in a batch of 1", [1, 4, 2], { unbiased: true }, THEN_EVAL),
  batchNorm1D("not affine", [5, 3], { affine: false }, THEN_EVAL),
  batchNorm1D("no running statistics", [5, 3], { trackRunningStats: false }, THEN_EVAL),
  batchNorm1D("neither", [5, 3], { affine: false, trackRunningStats: false }, THEN_EVAL),
  singleValue("BatchNorm1D", [1, 3]),
  batchNorm2D("in training", real([2, 4, 3, 2])),
  batchNorm2D("training, then use", real([3, 2, 5, 4]), {}, THEN_EVAL),
  batchNorm2D("training, then use, unbiased", real([3, 2, 5, 4]), { unbiased: true }, THEN_EVAL),
  batchNorm2D("use, training, use", real([2, 3, 3, 1]), { momentum: 0.3 }, EVAL_FIRST),
  batchNorm2D("use and training in turn", real([2, 3, 3, 5]), { unbiased: true, epsilon: 0.01 }, IN_TURN),
  batchNorm2D("a batch of 1", real([1, 3, 5, 3]), { unbiased: true }, THEN_EVAL),
  batchNorm2D("images of 1 pixel", real([4, 1, 1, 6]), {}, THEN_EVAL),
  batchNorm2D("positive inputs", positive([2, 2, 2, 3]), {}, THEN_EVAL),
  batchNorm2D("not affine", real([2, 3, 2, 2]), { affine: false }, THEN_EVAL),
  batchNorm2D("no running statistics", real([2, 3, 2, 2]), { trackRunningStats: false, epsilon: 0.1 }, THEN_EVAL),
  singleValue("BatchNorm2D", [1, 1, 1, 3]),
  layerNorm1D("a batch", [4, 5]),
  layerNorm1D("a batch of 1", [1, 6], 0.01),
  layerNorm1D("sequences", [2, 3, 4]),
  layerNorm1D("four axes", [2, 2, 3, 5]),
  row({
    layer: "LayerNorm1D",
    label: "not affine",
    make: ({ dtype }) => new LayerNorm1D({ affine: false, dtype }),
    inputs: [real([3, 4])],
    torch: "F.layer_norm(x[0], (4,))",
  }),
  layerNorm2D("a batch", [2, 3, 4, 2]),
  layerNorm2D("a batch of 1, one channel", [1, 5, 3, 1], 0.1),
  layerNorm2D("images of 1 pixel", [3, 1, 1, 5]),
  row({
    layer: "LayerNorm2D",
    label: "not affine",
    make: ({ dtype }) => new LayerNorm2D({ affine: false, dtype }),
    inputs: [real([2, 2, 3, 2])],
    torch: "F.layer_norm(x[0], (2, 3, 2))",
  }),
];
