import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomNormal, seed } from "../../core/index.js";
import { mean, square } from "../../functions/index.js";
import {
  Accuracy,
  ConfusionMatrix,
  EarlyStopping,
  encodeSafetensors,
  FullyConnected,
  LearningRate,
  readSafetensors,
  Sequential,
  Trainer,
} from "../../nn/index.js";
import type { Below } from "./chance.js";
import { damagedBytes } from "./damage-bytes.js";
import { damagedJson } from "./damage-json.js";
import type { Format } from "./formats.js";

/** The checkpoint of a Trainer, damaged as bytes or in the tree that it has as JSON. */
export function checkpoint(folder: string): Format {
  const paths = { whole: join(folder, "whole.safetensors"), damaged: join(folder, "damaged.safetensors") };
  seed(5);
  const model = new Sequential(new FullyConnected({ nOut: 3, nIn: 2, actFn: "relu" }), new FullyConnected({ nOut: 2 }));
  const x = randomNormal([4, 2]);
  const loss = () => mean(square(model.forward(x)));
  loss();
  const trainer = new Trainer(model, {
    optimizer: "adam(lr=0.01, lrScheduler='reduceOnPlateau(patience=1)')",
    loss: "softmaxCrossEntropy",
    metrics: [new Accuracy(), new ConfusionMatrix({ labels: ["a", "b"] })],
    callbacks: [new EarlyStopping({ patience: 3, monitor: "loss" }), new LearningRate("reduceOnPlateau(patience=2)")],
    progress: false,
  });
  const optimizer = trainer.optimizers.optimizer!;
  const step = () => {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step(0.5);
  };
  let whole: Uint8Array | null = null;
  const begin = () => {
    if (whole !== null) return whole;
    step();
    trainer.save(paths.whole);
    whole = new Uint8Array(readFileSync(paths.whole));
    return whole;
  };
  const everything = () => {
    trainer.save(paths.damaged);
    return readFileSync(paths.damaged, "latin1");
  };
  return {
    make: (below: Below) => {
      const bytes = begin();
      if (below(3) === 0) return damagedBytes(bytes, below);
      const { tensors, metadata } = readSafetensors(bytes);
      const tree = damagedJson(JSON.parse(metadata.tree!), below);
      return tree === null ? null : encodeSafetensors(tensors, { metadata: { ...metadata, tree } });
    },
    take: (bytes) => {
      trainer.load(paths.whole);
      const before = everything();
      writeFileSync(paths.damaged, bytes as Uint8Array);
      try {
        trainer.load(paths.damaged);
      } catch (error) {
        if (everything() !== before)
          throw new Error("a checkpoint that was refused changed the trainer", { cause: error });
        throw error;
      }
      step();
      everything();
    },
    ratio: 2 ** 10,
  };
}
