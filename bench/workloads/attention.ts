import { type Variable, variable } from "retrograd";
import * as F from "retrograd/functions";
import { count, data, digest, input, type Prepare, weight } from "./program.js";

/** Self-attention of several heads with its four projections: forward, and backward to the weights and the input. */
export const attention: Prepare = (sizes) => {
  const [batch, tokens] = [count(sizes, "batch"), count(sizes, "tokens")];
  const [width, heads] = [count(sizes, "width"), count(sizes, "heads")];
  const depth = width / heads;
  const x = variable(data([batch, tokens, width], 1));
  const W = [10, 11, 12, 13].map((salt) => weight([width, width], salt, width));
  const b = [20, 21, 22, 23].map((salt) => weight([width], salt, width));
  const gradient = input([batch, tokens, width], 2);

  const project = (y: Variable, i: number) => F.linear(y, W[i]!, b[i]!);
  const split = (y: Variable) => F.transpose(F.reshape(y, [batch, tokens, heads, depth]), [0, 2, 1, 3]);
  const merge = (y: Variable) => F.reshape(F.transpose(y, [0, 2, 1, 3]), [batch, tokens, width]);

  const step = () => {
    for (const p of [x, ...W, ...b]) p.clearGrad();
    const [query, key, value] = [0, 1, 2].map((i) => split(project(x, i))) as [Variable, Variable, Variable];
    const scores = F.mul(F.matmul(query, F.swapaxes(key, -1, -2)), 1 / Math.sqrt(depth));
    const y = project(merge(F.matmul(F.softmax(scores), value)), 3);
    y.backward({ gradient });
    return y;
  };
  return {
    step: () => void step(),
    check: () => [...digest(step()), ...digest(x.grad, ...W.map((w) => w.grad))],
  };
};
