import { variable } from "retrograd";
import { count, data, digest, input, type Prepare } from "./program.js";

/** What an operation costs when there is almost nothing to compute: multiplications and additions in a row, and backward. */
export const chain: Prepare = (sizes) => {
  const [operations, size] = [count(sizes, "operations"), count(sizes, "size")];
  const x = variable(data([size], 1));
  const gradient = input([size], 2);

  const step = () => {
    x.clearGrad();
    let y = x;
    for (let i = 0; i < operations / 2; i++) y = y.mul(1.0001).add(0.5);
    y.backward({ gradient });
    return y;
  };
  return { step: () => void step(), check: () => [...digest(step()), ...digest(x.grad)] };
};
