import { constant } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import { classes } from "../values.js";
import { count, data, digest, input, type Prepare } from "./program.js";

const CLASSES = 10;

/** LeNet on images of 28 x 28, with cross-entropy: forward, and backward to all parameters. */
export const lenet: Prepare = (sizes) => {
  const batch = count(sizes, "batch");
  const weighted = [
    new nn.Conv2D({ inCh: 1, outCh: 6, kernelShape: 5, pad: 2, actFn: "relu" }),
    new nn.Conv2D({ inCh: 6, outCh: 16, kernelShape: 5, actFn: "relu" }),
    new nn.FullyConnected({ nIn: 400, nOut: 120, actFn: "relu" }),
    new nn.FullyConnected({ nIn: 120, nOut: 84, actFn: "relu" }),
    new nn.FullyConnected({ nIn: 84, nOut: CLASSES }),
  ] as const;
  weighted.forEach(({ W }, i) => {
    const fanIn = W.shape.slice(0, -1).reduce((a, b) => a * b, 1);
    W.data = data([...W.shape], 10 + i, Math.sqrt(3 / fanIn));
  });
  const [conv1, conv2, ...dense] = weighted;
  const pool = () => new nn.Pool2D({ kernelShape: 2, stride: 2 });
  const model = new nn.Sequential(conv1, pool(), conv2, pool(), new nn.Flatten(), ...dense);
  const x = input([batch, 28, 28, 1], 1);
  const t = constant(classes(batch, CLASSES));

  const step = () => {
    const loss = F.softmaxCrossEntropy(model.forward(x), t);
    model.clearGrads();
    loss.backward();
    return loss;
  };
  return {
    step: () => void step(),
    check: () => [...digest(step()), ...digest(...weighted.map(({ W }) => W.grad))],
  };
};
