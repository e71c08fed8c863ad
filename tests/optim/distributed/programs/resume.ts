/*
 * Run by mpirun: trains with checkpoints in each of the folders that it is given, and prints each rank's process, each step, and what the values
 * come to. Then rank 1 throws. With "slowly" as the first word it takes its time.
 */
import { basename } from "node:path";
import { array, randomInt, randomNormal, seed } from "retrograd";
import * as nn from "retrograd/nn";
import { world } from "retrograd/optim";

const folders = process.argv.slice(2);
const slowly = folders[0] === "slowly" && folders.shift() !== undefined;
const { rank, size } = world();
console.log(`rank ${rank} is process ${process.pid}`);

async function train(folder: string): Promise<void> {
  seed(1);
  const data = { x: randomNormal([90, 6], { dtype: "float64" }), t: randomInt(0, 3, [90]) };
  const model = new nn.Sequential(
    new nn.FullyConnected({ nOut: 12, actFn: "relu", dtype: "float64" }),
    new nn.BatchNorm1D({ dtype: "float64" }),
    new nn.Dropout({ p: 0.3 }),
    new nn.FullyConnected({ nOut: 3, dtype: "float64" }),
  );
  const trainer = new nn.Trainer(model, {
    optimizer: "adam(lr=0.01)",
    loss: "softmaxCrossEntropy",
    metrics: ["accuracy", "confusionMatrix"],
    checkpoint: { folder, everySteps: 4 },
    distributed: true,
    progress: false,
    seed: 2,
    callbacks: [
      {
        async onStep({ step }) {
          if (rank === 0) console.log(`${basename(folder)}: step ${step}`);
          if (slowly) await new Promise((resume) => setTimeout(resume, 60));
        },
      },
    ],
  });
  const history = await trainer.fit(data, { epochs: 3, batchSize: 8, validation: data, resume: true });
  const values = [...model.parameters(), ...model.buffers()].flatMap(({ data }) => [...data.toTypedArray()]);
  const all = world().allGather(array(Float64Array.from(values)));
  const same =
    values.length * size === all.size &&
    Array.from({ length: size }, (_, r) => all.slice(r).toTypedArray().join()).every((text) => text === values.join());
  const figures = history.epochs.map(({ figures }) => figures);
  if (rank === 0) {
    console.log(`end of ${basename(folder)}: ${JSON.stringify({ step: trainer.step, same, values, figures })}`);
  }
}

for (const folder of folders) await train(folder);
if (rank === 1) throw new Error("rank 1 is out of order");
world().barrier();
