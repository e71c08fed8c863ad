import type { Operand, Variable } from "../../core/variable.js";
import { add } from "../../functions/arithmetic.js";
import { linear } from "../../functions/linalg.js";
import { rnn } from "../../functions/rnn.js";
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

/** Options of `RNNCell`. */
export interface RNNCellOptions extends RecurrentCellOptions {
  /** Applied to the state: `"tanh"` unless given. */
  actFn?: ActivationSpec;
}

/** The names of `RNNCellOptions`. */
export const RNN_CELL_OPTIONS = [...CELL_OPTIONS, "actFn"];

/**
 * A step of a plain recurrent network (Elman, "Finding structure in time", 1990): from the input x (N, nIn) and the state A
 * (N, nOut) before to the state after, which is also the output:
 *
 *     A = actFn(A Waa + ba + x Wax + bx)
 *
 * `Wax` is (nIn, nOut), `Waa` (nOut, nOut), `ba` and `bx` (nOut,). PyTorch's `RNNCell` has `weight_ih = Wax.T`, `weight_hh = Waa.T`,
 * `bias_ih = bx` and `bias_hh = ba`.
 */
export class RNNCell extends RecurrentCell {
  /** The weights of the input (nIn, nOut). */
  readonly Wax: LazyParameter;
  /** The weights of the state (nOut, nOut). */
  readonly Waa: LazyParameter;
  /** The bias of the state's part (nOut,); null without. */
  readonly ba: LazyParameter | null;
  /** The bias of the input's part (nOut,); null without. */
  readonly bx: LazyParameter | null;
  private readonly activation: Activation;

  /**
   * @param place For layers that consist of cells.
   * @throws ArgumentError for options that are unknown or out of range.
   */
  constructor(options: RNNCellOptions, place: CellPlace = { layer: "RNNCell", nIn: null }) {
    super(place, options, RNN_CELL_OPTIONS);
    const { actFn = "tanh", nIn = null } = options;
    this.activation = resolveActivation(this.layer, actFn);
    this.Wax = this.parameter("Wax", [this.given, this.nOut]);
    this.Waa = this.parameter("Waa", [this.nOut, this.nOut]);
    this.ba = this.biasParameter("ba", this.nOut);
    this.bx = this.biasParameter("bx", this.nOut);
    if (nIn !== null) initializeAll(this.draw(nIn));
  }

  /**
   * The state after a step. Without `state` it starts from zeros.
   * @throws ShapeError for anything but (N, nIn) and (N, nOut) or no elements; DTypeError for another dtype than the layer's.
   */
  override forward(x: Operand, state: Operand | null = null): Variable {
    const [input, A] = this.step(x, state === null ? null : [state], ["A"]);
    const recurrent = linear(A!, this.Waa, this.ba ?? undefined);
    return this.activation.apply(add(recurrent, linear(input, this.Wax, this.bx ?? undefined)));
  }

  override unroll(x: Variable, states: readonly Variable[] | null, reverse: boolean): Variable[] {
    const bias = this.ba === null || this.bx === null ? null : add(this.ba, this.bx);
    return rnn(x, states?.[0] ?? null, this.Wax, this.Waa, bias, { reverse, activation: this.activation.apply });
  }

  override get nIn(): number | null {
    return this.initialized ? this.Wax.shape[0]! : this.given;
  }

  override get initialized(): boolean {
    return this.Wax.initialized;
  }

  override draw(nIn: number): Draw[] {
    return [
      [this.Wax, this.drawn([nIn, this.nOut], this.activation)],
      [this.Waa, this.drawn([this.nOut, this.nOut], this.activation)],
      ...this.zeroDraws([this.ba, this.bx]),
    ];
  }

  protected override hyperparameters(): Hyperparameters {
    return { ...super.hyperparameters(), actFn: activationName(this.layer, this.activation) };
  }
}
