import { ShapeError } from "../../core/errors.js";
import { checkChoice, checkOptions } from "../../core/options.js";
import { type Shape, shapeText } from "../../core/shape.js";
import type { Operand, Variable } from "../../core/variable.js";
import { add, mul } from "../../functions/arithmetic.js";
import { cat, stack, unbind } from "../../functions/joining.js";
import { transpose } from "../../functions/shape.js";
import type { Hyperparameters } from "../config.js";
import { Layer } from "../layer.js";
import { layerInput } from "../layers/input.js";
import { checkPair, LSTM_CELL_OPTIONS, LSTMCell, type LSTMCellOptions, type LSTMState } from "../layers/lstm-cell.js";
import { initializeAll, stateVariables } from "../layers/recurrent-cell.js";

/** How the outputs of the two directions become one: side by side, or entry by entry. */
export type MergeMode = "concat" | "sum" | "average" | "multiply";

/** Options of `BidirectionalLSTM`. */
export interface BidirectionalLSTMOptions extends LSTMCellOptions {
  /** `"concat"` unless given. */
  mergeMode?: MergeMode;
}

const NAME = "BidirectionalLSTM";
const STATES = ["A", "C"];

const merges: Readonly<Record<MergeMode, (fwd: Variable, bwd: Variable) => Variable>> = {
  concat: (fwd, bwd) => cat([fwd, bwd], { axis: 2 }),
  sum: add,
  average: (fwd, bwd) => mul(add(fwd, bwd), 0.5),
  multiply: mul,
};

/**
 * Two long short-term memories over sequences (N, nIn, nT), one from the first step to the last (`cellFwd`) and one from the last
 * to the first (`cellBwd`) (Schuster and Paliwal, "Bidirectional recurrent neural networks", 1997). Their outputs at the same step
 * are merged: (N, 2 nOut, nT) with `"concat"`, forward before backward, and (N, nOut, nT) otherwise. The state is `[A, C]`, both
 * (2, N, nOut), forward first, zeros at the start unless given; the last backward one is that after t = 0.
 *
 * PyTorch's `nn.LSTM(bidirectional=True)` concatenates. It has sequences (nT, N, nIn), here `x.permute(2, 0, 1)`, and for each
 * direction the parameters that `LSTMCell` says.
 */
export class BidirectionalLSTM extends Layer {
  /** Reads from the first entry on. */
  readonly cellFwd: LSTMCell;
  /** Reads from the last entry back. */
  readonly cellBwd: LSTMCell;
  private readonly mergeMode: MergeMode;
  private outputShape: Shape | null = null;

  /** @throws ArgumentError for options that are unknown or out of range. */
  constructor(options: BidirectionalLSTMOptions) {
    super();
    checkOptions(NAME, options, [...LSTM_CELL_OPTIONS, "mergeMode"]);
    const { mergeMode = "concat", ...rest } = options;
    checkChoice(NAME, "mergeMode", mergeMode, Object.keys(merges));
    this.mergeMode = mergeMode;
    this.cellFwd = new LSTMCell(rest, { layer: NAME, nIn: null });
    this.cellBwd = new LSTMCell(rest, { layer: NAME, nIn: null });
  }

  /** The shape of what the last `forward` or `forwardWithState` returned as outputs; none before the first. */
  override get outputShapes(): readonly Shape[] {
    return this.outputShape === null ? [] : [this.outputShape];
  }

  /**
   * The outputs.
   * @throws ShapeError for anything but (N, nIn, nT) and twice (2, N, nOut) or no elements; DTypeError for another dtype than the
   * module's; ArgumentError for a state that is no pair.
   */
  override forward(x: Operand, state: readonly [A: Operand, C: Operand] | null = null): Variable {
    return this.forwardWithState(x, state)[0];
  }

  /** The outputs and the last state `[A, C]`. @throws What `forward` throws. */
  forwardWithState(
    x: Operand,
    state: readonly [A: Operand, C: Operand] | null = null,
  ): [outputs: Variable, state: LSTMState] {
    checkPair(NAME, state);
    const { cellFwd, cellBwd } = this;
    const { nOut, dtype, nIn } = cellFwd;
    const input = layerInput(NAME, x, { layout: "(N, nIn, nT)", ndim: 3, dtype });
    const [rows, inputs] = input.shape as [number, number, number];
    if (nIn !== null && inputs !== nIn) {
      throw new ShapeError(
        `${NAME}: the input of shape ${shapeText(input.shape)} has ${inputs} features; expected ${nIn}, as (N, nIn, nT)`,
      );
    }
    const expected = { shape: [2, rows, nOut], layout: "(2, N, nOut)", dtype };
    const initial = state === null ? null : stateVariables(NAME, STATES, state, expected).map((s) => unbind(s));
    initializeAll([cellFwd, cellBwd].flatMap((cell) => (cell.initialized ? [] : cell.draw(inputs))));
    const sequence = transpose(input, [2, 0, 1]);
    const run = (cell: LSTMCell, direction: 0 | 1) =>
      cell.unroll(sequence, initial?.map((s) => s[direction]!) ?? null, direction === 1) as [
        Variable,
        Variable,
        Variable,
      ];
    const [fwd, lastFwd, memoryFwd] = run(cellFwd, 0);
    const [bwd, lastBwd, memoryBwd] = run(cellBwd, 1);
    const outputs = transpose(merges[this.mergeMode](fwd, bwd), [1, 2, 0]);
    this.outputShape = outputs.shape;
    return [outputs, [stack([lastFwd, lastBwd]), stack([memoryFwd, memoryBwd])]];
  }

  protected override hyperparameters(): Hyperparameters {
    return { ...this.cellFwd.config().hyperparameters, mergeMode: this.mergeMode };
  }
}
