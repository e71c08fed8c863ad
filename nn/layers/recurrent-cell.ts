import { zeros } from "../../core/creation.js";
import type { FloatDType } from "../../core/dtype.js";
import { DTypeError, ShapeError } from "../../core/errors.js";
import type { NDArray } from "../../core/ndarray.js";
import { checkCount, checkFlag, checkFloat, checkOptions } from "../../core/options.js";
import { type Shape, sameShape, shapeText } from "../../core/shape.js";
import { asVariable, constant, type Operand, type Variable } from "../../core/variable.js";
import type { Activation } from "../activations.js";
import type { Hyperparameters } from "../config.js";
import {
  drawWeight,
  type Initializer,
  type InitializerSpec,
  initializerName,
  resolveInitializer,
} from "../initializers.js";
import { Layer } from "../layer.js";
import { LazyParameter } from "../state.js";
import { checkLast, layerInput } from "./input.js";

/** Options that all recurrent cells, and the layers that run them over sequences, have. */
export interface RecurrentCellOptions {
  /** Number of outputs, which is the width of the state. */
  nOut: number;
  /** Number of inputs of a step; told by the first input unless given. */
  nIn?: number | null;
  /** Draws the weights: `"glorot_uniform"` unless given. Biases start at 0. */
  init?: InitializerSpec;
  /** Whether there are biases: true unless given. */
  bias?: boolean;
  /** float32 unless given. */
  dtype?: FloatDType;
}

/** The names of `RecurrentCellOptions`. */
export const CELL_OPTIONS = ["nOut", "nIn", "init", "bias", "dtype"] as const;

/** Where a cell is, when it runs inside of another layer. */
export interface CellPlace {
  /** The layer that errors name. */
  layer: string;
  /** The number of inputs that the layer will tell. */
  nIn: number | null;
}

/** A parameter and its first value. */
export type Draw = readonly [parameter: LazyParameter, value: NDArray];

/** What `RNNCell`, `LSTMCell` and `GRUCell` have in common: the width of the state, sizes told by the first input, and checks. */
export abstract class RecurrentCell extends Layer {
  /** Number of outputs, which is the width of the state. */
  readonly nOut: number;
  /** The dtype of all parameters. */
  readonly dtype: FloatDType;
  /** The number of inputs as far as it is known before the parameters are. */
  protected readonly given: number | null;
  protected readonly layer: string;
  protected readonly hasBias: boolean;
  private readonly init: Initializer;

  constructor(place: CellPlace, options: RecurrentCellOptions, known: readonly string[]) {
    super();
    const { layer } = place;
    checkOptions(layer, options, known);
    const { nOut, nIn = null, init = "glorot_uniform", bias = true, dtype = "float32" } = options;
    checkCount(layer, "nOut", nOut);
    if (nIn !== null) checkCount(layer, "nIn", nIn);
    checkFlag(layer, "bias", bias);
    checkFloat(layer, dtype);
    this.layer = layer;
    this.nOut = nOut;
    this.dtype = dtype;
    this.given = nIn ?? place.nIn;
    this.hasBias = bias;
    this.init = resolveInitializer(layer, init);
  }

  /** Number of inputs of a step; null while it is unknown. */
  abstract get nIn(): number | null;

  /** Whether the parameters have their values. */
  abstract get initialized(): boolean;

  /** First values of all parameters for `nIn` inputs, which are not given to them yet. */
  abstract draw(nIn: number): Draw[];

  /**
   * All steps of a sequence `x` (nT, N, nIn) from `states` (N, nOut) on, zeros when null, by one Function where the activations
   * allow it. Returns the outputs (nT, N, nOut) and the last states. For layers that have checked their input.
   */
  abstract unroll(x: Variable, states: readonly Variable[] | null, reverse: boolean): Variable[];

  /** The input of a step and the states before it as Variables, all checked before the parameters are drawn if they must be. */
  protected step(x: Operand, states: readonly Operand[] | null, names: readonly string[]): [Variable, ...Variable[]] {
    const { layer, dtype, nOut, nIn } = this;
    const input = layerInput(layer, x, { layout: "(N, nIn)", ndim: 2, dtype });
    if (nIn !== null) checkLast(layer, "features", input, nIn);
    const shape = [input.shape[0]!, nOut];
    const before =
      states === null
        ? names.map(() => constant(zeros(shape, { dtype })))
        : stateVariables(layer, names, states, { shape, layout: "(N, nOut)", dtype });
    if (!this.initialized) initializeAll(this.draw(input.shape[1]!));
    return [input, ...before];
  }

  protected parameter(name: string, pattern: readonly (number | null)[]): LazyParameter {
    return new LazyParameter(name, pattern, this.dtype);
  }

  /** A bias of `length`, or null without biases. */
  protected biasParameter(name: string, length: number): LazyParameter | null {
    return this.hasBias ? this.parameter(name, [length]) : null;
  }

  protected drawn(shape: Shape, { gain }: Activation): NDArray {
    return drawWeight(this.layer, this.init, shape, { dtype: this.dtype, gain });
  }

  protected zeroDraws(biases: readonly (LazyParameter | null)[]): Draw[] {
    return biases.flatMap((b): Draw[] => (b === null ? [] : [[b, zeros([b.pattern[0]!], { dtype: this.dtype })]]));
  }

  protected override hyperparameters(): Hyperparameters {
    const { nOut, nIn, hasBias, dtype } = this;
    return { nOut, nIn, init: initializerName(this.layer, this.init), bias: hasBias, dtype };
  }
}

/** Gives parameters their first values. */
export function initializeAll(draws: readonly Draw[]): void {
  for (const [parameter, value] of draws) parameter.initialize(value);
}

/**
 * Initial states as Variables.
 * @throws ShapeError or DTypeError naming the layer and the state.
 */
export function stateVariables(
  layer: string,
  names: readonly string[],
  states: readonly Operand[],
  { shape, layout, dtype }: { shape: Shape; layout: string; dtype: FloatDType },
): Variable[] {
  return names.map((name, i) => {
    const state = asVariable(layer, states[i]!, { dtype });
    if (!sameShape(state.shape, shape)) {
      throw new ShapeError(
        `${layer}: the state ${name} has shape ${shapeText(state.shape)}; expected ${layout}, here ${shapeText(shape)}`,
      );
    }
    if (state.dtype !== dtype) {
      throw new DTypeError(`${layer}: the state ${name} is ${state.dtype}; expected ${dtype} (astype)`);
    }
    return state;
  });
}
