import { seed, zeros } from "../../core/index.js";
import { relu } from "../../functions/activation.js";
import { mul } from "../../functions/arithmetic.js";
import {
  Conv2D,
  Dropout,
  Flatten,
  FullyConnected,
  fromConfig,
  glorotUniform,
  Layer,
  Pool2D,
  registerActivation,
  registerLayer,
  Sequential,
  type UnaryLayer,
} from "../../nn/index.js";

const layers: Record<string, () => UnaryLayer> = {
  "FullyConnected with defaults": () => new FullyConnected({ nOut: 3 }),
  FullyConnected: () =>
    new FullyConnected({ nOut: 3, nIn: 2, actFn: relu, init: "he_normal", bias: false, dtype: "float64" }),
  "Conv2D with defaults": () => new Conv2D({ outCh: 2, kernelShape: 3 }),
  Conv2D: () =>
    new Conv2D({
      outCh: 2,
      kernelShape: [3, 2],
      inCh: 4,
      pad: [1, 0, 2, 1],
      stride: [1, 2],
      dilation: 1,
      actFn: "Tanh",
      init: "std_normal",
      bias: false,
      dtype: "float64",
    }),
  "Pool2D with defaults": () => new Pool2D({ kernelShape: 2 }),
  Pool2D: () => new Pool2D({ kernelShape: [2, 3], stride: 2, pad: "same", mode: "average" }),
  Flatten: () => new Flatten({ keepDim: "last" }),
  Dropout: () => new Dropout({ p: 0.25 }),
  Sequential: () =>
    new Sequential(new Sequential(new Conv2D({ outCh: 1, kernelShape: 1 })), new Flatten(), new Dropout()),
};

test.each(Object.entries(layers))("%s comes back from its config in JSON", (_, make) => {
  const layer = make();
  const config = JSON.parse(JSON.stringify(layer.config()));
  const rebuilt = fromConfig(config);
  expect(rebuilt.constructor).toBe(layer.constructor);
  expect(rebuilt.config()).toEqual(config);
  expect(rebuilt.namedParameters().map(([name, { shape, dtype }]) => [name, shape, dtype])).toEqual(
    layer.namedParameters().map(([name, { shape, dtype }]) => [name, shape, dtype]),
  );
});

test("the config says every option, names in their own spelling", () => {
  expect(layers.FullyConnected!().config()).toEqual({
    layer: "FullyConnected",
    hyperparameters: {
      nOut: 3,
      nIn: 2,
      actFn: "relu",
      init: "he_normal",
      bias: false,
      fused: false,
      dtype: "float64",
    },
  });
  expect(layers.Conv2D!().config().hyperparameters).toEqual({
    outCh: 2,
    kernelShape: [3, 2],
    inCh: 4,
    pad: [1, 0, 2, 1],
    stride: [1, 2],
    dilation: 1,
    actFn: "tanh",
    init: "std_normal",
    bias: false,
    dtype: "float64",
  });
  expect(new Sequential(new Flatten()).config()).toEqual({
    layer: "Sequential",
    hyperparameters: { layers: [{ layer: "Flatten", hyperparameters: { keepDim: "first" } }] },
  });
});

test("sizes that an input told are in the config", () => {
  const model = new Sequential(
    new Conv2D({ outCh: 2, kernelShape: 2 }),
    new Flatten(),
    new FullyConnected({ nOut: 1 }),
  );
  model.forward(zeros([1, 3, 3, 5]));
  const rebuilt = fromConfig(model.config()) as Sequential;
  expect(rebuilt.parameters().map((p) => p.shape)).toEqual([[2, 2, 5, 2], [2], [8, 1], [1]]);
  rebuilt.loadStateDict(model.stateDict());
  seed(3);
  const x = zeros([1, 3, 3, 5]);
  expect(rebuilt.forward(x).toArray()).toEqual(model.forward(x).toArray());
});

test("a layer of the user's, with an activation of the user's, once registered", () => {
  const double = (x: Parameters<typeof relu>[0]) => mul(x, 2);
  const layer = new FullyConnected({ nOut: 1, nIn: 1, actFn: double });
  expect(() => layer.config()).toThrow(
    "FullyConnected: a config cannot hold the function double; expected actFn by name, or registerActivation(name, function) before",
  );
  registerActivation("double", double, { gain: 2 });
  expect(layer.config().hyperparameters.actFn).toBe("double");
  expect(() => registerActivation("Double", double)).toThrow("registerActivation: Double is registered already");

  class Twice extends Layer {
    constructor(readonly options: { times: number }) {
      super();
    }
    override forward(x: Parameters<typeof relu>[0]) {
      return mul(x, this.options.times);
    }
    protected override hyperparameters() {
      return { times: this.options.times };
    }
  }
  expect(() => new Twice({ times: 2 }).config()).toThrow(
    'config: Twice is not registered; expected registerLayer("Twice", Twice) before',
  );
  registerLayer("Twice", Twice);
  registerLayer("Twice", Twice);
  const rebuilt = fromConfig(JSON.parse(JSON.stringify(new Twice({ times: 3 }).config()))) as Twice;
  expect(rebuilt.forward([2]).toArray()).toEqual([6]);
  expect(() => registerLayer("Twice", Flatten)).toThrow("registerLayer: another class is registered as Twice");
});

test("an initializer that is a function has no name unless it is in the table", () => {
  expect(new FullyConnected({ nOut: 1, init: glorotUniform }).config().hyperparameters.init).toBe("glorot_uniform");
  const layer = new FullyConnected({ nOut: 1, init: (shape) => zeros(shape) });
  expect(() => layer.config()).toThrow("FullyConnected: a config cannot hold the function init; expected init by name");
});

test.each<[unknown, string]>([
  [null, 'fromConfig: expected { layer: "FullyConnected", hyperparameters: {...} }, got null'],
  ["Flatten", 'fromConfig: expected { layer: "FullyConnected", hyperparameters: {...} }, got "Flatten"'],
  [{}, 'fromConfig: expected { layer: "FullyConnected", hyperparameters: {...} }, got layer undefined'],
  [
    { layer: "Dense", hyperparameters: {} },
    'fromConfig: unknown layer "Dense"; expected one of Add, Affine, BatchNorm1D, ',
  ],
  [{ layer: "__proto__" }, 'fromConfig: unknown layer "__proto__"'],
  [{ layer: "constructor" }, 'fromConfig: unknown layer "constructor"'],
  [{ layer: "Flatten", hyperparameters: 3 }, "Flatten: expected an object of options (keepDim), got 3"],
  [
    { layer: "Flatten", hyperparameters: JSON.parse('{"__proto__": {"keepDim": "last"}}') },
    "Flatten: unknown option __proto__",
  ],
  [{ layer: "FullyConnected" }, "FullyConnected: nOut is undefined; expected a whole number of at least 1"],
  [{ layer: "Sequential" }, "Sequential: layers is undefined; expected an array of configs"],
  [{ layer: "Sequential", hyperparameters: { layers: [3] } }, "fromConfig: expected { layer"],
])("no config: %j", (config, message) => {
  expect(() => fromConfig(config as never)).toThrow(message);
});
