import { heap } from "../../core/heap.js";
import "../../functions/methods.js";
import { NDArray, type Operand, randomNormal, seed, slice, tidy, type Variable, variable, zeros } from "../../index.js";
import { EMA, FullyConnected, type Layer, Trainer } from "../../nn/index.js";
import { type Optimizer, registeredOptimizers, resolveOptimizer } from "../../optim/index.js";
import { type LayerCase, titleOf } from "./table/case.js";
import { families } from "./table/index.js";
import { forward, lazy, modesOf, type Run, STEPS, setMode, startsOf, variablesOf } from "./table/run.js";

/*
 * Whatever a layer, an optimizer or a Trainer remembers from one step to the next was allocated inside some step, and must outlive the
 * `tidy` around it.
 */

const around = { tidy, nothing: <T>(fn: () => T): T => fn() };
type Around = <T>(fn: () => T) => T;

/** Small arrays share memory that `tidy` does not give back: here each has its own. */
const spread = heap as unknown as {
  allocate: (bytes: number) => number;
  allocateLarge(bytes: number): number;
};
beforeEach(() => {
  spread.allocate = (bytes) => spread.allocateLarge(Math.max(bytes, 4));
});
afterEach(() => {
  Reflect.deleteProperty(spread, "allocate");
  heap.sweep();
});

const plain = (_: string, value: unknown): unknown => (value instanceof NDArray ? value.toArray() : value);

/** Writes over what was given back. */
function reuse(): void {
  for (let i = 0; i < 40; i++) for (const size of [1, 7, 30, 100, 300]) zeros([size]).assign(randomNormal([size]));
}

/** Three training steps of a row's layer and all that is left after them. */
function trained(lc: LayerCase, around: Around): unknown {
  const layer = lazy(lc, "float64");
  let optimizer: Optimizer | null = null;
  const seen: unknown[] = [];
  for (const step of STEPS) {
    const run = around((): Pick<Run, "xs" | "ys"> => {
      setMode(layer, modesOf(lc)[step]);
      const xs = variablesOf(lc, step, "float64");
      const ys = forward(lc, layer, xs);
      const { starts, gradYs } = startsOf(lc, step, ys);
      layer.clearGrads();
      starts.forEach((y, i) => void y.backward({ gradient: gradYs[i]! }));
      if (layer.parameters().length > 0) {
        optimizer ??= resolveOptimizer("adam(lr=0.01)", layer.parameters());
        optimizer.step();
      }
      return { xs, ys };
    });
    reuse();
    seen.push([...run.ys, ...run.xs.map((x) => x.grad)].map((x) => x?.toArray() ?? null));
  }
  return [seen, stateOf(layer), (optimizer as Optimizer | null)?.state().groups.length];
}

function stateOf(layer: Layer): unknown {
  const state = layer.parameters().every(({ initialized }) => initialized) ? layer.stateDict() : {};
  return Object.entries(state).map(([name, value]) => [name, value.toArray()]);
}

test.each(Object.values(families).flatMap((rows) => rows.map((lc) => [titleOf(lc), lc] as const)))(
  "%s learns inside tidy as it does outside",
  (_, lc) => {
    expect(trained(lc, around.tidy)).toEqual(trained(lc, around.nothing));
  },
);

test.each(registeredOptimizers())("%s remembers inside tidy what it does outside", (name) => {
  const run = (around: Around) => {
    seed(1);
    const layer = new FullyConnected({ nIn: 5, nOut: 4 });
    const optimizer = resolveOptimizer(name, layer.parameters());
    const ema = new EMA(layer);
    for (let i = 0; i < 3; i++) {
      around(() => {
        optimizer.zeroGrad();
        layer
          .forward(randomNormal([6, 5]))
          .square()
          .mean()
          .backward();
        optimizer.step();
        ema.update();
      });
      reuse();
    }
    const { groups } = optimizer.state();
    return [stateOf(layer), JSON.stringify(groups, plain), Object.values(ema.stateDict()).map((x) => x.toArray())];
  };
  expect(run(around.tidy)).toEqual(run(around.nothing));
});

test("states that are loaded inside tidy stay", () => {
  const layer = new FullyConnected({ nIn: 5, nOut: 4 });
  const optimizer = resolveOptimizer("adam", layer.parameters());
  const ema = new EMA(layer);
  layer
    .forward(randomNormal([6, 5]))
    .square()
    .mean()
    .backward();
  optimizer.step();
  ema.update();
  const [optimizerState, emaState] = [optimizer.state(), ema.state()];
  tidy(() => {
    optimizer.loadState(optimizerState);
    ema.loadState(emaState);
    layer.loadStateDict(layer.stateDict());
  });
  reuse();
  expect(JSON.stringify([optimizer.state(), ema.state()], plain)).toBe(
    JSON.stringify([optimizerState, emaState], plain),
  );
});

describe("Trainer", () => {
  /** A layer that adds what it remembers of the batch before. */
  class Remembering extends FullyConnected {
    last: Variable | null = null;
    readonly means: Variable[] = [];

    override forward(x: Operand): Variable {
      const y: Variable = super.forward(x);
      const result = this.last === null ? y : y.add(this.last.mean({ axis: 0 }));
      this.last = y.detach();
      this.means[0] = (this.means[0] ?? variable([0])).mul(0.5).add(y.mean()).detach();
      return result as Variable;
    }
  }

  const data = () => {
    seed(3);
    const x = randomNormal([40, 5]);
    return { x, t: x.slice(slice(null), slice(0, 4)) };
  };
  const fit = async (options: object) => {
    const { x, t } = data();
    const layer = new Remembering({ nOut: 4 });
    const trainer = new Trainer(layer, {
      optimizer: "adam(lr=0.01)",
      loss: "meanSquaredError",
      progress: false,
      seed: 4,
      ...options,
    });
    await trainer.fit({ x, t }, { epochs: 2, batchSize: 10, validation: { x, t } });
    const { loss } = await trainer.evaluate({ x, t });
    const y = await trainer.predict(x);
    return [loss, y.toArray(), layer.means[0]!.toArray(), stateOf(layer)];
  };

  test("gives each batch's memory back, but what layers remember and metrics get", async () => {
    const plain = await fit({ tidy: false });
    expect(await fit({})).toEqual(plain);
    expect(await fit({ metrics: { size: (y: Variable) => y.abs().mean().item() } })).toEqual(plain);
  });

  test.each([undefined, false])("in fit, evaluate and predict, tidy: %s", async (tidy) => {
    const { x, t } = data();
    const seen: Variable[] = [];
    class Leaking extends FullyConnected {
      override forward(x: Operand): Variable {
        const y: Variable = super.forward(x);
        seen.push(y);
        return y.mul(2) as Variable;
      }
    }
    const options = { optimizer: "sgd(lr=0.1)", loss: "meanSquaredError", progress: false } as const;
    const trainer = new Trainer(new Leaking({ nOut: 4 }), { ...options, ...(tidy === undefined ? {} : { tidy }) });
    for (const pass of [() => trainer.fit({ x, t }), () => trainer.evaluate({ x, t }), () => trainer.predict(x)]) {
      await pass();
      const [y] = seen.splice(0);
      if (tidy === undefined) expect(() => y!.toArray()).toThrow("given back by tidy");
      else expect(y!.toTypedArray().length).toBe(160);
    }
  });

  test("does so when a step of one's own asks for it, and else leaves what it put aside alone", async () => {
    const { x, t } = data();
    const run = async (options: object) => {
      const model = new FullyConnected({ nOut: 4 });
      const aside: Variable[] = [];
      const step = (batch: { x: Variable; t: Variable }) => {
        const y = model.forward(batch.x);
        aside.push(y);
        return y.sub(batch.t).square().mean();
      };
      const trainer = new Trainer(model, {
        optimizer: "sgd(lr=0.1)",
        step: step as never,
        progress: false,
        ...options,
      });
      await trainer.fit({ x, t }, { batchSize: 10 });
      return aside;
    };
    expect((await run({})).every((y) => y.toTypedArray().length === 40)).toBe(true);
    for (const y of await run({ tidy: true })) expect(() => y.toArray()).toThrow("given back by tidy");
    await expect(run({ tidy: 1 })).rejects.toThrow("tidy is 1");
  });
});
