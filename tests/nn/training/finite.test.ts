import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AnomalyError, array, randomNormal, seed, type Variable } from "../../../core/index.js";
import * as F from "../../../functions/index.js";
import { Dropout, FullyConnected, Layer, Sequential, Trainer, type TrainerOptions } from "../../../nn/index.js";

/** What is not finite in a run ends it with an error that says where it came from. */

seed(1);
const x = randomNormal([6, 3]);
const t = randomNormal([6, 1]);

/** Takes the logarithm of positive numbers, until `step` forwards are done. */
class Trouble extends Layer {
  private forwards = 0;

  constructor(
    private readonly step: number,
    private readonly trouble: (x: Variable) => Variable,
  ) {
    super();
  }

  override forward(input: Variable): Variable {
    return ++this.forwards >= this.step ? this.trouble(input) : input;
  }
}

async function failure(trouble: (x: Variable) => Variable, options: TrainerOptions<unknown> = {}, step = 5) {
  seed(2);
  const inner = new Sequential(new FullyConnected({ nOut: 4, nIn: 3 }), new Dropout({ p: 0.5 }));
  const model = new Sequential(inner, new Trouble(step, trouble), new FullyConnected({ nOut: 1, nIn: 4 }));
  const trainer = new Trainer(model, { optimizer: "sgd", loss: "mse", progress: false, ...options });
  const values = () => model.parameters().map((p) => p.toArray());
  const run = trainer.fit(
    [
      { x, t },
      { x, t },
    ] as never,
    { epochs: 4 },
  );
  await expect(run).rejects.toThrow(AnomalyError);
  const message = await run.then(
    () => "",
    (error: Error) => error.message,
  );
  return { message, trainer, values };
}

test("a loss that is NaN: the step, the function and the calls", async () => {
  const { message, trainer } = await failure((y) => F.log(y.mul(0).sub(1)));
  expect(message).toMatch(
    /^Trainer\.fit: at step 5, in epoch 3, the loss is NaN: the output of shape \(\) has NaN: log made NaN, of shape \(6, 4\), called\n/,
  );
  expect(message).toMatch(/\n {4}at .*Trouble\.forward .*finite\.test\.ts/);
  expect(trainer.step).toBe(4);
  expect(trainer.history.epochs.length).toBe(2);
});

test("a gradient that is infinite: the parameter, the function and the calls", async () => {
  const { message } = await failure((y) => F.sqrt(y.mul(0)).add(y));
  expect(message).toMatch(
    /^Trainer\.fit: at step 5, in epoch 3, the gradient of 0\.0\.W has (NaN|-?Infinity): sqrt\.backward gave -?Infinity for input 0 of shape \(6, 4\), called\n {4}at /,
  );
});

test("the parameters are those before the step", async () => {
  for (const trouble of [(y: Variable) => F.log(y.mul(0).sub(1)), (y: Variable) => F.sqrt(y.mul(0)).add(y)]) {
    const failed = await failure(trouble);
    seed(2);
    const fine = new Sequential(
      new Sequential(new FullyConnected({ nOut: 4, nIn: 3 }), new Dropout({ p: 0.5 })),
      new FullyConnected({ nOut: 1, nIn: 4 }),
    );
    const trainer = new Trainer(fine, { optimizer: "sgd", loss: "mse", progress: false });
    await trainer.fit(
      [
        { x, t },
        { x, t },
      ] as never,
      { epochs: 2 },
    );
    expect(failed.values()).toEqual(fine.parameters().map((p) => p.toArray()));
  }
});

test("a loss that is infinite, a parameter that was spoilt, and data that are", async () => {
  expect((await failure((y) => y.mul(1e30).mul(1e30))).message).toMatch(
    /the loss is NaN: the output of shape \(\) has NaN: Linear made NaN(.|\n)*\nof what \w+ made -?Infinity, of shape \(6, 4\), called\n/,
  );
  const spoilt = new FullyConnected({ nOut: 1, nIn: 3 });
  const trainer = new Trainer(spoilt, {
    optimizer: "sgd",
    loss: "mse",
    progress: false,
    callbacks: [
      {
        onStep() {
          spoilt.W.data = array([[1], [Number.NaN], [1]]);
        },
      },
    ],
  });
  await expect(trainer.fit([{ x, t }] as never, { epochs: 2 })).rejects.toThrow(
    "Trainer.fit: at step 2, in epoch 2, the parameter W has NaN",
  );
  const bad = array([[1, Number.POSITIVE_INFINITY, 3]]);
  const fresh = new Trainer(new FullyConnected({ nOut: 1, nIn: 3 }), {
    optimizer: "sgd",
    loss: "mse",
    progress: false,
  });
  await expect(fresh.fit([{ x: bad, t: array([[1]]) }] as never)).rejects.toThrow(
    "the Variable of shape (1, 3) has Infinity from the start",
  );
});

test("a step that takes its gradients itself is measured by its figures", async () => {
  const model = new FullyConnected({ nOut: 1, nIn: 3 });
  const make = (figures: Record<string, number>) =>
    new Trainer(model, { optimizer: "sgd", progress: false, step: () => figures });
  await expect(make({ critic: Number.NaN }).fit([{ x }] as never)).rejects.toThrow(
    "Trainer.fit: at step 1, in epoch 1, the critic is NaN",
  );
  await expect(make({ loss: Number.NEGATIVE_INFINITY }).fit([{ x }] as never)).rejects.toThrow("the loss is -Infinity");
  await make({ perplexity: Number.POSITIVE_INFINITY }).fit([{ x }] as never);
});

test("a checkpoint of values that are not finite is not written", async () => {
  const folder = mkdtempSync(join(tmpdir(), "retrograd-finite-"));
  const model = new FullyConnected({ nOut: 1, nIn: 3 });
  const trainer = new Trainer(model, {
    optimizer: "sgd(lr=1e38)",
    loss: "mse",
    progress: false,
    checkpoint: { folder, everySteps: 1 },
  });
  await expect(trainer.fit([{ x: x.slice(0).reshape([1, 3]), t: array([[1e6]]) }] as never)).rejects.toThrow(
    /^Trainer\.fit: at step 1, in epoch 1, the parameter W has (NaN|-?Infinity)/,
  );
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});

test("with detectAnomaly every step is watched, also inside the graph", async () => {
  const masked = (y: Variable) => F.where(array([[true, false, true, true]]), y, F.sqrt(y.mul(0)).mul(0).add(y));
  const { message } = await failure(masked, { detectAnomaly: true });
  expect(message).toMatch(/^Trainer\.fit: at step 5, in epoch 3, sqrt\.backward gave (NaN|-?Infinity) for input 0/);
});

test("without checkFinite it goes on", async () => {
  const model = new Sequential(new FullyConnected({ nOut: 1, nIn: 3 }), new Trouble(2, (y) => F.log(y.mul(0).sub(1))));
  const trainer = new Trainer(model, { optimizer: "sgd", loss: "mse", progress: false, checkFinite: false });
  await trainer.fit([{ x, t }] as never, { epochs: 3 });
  expect(trainer.history.values("loss").map(Number.isNaN)).toEqual([false, true, true]);
});
