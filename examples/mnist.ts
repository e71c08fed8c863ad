import { Command, Option } from "commander";
import { seed } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";
import { type Digits, loadDigits } from "./digits.js";
import { positiveNumber, wholeNumber } from "./options.js";

const options = new Command("npm start --")
  .description("Trains a network on the 60,000 training digits of MNIST and tests it on the other 10,000.")
  .option("--epochs <n>", "passes over the training digits", wholeNumber(1), 2)
  .option("--batch-size <n>", "digits in a training step", wholeNumber(1), 32)
  .option("--lr <rate>", "learning rate of Adam at the start; it falls to 0 along a line", positiveNumber, 0.003)
  .option("--seed <n>", "seed of the random numbers; the same seed repeats the run", wholeNumber(0), 1)
  .addOption(new Option("--model <name>", "the network").choices(["mlp", "cnn"]).default("cnn"))
  .parse()
  .opts<{ epochs: number; batchSize: number; lr: number; seed: number; model: "mlp" | "cnn" }>();

/** Mean and standard deviation of the pixels of the training digits, as shares of white. */
const MEAN = 0.1307;
const STD = 0.3081;

/** Digits with pixels of mean 0 and standard deviation 1. */
function standardDigits(kind: "train" | "test"): Digits {
  const { x, t } = loadDigits(kind);
  return { x: F.div(F.sub(x, MEAN), STD).data, t };
}

function makeModel(name: "mlp" | "cnn"): nn.Sequential {
  if (name === "mlp") {
    return new nn.Sequential(
      new nn.Flatten(),
      new nn.FullyConnected({ nOut: 128, actFn: "relu" }),
      new nn.FullyConnected({ nOut: 10 }),
    );
  }
  return new nn.Sequential(
    new nn.Conv2D({ outCh: 8, kernelShape: 5, stride: 1, actFn: "relu" }),
    new nn.Pool2D({ kernelShape: 2, stride: 2 }),
    new nn.Conv2D({ outCh: 16, kernelShape: 5, actFn: "relu" }),
    new nn.Pool2D({ kernelShape: 2, stride: 2 }),
    new nn.Flatten(),
    new nn.FullyConnected({ nOut: 10 }),
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

const start = performance.now();
seed(options.seed);
const model = makeModel(options.model);
const train = new nn.DataLoader(standardDigits("train"), { batchSize: options.batchSize });
const optimizer = new optim.Adam(model.parameters(), { lr: options.lr });
const steps = options.epochs * train.length;
const trainer = new nn.Trainer(model, {
  optimizer,
  loss: "softmaxCrossEntropy",
  metrics: ["accuracy"],
  callbacks: [
    {
      onStep({ step }) {
        optimizer.lr = options.lr * (1 - step / steps);
      },
    },
  ],
});
await trainer.fit(train, { epochs: options.epochs });
const { accuracy } = await trainer.evaluate(standardDigits("test"));
console.log(model.summary());
console.log(
  `Accuracy on the 10,000 test digits: ${percent(accuracy)} after ${((performance.now() - start) / 1000).toFixed(1)} seconds`,
);
