import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { array, generator, type NDArray, randomNormal, seed, type Variable } from "../../../core/index.js";
import * as F from "../../../functions/index.js";
import {
  type BatchData,
  BatchNorm1D,
  type Callback,
  ConfusionMatrix,
  CSVLogger,
  DataLoader,
  Dropout,
  EarlyStopping,
  FullyConnected,
  Layer,
  LearningRate,
  MSE,
  NCELoss,
  Sequential,
  type SupervisedBatch,
  Trainer,
  type TrainerOptions,
  type TrainingEvent,
} from "../../../nn/index.js";
import { Adam, ReduceOnPlateauScheduler, SGD } from "../../../optim/index.js";

seed(1);
const X = randomNormal([20, 3]);
const T = array(Int32Array.from({ length: 20 }, (_, i) => (X.slice(i, 0).item() > 0 ? 1 : 0)));
const data = { x: X, t: T };
const makeModel = () =>
  new Sequential(
    new FullyConnected({ nOut: 4, nIn: 3, actFn: "tanh" }),
    new Dropout({ p: 0.3 }),
    new FullyConnected({ nOut: 2, nIn: 4 }),
  );
const quiet = { optimizer: "sgd(lr=0.1)", loss: "softmaxCrossEntropy", progress: false } as const;
const valuesOf = (model: Layer) => model.parameters().map((p) => (p.initialized ? p.toArray() : null));

function trainerOf(options: TrainerOptions<unknown> = {}, model: Layer = makeModel()): Trainer {
  return new Trainer(model, { ...quiet, ...options });
}

test("fit is the loop one would write, to the bit, and so are evaluate and predict", async () => {
  seed(3);
  const byHand = makeModel();
  const optimizer = new Adam(byHand.parameters(), { lr: 0.03 });
  const loader = new DataLoader(data, { batchSize: 6 });
  const losses: number[] = [];
  for (let epoch = 0; epoch < 3; epoch++) {
    let sum = 0;
    for (const { x, t } of loader) {
      const loss = F.softmaxCrossEntropy(byHand.forward(x), t);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      sum += loss.item() * t.size;
    }
    losses.push(sum / 20);
  }
  seed(3);
  const model = makeModel();
  const trainer = new Trainer(model, { ...quiet, optimizer: "adam(lr=0.03)", metrics: ["accuracy"] });
  const history = await trainer.fit(data, { epochs: 3, batchSize: 6 });
  expect(valuesOf(model)).toEqual(valuesOf(byHand));
  expect(history.values("loss")).toEqual(losses);
  byHand.eval();
  const y = byHand.forward(X);
  const { loss, accuracy } = await trainer.evaluate(data, { batchSize: 20 });
  expect(loss).toBe(F.softmaxCrossEntropy(y, T).item());
  expect(accuracy).toBeCloseTo(F.accuracy(y, T).item(), 6);
  expect((await trainer.predict(X, { batchSize: 7 })).toArray()).toEqual(y.toArray());
  expect(model.training).toBe(true);
});

describe("data", () => {
  const batches = () => [...new DataLoader(data, { batchSize: 8, shuffle: false })];
  const kinds: Record<string, () => BatchData<SupervisedBatch>> = {
    "a DataLoader": () => new DataLoader(data, { batchSize: 8, shuffle: false }),
    "a list of batches": batches,
    "a list of pairs": () => batches().map(({ x, t }) => [x, t] as const),
    "a function of an iterable": () => () => batches(),
    "a generator function": () =>
      function* () {
        yield* batches();
      },
    "an asynchronous generator function": () =>
      async function* () {
        for (const batch of batches()) yield await Promise.resolve(batch);
      },
    "an iterable object": () => ({ [Symbol.iterator]: () => batches()[Symbol.iterator]() }),
    "a loader that reads ahead": () => new DataLoader(data, { batchSize: 8, shuffle: false, prefetch: 2 }),
    "a Set": () => new Set(batches()),
  };

  test.each(Object.entries(kinds))("%s", async (_, make) => {
    seed(2);
    const reference = trainerOf();
    await reference.fit(data, { epochs: 2, batchSize: 8, shuffle: false });
    seed(2);
    const trainer = trainerOf();
    await trainer.fit(make(), { epochs: 2, validation: make() });
    expect(valuesOf(trainer.model)).toEqual(valuesOf(reference.model));
    expect(trainer.history.last!.figures.valLoss).toBeCloseTo((await reference.evaluate(data)).loss!, 6);
    expect((await trainer.predict(make() as never)).shape).toEqual([20, 2]);
  });

  test("pairs of arrays and datasets make batches of their own", async () => {
    seed(2);
    const reference = trainerOf();
    await reference.fit(data, { epochs: 2, batchSize: 8 });
    for (const given of [[X, T], { length: 20, get: (i: number) => ({ x: X.slice(i), t: T.slice(i) }) }]) {
      seed(2);
      const trainer = trainerOf();
      await trainer.fit(given as never, {
        epochs: 2,
        batchSize: 8,
        validation: new DataLoader(data, { shuffle: false }),
      });
      expect(trainer.step).toBe(6);
      expect(valuesOf(trainer.model)).toEqual(valuesOf(reference.model));
    }
  });

  test("stepsPerEpoch takes a part of a pass, also of one without an end", async () => {
    const trainer = trainerOf();
    await trainer.fit(
      function* () {
        for (;;) yield batches()[0];
      },
      { epochs: 2, stepsPerEpoch: 3 },
    );
    expect([trainer.epoch, trainer.step]).toEqual([2, 6]);
  });

  const refused: [string, () => BatchData<SupervisedBatch>, object, string][] = [
    ["nothing", () => undefined as never, {}, "Trainer.fit: the data are undefined; expected a DataLoader"],
    ["text", () => "abc" as never, {}, 'Trainer.fit: the data are "abc"'],
    ["an empty list", () => [], {}, "the number of examples is 0"],
    ["an empty generator", () => function* () {} as never, {}, "Trainer.fit: the data gave no batches"],
    ["empty arrays", () => ({ x: array([]), t: array([]) }), {}, "DataLoader: x of shape (0,) has no examples"],
    ["arrays of different lengths", () => ({ x: X, t: array([1]) }), {}, "expected as many examples in each"],
    [
      "a loader whose batches were all dropped",
      () => new DataLoader(data, { batchSize: 50, dropLast: true }),
      {},
      "the loader gives no batches",
    ],
    ["a batch size of 0", () => data, { batchSize: 0 }, "Trainer.fit: batchSize is 0"],
    ["a batch size for batches", () => batches(), { batchSize: 3 }, "batchSize is 3 and the data are batches"],
    ["batches without targets", () => [X], {}, "Trainer: a batch is a list of 1; expected { x, t } or [x, t]"],
    ["batches of other names", () => ({ inputs: X, targets: T }), {}, "Trainer: a batch is { inputs, targets }"],
    ["a function of no iterable", () => (() => 3) as never, {}, "Trainer.fit: the function gave 3"],
    ["0 steps per epoch", () => data, { stepsPerEpoch: 0 }, "stepsPerEpoch is 0"],
    ["-1 epochs", () => data, { epochs: -1 }, "epochs is -1"],
    ["an unknown option", () => data, { epoch: 1 }, "Trainer.fit: unknown option epoch"],
    ["a resume of 1", () => data, { resume: 1 }, "resume is 1; expected true, false or a path"],
    ["no validation data", () => data, { validation: new Set() }, "Trainer.fit: validation: the data gave no batches"],
  ];

  test.each(refused)("%s: refused", async (name, make, options, message) => {
    const trainer = trainerOf();
    const before = valuesOf(trainer.model);
    await expect(trainer.fit(make() as never, options)).rejects.toThrow(message);
    if (name !== "no validation data") expect(valuesOf(trainer.model)).toEqual(before);
    expect(trainer.history.epochs).toEqual([]);
    await trainer.fit(data);
    expect(trainer.history.epochs.length).toBe(1);
  });

  test("an iterator gives one pass", async () => {
    const iterator = batches()[Symbol.iterator]();
    const trainer = trainerOf();
    await expect(trainer.fit(iterator, { epochs: 2 })).rejects.toThrow(
      "the data are an iterator, which can be read only once",
    );
    expect(trainer.epoch).toBe(1);
  });
});

describe("options", () => {
  const foreign = new FullyConnected({ nOut: 1, nIn: 1 });
  const rows: [TrainerOptions<unknown>, string][] = [
    [{ optimiser: "adam" } as never, "Trainer: unknown option optimiser"],
    [{ optimizer: "adamant" }, 'Trainer: optimizer is "adamant"'],
    [{ optimizer: "adam(lr=-1)" }, "lr is -1"],
    [
      { optimizer: new SGD(foreign.parameters()) },
      "Trainer: optimizer changes a parameter W of shape (1, 1) that the model does not have",
    ],
    [{ loss: "cross" }, 'Trainer: loss is "cross"'],
    [{ loss: "mse", step: () => 1 as never }, "both loss and step are given"],
    [{ loss: undefined, step: 3 as never }, "step is 3"],
    [{ metrics: ["sharpness"] }, "sharpness"],
    [{ callbacks: [{}] }, "callback 0 is a Object"],
    [{ callbacks: [{ onStep() {}, state: () => 1 }] }, "callback 0 has one of state and loadState"],
    [{ seed: 0.5 }, "seed is 0.5"],
    [{ progress: "bar" as never }, 'progress is "bar"'],
    [{ checkFinite: 1 as never }, "checkFinite is 1"],
  ];

  test.each(rows)("%o: refused", (options, message) => {
    expect(
      () => new Trainer(makeModel(), { progress: false, ...(options.step ? {} : { loss: "mse" }), ...options }),
    ).toThrow(message);
  });

  test("what is missing is named", async () => {
    expect(() => new Trainer(3 as never)).toThrow("Trainer: the model is 3; expected a Layer");
    const bare = new Trainer(makeModel());
    await expect(bare.fit(data)).rejects.toThrow("Trainer.fit: the Trainer has no loss; expected loss or step");
    await expect(bare.evaluate(data)).rejects.toThrow("Trainer.evaluate: the Trainer has no loss");
    expect((await bare.predict(X)).shape).toEqual([20, 2]);
    await expect(new Trainer(makeModel(), { loss: "mse" }).fit(data)).rejects.toThrow("the Trainer has no optimizer");
  });

  test("a loss may be a Loss, a text, a function or a layer that learns", async () => {
    const targets = { x: X, t: randomNormal([20, 2]) };
    const losses = ["mse", new MSE(), { name: "mse" }, (y: Variable, t: never) => F.meanSquaredError(y, t)] as const;
    const values: unknown[] = [];
    for (const loss of losses) {
      seed(4);
      const trainer = trainerOf({ loss: loss as never });
      await trainer.fit(targets, { batchSize: 8 });
      values.push(valuesOf(trainer.model));
    }
    for (const value of values) expect(value).toEqual(values[0]);
    seed(4);
    const nce = new NCELoss({
      nClasses: 5,
      nIn: 3,
      noiseSampler: { probs: [0.2, 0.2, 0.2, 0.2, 0.2] },
      numNegativeSamples: 2,
    } as never);
    const before = valuesOf(nce);
    const trainer = trainerOf({ loss: nce }, new Sequential(new FullyConnected({ nOut: 3, nIn: 3 })));
    await trainer.fit(data);
    expect(valuesOf(nce)).not.toEqual(before);
    expect(trainer.optimizers.optimizer!.parameters.length).toBe(4);
  });

  test("a seed repeats the run", async () => {
    const run = async () => {
      const trainer = new Trainer(
        new Sequential(new FullyConnected({ nOut: 3 }), new Dropout(), new FullyConnected({ nOut: 2 })),
        { ...quiet, seed: 9 },
      );
      await trainer.fit(data, { epochs: 2, batchSize: 8 });
      return valuesOf(trainer.model);
    };
    expect(await run()).toEqual(await run());
  });
});

describe("a step of one's own", () => {
  class Coder extends Layer {
    readonly encoder = new FullyConnected({ nOut: 2, nIn: 3 });
    readonly decoder = new FullyConnected({ nOut: 3, nIn: 2 });
    override forward(x: Variable): { recon: Variable; code: Variable } {
      const code = this.encoder.forward(x);
      return { recon: this.decoder.forward(code), code };
    }
  }

  test("that gives a loss and figures: the Trainer does the rest", async () => {
    const model = new Coder();
    const training: boolean[] = [];
    const trainer = new Trainer<{ x: NDArray }>(model, {
      optimizer: "adam(lr=0.05)",
      progress: false,
      step: ({ x }, context) => {
        training.push(context.training);
        const { recon, code } = model.forward(x as never);
        const size = F.square(code).mean();
        const loss = F.meanSquaredError(recon, x).add(size.mul(0.01));
        return { loss, size, twice: 2 };
      },
    });
    const history = await trainer.fit({ x: X }, { epochs: 30, batchSize: 10, validation: { x: X } });
    expect(Object.keys(history.last!.figures)).toEqual(["loss", "size", "twice", "valLoss", "valSize", "valTwice"]);
    expect(history.last!.figures.loss).toBeLessThan(history.epochs[0]!.figures.loss! / 1.5);
    expect(training.slice(0, 4)).toEqual([true, true, false, false]);
  });

  test("that calls two optimizers itself", async () => {
    const model = new Coder();
    const optimizers = { encoder: new SGD(model.encoder.parameters()), decoder: new SGD(model.decoder.parameters()) };
    const trainer = new Trainer<{ x: NDArray }>(model, {
      optimizer: optimizers,
      progress: false,
      step({ x }, { training, step }) {
        const loss = F.meanSquaredError(model.forward(x as never).recon, x);
        if (training) {
          model.clearGrads();
          loss.backward();
          optimizers[step % 2 === 0 ? "encoder" : "decoder"].step();
        }
        return { error: loss.item() };
      },
    });
    await trainer.fit({ x: X }, { epochs: 3, batchSize: 10 });
    expect([optimizers.encoder.steps, optimizers.decoder.steps]).toEqual([3, 3]);
    expect(Object.keys(await trainer.evaluate({ x: X }))).toEqual(["error"]);
  });

  test("with predictions and targets for the metrics", async () => {
    const model = makeModel();
    const trainer = new Trainer<{ x: NDArray; t: NDArray }>(model, {
      ...quiet,
      loss: undefined as never,
      metrics: ["accuracy"],
      step({ x, t }) {
        const prediction = model.forward(x);
        return { loss: F.softmaxCrossEntropy(prediction, t), prediction, target: t };
      },
    });
    const reference = trainerOf({ metrics: ["accuracy"] }, model);
    expect(await trainer.evaluate(data)).toEqual(await reference.evaluate(data));
  });

  const rows: [string, unknown, TrainerOptions<unknown>, string][] = [
    ["nothing", undefined, {}, "Trainer: the step gave undefined; expected a loss, or an object of figures"],
    ["a promise", Promise.resolve({}), {}, "it cannot be asynchronous"],
    ["text as a figure", { loss: "low" }, {}, 'Trainer: the step gave "low" as loss'],
    ["a loss without a graph", { loss: F.add([1], 1) }, {}, "no graph leads to this Variable"],
    [
      "no prediction beside metrics",
      { error: 1 },
      { metrics: ["accuracy"] },
      "there are metrics and the step gave no prediction",
    ],
  ];

  test.each(rows)("that gives %s: refused", async (_, result, options, message) => {
    const trainer = new Trainer(makeModel(), {
      optimizer: "sgd",
      progress: false,
      step: () => result as never,
      ...options,
    });
    await expect(trainer.fit([X])).rejects.toThrow(message);
  });

  test("that gives a loss to several optimizers: refused", async () => {
    const model = new Coder();
    const optimizer = { a: new SGD(model.encoder.parameters()), b: new SGD(model.decoder.parameters()) };
    const trainer = new Trainer<NDArray>(model, {
      optimizer,
      progress: false,
      step: (x) => model.forward(x as never).recon.sum(),
    });
    await expect(trainer.fit(() => [X])).rejects.toThrow("a loss to differentiate, and there are the optimizers a, b");
  });

  test("a model that gives no Variable: refused", async () => {
    const trainer = trainerOf({}, new Coder());
    await expect(trainer.fit(data)).rejects.toThrow(
      "Trainer: the model gave a Object; expected a Variable, or a step of your own",
    );
    await expect(trainer.predict(X)).rejects.toThrow("Trainer.predict: the model gave a Object");
  });
});

describe("modes", () => {
  test("training and use", async () => {
    const model = new Sequential(
      new FullyConnected({ nOut: 3, nIn: 3 }),
      new BatchNorm1D(),
      new BatchNorm1D(),
      new FullyConnected({ nOut: 2, nIn: 3 }),
    );
    const kept = model.children()[2] as BatchNorm1D;
    kept.eval();
    const trainer = trainerOf({}, model);
    const modes: boolean[][] = [];
    model.onForward(() => modes.push([model.training, (model.children()[1] as Layer).training, kept.training]));
    await trainer.fit(data, { validation: data });
    expect(modes).toEqual([
      [true, true, false],
      [false, false, false],
    ]);
    expect([model.training, kept.training]).toEqual([true, false]);
    model.eval();
    await trainer.fit(data);
    expect(modes[2]).toEqual([true, true, true]);
  });

  test("evaluation changes nothing", async () => {
    const model = new Sequential(
      new FullyConnected({ nOut: 3, nIn: 3 }),
      new BatchNorm1D({ nIn: 3 }),
      new FullyConnected({ nOut: 2, nIn: 3 }),
    );
    const before = Object.entries(model.stateDict()).map(([name, value]) => [name, value.toArray()]);
    const trainer = trainerOf({}, model);
    const { state } = generator;
    await trainer.evaluate(data);
    await trainer.predict(X);
    expect(Object.entries(model.stateDict()).map(([name, value]) => [name, value.toArray()])).toEqual(before);
    expect(generator.state).toEqual(state);
    expect(model.parameters().every((p) => p.peekGrad() === null)).toBe(true);
  });
});

describe("callbacks", () => {
  test("are called in order, and see where training is", async () => {
    const log: string[] = [];
    const note =
      (moment: string) =>
      ({ epoch, epochs, step, stepInEpoch, stepsPerEpoch, figures }: TrainingEvent) => {
        log.push(`${moment} ${epoch}/${epochs} ${step} ${stepInEpoch}/${stepsPerEpoch} ${Object.keys(figures)}`);
      };
    const callback: Callback = {
      onStart: note("start"),
      onEpochStart: note("epochStart"),
      onStep: note("step"),
      onEpoch: async (event) => {
        await new Promise((resume) => setTimeout(resume, 1));
        note("epoch")(event);
      },
      onEnd: note("end"),
    };
    await trainerOf({ callbacks: [callback, () => void log.push("second")] }).fit(data, {
      epochs: 2,
      batchSize: 10,
      validation: data,
    });
    expect(log).toEqual([
      "start 1/2 0 0/2 ",
      "epochStart 1/2 0 0/2 ",
      "step 1/2 1 1/2 loss",
      "step 1/2 2 2/2 loss",
      "epoch 1/2 2 2/2 loss,valLoss",
      "second",
      "epochStart 2/2 2 0/2 ",
      "step 2/2 3 1/2 loss",
      "step 2/2 4 2/2 loss",
      "epoch 2/2 4 2/2 loss,valLoss",
      "second",
      "end 2/2 4 2/2 loss,valLoss",
    ]);
  });

  test("can end the training after a step or an epoch", async () => {
    const stopAt = (moment: "onStep" | "onEpoch", step: number): Callback => ({
      [moment]: (event: TrainingEvent) => {
        if (event.step === step) event.stop("enough");
      },
    });
    const inside = trainerOf({ callbacks: [stopAt("onStep", 3)] });
    const history = await inside.fit(data, { epochs: 5, batchSize: 10 });
    expect([inside.epoch, inside.step, history.epochs.length, history.stopReason]).toEqual([1, 3, 1, "enough"]);
    const between = trainerOf({ callbacks: [stopAt("onEpoch", 4)] });
    await between.fit(data, { epochs: 5, batchSize: 10 });
    expect([between.epoch, between.step]).toEqual([2, 4]);
    await between.fit(data, { epochs: 1, batchSize: 10 });
    expect([between.epoch, between.step, between.history.stopReason]).toEqual([3, 6, null]);
  });

  test("may measure the model meanwhile, and the figures of the epoch stay", async () => {
    const confusion = new ConfusionMatrix();
    const seen: number[] = [];
    const trainer: Trainer = trainerOf({
      metrics: ["accuracy", confusion],
      callbacks: [
        {
          onStep: async ({ figures }) => {
            const before = figures.loss;
            const { loss } = await trainer.evaluate({ x: X.slice(0).reshape([1, 3]), t: array(Int32Array.of(1)) });
            seen.push(before!, loss!);
          },
        },
      ],
    });
    const reference = trainerOf({ metrics: ["accuracy"] });
    seed(6);
    reference.model.loadStateDict(trainer.model.stateDict());
    await reference.fit(data, { batchSize: 5, shuffle: false });
    seed(6);
    await trainer.fit(data, { batchSize: 5, shuffle: false });
    expect(trainer.history.last!.figures).toEqual(reference.history.last!.figures);
    expect(new Set(seen).size).toBe(8);
    await trainer.evaluate(data);
    expect(confusion.matrix.flat().reduce((sum, n) => sum + n, 0)).toBe(20);
  });

  test("two fits at once are refused", async () => {
    const trainer: Trainer = trainerOf({
      callbacks: [{ onStart: async () => expect(trainer.fit(data)).rejects.toThrow("fitting already") }],
    });
    await trainer.fit(data);
    expect(trainer.step).toBe(1);
  });
});

describe("early stopping", () => {
  /** A run whose figure `quality` takes these values. */
  const run = async (values: readonly number[], options: object, mode: "max" | "min" | null = "max") => {
    const model = makeModel();
    const stopping = new EarlyStopping({ monitor: "quality", mode, ...options });
    const weights: unknown[] = [];
    const trainer: Trainer<typeof data> = new Trainer<typeof data>(model, {
      optimizer: "sgd(lr=0.1)",
      progress: false,
      step: ({ x, t }) => ({ loss: F.softmaxCrossEntropy(model.forward(x), t), quality: values[trainer.epoch]! }),
      callbacks: [() => void weights.push(valuesOf(model)), stopping],
    });
    await trainer.fit(data, { epochs: values.length });
    return { trainer, stopping, weights };
  };

  test("waits for patience epochs, and the best values come back", async () => {
    const { trainer, stopping, weights } = await run([1, 3, 2, 3, 2.9, 9], { patience: 2 });
    expect(trainer.epoch).toBe(5);
    expect(trainer.history.stopReason).toBe("quality has not become better than the 3 of epoch 2");
    expect([stopping.best, stopping.bestEpoch]).toEqual([3, 2]);
    expect(valuesOf(trainer.model)).toEqual(weights[1]);
  });

  test("small as better, a least difference, NaN, and without restoring", async () => {
    const { trainer, weights } = await run(
      [5, 4.5, Number.NaN, 3, 9, 9],
      { patience: 1, minDelta: 1, restoreBest: false },
      "min",
    );
    expect(trainer.epoch).toBe(3);
    expect(valuesOf(trainer.model)).toEqual(weights[2]);
    expect((await run([5, 4.5, 3.9, 3.5, 3.2, 9], { patience: 1, minDelta: 1 }, "min")).trainer.epoch).toBe(5);
  });

  test("a run that comes to its end has the best values too", async () => {
    const { trainer, weights } = await run([1, 3, 2], {});
    expect(trainer.history.stopReason).toBeNull();
    expect(valuesOf(trainer.model)).toEqual(weights[1]);
  });

  test("knows which way figures go, and which there are", async () => {
    await expect(run([1], {}, null)).rejects.toThrow("EarlyStopping: nobody knows which way quality should go");
    await expect(run([1], { monitor: "qualty" })).rejects.toThrow(
      "EarlyStopping: there is no figure qualty; expected one of loss, quality",
    );
    const watching = (monitor: string, validation: boolean) =>
      trainerOf({
        metrics: [
          "accuracy",
          function own() {
            return 1;
          },
        ],
        callbacks: [new EarlyStopping({ monitor })],
      }).fit(data, validation ? { validation: data } : {});
    await watching("val_accuracy", true);
    await watching("accuracy", false);
    await expect(watching("valAccuracy", false)).rejects.toThrow(
      "EarlyStopping: there is no figure valAccuracy; expected one of loss, accuracy, own",
    );
    await expect(watching("own", false)).rejects.toThrow("nobody knows which way own should go");
  });

  test.each([
    [{ patience: -1 }, "patience is -1"],
    [{ minDelta: Number.NaN }, "minDelta is NaN"],
    [{ mode: "auto" }, 'mode is "auto"'],
    [{ monitor: 3 }, "monitor is 3"],
    [{ restoreBest: 1 }, "restoreBest is 1"],
    [{ wait: 1 }, "unknown option wait"],
  ])("refuses %j", (options, message) => {
    expect(() => new EarlyStopping(options as never)).toThrow(`EarlyStopping: ${message}`);
  });
});

describe("the learning rate by epochs", () => {
  test("of a function, a scheduler, and one that watches a figure", async () => {
    const rates = async (callback: LearningRate) => {
      const trainer = trainerOf({ callbacks: [callback] });
      await trainer.fit(data, { epochs: 4, batchSize: 10, validation: data });
      return trainer.history.epochs.map(({ lr }) => lr);
    };
    expect(await rates(new LearningRate((epoch) => 0.5 ** epoch))).toEqual([0.5, 0.25, 0.125, 0.0625]);
    expect(await rates(new LearningRate("step(initialLr=1, stepSize=2, gamma=0.5)"))).toEqual([1, 1, 0.5, 0.5]);
    const plateau = new ReduceOnPlateauScheduler({ initialLr: 0.5, patience: 0, threshold: 10, thresholdMode: "abs" });
    const watched = await rates(new LearningRate(plateau));
    expect(watched.map((rate) => Number(rate.toPrecision(6)))).toEqual([0.5, 0.5, 0.05, 0.005]);
    // The optimizer's rate, 0.1, where the text says none.
    expect(await rates(new LearningRate("step(stepSize=2, gamma=0.5)"))).toEqual([0.1, 0.1, 0.05, 0.05]);
    const unsaid = await rates(new LearningRate("reduceOnPlateau(patience=0, threshold=10, thresholdMode=abs)"));
    expect(unsaid[2]).toBeCloseTo(0.01, 9);
  });

  test("not beside an optimizer's own scheduler", async () => {
    const trainer = trainerOf({
      optimizer: "sgd(lrScheduler='noam(modelDim=4)')",
      callbacks: [new LearningRate(() => 1)],
    });
    await expect(trainer.fit(data)).rejects.toThrow(
      "LearningRate: optimizer has an lrScheduler; expected one of the two",
    );
  });
});

test("history and CSV: a line for each epoch, also after a run was gone on with", async () => {
  const folder = mkdtempSync(join(tmpdir(), "retrograd-csv-"));
  const path = join(folder, "logs", "run.csv");
  const make = () =>
    trainerOf({ metrics: ["accuracy"], callbacks: [new CSVLogger(path)], checkpoint: join(folder, "a") });
  await make().fit(data, { epochs: 2, validation: data, resume: true });
  const trainer = make();
  const history = await trainer.fit(data, { epochs: 3, validation: data, resume: true });
  const lines = readFileSync(path, "utf8").trim().split("\n");
  expect(lines[0]).toBe("epoch,step,lr,seconds,loss,accuracy,valLoss,valAccuracy");
  expect(lines.length).toBe(4);
  expect(lines.slice(1).map((line) => Number(line.split(",")[6]))).toEqual(history.values("val_loss"));
  expect(history.values("nothing")).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  expect([...history].map(({ epoch, step }) => [epoch, step])).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
  expect(() => new CSVLogger("")).toThrow("CSVLogger: the path is");
  rmSync(folder, { recursive: true });
  expect(existsSync(path)).toBe(false);
});

describe("Ctrl-C", () => {
  /** A run in which Ctrl-C is pressed when the validation comes to a batch, and goes on. */
  const run = async (epoch: number, batch: number) => {
    seed(8);
    const model = makeModel();
    let validations = 0;
    const trainer = new Trainer(model, {
      ...quiet,
      loss: undefined as never,
      metrics: ["accuracy"],
      // What is drawn in a validation has to be drawn again.
      step({ x, t }) {
        const prediction = model.forward(x).add(0.1 * generator.normal());
        return { loss: F.softmaxCrossEntropy(prediction, t), prediction, target: t };
      },
    });
    function* validation() {
      validations++;
      for (let i = 0; i < 3; i++) {
        if (validations === epoch && i === batch) process.emit("SIGINT");
        yield data;
      }
    }
    const fit = () => trainer.fit(data, { epochs: 3, batchSize: 10, validation: validation as never, resume: true });
    await fit();
    const { stopReason } = trainer.history;
    if (stopReason !== null) await fit();
    const figures = trainer.history.epochs.map((record) => record.figures);
    return { stopReason, end: [figures, valuesOf(model), generator.state, trainer.step, trainer.epoch] };
  };

  test.each([0, 1, 2])("while batch %i of a validation is measured: the validation is done again", async (batch) => {
    const { end } = await run(0, 0);
    const interrupted = await run(2, batch);
    expect(interrupted.stopReason).toBe(
      "Ctrl-C, after step 4 in epoch 2; resume: true goes on from there in this program",
    );
    expect(interrupted.end).toEqual(end);
    expect(process.listenerCount("SIGINT")).toBe(0);
  });

  test("is left to the program when it is asked for", async () => {
    const pressed: number[] = [];
    const own = () => void pressed.push(1);
    process.on("SIGINT", own);
    const trainer = trainerOf({ catchInterrupt: false, callbacks: [{ onStep: () => void process.emit("SIGINT") }] });
    const history = await trainer.fit(data, { epochs: 2 });
    process.off("SIGINT", own);
    expect([pressed.length, history.stopReason, trainer.epoch]).toEqual([2, null, 2]);
  });
});

test("a model is trained where there are no files, signals or terminals, as in a browser", async () => {
  const folder = mkdtempSync(join(tmpdir(), "retrograd-browser-"));
  const entry = join(folder, "entry.ts");
  const outfile = join(folder, "bundle.js");
  const root = join(__dirname, "../../..");
  writeFileSync(
    entry,
    `import { array, seed } from ${JSON.stringify(join(root, "core/index.js"))};
    import * as nn from ${JSON.stringify(join(root, "nn/index.js"))};
    seed(1);
    const x = array([[0, 1], [1, 0], [1, 1], [0, 0]]);
    const trainer = new nn.Trainer(new nn.FullyConnected({ nOut: 1 }), { optimizer: "adam(lr=0.1)", loss: "mse", progress: false });
    trainer.fit({ x, t: array([[1], [0], [1], [0]]) }, { epochs: 300 }).then(
      ({ last }) => {
        const bytes = nn.encodeSafetensors(trainer.model.stateDict());
        const names = Object.keys(nn.readSafetensors(bytes).tensors);
        let refusal = "";
        try { trainer.save("a"); } catch (error) { refusal = error.message; }
        done({ loss: last.figures.loss, names, refusal });
      },
      done,
    );`,
  );
  const options = {
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "browser",
    format: "iife",
    logLevel: "error",
  };
  const build = `import { build } from "esbuild"; await build(${JSON.stringify(options)});`;
  execFileSync(process.execPath, ["--input-type=module", "--eval", build], { cwd: root });
  const page = `
    const vm = require("node:vm");
    const context = { performance, WebAssembly, TextEncoder, TextDecoder, MessageChannel, SharedArrayBuffer, atob, console };
    context.done = (result) => { console.log(JSON.stringify(result)); process.exit(); };
    vm.runInNewContext(require("node:fs").readFileSync(${JSON.stringify(outfile)}, "utf8"), context);`;
  const result = JSON.parse(execFileSync(process.execPath, ["--eval", page], { encoding: "utf8" }));
  expect(result.loss).toBeLessThan(0.01);
  expect(result.names).toEqual(["W", "b"]);
  expect(result.refusal).toMatch(/there are no files here; expected Node/);
  rmSync(folder, { recursive: true });
});
