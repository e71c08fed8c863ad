import { Command } from "commander";
import { array, generator, type NDArray, noGrad, seed, tidy } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";
import { type Digits, loadDigits } from "./digits.js";
import { parseOptions, positiveNumber, wholeNumber } from "./options.js";
import { startProgress } from "./progress.js";

const command = new Command("npx tsx examples/resnet-mnist.ts")
  .description(
    "Trains a small residual network on the 60,000 training digits of MNIST, each time shifted a little, and tests it on the other " +
      "10,000.",
  )
  .option("--epochs <n>", "passes over the training digits", wholeNumber(1), 4)
  .option("--batch-size <n>", "digits in a training step", wholeNumber(1), 64)
  .option("--width <n>", "channels of the first blocks; those of the last have twice as many", wholeNumber(1), 24)
  .option("--lr <rate>", "the highest learning rate of AdamW; it rises to it and falls to 0", positiveNumber, 0.005)
  .option("--shift <n>", "pixels by which a digit is shifted at most", wholeNumber(0), 2)
  .option("--seed <n>", "seed of the random numbers; the same seed repeats the run", wholeNumber(0), 1)
  .option("--quick", "one pass over 3,000 digits in batches of 16 with --width 16, unless given, tested on 1,000");

interface Options {
  epochs: number;
  batchSize: number;
  width: number;
  lr: number;
  shift: number;
  seed: number;
  quick?: true;
}

const options = parseOptions<Options>(command, { epochs: 1, batchSize: 16, width: 16 });

const SIDE = 28;

/** A block on images of 14 x 14, one that halves them, one on images of 7 x 7, and the means of what that finds anywhere. */
function makeModel(): nn.Sequential {
  const { width } = options;
  const block = { kernelShape1: 3, kernelShape2: 3, actFn: "relu", normFirst: true, bias: false, init: "he_uniform" };
  return new nn.Sequential(
    new nn.Conv2D({ outCh: width, kernelShape: 5, pad: "same", actFn: "relu" }),
    new nn.Pool2D({ kernelShape: 2, stride: 2 }),
    new nn.SkipConnectionIdentityModule({ ...block, outCh: width }),
    new nn.SkipConnectionConvModule({
      ...block,
      pad1: 1,
      pad2: 1,
      outCh1: 2 * width,
      outCh2: 2 * width,
      stride1: 2,
      kernelShapeSkip: 1,
      strideSkip: 2,
    }),
    new nn.SkipConnectionIdentityModule({ ...block, outCh: 2 * width }),
    new nn.Pool2D({ kernelShape: 7, mode: "average" }),
    new nn.Flatten(),
    new nn.FullyConnected({ nOut: 10 }),
  );
}

/** Each digit moved by up to `--shift` pixels in both directions; black moves in. */
function shifted(x: NDArray): NDArray {
  const shift = Math.min(options.shift, SIDE);
  const from = x.toTypedArray();
  const to = new Float32Array(x.size);
  for (let n = 0; n < x.shape[0]!; n++) {
    const down = generator.integer(2 * shift + 1) - shift;
    const right = generator.integer(2 * shift + 1) - shift;
    const [first, last] = [Math.max(0, right), Math.min(SIDE, SIDE + right)];
    for (let row = Math.max(0, down); row < Math.min(SIDE, SIDE + down); row++) {
      const source = (n * SIDE + row - down) * SIDE;
      const target = (n * SIDE + row) * SIDE;
      to.set(from.subarray(source + first - right, source + last - right) as Float32Array, target + first);
    }
  }
  return array(to).reshape(x.shape);
}

function train(model: nn.Sequential, digits: Digits): void {
  const { epochs } = options;
  const loader = new nn.DataLoader(digits, { batchSize: options.batchSize });
  const schedule = new optim.OneCycleScheduler({
    totalSteps: epochs * loader.length,
    maxLr: options.lr,
    pctStart: 0.2,
  });
  const optimizer = new optim.AdamW(model.parameters(), { lrScheduler: schedule });
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const progress = startProgress(`Epoch ${epoch}/${epochs}`, loader.length);
    let loss = 0;
    let accuracy = 0;
    let done = 0;
    for (const { x, t } of loader) {
      const figures = tidy(() => {
        const y = model.forward(shifted(x));
        const batchLoss = F.softmaxCrossEntropy(y, t);
        optimizer.zeroGrad();
        batchLoss.backward();
        optimizer.step();
        return { loss: batchLoss.item(), accuracy: F.accuracy(y, t).item() };
      });
      loss += figures.loss;
      accuracy += figures.accuracy;
      done++;
      progress.update(done, { loss: (loss / done).toFixed(4), accuracy: percent(accuracy / done) });
    }
    progress.stop();
  }
}

/** The share of digits that the model recognizes. */
function test(model: nn.Sequential, digits: Digits): number {
  model.eval();
  let right = 0;
  for (const { x, t } of new nn.DataLoader(digits, { batchSize: 500, shuffle: false })) {
    const y = noGrad(() => model.forward(x));
    right += F.accuracy(y, t).item() * t.size;
  }
  return right / digits.t.size;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

const start = performance.now();
seed(options.seed);
const model = makeModel();
train(model, loadDigits("train", options.quick ? 3000 : undefined));
const held = loadDigits("test", options.quick ? 1000 : undefined);
const accuracy = test(model, held);
console.log(model.summary());
const seconds = ((performance.now() - start) / 1000).toFixed(1);
console.log(`Accuracy on ${held.t.size} test digits: ${percent(accuracy)} after ${seconds} seconds`);
