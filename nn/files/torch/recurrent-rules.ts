import type { NDArray } from "../../../core/ndarray.js";
import { binary, concatenate, filled } from "../../../core/numeric.js";
import type { Shape } from "../../../core/shape.js";
import { slice } from "../../../core/slicing.js";
import type { GRU } from "../../layers/gru.js";
import type { GRUCell } from "../../layers/gru-cell.js";
import type { LSTM } from "../../layers/lstm.js";
import type { LSTMCell } from "../../layers/lstm-cell.js";
import type { RNN } from "../../layers/rnn.js";
import type { RNNCell } from "../../layers/rnn-cell.js";
import type { BidirectionalLSTM } from "../../modules/bidirectional-lstm.js";
import { type Exchange, permuted, present, same, type TorchTensor, when } from "./exchange.js";

/*
 * Recurrent layers. PyTorch puts the weights of all gates below each other, and the number of the layer and the direction behind
 * the names: `weight_ih_l0_reverse`. The cells have no such ending.
 */

/** The names of a tensor, with each ending that it may have. */
type Named = (name: string) => TorchTensor["names"];

/** The gates of an LSTM in the order of PyTorch: i, f, g, o. */
const GATES = ["u", "f", "c", "o"] as const;

/** `RNNCell`. */
export function rnnCell(cell: RNNCell): Exchange[] {
  return plainCell(cell, (name) => [name]);
}

/** `GRUCell`, whose layout is the same. */
export function gruCell(cell: GRUCell): Exchange[] {
  return gatedCell(cell, (name) => [name]);
}

/** `LSTMCell`. */
export function lstmCell(cell: LSTMCell): Exchange[] {
  return memoryCell(cell, (name) => [name]);
}

/** `RNN` of one direction; one that is reversed is the backward half of a bidirectional one. */
export function rnn({ cells, reverse }: RNN): Exchange[] {
  return cells.flatMap((cell, i) => inside(`cells.${i}`, plainCell(cell, endings(i, reverse))));
}

/** `GRU`; see `rnn`. */
export function gru({ cells, reverse }: GRU): Exchange[] {
  return cells.flatMap((cell, i) => inside(`cells.${i}`, gatedCell(cell, endings(i, reverse))));
}

/** `LSTM`; see `rnn`. */
export function lstm({ cells, reverse }: LSTM): Exchange[] {
  return cells.flatMap((cell, i) => inside(`cells.${i}`, memoryCell(cell, endings(i, reverse))));
}

/** `LSTM(bidirectional=True)`. */
export function bidirectionalLSTM({ cellFwd, cellBwd }: BidirectionalLSTM): Exchange[] {
  return [
    ...inside(
      "cellFwd",
      memoryCell(cellFwd, (name) => [`${name}_l0`]),
    ),
    ...inside(
      "cellBwd",
      memoryCell(cellBwd, (name) => [`${name}_l0_reverse`]),
    ),
  ];
}

/** A reversed layer is also read from a module that PyTorch does not know to run backward. */
function endings(layer: number, reverse: boolean): Named {
  return reverse ? (name) => [`${name}_l${layer}_reverse`, `${name}_l${layer}`] : (name) => [`${name}_l${layer}`];
}

function inside(name: string, exchanges: readonly Exchange[]): Exchange[] {
  return exchanges.map((exchange) => ({ ...exchange, ours: exchange.ours.map((own) => `${name}.${own}`) }));
}

function plainCell({ Wax, Waa, ba, bx }: RNNCell, named: Named): Exchange[] {
  return present(
    permuted("Wax", Wax, named("weight_ih"), [1, 0]),
    permuted("Waa", Waa, named("weight_hh"), [1, 0]),
    when(bx, (entry) => same("bx", entry, named("bias_ih"))),
    when(ba, (entry) => same("ba", entry, named("bias_hh"))),
  );
}

function gatedCell({ weightIh, weightHh, biasIh, biasHh }: GRUCell, named: Named): Exchange[] {
  return present(
    same("weightIh", weightIh, named("weight_ih")),
    same("weightHh", weightHh, named("weight_hh")),
    when(biasIh, (entry) => same("biasIh", entry, named("bias_ih"))),
    when(biasHh, (entry) => same("biasHh", entry, named("bias_hh"))),
  );
}

function memoryCell({ nIn, nOut, bu }: LSTMCell, named: Named): Exchange[] {
  const parts = (x: NDArray) => GATES.map((_, i) => x.slice(slice(i * nOut, (i + 1) * nOut)));
  const weights: Exchange = {
    ours: GATES.map((gate) => `W${gate}`),
    torch: [
      { names: named("weight_ih"), shape: [4 * nOut, nIn] },
      { names: named("weight_hh"), shape: [4 * nOut, nOut] },
    ],
    fromTorch: ([ih, hh]) => parts(concatenate([hh!, ih!], 1)).map((part) => part.transpose()),
    toTorch: (gates) => {
      const all = concatenate(gates, 1).transpose();
      return [all.slice(slice(), slice(nOut, null)), all.slice(slice(), slice(0, nOut))];
    },
  };
  const length: Shape = [4 * nOut];
  // There is one bias here where PyTorch has two, which it adds up.
  const biases: Exchange = {
    ours: GATES.map((gate) => `b${gate}`),
    torch: ["bias_ih", "bias_hh"].map((name) => ({ names: named(name), shape: length })),
    fromTorch: ([ih, hh]) => parts(binary("add", ih!, hh!)),
    toTorch: (gates) => [concatenate(gates, 0), filled(length, 0, gates[0]!.dtype)],
  };
  return bu === null ? [weights] : [weights, biases];
}
