import { join } from "node:path";
import { Command } from "commander";
import { array, type NDArray, noGrad, seed } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import { type Digits, loadDigits } from "./digits.js";
import { saveImages } from "./images.js";
import { positiveNumber, wholeNumber } from "./options.js";
import { savePicture, scatter } from "./plot.js";
import { startProgress } from "./progress.js";

const options = new Command("npx tsx examples/vae-mnist.ts")
  .description(
    "A variational autoencoder learns MNIST's digits: draws the test digits again from codes of a few numbers, and new digits from " +
      "codes that nobody has seen. A smaller one with codes of two numbers draws a map of all digits.",
  )
  .option(
    "--latent <n>",
    "numbers in the code of a digit; with 2 there is no need for a second model",
    wholeNumber(1),
    20,
  )
  .option("--epochs <n>", "passes over the training digits", wholeNumber(1), 10)
  .option("--batch-size <n>", "digits in a training step", wholeNumber(1), 128)
  .option(
    "--lr <rate>",
    "learning rate of Adam at the start, three times as high for codes of two numbers; it falls to 0 along a half cosine",
    positiveNumber,
    0.0015,
  )
  .option("--pictures <folder>", "where the pictures go", "vae-mnist")
  .option("--seed <n>", "seed of the random numbers; the same seed repeats the run", wholeNumber(0), 1)
  .option("--quick", "smaller models, and 2 passes over the first 8,000 digits instead of --epochs over all")
  .parse()
  .opts<{
    latent: number;
    epochs: number;
    batchSize: number;
    lr: number;
    pictures: string;
    seed: number;
    quick?: true;
  }>();

const EPOCHS = options.quick ? 2 : options.epochs;
/** Digits in a picture, and in a row of it. */
const SHOWN = 100;
const ROW = 10;
/** The codes on the map of drawn digits go from the 2.5 % quantile of each number to the 97.5 % one. */
const REACH = 1.96;
const MAP_SIDE = 15;
/** Test digits on the map of codes. */
const DOTS = 3000;

/** The layers of the smaller model: fewer channels, and a larger decoder for what a code of two numbers does not say. */
const SMALL = { encConv1OutCh: 8, encConv2OutCh: 16, encPool2Stride: 2, latentDim: 512 };

/** A model with `latent` numbers in a code, of the reference's size or smaller. */
function makeModel(latent: number, size: "full" | "small"): nn.BernoulliVAE {
  const steps = EPOCHS * Math.ceil(train.x.shape[0]! / options.batchSize);
  const lr = (latent === 2 ? 3 : 1) * options.lr;
  return new nn.BernoulliVAE({
    T: latent,
    ...(size === "small" && SMALL),
    optimizer: `Adam(lrScheduler='CosineAnnealing(maxLr=${lr}, steps=${steps})')`,
  });
}

/** Trains with a line of progress, and prints what the test digits say of it. */
function learn(title: string, model: nn.BernoulliVAE): void {
  const start = performance.now();
  const count = train.x.shape[0]!;
  const before = model.evaluate(test.x);
  const progress = startProgress(title, EPOCHS * count);
  model.fit(train.x, {
    epochs: EPOCHS,
    batchSize: options.batchSize,
    onProgress: ({ epoch, images, loss }) =>
      progress.update((epoch - 1) * count + images, { epoch: `${epoch}/${EPOCHS}`, loss: loss.toFixed(2) }),
  });
  progress.stop();
  const seconds = (performance.now() - start) / 1000;
  // Each pixel's target is its grey value, the share of white; the expectation over codes is estimated with one code a digit.
  console.log(
    `${title}: minus the ELBO of ${test.x.shape[0]} test digits: ${model.evaluate(test.x).toFixed(2)} nats per image, ` +
      `${before.toFixed(2)} before training, after ${seconds.toFixed(1)} seconds`,
  );
}

/** Test digits, with those drawn from their codes below each row. */
function reconstructions(model: nn.BernoulliVAE): NDArray {
  const shown = F.getItem(test.x, firstOf(SHOWN / 2));
  const rows = [shown, model.reconstruct(shown.data)].map((x) => F.reshape(x, [-1, ROW, 28, 28]));
  return F.reshape(F.stack(rows, { axis: 1 }), [-1, 28, 28]).data;
}

/** Digits drawn from a grid of codes of two numbers, the first one to the right and the second one up. */
function plane(model: nn.BernoulliVAE): NDArray {
  const at = (i: number) => REACH * ((2 * i) / (MAP_SIDE - 1) - 1);
  const codes = Array.from({ length: MAP_SIDE ** 2 }, (_, i) => [at(i % MAP_SIDE), -at(Math.floor(i / MAP_SIDE))]);
  return noGrad(() => model.decode(codes)).data;
}

/** The means of the codes of test digits, coloured by what they are. */
function drawCodes(model: nn.BernoulliVAE, path: string): void {
  const shown = firstOf(Math.min(DOTS, test.x.shape[0]!));
  const means = noGrad(() => model.encode(F.getItem(test.x, shown)).mean).toArray() as [number, number][];
  const labels = test.t.toTypedArray();
  const points = means.map(([x, y], i) => ({ x, y, group: String(labels[i]) }));
  points.sort((a, b) => Number(a.group) - Number(b.group));
  const title = "Test digits by the two numbers of their codes";
  savePicture(path, scatter(points, { title, width: 800, height: 700, x: { label: "z1" }, y: { label: "z2" } }));
}

function firstOf(count: number): NDArray {
  return array(Int32Array.from({ length: count }, (_, i) => i));
}

seed(options.seed);
const train: Digits = loadDigits("train", options.quick ? 8000 : undefined);
const test: Digits = loadDigits("test", options.quick ? 1000 : undefined);
const pictures: string[] = [];
const pathOf = (name: string) => {
  pictures.push(join(options.pictures, name));
  return pictures.at(-1)!;
};

const model = makeModel(options.latent, options.quick ? "small" : "full");
learn(`${options.latent} latent variables`, model);
saveImages(pathOf("reconstructions.png"), reconstructions(model), { columns: ROW, scale: 2 });
saveImages(pathOf("samples.png"), model.generate(SHOWN), { columns: ROW, scale: 2 });
let mapped = model;
if (options.latent !== 2) {
  mapped = makeModel(2, "small");
  learn("2 latent variables", mapped);
}
saveImages(pathOf("map.png"), plane(mapped), { columns: MAP_SIDE, scale: 2, gap: 0 });
drawCodes(mapped, pathOf("codes.png"));
console.log(model.summary());
console.log(`Pictures: ${pictures.join(", ")}`);
