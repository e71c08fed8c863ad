import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { array, generator, NDArray, randomNormal, seed } from "../../../core/index.js";
import { loadTree, saveTree, type Tree } from "../../../nn/files/tree.js";
import {
  type BatchData,
  BatchNorm1D,
  type Callback,
  DataLoader,
  Dropout,
  EarlyStopping,
  FullyConnected,
  LearningRate,
  Sequential,
  type SupervisedBatch,
  Trainer,
} from "../../../nn/index.js";
import { type Optimizer, SGD } from "../../../optim/index.js";

const home = mkdtempSync(join(tmpdir(), "retrograd-resume-"));

afterAll(() => rmSync(home, { recursive: true, force: true }));

seed(1);
const X = randomNormal([22, 3]);
const T = array(Int32Array.from({ length: 22 }, (_, i) => (X.slice(i, 0).item() + X.slice(i, 1).item() > 0 ? 1 : 0)));
const example = (i: number) => ({ x: X.slice(i), t: T.slice(i) });

/** Ends a run as if the program had ended. */
class Crash extends Error {}

interface Setting {
  readonly data: () => BatchData<SupervisedBatch>;
  readonly optimizer?: (model: Sequential) => Optimizer;
  readonly callbacks?: () => Callback[];
  readonly fit?: { batchSize?: number; stepsPerEpoch?: number };
  readonly steps: number;
}

const EPOCHS = 3;

/** A Trainer as a program would make it, each time with other random numbers, which a checkpoint has to make the same again. */
function trainerOf({ optimizer, callbacks }: Setting, folder: string, crash: number): Trainer {
  const model = new Sequential(
    new FullyConnected({ nOut: 5, actFn: "tanh" }),
    new BatchNorm1D(),
    new Dropout({ p: 0.4 }),
    new FullyConnected({ nOut: 2 }),
  );
  return new Trainer(model, {
    optimizer: optimizer?.(model) ?? "adam(lr=0.02)",
    loss: "softmaxCrossEntropy",
    metrics: ["accuracy", "f1", "topK(k=1)"],
    callbacks: [
      ...(callbacks?.() ?? []),
      {
        onStep({ step }) {
          if (step === crash) throw new Crash();
        },
      },
    ],
    // The one before the crash is what the run goes on from.
    checkpoint: { folder, everySteps: Math.max(1, crash - 1), keep: 1 },
    progress: false,
  });
}

/** All that a training goes on from, in a form that can be compared, without the time it took. */
function plain(tree: Tree): unknown {
  if (tree instanceof NDArray) return { dtype: tree.dtype, shape: tree.shape, values: [...tree.toTypedArray()] };
  if (Array.isArray(tree)) return tree.map(plain);
  if (typeof tree !== "object" || tree === null) return tree;
  return Object.fromEntries(
    Object.entries(tree).flatMap(([key, value]) => (key === "seconds" ? [] : [[key, plain(value)]])),
  );
}

async function run(setting: Setting, folder: string, crash = 1000): Promise<unknown> {
  const trainer = trainerOf(setting, folder, crash);
  await trainer.fit(setting.data(), { epochs: EPOCHS, validation: { x: X, t: T }, resume: true, ...setting.fit });
  trainer.save(join(folder, "end"));
  return plain(loadTree(join(folder, "end"), "trainer"));
}

const settings: Record<string, Setting> = {
  "arrays, Adam": { data: () => ({ x: X, t: T }), fit: { batchSize: 6 }, steps: 4 },
  "a loader with a schedule by the loss, accumulation and clipping": {
    data: () => new DataLoader({ x: X, t: T }, { batchSize: 5, dropLast: true }),
    optimizer: (model) =>
      new SGD(model.parameters(), {
        momentum: 0.9,
        lrScheduler: "reduceOnPlateau(initialLr=0.1, patience=1)",
        accumulate: 3,
        clipGlobalNorm: 1,
      }),
    steps: 4,
  },
  "a part of each pass": {
    data: () => new DataLoader({ x: X, t: T }, { batchSize: 4 }),
    fit: { stepsPerEpoch: 3 },
    steps: 3,
  },
  "early stopping and a rate by epochs": {
    data: () => new DataLoader({ x: X, t: T }, { batchSize: 8 }),
    callbacks: () => [
      new EarlyStopping({ monitor: "valAccuracy", patience: 1 }),
      new LearningRate("reduceOnPlateau(initialLr=0.05, patience=0)", { monitor: "val_loss" }),
    ],
    steps: 3,
  },
  "a generator of batches that draws at random": {
    data: () =>
      function* () {
        const order = [...generator.permutation(22)];
        for (let i = 0; i < 4; i++) {
          const noise = generator.normal();
          const rows = order.slice(5 * i, 5 * i + 5).map(example);
          yield {
            x: array(rows.map(({ x }) => [...x.toTypedArray()].map((value) => value + 0.1 * noise))),
            t: array(Int32Array.from(rows, ({ t }) => t.item())),
          };
        }
      },
    steps: 4,
  },
  "an asynchronous stream of examples that draws at random": {
    data: () =>
      new DataLoader(
        async function* () {
          for (let i = 0; i < 12; i++) yield example(generator.integer(22));
        },
        { batchSize: 4 },
      ),
    steps: 3,
  },
  "a part of a stream": {
    data: () =>
      new DataLoader(
        function* () {
          for (;;) yield example(generator.integer(22));
        },
        { batchSize: 4 },
      ),
    fit: { stepsPerEpoch: 3 },
    steps: 3,
  },
  "a list of batches": {
    data: () => [...new DataLoader([X, T], { batchSize: 8, shuffle: false })],
    steps: 3,
  },
};

describe.each(Object.entries(settings))("%s: after a crash at any step", (name, setting) => {
  const folderOf = (crash: number | string) => join(home, `${name.replace(/\W/g, "-")}-${crash}`);
  const total = EPOCHS * setting.steps;
  let whole: unknown;

  beforeAll(async () => {
    seed(7);
    whole = await run(setting, folderOf("whole"));
  });

  test.each(Array.from({ length: total }, (_, i) => i + 1))(
    "%i, the run ends as if there had been none",
    async (crash) => {
      const folder = folderOf(crash);
      seed(7);
      await expect(run(setting, folder, crash)).rejects.toThrow(Crash);
      // The program starts again, with other random numbers. Before the first checkpoint it has to begin as it did.
      if (crash === 1) seed(7);
      else seed(crash);
      expect(await run(setting, folder)).toEqual(whole);
    },
  );
});

describe("a checkpoint", () => {
  const folder = join(home, "checkpoint");
  const path = join(folder, "a.safetensors");
  const model = () => new Sequential(new FullyConnected({ nOut: 4, nIn: 3 }), new FullyConnected({ nOut: 2, nIn: 4 }));
  const options = { optimizer: "adam", loss: "softmaxCrossEntropy", metrics: ["accuracy"], progress: false } as const;
  const data = { x: X, t: T };

  beforeAll(async () => {
    const trainer = new Trainer(model(), { ...options, callbacks: [new EarlyStopping()] });
    await trainer.fit(data, { epochs: 2, batchSize: 8 });
    trainer.save(path);
  });

  const rows: [string, () => Trainer, string][] = [
    [
      "another layer",
      () => new Trainer(new Sequential(new FullyConnected({ nOut: 5 }), new FullyConnected({ nOut: 2 })), options),
      "loadStateDict: the state does not fit; nothing was changed:\n  0.W has shape (3, 4); expected (?, 5)\n  0.b has shape (4,); expected (5,)",
    ],
    [
      "more layers",
      () => new Trainer(new Sequential(...[4, 4, 2].map((nOut) => new FullyConnected({ nOut }))), options),
      "  2.W is missing\n  2.b is missing",
    ],
    [
      "another optimizer",
      () => new Trainer(model(), { ...options, optimizer: "sgd", callbacks: [new EarlyStopping()] }),
      'SGD.loadState: the state does not fit; nothing was changed:\n  it is of "Adam"; expected "SGD"',
    ],
    [
      "no optimizer",
      () => new Trainer(model(), { loss: "mse" }),
      "Trainer: the checkpoint has the optimizers optimizer; expected none",
    ],
    [
      "other metrics",
      () => new Trainer(model(), { ...options, metrics: ["f1", "recall"], callbacks: [new EarlyStopping()] }),
      "Trainer: the state has the metrics accuracy; expected f1, recall",
    ],
    [
      "other callbacks",
      () => new Trainer(model(), options),
      "Trainer: the checkpoint has the state of 1 callbacks; expected 0",
    ],
  ];

  test.each(rows)("for %s is refused, and nothing has changed", (_, make, message) => {
    seed(2);
    const trainer = make();
    const before = [...trainer.model.parameters().map((p) => (p.initialized ? p.toArray() : null)), generator.state];
    const states = () =>
      plain(Object.values(trainer.optimizers).map((optimizer) => optimizer.state()) as unknown as Tree);
    const optimizers = states();
    expect(() => trainer.load(path)).toThrow(message);
    expect([...trainer.model.parameters().map((p) => (p.initialized ? p.toArray() : null)), generator.state]).toEqual(
      before,
    );
    expect(states()).toEqual(optimizers);
    expect([trainer.epoch, trainer.step, trainer.history.epochs.length]).toEqual([0, 0, 0]);
  });

  test("that another program wrote is refused", () => {
    const other = join(folder, "other");
    const trainer = new Trainer(model(), options);
    saveTree(other, "trainer", { model: {}, place: 3 });
    expect(() => trainer.load(other)).toThrow("is no state of a Trainer");
    saveTree(other, "something", {});
    expect(() => trainer.load(other)).toThrow('it has format "retrograd.tree.1" and kind "something"');
    writeFileSync(other, "broken");
    expect(() => trainer.load(other)).toThrow("it has 6 bytes");
  });

  test("of other data is refused", async () => {
    const left = join(folder, "left");
    const make = () => new Trainer(model(), { ...options, checkpoint: { folder: left, everySteps: 1 } });
    const stopping = make();
    let steps = 0;
    const batches = (stop: number) =>
      function* () {
        for (const batch of new DataLoader(data, { batchSize: 8, seed: 1 })) {
          if (steps++ === stop) throw new Crash();
          yield batch;
        }
      };
    await expect(stopping.fit(batches(2))).rejects.toThrow(Crash);
    const trainer = make();
    const before = trainer.model.parameters().map((p) => p.toArray());
    await expect(trainer.fit(data, { batchSize: 8, resume: true })).rejects.toThrow(
      "the state is of batches and the data are a DataLoader",
    );
    expect(trainer.model.parameters().map((p) => p.toArray())).toEqual(before);
    expect(trainer.step).toBe(0);
    await expect(trainer.fit([[X, T]], { resume: true })).rejects.toThrow(
      "the data gave 1 batches, and 2 had been read",
    );
  });

  test("whose loader has another batch size is refused", async () => {
    const left = join(folder, "sizes");
    const make = (crash: number) =>
      new Trainer(model(), {
        ...options,
        checkpoint: { folder: left, everySteps: 1 },
        callbacks: [
          {
            onStep({ step }) {
              if (step === crash) throw new Crash();
            },
          },
        ],
      });
    await expect(make(2).fit(data, { batchSize: 8 })).rejects.toThrow(Crash);
    await expect(make(0).fit(data, { batchSize: 4, resume: true })).rejects.toThrow(
      "DataLoader.loadState: the state has batchSize 8; expected 4",
    );
    await make(0).fit(data, { batchSize: 8, resume: true });
  });

  test("holds which parameters are frozen", async () => {
    const trainer = new Trainer(model(), { ...options, callbacks: [new EarlyStopping()] });
    (trainer.model as Sequential).parameters()[0]!.requiresGrad = false;
    await trainer.fit(data);
    trainer.save(join(folder, "frozen"));
    const other = new Trainer(model(), { ...options, callbacks: [new EarlyStopping()] });
    other.load(join(folder, "frozen"));
    expect(other.model.parameters().map(({ requiresGrad }) => requiresGrad)).toEqual([false, true, true, true]);
  });

  test("can be read by whoever reads safetensors", () => {
    const { model: state } = loadTree(path, "trainer") as { model: Record<string, NDArray> };
    expect(Object.keys(state)).toEqual(["0.W", "0.b", "1.W", "1.b"]);
  });
});

describe("a folder of checkpoints", () => {
  const options = {
    optimizer: "sgd(lr=0.1)",
    loss: "softmaxCrossEntropy",
    metrics: ["accuracy"],
    progress: false,
  } as const;
  const make = (checkpoint: object) =>
    new Trainer(new Sequential(new FullyConnected({ nOut: 2, nIn: 3 })), {
      ...options,
      checkpoint: checkpoint as never,
    });
  const data = { x: X, t: T };

  test("has the latest, and the best by its figure", async () => {
    const folder = join(home, "best");
    const trainer = make({ folder, keep: 3, everyEpochs: 2, monitor: "valAccuracy" });
    await trainer.fit(data, { epochs: 5, batchSize: 8, validation: data });
    expect(readdirSync(folder).sort()).toEqual([
      "best.safetensors",
      "step-00000006.safetensors",
      "step-00000012.safetensors",
      "step-00000015.safetensors",
    ]);
    const values = trainer.history.values("valAccuracy");
    const best = values.indexOf(Math.max(...values)) + 1;
    const { place } = loadTree(join(folder, "best.safetensors"), "trainer") as {
      place: { epoch: number; best: number };
    };
    expect(place).toMatchObject({ epoch: best, best: Math.max(...values) });
  });

  test("of a former run is not mixed with a new one", async () => {
    const folder = join(home, "former");
    await make(folder as never).fit(data);
    const trainer = make(folder as never);
    await expect(trainer.fit(data)).rejects.toThrow(
      `Trainer: there are checkpoints in ${folder}; expected resume: true to go on from them, or another folder`,
    );
    expect(trainer.step).toBe(0);
  });

  test("is gone on with by more epochs, and a run that is over stays over", async () => {
    const folder = join(home, "more");
    const first = make({ folder });
    await first.fit(data, { epochs: 2, batchSize: 8 });
    const same = make({ folder });
    await same.fit(data, { epochs: 2, batchSize: 8, resume: true });
    expect(same.step).toBe(6);
    expect(same.model.parameters()[0]!.toArray()).toEqual(first.model.parameters()[0]!.toArray());
    const more = make({ folder });
    await more.fit(data, { epochs: 3, batchSize: 8, resume: true });
    expect([more.step, more.history.epochs.length]).toEqual([9, 3]);
  });

  test("whose latest file is broken is gone on with from the one before", async () => {
    const folder = join(home, "broken");
    await make({ folder, keep: 2 }).fit(data, { epochs: 3, batchSize: 8 });
    writeFileSync(join(folder, "step-00000009.safetensors"), "broken");
    writeFileSync(join(folder, "step-00000012.safetensors.unfinished"), "half");
    const warn = jest.spyOn(console, "warn").mockImplementation(() => {});
    const trainer = make({ folder, keep: 2 });
    await trainer.fit(data, { epochs: 3, batchSize: 8, resume: true });
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![0]).toMatch(/step-00000009\.safetensors: it has 6 bytes.*going back to .*step-00000006/);
    warn.mockRestore();
    expect(trainer.step).toBe(9);
    expect(existsSync(join(folder, "step-00000012.safetensors.unfinished"))).toBe(false);
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), "broken");
    await expect(make({ folder }).fit(data, { resume: true })).rejects.toThrow(
      "step-00000009.safetensors: it has 6 bytes",
    );
  });

  test("with other files in it leaves them alone", async () => {
    const folder = join(home, "others");
    saveTree(join(folder, "step-1.txt"), "x", {});
    writeFileSync(join(folder, "mine.unfinished"), "");
    await make({ folder, keep: 1 }).fit(data, { epochs: 3 });
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(["mine.unfinished", "step-1.txt"]));
  });

  test.each([
    [{ folder: "" }, 'folder is ""'],
    [{ folder: 3 }, "folder is 3"],
    [{ folder: "a", keep: 0 }, "keep is 0"],
    [{ folder: "a", everyEpochs: 0 }, "everyEpochs is 0"],
    [{ folder: "a", everySteps: 0.5 }, "everySteps is 0.5"],
    [{ folder: "a", mode: "most" }, 'mode is "most"'],
    [{ folder: "a", every: 1 }, "unknown option every"],
  ])("refuses %j", (checkpoint, message) => {
    expect(() => make(checkpoint)).toThrow(message);
  });
});
