import type { Operand, Variable } from "../../core/variable.js";
import { Recurrent, type RecurrentOptions } from "./recurrent.js";
import { RNN_CELL_OPTIONS, RNNCell, type RNNCellOptions } from "./rnn-cell.js";

/** Options of `RNN`. */
export interface RNNOptions extends RNNCellOptions, RecurrentOptions {}

/**
 * Plain recurrent networks, `numLayers` of them one on top of the other, over sequences (N, nIn, nT): the outputs of the last one
 * after each step are (N, nOut, nT), or (N, nOut) after the step that is run last with `returnSequences: false`. Its `cells` hold
 * the parameters; `RNNCell` has the equation. States are (numLayers, N, nOut), zeros at the start unless given; with `reverse` the
 * last ones are those after t = 0.
 *
 * PyTorch's `nn.RNN` has sequences (nT, N, nIn), here `x.permute(2, 0, 1)`, and for layer l the parameters that `RNNCell` says.
 */
export class RNN extends Recurrent<RNNCellOptions, RNNCell> {
  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: RNNOptions) {
    super(options, {
      layer: "RNN",
      known: RNN_CELL_OPTIONS,
      states: ["A"],
      make: (cellOptions, place) => new RNNCell(cellOptions, place),
    });
  }

  /**
   * The outputs.
   * @throws ShapeError for anything but (N, nIn, nT) and (numLayers, N, nOut) or no elements; DTypeError for another dtype than
   * the layer's.
   */
  override forward(x: Operand, state: Operand | null = null): Variable {
    return this.forwardWithState(x, state)[0];
  }

  /** The outputs and the last state. @throws What `forward` throws. */
  forwardWithState(x: Operand, state: Operand | null = null): [outputs: Variable, state: Variable] {
    const [outputs, A] = this.run(x, state === null ? null : [state]);
    return [outputs, A!];
  }
}
