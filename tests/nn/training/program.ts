/**
 * A training run as a program of its own, for tests that end it from outside:
 *
 *     program <folder> <steps between checkpoints> <epochs> [slow]
 *
 * Prints `step <n>` after each step (a step whose checkpoint is due has been written then), and at the end `state <hash>`: all that
 * the training goes on from, to the bit.
 */
import { createHash } from "node:crypto";
import { array, NDArray, Parameter, randomNormal, seed, type Variable } from "../../../core/index.js";
import { loadTree } from "../../../nn/files/tree.js";
import {
  BatchNorm1D,
  DataLoader,
  Dropout,
  EarlyStopping,
  FullyConnected,
  Layer,
  Sequential,
  Trainer,
  type Tree,
} from "../../../nn/index.js";
import { Adam } from "../../../optim/index.js";

const [folder, everySteps, epochs, slow] = process.argv.slice(2);

seed(3);
const x = randomNormal([120, 6]);
const t = array(Int32Array.from({ length: 120 }, (_, i) => (x.slice(i, 0).item() > 0 ? 1 : 0)));

/** Makes checkpoints of many arrays, so that writing one takes a while and a kill can come in between. */
class Ballast extends Layer {
  readonly weights = Array.from({ length: 200 }, (_, i) => new Parameter(randomNormal([64]), `w${i}`));
  override forward(input: Variable): Variable {
    return input;
  }
}

const model = new Sequential(
  new Ballast(),
  new FullyConnected({ nOut: 16 }),
  new BatchNorm1D(),
  new Dropout({ p: 0.3 }),
  new FullyConnected({ nOut: 2 }),
);
const trainer = new Trainer(model, {
  optimizer: new Adam(model.parameters(), { lrScheduler: "noam(modelDim=16, warmupSteps=20)", accumulate: 2 }),
  loss: "softmaxCrossEntropy",
  metrics: ["accuracy", "f1"],
  callbacks: [
    new EarlyStopping({ patience: 1000 }),
    {
      // Checkpoints are written after the callbacks, so the line about a step comes with the next one.
      onStep: async ({ step }) => {
        console.log(`step ${step}`);
        if (slow !== undefined) await new Promise((resume) => setTimeout(resume, Number(slow)));
      },
    },
  ],
  checkpoint: { folder: folder!, everySteps: Number(everySteps), everyEpochs: 3 },
  progress: false,
});

function hash(tree: Tree): string {
  const digest = createHash("sha256");
  const visit = (value: Tree): void => {
    if (value instanceof NDArray) digest.update(`${value.dtype} ${value.shape}`).update(value.toTypedArray());
    else if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        if (key !== "seconds") visit([key, inner]);
      }
    } else digest.update(`${typeof value} ${value};`);
  };
  visit(tree);
  return digest.digest("hex");
}

const history = await trainer.fit(new DataLoader({ x, t }, { batchSize: 16, seed: 4 }), {
  epochs: Number(epochs),
  validation: { x, t },
  resume: true,
});
console.log(`stopped ${history.stopReason}`);
console.log(`listeners ${process.listenerCount("SIGINT")}`);
trainer.save(`${folder}/end.safetensors`);
console.log(`state ${hash(loadTree(`${folder}/end.safetensors`, "trainer"))}`);
