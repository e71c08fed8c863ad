import { join } from "node:path";
import { Command } from "commander";
import { array, type NDArray, noGrad, seed } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import { type Digits, loadDigits } from "./digits.js";
import { saveImages } from "./images.js";
import { parseOptions, positiveNumber, wholeNumber } from "./options.js";
import { savePicture, scatter } from "./plot.js";
import { startProgress } from "./progress.js";

const command = new Command("npx tsx examples/vae-mnist.ts")
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
  .option(
    "--quick",
    "smaller models, and the first 2,000 digits, twice, in batches of 32 and at a rate of 0.003 unless given",
  );

interface Options {
  latent: number;
  epochs: number;
  batchSize: number;
  lr: number;
  pictures: string;
  seed: number;
  quick?: true;
}

const options = parseOptions<Options>(command, { epochs: 2, batchSize: 32, lr: 0.003 });

/** Digits in a picture, and in a row of it. */
const SHOWN = 100;
const ROW = 10;
const MAP_SIDE = 15;
/** Test digits whose codes are mapped. */
const MAPPED = 3000;

/** The layers of the smaller model: fewer channels, and a larger decoder for what a code of two numbers does not say. */
const SMALL = { encConv1OutCh: 8, encConv2OutCh: 16, encPool2Stride: 2, latentDim: 512 };

/** A model with `latent` numbers in a code, of the reference's size or smaller. */
function makeModel(latent: number, size: "full" | "small"): nn.BernoulliVAE {
  const steps = options.epochs * Math.ceil(train.x.shape[0]! / options.batchSize);
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
  const { epochs, batchSize } = options;
  const count = train.x.shape[0]!;
  const before = model.evaluate(test.x);
  const progress = startProgress(title, epochs * count);
  model.fit(train.x, {
    epochs,
    batchSize,
    onProgress: ({ epoch, images, loss }) =>
      progress.update((epoch - 1) * count + images, { epoch: `${epoch}/${epochs}`, loss: loss.toFixed(2) }),
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

/** Of test digits, the means of their codes. */
function codesOf(model: nn.BernoulliVAE): [z1: number, z2: number][] {
  const shown = F.getItem(test.x, firstOf(Math.min(MAPPED, test.x.shape[0]!)));
  return noGrad(() => model.encode(shown).mean).toArray() as [number, number][];
}

/**
 * Digits drawn from a grid of codes of two numbers, the first one growing to the right and the second one upwards. As many of the codes of
 * test digits lie between two columns as between any other two, and likewise for rows: so the map has more room where there are more digits.
 */
function plane(model: nn.BernoulliVAE): NDArray {
  const codes = codesOf(model);
  const [z1, z2] = [0, 1].map((axis) => {
    const sorted = codes.map((code) => code[axis]!).sort((a, b) => a - b);
    return Array.from({ length: MAP_SIDE }, (_, i) => sorted[Math.floor(((i + 0.5) / MAP_SIDE) * sorted.length)]!);
  }) as [number[], number[]];
  return noGrad(() => model.decode(z2.reverse().flatMap((up) => z1.map((right) => [right, up])))).data;
}

/** The means of the codes of test digits, coloured by what they are. */
function drawCodes(model: nn.BernoulliVAE, path: string): void {
  const labels = test.t.toTypedArray();
  const points = codesOf(model).map(([x, y], i) => ({ x, y, group: String(labels[i]) }));
  points.sort((a, b) => Number(a.group) - Number(b.group));
  const title = "Test digits by the two numbers of their codes";
  savePicture(path, scatter(points, { title, width: 800, height: 700, x: { label: "z1" }, y: { label: "z2" } }));
}

function firstOf(count: number): NDArray {
  return array(Int32Array.from({ length: count }, (_, i) => i));
}

seed(options.seed);
const train: Digits = loadDigits("train", options.quick ? 2000 : undefined);
const test: Digits = loadDigits("test", options.quick ? 500 : undefined);
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
