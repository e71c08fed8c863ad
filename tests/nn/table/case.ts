import type { Variable } from "../../../core/variable.js";
import type { FloatDType, Layer } from "../../../nn/index.js";
import type { Input } from "../../functions/table/case.js";

export { bools, given, type Input, integers, positive, real } from "../../functions/table/case.js";

/** What `make` passes on to the constructor: always a dtype, and the sizes of the row when they are to be given. */
export interface MakeOptions extends Sizes {
  dtype?: FloatDType;
}

/** The options by which constructors take what the first input would tell; add what a layer calls it. */
export interface Sizes {
  nIn?: number;
  inCh?: number;
  nKey?: number;
  nValue?: number;
  nMemory?: number;
  inShape?: readonly [rows: number, cols: number, channels: number];
}

/** Whether the layer is in training in each of the three steps. */
export type Modes = readonly [boolean, boolean, boolean];

interface Case<L extends Layer> {
  /** The name under which the layer is registered. */
  layer: string;
  /** What is special about this row; unique for the layer. */
  label: string;
  /**
   * Builds the layer: `(o) => new FullyConnected({ nOut: 3, actFn: "tanh", ...o })`. Layers without such options leave `o`
   * out.
   */
  make(options: MakeOptions): L;
  /** The sizes that `make` can be given instead of the first input telling them. Needed when it tells some. */
  sizes?: Sizes;
  /** Why `sizes` cannot make all parameters at once, for a layer of layers. */
  noSizes?: string;
  /**
   * The inputs of a forward: `real([2, 3])` and `positive([2, 3])` are drawn anew for each step; `given`, `integers` and
   * `bools` spell their values out. Float inputs have the dtype of the layer, and all get gradients.
   */
  inputs: readonly Input[];
  /** Why its config cannot make a layer that takes its state, for a layer of layers. */
  noRebuild?: string;
  /** The inputs, by number, that no gradient is asked of although they are floats, such as an adjacency matrix. */
  constants?: readonly number[];
  /** How it is called; `layer.forward(...xs)` unless given. Several outputs come as a list. The seed is the same for each call. */
  call?(layer: L, ...xs: Variable[]): Variable | readonly Variable[];
  /** All in training unless given; the checks that are not about steps use the mode of the last, after a forward in each of the others. */
  training?: Modes;
  /** Between which numbers the parameters are drawn, by name; -0.9 and 0.9 unless given. */
  ranges?: Readonly<Record<string, readonly [low: number, high: number]>>;
  /** To which order gradients are checked by differences: 2 unless given. */
  order?: 1 | 2;
  /** Why differences do not give the gradients, when they do not; then they are not compared. */
  noGradcheck?: string;
  /** The inputs, by number, that may have another dtype; all others must be refused with another. */
  anyDType?: readonly number[];
  /** The inputs, by number, that may have no elements; all others must be refused without. */
  anySize?: readonly number[];
}

interface WithTorch {
  /**
   * The same in Python: an expression, or lines of which the last is one, whose value is the output or a tuple of outputs. It
   * may use
   * `x` (the list of inputs), `p` and `s` (parameters and buffers by name, as they lie in the layer), `training`, and `torch`,
   * `F` (torch.nn.functional), `np`, `math`, `nchw(images)`, `nhwc(images)`. Buffers are changed in place
   * (`s["runningMean"].copy_(...)`, under no gradient) exactly as the layer changes its own.
   */
  torch: string;
  noTorch?: undefined;
}

interface WithoutTorch {
  torch?: undefined;
  /** Why there is no such expression. All other checks are made. */
  noTorch: string;
}

/**
 * A line of the table of layers: one setting of a layer. From it `checkLayers` makes the comparison of three training steps
 * with PyTorch, gradient checks, and checks of all that the contract of `Layer` promises.
 */
export type LayerCase<L extends Layer = Layer> = Case<L> & (WithTorch | WithoutTorch);

/** A row, with `call` typed for what `make` returns. */
export function row<L extends Layer>(lc: LayerCase<L>): LayerCase {
  return lc;
}

/** What identifies a row among all. */
export function titleOf({ layer, label }: LayerCase): string {
  return `${layer}: ${label}`;
}
