import type { NDArray } from "../../core/ndarray.js";
import { concatenate } from "../../core/numeric.js";
import type { Operand, Variable } from "../../core/variable.js";
import { add, mul, sub } from "../../functions/arithmetic.js";
import { gru } from "../../functions/gru.js";
import { split } from "../../functions/joining.js";
import { linear } from "../../functions/linalg.js";
import { transpose } from "../../functions/shape.js";
import { type Activation, type ActivationSpec, activationName, resolveActivation } from "../activations.js";
import type { Hyperparameters } from "../config.js";
import type { LazyParameter } from "../state.js";
import {
  CELL_OPTIONS,
  type CellPlace,
  type Draw,
  initializeAll,
  RecurrentCell,
  type RecurrentCellOptions,
} from "./recurrent-cell.js";

/** Options of `GRUCell`. */
export interface GRUCellOptions extends RecurrentCellOptions {
  /** Applied to the candidate: `"tanh"` unless given. */
  actFn?: ActivationSpec;
  /** Applied to the gates: `"sigmoid"` unless given. */
  gateFn?: ActivationSpec;
}

/** The names of `GRUCellOptions`. */
export const GRU_CELL_OPTIONS = [...CELL_OPTIONS, "actFn", "gateFn"];

/**
 * A step of a gated recurrent unit (Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014): from the input x
 * (N, nIn) and the state h (N, nOut) before to the state after, which is also the output:
 *
 *     xr, xz, xn = x weightIh.T + biasIh        r = gateFn(xr + hr)        n = actFn(xn + r * hn)
 *     hr, hz, hn = h weightHh.T + biasHh        z = gateFn(xz + hz)        h = (1 - z) * n + z * h
 *
 * Equations and layout are those of PyTorch's `GRUCell`: `weightIh` (3 nOut, nIn), `weightHh` (3 nOut, nOut), `biasIh` and
 * `biasHh` (3 nOut,), in blocks of rows for r (reset), z (update) and n (candidate).
 */
export class GRUCell extends RecurrentCell {
  /** The weights of the input (3 nOut, nIn): rows for r, z, then n. */
  readonly weightIh: LazyParameter;
  /** The weights of the state (3 nOut, nOut), in the same order. */
  readonly weightHh: LazyParameter;
  /** The bias of the input's part (3 nOut,); null without. */
  readonly biasIh: LazyParameter | null;
  /** The bias of the state's part (3 nOut,); null without. */
  readonly biasHh: LazyParameter | null;
  private readonly activation: Activation;
  private readonly gate: Activation;

  /**
   * @param place For layers that consist of cells.
   * @throws ArgumentError for options that are unknown or out of range.
   */
  constructor(options: GRUCellOptions, place: CellPlace = { layer: "GRUCell", nIn: null }) {
    super(place, options, GRU_CELL_OPTIONS);
    const { actFn = "tanh", gateFn = "sigmoid", nIn = null } = options;
    this.activation = resolveActivation(this.layer, actFn);
    this.gate = resolveActivation(this.layer, gateFn, "gateFn");
    this.weightIh = this.parameter("weightIh", [3 * this.nOut, this.given]);
    this.weightHh = this.parameter("weightHh", [3 * this.nOut, this.nOut]);
    this.biasIh = this.biasParameter("biasIh", 3 * this.nOut);
    this.biasHh = this.biasParameter("biasHh", 3 * this.nOut);
    if (nIn !== null) initializeAll(this.draw(nIn));
  }

  /**
   * The state after a step. Without `state` it starts from zeros.
   * @throws ShapeError for anything but (N, nIn) and (N, nOut) or no elements; DTypeError for another dtype than the layer's.
   */
  override forward(x: Operand, state: Operand | null = null): Variable {
    const [input, h] = this.step(x, state === null ? null : [state], ["h"]);
    const share = (operand: Variable, W: LazyParameter, b: LazyParameter | null) =>
      split(linear(operand, transpose(W), b ?? undefined), 3, { axis: 1 }) as [Variable, Variable, Variable];
    const [xr, xz, xn] = share(input, this.weightIh, this.biasIh);
    const [hr, hz, hn] = share(h!, this.weightHh, this.biasHh);
    const reset = this.gate.apply(add(xr, hr));
    const update = this.gate.apply(add(xz, hz));
    const candidate = this.activation.apply(add(xn, mul(reset, hn)));
    return add(mul(sub(1, update), candidate), mul(update, h!));
  }

  override unroll(x: Variable, states: readonly Variable[] | null, reverse: boolean): Variable[] {
    const [Wx, Wh] = [transpose(this.weightIh), transpose(this.weightHh)];
    const options = { reverse, activation: this.activation.apply, gate: this.gate.apply };
    return gru(x, states?.[0] ?? null, Wx, Wh, this.biasIh, this.biasHh, options);
  }

  override get nIn(): number | null {
    return this.initialized ? this.weightIh.shape[1]! : this.given;
  }

  override get initialized(): boolean {
    return this.weightIh.initialized;
  }

  override draw(nIn: number): Draw[] {
    return [
      [this.weightIh, this.drawnGates(nIn)],
      [this.weightHh, this.drawnGates(this.nOut)],
      ...this.zeroDraws([this.biasIh, this.biasHh]),
    ];
  }

  protected override hyperparameters(): Hyperparameters {
    return {
      ...super.hyperparameters(),
      actFn: activationName(this.layer, this.activation),
      gateFn: activationName(this.layer, this.gate, "gateFn"),
    };
  }

  /** The blocks of a weight on `inputs` inputs: each drawn as a weight (in, out) of its own and turned. */
  private drawnGates(inputs: number): NDArray {
    const blocks = [this.gate, this.gate, this.activation].map((activation) =>
      this.drawn([inputs, this.nOut], activation).transpose(),
    );
    return concatenate(blocks, 0);
  }
}
