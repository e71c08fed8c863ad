"use tsover";
// Newton's method on a polynomial, written with plain operators: see README.md here for how it is run.
import { grad, type Variable, variable } from "retrograd";
import "retrograd/operators";

/** 3 x^4 - 8 x^3 / 3 - 6 x^2 + 2, with minima at -0.6667 (a local one) and 1.5 or thereabouts. */
const f = (x: Variable) => 3 * x ** 4 - (8 * x ** 3) / 3 - 6 * x ** 2 + 2;

let x: Variable = variable([-2, 3], { dtype: "float64" });
for (let step = 0; step < 8; step++) {
  const y = f(x);
  const [slope] = grad(y.sum(), x, { createGraph: true });
  const [curvature] = grad(slope!.sum(), x);
  console.log(`step ${step}: x = ${x.toArray()}, f(x) = ${y.toArray()}`);
  x = variable((x - slope! / curvature!).data);
}

const [gradient] = grad(f(x).sum(), x);
console.log(`gradient at the end: ${gradient!.toArray()}`);
