import { Command } from "commander";
import { array, type NDArray, seed, slice } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";
import { loadDigits } from "./digits.js";
import { saveImages } from "./images.js";
import { parseOptions, positiveNumber, wholeNumber } from "./options.js";
import { startProgress } from "./progress.js";

const command = new Command("npx tsx examples/rbm-digits.ts")
  .description(
    "A restricted Boltzmann machine learns from the 60,000 training digits of MNIST, in black and white, what digits look like. " +
      "It then redraws digits of the test whose lower halves were erased, and its filters go into a picture.",
  )
  .option("--epochs <n>", "passes over the training digits", wholeNumber(1), 5)
  .option("--hidden <n>", "hidden units", wholeNumber(1), 256)
  .option("--k <n>", "steps of Gibbs sampling behind each gradient", wholeNumber(1), 1)
  .option("--batch-size <n>", "digits in a training step", wholeNumber(1), 64)
  .option(
    "--lr <rate>",
    "learning rate of gradient descent at the start; it falls to 0 along a line",
    positiveNumber,
    0.1,
  )
  .option("--picture <file>", "where the filters go, as a .png", "rbm-filters.png")
  .option("--seed <n>", "seed of the random numbers; the same seed repeats the run", wholeNumber(0), 1)
  .option("--quick", "3 passes, unless given, over the first 5,000 digits");

interface Options {
  epochs: number;
  hidden: number;
  k: number;
  batchSize: number;
  lr: number;
  picture: string;
  seed: number;
  quick?: true;
}

const options = parseOptions<Options>(command, { epochs: 3 });

const SIDE = 28;
const PIXELS = SIDE * SIDE;
/** Filters in the picture. */
const FILTERS = 100;
/** Digits that are erased and redrawn. */
const SHOWN = 4;
/** Steps of Gibbs sampling in which the lower half of a digit is drawn. */
const STEPS = 300;

/** Digits (count, 784), each pixel 0 or 1. */
function blackAndWhite(kind: "train" | "test", most?: number): NDArray {
  const { x } = loadDigits(kind, most);
  return F.astype(F.greater(x, 0.5), "float32").data.reshape([-1, PIXELS]);
}

function train(rbm: nn.RBM, digits: NDArray, held: NDArray): void {
  const { epochs } = options;
  const loader = new nn.DataLoader({ x: digits }, { batchSize: options.batchSize });
  const optimizer = new optim.SGD(rbm.parameters(), { lr: options.lr, momentum: 0.5, weightDecay: 0.0005 });
  const total = epochs * loader.length;
  let steps = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const progress = startProgress(`Epoch ${epoch}/${epochs}`, loader.length);
    let error = 0;
    let done = 0;
    for (const { x } of loader) {
      optimizer.lr = options.lr * (1 - steps++ / total);
      error += rbm.cdUpdate(x, optimizer);
      done++;
      progress.update(done, { "reconstruction error": (error / done).toFixed(4) });
    }
    progress.stop();
    console.log(`Reconstruction error on test digits: ${reconstructionError(rbm, held).toFixed(4)}`);
  }
}

/** The mean squared difference of digits and what one step of Gibbs sampling makes of them. */
function reconstructionError(rbm: nn.RBM, digits: NDArray): number {
  return F.meanSquaredError(rbm.reconstruct(digits, { steps: 1, returnProb: true }), digits).item();
}

/** Digits of which the machine has seen the upper halves only: it draws the lower ones, step by step. */
function redraw(rbm: nn.RBM, digits: NDArray): NDArray {
  const given = array(Array.from({ length: PIXELS }, (_, i) => i < PIXELS / 2));
  let drawn = F.where(given, digits, 0);
  for (let step = 0; step < STEPS; step++) {
    drawn = F.where(given, digits, rbm.reconstruct(drawn, { steps: 1, returnProb: true }));
  }
  return drawn.data;
}

/** Digits side by side, two rows of pixels in a line of text. */
function textArt(digits: NDArray): string {
  const values = digits.toTypedArray();
  const on = (digit: number, row: number, col: number) => values[digit * PIXELS + row * SIDE + col]! > 0.5;
  const line = (top: number) =>
    Array.from({ length: digits.shape[0]! }, (_, digit) =>
      Array.from(
        { length: SIDE },
        (_, col) => " ▀▄█"[Number(on(digit, top, col)) + 2 * Number(on(digit, top + 1, col))],
      ),
    )
      .map((cells) => cells.join(""))
      .join("  ");
  return Array.from({ length: SIDE / 2 }, (_, i) => line(2 * i).trimEnd()).join("\n");
}

/** What each of the first hidden units looks for: its weights, from the most negative in black to the most positive in white. */
function filters(rbm: nn.RBM): NDArray {
  const weights = F.transpose(rbm.W).data.slice(slice(0, FILTERS));
  const widest = F.max(F.abs(weights), { axis: 1, keepdims: true });
  const images = F.add(F.mul(F.div(weights, widest), 0.5), 0.5);
  return images.data.reshape([images.shape[0]!, SIDE, SIDE]);
}

const start = performance.now();
seed(options.seed);
const held = blackAndWhite("test", options.quick ? 1000 : undefined);
const rbm = new nn.RBM({ nOut: options.hidden, K: options.k, init: "trunc_normal(std=0.01)" });
console.log(`Reconstruction error on test digits: ${reconstructionError(rbm, held).toFixed(4)} before it learns`);
train(rbm, blackAndWhite("train", options.quick ? 5000 : undefined), held);
console.log(rbm.summary());

const some = array(held.slice(slice(0, SHOWN)));
console.log("Digits of the test:");
console.log(textArt(some));
console.log("Their lower halves erased and redrawn by the machine:");
console.log(textArt(redraw(rbm, some)));
saveImages(options.picture, filters(rbm), { scale: 2 });
console.log(`${options.picture}: what the first ${Math.min(FILTERS, options.hidden)} hidden units look for`);
console.log(`after ${((performance.now() - start) / 1000).toFixed(1)} seconds`);
