import * as nn from "retrograd/nn";

/** A small network of a kind with the data that it learns, all in float64. */
export interface Task {
  model: nn.Sequential;
  /** The shape of one input. */
  input: number[];
  classes: number;
}

const dtype = "float64";

export const tasks: Record<string, () => Task> = {
  mlp: () => ({
    model: new nn.Sequential(
      new nn.FullyConnected({ nOut: 12, actFn: "tanh", dtype }),
      new nn.FullyConnected({ nOut: 8, actFn: "relu", dtype }),
      new nn.FullyConnected({ nOut: 3, dtype }),
    ),
    input: [6],
    classes: 3,
  }),
  lenet: () => ({
    model: new nn.Sequential(
      new nn.Conv2D({ outCh: 3, kernelShape: 5, pad: 2, actFn: "relu", dtype }),
      new nn.Pool2D({ kernelShape: 2, stride: 2 }),
      new nn.Conv2D({ outCh: 4, kernelShape: 5, actFn: "relu", dtype }),
      new nn.Pool2D({ kernelShape: 2, stride: 2 }),
      new nn.Flatten(),
      new nn.FullyConnected({ nOut: 10, actFn: "relu", dtype }),
      new nn.FullyConnected({ nOut: 4, dtype }),
    ),
    input: [14, 14, 1],
    classes: 4,
  }),
  lstm: () => ({
    model: new nn.Sequential(
      new nn.LSTM({ nOut: 6, returnSequences: false, dtype }),
      new nn.FullyConnected({ nOut: 3, dtype }),
    ),
    input: [3, 7],
    classes: 3,
  }),
};
