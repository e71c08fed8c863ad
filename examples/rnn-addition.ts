import { Command, Option } from "commander";
import { array, generator, type NDArray, noGrad, seed, type Variable } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";
import { parseOptions, positiveNumber, wholeNumber } from "./options.js";
import { startProgress } from "./progress.js";

const LAYERS = { lstm: nn.LSTM, gru: nn.GRU, rnn: nn.RNN };

const command = new Command("npx tsx examples/rnn-addition.ts")
  .description(
    "A recurrent network learns to add two decimal numbers as one does on paper: from the last digit to the first, with a carry that it " +
      "has to remember. It sees short numbers only, and is tested on long ones too.",
  )
  .option("--digits <n>", "digits of the numbers to learn from", wholeNumber(1), 6)
  .option("--steps <n>", "training steps, each on 64 new pairs of numbers", wholeNumber(1), 1500)
  .option("--hidden <n>", "width of the network's state", wholeNumber(1), 32)
  .option("--lr <rate>", "learning rate of Adam at the start; it falls to 0 along a line", positiveNumber, 0.02)
  .option("--seed <n>", "seed of the random numbers; the same seed repeats the run", wholeNumber(0), 1)
  .addOption(new Option("--layer <name>", "the recurrent layer").choices(Object.keys(LAYERS)).default("lstm"))
  .option("--quick", "600 steps unless given");

interface Options {
  digits: number;
  steps: number;
  hidden: number;
  lr: number;
  seed: number;
  layer: keyof typeof LAYERS;
  quick?: true;
}

const options = parseOptions<Options>(command, { steps: 600 });

const BATCH = 64;
/** How many times as long as in training the numbers of the harder test are. */
const STRETCH = 5;

/** Pairs of numbers by their digits, the last one first, and their sums, which have a digit more. */
interface Sums {
  first: number[][];
  second: number[][];
  sum: number[][];
}

/** In each pair, digits add up to nine in another share of the places, so that there are carries that run far. */
function randomSums(count: number, digits: number): Sums {
  const first = Array.from({ length: count }, () => randomDigits(digits));
  const second = first.map((a) => {
    const share = generator.uniform();
    return randomDigits(digits).map((digit, i) => (i < digits && generator.uniform() < share ? 9 - a[i]! : digit));
  });
  return { first, second, sum: first.map((a, i) => add(a, second[i]!)) };
}

/** The digits of a number, with a zero more for the carry. */
function randomDigits(digits: number): number[] {
  return [...Array.from({ length: digits }, () => generator.integer(10)), 0];
}

/** Addition as it is taught in school. */
function add(a: readonly number[], b: readonly number[]): number[] {
  let carry = 0;
  return a.map((digit, i) => {
    const total = digit + b[i]! + carry;
    carry = total >= 10 ? 1 : 0;
    return total % 10;
  });
}

/** What the network sees (N, 20, steps): at each step a 1 for the digit of the first number, and one for that of the second. */
function inputOf({ first, second }: Sums): NDArray {
  const steps = first[0]!.length;
  const values = new Float32Array(first.length * 20 * steps);
  for (const [n, digits] of first.entries()) {
    for (const [t, digit] of digits.entries()) {
      values[(n * 20 + digit) * steps + t] = 1;
      values[(n * 20 + 10 + second[n]![t]!) * steps + t] = 1;
    }
  }
  return array(values).reshape([first.length, 20, steps]);
}

/** A recurrent layer, and one that reads the next digit of the sum off its state. */
class Adder extends nn.Layer {
  readonly memory = new LAYERS[options.layer]({ nOut: options.hidden });
  readonly digit = new nn.FullyConnected({ nOut: 10 });

  /** The logits of the ten digits (N, steps, 10). */
  forward(x: NDArray): Variable {
    return this.digit.forward(this.memory.forward(x).transpose(0, 2, 1));
  }
}

function train(model: Adder): void {
  const { steps } = options;
  const optimizer = new optim.Adam(model.parameters(), { lr: options.lr });
  const progress = startProgress("Training", steps);
  for (let step = 0; step < steps; step++) {
    const sums = randomSums(BATCH, options.digits);
    optimizer.lr = options.lr * (1 - step / steps);
    const logits = model.forward(inputOf(sums));
    const loss = F.softmaxCrossEntropy(logits, array(sums.sum, { dtype: "int32" }));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    progress.update(step + 1, { loss: loss.item().toFixed(5) });
  }
  progress.stop();
}

/** The sums that the model finds. */
function predict(model: Adder, sums: Sums): number[][] {
  const logits = noGrad(() => model.forward(inputOf(sums)));
  return F.argmax(logits, { axis: 2 }).toArray() as number[][];
}

/** Prints how many sums are right to the last digit. */
function test(model: Adder, digits: number): void {
  const sums = randomSums(1000, digits);
  const found = predict(model, sums);
  const right = found.filter((sum, i) => text(sum) === text(sums.sum[i]!)).length;
  console.log(`Sums of new numbers of ${digits} digits that are right: ${(right / 10).toFixed(1)} %`);
}

/** A number as it is written, with the first digit first. */
function text(digits: readonly number[]): string {
  return [...digits]
    .reverse()
    .join("")
    .replace(/^0+(?=\d)/, "");
}

function show(model: Adder, { first, second, sum }: Sums): void {
  const [found] = predict(model, { first, second, sum });
  const verdict = text(found!) === text(sum[0]!) ? "right" : `wrong: ${text(sum[0]!)}`;
  console.log(`${text(first[0]!)} + ${text(second[0]!)} = ${text(found!)}  ${verdict}`);
}

const start = performance.now();
seed(options.seed);
const model = new Adder();
train(model);
console.log(model.summary());
test(model, options.digits);
test(model, STRETCH * options.digits);
show(model, randomSums(1, options.digits));
show(model, randomSums(1, STRETCH * options.digits));
const nines = [...new Array<number>(STRETCH * options.digits).fill(9), 0];
const one = nines.map((_, i) => (i === 0 ? 1 : 0));
show(model, { first: [nines], second: [one], sum: [add(nines, one)] });
console.log(`after ${((performance.now() - start) / 1000).toFixed(1)} seconds`);
