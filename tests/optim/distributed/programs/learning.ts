import {
  array,
  constant,
  generator,
  grad,
  type NDArray,
  Parameter,
  randomInt,
  randomNormal,
  seed,
  slice,
  variable,
} from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";
import { SingleProcess } from "../../../../optim/distributed/communicator.js";
import { tasks } from "./models.js";
import type { Report, Section } from "./report.js";

const BATCH = 12;
const STEPS = 20;

const optimizers: Record<string, (parameters: Parameter[]) => optim.Optimizer> = {
  SGD: (parameters) => new optim.SGD(parameters, { lr: 0.1 }),
  momentum: (parameters) => new optim.SGD(parameters, { lr: 0.05, momentum: 0.9 }),
  Adam: (parameters) => new optim.Adam(parameters, { lr: 0.01 }),
  clipping: (parameters) => new optim.SGD(parameters, { lr: 0.5, clipGlobalNorm: 0.1 }),
  "Adam with clipping, over two steps each": (parameters) =>
    new optim.Adam(parameters, { lr: 0.01, clipGlobalNorm: 0.05, accumulate: 2 }),
};

/** The examples of this rank. */
function part({ world }: Report, x: NDArray): NDArray {
  const own = x.shape[0]! / world.size;
  return x.slice(slice(world.rank * own, (world.rank + 1) * own));
}

function taught(
  task: ReturnType<(typeof tasks)[string]>,
  optimizer: optim.Optimizer,
  batches: [NDArray, NDArray][],
): number[] {
  for (const [x, t] of batches) {
    const loss = F.softmaxCrossEntropy(task.model.forward(constant(x)), t);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step(loss);
  }
  return valuesOf(task.model);
}

const valuesOf = (model: nn.Layer): number[] => model.parameters().flatMap((p) => [...p.data.toTypedArray()]);

function equivalence(name: string): Section {
  return (report) => {
    for (const [way, make] of Object.entries(optimizers)) {
      seed(7);
      const { model, input, classes } = tasks[name]!();
      const batches = Array.from({ length: STEPS }, (): [NDArray, NDArray] => [
        randomNormal([BATCH, ...input], { dtype: "float64" }),
        randomInt(0, classes, [BATCH]),
      ]);
      // Alone, and then again from the same values by all, each with its part.
      model.forward(constant(batches[0]![0]));
      const start = model.stateDict();
      const alone = taught({ model, input, classes }, make(model.parameters()), batches);
      model.loadStateDict(start);
      const optimizer = new optim.DistributedOptimizer(make(model.parameters()));
      const parts = batches.map(([x, t]): [NDArray, NDArray] => [part(report, x), part(report, t)]);
      report.near(`${name} by ${way}`, taught({ model, input, classes }, optimizer, parts), alone, 1e-10);
      const moved = Object.values(start).flatMap((x) => [...x.toTypedArray()]);
      if (way.startsWith("Adam")) {
        const early = new optim.DistributedOptimizer(make(model.parameters()), { overlap: true, bucketBytes: 2000 });
        model.loadStateDict(start);
        early.broadcast();
        report.near(`${name} by ${way}, early`, taught({ model, input, classes }, early, parts), alone, 1e-10);
      }
      report.ok(
        "something was learned",
        moved.some((value, i) => Math.abs(value - alone[i]!) > 1e-3),
      );
    }
  };
}

/** Parameters of which every rank has others. */
function two({ world }: Report): { a: Parameter; b: Parameter; both: Parameter[] } {
  const [a, b] = ["a", "b"].map((name) => new Parameter(array([world.rank, 1, 2], { dtype: "float64" }), name));
  return { a: a!, b: b!, both: [a!, b!] };
}

/** What distributed optimizers do. */
export const learning: Record<string, Section> = {
  "20 steps of an MLP are those of one process": equivalence("mlp"),
  "20 steps of LeNet are those of one process": equivalence("lenet"),
  "20 steps of an LSTM are those of one process": equivalence("lstm"),

  "values, also of parameters that get them late, and what is remembered come from rank 0"(report) {
    const { rank } = report.world;
    seed(100 + rank);
    const early = two(report);
    const inner = new optim.Adam(early.both, { lr: 0.1 });
    if (rank === 0) {
      early.a.grad = constant(array([1, -1, 3], { dtype: "float64" }));
      inner.step();
      inner.lr = 0.01;
    }
    const optimizer = new optim.DistributedOptimizer(inner);
    const model = new nn.Sequential(new nn.FullyConnected({ nOut: 4 }), new nn.Dropout({ p: 0.5 }));
    optimizer.addGroup({ params: model.parameters(), lr: 0.2 });
    const y = model.forward(constant(array([[1, 2, 3]])));
    const mine = [...valuesOf(model), ...early.a.data.toTypedArray(), optimizer.lr, optimizer.steps];
    const first = report.world.broadcast(array(mine, { dtype: "float64" })).toTypedArray();
    report.near("everything", mine, first);
    report.near("the rate and the number of steps", [optimizer.lr, optimizer.steps], [0.01, 1]);
    const mean = optimizer.state().groups[0]!.parameters[0]!.arrays.mean!;
    report.near("Adam's mean", mean.toTypedArray(), [0.1, -0.1, 0.3], 1e-12);
    report.ok(
      "initial values are no zeros",
      valuesOf(model).some((value) => value !== 0),
    );
    const draws = report.world.allGather(array([generator.uniform()], { dtype: "float64" })).toTypedArray();
    report.ok("random numbers are each rank's own", new Set(draws).size === report.world.size && y.size === 4);
  },

  "a parameter without a gradient counts as zeros, and stays without one where no rank has one"(report) {
    const { world } = report;
    const { a, b, both } = two(report);
    const unused = new Parameter(array([1]), "unused");
    const optimizer = new optim.DistributedOptimizer(new optim.SGD([...both, unused], { lr: 1 }));
    const at = b.data.toTypedArray();
    const loss = F.sum(world.rank === 1 ? F.mul(a, b) : F.mul(a, 2));
    optimizer.zeroGrad();
    loss.backward();
    report.ok("before, rank 1 alone has one", (b.grad !== null) === (world.rank === 1));
    optimizer.step();
    report.ok("nobody has one of the third", unused.grad === null && unused.item() === 1);
    report.near(
      "the second",
      b.grad!.toTypedArray(),
      [0, 1, 2].map((value) => value / world.size),
      1e-12,
    );
    report.near(
      "its values",
      b.toTypedArray(),
      [...at].map((value, i) => value - i / world.size),
      1e-12,
    );
  },

  "nothing is exchanged before the last of the steps that make one"(report) {
    const { both } = two(report);
    const optimizer = new optim.DistributedOptimizer(new optim.SGD(both, { lr: 1, accumulate: 3 }));
    const exchanges: number[] = [];
    for (let step = 0; step < 6; step++) {
      const before = report.world.statistics.calls;
      optimizer.zeroGrad();
      F.sum(F.mul(both[0]!, both[1]!)).backward();
      optimizer.step();
      exchanges.push(report.world.statistics.calls - before);
    }
    // The first of all makes sure of the parameters, too.
    report.near(
      "exchanges",
      exchanges.map((n) => Math.min(n, 2)),
      [0, 0, 2, 0, 0, 1],
    );
  },

  "gradients that change after they were sent early are sent again"(report) {
    const { world } = report;
    const { a, b, both } = two(report);
    const inner = new optim.SGD(both, { lr: 1 });
    const optimizer = new optim.DistributedOptimizer(inner, { overlap: true, bucketBytes: 8 });
    const start = [...a.data.toTypedArray(), ...b.data.toTypedArray()];
    const changes: ((rank: number) => void)[] = [
      () => undefined,
      // A second pass adds to them, on one rank they are clipped, and one is forgotten.
      () => F.sum(F.mul(a, 2)).backward(),
      (rank) => void (rank === 1 && optim.clipGradValue(both, 0.5)),
      (rank) => void (rank === 0 && b.clearGrad()),
    ];
    const own = (rank: number): number[] => [rank + 1, 3 * (rank + 1)];
    const sums = [0, 0];
    for (const [step, change] of changes.entries()) {
      optimizer.zeroGrad();
      const loss = F.add(F.sum(F.mul(a, world.rank + 1)), F.sum(F.mul(b, 3 * (world.rank + 1))));
      const { calls } = world.statistics;
      loss.backward();
      report.ok("sent while backward is at work", step === 0 || world.statistics.calls >= calls + 2);
      change(world.rank);
      optimizer.step();
      for (let rank = 0; rank < world.size; rank++) {
        let [ga, gb] = own(rank) as [number, number];
        if (step === 1) ga += 2;
        if (step === 2 && rank === 1) [ga, gb] = [0.5, 0.5];
        if (step === 3 && rank === 0) gb = 0;
        sums[0]! += ga / world.size;
        sums[1]! += gb / world.size;
      }
      const expected = start.map((value, i) => value - sums[i < 3 ? 0 : 1]!);
      report.near(`step ${step}`, [...a.data.toTypedArray(), ...b.data.toTypedArray()], expected, 1e-12);
    }
  },

  "one gradient that two parameters share is averaged once"(report) {
    const { world } = report;
    const { a, b, both } = two(report);
    const optimizer = new optim.DistributedOptimizer(new optim.SGD(both, { lr: 1 }), { bucketBytes: 8 });
    F.sum(F.mul(F.add(a, b), world.rank + 1)).backward();
    optimizer.step();
    const mean = (world.size + 1) / 2;
    report.near("a", a.grad!.toTypedArray(), [mean, mean, mean]);
    report.near("b", b.grad!.toTypedArray(), [mean, mean, mean]);
  },

  "clipGradNorm after synchronize goes by the norm of the mean"(report) {
    const { world } = report;
    const { a, both } = two(report);
    const optimizer = new optim.DistributedOptimizer(new optim.SGD(both, { lr: 1 }));
    F.sum(F.mul(a, world.rank * 2)).backward();
    const before = a.data.toTypedArray();
    optimizer.synchronize();
    const mean = world.size - 1;
    report.near("the norm", [optim.clipGradNorm(both, 1)], [mean * Math.sqrt(3)], 1e-12);
    optimizer.step();
    report.near(
      "the step",
      a.toTypedArray(),
      [...before].map((value) => value - 1 / Math.sqrt(3)),
      1e-5,
    );
  },

  "rates by the loss go by the mean of all ranks' losses"(report) {
    const { world } = report;
    const { both } = two(report);
    const inner = new optim.SGD(both, { lr: 1, lrScheduler: "reduceOnPlateau(patience=0, factor=0.5)" });
    const optimizer = new optim.DistributedOptimizer(inner);
    for (const loss of [1, 2, 3]) {
      optimizer.zeroGrad();
      F.sum(both[0]!).backward();
      // Rank 0 alone sees it become better.
      optimizer.step(world.rank === 0 ? -loss : 10 * loss);
    }
    const rates = world.allGather(array([optimizer.lr], { dtype: "float64" })).toTypedArray();
    report.near(
      "rates",
      rates,
      Array.from(rates, () => rates[0]!),
    );
    report.ok(`the rate ${rates[0]} fell`, rates[0]! < 1);
  },

  "an optimizer that goes by rows goes by those of all ranks"(report) {
    const { world } = report;
    const table = (): Parameter =>
      new Parameter(
        F.sin(F.reshape(F.mul(F.cumsum(constant(array(new Float64Array(40_000).fill(1)))), 1), [2500, 16])).data,
        "table",
      );
    const rows = Array.from({ length: world.size }, (_, rank) => Int32Array.of(3, 10 + rank, 2000 + 3 * rank));
    const learn = (p: Parameter, optimizer: optim.Optimizer, mine: Int32Array[], scale: number): void => {
      for (let step = 0; step < 3; step++) {
        optimizer.zeroGrad();
        const picked = mine.map((ids) => F.sum(F.square(F.getItem(p, array(ids.map((id) => id + 30 * step))))));
        F.mul(
          picked.reduce((x, y) => F.add(x, y)),
          scale,
        ).backward();
        optimizer.step();
      }
    };
    const [alone, together] = [table(), table()];
    learn(alone, new optim.Adam([alone], { lr: 0.1, lazy: true }), rows, 1 / world.size);
    const optimizer = new optim.DistributedOptimizer(new optim.Adam([together], { lr: 0.1, lazy: true }));
    learn(together, optimizer, [rows[world.rank]!], 1);
    report.near("the table", together.toTypedArray(), alone.toTypedArray(), 1e-10);
    report.ok(
      "a row that no rank used",
      together.data
        .slice(7)
        .toTypedArray()
        .every((v, i) => v === table().data.slice(7).toTypedArray()[i]),
    );
  },

  "ranks that differ are told what differs"(report) {
    const { world } = report;
    const other = world.rank === world.size - 1;
    const last = `rank ${world.size - 1}`;
    const refused = (
      what: string,
      message: RegExp,
      make: () => Parameter[],
      optimizer = (p: Parameter[]): optim.Optimizer => new optim.SGD(p),
    ): void =>
      report.throws(what, "CommunicationError", message, () => new optim.DistributedOptimizer(optimizer(make())));
    const p = (name: string, shape: number[], dtype: "float32" | "float64" = "float32"): Parameter =>
      new Parameter(randomNormal(shape, { dtype }), name);
    refused(
      "shapes",
      new RegExp(`parameter 0 is W of shape \\(2, 3\\), float32 on ranks? 0.* and .*\\(3, 2\\), float32 on ${last}`),
      () => [p("W", other ? [3, 2] : [2, 3])],
    );
    refused("dtypes", new RegExp(`W of shape \\(2,\\), float64 on ${last}`), () => [
      p("W", [2], other ? "float64" : "float32"),
    ]);
    refused("order", /parameter 0 is W .* and parameter 0 is b/, () =>
      other ? [p("b", [2]), p("W", [2])] : [p("W", [2]), p("b", [2])],
    );
    refused("numbers", new RegExp(`nothing more on ${last}`), () =>
      other ? [p("W", [2])] : [p("W", [2]), p("b", [2])],
    );
    refused(
      "kinds",
      new RegExp(`the optimizer is Adam with 1 groups on ${last}`),
      () => [p("W", [2])],
      (list) => (other ? new optim.Adam(list) : new optim.SGD(list)),
    );
    const late = new nn.FullyConnected({ nOut: 2 });
    new optim.DistributedOptimizer(new optim.SGD(late.parameters()));
    report.throws("late shapes", "CommunicationError", /first data of W/, () =>
      late.forward(constant(array([other ? [1, 2, 3] : [1, 2]]))),
    );
    world.barrier();
  },

  "allReduce as a function: its gradient goes over all ranks, in the second order too"(report) {
    const { world } = report;
    const { rank, size } = world;
    const x = variable(array([rank + 1, 2], { dtype: "float64" }));
    const y = optim.allReduce(F.square(x));
    report.near("the sum", y.toTypedArray(), [
      Array.from({ length: size }, (_, r) => (r + 1) ** 2).reduce((a, b) => a + b),
      4 * size,
    ]);
    // The losses of all add up: sum over ranks of (rank + 1) * y.
    const weights = (size * (size + 1)) / 2;
    const [gx] = grad(F.sum(F.mul(F.square(y), rank + 1)), [x], { createGraph: true });
    const expected = [...x.toTypedArray()].map((value, i) => weights * 2 * y.toTypedArray()[i]! * 2 * value);
    report.near("the gradient", gx!.toTypedArray(), expected, 1e-12);
    const [ggx] = grad(F.sum(gx!), [x]);
    const total = [0, 1].map((i) =>
      Array.from({ length: size }, (_, r) => (i === 0 ? r + 1 : 2)).reduce((a, b) => a + b),
    );
    const second = [...x.toTypedArray()].map(
      (value, i) => weights * (4 * y.toTypedArray()[i]! + 8 * value * total[i]!),
    );
    report.near("the second gradient", ggx!.toTypedArray(), second, 1e-12);
    const mean = optim.allReduce(constant(array([rank], { dtype: "float64" })), { reduction: "mean" });
    report.near("the mean", mean.toTypedArray(), [(size - 1) / 2], 1e-12);
  },

  "batch normalization over all ranks is that of the whole batch"(report) {
    const { world } = report;
    seed(5);
    // Parts of different sizes.
    const ends = Array.from({ length: world.size + 1 }, (_, r) => r * 2 + Math.min(r, 1));
    const whole = randomNormal([ends.at(-1)!, 3, 3, 2], { dtype: "float64" });
    const upstream = randomNormal(whole.shape, { dtype: "float64" });
    const own = (x: NDArray): NDArray => x.slice(slice(ends[world.rank]!, ends[world.rank + 1]!));
    const run = (x: NDArray, g: NDArray, synchronized: boolean) => {
      const layer = new nn.BatchNorm2D({ dtype: "float64", synchronized, unbiased: true });
      const input = variable(x.copy());
      layer.forward(constant(x));
      layer.scaler!.data = array([1.5, -2], { dtype: "float64" });
      const y = layer.forward(input);
      F.sum(F.mul(F.square(y), g)).backward();
      return { layer, y, input };
    };
    const alone = optim.usingCommunicator(new SingleProcess(), () => run(whole, upstream, true));
    const parts = run(own(whole), own(upstream), true);
    const near = (what: string, a: NDArray, b: NDArray) => report.near(what, a.toTypedArray(), b.toTypedArray(), 1e-10);
    near("outputs", parts.y.data, own(alone.y.data));
    near("the gradient of the input", parts.input.grad!.data, own(alone.input.grad!.data));
    near("that of the scaler", world.allReduce(parts.layer.scaler!.grad!.data.copy()), alone.layer.scaler!.grad!.data);
    near("running means", parts.layer.runningMean!.data, alone.layer.runningMean!.data);
    near("running variances", parts.layer.runningVar!.data, alone.layer.runningVar!.data);
    const without = run(own(whole), own(upstream), false);
    report.ok(
      "without, it is another",
      Math.abs(without.y.data.toTypedArray()[0]! - parts.y.data.toTypedArray()[0]!) > 1e-3,
    );
  },
};
