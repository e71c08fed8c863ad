import { ActivationLayer } from "../../activations/layer.js";
import type { Layer } from "../../layer.js";
import { BatchNorm1D, BatchNorm2D } from "../../layers/batch-norm.js";
import { Conv1D } from "../../layers/conv1d.js";
import { Conv2D } from "../../layers/conv2d.js";
import { Deconv2D } from "../../layers/deconv2d.js";
import { Dropout } from "../../layers/dropout.js";
import { Flatten } from "../../layers/flatten.js";
import { FullyConnected } from "../../layers/fully-connected.js";
import { Identity } from "../../layers/identity.js";
import { LayerNorm1D, LayerNorm2D } from "../../layers/layer-norm.js";
import { Pool2D } from "../../layers/pool2d.js";
import { Reshape } from "../../layers/reshape.js";
import { Sequential } from "../../layers/sequential.js";
import { Softmax } from "../../layers/softmax.js";
import { SparseEvolution } from "../../layers/sparse-evolution.js";
import { SkipConnection } from "../../modules/skip-connection.js";
import { DropoutWrapper } from "../../wrappers/dropout-wrapper.js";
import { Reparametrization } from "../../wrappers/reparametrization.js";
import { type FeatureOrder, patternOf, SAME_ORDER } from "./exchange.js";

/*
 * Images that are flattened become features pixel by pixel here and channel by channel in PyTorch, so a dense layer behind has the rows of
 * its weight in another order; and likewise one whose outputs become images. In a Sequential one can see where that happens.
 */

/** What goes from one layer to the next: images of so many channels, features that were such images, or something else. */
type Flow = { readonly kind: "images" | "features"; readonly channels: number } | null;

/** The orders of the features of the layers in a Sequential, of those where they differ. */
export function featureOrders(model: Sequential): Map<Layer, FeatureOrder> {
  const steps = stepsOf(model);
  const orders = new Map<Layer, FeatureOrder>();
  const note = (layer: Layer, order: Partial<FeatureOrder>) =>
    orders.set(layer, { ...SAME_ORDER, ...orders.get(layer), ...order });
  let flow: Flow = null;
  for (const step of steps) {
    if (flow?.kind === "features" && isFeaturewise(step)) note(step, { channels: flow.channels });
    flow = after(step, flow);
  }
  for (const [i, step] of steps.entries()) {
    if (!(step instanceof Reshape) || !becomesImages(step, steps.slice(i + 1))) continue;
    const before = featurewiseBefore(steps.slice(0, i));
    const channels = channelsOf(step, before.map(featuresOf).find((n) => n !== null) ?? null);
    for (const layer of before) note(layer, isDense(layer) ? { outChannels: channels } : { channels });
  }
  return orders;
}

/** The layers that one after the other make the output, those inside wrappers in their place. */
function stepsOf(layer: Layer): Layer[] {
  if (layer instanceof Sequential) return layer.layers.flatMap(stepsOf);
  if (layer instanceof DropoutWrapper || layer instanceof Reparametrization) return stepsOf(layer.layer as Layer);
  return [layer];
}

function after(step: Layer, flow: Flow): Flow {
  if (step instanceof Conv1D || step instanceof Conv2D || step instanceof Deconv2D)
    return images(patternOf(step.W).at(-1));
  if (step instanceof SkipConnection) return images(patternOf(step.conv2.W).at(-1) ?? flow?.channels);
  if (isFlatten(step)) return flow?.kind === "images" ? { kind: "features", channels: flow.channels } : null;
  if (step instanceof BatchNorm2D) return images(flow?.channels ?? step.runningMean?.pattern[0]);
  const passes = isNeutral(step) || step instanceof Pool2D || step instanceof LayerNorm2D;
  return passes || (isFeaturewise(step) && !isDense(step)) ? flow : null;
}

function images(channels: number | null | undefined): Flow {
  return channels === null || channels === undefined ? null : { kind: "images", channels };
}

function isDense(layer: Layer): layer is FullyConnected | SparseEvolution {
  return layer instanceof FullyConnected || layer instanceof SparseEvolution;
}

/** Whether its parameters belong to features. */
function isFeaturewise(layer: Layer): boolean {
  return isDense(layer) || layer instanceof BatchNorm1D || layer instanceof LayerNorm1D;
}

/** Whether it does the same to all features. */
function isNeutral(layer: Layer): boolean {
  return [ActivationLayer, Dropout, Identity, Softmax].some((neutral) => layer instanceof neutral);
}

function isFlatten(layer: Layer): boolean {
  if (layer instanceof Flatten) return layer.keepDim === "first";
  return layer instanceof Reshape && layer.shape.length === 1;
}

/** Whether what follows takes what `reshape` makes for images, or sequences of channels. */
function becomesImages({ shape }: Reshape, following: readonly Layer[]): boolean {
  const next = following.find((layer) => !isNeutral(layer));
  if (shape.length === 2) return next instanceof Conv1D;
  return (
    shape.length === 3 &&
    [Conv2D, Deconv2D, BatchNorm2D, LayerNorm2D, Pool2D, SkipConnection].some((kind) => next instanceof kind)
  );
}

/** The channels of images that are made of so many features. */
function channelsOf({ shape }: Reshape, features: number | null): number | null {
  const channels = shape.at(-1)!;
  if (channels > 0) return channels;
  return features === null ? null : features / shape.slice(0, -1).reduce((product, n) => product * n, 1);
}

/** The layers at the end of `steps` whose parameters belong to the features that come out, back to a dense one. */
function featurewiseBefore(steps: readonly Layer[]): Layer[] {
  const found: Layer[] = [];
  for (const layer of [...steps].reverse()) {
    if (isFeaturewise(layer)) found.push(layer);
    else if (!isNeutral(layer)) break;
    if (isDense(layer)) break;
  }
  return found.reverse();
}

/** The number of features that come out of a layer, where it is known. */
function featuresOf(layer: Layer): number | null {
  if (isDense(layer)) return patternOf(layer.W)[1]!;
  const { scaler } = layer as BatchNorm1D | LayerNorm1D;
  return scaler === null ? null : patternOf(scaler)[0]!;
}
