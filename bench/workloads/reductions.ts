import type { Variable } from "retrograd";
import * as F from "retrograd/functions";
import type { Sizes } from "../suite.js";
import { count, digest, input, type Prepare } from "./program.js";

function reduction(f: (x: Variable, sizes: Sizes) => Variable): Prepare {
  return (sizes) => {
    const x = input([count(sizes, "rows"), count(sizes, "cols")], 1);
    return { step: () => void f(x, sizes), check: () => digest(f(x, sizes)) };
  };
}

/** The sum of a matrix over one axis. */
export const sum = reduction((x, sizes) => F.sum(x, { axis: count(sizes, "axis") }));
/** The softmax of each row of a matrix. */
export const softmax = reduction((x) => F.softmax(x, { axis: 1 }));
