/*
 * Fills the heap to its 4 GiB, sees what every kind of work does then, and goes on when there is room again. Prints what came of it as JSON.
 * The blocks are never written to, so that they take addresses and no memory.
 */

import * as F from "../../../functions/index.js";
import { grad, heap, NDArray, OutOfMemoryError, randomNormal, seed, setThreads, variable } from "../../../index.js";
import * as nn from "../../../nn/index.js";
import * as optim from "../../../optim/index.js";

setThreads(3);
seed(7);
const x = variable(randomNormal([256, 300]));
const W = variable(randomNormal([300, 280]));
const images = variable(randomNormal([8, 20, 20, 12]));
const kernel = variable(randomNormal([3, 3, 12, 16]));
const sequence = variable(randomNormal([16, 24, 12]));
const lstm = new nn.LSTM({ nOut: 20, nIn: 24 });
const model = new nn.FullyConnected({ nOut: 64, nIn: 300 });
const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });

/** Each gives numbers that depend on nothing but what is above. */
const work: Record<string, () => number[]> = {
  "a new array": () => [randomNormal([50_000]).size],
  elementwise: () => [F.tanh(F.mul(x, x)).sum().item()],
  product: () => [F.matmul(x, W).sum().item()],
  "backward of a product": () => {
    const y = F.matmul(x, W).tanh().sum();
    x.clearGrad();
    y.backward();
    const total = x.grad!.sum().item();
    x.clearGrad();
    W.clearGrad();
    return [total];
  },
  "double backward": () => {
    const [gx] = grad([F.matmul(x, W).square().mean()], [x], { createGraph: true });
    const [ggx] = grad([gx!.square().sum()], [x]);
    return [ggx!.sum().item()];
  },
  convolution: () => {
    const [g] = grad([F.conv2d(images, kernel, null, { pad: 1 }).square().mean()], [kernel]);
    return [g!.sum().item()];
  },
  LSTM: () => {
    const [g] = grad([lstm.forward(sequence).square().mean()], [sequence]);
    return [g!.sum().item()];
  },
  "gradients of a layer": () => {
    optimizer.zeroGrad();
    try {
      model.forward(x.detach()).square().mean().backward();
      return [model.W.grad!.sum().item()];
    } finally {
      optimizer.zeroGrad();
    }
  },
};
const step = () => {
  optimizer.zeroGrad();
  model.forward(x.detach()).square().mean().backward();
  optimizer.step();
};

step();
const before = Object.fromEntries(Object.entries(work).map(([name, run]) => [name, run()]));
heap.sweep();

const blocks: NDArray[] = [];
for (const bytes of [2 ** 28, 2 ** 24, 2 ** 20, 2 ** 16, 2 ** 13]) {
  try {
    for (;;) blocks.push(NDArray.empty([bytes / 4], "float32"));
  } catch (error) {
    if (!(error instanceof OutOfMemoryError)) throw error;
  }
}
const used = heap.statistics().used;
const marked = () => [x, W, images, kernel, sequence].some((v) => v.grad !== null);
/** What became of each kind of work: done with the same numbers as before, or refused with nothing changed; else what is wrong. */
const outcomes = () =>
  Object.entries(work).map(([name, run]) => {
    const weights = model.W.toTypedArray().join();
    try {
      return JSON.stringify(run()) === JSON.stringify(before[name]) ? "done" : `${name}: other numbers`;
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) return `${name}: ${error}`;
      if (marked()) return `${name}: gradients were left`;
      return model.W.toTypedArray().join() === weights ? "refused" : `${name}: the weights changed`;
    }
  });
const full = outcomes();
heap.sweep();
const kept = heap.statistics().used - used;

// A little more room each time, so that every kind of work runs out of it at every place where it can.
const tight: Record<string, number> = {};
let smallest = blocks.length;
for (let room = 0; room < 24; room++) {
  smallest -= 1 + Math.floor(room / 2);
  blocks.length = Math.max(0, smallest);
  for (const outcome of outcomes()) tight[outcome] = (tight[outcome] ?? 0) + 1;
}
blocks.length = 0;
heap.sweep();
const roomy = outcomes();
step();
console.log(JSON.stringify({ used, full, kept, tight, roomy }));
