import type { Operand, Variable } from "../../core/variable.js";
import { checkPair, LSTM_CELL_OPTIONS, LSTMCell, type LSTMCellOptions, type LSTMState } from "./lstm-cell.js";
import { Recurrent, type RecurrentOptions } from "./recurrent.js";

/** Options of `LSTM`. */
export interface LSTMOptions extends LSTMCellOptions, RecurrentOptions {}

/**
 * Long short-term memories, `numLayers` of them one on top of the other, over sequences (N, nIn, nT): the outputs of the last one
 * after each step are (N, nOut, nT), or (N, nOut) after the step that is run last with `returnSequences: false`. Its `cells` hold
 * the parameters; `LSTMCell` has the equations. The state is `[A, C]`, both (numLayers, N, nOut), zeros at the start unless given;
 * with `reverse` the last ones are those after t = 0.
 *
 * PyTorch's `nn.LSTM` has sequences (nT, N, nIn), here `x.permute(2, 0, 1)`, and for layer l the parameters that `LSTMCell` says.
 */
export class LSTM extends Recurrent<LSTMCellOptions, LSTMCell> {
  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: LSTMOptions) {
    super(options, {
      layer: "LSTM",
      known: LSTM_CELL_OPTIONS,
      states: ["A", "C"],
      make: (cellOptions, place) => new LSTMCell(cellOptions, place),
    });
  }

  /**
   * The outputs.
   * @throws ShapeError for anything but (N, nIn, nT) and twice (numLayers, N, nOut) or no elements; DTypeError for another dtype
   * than the layer's; ArgumentError for a state that is no pair.
   */
  override forward(x: Operand, state: readonly [A: Operand, C: Operand] | null = null): Variable {
    return this.forwardWithState(x, state)[0];
  }

  /** The outputs and the last state `[A, C]`. @throws What `forward` throws. */
  forwardWithState(
    x: Operand,
    state: readonly [A: Operand, C: Operand] | null = null,
  ): [outputs: Variable, state: LSTMState] {
    checkPair(this.layer, state);
    const [outputs, A, C] = this.run(x, state);
    return [outputs, [A!, C!]];
  }
}
