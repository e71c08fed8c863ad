import { array, type NDArray, randomInt, randomNormal, seed } from "retrograd";
import * as nn from "retrograd/nn";
import type { Report, Section } from "./report.js";

const dtype = "float64";

/** Examples of which the last batch of 8 has 2: fewer than there may be ranks. */
function examples(): { x: NDArray; t: NDArray } {
  seed(3);
  return { x: randomNormal([42, 5], { dtype }), t: randomInt(0, 3, [42]) };
}

function network(): nn.Sequential {
  return new nn.Sequential(
    new nn.FullyConnected({ nOut: 9, actFn: "tanh", dtype }),
    new nn.FullyConnected({ nOut: 3, dtype }),
  );
}

async function trained(distributed: boolean, options: Partial<nn.TrainerOptions> = {}) {
  const data = examples();
  const matrix = new nn.ConfusionMatrix();
  seed(11);
  const trainer = new nn.Trainer(network(), {
    optimizer: "adam(lr=0.02, clipGlobalNorm=1)",
    loss: "softmaxCrossEntropy",
    metrics: ["accuracy", "f1(average=macro)", matrix],
    progress: false,
    seed: 12,
    distributed,
    ...options,
  });
  const history = await trainer.fit(data, { epochs: 3, batchSize: 8, validation: data });
  const figures = await trainer.evaluate(data, { batchSize: 5 });
  return { trainer, history, figures, matrix: matrix.matrix };
}

const valuesOf = (trainer: nn.Trainer): number[] =>
  trainer.model.parameters().flatMap((p) => [...p.data.toTypedArray()]);

/** Each rank's examples of a pass. */
function passOf(report: Report, loader: nn.DataLoader<{ x: NDArray }>): number[][] {
  const own = [...loader].map(({ x }) => [...x.toTypedArray()]);
  const { rank, size } = report.world;
  const marks = new Float64Array(64);
  for (const value of own.flat()) marks[value] = rank + 1 + size * 10;
  return [own.flat(), [...report.world.allReduce(array(marks)).toTypedArray()], own.map(({ length }) => length)];
}

/** What loaders and the Trainer do. */
export const training: Record<string, Section> = {
  "shards of a loader are disjoint, and an epoch has every example once"(report) {
    const { world } = report;
    const x = array(Float64Array.from({ length: 29 }, (_, i) => i));
    const loader = new nn.DataLoader({ x }, { batchSize: 8, seed: 4, shard: world });
    const orders = [0, 1].map(() => {
      const [own, marks, lengths] = passOf(report, loader);
      const counted = marks!.slice(0, 29).map((mark) => Math.floor(mark / (world.size * 10)));
      report.ok(
        `every example once: ${counted}`,
        counted.every((n) => n === 1) && marks!.slice(29).every((n) => n === 0),
      );
      report.ok(
        "parts of one batch are alike",
        lengths!.slice(0, 3).every((n) => Math.abs(n - 8 / world.size) < 1),
      );
      return own!;
    });
    report.ok("each pass has another order", orders[0]!.join() !== orders[1]!.join());
    report.ok("the length is that of all", loader.length === 4);
  },

  "the Trainer ends where one process would, also where a batch has fewer examples than there are ranks"(report) {
    return (async () => {
      const alone = await trained(false);
      const together = await trained(true);
      report.near("parameters", valuesOf(together.trainer), valuesOf(alone.trainer), 1e-10);
      for (const name of ["loss", "accuracy", "f1", "valLoss", "valAccuracy"]) {
        report.near(name, together.history.values(name), alone.history.values(name), 1e-10);
      }
      report.near("evaluate", Object.values(together.figures), Object.values(alone.figures), 1e-10);
      report.near("the matrix", together.matrix.flat(), alone.matrix.flat());
      const losses = together.history.values("loss");
      report.ok(`losses that fall: ${losses}`, losses[2]! < losses[0]!);
    })();
  },

  "one rank that stops ends the training of all"(report) {
    return (async () => {
      const stop = (event: nn.TrainingEvent): void => {
        if (event.rank === 1 && event.step === 4) event.stop("rank 1 has had enough");
      };
      const { trainer, history } = await trained(true, { callbacks: [{ onStep: stop }] });
      report.near("steps", [trainer.step], [4]);
      const reason = report.world.rank === 1 ? "rank 1 has had enough" : "another process stopped";
      report.ok(`the reason is ${history.stopReason}`, history.stopReason === reason);
    })();
  },

  "random numbers of layers differ between ranks, initial values do not"(report) {
    return (async () => {
      const seen: number[] = [];
      const data = examples();
      const model = new nn.Sequential(
        new nn.FullyConnected({ nOut: 16, dtype }),
        new nn.Dropout({ p: 0.5 }),
        new nn.FullyConnected({ nOut: 3, dtype }),
      );
      model.layers[1]!.onForward((y) =>
        seen.push(
          ...(y as { data: NDArray }).data
            .toTypedArray()
            .slice(0, 16)
            .map((v) => Number(v === 0)),
        ),
      );
      const trainer = new nn.Trainer(model, {
        optimizer: "sgd",
        loss: "softmaxCrossEntropy",
        seed: 1,
        distributed: true,
        progress: false,
      });
      await trainer.fit(data, { batchSize: 8 });
      const masks = report.world.allGather(array(Float64Array.from(seen.slice(0, 48))));
      const texts = Array.from({ length: report.world.size }, (_, rank) => masks.slice(rank).toTypedArray().join());
      report.ok("masks differ", new Set(texts).size === report.world.size);
      const all = report.world.allGather(array(Float64Array.from(valuesOf(trainer))));
      for (let rank = 0; rank < report.world.size; rank++)
        report.near("values", all.slice(rank).toTypedArray(), all.slice(0).toTypedArray());
    })();
  },

  "a batch normalization over all ranks needs every rank, and says so"(report) {
    return (async () => {
      const data = examples();
      const model = new nn.Sequential(
        new nn.FullyConnected({ nOut: 4, dtype }),
        new nn.BatchNorm1D({ dtype, synchronized: true }),
        new nn.FullyConnected({ nOut: 3, dtype }),
      );
      const trainer = new nn.Trainer(model, {
        optimizer: "sgd",
        loss: "softmaxCrossEntropy",
        distributed: true,
        progress: false,
      });
      const loader = new nn.DataLoader(data, { batchSize: 8, seed: 1, dropLast: true });
      await trainer.fit(loader);
      report.near("steps", [trainer.step], [5]);
      if (report.world.size <= 2) return;
      const message = await trainer.fit(data, { batchSize: 8 }).then(
        () => "",
        (error: Error) => error.message,
      );
      report.ok(
        `the message is ${message}`,
        /2 of \d processes have a batch, and a batch normalization over all/.test(message),
      );
    })();
  },

  "sparse layers evolve alike, though random numbers differ"(report) {
    return (async () => {
      const { world } = report;
      const layer = new nn.SparseEvolution({ nOut: 9, density: 0.4, actFn: "tanh", dtype });
      const counts: number[] = [];
      const masks: string[] = [];
      const moments: number[] = [];
      const trainer = new nn.Trainer(new nn.Sequential(layer, new nn.FullyConnected({ nOut: 3, dtype })), {
        optimizer: "adam(lr=0.02)",
        loss: "softmaxCrossEntropy",
        seed: 8 + world.rank,
        distributed: true,
        progress: false,
        callbacks: [
          {
            onEpoch() {
              const optimizer = Object.values(trainer.optimizers)[0]!;
              counts.push(layer.evolve(optimizer));
              masks.push(layer.WMask.data.toTypedArray().join());
              const place = optimizer.parameters.indexOf(layer.W);
              moments.push(...optimizer.state().groups[0]!.parameters[place]!.arrays.mean!.toTypedArray());
            },
          },
        ],
      });
      await trainer.fit(examples(), { epochs: 3, batchSize: 8 });
      const [weights, mask] = [layer.W.data, layer.WMask.data].map((x) => [...x.toTypedArray()]) as [
        number[],
        number[],
      ];
      const mine = [...weights, ...mask, ...counts, ...moments];
      const first = world.broadcast(array(mine, { dtype: "float64" })).toTypedArray();
      report.near("weights, connections, what was replaced and what Adam remembers", mine, first);
      report.ok(`some are replaced each time: ${counts}`, counts.length === 3 && counts.every((n) => n > 0));
      report.ok("others each time", new Set(masks).size === 3);
      report.ok(
        "there are no weights without a connection",
        weights.every((w, i) => (w !== 0) === (mask[i] === 1)),
      );
    })();
  },
};
