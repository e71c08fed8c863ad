import { type NDArray, noGrad, type Variable } from "../../../core/index.js";
import { reshape } from "../../../functions/index.js";
import {
  BatchNorm1D,
  BatchNorm2D,
  BidirectionalLSTM,
  Conv1D,
  Conv2D,
  Deconv2D,
  Dropout,
  DropoutWrapper,
  Embedding,
  Flatten,
  FullyConnected,
  GCNConv,
  GRU,
  GRUCell,
  type Layer,
  LayerNorm1D,
  LayerNorm2D,
  LSTM,
  LSTMCell,
  MultiHeadedAttentionModule,
  Pool2D,
  PositionalEncoding,
  ReLU,
  Reshape,
  RNN,
  RNNCell,
  Sequential,
  SkipConnectionConvModule,
  SkipConnectionIdentityModule,
  SparseEvolution,
  SpectralNorm,
  type TorchMapping,
  TransformerDecoder,
  TransformerEncoder,
  TransformerEncoderBlock,
  WavenetResidualModule,
  WeightNorm,
} from "../../../nn/index.js";

/** A layer that is built like a module in tests/golden/twins.py. */
export interface Twin {
  /** `sized` is whether its sizes are given, or told by the state. */
  make(sized: boolean): Layer;
  /** Where its layers are, for writing: what is read has names that tell. */
  writing?: TorchMapping;
  /** What is written has other names than what is read: those of the older of two forms. */
  newerForm?: boolean;
  /** Its output, where that is not the forward of the inputs. */
  run?(layer: never, ...inputs: NDArray[]): Variable;
  /** PyTorch has two biases for one, so that the state does not come back as it was. */
  twoBiases?: boolean;
}

const dtype = "float64";
const size = (sized: boolean, n: number) => (sized ? n : null);
const transformer = { nHeads: 2, dimFeedforward: 12, dtype } as const;
const residual = { kernelShape1: 3, kernelShape2: 3, normFirst: true, bias: false, actFn: "relu", dtype } as const;
const ring = {
  edges: [
    [0, 1, 2, 3, 4],
    [1, 2, 3, 4, 0],
  ],
};

/** By the names of the modules. */
export const TWINS: Readonly<Record<string, Twin>> = {
  linear: { make: (s) => new FullyConnected({ nOut: 3, nIn: size(s, 4), dtype }) },
  "linear without bias": { make: (s) => new FullyConnected({ nOut: 3, nIn: size(s, 4), bias: false, dtype }) },
  "linear, fused": { make: (s) => new FullyConnected({ nOut: 3, nIn: size(s, 4), fused: true, dtype }) },
  "linear, sparse": { make: (s) => new SparseEvolution({ nOut: 3, nIn: size(s, 4), density: 0.5, dtype }) },
  conv1d: { make: (s) => new Conv1D({ outCh: 4, kernelWidth: 2, stride: 2, pad: 1, inCh: size(s, 3), dtype }) },
  conv2d: {
    make: (s) => new Conv2D({ outCh: 3, kernelShape: [3, 2], pad: [1, 0], dilation: [1, 0], inCh: size(s, 2), dtype }),
  },
  "conv2d without bias": {
    make: (s) => new Conv2D({ outCh: 3, kernelShape: 3, bias: false, inCh: size(s, 2), dtype }),
  },
  "conv transpose": {
    make: (s) => new Deconv2D({ outCh: 3, kernelShape: [3, 2], stride: 2, outputPad: [1, 0], inCh: size(s, 2), dtype }),
  },
  "batch norm 1d": { make: (s) => new BatchNorm1D({ nIn: size(s, 4), dtype }) },
  "batch norm of sequences": { make: (s) => new BatchNorm1D({ nIn: size(s, 4), dtype }) },
  "batch norm 2d": { make: (s) => new BatchNorm2D({ inCh: size(s, 3), dtype }) },
  "batch norm, not affine": { make: (s) => new BatchNorm2D({ inCh: size(s, 3), affine: false, dtype }) },
  "layer norm": { make: (s) => new LayerNorm1D({ nIn: size(s, 4), dtype }) },
  "layer norm of images": { make: (s) => new LayerNorm2D({ inShape: s ? [3, 4, 2] : null, dtype }) },
  embedding: { make: () => new Embedding({ nOut: 3, vocabSize: 6, dtype }) },
  "embedding bag": {
    make: () => new Embedding({ nOut: 3, vocabSize: 6, pool: "mean", dtype }),
    run: (layer: Embedding, ids) => reshape(layer.forward(ids!), [ids!.shape[0]!, 3]),
  },
  positions: { make: (s) => new PositionalEncoding({ learned: true, maxLen: 6, nIn: size(s, 3), dtype }) },
  "rnn cell": { make: (s) => new RNNCell({ nOut: 4, nIn: size(s, 3), dtype }) },
  rnn: { make: (s) => new RNN({ nOut: 4, nIn: size(s, 3), numLayers: 2, dtype }) },
  "lstm cell": {
    make: (s) => new LSTMCell({ nOut: 4, nIn: size(s, 3), dtype }),
    run: (layer: LSTMCell, x, h, c) => layer.forward(x!, [h!, c!])[0],
    twoBiases: true,
  },
  lstm: { make: (s) => new LSTM({ nOut: 4, nIn: size(s, 3), numLayers: 2, dtype }), twoBiases: true },
  "lstm without bias": { make: (s) => new LSTM({ nOut: 4, nIn: size(s, 3), bias: false, dtype }) },
  "lstm of both directions": {
    make: (s) => new BidirectionalLSTM({ nOut: 4, nIn: size(s, 3), dtype }),
    twoBiases: true,
  },
  "gru cell": { make: (s) => new GRUCell({ nOut: 4, nIn: size(s, 3), dtype }) },
  gru: { make: (s) => new GRU({ nOut: 4, nIn: size(s, 3), numLayers: 2, dtype }) },
  attention: { make: (s) => new MultiHeadedAttentionModule({ nHeads: 2, nIn: size(s, 8), dtype }) },
  "attention without bias": {
    make: (s) => new MultiHeadedAttentionModule({ nHeads: 2, nIn: size(s, 8), bias: false, dtype }),
  },
  "attention to other features": {
    make: (s) => new MultiHeadedAttentionModule({ nHeads: 2, ...(s ? { nIn: 8, nKey: 3, nValue: 5 } : {}), dtype }),
  },
  "encoder block": { make: (s) => new TransformerEncoderBlock({ ...transformer, nIn: size(s, 8) }) },
  encoder: {
    make: (s) => new TransformerEncoder({ ...transformer, nIn: size(s, 8), numLayers: 2, normFirst: true }),
  },
  decoder: { make: (s) => new TransformerDecoder({ ...transformer, nIn: size(s, 8), numLayers: 2 }) },
  "residual block": {
    make: (s) =>
      new SkipConnectionConvModule({
        ...residual,
        ...{ outCh1: 3, outCh2: 3, kernelShapeSkip: 1, strideSkip: 2, stride1: 2, pad1: 1, pad2: 1 },
        inCh: size(s, 2),
      }),
  },
  "residual block of one size": {
    make: (s) => new SkipConnectionIdentityModule({ ...residual, outCh: 3, inCh: size(s, 3) }),
  },
  "wavenet block": {
    make: () => new WavenetResidualModule({ chResidual: 3, chDilation: 4, dilation: 1, separateGates: true, dtype }),
    run: (layer: WavenetResidualModule, x) => layer.forward(x!)[0],
  },
  "graph convolution": {
    make: (s) => new GCNConv({ nOut: 4, nIn: size(s, 3), dtype }),
    run: (layer: GCNConv, x) => layer.forward(x!, ring),
  },
  "dropout before": { make: (s) => new DropoutWrapper(new FullyConnected({ nOut: 3, nIn: size(s, 4), dtype })) },
  "weight norm": { make: (s) => new WeightNorm(new FullyConnected({ nOut: 3, nIn: size(s, 4), dtype })) },
  "weight norm of a convolution": {
    make: (s) => new WeightNorm(new Conv2D({ outCh: 3, kernelShape: 3, inCh: size(s, 2), dtype })),
  },
  "weight norm of a transposed one": {
    make: (s) => new WeightNorm(new Deconv2D({ outCh: 3, kernelShape: 3, inCh: size(s, 2), dtype })),
  },
  "weight norm of all": {
    make: (s) => new WeightNorm(new FullyConnected({ nOut: 3, nIn: size(s, 4), dtype }), { dim: null }),
  },
  "spectral norm": { make: (s) => new SpectralNorm(new FullyConnected({ nOut: 3, nIn: size(s, 4), dtype })) },
  "spectral norm of a convolution": {
    make: (s) => new SpectralNorm(new Conv2D({ outCh: 3, kernelShape: [3, 2], inCh: size(s, 2), dtype })),
  },
  "spectral norm, parametrized": {
    make: (s) => new SpectralNorm(new Conv2D({ outCh: 3, kernelShape: 2, inCh: size(s, 2), dtype })),
    newerForm: true,
  },
  "flattened images": {
    make: (s) =>
      new Sequential(
        new Conv2D({ outCh: 3, kernelShape: 2, actFn: "relu", inCh: size(s, 2), dtype }),
        new Pool2D({ kernelShape: 2, stride: 2 }),
        new Flatten(),
        new BatchNorm1D({ nIn: size(s, 18), dtype }),
        new Dropout(),
        new Sequential(
          new FullyConnected({ nOut: 4, nIn: size(s, 18), actFn: "tanh", dtype }),
          new FullyConnected({ nOut: 2, nIn: size(s, 4), dtype }),
        ),
      ),
    writing: { 3: "4", 5: "6", "5.1": "6.2" },
  },
  "features to images": {
    make: (s) =>
      new Sequential(
        new FullyConnected({ nOut: 12, nIn: size(s, 3), dtype }),
        new BatchNorm1D({ nIn: size(s, 12), dtype }),
        new ReLU(),
        new Reshape({ shape: [3, 2, 2] }),
        new Deconv2D({ outCh: 3, kernelShape: 2, inCh: size(s, 2), dtype }),
        new Flatten(),
        new WeightNorm(new FullyConnected({ nOut: 2, nIn: size(s, 36), dtype })),
      ),
  },
  "other names": {
    make: (s) =>
      new Sequential(
        new FullyConnected({ nOut: 4, nIn: size(s, 3), actFn: "tanh", dtype }),
        new FullyConnected({ nOut: 5, nIn: size(s, 4), actFn: "tanh", dtype }),
        new FullyConnected({ nOut: 2, nIn: size(s, 5), dtype }),
      ),
    writing: { 0: "stem", 1: "middle", 2: "out" },
  },
};

/** The output of a twin in use. */
export function runTwin({ run }: Twin, layer: Layer, inputs: readonly NDArray[]): Variable {
  layer.eval();
  const forward = run ?? ((model: Layer, ...xs: never[]) => model.forward(...xs) as Variable);
  return noGrad(() => forward(layer as never, ...(inputs as never[])));
}
