import type { NDArray } from "../../../core/ndarray.js";
import type { Shape } from "../../../core/shape.js";
import type { ShapePattern } from "../../state.js";

/** A tensor of a PyTorch module. */
export interface TorchTensor {
  /** What it is called in its module: the first name is written, and any of them is read. */
  readonly names: readonly [string, ...string[]];
  readonly shape: ShapePattern;
}

/** How parameters and buffers of a layer become tensors of its twin in PyTorch, and these the former. */
export interface Exchange {
  /** Names in the layer. */
  readonly ours: readonly string[];
  readonly torch: readonly TorchTensor[];
  fromTorch(tensors: readonly NDArray[]): readonly NDArray[];
  toTorch(arrays: readonly NDArray[]): readonly NDArray[];
  /** Why tensors of these shapes, each of which fits by itself, do not; null when they do. */
  problem?(shapes: readonly Shape[]): string | null;
  /** For one array and one tensor: which of our axes is each axis of the tensor. */
  readonly axes?: readonly number[];
}

/** What a rule knows of the place of a layer. */
export interface Place {
  /** Whether the PyTorch module has a tensor of that name; null when a state is made rather than read. */
  readonly has: ((name: string) => boolean) | null;
  readonly order: FeatureOrder;
}

/**
 * Where features are images that were flattened, or become images: PyTorch has them channel by channel, and this library pixel by
 * pixel. The numbers of channels of what goes into the layer and of what comes out, or null for features that are just that.
 */
export interface FeatureOrder {
  readonly channels: number | null;
  readonly outChannels: number | null;
}

/** Features in one order for both. */
export const SAME_ORDER: FeatureOrder = { channels: null, outChannels: null };

/** What has a shape, known as far as the layer knows: a parameter, a buffer, or what stands in for one. */
export interface Shaped {
  readonly initialized: boolean;
  readonly shape: Shape;
}

/** The shape of a parameter or buffer, with null for lengths that are not known yet. */
export function patternOf(entry: Shaped & { readonly pattern?: ShapePattern }): ShapePattern {
  return entry.initialized || entry.pattern === undefined ? entry.shape : entry.pattern;
}

/** An array that is a tensor with its axes in another order: axis k of the tensor is `axes[k]` of ours. */
export function permuted(ours: string, entry: Shaped, names: TorchTensor["names"], axes: readonly number[]): Exchange {
  const pattern = patternOf(entry);
  const back = axes.map((_, axis) => axes.indexOf(axis));
  return {
    ours: [ours],
    torch: [{ names, shape: axes.map((axis) => pattern[axis]!) }],
    fromTorch: ([tensor]) => [tensor!.transpose(back)],
    toTorch: ([array]) => [array!.transpose(axes)],
    axes,
  };
}

/** An array that is a tensor just as it is. */
export function same(ours: string, entry: Shaped, names: TorchTensor["names"]): Exchange {
  const axes = patternOf(entry).map((_, axis) => axis);
  return permuted(ours, entry, names, axes);
}

/** `exchange` when features of the tensor's axis are `channels` channels of images there, and pixels here. */
export function reordered(exchange: Exchange, axis: number, channels: number | null): Exchange {
  if (channels === null) return exchange;
  return {
    ...exchange,
    fromTorch: ([tensor]) => exchange.fromTorch([swapped(tensor!, axis, channels, -1)]),
    toTorch: (arrays) => [swapped(exchange.toTorch(arrays)[0]!, axis, -1, channels)],
    problem: (shapes) => {
      const features = shapes[0]![axis]!;
      if (features % channels === 0) return exchange.problem?.(shapes) ?? null;
      return `${features} features along axis ${axis}; expected a multiple of the ${channels} channels that they are of`;
    },
  };
}

/** The exchanges of what there is: of those whose parameter is null there are none. */
export function present(...exchanges: readonly (Exchange | null)[]): Exchange[] {
  return exchanges.filter((exchange) => exchange !== null);
}

/** `make` of a parameter that may be null. */
export function when<T>(entry: T | null, make: (entry: T) => Exchange): Exchange | null {
  return entry === null ? null : make(entry);
}

/** Features along an axis, seen as a matrix (rows, columns) of which one length is -1, by columns instead of by rows. */
function swapped(x: NDArray, axis: number, rows: number, columns: number): NDArray {
  const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const split = x.reshape([...before, rows, columns, ...after]);
  const order = split.shape.map((_, i) => (i === axis ? axis + 1 : i === axis + 1 ? axis : i));
  return split.transpose(order).reshape(x.shape);
}
