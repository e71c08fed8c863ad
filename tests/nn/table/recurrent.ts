import type { Variable } from "../../../core/variable.js";
import { unbind } from "../../../functions/joining.js";
import { GRU, GRUCell, LSTM, LSTMCell, type LSTMState, RNN, RNNCell } from "../../../nn/index.js";
import { type LayerCase, type MakeOptions, real, row } from "./case.js";

/*
 * In Python: the parameters of the cell whose names begin with `at`, as PyTorch's functions take them. PyTorch's gates of an
 * LSTM are i, f, g, o, which are u, f, c, o here.
 */

const RNN_WEIGHTS = `
def weights(at):
    return [p[at + "Wax"].T.contiguous(), p[at + "Waa"].T.contiguous()] + [p[at + b] for b in ("bx", "ba") if at + b in p]
`;

const LSTM_WEIGHTS = `
def weights(at):
    W = torch.cat([p[at + "W" + gate] for gate in "ufco"], 1)
    width = W.shape[1] // 4
    both = [W[width:].T.contiguous(), W[:width].T.contiguous()]
    if at + "bf" not in p:
        return both
    b = torch.cat([p[at + "b" + gate] for gate in "ufco"])
    return both + [b, torch.zeros_like(b)]
`;

const GRU_WEIGHTS = `
def weights(at):
    return [p[at + name] for name in ("weightIh", "weightHh", "biasIh", "biasHh") if at + name in p]
`;

/** One of PyTorch's networks, and how to give it our parameters. */
interface Twin {
  /** Its name among PyTorch's functions. */
  name: string;
  weights: string;
  /** Its states, by our names. */
  states: readonly string[];
}

const RNN_TANH: Twin = { name: "rnn_tanh", weights: RNN_WEIGHTS, states: ["A"] };
const RNN_RELU: Twin = { ...RNN_TANH, name: "rnn_relu" };
const LSTM_TWIN: Twin = { name: "lstm", weights: LSTM_WEIGHTS, states: ["A", "C"] };
const GRU_TWIN: Twin = { name: "gru", weights: GRU_WEIGHTS, states: ["h"] };

interface Setting {
  layers?: number;
  reverse?: boolean;
  /** In Python: the probability. */
  dropout?: string;
  /** Whether states are given, after x, or zeros. */
  given?: boolean;
  /** What of `y` (the outputs) and the last states `A`, `C`, `h` is returned. */
  returns: string;
}

/** PyTorch's network over the sequence x[0] (N, nIn, nT). */
function network({ name, weights, states }: Twin, setting: Setting): string {
  const { layers = 1, reverse = false, dropout = "0.0", given = true, returns } = setting;
  const initial = states.map((_, i) => (given ? `x[${i + 1}]` : "zeros")).join(", ");
  const flipped = reverse ? ".flip(0)" : "";
  return `${weights}
parameters = [w for layer in range(${layers}) for w in weights(f"cells.{layer}.")]
hasBias = len(parameters) == 4 * ${layers}
zeros = torch.zeros(${layers}, x[0].shape[0], parameters[1].shape[1])
sequence = x[0].permute(2, 0, 1)${flipped}
${["y", ...states].join(", ")} = torch._VF.${name}(sequence, ${states.length > 1 ? `(${initial})` : initial}, parameters, hasBias, ${layers}, ${dropout}, training, False, False)
y = y${flipped}.permute(1, 2, 0)
${returns}`;
}

/** PyTorch's cell over the steps of x[0] (N, nIn, nT), or over x[0] (N, nIn) itself: the states after each. */
function cell({ name, weights, states }: Twin, { given = true, steps = true } = {}): string {
  const initial = states.map((_, i) => (given ? `x[${i + 1}]` : "torch.zeros(x[0].shape[0], parameters[1].shape[1])"));
  return `${weights}
parameters = weights("")
state = ${states.length > 1 ? `(${initial.join(", ")})` : initial[0]}
found = []
for step in ${steps ? "x[0].unbind(2)" : "[x[0]]"}:
    state = torch.${name}_cell(step, state, *parameters)
    found.extend(${states.length > 1 ? "state" : "[state]"})
found`;
}

/** Calls a cell for each step of a sequence (N, nIn, nT), and returns the states after each. */
function stepByStep(layer: RNNCell | GRUCell, x: Variable, state?: Variable): Variable[] {
  let after = state ?? null;
  return unbind(x, { axis: 2 }).map((step) => {
    after = layer.forward(step, after);
    return after;
  });
}

function lstmStepByStep(layer: LSTMCell, x: Variable, A?: Variable, C?: Variable): Variable[] {
  let after: LSTMState | null = A === undefined || C === undefined ? null : [A, C];
  return unbind(x, { axis: 2 }).flatMap((step) => {
    after = layer.forward(step, after);
    return after;
  });
}

/** Outputs and last states, in a list. */
const all = (layer: RNN | GRU, x: Variable, state?: Variable): Variable[] => layer.forwardWithState(x, state ?? null);

function allOfLstm(layer: LSTM, x: Variable, A?: Variable, C?: Variable): Variable[] {
  const [y, state] = layer.forwardWithState(x, A === undefined || C === undefined ? null : [A, C]);
  return [y, ...state];
}

const sizes = { nIn: 2 };
const sequence = real([2, 2, 4]);

/** Rows that RNN and GRU, with one state, have alike. */
function rowsOf(layer: "RNN" | "GRU", twin: Twin): LayerCase[] {
  const of = layer === "RNN" ? RNN : GRU;
  const state = twin.states[0]!;
  const make = (options: object) => (o: MakeOptions) => new of({ nOut: 3, ...options, ...o });
  return [
    row({
      layer,
      label: "outputs alone",
      make: make({}),
      sizes,
      inputs: [sequence],
      torch: network(twin, { given: false, returns: "y" }),
    }),
    row({
      layer,
      label: "initial and final state",
      make: make({}),
      sizes,
      inputs: [sequence, real([1, 2, 3])],
      call: all,
      torch: network(twin, { returns: `y, ${state}` }),
    }),
    row({
      layer,
      label: "3 layers, reverse",
      make: make({ numLayers: 3, reverse: true }),
      sizes,
      inputs: [sequence, real([3, 2, 3])],
      call: all,
      torch: network(twin, { layers: 3, reverse: true, returns: `y, ${state}` }),
    }),
    row({
      layer,
      label: "1 step of 1 example, no bias",
      make: make({ bias: false }),
      sizes,
      inputs: [real([1, 2, 1]), real([1, 1, 3])],
      call: all,
      torch: network(twin, { returns: `y, ${state}` }),
    }),
    row({
      layer,
      label: "the last output alone, reverse",
      make: make({ returnSequences: false, reverse: true }),
      sizes,
      inputs: [sequence],
      torch: network(twin, { given: false, reverse: true, returns: "y[:, :, 0]" }),
    }),
    row({
      layer,
      label: "2 layers, dropout 1 in training",
      make: make({ numLayers: 2, dropout: 1 }),
      sizes,
      inputs: [sequence, real([2, 2, 3])],
      call: all,
      training: [true, false, true],
      torch: network(twin, { layers: 2, dropout: "1.0", returns: `y, ${state}` }),
    }),
  ];
}

/** The states of an Elman network with another activation, written out. */
const ELMAN = `
A, found = x[1][0], []
for step in x[0].unbind(2):
    A = torch.sigmoid(A @ p["cells.0.Waa"] + p["cells.0.ba"] + step @ p["cells.0.Wax"] + p["cells.0.bx"])
    found.append(A)
torch.stack(found, 2), A[None]`;

const OTHER_LSTM = `
A, C, found = x[1][0], x[2][0], []
for step in x[0].unbind(2):
    both = torch.cat([A, step], 1)
    forget, update, output = [torch.tanh(both @ p["cells.0.W" + g] + p["cells.0.b" + g]) for g in "fuo"]
    C = forget * C + update * F.softplus(both @ p["cells.0.Wc"] + p["cells.0.bc"])
    A = output * F.softplus(C)
    found.append(A)
torch.stack(found, 2), A[None], C[None]`;

const OTHER_GRU = `
h, found = x[1][0], []
for step in x[0].unbind(2):
    xr, xz, xn = F.linear(step, p["cells.0.weightIh"], p["cells.0.biasIh"]).chunk(3, 1)
    hr, hz, hn = F.linear(h, p["cells.0.weightHh"], p["cells.0.biasHh"]).chunk(3, 1)
    z = torch.tanh(xz + hz)
    h = (1 - z) * F.softplus(xn + torch.tanh(xr + hr) * hn) + z * h
    found.append(h)
torch.stack(found, 2), h[None]`;

/** Recurrent cells, and layers of them over sequences. */
export const cases: readonly LayerCase[] = [
  row({
    layer: "RNNCell",
    label: "a step",
    make: (o) => new RNNCell({ nOut: 3, ...o }),
    sizes,
    inputs: [real([4, 2]), real([4, 3])],
    torch: cell(RNN_TANH, { steps: false }),
  }),
  row({
    layer: "RNNCell",
    label: "9 steps from zeros",
    make: (o) => new RNNCell({ nOut: 3, ...o }),
    sizes,
    inputs: [real([2, 2, 9])],
    call: stepByStep,
    torch: cell(RNN_TANH, { given: false }),
  }),
  row({
    layer: "RNNCell",
    label: "relu, no bias, 1 example",
    make: (o) => new RNNCell({ nOut: 3, actFn: "relu", bias: false, ...o }),
    sizes,
    inputs: [real([1, 2, 3]), real([1, 3])],
    call: stepByStep,
    torch: cell(RNN_RELU).replaceAll("*parameters", "*parameters, None, None"),
  }),
  row({
    layer: "LSTMCell",
    label: "a step",
    make: (o) => new LSTMCell({ nOut: 3, ...o }),
    sizes,
    inputs: [real([4, 2]), real([4, 3]), real([4, 3])],
    call: (layer, x, A, C) => layer.forward(x!, [A!, C!]),
    torch: cell(LSTM_TWIN, { steps: false }),
  }),
  row({
    layer: "LSTMCell",
    label: "9 steps from zeros",
    make: (o) => new LSTMCell({ nOut: 3, ...o }),
    sizes,
    inputs: [real([2, 2, 9])],
    call: lstmStepByStep,
    torch: cell(LSTM_TWIN, { given: false }),
  }),
  row({
    layer: "LSTMCell",
    label: "no bias, 1 example, 1 unit",
    make: (o) => new LSTMCell({ nOut: 1, bias: false, ...o }),
    sizes,
    inputs: [real([1, 2, 3]), real([1, 1]), real([1, 1])],
    call: lstmStepByStep,
    torch: cell(LSTM_TWIN).replaceAll("*parameters", "*parameters, None, None"),
  }),
  row({
    layer: "GRUCell",
    label: "a step",
    make: (o) => new GRUCell({ nOut: 3, ...o }),
    sizes,
    inputs: [real([4, 2]), real([4, 3])],
    torch: cell(GRU_TWIN, { steps: false }),
  }),
  row({
    layer: "GRUCell",
    label: "9 steps from zeros",
    make: (o) => new GRUCell({ nOut: 3, ...o }),
    sizes,
    inputs: [real([2, 2, 9])],
    call: stepByStep,
    torch: cell(GRU_TWIN, { given: false }),
  }),
  row({
    layer: "GRUCell",
    label: "no bias, 1 example, 1 unit",
    make: (o) => new GRUCell({ nOut: 1, bias: false, ...o }),
    sizes,
    inputs: [real([1, 2, 3]), real([1, 1])],
    call: stepByStep,
    torch: cell(GRU_TWIN).replaceAll("*parameters", "*parameters, None, None"),
  }),
  ...rowsOf("RNN", RNN_TANH),
  row({
    layer: "RNN",
    label: "relu, 2 layers",
    make: (o) => new RNN({ nOut: 3, actFn: "relu", numLayers: 2, ...o }),
    sizes,
    inputs: [sequence, real([2, 2, 3])],
    call: all,
    torch: network(RNN_RELU, { layers: 2, returns: "y, A" }),
  }),
  row({
    layer: "RNN",
    label: "another activation",
    make: (o) => new RNN({ nOut: 3, actFn: "sigmoid", ...o }),
    sizes,
    inputs: [sequence, real([1, 2, 3])],
    call: all,
    torch: ELMAN,
  }),
  row({
    layer: "LSTM",
    label: "outputs alone",
    make: (o) => new LSTM({ nOut: 3, forgetBias: 1, ...o }),
    sizes,
    inputs: [sequence],
    torch: network(LSTM_TWIN, { given: false, returns: "y" }),
  }),
  row({
    layer: "LSTM",
    label: "initial and final states",
    make: (o) => new LSTM({ nOut: 3, ...o }),
    sizes,
    inputs: [sequence, real([1, 2, 3]), real([1, 2, 3])],
    call: allOfLstm,
    torch: network(LSTM_TWIN, { returns: "y, A, C" }),
  }),
  row({
    layer: "LSTM",
    label: "3 layers, reverse",
    make: (o) => new LSTM({ nOut: 2, numLayers: 3, reverse: true, ...o }),
    sizes: { nIn: 3 },
    inputs: [real([2, 3, 3]), real([3, 2, 2]), real([3, 2, 2])],
    call: allOfLstm,
    torch: network(LSTM_TWIN, { layers: 3, reverse: true, returns: "y, A, C" }),
  }),
  row({
    layer: "LSTM",
    label: "1 step of 1 example, no bias",
    make: (o) => new LSTM({ nOut: 3, bias: false, ...o }),
    sizes,
    inputs: [real([1, 2, 1]), real([1, 1, 3]), real([1, 1, 3])],
    call: allOfLstm,
    torch: network(LSTM_TWIN, { returns: "y, A, C" }),
  }),
  row({
    layer: "LSTM",
    label: "the last output alone, reverse, 2 layers",
    make: (o) => new LSTM({ nOut: 3, numLayers: 2, returnSequences: false, reverse: true, ...o }),
    sizes,
    inputs: [sequence],
    torch: network(LSTM_TWIN, { layers: 2, given: false, reverse: true, returns: "y[:, :, 0]" }),
  }),
  row({
    layer: "LSTM",
    label: "2 layers, dropout 1 in training",
    make: (o) => new LSTM({ nOut: 3, numLayers: 2, dropout: 1, ...o }),
    sizes,
    inputs: [sequence, real([2, 2, 3]), real([2, 2, 3])],
    call: allOfLstm,
    training: [true, false, true],
    torch: network(LSTM_TWIN, { layers: 2, dropout: "1.0", returns: "y, A, C" }),
  }),
  row({
    layer: "LSTM",
    label: "other activations",
    make: (o) => new LSTM({ nOut: 3, actFn: "softplus", gateFn: "tanh", ...o }),
    sizes,
    inputs: [sequence, real([1, 2, 3]), real([1, 2, 3])],
    call: allOfLstm,
    torch: OTHER_LSTM,
  }),
  ...rowsOf("GRU", GRU_TWIN),
  row({
    layer: "GRU",
    label: "other activations",
    make: (o) => new GRU({ nOut: 3, actFn: "softplus", gateFn: "tanh", ...o }),
    sizes,
    inputs: [sequence, real([1, 2, 3])],
    call: all,
    torch: OTHER_GRU,
  }),
];
