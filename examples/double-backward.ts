import { grad, type Variable, variable } from "retrograd";
import * as F from "retrograd/functions";

/** Rosenbrock's function: a bent valley with its lowest point, 0, at (1, 1). */
function rosenbrock(x: Variable, y: Variable): Variable {
  const valley = F.square(F.sub(y, F.square(x)));
  return F.add(F.mul(valley, 100), F.square(F.sub(1, x)));
}

let x = -2;
let y = 2;
for (let step = 0; ; step++) {
  const a = variable(x, { dtype: "float64" });
  const b = variable(y, { dtype: "float64" });
  const value = rosenbrock(a, b);
  console.log(`step ${step}: f(${x.toFixed(6)}, ${y.toFixed(6)}) = ${value.item().toExponential(3)}`);
  if (value.item() < 1e-20 || step === 20) break;

  // The gradient is a graph too, so its own gradients are the rows of the Hessian.
  const [ga, gb] = grad(value, [a, b], { createGraph: true }) as [Variable, Variable];
  const [haa, hab] = grad(ga, [a, b]).map((h) => h.item()) as [number, number];
  const [hba, hbb] = grad(gb, [a, b]).map((h) => h.item()) as [number, number];

  // Newton's step solves H d = -g; for two unknowns Cramer's rule will do.
  const determinant = haa * hbb - hab * hba;
  x -= (hbb * ga.item() - hab * gb.item()) / determinant;
  y -= (haa * gb.item() - hba * ga.item()) / determinant;
}
