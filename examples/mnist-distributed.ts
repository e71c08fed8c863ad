import { Command } from "commander";
import { backendInfo, seed } from "retrograd";
import * as nn from "retrograd/nn";
import { world } from "retrograd/optim";
import { loadDigits } from "./digits.js";
import { positiveNumber, wholeNumber } from "./options.js";

const options = new Command("mpirun -np 4 npx tsx examples/mnist-distributed.ts")
  .description("Trains a convolutional network on MNIST, by as many processes as mpirun starts; without it, by one.")
  .option("--epochs <n>", "passes over the training digits", wholeNumber(1), 2)
  .option("--batch-size <n>", "digits in a training step, of all processes together", wholeNumber(1), 64)
  .option("--digits <n>", "how many of the 60,000 digits to learn from", wholeNumber(1), 60_000)
  .option("--lr <rate>", "learning rate of Adam", positiveNumber, 0.003)
  .option("--seed <n>", "seed of the random numbers", wholeNumber(0), 1)
  .option("--checkpoint <folder>", "where to keep checkpoints")
  .option("--resume", "go on from the latest checkpoint")
  .parse()
  .opts<{
    epochs: number;
    batchSize: number;
    digits: number;
    lr: number;
    seed: number;
    checkpoint?: string;
    resume?: boolean;
  }>();

const { rank, size, description } = world();
const print = (line: string): void => {
  if (rank === 0) console.log(line);
};

const start = performance.now();
seed(options.seed);
const model = new nn.Sequential(
  new nn.Conv2D({ outCh: 8, kernelShape: 5, actFn: "relu" }),
  new nn.Pool2D({ kernelShape: 2, stride: 2 }),
  new nn.Conv2D({ outCh: 16, kernelShape: 5, actFn: "relu" }),
  new nn.Pool2D({ kernelShape: 2, stride: 2 }),
  new nn.Flatten(),
  new nn.FullyConnected({ nOut: 10 }),
);
const trainer = new nn.Trainer(model, {
  optimizer: `adam(lr=${options.lr})`,
  loss: "softmaxCrossEntropy",
  metrics: ["accuracy"],
  checkpoint: options.checkpoint ?? null,
  distributed: true,
});
print(`${description}, ${backendInfo().threads} thread${backendInfo().threads === 1 ? "" : "s"} each`);
// Every process loads all digits, and learns from its part of each batch.
const { epochs, batchSize, resume = false } = options;
await trainer.fit(loadDigits("train", options.digits), { epochs, batchSize, resume });
const { accuracy } = await trainer.evaluate(loadDigits("test"));
const { seconds, bytes } = world().statistics;
const total = (performance.now() - start) / 1000;
print(`Accuracy on the 10,000 test digits: ${(100 * accuracy!).toFixed(2)} % after ${total.toFixed(1)} seconds`);
if (size > 1) {
  print(
    `Of these ${seconds.toFixed(1)} seconds went into exchanging ${(bytes / 2 ** 20).toFixed(0)} MiB for each process, waiting included`,
  );
}
