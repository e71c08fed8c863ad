/**
 * Shows that memory comes back by itself: synchronous training steps of an MLP, never yielding, with the resident memory
 * as it goes. Ends with an error when it grows past the bound.
 *
 *     npx tsx bench/memory.ts [steps] [bound in MB above the start]
 */
import { heap, randomNormal, seed, variable } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";

const steps = Number(process.argv[2] ?? 10_000);
const bound = Number(process.argv[3] ?? 400);
const MB = 2 ** 20;
const resident = () => process.memoryUsage().rss / MB;

seed(1);
const x = variable(randomNormal([128, 256]), { requiresGrad: false });
const t = variable(randomNormal([128, 10]), { requiresGrad: false });
const model = new nn.Sequential(
  new nn.FullyConnected({ nOut: 256, actFn: "relu" }),
  new nn.FullyConnected({ nOut: 256, actFn: "relu" }),
  new nn.FullyConnected({ nOut: 10 }),
);
const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });

const base = resident();
const begin = performance.now();
let peak = 0;
for (let step = 1; step <= steps; step++) {
  const loss = F.meanSquaredError(model.forward(x), t);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  peak = Math.max(peak, resident());
  if (step % Math.ceil(steps / 10) === 0) {
    const { used, reserved, budget, sweeps, sweepTime } = heap.statistics();
    const share = (100 * sweepTime) / (performance.now() - begin);
    console.log(
      `step ${step}: resident ${resident().toFixed(0)} MB; heap ${(used / MB).toFixed(0)} of ${(reserved / MB).toFixed(0)} MB, ` +
        `budget ${(budget / MB).toFixed(0)} MB, ${sweeps} sweeps, ${share.toFixed(1)} % of the time`,
    );
  }
}
console.log(`peak ${peak.toFixed(0)} MB, ${(peak - base).toFixed(0)} MB above the start; bound ${bound} MB`);
if (peak - base > bound) process.exitCode = 1;
