import { join } from "node:path";
import {
  array,
  type NDArray,
  noGrad,
  Parameter,
  randomNormal,
  seed,
  type Variable,
  zeros,
} from "../../../core/index.js";
import { add, cat, mean } from "../../../functions/index.js";
import {
  BatchNorm1D,
  BatchNorm2D,
  BidirectionalLSTM,
  Conv2D,
  Embedding,
  encodeSafetensors,
  Flatten,
  FullyConnected,
  GRU,
  Layer,
  LayerNorm1D,
  LSTM,
  loadTorchState,
  MultiHeadedAttentionModule,
  Pool2D,
  RBM,
  ReLU,
  Reshape,
  readNpz,
  readSafetensors,
  Sequential,
  SpectralNorm,
  type TorchMapping,
  toTorchState,
  WeightNorm,
} from "../../../nn/index.js";
import { expectArray, expected, GOLDEN, goldenBytes, goldenTwin } from "./golden.js";
import { runTwin, TWINS } from "./twins.js";

/** Checks that two arrays differ by no more than `tolerance`. */
function expectClose(actual: NDArray, wanted: NDArray, tolerance: number): void {
  expect(actual.shape).toEqual(wanted.shape);
  const values = wanted.toTypedArray();
  const errors = Array.from(actual.toTypedArray(), (value, i) => Math.abs(value - values[i]!));
  expect(Math.max(...errors)).toBeLessThan(tolerance);
}

/** A state as nested arrays, without what batch norms count. */
function plain(state: Record<string, NDArray>): Record<string, unknown> {
  const entries = Object.entries(state).filter(([name]) => !name.endsWith("num_batches_tracked"));
  return Object.fromEntries(entries.map(([name, x]) => [name, x.toArray()]));
}

describe.each(Object.entries(TWINS))("%s", (name, twin) => {
  const { state, inputs, y } = goldenTwin(name);

  test.each([
    ["given", true],
    ["told by the state", false],
  ])("computes with PyTorch's state what PyTorch computes: sizes %s", (_, sized) => {
    const layer = twin.make(sized);
    loadTorchState(layer, state);
    expectClose(runTwin(twin, layer, inputs).data, y, 1e-12);
  });

  test("gives PyTorch's state back", () => {
    const layer = twin.make(false);
    loadTorchState(layer, state);
    const written = toTorchState(layer, twin.writing);
    if (twin.newerForm) return;
    if (twin.twoBiases) {
      const sums = Object.keys(state).filter((key) => key.startsWith("bias_ih"));
      for (const ih of sums) {
        const hh = ih.replace("bias_ih", "bias_hh");
        expectClose(written[ih]!, noGrad(() => add(state[ih]!, state[hh]!)).data, 1e-15);
        expect(written[hh]!.toArray()).toEqual(zeros(state[hh]!.shape).toArray());
      }
      const rest = Object.keys(state).filter((key) => !key.startsWith("bias"));
      for (const key of rest) expect(written[key]!.toArray()).toEqual(state[key]!.toArray());
      expect(Object.keys(written).sort()).toEqual(Object.keys(state).sort());
    } else {
      expect(plain(written)).toEqual(plain(state));
    }
  });

  test("takes what it wrote", () => {
    const layer = twin.make(false);
    loadTorchState(layer, state);
    const other = twin.make(false);
    loadTorchState(other, toTorchState(layer, twin.writing), twin.writing);
    expect(plain(other.stateDict())).toEqual(plain(layer.stateDict()));
  });
});

describe("a whole model in float32, from the file of its state", () => {
  const runs = readNpz(join(GOLDEN, "model-runs.npz"));
  const image = () =>
    new Sequential(
      new Conv2D({ outCh: 4, kernelShape: 3, pad: 1 }),
      new BatchNorm2D(),
      new ReLU(),
      new Pool2D({ kernelShape: 2, stride: 2 }),
      new Conv2D({ outCh: 5, kernelShape: 3, actFn: "relu" }),
      new Flatten(),
      new FullyConnected({ nOut: 7, actFn: "relu" }),
      new FullyConnected({ nOut: 3 }),
    );

  class Text extends Layer {
    readonly embedding = new Embedding({ vocabSize: 11, nOut: 6 });
    readonly lstm = new BidirectionalLSTM({ nOut: 4 });
    readonly selfAttn = new MultiHeadedAttentionModule({ nHeads: 2 });
    readonly norm = new LayerNorm1D();
    readonly fcOut = new FullyConnected({ nOut: 3 });

    override forward(ids: NDArray): Variable {
      const steps = this.lstm.forward(this.embedding.forward(ids).transpose(0, 2, 1)).transpose(0, 2, 1);
      const h = this.norm.forward(add(steps, this.selfAttn.forward(steps)));
      return this.fcOut.forward(mean(h, { axis: 1 }));
    }
  }

  test.each(["path", "bytes"])("of images, in safetensors: %s", (way) => {
    const model = image();
    loadTorchState(
      model,
      way === "path" ? join(GOLDEN, "image-model.safetensors") : goldenBytes("image-model.safetensors"),
    );
    model.eval();
    expectClose(model.forward(runs["image x"]!).data, runs["image y"]!, 1e-6);
  });

  test("of texts, in .npz, by the names of its parts", () => {
    const model = new Text();
    loadTorchState(model, join(GOLDEN, "text-model.npz"));
    model.eval();
    expectClose(model.forward(runs["text x"]!).data, runs["text y"]!, 1e-6);
    expect(Object.keys(toTorchState(model)).sort()).toEqual(
      Object.keys(readNpz(join(GOLDEN, "text-model.npz"))).sort(),
    );
  });
});

/** A linear module's tensors. */
const linear = (nIn: number, nOut: number, value = 1) => ({
  weight: array(new Float32Array(nIn * nOut).fill(value)).reshape([nOut, nIn]),
  bias: array(new Float32Array(nOut).fill(value)),
});

/** Tensors of modules by their full names. */
const stateOf = (modules: Record<string, Record<string, NDArray>>): Record<string, NDArray> =>
  Object.fromEntries(
    Object.entries(modules).flatMap(([module, tensors]) =>
      Object.entries(tensors).map(([name, tensor]) => [module === "" ? name : `${module}.${name}`, tensor]),
    ),
  );

describe("layers are found", () => {
  const two = () => new Sequential(new FullyConnected({ nOut: 2, nIn: 2 }), new FullyConnected({ nOut: 2, nIn: 2 }));
  const values = (model: Sequential) => model.parameters().map((parameter) => parameter.toTypedArray()[0]);

  test("in a Sequential by the numbers of modules with tensors, in their order as numbers", () => {
    const model = two();
    loadTorchState(model, stateOf({ 10: linear(2, 2, 10), 2: linear(2, 2, 2) }));
    expect(values(model)).toEqual([2, 2, 10, 10]);
  });

  test("by the only module that fits, and not by chance", () => {
    const model = two();
    const state = stateOf({ a: linear(2, 2, 1), b: linear(2, 2, 2) });
    expect(() => loadTorchState(model, state)).toThrow(
      "0: there is no module, or more than one, that it can be; expected one in the mapping",
    );
    const other = new Sequential(
      new FullyConnected({ nOut: 3, nIn: 2 }),
      new BatchNorm1D({ nIn: 3 }),
      new FullyConnected({ nOut: 2 }),
    );
    const norm = {
      ...linear(1, 3, 7),
      weight: array([7, 7, 7]),
      running_mean: zeros([3]),
      running_var: array([1, 1, 1]),
    };
    loadTorchState(other, stateOf({ norm, last: linear(3, 2, 9), first: linear(2, 3, 5) }));
    expect(other.parameters().map((parameter) => parameter.toTypedArray()[0])).toEqual([5, 5, 7, 7, 9, 9]);
  });

  test("by what is left when others are found", () => {
    const model = new Sequential(new FullyConnected({ nOut: 2 }), new FullyConnected({ nOut: 2, nIn: 3 }));
    loadTorchState(model, stateOf({ a: linear(3, 2, 1), b: linear(4, 2, 2) }));
    expect(model.parameters().map((parameter) => parameter.toTypedArray()[0])).toEqual([2, 2, 1, 1]);
  });

  test.each<[string, TorchMapping]>([
    ["an object", { 0: "b", 1: { name: "a" } }],
    ["a function", (name) => ({ 0: "b", 1: "a" })[name]],
  ])("by %s", (_, mapping) => {
    const model = two();
    loadTorchState(model, stateOf({ a: linear(2, 2, 1), b: linear(2, 2, 2) }), mapping);
    expect(values(model)).toEqual([2, 2, 1, 1]);
    const state = toTorchState(model, mapping);
    expect(Object.keys(state)).toEqual(["b.weight", "b.bias", "a.weight", "a.bias"]);
    expect(state["a.bias"]!.toArray()).toEqual([1, 1]);
  });

  test("in a module around the whole, and parts of them by themselves", () => {
    const model = new Sequential(two(), new FullyConnected({ nOut: 1, nIn: 2 }));
    const state = stateOf({
      "module.features.0": linear(2, 2, 1),
      "module.features.3": linear(2, 2, 2),
      "module.head": linear(2, 1, 3),
    });
    loadTorchState(model, state, { "": "module", 0: "module.features", 1: "module.head" });
    expect(model.parameters().map((parameter) => parameter.toTypedArray()[0])).toEqual([1, 1, 2, 2, 3, 3]);
    const whole = stateOf({ "module.0": linear(2, 2, 4), "module.2": linear(2, 2, 5) });
    const inner = two();
    loadTorchState(inner, whole, { "": "module" });
    expect(values(inner)).toEqual([4, 4, 5, 5]);
  });

  test("in camelCase by the names with underscores, or by their own", () => {
    class Net extends Layer {
      readonly fcIn = new FullyConnected({ nOut: 2, nIn: 2 });
      readonly fcOut = new FullyConnected({ nOut: 2, nIn: 2 });
      override forward(): void {}
    }
    const net = new Net();
    loadTorchState(net, stateOf({ fc_out: linear(2, 2, 2), fcIn: linear(2, 2, 1) }));
    expect([net.fcIn, net.fcOut].map(({ b }) => b!.toArray())).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(Object.keys(toTorchState(net))).toEqual(["fc_in.weight", "fc_in.bias", "fc_out.weight", "fc_out.bias"]);
  });

  test("where they are shared, by the first name", () => {
    class Tied extends Layer {
      readonly a = new FullyConnected({ nOut: 2, nIn: 2 });
      readonly b = this.a;
      override forward(): void {}
    }
    const tied = new Tied();
    const state = stateOf({ a: linear(2, 2, 3), b: linear(2, 2, 3) });
    expect(() => loadTorchState(tied, state)).toThrow('"b.weight" is unexpected');
    loadTorchState(tied, state, null, { ignore: ["b"] });
    expect(tied.b.b!.toArray()).toEqual([3, 3]);
  });

  test("with parameters that they share or have beside those of their class", () => {
    class Scaled extends FullyConnected {
      readonly outScale = new Parameter(array([1, 1]));
    }
    class Tied extends Layer {
      readonly table = new Embedding({ vocabSize: 3, nOut: 2 });
      readonly head = new Scaled({ nOut: 2, nIn: 2 });
      readonly tableAgain = this.table.W;
      override forward(): void {}
    }
    const tied = new Tied();
    const state = {
      ...stateOf({ head: linear(2, 2, 3) }),
      "table.weight": zeros([3, 2]),
      "head.out_scale": array([5, 6]),
    };
    loadTorchState(tied, state);
    expect(tied.head.outScale.toArray()).toEqual([5, 6]);
    expect(plain(toTorchState(tied))).toEqual(plain(state));
    const around = new Sequential(tied as unknown as ReLU);
    const renamed = Object.entries(state).map(([name, x]) => [`net.${name}`, x]);
    loadTorchState(around, Object.fromEntries(renamed) as Record<string, NDArray>);
    expect(tied.head.outScale.toArray()).toEqual([5, 6]);
  });

  test("both halves of a bidirectional module by two layers", () => {
    class Both extends Layer {
      readonly forwards = new LSTM({ nOut: 4, dtype: "float64" });
      readonly backwards = new LSTM({ nOut: 4, reverse: true, dtype: "float64" });
      override forward(x: NDArray): Variable {
        return cat([this.forwards.forward(x), this.backwards.forward(x)], { axis: 1 });
      }
    }
    const { state, inputs, y } = goldenTwin("lstm of both directions");
    const both = new Both();
    const mapping = { forwards: "", backwards: "" };
    loadTorchState(both, state, mapping);
    expectClose(noGrad(() => both.forward(inputs[0]!)).data, y, 1e-12);
    expect(Object.keys(toTorchState(both, mapping)).sort()).toEqual(Object.keys(state).sort());
    const alone = new LSTM({ nOut: 4, reverse: true, dtype: "float64" });
    const forward = Object.entries(state).filter(([name]) => !name.endsWith("reverse"));
    loadTorchState(alone, Object.fromEntries(forward));
    expect(alone.cells[0]!.Wf.toArray()).toEqual(both.forwards.cells[0]!.Wf.toArray());
  });

  test("with norms of weights in their newer form", () => {
    for (const name of ["weight norm", "weight norm of a transposed one", "spectral norm"]) {
      const { state, inputs, y } = goldenTwin(name);
      const newer: Record<string, string> = {
        ...{ weight_g: "original0", weight_v: name === "spectral norm" ? "0._v" : "original1" },
        ...{ weight_orig: "original", weight_u: "0._u" },
      };
      const renamed = Object.entries(state).map(([key, x]) => [
        key in newer ? `parametrizations.weight.${newer[key]}` : key,
        x,
      ]);
      const layer = TWINS[name]!.make(false);
      loadTorchState(layer, Object.fromEntries(renamed) as Record<string, NDArray>);
      expectClose(runTwin(TWINS[name]!, layer, inputs).data, y, 1e-12);
    }
  });

  test("that have no twin by the names of their parameters, as they are", () => {
    const rbm = new RBM({ nOut: 2, nIn: 3 });
    const [W, visible, hidden] = [randomNormal([3, 2]), randomNormal([3]), randomNormal([2])];
    loadTorchState(rbm, { W, v_bias: visible, b_out: hidden }, { bIn: "v_bias" });
    expect(rbm.bIn.toArray()).toEqual(visible.toArray());
    expect(Object.keys(toTorchState(rbm))).toEqual(["W", "b_in", "b_out"]);
    expect(Object.keys(toTorchState(rbm, { W: "weights" }))).toEqual(["weights", "b_in", "b_out"]);
  });
});

describe("features that are images", () => {
  /** A model in which nothing tells that its dense layer is behind a convolution, or before one. */
  class Net extends Layer {
    readonly first: FullyConnected;
    readonly last: FullyConnected;

    constructor(fused = false) {
      super();
      this.first = new FullyConnected({ nOut: 6, nIn: 2, fused });
      this.last = new FullyConnected({ nOut: 2, nIn: 6, fused });
    }

    override forward(): void {}
  }

  /** Numbers 0, 1, 2, ... */
  const counted = (...shape: number[]) =>
    array(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i)).reshape(shape);

  test.each([false, true])("have the order that the mapping tells: fused %s", (fused) => {
    const net = new Net(fused);
    const state = stateOf({
      first: { weight: counted(6, 2), bias: counted(6) },
      last: { weight: counted(2, 6), bias: counted(2) },
    });
    const mapping = { first: { outChannels: 2 }, last: { channels: 2 } };
    loadTorchState(net, state, mapping);
    // Of two channels with three pixels each, 0 1 2 and 3 4 5: pixel by pixel they are 0 3 1 4 2 5.
    const { W, b } = net.first;
    const bias = fused ? (W.toArray() as number[][])[2] : b!.toArray();
    expect(bias).toEqual([0, 3, 1, 4, 2, 5]);
    expect((W.toArray() as number[][])[0]).toEqual([0, 6, 2, 8, 4, 10]);
    expect((net.last.W.toArray() as number[][]).slice(0, 6)).toEqual([
      [0, 6],
      [3, 9],
      [1, 7],
      [4, 10],
      [2, 8],
      [5, 11],
    ]);
    expect(plain(toTorchState(net, mapping))).toEqual(plain(state));
  });

  test("are refused when they cannot be of so many channels", () => {
    const state = stateOf({ first: linear(2, 6), last: linear(6, 2) });
    expect(() => loadTorchState(new Net(), state, { last: { channels: 4 } })).toThrow(
      "last.weight has 6 features along axis 1; expected a multiple of the 4 channels that they are of, for last.W",
    );
  });

  test("of a Reshape have its channels, told or not, and sequences for other layers none", () => {
    const state = stateOf({
      0: { weight: counted(6, 1), bias: counted(6) },
      3: { weight: counted(1, 2, 1, 1), bias: counted(1) },
    });
    for (const shape of [
      [3, 1, 2],
      [3, 1, -1],
    ]) {
      const model = new Sequential(
        new FullyConnected({ nOut: 6 }),
        new Reshape({ shape }),
        new ReLU(),
        new Conv2D({ outCh: 1, kernelShape: 1 }),
      );
      loadTorchState(model, state);
      expect((model.layers[0] as FullyConnected).b!.toArray()).toEqual([0, 3, 1, 4, 2, 5]);
    }
    const model = new Sequential(new FullyConnected({ nOut: 6 }), new Reshape({ shape: [3, 2] }), new LayerNorm1D());
    loadTorchState(
      model,
      stateOf({ 0: { weight: counted(6, 1), bias: counted(6) }, 2: { weight: counted(2), bias: counted(2) } }),
    );
    expect((model.layers[0] as FullyConnected).b!.toArray()).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe("what does not fit", () => {
  test("is named, all of it, and nothing has changed", () => {
    seed(4);
    const model = new Sequential(
      new Conv2D({ outCh: 2, kernelShape: 3, inCh: 1 }),
      new BatchNorm2D({ inCh: 2 }),
      new GRU({ nOut: 2, nIn: 2 }) as unknown as ReLU,
    );
    const before = plain(model.stateDict());
    const state = {
      "0.weight": zeros([3, 3, 1, 2]),
      "0.bias": zeros([2], { dtype: "float64" }),
      "1.weight": zeros([2]),
      "1.bias": zeros([3]),
      "1.running_var": zeros([2]),
      "1.num_batches_tracked": array(Int32Array.of(3)),
      "2.weight_ih_l0": zeros([6, 2]),
      "2.weight_hh_l0": zeros([6, 2]),
      "2.bias_ih_l0": zeros([6]),
      "2.bias_hh_l0": array(new Int32Array(6)),
      "2.extra": zeros([1]),
      __proto__x: zeros([1]),
    };
    const message = [
      "loadTorchState: the state does not fit; nothing was changed:",
      "  0.weight has shape (3, 3, 1, 2); expected (2, 1, 3, 3), for 0.W",
      "  0.bias is float64; expected float32, for 0.b, or the option convert: true",
      "  1.bias has shape (3,); expected (2,), for 1.intercept",
      "  1.running_mean is missing, for 1.runningMean",
      "  2.bias_hh_l0 is int32; expected float32, for 2.cells.0.biasHh, or the option convert: true",
      '  "2.extra" is unexpected',
      '  "__proto__x" is unexpected',
    ].join("\n");
    expect(() => loadTorchState(model, state)).toThrow(message);
    expect(plain(model.stateDict())).toEqual(before);
  });

  test("may be converted or left out, when asked", () => {
    const layer = new FullyConnected({ nOut: 2, dtype: "float64" });
    const state = {
      ...linear(3, 2, 0.5),
      position_ids: zeros([1]),
      "head.weight": zeros([1]),
      "heads.weight": zeros([1]),
    };
    const ignore = ["position_ids", "head"];
    expect(() => loadTorchState(layer, state, null, { ignore })).toThrow("is float32; expected float64");
    expect(() => loadTorchState(layer, state, null, { ignore, convert: true })).toThrow('"heads.weight" is unexpected');
    loadTorchState(layer, state, null, { ignore: (name) => !/^(weight|bias)$/.test(name), convert: true });
    expect([layer.W.dtype, layer.W.shape]).toEqual(["float64", [3, 2]]);
    expect(layer.b!.toArray()).toEqual([0.5, 0.5]);
  });

  test("in a file is converted when asked, and read only as far as it is wanted", () => {
    const embedding = new Embedding({ vocabSize: 2, nOut: 1 });
    const ignore = ["h", "b", "n"];
    loadTorchState(embedding, goldenBytes("halves.safetensors"), { W: "w" }, { ignore });
    expectArray(embedding.W.data, expected.halves!.w!);
    const dense = new FullyConnected({ nOut: 1 });
    expect(() => loadTorchState(dense, goldenBytes("halves.safetensors"))).toThrow(
      '"b" has dtype "BF16"; expected one of',
    );
    expect(() => loadTorchState(dense, goldenBytes("halves.safetensors"), null, { convert: true })).toThrow(
      '"h" is unexpected',
    );
  });

  test("of a pickle is refused", () => {
    const layer = new FullyConnected({ nOut: 1 });
    for (const name of ["refused-pickle.pt", "refused-old-pickle.pt"]) {
      expect(() => loadTorchState(layer, join(GOLDEN, name))).toThrow(
        /is a pickle.*never read; expected the state dict/,
      );
    }
    expect(() => loadTorchState(layer, join(GOLDEN, "f4.npy"))).toThrow("it is a .npy file, of one array");
    expect(() => loadTorchState(layer, new Uint8Array(3))).toThrow("it has 3 bytes; expected a safetensors file");
  });

  test("because PyTorch has no such layer is named", () => {
    const attention = new MultiHeadedAttentionModule({ nHeads: 2, nIn: 4, kqvDim: 6 });
    expect(() => toTorchState(attention)).toThrow(
      "toTorchState: Q.W has shape (4, 6) and PyTorch's MultiheadAttention as many outputs as inputs there; expected kqvDim and nOut to be nIn",
    );
    const gate = new WeightNorm(new LSTM({ nOut: 2, nIn: 2 }), { name: "cells.0.Wf" });
    expect(() => toTorchState(gate)).toThrow("layer.cells.0.Wf is no tensor by itself in PyTorch");
  });

  test("because a spectral norm is along another axis is named", () => {
    const { state } = goldenTwin("spectral norm");
    const layer = new SpectralNorm(new FullyConnected({ nOut: 3, dtype: "float64" }), { dim: 0 });
    expect(() => loadTorchState(layer, state)).toThrow("weight_v has shape (4,); expected (3,), for original, u, v");
    const other = new SpectralNorm(new FullyConnected({ nOut: 3, dtype: "float64" }));
    expect(() => loadTorchState(other, { ...state, weight_v: zeros([5], { dtype: "float64" }) })).toThrow(
      "has vectors of 3 and 5; expected 3 and 4, as normalized along axis 0, for original, u, v",
    );
  });

  test("in the mapping is named", () => {
    const model = new Sequential(new FullyConnected({ nOut: 2, nIn: 2 }));
    const state = stateOf({ 0: linear(2, 2) });
    const rows: [mapping: unknown, message: string][] = [
      [7, "the mapping is 7; expected an object or a function"],
      [{ fc: "0" }, 'the mapping has "fc"; expected names of layers, "", "0", or of parameters'],
      [
        { 0: { channel: 2 } },
        'the mapping of "0": unknown option channel; expected some of name, channels, outChannels',
      ],
      [{ 0: { channels: 0 } }, 'the mapping of "0": channels is 0; expected a whole number of at least 1'],
      [{ 0: { name: 1 } }, 'the mapping of "0": name is 1; expected the dotted name of a module'],
      [{ 0: null }, 'the mapping of "0": expected an object of options'],
      [{ "0.W": { channels: 2 } }, "the mapping has a Object for 0.W; expected the name of a tensor"],
      [() => 3, 'the mapping of "": expected an object of options'],
    ];
    for (const [mapping, message] of rows) {
      expect(() => loadTorchState(model, state, mapping as TorchMapping)).toThrow(`loadTorchState: ${message}`);
      expect(() => toTorchState(model, mapping as TorchMapping)).toThrow(`toTorchState: ${message}`);
    }
    const two = new Sequential(new FullyConnected({ nOut: 2, nIn: 2 }), new FullyConnected({ nOut: 2, nIn: 2 }));
    expect(() => toTorchState(two, { 1: "0" })).toThrow("1.W would be 0.weight, which another layer is");
  });

  test("among the arguments is named", () => {
    const layer = new FullyConnected({ nOut: 2, nIn: 2 });
    expect(() => loadTorchState({} as Layer, {})).toThrow("loadTorchState: the model is a Object; expected a Layer");
    expect(() => toTorchState(null as never)).toThrow("toTorchState: the model is null; expected a Layer");
    expect(() => loadTorchState(layer, 3 as never)).toThrow(
      "the state is 3; expected NDArrays by name, a path, or bytes",
    );
    expect(() => loadTorchState(layer, { weight: [1] as never })).toThrow('"weight" is [1]; expected an NDArray');
    expect(() => loadTorchState(layer, {}, null, { strict: false } as never)).toThrow("unknown option strict");
    expect(() => loadTorchState(layer, {}, null, { ignore: "a" as never })).toThrow('ignore is "a"; expected names of');
    expect(() => toTorchState(new FullyConnected({ nOut: 2 }))).toThrow("W, b have no data yet");
  });

  test("among names that go on for ever is refused soon", () => {
    const state = { [`${"a.".repeat(200_000)}weight`]: zeros([1]), ["b".repeat(100_000)]: zeros([1]) };
    const start = performance.now();
    expect(() => loadTorchState(new FullyConnected({ nOut: 2, nIn: 2 }), state)).toThrow("is unexpected");
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

test("a state goes through safetensors to PyTorch and back", () => {
  const { state } = goldenTwin("flattened images");
  const model = TWINS["flattened images"]!.make(true);
  loadTorchState(model, state);
  const bytes = encodeSafetensors(toTorchState(model));
  const other = TWINS["flattened images"]!.make(false);
  loadTorchState(other, bytes);
  expect(plain(other.stateDict())).toEqual(plain(model.stateDict()));
  expect(Object.keys(readSafetensors(bytes).tensors)).toContain("0.weight");
});
