import { readFileSync } from "node:fs";
import { join } from "node:path";
import { array, NDArray, noGrad, randomNormal, seed, type Variable, variable, zeros } from "../../../core/index.js";
import "../../../functions/index.js";
import {
  type CriticOptions,
  Dropout,
  Flatten,
  FullyConnected,
  fromConfig,
  type Layer,
  Sequential,
  WGAN_GP,
  type WGAN_GPOptions,
  type WGAN_GPProgress,
} from "../../../nn/index.js";
import { Adam, RMSProp, SGD } from "../../../optim/index.js";
import { expectStored, restore, type Stored } from "../../golden/training.js";
import { refusesCalls, refusesOptions, valuesOf } from "../refusals.js";

beforeEach(() => seed(17));

const dtype = "float64";
const make = (options: WGAN_GPOptions = {}) => new WGAN_GP({ gHidden: 6, nIn: 2, dtype, ...options });
const drawn = (...shape: number[]) => randomNormal(shape, { dtype });
const values = (layer: Layer) => valuesOf(layer);
const gradients = (layer: Layer) => layer.parameters().map((p) => p.grad);

interface GoldenUpdate {
  loss: number;
  gradients: Record<string, Stored>;
  after: Record<string, Stored>;
}

interface GoldenStep {
  real: Stored;
  criticNoise: Stored;
  alpha: Stored;
  generatorNoise: Stored;
  critic: GoldenUpdate & { distance: number };
  generator: GoldenUpdate;
}

interface GoldenRun {
  activation: string;
  lambda: number;
  start: { generator: Record<string, Stored>; critic: Record<string, Stored> };
  steps: GoldenStep[];
}

const golden: GoldenRun[] = JSON.parse(readFileSync(join(__dirname, "../../golden/wgan-gp.json"), "utf8"));

const restored = (stored: Record<string, Stored>) =>
  Object.fromEntries(Object.entries(stored).map(([name, value]) => [name, restore(value)]));

function expectUpdate(network: Layer, loss: number, expected: GoldenUpdate): void {
  expect(loss).toBeCloseTo(expected.loss, 10);
  expect(network.namedParameters().map(([name]) => name)).toEqual(Object.keys(expected.after));
  for (const [name, p] of network.namedParameters()) {
    expectStored(p.grad!.data, expected.gradients[name]!);
    expectStored(p.data, expected.after[name]!);
  }
}

test.each(golden.map((run) => [run.activation, run.lambda, run] as const))(
  "three updates of critic and generator in turn are PyTorch's, with %s and lambda %d",
  (actFn, lambda, { start, steps }) => {
    const model = new WGAN_GP({ gHidden: 5, actFn, latentDim: 3, optimizer: "RMSProp(lr=0.01)", nIn: 2, dtype });
    model.generator.loadStateDict(restored(start.generator));
    model.critic.loadStateDict(restored(start.critic));
    for (const step of steps) {
      const options: CriticOptions = { lambda, noise: restore(step.criticNoise), alpha: restore(step.alpha) };
      const { loss, distance } = model.updateCritic(restore(step.real), options);
      expect(distance).toBeCloseTo(step.critic.distance, 10);
      expectUpdate(model.critic, loss, step.critic);
      const generatorLoss = model.updateGenerator({ noise: restore(step.generatorNoise) });
      expectUpdate(model.generator, generatorLoss, step.generator);
    }
  },
);

test("has the reference's networks", () => {
  const model = new WGAN_GP({ nIn: 2 });
  const network = (name: string, last: number) => [
    ...[`${name}.0.W 2x512`, `${name}.0.b 512`, `${name}.1.W 512x512`, `${name}.1.b 512`],
    ...[`${name}.2.W 512x512`, `${name}.2.b 512`, `${name}.3.W 512x${last}`, `${name}.3.b ${last}`],
  ];
  expect(model.namedParameters().map(([name, p]) => `${name} ${p.shape.join("x")}`)).toEqual([
    ...network("generator", 2),
    ...network("critic", 1),
  ]);
  expect(model.config()).toEqual({
    layer: "WGAN_GP",
    hyperparameters: {
      ...{ gHidden: 512, actFn: "relu", init: "he_uniform", nIn: 2, generator: null, critic: null, latentDim: 2 },
      ...{ optimizer: "RMSProp(lr=0.0001)", dtype: "float32" },
    },
  });
  expect(model.optimizers.critic).toBeInstanceOf(RMSProp);
  expect(model.optimizers.critic.lr).toBe(0.0001);
});

describe("an update", () => {
  test("of the critic changes the critic alone, one of the generator the generator alone", () => {
    const model = make();
    const { generator, critic } = model;
    const weights = (network: Layer) => [0, 1, 2, 3].map((i) => network.stateDict()[`${i}.W`]!.toArray());
    const start = [weights(generator), weights(critic)];
    model.updateCritic(drawn(5, 2));
    expect(weights(generator)).toEqual(start[0]);
    expect(gradients(generator).every((g) => g === null)).toBe(true);
    const learned = weights(critic);
    learned.forEach((W, i) => {
      expect(W).not.toEqual(start[1]![i]);
    });

    critic.clearGrads();
    model.updateGenerator({ batchSize: 5 });
    expect(weights(critic)).toEqual(learned);
    expect(gradients(critic).every((g) => g === null)).toBe(true);
    weights(generator).forEach((W, i) => {
      expect(W).not.toEqual(start[0]![i]);
    });
  });

  test("of the generator leaves the critic learning, also when it throws, and frozen parts frozen", () => {
    const model = make();
    const { critic } = model;
    const last = critic.parameters().at(-1)!;
    last.requiresGrad = false;
    const learning = critic.parameters().map((p) => p.requiresGrad);
    model.updateGenerator();
    expect(critic.parameters().map((p) => p.requiresGrad)).toEqual(learning);
    expect(() => model.updateGenerator({ noise: drawn(3, 4) })).toThrow("WGAN_GP: noise has shape (3, 4)");
    expect(critic.parameters().map((p) => p.requiresGrad)).toEqual(learning);
    last.requiresGrad = true;
  });

  test("leaves a frozen network as it is", () => {
    const model = make({ actFn: "tanh" });
    model.freeze();
    const before = model.parameters().map((p) => p.toArray());
    const { loss } = model.updateCritic(drawn(5, 2));
    expect(Number.isFinite(loss)).toBe(true);
    expect(Number.isFinite(model.updateGenerator())).toBe(true);
    expect(model.parameters().map((p) => p.toArray())).toEqual(before);
    model.unfreeze();
    model.updateCritic(drawn(5, 2));
    model.updateGenerator();
    expect(model.parameters().map((p) => p.toArray())).not.toEqual(before);
  });

  test("reports the loss, which is the penalty less the distance", () => {
    const model = make();
    const [real, noise, alpha] = [drawn(4, 2), drawn(4, 2), array([0.1, 0.9, 0.4, 0.6], { dtype })];
    const score = (x: NDArray) => noGrad(() => model.critic.forward(x).mean().item());
    const distance = score(real) - score(model.forward(noise).data);
    const without = model.criticLoss(real, { noise, alpha, lambda: 0 }).item();
    expect(without).toBeCloseTo(-distance, 12);
    const [once, twice] = [1, 2].map((lambda) => model.criticLoss(real, { noise, alpha, lambda }).item());
    expect(twice! - once!).toBeCloseTo(once! - without, 12);
    const report = model.updateCritic(real, { noise, alpha, lambda: 2 });
    expect(report.distance).toBeCloseTo(distance, 12);
    expect(report.loss).toBe(twice);
  });

  test("of the critic computes no gradient of examples, nor of the points of the penalty", () => {
    const model = make({ actFn: "tanh" });
    const inputs: Variable[] = [];
    model.critic.onForward((_, [x]) => inputs.push(x as Variable));
    model.updateCritic(drawn(5, 2));
    expect(inputs).toHaveLength(3);
    expect(inputs.map((x) => [x.grad, x.requiresGrad])).toEqual(new Array(3).fill([null, false]));
  });

  test("is the same in noGrad", () => {
    const model = make();
    const [real, noise, alpha] = [drawn(4, 2), drawn(4, 2), array([0.1, 0.9, 0.4, 0.6], { dtype })];
    const loss = model.criticLoss(real, { noise, alpha });
    expect(noGrad(() => model.criticLoss(real, { noise, alpha })).item()).toBe(loss.item());
  });

  test("of a loss that is not finite is refused, and no parameter has changed", () => {
    const model = make();
    const before = values(model);
    const real = array([[Number.NaN, 0]], { dtype });
    expect(() => model.updateCritic(real)).toThrow("WGAN_GP: the loss of the critic is NaN; expected a smaller");
    expect(() => model.updateGenerator({ noise: [[Number.POSITIVE_INFINITY, 0]] })).toThrow("loss of the generator is");
    expect({ ...values(model), shapes: [] }).toEqual(before);
  });
});

describe("fit", () => {
  /** Two groups of points. */
  const groups = (n: number) => {
    const points = drawn(n, 2).toTypedArray();
    return array(points.map((v, i) => 0.1 * v + (i % 4 < 2 ? 2 : -2))).reshape([n, 2]);
  };

  test("learns: what it generates comes to lie in both groups", () => {
    const model = make({ gHidden: 16, actFn: "tanh", optimizer: "adam(lr=0.005, beta1=0.5, beta2=0.9)" });
    const near = (sign: number) => {
      const made = model.generate(400).toArray() as number[][];
      return made.filter((p) => p.every((v) => Math.abs(v - 2 * sign) < 0.6)).length;
    };
    expect(near(1) + near(-1)).toBeLessThan(100);
    model.fit(groups(256), { steps: 150, batchSize: 64, criticUpdates: 3, lambda: 0.1 });
    expect(near(1)).toBeGreaterThan(130);
    expect(near(-1)).toBeGreaterThan(130);
  });

  test("makes criticUpdates updates of the critic and one of the generator in each step, and goes on when called again", () => {
    const model = make();
    const seen: WGAN_GPProgress[] = [];
    const points = groups(32);
    const report = model.fit(points, { steps: 3, batchSize: 8, criticUpdates: 4, onProgress: (p) => seen.push(p) });
    expect(seen).toEqual(report);
    expect(report.map(({ step, steps }) => [step, steps])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect([model.optimizers.critic.steps, model.optimizers.generator.steps]).toEqual([12, 3]);
    model.fit(points, { steps: 1 });
    expect([model.optimizers.critic.steps, model.optimizers.generator.steps]).toEqual([17, 4]);
  });

  test("takes every example once in a pass, in random order, in batches of one size", () => {
    const model = make();
    const update = jest.spyOn(model, "updateCritic");
    const points = array(
      Array.from({ length: 10 }, (_, i) => [i, i]),
      { dtype },
    );
    model.fit(points, { steps: 2, batchSize: 3, criticUpdates: 3, lambda: 7 });
    const batches = update.mock.calls.map(([x]) => ((x as NDArray).toArray() as number[][]).map(([first]) => first!));
    expect(update.mock.calls.map(([, options]) => options)).toEqual(new Array(6).fill({ lambda: 7 }));
    expect(batches.map((batch) => batch.length)).toEqual(new Array(6).fill(3));
    const passes = [batches.slice(0, 3).flat(), batches.slice(3).flat()];
    for (const pass of passes) {
      expect(new Set(pass).size).toBe(9);
      expect(pass).not.toEqual([...pass].sort((a, b) => a - b));
    }
    expect(passes[0]).not.toEqual(passes[1]);
  });

  test("takes all examples at once when there are fewer than batchSize", () => {
    const model = make();
    const [critic, generator] = [jest.spyOn(model, "updateCritic"), jest.spyOn(model, "updateGenerator")];
    model.fit(groups(6), { steps: 1 });
    expect((critic.mock.calls[0]![0] as NDArray).shape).toEqual([6, 2]);
    expect(generator).toHaveBeenCalledWith({ batchSize: 6 });
  });

  test("repeats with the seed", () => {
    const run = () => {
      seed(5);
      const model = make();
      return [model.fit(groups(20), { steps: 3, batchSize: 4 }), values(model)];
    };
    expect(run()).toEqual(run());
  });

  test("prints a line after each tenth of the steps, if it is to", () => {
    const log = jest.spyOn(console, "log").mockImplementation(() => {});
    make().fit(groups(8), { steps: 2, criticUpdates: 1 });
    expect(log).not.toHaveBeenCalled();
    make().fit(groups(8), { steps: 25, criticUpdates: 1, verbose: true });
    expect(log).toHaveBeenCalledTimes(10);
    expect(log.mock.calls.at(-1)![0]).toMatch(/^step 25\/25: critic -?[\d.]+, generator -?[\d.]+, distance -?[\d.]+$/);
    log.mockRestore();
  });

  const bad: [what: string, run: (model: WGAN_GP) => unknown, message: string][] = [
    ["steps", (m) => m.fit(groups(4), { steps: 0 }), "WGAN_GP.fit: steps is 0; expected a whole number of at least 1"],
    ["batchSize", (m) => m.fit(groups(4), { batchSize: 0.5 }), "WGAN_GP.fit: batchSize is 0.5; expected a whole"],
    ["criticUpdates", (m) => m.fit(groups(4), { criticUpdates: 0 }), "WGAN_GP.fit: criticUpdates is 0; expected"],
    ["lambda", (m) => m.fit(groups(4), { lambda: -1 }), "WGAN_GP.fit: lambda is -1; expected a finite number"],
    ["verbose", (m) => m.fit(groups(4), { verbose: 1 as never }), "WGAN_GP.fit: verbose is 1; expected true or false"],
    ["onProgress", (m) => m.fit(groups(4), { onProgress: 1 as never }), "WGAN_GP.fit: onProgress is 1; expected a"],
    ["unknown", (m) => m.fit(groups(4), { epochs: 3 } as never), "WGAN_GP.fit: unknown option epochs; expected"],
    ["examples", (m) => m.fit(drawn(4, 3)), "WGAN_GP: the input of shape (4, 3) has 3 features; expected 2"],
  ];
  test.each(bad)("refuses another %s, and nothing has changed", (_, run, message) => {
    const model = make();
    const before = values(model);
    expect(() => run(model)).toThrow(message);
    expect(values(model)).toEqual(before);
  });
});

describe("generate", () => {
  test("makes so many examples, without a graph, and other ones each time", () => {
    const model = make({ latentDim: 5 });
    const made = model.generate(7);
    expect(made).toBeInstanceOf(NDArray);
    expect([made.shape, made.dtype]).toEqual([[7, 2], "float64"]);
    expect(model.generate(7).toArray()).not.toEqual(made.toArray());
    expect(() => model.generate(0)).toThrow("WGAN_GP.generate: n is 0; expected a whole number of at least 1");
  });

  test("makes what forward makes of standard normal noise", () => {
    const model = make({ latentDim: 5 });
    seed(1);
    const made = model.generate(3);
    seed(1);
    const examples = model.forward(drawn(3, 5));
    expect(examples.toArray()).toEqual(made.toArray());
    expect(examples.requiresGrad).toBe(true);
  });
});

describe("sizes that are told by the first examples", () => {
  test("are not known before", () => {
    const model = make({ nIn: null });
    for (const run of [() => model.generate(1), () => model.forward(drawn(1, 2)), () => model.updateGenerator()]) {
      expect(run).toThrow("WGAN_GP: it is not known how many features an example has; expected nIn, or fit or updateC");
    }
    expect(model.summary()).toContain("W (6, ?)  b (?,)");
    expect(model.config().hyperparameters).toMatchObject({ nIn: null, latentDim: null });
  });

  test("are in the config from then on, which makes a model that takes the state", () => {
    const model = make({ nIn: null });
    model.updateCritic(drawn(3, 4));
    const config = JSON.parse(JSON.stringify(model.config()));
    expect(config.hyperparameters).toMatchObject({ nIn: 4, latentDim: 4 });
    for (const other of [fromConfig(config) as WGAN_GP, make({ nIn: null })]) {
      other.loadStateDict(model.stateDict());
      seed(2);
      const made = other.generate(3);
      seed(2);
      expect(made.toArray()).toEqual(model.generate(3).toArray());
    }
  });

  test("leave optimizers that were asked for before as they are", () => {
    const model = make({ nIn: null });
    const { critic } = model.optimizers;
    model.updateCritic(drawn(3, 4));
    expect(model.optimizers.critic).toBe(critic);
    expect(critic.steps).toBe(1);
  });
});

describe("networks that are given", () => {
  const layers = () => ({
    generator: new Sequential(new FullyConnected({ nOut: 4, actFn: "elu", dtype }), new Dropout({ p: 0.1 })),
    critic: new Sequential(new Flatten(), new FullyConnected({ nOut: 1, dtype })),
  });

  test("learn, and come back from the config", () => {
    const { generator, critic } = layers();
    const model = new WGAN_GP({ generator, critic, latentDim: 3, dtype, optimizer: { name: "sgd", lr: 0.1 } });
    expect([model.generator, model.critic]).toEqual([generator, critic]);
    model.fit(drawn(12, 4), { steps: 2 });
    expect(model.generate(5).shape).toEqual([5, 4]);
    const config = JSON.parse(JSON.stringify(model.config()));
    expect(Object.keys(config.hyperparameters)).toEqual(["generator", "critic", "latentDim", "optimizer", "dtype"]);
    const other = fromConfig(config) as WGAN_GP;
    expect(other.config()).toEqual(config);
    other.loadStateDict(model.stateDict());
    expect(
      other
        .eval()
        .forward([[1, 2, 3]])
        .toArray(),
    ).toEqual(
      model
        .eval()
        .forward([[1, 2, 3]])
        .toArray(),
    );
    expect(other.optimizers.generator).toBeInstanceOf(SGD);
  });

  test("have noise of as many numbers as an example, unless told", () => {
    const model = new WGAN_GP({ ...layers(), dtype });
    expect(() => model.generate(2)).toThrow("WGAN_GP: it is not known how long the noise is; expected latentDim, or");
    model.updateCritic(drawn(3, 4));
    expect(model.generator.namedParameters()[0]![1].shape).toEqual([4, 4]);
    expect(model.config().hyperparameters).toMatchObject({ latentDim: 4 });
  });

  test("can be one of the two", () => {
    const model = new WGAN_GP({ generator: layers().generator, gHidden: 3, latentDim: 2, dtype });
    model.updateCritic(drawn(3, 4));
    expect(model.critic.parameters().map((p) => p.shape.join("x"))).toEqual([
      "4x3",
      "3",
      "3x3",
      "3",
      "3x3",
      "3",
      "3x1",
      "1",
    ]);
    expect(() => model.updateCritic(drawn(3, 4, 1))).toThrow("WGAN_GP: the input has shape (3, 4, 1); expected 2 axes");
    const { critic } = layers();
    const other = new WGAN_GP({ critic, nIn: 3, latentDim: 2, gHidden: 5, dtype });
    other.updateCritic(drawn(2, 3));
    expect(other.config().hyperparameters).toMatchObject({ nIn: 3, gHidden: 5, generator: null });
    expect(other.generate(2).shape).toEqual([2, 3]);
  });

  test("must fit the examples", () => {
    const wide = new WGAN_GP({ ...layers(), latentDim: 2, dtype });
    expect(() => wide.updateCritic(drawn(3, 5))).toThrow(
      "WGAN_GP: the generator made (3, 4) and the real examples have shape (3, 5); expected the same",
    );
    const critic = new FullyConnected({ nOut: 2, dtype });
    const two = new WGAN_GP({ generator: layers().generator, critic, latentDim: 2, dtype });
    const message = "WGAN_GP: the critic made (3, 2) of (3, 4); expected a number for each example";
    expect(() => two.updateCritic(drawn(3, 4))).toThrow(message);
  });

  test("may be made by a function's optimizer, which is called for each", () => {
    const optimizer = jest.fn((parameters) => new Adam(parameters, { lr: 0.01 }));
    const model = make({ optimizer: optimizer as WGAN_GPOptions["optimizer"] });
    model.fit(drawn(4, 2), { steps: 1 });
    expect(optimizer.mock.calls.map(([parameters]) => parameters)).toEqual([
      model.generator.parameters(),
      model.critic.parameters(),
    ]);
    expect(() => model.config()).toThrow("config: WGAN_GP has the function");
  });
});

const one = new FullyConnected({ nOut: 1 });
refusesOptions("WGAN_GP", [
  [() => new WGAN_GP({ hidden: 3 } as never), "WGAN_GP: unknown option hidden; expected some of gHidden, actFn, init"],
  [() => new WGAN_GP({ gHidden: 0 }), "WGAN_GP: gHidden is 0; expected a whole number of at least 1"],
  [() => new WGAN_GP({ nIn: 1.5 }), "WGAN_GP: nIn is 1.5; expected a whole number of at least 1"],
  [() => new WGAN_GP({ latentDim: 0 }), "WGAN_GP: latentDim is 0; expected a whole number of at least 1"],
  [() => new WGAN_GP({ actFn: "rule" }), 'WGAN_GP: actFn is "rule"; expected'],
  [() => new WGAN_GP({ init: "random" }), 'WGAN_GP: init is "random"; expected'],
  [() => new WGAN_GP({ optimizer: "adm" }), 'WGAN_GP: optimizer is "adm"; expected'],
  [() => new WGAN_GP({ dtype: "int32" as never }), 'WGAN_GP: dtype is "int32"; expected "float32" or "float64"'],
  [
    () => new WGAN_GP({ generator: 3 as never }),
    "WGAN_GP: generator is 3; expected a Layer, the config of one, or null",
  ],
  [() => new WGAN_GP({ critic: {} as never }), "WGAN_GP: critic is a Object; expected a Layer, the config of one, or"],
  [
    () => new WGAN_GP({ generator: one, critic: one }),
    "WGAN_GP: generator and critic are one layer; expected each to have parameters of its own",
  ],
  [
    () => new WGAN_GP({ generator: new Sequential(one), critic: one }),
    "WGAN_GP: generator and critic share the parameter W; expected each to have parameters of its own",
  ],
  [
    () => new WGAN_GP({ generator: one, critic: new FullyConnected({ nOut: 1 }), gHidden: 3 }),
    "WGAN_GP: gHidden is given, and both generator and critic, which are made without; expected one or the other",
  ],
]);

refusesCalls(
  "WGAN_GP",
  () => make({ latentDim: 3 }),
  (model) => [model.criticLoss(zeros([2, 2], { dtype })), model.generatorLoss({ batchSize: 2 })],
  [
    [(m) => m.criticLoss(drawn(2)), "WGAN_GP: the input has shape (2,); expected 2 axes (N, nIn)"],
    [(m) => m.criticLoss(drawn(2, 3)), "WGAN_GP: the input of shape (2, 3) has 3 features; expected 2"],
    [(m) => m.criticLoss(zeros([2, 2])), "WGAN_GP: the input is float32; expected float64 (astype)"],
    [(m) => m.criticLoss(drawn(2, 2), { lambda: -1 }), "WGAN_GPLoss: lambda is -1; expected a finite number"],
    [(m) => m.criticLoss(drawn(2, 2), { z: 1 } as never), "WGAN_GP.criticLoss: unknown option z; expected some of"],
    [(m) => m.criticLoss(drawn(2, 2), { noise: drawn(3, 3) }), "WGAN_GP: noise has shape (3, 3); expected (2, 3)"],
    [(m) => m.criticLoss(drawn(2, 2), { noise: drawn(2, 2) }), "WGAN_GP: noise has shape (2, 2); expected (2, 3)"],
    [(m) => m.criticLoss(drawn(2, 2), { noise: zeros([2, 3]) }), "WGAN_GP: noise: the input is float32; expected"],
    [(m) => m.criticLoss(drawn(2, 2), { alpha: drawn(3) }), "WGAN_GP: alpha has shape (3,); expected (2,)"],
    [(m) => m.criticLoss(drawn(2, 2), { alpha: drawn(2, 1) }), "WGAN_GP: alpha: the input has shape (2, 1); expected"],
    [
      (m) => m.updateCritic(drawn(2, 2), { alpha: 0.5 }),
      "WGAN_GP: alpha: the input has shape (); expected 1 axes (N,)",
    ],
    [(m) => m.forward(drawn(2)), "WGAN_GP: noise: the input has shape (2,); expected 2 axes (N, latentDim)"],
    [(m) => m.forward(drawn(2, 2)), "WGAN_GP: noise has shape (2, 2); expected (N, 3)"],
    [(m) => m.generatorLoss({ batchSize: 0 }), "WGAN_GP.generatorLoss: batchSize is 0; expected a whole number"],
    [(m) => m.generatorLoss({ n: 1 } as never), "WGAN_GP.generatorLoss: unknown option n; expected some of batchSize"],
    [
      (m) => m.updateGenerator({ batchSize: 2, noise: variable(drawn(2, 3)) }),
      "WGAN_GP.updateGenerator: both batchSize and noise are given; expected one of them",
    ],
  ],
);
