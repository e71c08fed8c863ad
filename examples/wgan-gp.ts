import { join } from "node:path";
import * as Plot from "@observablehq/plot";
import { Command, Option } from "commander";
import { array, type NDArray, noGrad, seed, type Variable } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import { type Digits, loadDigits } from "./digits.js";
import { saveImages } from "./images.js";
import { parseOptions, wholeNumber } from "./options.js";
import { likeness, type PlaneData, ring, swissRoll } from "./planes.js";
import { lines, picture, savePicture } from "./plot.js";
import { startProgress } from "./progress.js";

/** How each kind of data is learned; `steps` counts updates of the generator, `lambda` weighs the penalty. */
const SETTINGS = {
  ring: { steps: 3000, quickSteps: 300, criticUpdates: 3, batchSize: 256, lr: 0.003, beta1: 0, lambda: 0.1 },
  swissroll: { steps: 3000, quickSteps: 300, criticUpdates: 3, batchSize: 256, lr: 0.003, beta1: 0, lambda: 0.1 },
  mnist: { steps: 3000, quickSteps: 80, criticUpdates: 3, batchSize: 64, lr: 0.001, beta1: 0.5, lambda: 10 },
} as const;

const command = new Command("npx tsx examples/wgan-gp.ts")
  .description(
    "A Wasserstein GAN with gradient penalty: a generator learns to imitate points in the plane, or MNIST's digits, from a critic " +
      "that learns to tell them apart, under a penalty on its gradient.",
  )
  .addOption(
    new Option("--data <name>", "eight Gaussians around a circle, a spiral, or digits with convolutions")
      .choices(Object.keys(SETTINGS))
      .default("ring"),
  )
  .option("--steps <n>", "updates of the generator: 3000 unless given", wholeNumber(1))
  .option("--hidden <n>", "units in each hidden layer, for points in the plane", wholeNumber(1), 128)
  .option("--pictures <folder>", "where the pictures go", "wgan-gp")
  .option("--seed <n>", "seed of the random numbers; the same seed repeats the run", wholeNumber(0), 1)
  .option("--quick", "64 hidden units, smaller convolutions, and 300 steps for points and 80 for digits, unless given");

interface Options {
  data: keyof typeof SETTINGS;
  steps?: number;
  hidden: number;
  pictures: string;
  seed: number;
  quick?: true;
}

const options = parseOptions<Options>(command, { hidden: 64 });

const settings = SETTINGS[options.data];
const steps = options.steps ?? (options.quick ? settings.quickSteps : settings.steps);
/** Points in a picture of each kind, and points or digits that are judged. */
const SHOWN = 1000;
const JUDGED = 2000;
/** The picture goes from -EDGE to EDGE. */
const EDGE = 3;
const GRID = 120;
/** Digits that a generated one is compared with. */
const COMPARED = 2000;
const NOISE = 64;

/** Its learning rate falls to 0 along a line; see `train`. */
const OPTIMIZER = `adam(lr=${settings.lr}, beta1=${settings.beta1}, beta2=0.9)`;

/** Trains with a line of progress; gives what the critic estimates of the distance after each step, smoothed. */
function train(model: nn.WGAN_GP, real: NDArray): number[] {
  const start = performance.now();
  const progress = startProgress("Training", steps);
  const { criticUpdates, batchSize, lambda, lr } = settings;
  const distances: number[] = [];
  model.fit(real, {
    ...{ steps, criticUpdates, batchSize, lambda },
    onProgress({ step, distance }) {
      const { generator, critic } = model.optimizers;
      for (const optimizer of [generator, critic]) optimizer.lr = Math.max(1e-3, 1 - step / steps) * lr;
      distances.push(0.95 * (distances.at(-1) ?? distance) + 0.05 * distance);
      progress.update(step, { distance: distances.at(-1)!.toFixed(3) });
    },
  });
  progress.stop();
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${steps} steps of ${criticUpdates} updates of the critic and one of the generator: ${seconds.toFixed(1)} s`,
  );
  return distances;
}

/** A generator of points like those of the data, and a critic that can tell. */
function imitatePoints(data: PlaneData): void {
  const model = new nn.WGAN_GP({
    gHidden: options.hidden,
    nIn: 2,
    optimizer: OPTIMIZER,
  });
  const real = data.draw(10_000);
  const judge = (title: string, points: NDArray) => {
    const { covered, near } = likeness(points, data);
    console.log(
      `${title}: ${covered} of ${data.count} ${data.parts} covered, ${(100 * near).toFixed(1)} % of good quality`,
    );
  };
  judge("before training", model.generate(JUDGED));
  drawDistance(train(model, real));
  judge("generated points", model.generate(JUDGED));
  judge("real points", data.draw(JUDGED));
  drawPoints(model, real);
  console.log(model.summary());
}

/** Real and generated points over the critic's scores. */
function drawPoints(model: nn.WGAN_GP, real: NDArray): void {
  const at = (i: number) => EDGE * ((2 * i + 1) / GRID - 1);
  const grid = array(Array.from({ length: GRID ** 2 }, (_, i) => [at(i % GRID), at(Math.floor(i / GRID))]));
  const scores = noGrad(() => model.critic.forward(grid)).toTypedArray();
  const levels = Plot.contour(scores, {
    ...{ width: GRID, height: GRID, x1: -EDGE, y1: -EDGE, x2: EDGE, y2: EDGE },
    ...{ fill: Plot.identity, stroke: "white", strokeWidth: 0.6, thresholds: 20 },
  });
  const points = (x: NDArray) => (x.toArray() as [number, number][]).slice(0, SHOWN);
  const dots = (x: NDArray, fill: string) => Plot.dot(points(x), { x: "0", y: "1", r: 1.8, fill, fillOpacity: 0.7 });
  const name = (text: string, fill: string, dy: number) =>
    Plot.text([`● ${text}`], {
      frameAnchor: "top-left",
      fontSize: 13,
      fontWeight: "bold",
      fill,
      stroke: "white",
      dx: 10,
      dy,
    });
  const marks = [
    ...[levels, dots(real, "black"), dots(model.generate(SHOWN), "crimson")],
    ...[name("real", "black", 10), name("generated", "crimson", 28)],
  ];
  const title = "Real and generated points over the critic's scores";
  const axis = { domain: [-EDGE, EDGE], label: null };
  const color = { scheme: "YlGnBu", reverse: true } as const;
  savePicture(pathOf("points.png"), picture(marks, { title, width: 700, height: 720, x: axis, y: axis, color }));
}

/** A generator of digits, and a critic that can tell, with convolutions. */
function imitateDigits(): void {
  const channels = options.quick ? 8 : 24;
  const hidden = { actFn: "relu", init: "he_uniform" };
  const halving = { kernelShape: 4, stride: 2, pad: 1 };
  const model = new nn.WGAN_GP({
    generator: new nn.Sequential(
      new nn.FullyConnected({ nOut: 7 * 7 * 2 * channels, ...hidden }),
      new nn.Reshape({ shape: [7, 7, 2 * channels] }),
      new nn.Deconv2D({ outCh: channels, ...halving, ...hidden }),
      new nn.Deconv2D({ outCh: 1, ...halving, actFn: "sigmoid" }),
    ),
    critic: new nn.Sequential(
      new nn.Conv2D({ outCh: channels, ...halving, ...hidden }),
      new nn.Conv2D({ outCh: 2 * channels, ...halving, ...hidden }),
      new nn.Flatten(),
      new nn.FullyConnected({ nOut: 1 }),
    ),
    latentDim: NOISE,
    optimizer: OPTIMIZER,
  });
  const real = loadDigits("train", options.quick ? 5000 : undefined);
  const test = loadDigits("test", COMPARED);
  judgeDigits("before training", model.generate(COMPARED), test);
  drawDistance(train(model, real.x));
  judgeDigits("generated digits", model.generate(COMPARED), test);
  judgeDigits("real digits", F.getItem(real.x, array(Int32Array.from({ length: COMPARED }, (_, i) => i))).data, test);
  saveImages(pathOf("digits.png"), model.generate(100), { columns: 10, scale: 2 });
  console.log(model.summary());
}

/** Prints how far digits are from the nearest of others, and of how many kinds these are. */
function judgeDigits(title: string, digits: NDArray, others: Digits): void {
  const distances = noGrad(() => {
    const [a, b] = [F.reshape(digits, [-1, 784]), F.reshape(others.x, [-1, 784])];
    const squares = (x: Variable) => F.sum(F.square(x), { axis: 1 });
    const both = F.add(F.expandDims(squares(a), 1), squares(b));
    return F.sqrt(F.relu(F.sub(both, F.mul(F.matmul(a, F.transpose(b)), 2))));
  });
  const labels = others.t.toTypedArray();
  const found = new Array<number>(10).fill(0);
  for (const nearest of F.argmin(distances, { axis: 1 }).toTypedArray()) found[labels[nearest]!]!++;
  const kinds = found.filter((n) => n >= digits.shape[0]! / 10 / 5).length;
  const mean = F.mean(F.min(distances, { axis: 1 })).item();
  console.log(`${title}: the nearest of ${COMPARED} test digits ${mean.toFixed(2)} away, ${kinds} of 10 kinds covered`);
}

function drawDistance(distances: readonly number[]): void {
  const title = "Estimated distance of real and generated examples";
  savePicture(
    pathOf("distance.svg"),
    lines([{ name: "distance", ys: distances }], { title, x: { label: "step" }, y: { label: null } }),
  );
}

const pictures: string[] = [];
function pathOf(name: string): string {
  pictures.push(join(options.pictures, name));
  return pictures.at(-1)!;
}

seed(options.seed);
if (options.data === "mnist") imitateDigits();
else imitatePoints(options.data === "ring" ? ring : swissRoll);
console.log(`Pictures: ${pictures.join(", ")}`);
