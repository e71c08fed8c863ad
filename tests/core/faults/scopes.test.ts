import { threadCount } from "../../../core/backend/parallel.js";
import { config } from "../../../core/config.js";
import { activePass, anomalyWatch, leafWatch, profiler } from "../../../core/function.js";
import {
  array,
  constant,
  detectAnomaly,
  generator,
  gradcheck,
  graph,
  noGrad,
  profile,
  randomNormal,
  seed,
  testMode,
  usingConfig,
  type Variable,
  variable,
} from "../../../core/index.js";
import { tanh } from "../../../functions/index.js";
import {
  type Callback,
  DataLoader,
  Dropout,
  EMA,
  exportOnnx,
  FullyConnected,
  fromConfig,
  Layer,
  Sequential,
  Trainer,
  WeightNorm,
  WGAN_GP,
} from "../../../nn/index.js";

/* Everything that runs what users write: when that throws, all is as before, and what was thrown is what arrives. */

class Failure extends Error {}
const fail = (): never => {
  throw new Failure("a user's");
};

/** What no scope may leave behind. */
const settings = () => ({
  ...config,
  activePass,
  anomalyWatch,
  leafWatch,
  profiler,
  threads: threadCount(),
  frames: Error.stackTraceLimit,
  interrupts: process.listenerCount("SIGINT"),
  exits: process.listenerCount("exit"),
});

/** A layer that fails when it is told to. */
class Fails extends Layer {
  failing = false;

  forward(x: Variable): Variable {
    if (this.failing) fail();
    return tanh(x);
  }
}

function makeModel() {
  seed(4);
  const failing = new Fails();
  const dense = new WeightNorm(new FullyConnected({ nOut: 4, nIn: 3 }));
  const dropout = new Dropout({ p: 0.3 });
  dropout.eval();
  const model = new Sequential(dense, dropout, failing, new FullyConnected({ nOut: 2, nIn: 4 }));
  return { model, failing };
}

seed(1);
const data = { x: randomNormal([12, 3]), t: array(Int32Array.from({ length: 12 }, (_, i) => i % 2)) };
const x = variable(randomNormal([2, 3]));
const quiet = { optimizer: "adam(lr=0.01)", loss: "softmaxCrossEntropy", progress: false } as const;

/** What can be seen of a model: modes, what learns, and numbers. */
function stateOf(model: Layer): string {
  const modes = model.namedLayers().map(([name, { training }]) => `${name} ${training}`);
  const learning = model.parameters().map((p) => `${p.requiresGrad} ${p.grad === null} ${p.toTypedArray().join()}`);
  return [...modes, ...learning].join("\n");
}

type Scope = (parts: ReturnType<typeof makeModel>) => unknown;

const SCOPES: Readonly<Record<string, Scope>> = {
  usingConfig: () => usingConfig({ enableBackprop: false, train: false }, fail),
  "noGrad in testMode": () => testMode(() => noGrad(fail)),
  detectAnomaly: () => detectAnomaly(fail),
  "detectAnomaly in the middle of a pass": () =>
    detectAnomaly(() => {
      const y = tanh(x);
      y.onGrad(fail);
      y.sum().backward();
    }),
  profile: () => profile(fail),
  "profile of what is asynchronous": () => profile(async () => fail()),
  "profile in the middle of a pass": () =>
    profile(() => {
      const y = tanh(x);
      y.onGrad(fail);
      y.sum().backward();
    }),
  gradcheck: () => gradcheck(fail, [[1, 2]]),
  "a forward of layers in layers": ({ model, failing }) => {
    failing.failing = true;
    model.forward(x);
  },
  "a hook on a layer": ({ model }) => {
    const remove = model.onForward(fail);
    try {
      model.forward(x);
    } finally {
      remove();
    }
  },
  "averages that are applied": ({ model }) => {
    const ema = new EMA(model);
    ema.update();
    ema.withAverages(fail);
  },
  "averages that are applied for long": async ({ model }) => {
    const ema = new EMA(model);
    ema.update();
    await ema.withAverages(async () => fail());
  },
  "Trainer.evaluate": ({ model, failing }) => {
    failing.failing = true;
    return new Trainer(model, quiet).evaluate(data);
  },
  "Trainer.predict": ({ model, failing }) => {
    failing.failing = true;
    return new Trainer(model, quiet).predict(data.x);
  },
  "Trainer.fit, before its first step": ({ model, failing }) => {
    failing.failing = true;
    return new Trainer(model, { ...quiet, catchInterrupt: true, detectAnomaly: true }).fit(data);
  },
  "a metric": ({ model }) => new Trainer(model, { ...quiet, metrics: { own: fail } }).evaluate(data),
  "a loss": ({ model }) => new Trainer(model, { ...quiet, loss: fail }).fit(data),
  exportOnnx: ({ model, failing }) => {
    failing.failing = true;
    return exportOnnx(model, constant(randomNormal([2, 3])));
  },
  "a layer's constructor, in a config": () =>
    fromConfig({ layer: "FullyConnected", hyperparameters: { nOut: 3, nIn: 2, init: fail } } as never),
  "an initializer": () => new FullyConnected({ nOut: 3, nIn: 2, init: fail }),
  "names in a picture of the graph": () => graph(tanh(x), { names: { [Symbol.iterator]: fail } as never }),
};

test.each(Object.entries(SCOPES))("%s", async (_, scope) => {
  const parts = makeModel();
  const before = settings();
  const state = stateOf(parts.model);
  let thrown: unknown = null;
  try {
    await scope(parts);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(Failure);
  expect(settings()).toEqual(before);
  parts.failing.failing = false;
  expect(stateOf(parts.model)).toBe(state);
  expect(x.grad).toBeNull();
  // And all of it works.
  await new Trainer(parts.model, quiet).fit(data);
});

test("a loader whose collate throws goes through all examples the next time", () => {
  let failing = true;
  const loader = new DataLoader(
    [1, 2, 3, 4, 5].map((value) => ({ value })),
    {
      batchSize: 2,
      shuffle: true,
      collate: (examples: { value: number }[]) => {
        if (failing && examples.some(({ value }) => value === 4)) fail();
        return examples.map(({ value }) => value);
      },
    },
  );
  expect(() => [...loader]).toThrow(Failure);
  failing = false;
  expect([...loader].flat().sort()).toEqual([1, 2, 3, 4, 5]);
});

test("networks that train each other: what was frozen for a step learns again", () => {
  seed(2);
  const gan = new WGAN_GP({ gHidden: 4, latentDim: 2 });
  const real = randomNormal([4, 2]);
  gan.updateCritic(real);
  const learning = () =>
    gan
      .parameters()
      .map((p) => p.requiresGrad)
      .join();
  const before = learning();
  for (const layer of gan.namedLayers().map(([, inner]) => inner)) {
    if (layer === gan) continue;
    const remove = layer.onForward(fail);
    try {
      gan.updateCritic(real);
    } catch (error) {
      expect(error).toBeInstanceOf(Failure);
    }
    try {
      gan.updateGenerator();
    } catch (error) {
      expect(error).toBeInstanceOf(Failure);
    }
    remove();
    expect(learning()).toBe(before);
  }
});

describe("a callback that throws, at any event: training that goes on ends as if nothing had happened", () => {
  const run = async (callback: Callback) => {
    const { model } = makeModel();
    seed(8);
    const trainer = new Trainer(model, { ...quiet, callbacks: [callback], metrics: ["accuracy"] });
    const options = { epochs: 2, batchSize: 5, validation: data };
    return { model, trainer, options };
  };
  const ended = ({ model, trainer }: Awaited<ReturnType<typeof run>>) => [
    stateOf(model),
    JSON.stringify(generator.state),
    JSON.stringify([...trainer.history].map(({ seconds, ...rest }) => rest)),
  ];

  test.each(["onStart", "onEpochStart", "onStep", "onEpoch", "onEnd"] as const)("%s", async (event) => {
    let calls = 0;
    const whole = await run({ [event]: () => void calls++ });
    await whole.trainer.fit(data, whole.options);
    const wanted = ended(whole);
    const count = calls;
    expect(count).toBeGreaterThan(0);
    for (let at = 0; at < count; at++) {
      calls = 0;
      const broken = await run({
        [event]: () => {
          if (calls++ === at) fail();
        },
      });
      const before = settings();
      await expect(broken.trainer.fit(data, broken.options)).rejects.toThrow(Failure);
      expect(settings()).toEqual(before);
      await broken.trainer.fit(data, { ...broken.options, resume: true });
      expect([at, ...ended(broken)]).toEqual([at, ...wanted]);
    }
  });
});
