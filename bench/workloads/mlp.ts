import { constant } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";
import { classes } from "../values.js";
import { count, data, digest, input, type Prepare } from "./program.js";

const RATE = 0.1;

/** A training step of two hidden layers with ReLU: forward, cross-entropy, backward, SGD. */
export const mlp: Prepare = (sizes) => {
  const [batch, inputs] = [count(sizes, "batch"), count(sizes, "inputs")];
  const [hidden, outputs] = [count(sizes, "hidden"), count(sizes, "classes")];
  const layers = [
    new nn.FullyConnected({ nIn: inputs, nOut: hidden, actFn: "relu" }),
    new nn.FullyConnected({ nIn: hidden, nOut: hidden, actFn: "relu" }),
    new nn.FullyConnected({ nIn: hidden, nOut: outputs }),
  ];
  layers.forEach(({ W }, i) => {
    W.data = data([...W.shape], 10 + i, Math.sqrt(3 / W.shape[0]!));
  });
  const model = new nn.Sequential(...layers);
  const optimizer = new optim.SGD(model.parameters(), { lr: RATE });
  const x = input([batch, inputs], 1);
  const t = constant(classes(batch, outputs));

  const step = () => {
    const loss = F.softmaxCrossEntropy(model.forward(x), t);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  return {
    step: () => void step(),
    check: () => [...digest(step()), ...digest(step()), ...digest(...layers.map(({ W }) => W))],
  };
};
