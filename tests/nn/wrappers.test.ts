import { array, Parameter, randomNormal, seed, testMode, type Variable, variable, zeros } from "../../core/index.js";
import { dropout, matmul } from "../../functions/index.js";
import "../../functions/methods.js";
import {
  Conv2D,
  DropoutWrapper,
  Embedding,
  FullyConnected,
  fromConfig,
  initWrappers,
  Layer,
  LSTM,
  RNNCell,
  Sequential,
  SpectralNorm,
  WeightNorm,
} from "../../nn/index.js";
import { SGD } from "../../optim/index.js";
import { refusesCalls, refusesOptions } from "./refusals.js";

beforeEach(() => seed(31));

const names = (layer: Layer) => layer.namedParameters().map(([name]) => name);
const numbers = (x: { toTypedArray(): ArrayLike<number> }) => Array.from(x.toTypedArray());
const dense = () => new FullyConnected({ nOut: 3, nIn: 4, dtype: "float64" });
const batch = (n = 5) => variable(randomNormal([n, 4], { dtype: "float64" }));

function close(actual: { toTypedArray(): ArrayLike<number> }, expected: { toTypedArray(): ArrayLike<number> }) {
  const [a, b] = [numbers(actual), numbers(expected)];
  expect(a).toHaveLength(b.length);
  for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i]!, 12);
}

describe("DropoutWrapper", () => {
  test("drops entries of the input, and neither bias nor output", () => {
    const layer = new FullyConnected({ nOut: 3, nIn: 4, actFn: "sigmoid" });
    layer.b!.data = array([1, 2, 3]);
    const wrapped = new DropoutWrapper(layer, { p: 0.5 });
    const x = variable(randomNormal([6, 4]));
    seed(2);
    const y = wrapped.forward(x);
    seed(2);
    const mask = dropout(variable(array(new Array(24).fill(1)).reshape([6, 4])), { p: 0.5, training: true });
    expect(new Set(numbers(mask))).toEqual(new Set([0, 2]));
    expect(y.toArray()).toEqual(layer.forward(x.mul(mask)).toArray());
    y.sum().backward();
    expect(numbers(x.grad!).map((value) => value === 0)).toEqual(numbers(mask).map((value) => value === 0));
    const [bias] = new DropoutWrapper(layer, { p: 1 }).forward(x).toArray() as number[][];
    for (const [i, value] of bias!.entries()) expect(value).toBeCloseTo(1 / (1 + Math.exp(-1 - i)), 6);
  });

  test("passes its input on in use, in testMode, and leaves the random numbers alone then", () => {
    const layer = dense();
    const wrapped = new DropoutWrapper(layer, { p: 0.9 });
    const x = batch();
    const expected = layer.forward(x).toArray();
    expect(wrapped.forward(x).toArray()).not.toEqual(expected);
    seed(5);
    expect(testMode(() => wrapped.forward(x)).toArray()).toEqual(expected);
    expect(wrapped.eval().forward(x).toArray()).toEqual(expected);
    const next = randomNormal([1]).item();
    seed(5);
    expect(randomNormal([1]).item()).toBe(next);
  });

  test("states pass unchanged, literal numbers take the dtype of the layer", () => {
    const cell = new RNNCell({ nOut: 2, nIn: 4, dtype: "float64" });
    const wrapped = new DropoutWrapper(cell, { p: 1 });
    const state = randomNormal([1, 2], { dtype: "float64" });
    const zero = zeros([1, 4], { dtype: "float64" });
    expect(wrapped.forward([[1, 2, 3, 4]], state).toArray()).toEqual(cell.forward(zero, state).toArray());
  });

  refusesOptions("DropoutWrapper", [
    [() => new DropoutWrapper(dense(), { p: 1.5 }), "DropoutWrapper: p is 1.5; expected a probability from 0 to 1"],
    [() => new DropoutWrapper(dense(), { q: 1 } as never), "DropoutWrapper: unknown option q; expected some of p"],
    [() => new DropoutWrapper({ p: 1 } as never), "DropoutWrapper: the first argument is a Object; expected a Layer"],
    [
      () => fromConfig({ layer: "DropoutWrapper", hyperparameters: { p: 0.5 } }),
      "DropoutWrapper: layer is undefined; expected the config of a layer",
    ],
  ]);

  refusesCalls(
    "DropoutWrapper",
    () => new DropoutWrapper(new FullyConnected({ nOut: 2 })),
    (layer) => layer.forward(zeros([3, 2])),
    [
      [
        (layer) => layer.forward(zeros([3, 2], { dtype: "int32" })),
        "DropoutWrapper: the input is int32; expected float32 or float64",
      ],
      [(layer) => layer.forward(zeros([0, 2])), "DropoutWrapper: the input of shape (0, 2) has no elements"],
      [(layer) => layer.forward(zeros([3, 3])), "FullyConnected: the input of shape (3, 3) has 3 features"],
    ],
  );
});

describe("WeightNorm", () => {
  test("starts at the weight of the layer, whether that has one already or draws it later", () => {
    const layer = dense();
    const x = batch();
    const [W, expected] = [layer.W.data, layer.forward(x)];
    const wrapped = new WeightNorm(layer);
    expect(names(wrapped)).toEqual(["g", "v", "layer.b"]);
    close(wrapped.forward(x), expected);
    expect(wrapped.v.data).toBe(W);
    const lengths = [0, 1, 2].map((k) => Math.hypot(...numbers(W).filter((_, i) => i % 3 === k)));
    expect([wrapped.g.shape, wrapped.v.shape]).toEqual([
      [1, 3],
      [4, 3],
    ]);
    close(wrapped.g, array(lengths, { dtype: "float64" }));
    const [drawn, lazy] = [new FullyConnected({ nOut: 3 }), new WeightNorm(new FullyConnected({ nOut: 3 }))];
    expect(lazy.summary()).toContain("g (1, 3)  v (?, 3)");
    const [one, other] = [drawn, lazy].map((model) => {
      seed(3);
      return numbers(model.forward(randomNormal([2, 4])));
    });
    for (const [i, value] of one!.entries()) expect(other![i]).toBeCloseTo(value, 6);
    expect(lazy.summary()).toContain("v (4, 3)");
  });

  test("the layer's weight is a computed Variable that is no parameter", () => {
    const wrapped = new WeightNorm(dense());
    const { W } = wrapped.layer as FullyConnected;
    expect(W).not.toBeInstanceOf(Parameter);
    expect([W.requiresGrad, W.creator === null, W.shape]).toEqual([true, false, [4, 3]]);
    expect(wrapped.layer.namedParameters().map(([name]) => name)).toEqual(["b"]);
    expect(wrapped.layer.config().hyperparameters).toMatchObject({ nOut: 3, nIn: 4, dtype: "float64" });
  });

  test("is computed once in a forward, however often the layer looks at it, and anew in the next", () => {
    class Looking extends Layer {
      readonly W = new Parameter(randomNormal([2, 2]), "W");
      readonly seen: Variable[][] = [];
      override forward(x: Variable): Variable {
        this.seen.push([this.W, this.W]);
        return matmul(x, this.W);
      }
    }
    const looking = new Looking();
    const wrapped = new WeightNorm(looking);
    for (let i = 0; i < 2; i++) wrapped.forward(variable(zeros([1, 2])));
    const [[a, b], [c]] = looking.seen as [Variable[], Variable[]];
    expect(a).toBe(b);
    expect(c).not.toBe(a);
  });

  test("lengths follow g alone, and the gradient of v is at right angles to v", () => {
    const wrapped = new WeightNorm(dense());
    const layer = wrapped.layer as FullyConnected;
    wrapped.g.data = array([[2, 3, 0.5]], { dtype: "float64" });
    wrapped.v.data = wrapped.v.mul(7).data;
    close(layer.W.norm({ axis: 0 }), array([2, 3, 0.5], { dtype: "float64" }));
    wrapped.forward(batch()).square().sum().backward();
    const along = wrapped.v.grad!.mul(wrapped.v).sum({ axis: 0 });
    for (const value of numbers(along)) expect(value).toBeCloseTo(0, 10);
    expect(Math.max(...numbers(wrapped.v.grad!))).toBeGreaterThan(1e-3);
  });

  test("learns: an optimizer changes g, v and b", () => {
    const wrapped = new WeightNorm(dense());
    const optimizer = new SGD(wrapped.parameters(), { lr: 0.05 });
    const [x, t] = [batch(20), randomNormal([20, 3], { dtype: "float64" })];
    const before = wrapped.stateDict();
    const losses = Array.from({ length: 20 }, () => {
      const loss = wrapped.forward(x).sub(t).square().mean();
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.item();
    });
    expect(losses.at(-1)!).toBeLessThan(losses[0]! * 0.95);
    for (const [name, value] of Object.entries(wrapped.stateDict())) {
      expect(numbers(value)).not.toEqual(numbers(before[name]!));
    }
  });

  test("a frozen layer stays frozen, and freezes", () => {
    const wrapped = new WeightNorm(dense().freeze() as FullyConnected);
    expect(wrapped.parameters().map((p) => p.requiresGrad)).toEqual([false, false, false]);
    expect((wrapped.layer as FullyConnected).W.requiresGrad).toBe(false);
    wrapped.unfreeze();
    expect((wrapped.layer as FullyConnected).W.requiresGrad).toBe(true);
  });

  test("remove gives the layer its parameter back, as it is now", () => {
    const layer = dense();
    const parameter = layer.W;
    const order = names(layer);
    const wrapped = new WeightNorm(layer);
    wrapped.g.data = wrapped.g.mul(2).data;
    const x = batch();
    const expected = wrapped.forward(x);
    expect(wrapped.remove()).toBe(layer);
    expect(layer.W).toBe(parameter);
    expect(names(layer)).toEqual(order);
    close(layer.forward(x), expected);
    expect(() => wrapped.forward(x)).toThrow("WeightNorm: it was removed from its layer");
    expect(() => wrapped.remove()).toThrow("WeightNorm: it was removed already");
    const lazy = new WeightNorm(new FullyConnected({ nOut: 2 })).freeze() as WeightNorm<FullyConnected>;
    const inner = lazy.remove();
    expect([inner.W.initialized, inner.W.requiresGrad]).toEqual([false, false]);
    inner.forward(zeros([1, 2]));
  });

  test("around whole models, recurrent layers and lists of parameters", () => {
    const model = new WeightNorm(
      new Sequential(new Conv2D({ outCh: 2, kernelShape: 3 }), new Conv2D({ outCh: 1, kernelShape: 1 })),
      {
        name: "1.W",
      },
    );
    model.forward(zeros([1, 4, 4, 1]));
    expect(names(model)).toEqual(["g", "v", "layer.0.W", "layer.0.b", "layer.1.b"]);
    const lstm = new WeightNorm(new LSTM({ nOut: 3 }), { name: "cells.0.Wf" });
    const y = lstm.forward(variable(randomNormal([2, 4, 5])));
    y.square().sum().backward();
    expect(lstm.g.grad!.shape).toEqual([1, 3]);
    class Listed extends Layer {
      readonly weights = [0, 1].map((i) => new Parameter(randomNormal([2, 2]), `W${i}`));
      override forward(x: Variable): Variable {
        return this.weights.reduce((h: Variable, W) => matmul(h, W), x);
      }
    }
    const listed = new Listed();
    const x = variable(randomNormal([1, 2]));
    const expected = listed.forward(x);
    const wrapped = new WeightNorm(listed, { name: "weights.1" });
    expect(names(wrapped)).toEqual(["g", "v", "layer.weights.0"]);
    for (const [i, value] of numbers(wrapped.forward(x)).entries()) {
      expect(value).toBeCloseTo(numbers(expected)[i]!, 5);
    }
  });

  refusesOptions("WeightNorm", [
    [() => new WeightNorm(3 as never), "WeightNorm: the first argument is 3; expected a Layer"],
    [
      () => new WeightNorm(dense(), { axis: 0 } as never),
      "WeightNorm: unknown option axis; expected some of name, dim",
    ],
    [() => new WeightNorm(dense(), { name: "weight" }), 'WeightNorm: name is "weight"; expected W, b'],
    [() => new WeightNorm(dense(), { name: 3 as never }), "WeightNorm: name is 3; expected W, b"],
    [() => new WeightNorm(new WeightNorm(dense())), 'WeightNorm: name is "W"; expected g, v, layer.b'],
    [() => new WeightNorm(dense(), { dim: 2 }), "WeightNorm: axis 2 is out of range for 2 dimensions"],
    [() => new WeightNorm(dense(), { dim: 0.5 }), "WeightNorm: dim is 0.5; expected an axis of W"],
    [() => new WeightNorm(dense(), { name: "b" }), "WeightNorm: b has shape (3,); expected at least two axes"],
    [() => new WeightNorm(new Sequential()), 'WeightNorm: name is "W"; expected a layer with parameters'],
    [
      () => {
        class Open extends Layer {
          readonly W = new Parameter(null, "W");
          override forward(): void {}
        }
        return new WeightNorm(new Open());
      },
      "WeightNorm: nothing is known of the shape of W; expected a LazyParameter, or one with data",
    ],
  ]);

  test("a refused wrapper leaves the layer as it was", () => {
    const layer = dense();
    expect(() => new WeightNorm(layer, { dim: 5 })).toThrow("out of range");
    expect(() => new SpectralNorm(layer, { dim: 5 })).toThrow("out of range");
    expect(names(layer)).toEqual(["W", "b"]);
    expect(layer.W).toBeInstanceOf(Parameter);
  });

  refusesCalls(
    "WeightNorm",
    () => new WeightNorm(new FullyConnected({ nOut: 2 })),
    (layer) => layer.forward(zeros([4, 3])),
    [
      [(layer) => layer.forward(zeros([4, 5])), "FullyConnected: the input of shape (4, 5) has 5 features; expected 3"],
      [
        (layer) => layer.loadStateDict({ g: zeros([1, 2]), v: zeros([2, 2]), W: zeros([3, 2]), "layer.b": zeros([2]) }),
        "loadStateDict: the state does not fit; nothing was changed:\n  v has shape (2, 2); expected (3, 2)\n  W is unexpected",
      ],
    ],
  );
});

describe("SpectralNorm", () => {
  /** The largest singular value, by a power iteration of its own. */
  function spectralNorm(W: readonly number[], columns: number): number {
    const rows = W.length / columns;
    let v = Array.from({ length: columns }, (_, i) => Math.cos(i));
    let sigma = 0;
    for (let step = 0; step < 2000; step++) {
      const u = Array.from({ length: rows }, (_, r) => v.reduce((sum, x, c) => sum + W[r * columns + c]! * x, 0));
      v = v.map((_, c) => u.reduce((sum, x, r) => sum + W[r * columns + c]! * x, 0));
      sigma = Math.sqrt(Math.hypot(...v));
      const length = Math.hypot(...v);
      v = v.map((x) => x / length);
    }
    return sigma;
  }

  test("the weight has the spectral norm 1, about so from the start", () => {
    const layer = new FullyConnected({ nOut: 6, nIn: 9, dtype: "float64" });
    const given = numbers(layer.W.data);
    const wrapped = new SpectralNorm(layer);
    expect(names(wrapped)).toEqual(["original", "layer.b"]);
    expect(wrapped.namedBuffers().map(([name, buffer]) => [name, buffer.shape])).toEqual([
      ["u", [6]],
      ["v", [9]],
    ]);
    expect(spectralNorm(numbers(layer.W), 6)).toBeCloseTo(1, 1);
    for (let step = 0; step < 200; step++) wrapped.forward(randomNormal([1, 9], { dtype: "float64" }));
    expect(spectralNorm(numbers(layer.W), 6)).toBeCloseTo(1, 9);
    expect(numbers(wrapped.original)).toEqual(given);
    expect(given[0]! / numbers(layer.W)[0]!).toBeCloseTo(spectralNorm(given, 6), 9);
  });

  test("the vectors move once in a forward in training, and at no other time", () => {
    const wrapped = new SpectralNorm(dense());
    const layer = wrapped.layer as FullyConnected;
    const vectors = () => [numbers(wrapped.u.data), numbers(wrapped.v.data)];
    const before = vectors();
    layer.W.sum();
    layer.forward(batch());
    testMode(() => wrapped.forward(batch()));
    wrapped.eval().forward(batch());
    wrapped.train();
    expect(() => wrapped.forward(zeros([2, 5]) as never)).toThrow("FullyConnected: ");
    expect(vectors()).toEqual(before);
    const seen = numbers(layer.W);
    expect(numbers((wrapped.eval().layer as FullyConnected).W)).toEqual(seen);
    wrapped.train();
    const used = wrapped.forward(batch());
    expect(used.shape).toEqual([5, 3]);
    const after = vectors();
    expect(after).not.toEqual(before);
    const W = wrapped.original.data;
    const Wu = numbers(matmul(W, array(before[0]!, { dtype: "float64" })));
    const length = Math.hypot(...Wu);
    for (const [i, value] of after[1]!.entries()) expect(value).toBeCloseTo(Wu[i]! / length, 12);
  });

  test("a layer around several cells moves them once, however often the weight is looked at", () => {
    const wrapped = new SpectralNorm(new LSTM({ nOut: 3, nIn: 2, dtype: "float64" }), { name: "cells.0.Wf" });
    const start = numbers(wrapped.u.data);
    const twice = new SpectralNorm(new LSTM({ nOut: 3, nIn: 2, dtype: "float64" }), { name: "cells.0.Wf" });
    twice.loadStateDict(wrapped.stateDict());
    const x = randomNormal([2, 2, 7], { dtype: "float64" });
    wrapped.forward(x);
    twice.forward(x);
    twice.forward(x);
    expect(numbers(wrapped.u.data)).not.toEqual(start);
    expect(numbers(twice.u.data)).not.toEqual(numbers(wrapped.u.data));
  });

  test("remove keeps the normalized weight", () => {
    const wrapped = new SpectralNorm(dense());
    const x = batch();
    const expected = wrapped.eval().forward(x);
    const layer = wrapped.remove() as FullyConnected;
    close(layer.forward(x), expected);
    expect(layer.W).toBeInstanceOf(Parameter);
  });

  refusesOptions("SpectralNorm", [
    [() => new SpectralNorm(dense(), { nPowerIterations: 0 }), "SpectralNorm: nPowerIterations is 0; expected a whole"],
    [() => new SpectralNorm(dense(), { eps: 0 }), "SpectralNorm: eps is 0; expected a finite number above 0"],
    [() => new SpectralNorm(dense(), { dim: null as never }), "SpectralNorm: dim is null; expected an axis of W"],
    [() => new SpectralNorm(dense(), { name: "b" }), "SpectralNorm: b has shape (3,); expected at least two axes"],
    [() => new SpectralNorm(dense(), { n: 1 } as never), "SpectralNorm: unknown option n; expected some of name, dim"],
    [() => new SpectralNorm(null as never), "SpectralNorm: the first argument is null; expected a Layer"],
  ]);
});

describe("initWrappers", () => {
  test("wraps from the inside out, as the constructors do", () => {
    const wrapped = initWrappers(new Embedding({ nOut: 2, vocabSize: 3 }), [
      { wrapper: "WeightNorm", dim: 0 },
      { wrapper: "Dropout", p: 0.25 },
    ]);
    expect(wrapped).toBeInstanceOf(DropoutWrapper);
    expect(names(wrapped)).toEqual(["layer.g", "layer.v"]);
    expect(wrapped.config()).toMatchObject({
      layer: "DropoutWrapper",
      hyperparameters: { p: 0.25, layer: { layer: "WeightNorm", hyperparameters: { dim: 0, name: "W" } } },
    });
    const plain = dense();
    expect(initWrappers(plain, [])).toBe(plain);
    expect(
      initWrappers(plain, [{ wrapper: "SpectralNorm", nPowerIterations: 2 }]).config().hyperparameters,
    ).toMatchObject({
      nPowerIterations: 2,
    });
  });

  refusesOptions("initWrappers", [
    [() => initWrappers(3 as never, []), "initWrappers: the first argument is 3; expected a Layer"],
    [() => initWrappers(dense(), {} as never), "initWrappers: the wrappers are a Object; expected a list, such as"],
    [
      () => initWrappers(dense(), [{ wrapper: "Dropuot" } as never]),
      'initWrappers: item 0: wrapper is "Dropuot"; expected "Dropout" or "WeightNorm" or "SpectralNorm"',
    ],
    [() => initWrappers(dense(), ["Dropout"] as never), "initWrappers: item 0: wrapper is undefined; expected"],
    [() => initWrappers(dense(), [{ wrapper: "Dropout", q: 1 }]), "DropoutWrapper: unknown option q"],
  ]);

  test("an unknown wrapper is refused before others are put on", () => {
    const layer = dense();
    expect(() => initWrappers(layer, [{ wrapper: "WeightNorm" }, { wrapper: "x" as never }])).toThrow(
      "initWrappers: item 1: wrapper",
    );
    expect(names(layer)).toEqual(["W", "b"]);
  });
});
