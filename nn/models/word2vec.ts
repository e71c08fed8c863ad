import { noGrad } from "../../core/config.js";
import { type ArrayLike, array } from "../../core/creation.js";
import { ArgumentError, GraphError, ShapeError } from "../../core/errors.js";
import type { NDArray, NumericArray } from "../../core/ndarray.js";
import { checkCount, checkFlag, checkOptions, describe } from "../../core/options.js";
import { shapeText } from "../../core/shape.js";
import { tidy } from "../../core/tidy.js";
import type { Operand, Variable } from "../../core/variable.js";
import type { IdBags } from "../../functions/embedding.js";
import { type Optimizer, resolveOptimizer } from "../../optim/index.js";
import type { Hyperparameters } from "../config.js";
import { Layer } from "../layer.js";
import { Embedding } from "../layers/embedding.js";
import { NCELoss } from "../losses/nce.js";
import { DiscreteSampler } from "../nlp/discrete-sampler.js";
import { keepProbabilities, noiseProbabilities } from "../nlp/frequencies.js";
import { cosine, mostSimilarRows } from "../nlp/similarity.js";
import { linesOf } from "../nlp/texts.js";
import type { Vocabulary } from "../nlp/vocabulary.js";
import { SPECIAL_TOKENS } from "../nlp/vocabulary-json.js";
import { type Corpus, encodeLines, subsample, windows } from "../nlp/windows.js";
import {
  hyperparametersOf,
  settingsOf,
  vocabularyOf,
  type Word2VecOptions,
  type Word2VecSettings,
} from "./word2vec-options.js";

/** How far `Word2Vec.fit` is. */
export interface Word2VecProgress {
  /** The epoch, counted from 1, and how many there are. */
  readonly epoch: number;
  readonly epochs: number;
  /** How many words of the epoch are done, and how many there are in it. */
  readonly words: number;
  readonly totalWords: number;
  readonly wordsPerSecond: number;
  /** The mean loss of a word, or with skip-gram a pair, in this epoch. */
  readonly loss: number;
}

/** Options of `Word2Vec.fit`. */
export interface Word2VecFitOptions {
  /** Passes over the texts: 20 unless given. */
  epochs?: number;
  /** Words, or with skip-gram pairs, in a step: 128 unless given. */
  batchSize?: number;
  /** Called after each step. */
  onProgress?: ((progress: Word2VecProgress) => void) | null;
  /** Whether a line is printed after each epoch: false unless given. */
  verbose?: boolean;
}

/** What `Word2Vec.forward` takes, and how many words of the texts were passed for it. */
export interface Word2VecBatch {
  readonly x: Int32Array | Int32Array[];
  readonly target: Int32Array;
  readonly words: number;
}

/** A word, and the cosine of the angle between its vector and another. */
export interface SimilarWord {
  readonly word: string;
  readonly similarity: number;
}

/**
 * Vectors of words, learned from what words stand near each other (Mikolov, Chen, Corrado and Dean, "Efficient estimation of word
 * representations in vector space", 2013): CBOW tells a word from the mean of the vectors of its context, skip-gram each word of the
 * context from the word. The context is what is at most R words away in the same line, with R drawn from 1 to `contextLen` for each word.
 * The loss is `NCELoss`, with noise by `count ** noiseDistPower`; the special tokens are neither learned nor noise.
 *
 * `fit` makes the vocabulary and the parameters `embeddings.W` (nTokens, embeddingDim), `loss.W` and `loss.b`. What keeps a model is its
 * `config()`, which has the vocabulary, and its `stateDict()`: `fromConfig` and `loadStateDict` make it again.
 */
export class Word2Vec extends Layer {
  /** The vectors of the words; null as long as there is no vocabulary. */
  embeddings: Embedding | null = null;
  /** What they are learned by; null as long as there is no vocabulary. */
  loss: NCELoss | null = null;
  private words: Vocabulary;
  private optimizer: Optimizer | null = null;
  private readonly settings: Word2VecSettings;

  /** @throws ArgumentError for options that are unknown, out of range or do not go together. */
  constructor(options: Word2VecOptions = {}) {
    super();
    this.settings = settingsOf(options);
    this.words = vocabularyOf(options);
    if (this.words.fitted) this.build(this.words);
  }

  /** The words that it knows. */
  get vocabulary(): Vocabulary {
    return this.words;
  }

  /**
   * The sum of the losses of a batch: of contexts, which are bags of ids, and the words that they are of (N,), or with skip-gram of words
   * (N,) and a word of the context of each (N,).
   * @throws GraphError as long as there is no vocabulary, and as `Embedding` and `NCELoss`.
   */
  override forward(x: IdBags, target: Operand): Variable {
    const { embeddings, loss } = this.parts();
    return loss.forward(this.settings.skipGram ? embeddings.lookup(x as Operand) : embeddings.forward(x), target);
  }

  /**
   * Learns from the lines of a text or of several. The first time it makes the vocabulary and the parameters of them; after that it goes
   * on with those that it has, and passes over words that it does not know. Gives the mean loss of a word, or with skip-gram a pair, in
   * each epoch: NaN for one in which `subsample` left none.
   * @throws ArgumentError for options that are unknown or out of range, what is no text, and texts in which no line has two words
   * of the vocabulary; then nothing has changed. ArgumentError too when the loss is no longer finite.
   */
  fit(texts: string | Iterable<string>, options: Word2VecFitOptions = {}): number[] {
    checkOptions("Word2Vec.fit", options, ["epochs", "batchSize", "onProgress", "verbose"]);
    const { epochs = 20, batchSize = 128, onProgress = null, verbose = false } = options;
    checkCount("Word2Vec.fit", "epochs", epochs);
    checkCount("Word2Vec.fit", "batchSize", batchSize);
    checkFlag("Word2Vec.fit", "verbose", verbose);
    if (onProgress !== null && typeof onProgress !== "function") {
      throw new ArgumentError(`Word2Vec.fit: onProgress is ${describe(onProgress)}; expected a function`);
    }
    const lines = [...linesOf("Word2Vec.fit", texts)];
    const vocabulary = this.words.fitted ? this.words : this.words.copy().fit(lines);
    const corpus = checkedCorpus("Word2Vec.fit", lines, vocabulary);
    if (this.embeddings === null) this.build(vocabulary);
    return Array.from({ length: epochs }, (_, i) => {
      let last: Word2VecProgress | null = null;
      for (last of this.epoch(corpus, batchSize, { epoch: i + 1, epochs })) onProgress?.(last);
      if (last === null) return Number.NaN;
      const { loss, wordsPerSecond } = last;
      if (verbose) console.log(`epoch ${i + 1}/${epochs}: loss ${loss.toFixed(4)}, ${wordsPerSecond} words per second`);
      return loss;
    });
  }

  /**
   * What an epoch of `fit` goes through: the words of texts in random order, in batches for `forward`.
   * @throws ArgumentError as `fit`; GraphError as long as there is no vocabulary.
   */
  batches(texts: string | Iterable<string>, batchSize = 128): Generator<Word2VecBatch> {
    this.parts();
    checkCount("Word2Vec.batches", "batchSize", batchSize);
    const corpus = checkedCorpus("Word2Vec.batches", linesOf("Word2Vec.batches", texts), this.words);
    return this.batchesOf(this.thinned(corpus), batchSize);
  }

  /**
   * The vectors of ids (int32) of any shape, (...ids.shape, embeddingDim), without a graph.
   * @throws GraphError as long as there is no vocabulary; DTypeError for ids that are not integers; IndexError for one that there is not.
   */
  getEmbedding(ids: Operand): NDArray {
    const { embeddings } = this.parts();
    return noGrad(() => embeddings.lookup(ids)).data;
  }

  /**
   * The `n` words whose vectors point most nearly the way of that of a word, which is not among them, or of a vector (embeddingDim,): the
   * nearest first.
   * @throws ArgumentError for a word that it does not know; ShapeError for another vector; GraphError as long as there is no vocabulary.
   */
  mostSimilar(query: string | ArrayLike, n = 10): SimilarWord[] {
    const { embeddings } = this.parts();
    checkCount("Word2Vec.mostSimilar", "n", n);
    const own = typeof query === "string" ? this.idOf("Word2Vec.mostSimilar", query) : null;
    const { embeddingDim } = this.settings;
    const W = embeddings.W.toTypedArray();
    const vector =
      own === null
        ? checkedVector(query as ArrayLike, embeddingDim)
        : W.subarray(own * embeddingDim, (own + 1) * embeddingDim);
    return mostSimilarRows(vector, W, embeddingDim)
      .filter(({ row }) => row >= SPECIAL_TOKENS.length && row !== own)
      .slice(0, n)
      .map(({ row, similarity }) => ({ word: this.words.tokens[row]!.word, similarity }));
  }

  /**
   * The cosine of the angle between the vectors of two words.
   * @throws ArgumentError for a word that it does not know; GraphError as long as there is no vocabulary.
   */
  similarity(a: string, b: string): number {
    const [u, v] = [a, b].map((word) => this.getEmbedding(this.idOf("Word2Vec.similarity", word)).toTypedArray());
    return cosine(u!, v!);
  }

  protected override hyperparameters(): Hyperparameters {
    return hyperparametersOf(this.settings, this.words);
  }

  private build(vocabulary: Vocabulary): void {
    const { embeddingDim, skipGram, numNegativeSamples, subtractLogLabelProb, init, dtype } = this.settings;
    const vocabSize = vocabulary.nTokens;
    this.embeddings = new Embedding({ nOut: embeddingDim, vocabSize, pool: skipGram ? null : "mean", init, dtype });
    this.loss = new NCELoss({
      nClasses: vocabSize,
      nIn: embeddingDim,
      noiseSampler: new DiscreteSampler(noiseProbabilities(vocabulary, this.settings.noiseDistPower)),
      numNegativeSamples,
      subtractLogLabelProb,
      init,
      dtype,
    });
    this.words = vocabulary;
  }

  private parts(): { embeddings: Embedding; loss: NCELoss } {
    const { embeddings, loss } = this;
    if (embeddings !== null && loss !== null) return { embeddings, loss };
    throw new GraphError(
      "Word2Vec: it has no vocabulary yet; expected fit(texts) before, or a vocabulary that is fitted",
    );
  }

  private idOf(operation: string, word: string): number {
    this.parts();
    if (this.words.has(word)) return this.words.wordsToIndices([word])[0]!;
    throw new ArgumentError(`${operation}: ${describe(word)} is not in the vocabulary; expected a word that is`);
  }

  /** Learns from each batch of an epoch, and reports after it. */
  private *epoch(
    corpus: Corpus,
    batchSize: number,
    report: Pick<Word2VecProgress, "epoch" | "epochs">,
  ): Generator<Word2VecProgress> {
    this.optimizer ??= resolveOptimizer(this.settings.optimizer, this.parameters(), "Word2Vec: optimizer");
    const { optimizer } = this;
    const start = performance.now();
    const thinned = this.thinned(corpus);
    let [words, count, total] = [0, 0, 0];
    for (const batch of this.batchesOf(thinned, batchSize)) {
      const value = tidy(() => {
        const loss = this.forward(batch.x, batch.target);
        optimizer.zeroGrad();
        loss.backward();
        const value = loss.item();
        if (!Number.isFinite(value)) {
          throw new ArgumentError(
            `Word2Vec.fit: the loss is ${value} in epoch ${report.epoch}; expected a smaller learning rate`,
          );
        }
        optimizer.step(value);
        return value;
      });
      words += batch.words;
      count += batch.target.length;
      total += value;
      const wordsPerSecond = Math.round((1000 * words) / (performance.now() - start));
      yield { ...report, words, totalWords: thinned.ids.length, wordsPerSecond, loss: total / count };
    }
  }

  /** The corpus without the words that `subsample` passes over. */
  private thinned(corpus: Corpus): Corpus {
    const { subsample: share } = this.settings;
    return share === null ? corpus : subsample(corpus, keepProbabilities(this.words, share));
  }

  private *batchesOf(corpus: Corpus, batchSize: number): Generator<Word2VecBatch> {
    const { skipGram, contextLen } = this.settings;
    let xs: (number | Int32Array)[] = [];
    let targets: number[] = [];
    let words = 0;
    const batch = () => {
      const x = skipGram ? Int32Array.from(xs as number[]) : (xs as Int32Array[]);
      const made = { x, target: Int32Array.from(targets), words };
      [xs, targets, words] = [[], [], 0];
      return made;
    };
    for (const { word, context } of windows(corpus, contextLen)) {
      words++;
      const pairs: (readonly [number | Int32Array, number])[] = skipGram
        ? Array.from(context, (other) => [word, other])
        : [[context, word]];
      for (const [x, target] of pairs) {
        xs.push(x);
        targets.push(target);
        if (xs.length === batchSize) yield batch();
      }
    }
    if (xs.length > 0) yield batch();
  }
}

/** @throws ArgumentError, which names `operation`, when no line has two words of the vocabulary. */
function checkedCorpus(operation: string, lines: Iterable<string>, vocabulary: Vocabulary): Corpus {
  const corpus = encodeLines(lines, vocabulary);
  if (corpus.ids.length > 0) return corpus;
  throw new ArgumentError(`${operation}: no line has two words of the vocabulary; expected words with a context`);
}

function checkedVector(vector: ArrayLike, length: number): NumericArray {
  const given = array(vector, { dtype: "float64" });
  if (given.ndim === 1 && given.size === length) return given.toTypedArray();
  throw new ShapeError(
    `Word2Vec.mostSimilar: the vector has shape ${shapeText(given.shape)}; expected a word or (${length},)`,
  );
}
