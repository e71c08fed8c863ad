import type { NDArray } from "../../../../core/ndarray.js";
import { concatenate, span } from "../../../../core/numeric.js";
import type { Shape } from "../../../../core/shape.js";
import type { TracedValue } from "../program.js";
import type { Rule, Translation } from "../translation.js";
import type { Attributes, Value } from "../value.js";

/** Where ONNX has the blocks of columns of our weights: i, f, g, o as i, o, f, c; r, z, n as z, r, h. */
const LSTM_ORDER = [0, 3, 1, 2];
const GRU_ORDER = [1, 0, 2];

/** Inputs are x, h0, c0, Wx, Wh, b. */
export const lstm: Rule = (t) => {
  const [Wx, Wh, b] = [3, 4, 5].map((i) => t.input(i)) as [Value, Value, Value];
  const B = biases(t, blocks(t, b, LSTM_ORDER), zeros(t, b));
  const weights = [transposed(t, Wx, LSTM_ORDER), transposed(t, Wh, LSTM_ORDER), B];
  return recurrent(t, "LSTM", [1, 2], weights, {});
};

/** Inputs are x, h0, Wx, Wh, bx, bh. */
export const gru: Rule = (t) => {
  const [Wx, Wh, bx, bh] = [2, 3, 4, 5].map((i) => t.input(i)) as [Value, Value, Value, Value];
  const B = biases(t, blocks(t, bx, GRU_ORDER), blocks(t, bh, GRU_ORDER));
  const weights = [transposed(t, Wx, GRU_ORDER), transposed(t, Wh, GRU_ORDER), B];
  return recurrent(t, "GRU", [1], weights, { linear_before_reset: 1 });
};

/** Inputs are x, h0, Wx, Wh, b. */
export const rnn: Rule = (t) => {
  const [Wx, Wh, b] = [2, 3, 4].map((i) => t.input(i)) as [Value, Value, Value];
  const weights = [transposed(t, Wx, [0]), transposed(t, Wh, [0]), biases(t, b, zeros(t, b))];
  const activation = t.field("op") === "tanh" ? "Tanh" : "Relu";
  return recurrent(t, "RNN", [1], weights, { activations: [activation] });
};

/** The operator over the whole sequence, with the axis of directions taken away from what it gives. */
function recurrent(
  t: Translation,
  op: string,
  states: readonly number[],
  weights: readonly Value[],
  attributes: Attributes,
) {
  const { graph } = t;
  const initial = states.map((i) => (isZero(t, t.step.inputs[i]!) ? null : graph.unsqueeze(t.input(i), [0])));
  const direction = t.field<boolean>("reverse") ? "reverse" : "forward";
  const [sequences, ...last] = t.step.outputs.map((_, i) => t.typed(i));
  const outputs = [
    { ...sequences!, shapes: sequences!.shapes.map(([T, ...rest]): Shape => [T!, 1, ...rest]) },
    ...last.map((typed) => ({ ...typed, shapes: typed.shapes.map((shape): Shape => [1, ...shape]) })),
  ];
  const hidden = t.shapes()[0]!.at(-1)!;
  const inputs = [t.input(0), ...weights, null, ...initial];
  const made = graph.nodeOf(op, inputs, outputs, { hidden_size: hidden, direction, ...attributes });
  return made.map((value, i) => graph.squeeze(value, [i === 0 ? 1 : 0]));
}

/** Weights (in, gates * H) as ONNX has them, (1, gates * H, in). */
function transposed(t: Translation, W: Value, order: readonly number[]): Value {
  return t.graph.unsqueeze(t.graph.transpose(blocks(t, W, order), [1, 0]), [0]);
}

/** The biases of the input's share and of the states', one after the other, (1, 2 * gates * H). */
function biases(t: Translation, bx: Value, bh: Value): Value {
  return t.graph.unsqueeze(t.graph.concat([bx, bh], 0), [0]);
}

/** Blocks along the last axis in another order. */
function blocks(t: Translation, W: Value, order: readonly number[]): Value {
  if (order.length === 1) return W;
  const axis = W.shapes[0]!.length - 1;
  const width = W.shapes[0]![axis]! / order.length;
  if (W.data?.array) {
    const { array } = W.data;
    const parts = order.map((k) => span(array, axis, k * width, width));
    return t.graph.constant(concatenate(parts, axis), W.name);
  }
  const shapes = W.shapes.map((shape): Shape => shape.map((n, i) => (i === axis ? width : n)));
  const lengths = t.graph.integers(order.map(() => width));
  const parts = t.graph.nodeOf(
    "Split",
    [W, lengths],
    order.map(() => ({ type: W.type, shapes })),
    { axis },
  );
  return t.graph.concat(
    order.map((k) => parts[k]!),
    axis,
  );
}

function zeros(t: Translation, like: Value): Value {
  const { type, shapes } = like;
  return t.graph.expand(t.graph.reshape(t.graph.number(0, type as NDArray["dtype"]), t.graph.everywhere([1])), shapes);
}

/** Whether states are nothing but zeros that no function made. */
function isZero({ program }: Translation, state: TracedValue): boolean {
  if (state.step !== null || program.inputs.includes(state)) return false;
  return state.arrays.every((array) => array.toTypedArray().every((value) => value === 0));
}
