import { full } from "../../core/creation.js";
import { ArgumentError } from "../../core/errors.js";
import { describe } from "../../core/options.js";
import type { Operand, Variable } from "../../core/variable.js";
import { add, mul } from "../../functions/arithmetic.js";
import { cat, split } from "../../functions/joining.js";
import { linear } from "../../functions/linalg.js";
import { lstm } from "../../functions/lstm.js";
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

/** Options of `LSTMCell`. */
export interface LSTMCellOptions extends RecurrentCellOptions {
  /** Applied to the candidate and to the cell: `"tanh"` unless given. */
  actFn?: ActivationSpec;
  /** Applied to the gates: `"sigmoid"` unless given. */
  gateFn?: ActivationSpec;
  /**
   * What the bias of the forget gate starts at: 0 unless given. 1 makes the cell remember from the start, which helps with long
   * spans (Jozefowicz et al., "An empirical exploration of recurrent network architectures", 2015).
   */
  forgetBias?: number;
}

/** The names of `LSTMCellOptions`. */
export const LSTM_CELL_OPTIONS = [...CELL_OPTIONS, "actFn", "gateFn", "forgetBias"];

/** The state of an LSTM: output and cell. */
export type LSTMState = [A: Variable, C: Variable];

/**
 * A step of a long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000): from the input
 * x (N, nIn), the output A and the cell C (N, nOut) before to A and C after:
 *
 *     f, u, o = gateFn([A, x] W + b) with Wf bf, Wu bu, Wo bo        C = f * C + u * actFn([A, x] Wc + bc)
 *                                                                    A = o * actFn(C)
 *
 * All weights are (nOut + nIn, nOut), rows for A before those for x; biases are (nOut,). PyTorch's `LSTMCell` has the gates i, f, g, o,
 * which are u, f, c, o here: `weight_hh = cat([Wu, Wf, Wc, Wo], 1)[:nOut].T`, `weight_ih` the same with `[nOut:]`, and the sum of
 * its biases is `cat([bu, bf, bc, bo])`.
 */
export class LSTMCell extends RecurrentCell {
  /** The weights of the forget gate (nOut + nIn, nOut). */
  readonly Wf: LazyParameter;
  /** The weights of the update gate (nOut + nIn, nOut). */
  readonly Wu: LazyParameter;
  /** The weights of the candidate (nOut + nIn, nOut). */
  readonly Wc: LazyParameter;
  /** The weights of the output gate (nOut + nIn, nOut). */
  readonly Wo: LazyParameter;
  /** The bias of the forget gate (nOut,); null without. */
  readonly bf: LazyParameter | null;
  /** The bias of the update gate (nOut,); null without. */
  readonly bu: LazyParameter | null;
  /** The bias of the candidate (nOut,); null without. */
  readonly bc: LazyParameter | null;
  /** The bias of the output gate (nOut,); null without. */
  readonly bo: LazyParameter | null;
  private readonly activation: Activation;
  private readonly gate: Activation;
  private readonly forgetBias: number;

  /**
   * @param place For layers that consist of cells.
   * @throws ArgumentError for options that are unknown or out of range.
   */
  constructor(options: LSTMCellOptions, place: CellPlace = { layer: "LSTMCell", nIn: null }) {
    super(place, options, LSTM_CELL_OPTIONS);
    const { actFn = "tanh", gateFn = "sigmoid", forgetBias = 0, nIn = null } = options;
    this.activation = resolveActivation(this.layer, actFn);
    this.gate = resolveActivation(this.layer, gateFn, "gateFn");
    this.forgetBias = this.checkedForgetBias(forgetBias);
    const shape = [this.given === null ? null : this.nOut + this.given, this.nOut];
    this.Wf = this.parameter("Wf", shape);
    this.Wu = this.parameter("Wu", shape);
    this.Wc = this.parameter("Wc", shape);
    this.Wo = this.parameter("Wo", shape);
    this.bf = this.biasParameter("bf", this.nOut);
    this.bu = this.biasParameter("bu", this.nOut);
    this.bc = this.biasParameter("bc", this.nOut);
    this.bo = this.biasParameter("bo", this.nOut);
    if (nIn !== null) initializeAll(this.draw(nIn));
  }

  /**
   * Output and cell `[A, C]` after a step. Without `state` they start from zeros.
   * @throws ShapeError for anything but (N, nIn) and twice (N, nOut) or no elements; DTypeError for another dtype than the
   * layer's; ArgumentError for a state that is no pair.
   */
  override forward(x: Operand, state: readonly [A: Operand, C: Operand] | null = null): LSTMState {
    checkPair(this.layer, state);
    const [input, A, C] = this.step(x, state, ["A", "C"]);
    const both = cat([A!, input], { axis: 1 });
    const share = (W: LazyParameter, b: LazyParameter | null) => linear(both, W, b ?? undefined);
    const forget = this.gate.apply(share(this.Wf, this.bf));
    const update = this.gate.apply(share(this.Wu, this.bu));
    const candidate = this.activation.apply(share(this.Wc, this.bc));
    const output = this.gate.apply(share(this.Wo, this.bo));
    const cell = add(mul(forget, C!), mul(update, candidate));
    return [mul(output, this.activation.apply(cell)), cell];
  }

  override unroll(x: Variable, states: readonly Variable[] | null, reverse: boolean): Variable[] {
    const { Wu, Wf, Wc, Wo, bu, bf, bc, bo } = this;
    const [Wh, Wx] = split(cat([Wu, Wf, Wc, Wo], { axis: 1 }), [this.nOut]);
    const b = this.hasBias ? cat([bu!, bf!, bc!, bo!]) : null;
    const options = { reverse, activation: this.activation.apply, gate: this.gate.apply };
    return lstm(x, states?.[0] ?? null, states?.[1] ?? null, Wx!, Wh!, b, options);
  }

  override get nIn(): number | null {
    return this.initialized ? this.Wf.shape[0]! - this.nOut : this.given;
  }

  override get initialized(): boolean {
    return this.Wf.initialized;
  }

  override draw(nIn: number): Draw[] {
    const shape = [this.nOut + nIn, this.nOut];
    const draws: Draw[] = [
      [this.Wf, this.drawn(shape, this.gate)],
      [this.Wu, this.drawn(shape, this.gate)],
      [this.Wc, this.drawn(shape, this.activation)],
      [this.Wo, this.drawn(shape, this.gate)],
      ...this.zeroDraws([this.bu, this.bc, this.bo]),
    ];
    if (this.bf !== null) draws.push([this.bf, full([this.nOut], this.forgetBias, { dtype: this.dtype })]);
    return draws;
  }

  protected override hyperparameters(): Hyperparameters {
    return {
      ...super.hyperparameters(),
      actFn: activationName(this.layer, this.activation),
      gateFn: activationName(this.layer, this.gate, "gateFn"),
      forgetBias: this.forgetBias,
    };
  }

  private checkedForgetBias(value: unknown): number {
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw new ArgumentError(`${this.layer}: forgetBias is ${describe(value)}; expected a finite number`);
    }
    if (value !== 0 && !this.hasBias) {
      throw new ArgumentError(`${this.layer}: forgetBias is ${value} and bias false; expected one of them left out`);
    }
    return value;
  }
}

/**
 * Checks that the state given to an LSTM is a pair, or null for zeros.
 * @throws ArgumentError when it is not.
 */
export function checkPair(layer: string, state: unknown): void {
  if (state === null || (Array.isArray(state) && state.length === 2)) return;
  throw new ArgumentError(`${layer}: the state is ${describe(state)}; expected [A, C], or null for zeros`);
}
