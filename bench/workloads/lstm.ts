import { variable } from "retrograd";
import * as F from "retrograd/functions";
import { count, data, digest, input, type Prepare, weight } from "./program.js";

/** An LSTM over a sequence, all outputs used: forward, and backward to the weights and the input. */
export const lstm: Prepare = (sizes) => {
  const [inputs, hidden] = [count(sizes, "inputs"), count(sizes, "hidden")];
  const [steps, batch] = [count(sizes, "steps"), count(sizes, "batch")];
  const x = variable(data([steps, batch, inputs], 1));
  const Wx = weight([inputs, 4 * hidden], 10, inputs);
  const Wh = weight([hidden, 4 * hidden], 11, hidden);
  const b = weight([4 * hidden], 12, hidden);
  const gradient = input([steps, batch, hidden], 2);

  const step = () => {
    for (const p of [x, Wx, Wh, b]) p.clearGrad();
    const [y] = F.lstm(x, null, null, Wx, Wh, b);
    y.backward({ gradient });
    return y;
  };
  return {
    step: () => void step(),
    check: () => [...digest(step()), ...digest(x.grad, Wx.grad, Wh.grad, b.grad)],
  };
};
