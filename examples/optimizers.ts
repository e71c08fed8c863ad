import { join } from "node:path";
import * as Plot from "@observablehq/plot";
import { Command } from "commander";
import { array, Parameter, seed } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";
import { loadDigits } from "./digits.js";
import { parseOptions, wholeNumber } from "./options.js";
import { legend, picture, savePicture } from "./plot.js";

const command = new Command("npx tsx examples/optimizers.ts")
  .description(
    "Lets every optimizer solve the same two problems: find the bottom of Beale's valley, and learn digits of MNIST. " +
      "Writes their paths and their losses as pictures.",
  )
  .option("--steps <n>", "steps in the valley", wholeNumber(1), 500)
  .option("--epochs <n>", "passes over 10,000 digits", wholeNumber(1), 3)
  .option("--pictures <folder>", "where paths.svg and losses.svg go", "optimizers")
  .option("--seed <n>", "seed of the random numbers; the same seed repeats the run", wholeNumber(0), 1)
  .option("--quick", "one pass, unless given, over 2,000 digits");

interface Options {
  steps: number;
  epochs: number;
  pictures: string;
  seed: number;
  quick?: true;
}

const options = parseOptions<Options>(command, { epochs: 1 });

const STEPS = options.steps;
const EPOCHS = options.epochs;
const DIGITS = options.quick ? 2_000 : 10_000;
const BATCH = 50;

/** The optimizers, with their learning rates in the valley and for the digits. */
const OPTIMIZERS: Readonly<Record<string, [kind: string, valley: number, digits: number]>> = {
  SGD: ["SGD()", 0.01, 0.2],
  Momentum: ["SGD(momentum=0.9)", 0.003, 0.05],
  Nesterov: ["SGD(momentum=0.9, nesterov=true)", 0.003, 0.05],
  AdaGrad: ["AdaGrad()", 0.5, 0.02],
  AdaDelta: ["AdaDelta()", 5, 2],
  RMSProp: ["RMSProp()", 0.01, 0.001],
  Adam: ["Adam()", 0.05, 0.002],
  AMSGrad: ["Adam(amsgrad=true)", 0.05, 0.002],
  AdamW: ["AdamW(weightDecay=0.001)", 0.05, 0.002],
  NAdam: ["NAdam()", 0.05, 0.002],
  Lion: ["Lion()", 0.005, 0.001],
};
const NAMES = Object.keys(OPTIMIZERS);
const RANGE = "#4e79a7 #f28e2c #e15759 #76b7b2 #59a14f #edc949 #af7aa1 #ff9da7 #9c755f #bab0ab #000000".split(" ");
const COLORS: Plot.ScaleOptions = { domain: NAMES, range: RANGE };

function makeOptimizer(name: string, problem: "valley" | "digits", parameters: Parameter[]): optim.Optimizer {
  const [kind, valley, digits] = OPTIMIZERS[name]!;
  const optimizer = optim.resolveOptimizer(kind, parameters);
  optimizer.lr = problem === "valley" ? valley : digits;
  return optimizer;
}

/** Beale's function, whose bottom, 0, is at (3, 0.5), behind a saddle and at the end of a bent valley. */
const beale = (x: number, y: number) =>
  (1.5 - x + x * y) ** 2 + (2.25 - x + x * y ** 2) ** 2 + (2.625 - x + x * y ** 3) ** 2;
const BOTTOM = { x: 3, y: 0.5 };
const START: [number, number] = [0, -0.8];

/** The way of an optimizer down the valley, by the gradients that backward gives. */
function walk(name: string): { x: number; y: number }[] {
  const place = new Parameter(array(START, { dtype: "float64" }), "place");
  const optimizer = makeOptimizer(name, "valley", [place]);
  const path: { x: number; y: number }[] = [];
  for (let step = 0; step <= STEPS; step++) {
    const [x, y] = F.split(place, 2);
    path.push({ x: x!.item(), y: y!.item() });
    const terms = [1.5, 2.25, 2.625].map((c, i) =>
      F.square(
        x!
          .mul(F.pow(y!, i + 1))
          .sub(x!)
          .add(c),
      ),
    );
    optimizer.zeroGrad();
    terms.reduce((sum, term) => sum.add(term)).backward({ gradient: [1] });
    optimizer.step();
  }
  return path;
}

/** The loss at each step of a small network, of the same values at first and with the same digits in the same order for all. */
async function learn(name: string): Promise<{ losses: number[]; accuracy: number }> {
  seed(options.seed);
  const model = new nn.Sequential(
    new nn.Flatten(),
    new nn.FullyConnected({ nOut: 64, actFn: "relu" }),
    new nn.FullyConnected({ nOut: 10 }),
  );
  const losses: number[] = [];
  const trainer = new nn.Trainer(model, {
    optimizer: makeOptimizer(name, "digits", model.parameters()),
    loss: "softmaxCrossEntropy",
    metrics: ["accuracy"],
    callbacks: [
      {
        onStep({ stepFigures }) {
          losses.push(stepFigures.loss);
        },
      },
    ],
    progress: false,
  });
  await trainer.fit(train, { epochs: EPOCHS, batchSize: BATCH });
  const { accuracy } = await trainer.evaluate(test);
  return { losses, accuracy };
}

function drawPaths(paths: ReadonlyMap<string, readonly { x: number; y: number }[]>): string {
  const points = [...paths].flatMap(([name, path]) => path.map((point) => ({ name, ...point })));
  const heights = Plot.contour({
    value: (x: number, y: number) => Math.log10(beale(x, y)),
    thresholds: [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3],
    x1: -0.5,
    x2: 4,
    y1: -2.1,
    y2: 1,
    stroke: "#ccc",
  });
  const ways = Plot.line(points, { x: "x", y: "y", stroke: "name", clip: true });
  const ends = Plot.dot(points, Plot.selectLast({ x: "x", y: "y", z: "name", fill: "name", r: 4, clip: true }));
  const bottom = Plot.dot([BOTTOM], { x: "x", y: "y", symbol: "star", r: 5, fill: "black" });
  const title = `Beale's valley in ${STEPS} steps, with a star at its bottom`;
  return picture([heights, ways, ends, bottom, ...legend(NAMES)], { title, marginRight: 110, color: COLORS });
}

function drawLosses(curves: ReadonlyMap<string, readonly number[]>): string {
  const points = [...curves].flatMap(([name, losses]) => averages(losses).map((loss, step) => ({ name, step, loss })));
  const lines = Plot.line(points, { x: "step", y: "loss", stroke: "name" });
  const y: Plot.ScaleOptions = { type: "log", ticks: [2, 1, 0.5, 0.2, 0.1], tickFormat: String, grid: true };
  const title = `The loss on ${DIGITS} digits, averaged over some 20 steps`;
  return picture([lines, ...legend(NAMES)], { title, marginRight: 110, color: COLORS, y });
}

/** The averages over the past of values, in which those of long ago weigh little. */
function averages(values: readonly number[]): number[] {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    sum = 0.95 * sum + value;
    weight = 0.95 * weight + 1;
    return sum / weight;
  });
}

seed(options.seed);
const paths = new Map(NAMES.map((name) => [name, walk(name)]));
const train = loadDigits("train", DIGITS);
const test = loadDigits("test", options.quick ? 1_000 : 10_000);
const curves = new Map<string, number[]>();
for (const [i, name] of NAMES.entries()) {
  const { losses, accuracy } = await learn(name);
  curves.set(name, losses);
  const { x, y } = paths.get(name)!.at(-1)!;
  const place = `${i + 1}/${NAMES.length}`.padStart(5);
  const height = beale(x, y).toExponential(1);
  console.log(
    `${place}  ${name.padEnd(8)}  the valley at (${x.toFixed(3)}, ${y.toFixed(3)}), ${height} above its bottom` +
      `   accuracy on test digits ${(100 * accuracy).toFixed(2)} %`,
  );
}
savePicture(join(options.pictures, "paths.svg"), drawPaths(paths));
savePicture(join(options.pictures, "losses.svg"), drawLosses(curves));
console.log(`Pictures: ${join(options.pictures, "paths.svg")}, ${join(options.pictures, "losses.svg")}`);
