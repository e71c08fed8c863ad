import { array, generator } from "../../core/index.js";
import { describe as describeValue, named } from "../../core/options.js";
import { conv2d } from "../../functions/index.js";
import {
  Accuracy,
  ConfusionMatrix,
  EarlyStopping,
  fromConfig,
  History,
  LearningRate,
  MeanMetric,
  resolveLoss,
  type Tree,
} from "../../nn/index.js";
import { resolveOptimizer, resolveScheduler } from "../../optim/index.js";

/* What hostile files and configs have brought to light. */

const nested = (depth: number): unknown => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`);

test("messages are short, and end, whatever the value is", () => {
  expect(describeValue(nested(100_000))).toBe("[[[[...]]]]");
  expect(describeValue("x".repeat(10_000))).toBe(`"${"x".repeat(200)}"... of 10000 characters`);
  expect(describeValue(new Array(10_000).fill([1]))).toMatch(/^\[(\[1\], ){32}\.\.\. 10000 in all\]$/);
  expect(describeValue({ constructor: { name: {} } })).toBe("a null-prototype object");
  expect(describeValue([1, "a", null, [true]])).toBe('[1, "a", null, [true]]');
  expect(named(new Array(100).fill("y".repeat(300))).length).toBeLessThan(8000);
  const long = `f(${"[".repeat(5000)}`;
  for (const refused of [
    () => resolveOptimizer(long, []),
    () => resolveScheduler(`step(${"x".repeat(5000)}=1)`),
    () => fromConfig({ layer: long, hyperparameters: {} }),
    () => fromConfig({ layer: "FullyConnected", hyperparameters: { nOut: nested(50_000) as never } }),
    () => fromConfig({ layer: "FullyConnected", hyperparameters: { [long]: 1 } }),
  ]) {
    let message = "";
    try {
      refused();
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).not.toBe("");
    expect(message.length).toBeLessThan(1200);
  }
});

test("values that cannot be made into text are refused as others are", () => {
  const x = [[[[1]]]];
  const stride = { toString: 1, valueOf: 1 } as never;
  expect(() => conv2d(x, x, null, { stride })).toThrow("conv2d: stride is a Object; expected a positive integer");
});

test("no number asks for more layers than memory has room for", () => {
  for (const layer of ["LSTM", "GRU", "RNN"]) {
    expect(() => fromConfig({ layer, hyperparameters: { nOut: 2, numLayers: 1e9 } })).toThrow(
      `${layer}: numLayers is 1000000000; expected a whole number of at least 1 and at most 10000`,
    );
  }
  expect(() => fromConfig({ layer: "TransformerEncoder", hyperparameters: { nHeads: 1, numLayers: 1e15 } })).toThrow(
    "at most 10000",
  );
});

test("layers in layers in layers, without end", () => {
  const depth = 10_000;
  const open = '{"layer":"Sequential","hyperparameters":{"layers":[';
  const config = JSON.parse(`${open.repeat(depth)}${"]}}".repeat(depth)}`);
  expect(() => fromConfig(config)).toThrow("fromConfig: layers lie in layers more than 200 deep; expected fewer");
  // The count begins anew.
  expect(() => fromConfig(config)).toThrow("more than 200 deep");
  let model = { layer: "Sequential", hyperparameters: { layers: [] as unknown[] } };
  for (let i = 0; i < 150; i++) model = { layer: "Sequential", hyperparameters: { layers: [model] } };
  expect(fromConfig(model as never).config()).toEqual(model);
});

test("hyperparameters that are no object", () => {
  const config = { layer: "WeightNorm", hyperparameters: null } as never;
  expect(() => fromConfig(config)).toThrow(
    "fromConfig: the hyperparameters of WeightNorm are null; expected an object",
  );
});

test("no weight is drawn that the heap has no room for", () => {
  for (const init of ["trunc_normal", "orthogonal", "he_normal"]) {
    const hyperparameters = { nOut: 2 ** 31, nIn: 2 ** 10, init };
    expect(() => fromConfig({ layer: "FullyConnected", hyperparameters })).toThrow(/allocate: no room for \d+ bytes/);
  }
});

test("a generator takes nothing but a state, and is as before otherwise", () => {
  const before = generator.state;
  const cyclic = nested(50_000);
  for (const state of [
    undefined,
    null,
    {},
    { words: [1, 2, 3], spare: null },
    { words: [cyclic, 1, 2, 3], spare: null },
  ]) {
    expect(() => {
      generator.state = state as never;
    }).toThrow("what was assigned to state is none");
  }
  expect(generator.state).toEqual(before);
});

describe("what is no state is refused, and changes nothing", () => {
  const things: Record<string, [thing: { state(): Tree; loadState(state: Tree): void }, bad: Tree[]]> = {
    accuracy: [new Accuracy(), [null, [], {}, { hits: 1 }, { hits: "1", count: 1 }]],
    mean: [new MeanMetric("m", () => 1), [null, {}, { sum: 1, count: null }]],
    confusion: [new ConfusionMatrix(), [null, {}, [1], [[1, 2]], [[-1]], [[1.5]], [["1"]]]],
    "early stopping": [
      new EarlyStopping(),
      [null, {}, { best: "1", bestEpoch: 1, waited: 0, weights: null }].concat([
        { best: 1, bestEpoch: -1, waited: 0, weights: null },
        { best: 1, bestEpoch: 1, waited: 0.5, weights: null },
        { best: 1, bestEpoch: 1, waited: 0, weights: { W: 1 } },
        { best: 1, bestEpoch: 1, waited: 0, weights: [] },
      ] as never),
    ],
    history: [
      new History(),
      [null, {}, [1], [{}], [{ epoch: 1, step: 1, lr: 1, seconds: 1 }]].concat([
        [{ epoch: 1, step: 1, lr: 1, seconds: 1, figures: null }],
        [{ epoch: 1, step: 1, lr: 1, seconds: 1, figures: { loss: "1" } }],
      ] as never),
    ],
    "learning rate": [new LearningRate(() => 1), [{ lr: "1" }, { lr: -1 }, { lr: {} }]],
  };
  test.each(Object.entries(things))("%s", (_, [thing, bad]) => {
    const before = thing.state();
    for (const state of bad) {
      expect(() => thing.loadState(state)).toThrow(/state|history|expected/);
      expect(thing.state()).toEqual(before);
    }
    thing.loadState(before);
    expect(thing.state()).toEqual(before);
  });
});

test("arrays are nested as deep as they have axes, and no deeper than 64", () => {
  expect(array(nested(64) as never).ndim).toBe(64);
  for (const depth of [65, 50_000]) {
    expect(() => array(nested(depth) as never)).toThrow("array: the arrays are nested more than 64 deep");
  }
});

test("a reduction that is none is shown in short", () => {
  for (const reduction of [nested(50_000), "x".repeat(5000)]) {
    expect(() => resolveLoss({ loss: "MSE", hyperparameters: { reduction } } as never)).toThrow(
      /^MSE: reduction is .{4,250}; expected one of "mean", "sum", "none"$/,
    );
  }
});
