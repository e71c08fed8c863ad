import { Command } from "commander";
import { array, generator, type NDArray, seed } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";
import { wholeNumber } from "./options.js";

const options = new Command("npx tsx examples/spiral.ts")
  .description("Tells apart the three arms of a spiral in the plane with a small network.")
  .option("--epochs <n>", "passes over the 300 points", wholeNumber(1), 100)
  .option("--seed <n>", "seed of the random numbers; the same seed repeats the run", wholeNumber(0), 1)
  .parse()
  .opts<{ epochs: number; seed: number }>();

const ARMS = 3;
const POINTS = 100;

/** Points along the arms, a little scattered: x (300, 2) and the number of the arm t (300,). */
function spiral(): { x: NDArray; t: NDArray } {
  const points: number[][] = [];
  const arms: number[] = [];
  for (let arm = 0; arm < ARMS; arm++) {
    for (let i = 0; i < POINTS; i++) {
      const radius = i / POINTS;
      const angle = 4 * (arm + radius) + 0.2 * generator.normal();
      points.push([radius * Math.sin(angle), radius * Math.cos(angle)]);
      arms.push(arm);
    }
  }
  return { x: array(points), t: array(arms, { dtype: "int32" }) };
}

seed(options.seed);
const points = spiral();
const model = new nn.Sequential(
  new nn.FullyConnected({ nOut: 32, actFn: "tanh" }),
  new nn.FullyConnected({ nOut: 32, actFn: "tanh" }),
  new nn.FullyConnected({ nOut: ARMS }),
);
const optimizer = new optim.Adam(model.parameters(), { lr: 0.02 });
const loader = new nn.DataLoader(points, { batchSize: 30 });

for (let epoch = 1; epoch <= options.epochs; epoch++) {
  let total = 0;
  for (const { x, t } of loader) {
    const loss = F.softmaxCrossEntropy(model.forward(x), t);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    total += loss.item();
  }
  if (epoch % 10 === 0) console.log(`epoch ${epoch}: loss ${(total / loader.length).toFixed(4)}`);
}
const accuracy = F.accuracy(model.forward(points.x), points.t).item();
console.log(`accuracy: ${(100 * accuracy).toFixed(1)} %`);
