import type { Operand, Variable } from "../../core/variable.js";
import { GRU_CELL_OPTIONS, GRUCell, type GRUCellOptions } from "./gru-cell.js";
import { Recurrent, type RecurrentOptions } from "./recurrent.js";

/** Options of `GRU`. */
export interface GRUOptions extends GRUCellOptions, RecurrentOptions {}

/**
 * Gated recurrent units, `numLayers` of them one on top of the other, over sequences (N, nIn, nT): the outputs of the last one
 * after each step are (N, nOut, nT), or (N, nOut) after the step that is run last with `returnSequences: false`. Its `cells` hold
 * the parameters; `GRUCell` has the equations. States are (numLayers, N, nOut), zeros at the start unless given; with `reverse` the
 * last ones are those after t = 0.
 *
 * PyTorch's `nn.GRU` has sequences (nT, N, nIn), here `x.permute(2, 0, 1)`, and the same parameters for each layer.
 */
export class GRU extends Recurrent<GRUCellOptions, GRUCell> {
  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: GRUOptions) {
    super(options, {
      layer: "GRU",
      known: GRU_CELL_OPTIONS,
      states: ["h"],
      make: (cellOptions, place) => new GRUCell(cellOptions, place),
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
    const [outputs, h] = this.run(x, state === null ? null : [state]);
    return [outputs, h!];
  }
}
