import * as F from "../../functions/index.js";
import {
  constant,
  grad,
  heap,
  noGrad,
  randomNormal,
  slice,
  usingConfig,
  type Variable,
  variable,
} from "../../index.js";
import * as nn from "../../nn/index.js";
import * as optim from "../../optim/index.js";

/** One training step of a model; `i` counts the steps of this kind. */
export type TrainingStep = (i: number) => void;

/** Batches of 1 to 16, so that blocks of many sizes come and go. */
const batchOf = (i: number): number => 1 + ((i * 7) % 16);

const first = (x: Variable, n: number): Variable => F.getItem(x, slice(0, n));

const input = (shape: number[]): Variable => variable(randomNormal(shape), { requiresGrad: false });

/** A multilayer perceptron with Adam; the detached losses of the last thousand steps are kept. */
function mlpWithAdam(): TrainingStep {
  const model = new nn.Sequential(
    new nn.FullyConnected({ nOut: 32, actFn: "relu" }),
    new nn.LayerNorm1D({}),
    new nn.FullyConnected({ nOut: 4 }),
  );
  const x = input([16, 12]);
  const t = constant(
    Array.from({ length: 16 }, (_, n) => n % 4),
    { dtype: "int32" },
  );
  model.forward(x);
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
  const losses: Variable[] = [];
  return (i) => {
    const n = batchOf(i);
    const loss = F.softmaxCrossEntropy(model.forward(first(x, n)), first(t, n));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    losses[i % 1000] = loss.detach();
  };
}

/** A convolutional network with momentum, evaluated without a graph now and then. */
function convolution(): TrainingStep {
  const model = new nn.Sequential(
    new nn.Conv2D({ outCh: 4, kernelShape: [3, 3], pad: 1, actFn: "relu" }),
    new nn.Pool2D({ kernelShape: [2, 2], stride: 2, mode: "max" }),
    new nn.BatchNorm2D({}),
    new nn.Flatten(),
    new nn.FullyConnected({ nOut: 3 }),
  );
  const x = input([16, 8, 8, 2]);
  const t = input([16, 3]);
  model.forward(x);
  const optimizer = new optim.SGD(model.parameters(), { lr: 1e-3, momentum: 0.9 });
  return (i) => {
    const n = 2 + (i % 15);
    const loss = F.meanSquaredError(model.forward(first(x, n)), first(t, n));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    if (i % 50 === 0) noGrad(() => model.eval().forward(x));
    model.train();
  };
}

/** An LSTM over sequences of many lengths. */
function lstm(): TrainingStep {
  const layer = new nn.LSTM({ nOut: 8 });
  const read = new nn.FullyConnected({ nOut: 1 });
  const x = input([8, 5, 12]);
  const t = input([8, 1]);
  const forward = (n: number, steps: number) =>
    read.forward(
      F.getItem(layer.forward(F.getItem(x, slice(0, n), slice(), slice(0, steps))), slice(), slice(), steps - 1),
    );
  forward(8, 12);
  const optimizer = new optim.RMSProp([...layer.parameters(), ...read.parameters()], { lr: 1e-3 });
  return (i) => {
    const n = 1 + (i % 8);
    const loss = F.meanSquaredError(forward(n, 2 + (i % 11)), first(t, n));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  };
}

/** A gradient penalty: the gradient of a gradient. */
function gradientPenalty(): TrainingStep {
  const critic = new nn.Sequential(
    new nn.FullyConnected({ nOut: 16, actFn: "tanh" }),
    new nn.FullyConnected({ nOut: 1 }),
  );
  const x = variable(randomNormal([16, 6]));
  critic.forward(x);
  const optimizer = new optim.SGD(critic.parameters(), { lr: 1e-3 });
  return (i) => {
    const part = first(x, batchOf(i)).detach();
    part.requiresGrad = true;
    const score = critic.forward(part);
    const [slope] = grad([score.sum()], [part], { createGraph: true });
    const penalty = F.square(F.sub(F.sum(F.square(slope!), { axis: 1 }), 1)).mean();
    optimizer.zeroGrad();
    score.mean().add(penalty).backward();
    optimizer.step();
  };
}

/** Hooks on variables and layers that come and go, gradients that are kept, and errors thrown in the middle of a pass. */
function hooks(): TrainingStep {
  const model = new nn.FullyConnected({ nOut: 8, actFn: "sigmoid" });
  const x = input([16, 8]);
  model.forward(x);
  const optimizer = new optim.Lion(model.parameters(), { lr: 1e-4 });
  return (i) => {
    const removeForward = model.onForward(() => {});
    const y = model.forward(first(x, batchOf(i)));
    const removeGrad = y.onGrad((gy) => {
      if (i % 100 === 0) throw new Error("a hook that fails");
      return F.mul(gy, 0.5);
    });
    optimizer.zeroGrad();
    const loss = y.square().mean();
    try {
      loss.backward({ retainGrad: true });
    } catch {
      // One step in a hundred fails.
    }
    if (i % 100 !== 0) optimizer.step();
    removeForward();
    if (i % 2 === 0) removeGrad();
    usingConfig({ enableBackprop: false }, () => model.forward(x));
  };
}

/** A checkpoint every hundred steps, by way of bytes, of the model and its optimizer. */
function checkpoints(): TrainingStep {
  const model = new nn.FullyConnected({ nOut: 40 });
  const x = input([16, 30]);
  const t = input([16, 40]);
  model.forward(x);
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
  return (i) => {
    const n = batchOf(i);
    const loss = F.meanSquaredError(model.forward(first(x, n)), first(t, n));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    if (i % 100 !== 0) return;
    const bytes = nn.encodeSafetensors(model.stateDict());
    model.loadStateDict(nn.readSafetensors(bytes).tensors);
    optimizer.loadState(optimizer.state());
  };
}

/** What is trained in a soak run, one step of each in turn. */
export const KINDS: Readonly<Record<string, () => TrainingStep>> = {
  mlpWithAdam,
  convolution,
  lstm,
  gradientPenalty,
  hooks,
  checkpoints,
};

/** What a process holds, in bytes. */
export interface Holdings {
  resident: number;
  /** JavaScript objects that are reachable. */
  objects: number;
  /** Arrays that are reachable. */
  arrays: number;
  /** The whole WebAssembly memory. */
  reserved: number;
}

/** What this process holds at this moment, once garbage has been collected. */
export function holdings(): Holdings {
  heap.sweep();
  const { rss, heapUsed } = process.memoryUsage();
  const { used, reserved } = heap.statistics();
  return { resident: rss, objects: heapUsed, arrays: used, reserved };
}
