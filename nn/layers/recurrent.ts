import { config } from "../../core/config.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { checkCount, checkFlag, checkOptions, describe, MOST_LAYERS } from "../../core/options.js";
import { type Shape, shapeText } from "../../core/shape.js";
import type { Operand, Variable } from "../../core/variable.js";
import { stack, unbind } from "../../functions/joining.js";
import { dropout } from "../../functions/random.js";
import { transpose } from "../../functions/shape.js";
import type { Hyperparameters } from "../config.js";
import { Layer } from "../layer.js";
import { layerInput } from "./input.js";
import {
  type CellPlace,
  initializeAll,
  type RecurrentCell,
  type RecurrentCellOptions,
  stateVariables,
} from "./recurrent-cell.js";

/** Options that `RNN`, `LSTM` and `GRU` have beside those of their cells. */
export interface RecurrentOptions {
  /** Number of layers, each over the outputs of the one before: 1 unless given. */
  numLayers?: number;
  /** From the last step to the first: false unless given. The output at t still belongs to the input at t. */
  reverse?: boolean;
  /** The probability that, in training, an output of a layer but the last becomes 0 for the next: 0 unless given. */
  dropout?: number;
  /** Whether `forward` returns the outputs of all steps (true unless given) or of the step that is run last. */
  returnSequences?: boolean;
}

const OWN_OPTIONS = ["numLayers", "reverse", "dropout", "returnSequences"];

/** How a recurrent layer makes its cells. */
interface CellMaker<Options, Cell> {
  /** The layer's name. */
  layer: string;
  /** The names of the options of a cell. */
  known: readonly string[];
  /** The names of its states. */
  states: readonly string[];
  make(options: Options, place: CellPlace): Cell;
}

/** Layers of recurrent cells over whole sequences: what `RNN`, `LSTM` and `GRU` have in common. */
export abstract class Recurrent<Options extends RecurrentCellOptions, Cell extends RecurrentCell> extends Layer {
  /** The layers, the one next to the input first. */
  readonly cells: readonly Cell[];
  protected readonly layer: string;
  private readonly stateNames: readonly string[];
  /** Whether it runs from the last step to the first. */
  readonly reverse: boolean;
  private readonly dropout: number;
  private readonly returnSequences: boolean;
  private outputShape: Shape | null = null;

  constructor(options: Options & RecurrentOptions, { layer, known, states, make }: CellMaker<Options, Cell>) {
    super();
    checkOptions(layer, options, [...known, ...OWN_OPTIONS]);
    const { numLayers = 1, reverse = false, dropout = 0, returnSequences = true, ...rest } = options;
    checkCount(layer, "numLayers", numLayers, 1, MOST_LAYERS);
    checkFlag(layer, "reverse", reverse);
    checkFlag(layer, "returnSequences", returnSequences);
    checkDropout(layer, dropout, numLayers);
    const { nOut, nIn = null } = rest;
    this.cells = Array.from({ length: numLayers }, (_, i) => {
      const inputs = i === 0 ? nIn : nOut;
      // All weights are drawn at the same time, so that a seed gives the same ones whether `nIn` is given or told.
      const cellOptions = { ...rest, nIn: nIn === null ? null : inputs } as unknown as Options;
      return make(cellOptions, { layer, nIn: inputs });
    });
    this.layer = layer;
    this.stateNames = states;
    this.reverse = reverse;
    this.dropout = dropout;
    this.returnSequences = returnSequences;
  }

  /** The shape of what the last `forward` or `forwardWithState` returned as outputs; none before the first. */
  override get outputShapes(): readonly Shape[] {
    return this.outputShape === null ? [] : [this.outputShape];
  }

  /** Outputs, and the last states (numLayers, N, nOut) in the order of their names. */
  protected run(x: Operand, initial: readonly Operand[] | null): [outputs: Variable, ...states: Variable[]] {
    const { layer, cells, stateNames } = this;
    const { nOut, dtype, nIn } = cells[0]!;
    const input = layerInput(layer, x, { layout: "(N, nIn, nT)", ndim: 3, dtype });
    const [rows, inputs] = input.shape as [number, number, number];
    if (nIn !== null && inputs !== nIn) {
      throw new ShapeError(
        `${layer}: the input of shape ${shapeText(input.shape)} has ${inputs} features; expected ${nIn}, as (N, nIn, nT)`,
      );
    }
    const states =
      initial === null
        ? null
        : stateVariables(layer, stateNames, initial, {
            shape: [cells.length, rows, nOut],
            layout: "(numLayers, N, nOut)",
            dtype,
          }).map((state) => unbind(state));
    initializeAll(cells.flatMap((cell, i) => (cell.initialized ? [] : cell.draw(i === 0 ? inputs : nOut))));
    const [sequence, last] = this.layers(transpose(input, [2, 0, 1]), states);
    const outputs = this.returnSequences ? transpose(sequence, [1, 2, 0]) : last.at(-1)![0]!;
    this.outputShape = outputs.shape;
    return [outputs, ...stateNames.map((_, k) => stack(last.map((of) => of[k]!)))];
  }

  /** The outputs of the last layer, and the last states of each, over a sequence (nT, N, nIn). */
  private layers(x: Variable, states: readonly (readonly Variable[])[] | null): [Variable, Variable[][]] {
    const training = this.training && config.train;
    let sequence = x;
    const last = this.cells.map((cell, i) => {
      const from = i === 0 ? sequence : dropout(sequence, { p: this.dropout, training });
      const [outputs, ...after] = cell.unroll(from, states?.map((of) => of[i]!) ?? null, this.reverse);
      sequence = outputs!;
      return after;
    });
    return [sequence, last];
  }

  protected override hyperparameters(): Hyperparameters {
    const { cells, reverse, dropout, returnSequences } = this;
    const { hyperparameters } = cells[0]!.config();
    return { ...hyperparameters, numLayers: cells.length, reverse, dropout, returnSequences };
  }
}

function checkDropout(layer: string, p: unknown, numLayers: number): void {
  if (typeof p !== "number" || !(p >= 0 && p <= 1)) {
    throw new ArgumentError(`${layer}: dropout is ${describe(p)}; expected a probability from 0 to 1`);
  }
  if (p > 0 && numLayers === 1) {
    throw new ArgumentError(
      `${layer}: dropout is ${p} and there is one layer; expected numLayers of at least 2, between which it acts, or a Dropout layer`,
    );
  }
}
