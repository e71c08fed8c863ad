import * as F from "retrograd/functions";
import { count, digest, input, type Prepare } from "./program.js";

/** The product of two square matrices. */
export const matmul: Prepare = (sizes) => {
  const n = count(sizes, "n");
  const dtype = sizes.dtype === "float64" ? "float64" : "float32";
  const a = input([n, n], 1, 1, dtype);
  const b = input([n, n], 2, 1, dtype);
  return {
    step: () => void F.matmul(a, b),
    check: () => digest(F.matmul(a, b)),
  };
};
