import "../functions/methods.js";
import { registerLayer } from "./config.js";
import * as activationLayers from "./layers/activation.js";
import { Add } from "./layers/add.js";
import { BatchNorm1D, BatchNorm2D } from "./layers/batch-norm.js";
import { Conv1D } from "./layers/conv1d.js";
import { Conv2D } from "./layers/conv2d.js";
import { Deconv2D } from "./layers/deconv2d.js";
import { DotProductAttention } from "./layers/dot-product-attention.js";
import { Dropout } from "./layers/dropout.js";
import { Embedding } from "./layers/embedding.js";
import { Flatten } from "./layers/flatten.js";
import { FullyConnected } from "./layers/fully-connected.js";
import { GCNConv } from "./layers/gcn-conv.js";
import { GRU } from "./layers/gru.js";
import { GRUCell } from "./layers/gru-cell.js";
import { Identity } from "./layers/identity.js";
import { LayerNorm1D, LayerNorm2D } from "./layers/layer-norm.js";
import { LSTM } from "./layers/lstm.js";
import { LSTMCell } from "./layers/lstm-cell.js";
import { Multiply } from "./layers/multiply.js";
import { Pool2D } from "./layers/pool2d.js";
import { RBM } from "./layers/rbm.js";
import { Reshape } from "./layers/reshape.js";
import { RNN } from "./layers/rnn.js";
import { RNNCell } from "./layers/rnn-cell.js";
import { Sequential } from "./layers/sequential.js";
import { Softmax } from "./layers/softmax.js";
import { SparseEvolution } from "./layers/sparse-evolution.js";
import { NCELoss } from "./losses/index.js";
import * as models from "./models/index.js";
import * as modules from "./modules/index.js";
import { DropoutWrapper } from "./wrappers/dropout-wrapper.js";
import { SpectralNorm } from "./wrappers/spectral-norm.js";
import { WeightNorm } from "./wrappers/weight-norm.js";

for (const [name, layer] of Object.entries({
  ...activationLayers,
  ...models,
  ...modules,
  BatchNorm1D,
  BatchNorm2D,
  Embedding,
  LayerNorm1D,
  LayerNorm2D,
  Add,
  Identity,
  Multiply,
  NCELoss,
  Softmax,
  Conv1D,
  Conv2D,
  Deconv2D,
  Dropout,
  Flatten,
  FullyConnected,
  GCNConv,
  Pool2D,
  Sequential,
  DotProductAttention,
  RBM,
  Reshape,
  SparseEvolution,
  GRU,
  GRUCell,
  LSTM,
  LSTMCell,
  RNN,
  RNNCell,
  DropoutWrapper,
  SpectralNorm,
  WeightNorm,
})) {
  registerLayer(name, layer);
}

export type { FloatDType } from "../core/dtype.js";
export type { Json, SpecObject } from "../core/spec.js";
export {
  type Activation,
  type ActivationFunction,
  ActivationLayer,
  type ActivationSpec,
  calculateGain,
  registerActivation,
} from "./activations.js";
export {
  fromConfig,
  type Hyperparameters,
  type LayerClass,
  type LayerConfig,
  registerLayer,
} from "./config.js";
export type { Arrays, NDArrays } from "./data/arrays.js";
export { type Collated, collate } from "./data/collate.js";
export { type Dataset, Subset, TensorDataset } from "./data/dataset.js";
export { DataLoader, type DataLoaderOptions, type DataLoaderState } from "./data/loader.js";
export { type MinibatchOptions, minibatch } from "./data/minibatch.js";
export type { Shard } from "./data/shard.js";
export type { BatchOf, ExampleOf, Source } from "./data/source.js";
export { type Halves, type TrainTestSplitOptions, trainTestSplit } from "./data/split.js";
export { Standardizer, type StandardizerOptions, type StandardizerState } from "./data/standardizer.js";
export type { Deflate, Inflate } from "./files/deflate.js";
export type { Convert } from "./files/elements.js";
export type { ByteStream } from "./files/incoming.js";
export { encodeNpy, type NpyOptions, readNpy, saveNpy } from "./files/npy.js";
export { encodeNpz, type NpzOptions, readNpz, type SaveNpzOptions, saveNpz } from "./files/npz.js";
export { exportOnnx, saveOnnx } from "./files/onnx/export.js";
export type { DynamicAxes, ExportOnnxOptions } from "./files/onnx/options.js";
export {
  encodeSafetensors,
  type ReadSafetensorsOptions,
  readSafetensors,
  type SafetensorsContent,
  type SafetensorsOptions,
  saveSafetensors,
} from "./files/safetensors.js";
export { streamSafetensors } from "./files/safetensors-stream.js";
export type { FileSource } from "./files/source.js";
export type { TorchMapping, TorchPlace } from "./files/torch/mapping.js";
export { type LoadTorchStateOptions, loadTorchState, toTorchState } from "./files/torch/torch-state.js";
export type { Tree } from "./files/tree.js";
export {
  calculateFan,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  type InitializerConfig,
  type InitializerOptions,
  type InitializerSpec,
  type KaimingMode,
  type KaimingOptions,
  kaimingNormal,
  kaimingUniform,
  orthogonal,
  registerInitializer,
  stdNormal,
  type TruncNormalOptions,
  truncatedNormal,
  truncNormal,
  xavierNormal,
  xavierUniform,
} from "./initializers.js";
export { type ForwardHook, Layer, type StateDict, type UnaryLayer } from "./layer.js";
export {
  Affine,
  type AffineOptions,
  ELU,
  type ELUOptions,
  Exponential,
  GELU,
  type GELUOptions,
  HardSigmoid,
  LeakyReLU,
  type LeakyReLUOptions,
  ReLU,
  SELU,
  Sigmoid,
  SoftPlus,
  Tanh,
} from "./layers/activation.js";
export type { BatchNorm1DOptions, BatchNorm2DOptions } from "./layers/batch-norm.js";
export type { Conv1DOptions } from "./layers/conv1d.js";
export type { Conv2DOptions } from "./layers/conv2d.js";
export type { Deconv2DOptions } from "./layers/deconv2d.js";
export type { AttentionInput, DotProductAttentionOptions } from "./layers/dot-product-attention.js";
export type { DropoutOptions } from "./layers/dropout.js";
export type { EmbeddingOptions } from "./layers/embedding.js";
export type { FlattenOptions } from "./layers/flatten.js";
export type { FullyConnectedOptions } from "./layers/fully-connected.js";
export type { GCNConvOptions } from "./layers/gcn-conv.js";
export type { GRUOptions } from "./layers/gru.js";
export type { GRUCellOptions } from "./layers/gru-cell.js";
export type { LayerNorm1DOptions, LayerNorm2DOptions } from "./layers/layer-norm.js";
export type { LSTMOptions } from "./layers/lstm.js";
export type { LSTMCellOptions, LSTMState } from "./layers/lstm-cell.js";
export type { MergeOptions } from "./layers/merge.js";
export type { Pool2DOptions } from "./layers/pool2d.js";
export type { GradientStep, RBMOptions, ReconstructOptions } from "./layers/rbm.js";
export type { RecurrentOptions } from "./layers/recurrent.js";
export type { RecurrentCellOptions } from "./layers/recurrent-cell.js";
export type { ReshapeOptions } from "./layers/reshape.js";
export type { RNNOptions } from "./layers/rnn.js";
export type { RNNCellOptions } from "./layers/rnn-cell.js";
export type { SoftmaxOptions } from "./layers/softmax.js";
export type { ResettableState, SparseEvolutionOptions } from "./layers/sparse-evolution.js";
export * from "./losses/index.js";
export * from "./models/index.js";
export * from "./modules/index.js";
export * from "./nlp/index.js";
export { Buffer, LazyParameter, type ShapePattern } from "./state.js";
export { Trainer } from "./trainer.js";
export type { Batch, SupervisedBatch } from "./training/batch.js";
export type { Callback, CallbackSpec, TrainingEvent } from "./training/callback.js";
export type { CheckpointOptions } from "./training/checkpoints.js";
export { CSVLogger } from "./training/csv-logger.js";
export type { BatchData } from "./training/data.js";
export { EarlyStopping, type EarlyStoppingOptions } from "./training/early-stopping.js";
export type { Figures } from "./training/figures.js";
export { type EpochRecord, History } from "./training/history.js";
export { LearningRate, type LearningRateOptions } from "./training/learning-rate.js";
export { Accuracy, TopKAccuracy, type TopKAccuracyOptions } from "./training/metrics/accuracy.js";
export {
  type Average,
  type ClassFigureOptions,
  ConfusionMatrix,
  type ConfusionMatrixOptions,
  F1,
  Precision,
  Recall,
} from "./training/metrics/confusion.js";
export type { DecisionOptions } from "./training/metrics/decisions.js";
export { type Direction, MeanMetric, Metric } from "./training/metrics/metric.js";
export type { MetricFunction, MetricSpec, MetricSpecs } from "./training/metrics/resolve.js";
export type { LossFunction, Step, StepContext, StepResult } from "./training/objective.js";
export type { FitOptions, PassOptions, TrainerOptions } from "./training/options.js";
export type { DropoutWrapperOptions } from "./wrappers/dropout-wrapper.js";
export { EMA, type EMAOptions, type EMAState } from "./wrappers/ema.js";
export { initWrappers, type WrapperConfig } from "./wrappers/init-wrappers.js";
export type { SpectralNormOptions } from "./wrappers/spectral-norm.js";
export type { WeightNormOptions } from "./wrappers/weight-norm.js";
export {
  Add,
  BatchNorm1D,
  BatchNorm2D,
  Conv1D,
  Conv2D,
  Deconv2D,
  DotProductAttention,
  Dropout,
  DropoutWrapper,
  Embedding,
  Flatten,
  FullyConnected,
  GCNConv,
  GRU,
  GRUCell,
  Identity,
  LayerNorm1D,
  LayerNorm2D,
  LSTM,
  LSTMCell,
  Multiply,
  Pool2D,
  RBM,
  Reshape,
  RNN,
  RNNCell,
  Sequential,
  Softmax,
  SparseEvolution,
  SpectralNorm,
  WeightNorm,
};
