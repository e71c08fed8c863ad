import { constant, grad, gradcheck, seed, variable } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";

seed(1);

// Arithmetic on Variables records a graph; backward() walks it.
const x = variable([
  [1, 2],
  [3, 4],
]);
const y = x.mul(x).add(1).sum();
y.backward();
console.log("y =", y.item());
console.log("dy/dx =", x.grad);

// A gradient is a Variable, so it can be differentiated again.
const z = variable(2, { dtype: "float64" });
const [first] = grad([z.pow(4)], [z], { createGraph: true });
const [second] = grad([first!], [z], { createGraph: true });
const [third] = grad([second!], [z]);
console.log("z^4 at 2 has the derivatives", first!.item(), second!.item(), third!.item());

// gradcheck compares derivatives, here of first and second order, with finite differences, and throws where they differ.
const a = variable([[0.5, -1.2, 0.3]], { dtype: "float64" });
const b = variable([[0.1], [0.7], [-0.4]], { dtype: "float64" });
gradcheck((a, b) => F.tanh(a!.matmul(b!)), [a, b], { order: 2 });
console.log("gradcheck of tanh(a @ b): passed");

// A training loop: a network of two layers learns a parabola.
const inputs = constant(Array.from({ length: 64 }, (_, i) => [i / 32 - 1]));
const targets = inputs.mul(inputs);
const model = new nn.Sequential(new nn.FullyConnected({ nOut: 16, actFn: "tanh" }), new nn.FullyConnected({ nOut: 1 }));
const optimizer = new optim.Adam(model.parameters(), { lr: 0.02 });
for (let step = 0; step <= 400; step++) {
  const loss = F.meanSquaredError(model.forward(inputs), targets);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  if (step % 100 === 0) console.log(`step ${step}: loss ${loss.item().toFixed(5)}`);
}
