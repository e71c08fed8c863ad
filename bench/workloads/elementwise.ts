import type { Variable } from "retrograd";
import * as F from "retrograd/functions";
import { count, digest, input, type Prepare } from "./program.js";

function elementwise(f: (a: Variable, b: Variable) => Variable): Prepare {
  return (sizes) => {
    const size = count(sizes, "size");
    const a = input([size], 1);
    const b = input([size], 2);
    return { step: () => void f(a, b), check: () => digest(f(a, b)) };
  };
}

/** The sum of two vectors. */
export const add = elementwise((a, b) => F.add(a, b));
/** The exponential of a vector. */
export const exp = elementwise((a) => F.exp(a));
/** The hyperbolic tangent of a vector. */
export const tanh = elementwise((a) => F.tanh(a));
