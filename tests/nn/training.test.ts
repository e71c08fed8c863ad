import { variable } from "../../core/index.js";
import { Conv2D, Flatten, FullyConnected, Pool2D, Sequential, type UnaryLayer } from "../../nn/index.js";
import { Adam } from "../../optim/adam.js";
import { SGD } from "../../optim/sgd.js";
import { expectStored, restore, training } from "../golden/training.js";

const dtype = "float64";

/** The layers that training.py trains, and the optimizer that it trains each with. */
const cases: Record<string, [make: () => UnaryLayer, optimizer: "sgd" | "adam" | "none"]> = {
  FullyConnected: [() => new FullyConnected({ nOut: 4, dtype }), "sgd"],
  "FullyConnected of three axes with tanh": [() => new FullyConnected({ nOut: 2, actFn: "tanh", dtype }), "adam"],
  "FullyConnected without bias": [() => new FullyConnected({ nOut: 5, actFn: "relu", bias: false, dtype }), "sgd"],
  Conv2D: [
    () =>
      new Conv2D({ outCh: 3, kernelShape: [3, 2], stride: [2, 1], pad: [1, 2], dilation: 1, actFn: "sigmoid", dtype }),
    "sgd",
  ],
  "Conv2D without bias": [() => new Conv2D({ outCh: 2, kernelShape: 3, pad: "same", bias: false, dtype }), "adam"],
  "Pool2D max": [() => new Pool2D({ kernelShape: 3, stride: 2, pad: 1 }), "none"],
  "Pool2D average": [() => new Pool2D({ kernelShape: [2, 3], pad: 1, mode: "average" }), "none"],
  Flatten: [() => new Flatten(), "none"],
  "Flatten last": [() => new Flatten({ keepDim: "last" }), "none"],
  Sequential: [
    () =>
      new Sequential(
        new Conv2D({ outCh: 3, kernelShape: 3, pad: 1, actFn: "relu", dtype }),
        new Pool2D({ kernelShape: 2, stride: 2 }),
        new Flatten(),
        new FullyConnected({ nOut: 4, actFn: "tanh", dtype }),
      ),
    "adam",
  ],
};

test("every layer in the golden file is trained here", () => {
  expect(Object.keys(cases)).toEqual(Object.keys(training.layers));
});

describe.each(Object.entries(cases))("%s in three training steps, as in PyTorch", (name, [make, optimizerName]) => {
  const golden = training.layers[name]!;
  const state = Object.fromEntries(Object.entries(golden.state).map(([key, stored]) => [key, restore(stored)]));

  test.each(["before", "after"])("state loaded %s the first forward", (when) => {
    const layer = make();
    if (when === "after") layer.forward(restore(golden.steps[0]!.x));
    layer.loadStateDict(state);
    const optimizer =
      optimizerName === "sgd"
        ? new SGD(layer.parameters(), { lr: 0.05, momentum: 0.9 })
        : optimizerName === "adam"
          ? new Adam(layer.parameters(), { lr: 0.02 })
          : null;
    for (const step of golden.steps) {
      const x = variable(restore(step.x));
      const y = layer.forward(x);
      expectStored(y.data, step.y);
      optimizer?.zeroGrad();
      y.backward({ gradient: restore(step.gy) });
      expectStored(x.grad!.data, step.gx);
      for (const [key, parameter] of layer.namedParameters()) expectStored(parameter.grad!.data, step.grads[key]!);
      optimizer?.step();
      const trained = layer.stateDict();
      expect(Object.keys(trained)).toEqual(Object.keys(step.state));
      for (const [key, value] of Object.entries(trained)) expectStored(value, step.state[key]!);
    }
  });
});
