import type { NDArray } from "../../../core/ndarray.js";
import { binary, compare, concatenate, filled } from "../../../core/numeric.js";
import { slice } from "../../../core/slicing.js";
import type { BatchNorm1D, BatchNorm2D } from "../../layers/batch-norm.js";
import type { Conv1D } from "../../layers/conv1d.js";
import type { Conv2D } from "../../layers/conv2d.js";
import type { Deconv2D } from "../../layers/deconv2d.js";
import type { Embedding } from "../../layers/embedding.js";
import type { FullyConnected } from "../../layers/fully-connected.js";
import type { GCNConv } from "../../layers/gcn-conv.js";
import type { LayerNorm1D, LayerNorm2D } from "../../layers/layer-norm.js";
import type { SparseEvolution } from "../../layers/sparse-evolution.js";
import type { NCELoss } from "../../losses/nce.js";
import type { PositionalEncoding } from "../../modules/positional-encoding.js";
import {
  type Exchange,
  type FeatureOrder,
  type Place,
  patternOf,
  permuted,
  present,
  reordered,
  type Shaped,
  same,
  when,
} from "./exchange.js";

/*
 * What the docstring of each layer says of its twin in PyTorch.
 */

/** `Linear`: the weight is transposed. */
export function fullyConnected({ W, b, fused }: FullyConnected, { order }: Place): Exchange[] {
  if (fused) return [fusedLinear(W, order)];
  return present(
    linearWeight(W, order),
    when(b, (entry) => linearBias(entry, order)),
  );
}

/** `Linear` with zeros where there is no connection. */
export function sparseEvolution({ W, b }: SparseEvolution, { order }: Place): Exchange[] {
  const weight = linearWeight(W, order);
  const masked: Exchange = {
    ...weight,
    ours: ["W", "WMask"],
    fromTorch: (tensors) => {
      const [weights] = weight.fromTorch(tensors);
      const zero = filled([], 0, weights!.dtype);
      return [weights!, compare("notEqual", weights!, zero).astype(weights!.dtype)];
    },
    toTorch: ([weights, mask]) => weight.toTorch([binary("mul", weights!, mask!)]),
    axes: undefined,
  };
  return [masked, linearBias(b, order)];
}

/** `Conv1d`: (out, in, taps). */
export function conv1D({ W, b }: Conv1D): Exchange[] {
  return withBias(permuted("W", W, ["weight"], [2, 1, 0]), b);
}

/** `Conv2d`: (out, in, rows, cols). */
export function conv2D({ W, b }: Conv2D): Exchange[] {
  return withBias(permuted("W", W, ["weight"], [3, 2, 0, 1]), b);
}

/** `ConvTranspose2d`: (in, out, rows, cols). */
export function deconv2D({ W, b }: Deconv2D): Exchange[] {
  return withBias(permuted("W", W, ["weight"], [2, 3, 0, 1]), b);
}

/** `BatchNorm1d` and `BatchNorm2d`, but for the number of batches, which they read only without a momentum. */
export function batchNorm(layer: BatchNorm1D | BatchNorm2D, { order }: Place): Exchange[] {
  const { scaler, intercept, runningMean, runningVar } = layer;
  const vector = (ours: string, name: string, entry: Shaped | null) =>
    when(entry, (shaped) => reordered(same(ours, shaped, [name]), 0, order.channels));
  return present(
    vector("scaler", "weight", scaler),
    vector("intercept", "bias", intercept),
    vector("runningMean", "running_mean", runningMean),
    vector("runningVar", "running_var", runningVar),
  );
}

/** `LayerNorm` of features. */
export function layerNorm1D({ scaler, intercept }: LayerNorm1D, { order }: Place): Exchange[] {
  const vector = (ours: string, name: string, entry: Shaped | null) =>
    when(entry, (shaped) => reordered(same(ours, shaped, [name]), 0, order.channels));
  return present(vector("scaler", "weight", scaler), vector("intercept", "bias", intercept));
}

/** `LayerNorm` of images: (channels, rows, cols). */
export function layerNorm2D({ scaler, intercept }: LayerNorm2D): Exchange[] {
  const image = (ours: string, name: string, entry: Shaped | null) =>
    when(entry, (shaped) => permuted(ours, shaped, [name], [2, 0, 1]));
  return present(image("scaler", "weight", scaler), image("intercept", "bias", intercept));
}

/** `Embedding` and `EmbeddingBag`. */
export function embedding({ W }: Embedding): Exchange[] {
  return [same("W", W, ["weight"])];
}

/** An `Embedding` of the positions; sines and cosines are no state. */
export function positionalEncoding({ W }: PositionalEncoding): Exchange[] {
  return present(when(W, (entry) => same("W", entry, ["weight"])));
}

/** PyTorch Geometric's `GCNConv`. */
export function gcnConv({ W, b }: GCNConv): Exchange[] {
  return withBias(permuted("W", W, ["lin.weight"], [1, 0]), b);
}

/** The weight and bias of a `Linear` from features to classes. */
export function nceLoss({ W, b }: NCELoss): Exchange[] {
  return [same("W", W, ["weight"]), same("b", b, ["bias"])];
}

function withBias(weight: Exchange, b: Shaped | null): Exchange[] {
  return present(
    weight,
    when(b, (entry) => same("b", entry, ["bias"])),
  );
}

function linearWeight(W: Shaped, { channels, outChannels }: FeatureOrder): Exchange {
  return reordered(reordered(permuted("W", W, ["weight"], [1, 0]), 1, channels), 0, outChannels);
}

function linearBias(b: Shaped, { outChannels }: FeatureOrder): Exchange {
  return reordered(same("b", b, ["bias"]), 0, outChannels);
}

/** A weight whose last row is the bias. */
function fusedLinear(W: Shaped, order: FeatureOrder): Exchange {
  const [rows, nOut] = patternOf(W) as [number | null, number | null];
  const sized = (lengths: (number | null)[]) => ({ initialized: false, shape: [], pattern: lengths });
  const weight = linearWeight(sized([rows === null ? null : rows - 1, nOut]), order);
  const bias = linearBias(sized([nOut]), order);
  return {
    ours: ["W"],
    torch: [...weight.torch, ...bias.torch],
    fromTorch: ([W, b]) => [concatenate([...weight.fromTorch([W!]), row(bias.fromTorch([b!])[0]!)], 0)],
    toTorch: ([both]) => [...weight.toTorch([both!.slice(slice(0, -1))]), ...bias.toTorch([both!.slice(-1)])],
    problem: ([W, b]) => weight.problem?.([W!]) ?? bias.problem?.([b!]) ?? null,
  };
}

function row(vector: NDArray): NDArray {
  return vector.reshape([1, vector.size]);
}
