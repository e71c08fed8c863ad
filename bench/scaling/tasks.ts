import { constant, type NDArray, randomInt, randomNormal, seed } from "retrograd";
import * as nn from "retrograd/nn";

/** A network, and the batch that all processes share. */
export interface Task {
  about: string;
  model: nn.Sequential;
  x: NDArray;
  t: NDArray;
}

export const TASKS: Record<string, () => Task> = {
  mlp() {
    seed(1);
    const model = new nn.Sequential(
      new nn.FullyConnected({ nOut: 512, actFn: "relu" }),
      new nn.FullyConnected({ nOut: 512, actFn: "relu" }),
      new nn.FullyConnected({ nOut: 10 }),
    );
    return ready("784-512-512-10, a batch of 1,024 for all processes", model, [1024, 784]);
  },
  lenet() {
    seed(1);
    const model = new nn.Sequential(
      new nn.Conv2D({ outCh: 6, kernelShape: 5, pad: 2, actFn: "relu" }),
      new nn.Pool2D({ kernelShape: 2, stride: 2 }),
      new nn.Conv2D({ outCh: 16, kernelShape: 5, actFn: "relu" }),
      new nn.Pool2D({ kernelShape: 2, stride: 2 }),
      new nn.Flatten(),
      new nn.FullyConnected({ nOut: 120, actFn: "relu" }),
      new nn.FullyConnected({ nOut: 84, actFn: "relu" }),
      new nn.FullyConnected({ nOut: 10 }),
    );
    return ready("LeNet on images of 28 x 28, a batch of 256 for all processes", model, [256, 28, 28, 1]);
  },
};

function ready(about: string, model: nn.Sequential, shape: number[]): Task {
  const x = randomNormal(shape);
  model.forward(constant(x.slice(0).reshape([1, ...shape.slice(1)])));
  return { about, model, x, t: randomInt(0, 10, [shape[0]!]) };
}
