import { array, Parameter, randomNormal, seed, Variable, variable, zeros } from "../../core/index.js";
import { add, mul } from "../../functions/arithmetic.js";
import { sum } from "../../functions/reduce.js";
import { Buffer, Conv2D, Dropout, Flatten, FullyConnected, Layer, Sequential } from "../../nn/index.js";

beforeEach(() => seed(7));

/** A layer with everything that can be registered: a parameter, a buffer, sublayers, arrays, and things that are not. */
class Everything extends Layer {
  readonly scale = new Parameter(array([2]), "scale");
  readonly mean = new Buffer("mean", [null]);
  readonly first = new FullyConnected({ nOut: 3, nIn: 2 });
  readonly blocks = [new FullyConnected({ nOut: 3, bias: false }), [new Dropout({ p: 0.25 }), new Flatten()]];
  readonly shared = this.first;
  readonly again = this.scale;
  readonly parent = this;
  readonly constant = variable([1]);
  readonly numbers = [1, 2, 3];

  override forward(x: Variable): Variable {
    if (!this.mean.initialized) this.mean.initialize(array([1, 2, 3]));
    const hidden = (this.blocks[0] as FullyConnected).forward(this.first.forward(x));
    return mul(add(hidden, this.mean.data), this.scale);
  }
}

const input = () => new Variable(randomNormal([4, 2]), false);

/** All values of a layer's state, as plain numbers. */
const stateOf = (layer: Layer) =>
  Object.fromEntries(Object.entries(layer.stateDict()).map(([name, value]) => [name, value.toArray()]));

describe("registration", () => {
  test("own properties and arrays, each once, in the order of assignment, with dotted names", () => {
    const layer = new Everything();
    expect(layer.namedParameters().map(([name]) => name)).toEqual(["scale", "first.W", "first.b", "blocks.0.W"]);
    expect(layer.namedLayers().map(([name]) => name)).toEqual(["", "first", "blocks.0", "blocks.1.0", "blocks.1.1"]);
    expect(layer.parameters()).toEqual(layer.namedParameters().map(([, parameter]) => parameter));
    expect(layer.parameters()[1]).toBe(layer.first.W);
  });

  test("Sequential names its layers by position, and takes what a subclass adds", () => {
    class Scaled extends Sequential {
      readonly scale = new Parameter(array([2]), "scale");
    }
    const layer = new Scaled(new Flatten(), new FullyConnected({ nOut: 1 }));
    expect(layer.namedParameters().map(([name]) => name)).toEqual(["1.W", "1.b", "scale"]);
  });

  test("a layer used twice has one set of parameters, whose gradients add up", () => {
    const fc = new FullyConnected({ nOut: 2, bias: false, dtype: "float64" });
    const model = new Sequential(fc, fc);
    expect(model.parameters()).toEqual([fc.W]);
    const x = array([[0.5, -1]], { dtype: "float64" });
    sum(model.forward(x)).backward();
    const together = fc.W.grad!.toTypedArray();
    // The same product with each factor's gradient by itself.
    const [first, second] = [0, 1].map(() => variable(fc.W.data.copy()));
    const g = (W: Variable) =>
      new FullyConnected({ nOut: 2, nIn: 2, bias: false, dtype: "float64", init: () => W.data });
    const [one, two] = [g(first!), g(second!)];
    sum(two.forward(one.forward(x))).backward();
    const [ga, gb] = [one.W.grad!.toTypedArray(), two.W.grad!.toTypedArray()];
    for (let i = 0; i < 4; i++) expect(together[i]).toBeCloseTo(ga[i]! + gb[i]!, 12);
  });

  test("parameters exist before the first forward, for optimizers to hold", () => {
    const layer = new Conv2D({ outCh: 2, kernelShape: 3 });
    const [W, b] = layer.parameters();
    expect(W!.initialized || b!.initialized).toBe(false);
    expect(() => W!.data).toThrow("Parameter W: it has no data before its layer's first forward");
    layer.forward(zeros([1, 3, 3, 5]));
    expect(layer.parameters()).toEqual([W, b]);
    expect(W!.shape).toEqual([3, 3, 5, 2]);
    expect(b!.toArray()).toEqual([0, 0]);
  });

  test.each(["clearGrads", "zeroGrad"] as const)("%s forgets all gradients", (method) => {
    const layer = new Everything();
    sum(layer.forward(input())).backward();
    expect(layer.parameters().filter((p) => p.grad !== null)).toHaveLength(4);
    layer[method]();
    expect(layer.parameters().filter((p) => p.grad !== null)).toHaveLength(0);
  });
});

describe("training and learning", () => {
  test("train and eval reach every layer and return the layer", () => {
    const layer = new Everything();
    const trainings = () => layer.namedLayers().map(([, inner]) => inner.training);
    expect(trainings()).toEqual([true, true, true, true, true]);
    expect(layer.eval()).toBe(layer);
    expect(trainings()).toEqual([false, false, false, false, false]);
    expect(layer.train().blocks[0]).toHaveProperty("training", true);
    expect(trainings()).toEqual([true, true, true, true, true]);
    expect(layer.train(false)).toBe(layer);
    expect(trainings()).toEqual([false, false, false, false, false]);
    expect(() => layer.train(1 as never)).toThrow("train: training is 1; expected true or false");
  });

  test("gradients flow through a frozen layer but not to its parameters", () => {
    const frozen = new FullyConnected({ nOut: 3, nIn: 2, actFn: "tanh" }).freeze();
    const model = new Sequential(new FullyConnected({ nOut: 2 }), frozen);
    const x = variable(randomNormal([4, 2]));
    sum(model.forward(x)).backward();
    expect(frozen.parameters().map((p) => p.grad)).toEqual([null, null]);
    expect(
      model
        .parameters()[0]!
        .grad!.toTypedArray()
        .some((g) => g !== 0),
    ).toBe(true);
    expect(x.grad!.toTypedArray().some((g) => g !== 0)).toBe(true);
    expect(frozen.training).toBe(true);
    expect(
      frozen
        .unfreeze()
        .parameters()
        .map((p) => p.requiresGrad),
    ).toEqual([true, true]);
  });

  test("what is frozen before its first forward stays frozen", () => {
    const layer = new FullyConnected({ nOut: 3 }).freeze();
    const x = variable(randomNormal([4, 2]));
    sum(layer.forward(x)).backward();
    expect(layer.W.grad).toBeNull();
    expect(x.grad!.shape).toEqual([4, 2]);
  });
});

describe("state", () => {
  test("a state dict holds copies of parameters and buffers", () => {
    const layer = new Everything();
    layer.forward(input());
    const state = layer.stateDict();
    expect(Object.keys(state)).toEqual(["scale", "mean", "first.W", "first.b", "blocks.0.W"]);
    expect(state.mean!.toArray()).toEqual([1, 2, 3]);
    layer.scale.data.assign(array([5]));
    expect(state.scale!.toArray()).toEqual([2]);
  });

  test.each(["before", "after"])("a round trip into a layer %s its first forward", (when) => {
    const [source, target] = [new Everything(), new Everything()];
    const x = input();
    const y = source.forward(x);
    if (when === "after") target.forward(x);
    const state = source.stateDict();
    target.loadStateDict(state);
    expect(stateOf(target)).toEqual(stateOf(source));
    expect(target.forward(x).toArray()).toEqual(y.toArray());
    state.scale!.assign(array([9]));
    expect(target.scale.data.item()).toBe(2);
  });

  test("a graph that saved a parameter notices that it was loaded over", () => {
    const layer = new FullyConnected({ nOut: 1, nIn: 2 });
    const x = variable([[1, 2]]);
    const y = sum(layer.forward(x));
    layer.loadStateDict(layer.stateDict());
    expect(() => y.backward()).toThrow("was changed in place");
  });

  test("one error names everything that does not fit, and nothing changes", () => {
    const layer = new Everything();
    layer.forward(input());
    const before = stateOf(layer);
    const state = {
      scale: array([1, 2]),
      mean: [1, 2, 3] as never,
      "first.W": zeros([2, 3], { dtype: "float64" }),
      "first.b": zeros([3]),
      "first.c": zeros([3]),
      extra: zeros([1]),
    };
    expect(() => layer.loadStateDict(state)).toThrow(
      [
        "loadStateDict: the state does not fit; nothing was changed:",
        "  scale has shape (2,); expected (1,)",
        "  mean is [1, 2, 3]; expected an NDArray",
        "  first.W has float64; expected float32",
        "  blocks.0.W is missing",
        "  first.c is unexpected",
        "  extra is unexpected",
      ].join("\n"),
    );
    expect(stateOf(layer)).toEqual(before);
  });

  test("what is known of sizes before the first forward is checked too", () => {
    const layer = new Conv2D({ outCh: 2, kernelShape: [3, 1] });
    expect(() => layer.loadStateDict({ W: zeros([3, 3, 4, 2]), b: zeros([3]) })).toThrow(
      "  W has shape (3, 3, 4, 2); expected (3, 1, ?, 2)\n  b has shape (3,); expected (2,)",
    );
    expect(() => layer.loadStateDict({ W: zeros([3, 1, 4, 2], { dtype: "float64" }), b: zeros([2]) })).toThrow(
      "  W has float64; expected float32",
    );
    expect(layer.W.initialized).toBe(false);
    layer.loadStateDict({ W: zeros([3, 1, 4, 2]), b: zeros([2]) });
    expect(layer.forward(zeros([1, 3, 1, 4])).shape).toEqual([1, 1, 1, 2]);
  });

  test("a parameter of which nothing is known takes any shape, but no integers", () => {
    class Open extends Layer {
      readonly a = new Parameter(null, "a");
      readonly b = new Parameter(null, "b");
      override forward(): void {}
    }
    const layer = new Open();
    const integers = zeros([2], { dtype: "int32" });
    expect(() => layer.loadStateDict({ a: zeros([2]), b: integers })).toThrow(
      "  b has int32; expected float32 or float64",
    );
    expect(layer.a.initialized).toBe(false);
    layer.loadStateDict({ a: zeros([2]), b: zeros([3, 1], { dtype: "float64" }) });
    expect(layer.parameters().map((p) => p.shape)).toEqual([[2], [3, 1]]);
  });

  test("inherited names and __proto__ count as missing and unexpected", () => {
    class Odd extends Layer {
      readonly toString2 = new Parameter(array([1]), "toString2");
      override forward(): void {}
    }
    const state = JSON.parse('{"__proto__": 1}');
    expect(() => new Odd().loadStateDict(state)).toThrow("  toString2 is missing\n  __proto__ is unexpected");
    expect(({} as { toString2?: unknown }).toString2).toBeUndefined();
    const inherited = Object.create({ toString2: array([3]) });
    expect(() => new Odd().loadStateDict(inherited)).toThrow("  toString2 is missing");
  });

  test.each([
    [null, "null"],
    [undefined, "undefined"],
    [array([1]), "a NDArray"],
  ])("a state that is none: %p", (state, got) => {
    expect(() => new Flatten().loadStateDict(state as never)).toThrow(
      `loadStateDict: expected an object of NDArrays, got ${got}`,
    );
  });

  test("a state dict needs data", () => {
    const model = new Sequential(new FullyConnected({ nOut: 2 }), new FullyConnected({ nOut: 2, nIn: 2 }));
    expect(() => model.stateDict()).toThrow(
      "stateDict: 0.W, 0.b have no data yet; expected a forward, or sizes given to the layers",
    );
  });
});

describe("Buffer", () => {
  test("is initialized once, with what its layer expects, and keeps shape and dtype", () => {
    const buffer = new Buffer("runningMean", [null, 2], "float64");
    expect(() => buffer.data).toThrow("Buffer runningMean: it has no data before its layer's first forward");
    expect(() => {
      buffer.data = zeros([1, 2], { dtype: "float64" });
    }).toThrow("it has no data");
    expect(() => buffer.initialize(zeros([2, 3], { dtype: "float64" }))).toThrow(
      "Buffer runningMean: got shape (2, 3); expected (?, 2)",
    );
    expect(() => buffer.initialize(zeros([3, 2]))).toThrow("Buffer runningMean: got float32; expected float64");
    expect(buffer.initialized).toBe(false);
    buffer.initialize(zeros([3, 2], { dtype: "float64" }));
    expect(buffer.shape).toEqual([3, 2]);
    expect(() => buffer.initialize(buffer.data)).toThrow("Buffer runningMean: it is initialized already");
    expect(() => {
      buffer.data = zeros([4, 2], { dtype: "float64" });
    }).toThrow("Buffer runningMean: got shape (4, 2); expected (3, 2)");
    buffer.data = array(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      { dtype: "float64" },
    );
    expect(buffer.data.toArray()).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });
});

describe("reaching into a model", () => {
  test("children are the layers directly in it, each once", () => {
    const layer = new Everything();
    expect(layer.namedChildren().map(([name]) => name)).toEqual(["first", "blocks.0", "blocks.1.0", "blocks.1.1"]);
    expect(layer.children()[0]).toBe(layer.first);
    const outer = new Sequential(new Sequential(new Flatten()), new Flatten());
    expect(outer.namedChildren().map(([name]) => name)).toEqual(["0", "1"]);
    expect(new Flatten().children()).toEqual([]);
  });

  test("buffers have dotted names too", () => {
    const [one, two] = [new Everything(), new Everything()];
    const model = new Sequential(one, new Sequential(two, one));
    expect(model.namedBuffers().map(([name]) => name)).toEqual(["0.mean", "1.0.mean"]);
    expect(model.buffers()).toEqual([one.mean, two.mean]);
  });

  test("apply visits each layer once, from the outside in", () => {
    const layer = new Everything();
    const seen: Layer[] = [];
    expect(layer.apply((inner) => seen.push(inner))).toBe(layer);
    expect(seen).toEqual([layer, ...layer.children()]);
  });

  test("what is in Maps, Sets, objects and private fields is not registered", () => {
    class Hidden extends Layer {
      readonly #inner = new FullyConnected({ nOut: 1, nIn: 1 });
      readonly map = new Map([["inner", this.#inner]]);
      readonly set = new Set([this.#inner]);
      readonly object = { inner: this.#inner };
      override forward(): void {}
    }
    expect(new Hidden().namedLayers().map(([name]) => name)).toEqual([""]);
    expect(new Hidden().parameters()).toEqual([]);
  });

  test("hooks see each forward until they are taken off", () => {
    const model = new Sequential(new FullyConnected({ nOut: 2 }), new Flatten());
    const seen: unknown[] = [];
    const first = model.children()[0]!;
    const [off, offAgain] = [0, 1].map((i) => first.onForward((output, inputs) => seen.push([i, output, inputs])));
    const x = input();
    const hidden: unknown[] = [];
    model.children()[1]!.onForward((_, [given]) => hidden.push(given));
    model.forward(x);
    expect(seen).toEqual([
      [0, hidden[0], [x]],
      [1, hidden[0], [x]],
    ]);
    off!();
    model.forward(x);
    expect(seen.length).toBe(3);
    offAgain!();
    offAgain!();
    model.forward(x);
    expect(seen.length).toBe(3);
    expect(() => first.onForward(3 as never)).toThrow("onForward: expected a function, got 3");
  });
});
