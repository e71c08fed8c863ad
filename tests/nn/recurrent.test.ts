import {
  constant,
  gradcheck,
  type NDArray,
  type Operand,
  randomNormal,
  seed,
  slice,
  usingConfig,
  type Variable,
  variable,
  zeros,
} from "../../core/index.js";
import { flip } from "../../functions/arrangement.js";
import { getItem } from "../../functions/indexing.js";
import { stack, unbind } from "../../functions/joining.js";
import { meanSquaredError } from "../../functions/loss.js";
import { sigmoid, tanh } from "../../functions/math.js";
import { dropout } from "../../functions/random.js";
import { transpose } from "../../functions/shape.js";
import {
  type ActivationSpec,
  FullyConnected,
  fromConfig,
  GRU,
  GRUCell,
  type Initializer,
  type Layer,
  LSTM,
  LSTMCell,
  RNN,
  RNNCell,
  Sequential,
  truncNormal,
} from "../../nn/index.js";
import { Adam } from "../../optim/index.js";

beforeEach(() => seed(31));

const normal = (shape: number[]) => randomNormal(shape, { dtype: "float64" });

/** How each network is made, called with all of its states in one list, and stepped. */
interface Network {
  make(options: object): RNN | LSTM | GRU;
  call(layer: never, x: Operand, states?: readonly Variable[]): Variable[];
  step(cell: never, x: Variable, states: readonly Variable[]): Variable[];
  states: number;
  /** What makes it run as one Function, and the same hidden in functions that are not known. */
  known: Record<string, ActivationSpec>;
  hidden: Record<string, ActivationSpec>;
}

const hiddenTanh = (x: Variable) => tanh(x);
const hiddenSigmoid = (x: Variable) => sigmoid(x);

const oneState = {
  call: (layer: RNN | GRU, x: Operand, states?: readonly Variable[]) => layer.forwardWithState(x, states?.[0] ?? null),
  step: (cell: RNNCell | GRUCell, x: Variable, [state]: readonly Variable[]) => [cell.forward(x, state!)],
  states: 1,
};

const networks: Record<string, Network> = {
  RNN: {
    ...oneState,
    make: (o) => new RNN({ nOut: 5, dtype: "float64", ...o }),
    known: { actFn: "Tanh" },
    hidden: { actFn: hiddenTanh },
  },
  GRU: {
    ...oneState,
    make: (o) => new GRU({ nOut: 5, dtype: "float64", ...o }),
    known: { actFn: tanh, gateFn: "sigmoid" },
    hidden: { actFn: hiddenTanh, gateFn: hiddenSigmoid },
  },
  LSTM: {
    make: (o) => new LSTM({ nOut: 5, dtype: "float64", ...o }),
    call: (layer: LSTM, x, states) => {
      const [y, last] = layer.forwardWithState(x, states === undefined ? null : [states[0]!, states[1]!]);
      return [y, ...last];
    },
    step: (cell: LSTMCell, x, [A, C]) => cell.forward(x, [A!, C!]),
    states: 2,
    known: { actFn: "tanh", gateFn: "Sigmoid" },
    hidden: { actFn: hiddenTanh, gateFn: hiddenSigmoid },
  },
};

/** The same from cells alone, step by step and layer by layer. */
function byCells(
  { step }: Network,
  layer: RNN | LSTM | GRU,
  x: Variable,
  states: readonly Variable[],
  reverse: boolean,
): Variable[] {
  let steps = unbind(x, { axis: 2 });
  const last = layer.cells.map((cell, i) => {
    let state = states.map((of) => getItem(of, i));
    if (reverse) steps.reverse();
    steps = steps.map((input) => {
      state = step(cell as never, input, state);
      return state[0]!;
    });
    if (reverse) steps.reverse();
    return state;
  });
  return [stack(steps, { axis: 2 }), ...states.map((_, k) => stack(last.map((of) => of[k]!)))];
}

function expectClose(actual: readonly Variable[], expected: readonly Variable[], tolerance = 1e-12): void {
  expect(actual.map((y) => y.shape)).toEqual(expected.map((y) => y.shape));
  const difference = actual.map((y, i) => {
    const wanted = expected[i]!.toTypedArray();
    return Math.max(...Array.from(y.toTypedArray(), (v, k) => Math.abs(Number(v) - Number(wanted[k]!))));
  });
  expect(Math.max(...difference)).toBeLessThan(tolerance);
}

/** Gradients of the parameters and `leaves` for gradients of `ys`, which are taken away again. */
function gradients(layer: Layer, leaves: readonly Variable[], ys: readonly Variable[], gradYs: readonly NDArray[]) {
  ys.forEach((y, i) => {
    y.backward({ gradient: gradYs[i]! });
  });
  const all = [...layer.parameters(), ...leaves];
  const found = all.map((p) => p.grad!);
  for (const p of all) p.clearGrad();
  return found;
}

describe.each(Object.entries(networks))("%s", (name, network) => {
  test.each([false, true])("as one Function, composed and by cells are the same, reverse %s", (reverse) => {
    const fused = network.make({ nIn: 3, numLayers: 2, reverse, ...network.known });
    const composed = network.make({ nIn: 3, numLayers: 2, reverse, ...network.hidden });
    composed.loadStateDict(fused.stateDict());
    const x = variable(normal([4, 3, 9]));
    const states = Array.from({ length: network.states }, () => variable(normal([2, 4, 5])));
    const wanted = network.call(fused as never, x, states);
    const gradYs = wanted.map((y) => normal([...y.shape]));
    const wantedGradients = gradients(fused, [x, ...states], wanted, gradYs);
    for (const [layer, ys] of [
      [composed, network.call(composed as never, x, states)],
      [fused, byCells(network, fused, x, states, reverse)],
    ] as const) {
      expectClose(ys, wanted);
      expectClose(gradients(layer, [x, ...states], ys, gradYs), wantedGradients);
    }
  });

  test("known activations run as one Function however many steps there are, others step by step", () => {
    const depth = (options: object, steps: number) => network.make(options).forward(normal([2, 3, steps])).generation;
    expect(depth(network.known, 9)).toBe(depth(network.known, 2));
    expect(depth(network.hidden, 9)).toBeGreaterThan(depth(network.hidden, 2) + 7);
  });

  test("in reverse, an output belongs to its input, and the last state is that after t = 0", () => {
    const forward = network.make({ nIn: 3 });
    const backward = network.make({ nIn: 3, reverse: true });
    backward.loadStateDict(forward.stateDict());
    const x = normal([2, 3, 6]);
    const [y, ...states] = network.call(backward as never, x);
    const [turned, ...wanted] = network.call(forward as never, flip(x, { axis: 2 }));
    expectClose([y!, ...states], [flip(turned!, { axis: 2 }), ...wanted], 1e-15);
    expectClose([getItem(states[0]!, 0)], [getItem(y!, slice(), slice(), 0)], 1e-15);
  });

  test("states carry over from one part of a sequence to the next, with gradients", () => {
    const layer = network.make({ nIn: 3, numLayers: 2 });
    const x = variable(normal([2, 3, 7]));
    const [whole, ...last] = network.call(layer as never, x);
    const gradY = normal([2, 5, 7]);
    const wanted = gradients(layer, [x], [whole!], [gradY]);
    const [first, ...states] = network.call(layer as never, getItem(x, slice(), slice(), slice(0, 3)));
    const [second, ...after] = network.call(layer as never, getItem(x, slice(), slice(), slice(3)), states);
    expectClose(after, last);
    const parts = [gradY.slice(slice(), slice(), slice(0, 3)), gradY.slice(slice(), slice(), slice(3))];
    expectClose(gradients(layer, [x], [first!, second!], parts), wanted);
  });

  test("drops outputs between layers in training, not after the last", () => {
    const layer = network.make({ nIn: 3, numLayers: 2, dropout: 0.4 });
    const x = normal([2, 3, 4]);
    seed(8);
    const y = layer.forward(x);
    seed(8);
    const sequence = constant(x.transpose([2, 0, 1]));
    const [inner] = layer.cells[0]!.unroll(sequence, null, false);
    const mask = dropout(inner!, { p: 0.4, training: true });
    expect(mask.toTypedArray().filter((v) => v === 0).length).toBeGreaterThan(5);
    expectClose([transpose(y, [2, 0, 1])], [layer.cells[1]!.unroll(mask, null, false)[0]!], 1e-15);
    expect(layer.forward(x).toArray()).not.toEqual(y.toArray());
    const plain = network.make({ nIn: 3, numLayers: 2 });
    plain.loadStateDict(layer.stateDict());
    const wanted = plain.forward(x).toArray();
    expect(usingConfig({ train: false }, () => layer.forward(x)).toArray()).toEqual(wanted);
    expect(layer.eval().forward(x).toArray()).toEqual(wanted);
  });

  test("passes gradcheck through its state with a layer after the last output", () => {
    const layer = network.make({ returnSequences: false, numLayers: 2 });
    const model = new Sequential(layer, new FullyConnected({ nOut: 1, dtype: "float64" }));
    expect(model.forward(normal([2, 3, 4])).shape).toEqual([2, 1]);
    expect(gradcheck((x) => model.forward(x), [variable(normal([2, 3, 4]))], { order: 2 })).toBe(true);
    const [y, state] = network.call(layer as never, normal([2, 3, 4]));
    expect(y!.toArray()).toEqual(getItem(state!, 1).toArray());
  });

  test("a sequence goes through several of them in a Sequential", () => {
    const model = new Sequential(network.make({}), network.make({ reverse: true, nOut: 2 }));
    expect(model.forward(normal([2, 3, 4])).shape).toEqual([2, 2, 4]);
    expect(Object.keys(model.stateDict())[0]).toMatch(/^0\.cells\.0\.W|^0\.cells\.0\.weightIh$/);
    const rebuilt = fromConfig(JSON.parse(JSON.stringify(model.config()))) as Sequential;
    rebuilt.loadStateDict(model.stateDict());
    const x = normal([1, 3, 5]);
    expect(rebuilt.forward(x).toArray()).toEqual(model.forward(x).toArray());
  });

  test("summary shows the outputs of either way to call it", () => {
    const layer = network.make({});
    expect(layer.outputShapes).toEqual([]);
    network.call(layer as never, normal([2, 3, 4]));
    expect(layer.summary()).toContain("(2, 5, 4)");
    layer.forward(normal([1, 3, 2]));
    expect(layer.outputShapes).toEqual([[1, 5, 2]]);
  });

  test("a state of upper layers that does not fit is refused before the first forward", () => {
    const layer = network.make({ numLayers: 2 });
    const state = network.make({ nIn: 3, numLayers: 2 }).stateDict();
    const weight = Object.keys(state).find((key) => /^cells\.1\.(W|weightI)/.test(key))!;
    const [rows, cols] = state[weight]!.shape as [number, number];
    // One input more than the layer below has outputs.
    const shape = name === "GRU" ? [rows, cols + 1] : [rows + 1, cols];
    const wrong = { ...state, [weight]: zeros(shape, { dtype: "float64" }) };
    expect(() => layer.loadStateDict(wrong)).toThrow(
      `${weight} has shape (${shape.join(", ")}); expected (${rows}, ${cols})`,
    );
    expect(layer.parameters().some((p) => p.initialized)).toBe(false);
    layer.loadStateDict(state);
    expect(layer.config().hyperparameters.nIn).toBe(3);
  });

  test("an initializer that fails in an upper layer leaves all layers as they were", () => {
    let left = 100;
    const init: Initializer = (shape, options) => (left-- > 0 ? truncNormal(shape, options) : zeros([1]));
    network.make({ nIn: 3, init });
    const perCell = 100 - left;
    const layer = network.make({ numLayers: 2, init });
    left = perCell + 1;
    expect(() => layer.forward(normal([2, 3, 4]))).toThrow(`${name}: init drew (1,), float32; expected an NDArray`);
    expect(left).toBe(-1);
    expect(layer.parameters().filter((p) => p.initialized)).toEqual([]);
    left = 100;
    expect(layer.forward(normal([2, 4, 4])).shape).toEqual([2, 5, 4]);
  });

  test.each<[string, (layer: RNN | LSTM | GRU) => void, string]>([
    ["rank", (l) => l.forward(normal([2, 3])), "the input has shape (2, 3); expected 3 axes (N, nIn, nT)"],
    [
      "features",
      (l) => l.forward(normal([2, 7, 3])),
      "the input of shape (2, 7, 3) has 7 features; expected 3, as (N, nIn, nT)",
    ],
    [
      "no steps",
      (l) => l.forward(zeros([2, 3, 0], { dtype: "float64" })),
      "the input of shape (2, 3, 0) has no elements",
    ],
    ["dtype", (l) => l.forward(zeros([2, 3, 1])), "the input is float32; expected float64 (astype)"],
    [
      "state without layers",
      (l) => network.call(l as never, normal([2, 3, 1]), Array(network.states).fill(variable(normal([2, 5])))),
      `the state ${name === "GRU" ? "h" : "A"} has shape (2, 5); expected (numLayers, N, nOut), here (1, 2, 5)`,
    ],
    [
      "dtype of a state",
      (l) => network.call(l as never, normal([2, 3, 1]), Array(network.states).fill(variable(zeros([1, 2, 5])))),
      `the state ${name === "GRU" ? "h" : "A"} is float32; expected float64 (astype)`,
    ],
  ])("refuses another %s and stays as it was", (what, call, message) => {
    for (const layer of [network.make({}), network.make({ nIn: 3 })]) {
      if (what === "features" && layer.config().hyperparameters.nIn === null) continue;
      const before = layer.parameters().map((p) => (p.initialized ? p.data.toArray() : null));
      expect(() => call(layer)).toThrow(`${name}: ${message}`);
      expect(layer.parameters().map((p) => (p.initialized ? p.data.toArray() : null))).toEqual(before);
    }
  });

  test.each([
    [{ nOut: 0 }, "nOut is 0; expected a whole number of at least 1"],
    [{ nIn: 1.5 }, "nIn is 1.5; expected a whole number of at least 1"],
    [{ numLayers: 0 }, "numLayers is 0; expected a whole number of at least 1"],
    [{ reverse: 1 }, "reverse is 1; expected true or false"],
    [{ returnSequences: null }, "returnSequences is null; expected true or false"],
    [{ bias: "yes" }, 'bias is "yes"; expected true or false'],
    [{ dtype: "int32" }, 'dtype is "int32"; expected "float32" or "float64"'],
    [{ dropout: 1.5, numLayers: 2 }, "dropout is 1.5; expected a probability from 0 to 1"],
    [{ dropout: 0.5 }, "dropout is 0.5 and there is one layer; expected numLayers of at least 2"],
    [{ actFn: "nothing" }, 'actFn is "nothing"; expected'],
    [{ layers: 2 }, "unknown option layers; expected some of nOut, nIn, init, bias, dtype, actFn"],
  ])("refuses the options %j", (options, message) => {
    expect(() => network.make(options)).toThrow(`${name}: ${message}`);
  });

  test("an activation without a name has no config, and the error names the layer", () => {
    expect(() => network.make(network.hidden).config()).toThrow(`${name}: a config cannot hold`);
  });
});

describe("cells", () => {
  test("are known by the reference's parameters", () => {
    const names = (layer: Layer) => layer.namedParameters().map(([name, p]) => `${name} ${p.shape.join("x")}`);
    expect(names(new RNNCell({ nOut: 3, nIn: 2 }))).toEqual(["Wax 2x3", "Waa 3x3", "ba 3", "bx 3"]);
    expect(names(new LSTMCell({ nOut: 3, nIn: 2 }))).toEqual([
      ...["Wf 5x3", "Wu 5x3", "Wc 5x3", "Wo 5x3"],
      ...["bf 3", "bu 3", "bc 3", "bo 3"],
    ]);
    expect(names(new GRUCell({ nOut: 3, nIn: 2 }))).toEqual(["weightIh 9x2", "weightHh 9x3", "biasIh 9", "biasHh 9"]);
    expect(names(new GRUCell({ nOut: 3, nIn: 2, bias: false }))).toEqual(["weightIh 9x2", "weightHh 9x3"]);
  });

  test("draw each gate for itself: glorot's bounds, with the gain of its activation", () => {
    const bound = (values: NDArray, fans: number, gain: number) => {
      const widest = Math.max(...values.toTypedArray().map(Math.abs)) / (gain * Math.sqrt(6 / fans));
      expect(widest).toBeLessThanOrEqual(1.000001);
      expect(widest).toBeGreaterThan(0.99);
    };
    const { Wf, Wu, Wc, Wo } = new LSTMCell({ nOut: 40, nIn: 20 });
    for (const W of [Wf, Wu, Wo]) bound(W.data, 100, 1);
    bound(Wc.data, 100, 5 / 3);
    const { weightIh, weightHh } = new GRUCell({ nOut: 40, nIn: 20 });
    for (const [W, fans] of [[weightIh, 60] as const, [weightHh, 80] as const]) {
      [1, 1, 5 / 3].forEach((gain, gate) => {
        bound(W.data.slice(slice(40 * gate, 40 * (gate + 1))), fans, gain);
      });
    }
    const { Wax, Waa } = new RNNCell({ nOut: 40, nIn: 20, actFn: "relu" });
    bound(Wax.data, 60, Math.SQRT2);
    bound(Waa.data, 80, Math.SQRT2);
  });

  test("biases start at 0, that of the forget gate where it is told", () => {
    const { bf, bu, bc, bo } = new LSTMCell({ nOut: 2, nIn: 1, forgetBias: 1.5 });
    expect([bf, bu, bc, bo].map((b) => b!.toArray())).toEqual([
      [1.5, 1.5],
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    const layer = new LSTM({ nOut: 2, numLayers: 2, forgetBias: 1 });
    expect(fromConfig(layer.config()).config()).toEqual(layer.config());
    layer.forward(zeros([1, 3, 1]));
    expect(layer.cells.map((cell) => cell.bf!.toArray())).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  test("start from zeros", () => {
    const x = constant(normal([2, 3]));
    const o = constant(zeros([2, 4], { dtype: "float64" }));
    for (const cell of [new RNNCell({ nOut: 4, dtype: "float64" }), new GRUCell({ nOut: 4, dtype: "float64" })]) {
      expect(cell.forward(x).toArray()).toEqual(cell.forward(x, o).toArray());
    }
    const cell = new LSTMCell({ nOut: 4, dtype: "float64" });
    expect(cell.forward(x).map((s) => s.toArray())).toEqual(cell.forward(x, [o, o]).map((s) => s.toArray()));
  });

  test("take literals in their dtype", () => {
    const [A, C] = new LSTMCell({ nOut: 2, dtype: "float64" }).forward([[1, 2, 3]], [[[0, 1]], [[1, 0]]]);
    expect([A.dtype, C.dtype, A.shape]).toEqual(["float64", "float64", [1, 2]]);
  });

  test.each<[() => void, string]>([
    [
      () => new RNNCell({ nOut: 2 }).forward(zeros([1, 2, 3])),
      "RNNCell: the input has shape (1, 2, 3); expected 2 axes (N, nIn)",
    ],
    [
      () => new GRUCell({ nOut: 2, nIn: 4 }).forward(zeros([1, 3])),
      "GRUCell: the input of shape (1, 3) has 3 features; expected 4",
    ],
    [
      () => new RNNCell({ nOut: 2 }).forward(zeros([4, 3]), zeros([1, 2])),
      "RNNCell: the state A has shape (1, 2); expected (N, nOut), here (4, 2)",
    ],
    [
      () => new LSTMCell({ nOut: 2 }).forward(zeros([4, 3]), [zeros([4, 2]), zeros([4, 3])]),
      "LSTMCell: the state C has shape (4, 3); expected (N, nOut), here (4, 2)",
    ],
    [
      () => new LSTMCell({ nOut: 2 }).forward(zeros([4, 3]), constant(zeros([4, 2])) as never),
      "LSTMCell: the state is a Variable; expected [A, C], or null for zeros",
    ],
    [
      () => new LSTM({ nOut: 2 }).forward(zeros([4, 3, 1]), zeros([1, 4, 2]) as never),
      "LSTM: the state is a NDArray; expected [A, C], or null for zeros",
    ],
    [() => new LSTMCell({ nOut: 2, forgetBias: Number.NaN }), "LSTMCell: forgetBias is NaN; expected a finite number"],
    [
      () => new LSTM({ nOut: 2, forgetBias: 1, bias: false }),
      "LSTM: forgetBias is 1 and bias false; expected one of them left out",
    ],
    [() => new RNNCell({ nOut: 2, gateFn: "sigmoid" } as never), "RNNCell: unknown option gateFn"],
    [() => new LSTM({ nOut: 2, gateFn: "foo" }), 'LSTM: gateFn is "foo"'],
    [() => new GRUCell(3 as never), "GRUCell: expected an object of options"],
  ])("refuse bad input %#", (call, message) => {
    expect(call).toThrow(message);
  });
});

test("an LSTM learns to tell what came first in a sequence", () => {
  const model = new Sequential(
    new LSTM({ nOut: 8, forgetBias: 1, returnSequences: false }),
    new FullyConnected({ nOut: 1 }),
  );
  const optimizer = new Adam(model.parameters(), { lr: 0.02 });
  const lossOf = (x: NDArray) => {
    const first = x.slice(slice(), slice(), 0);
    return meanSquaredError(model.forward(x), first);
  };
  const before = lossOf(randomNormal([100, 1, 10])).item();
  for (let step = 0; step < 250; step++) {
    const loss = lossOf(randomNormal([32, 1, 10]));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  }
  const after = lossOf(randomNormal([100, 1, 10])).item();
  expect(before).toBeGreaterThan(0.5);
  expect(after).toBeLessThan(before / 5);
});
