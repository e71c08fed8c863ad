export { DiscreteSampler, type DiscreteSamplerOptions } from "./discrete-sampler.js";
export { ngrams } from "./ngrams.js";
export {
  bytesToChars,
  removeStopWords,
  stripPunctuation,
  type TokenizerOptions,
  tokenizeBytesRaw,
  tokenizeChars,
  tokenizeWhitespace,
  tokenizeWords,
  tokenizeWordsBytes,
  type WordTokenizerOptions,
} from "./tokenizers.js";
export { type Token, type Tokenizer, Vocabulary, type VocabularyOptions } from "./vocabulary.js";
export { SPECIAL_TOKENS, type VocabularyJSON } from "./vocabulary-json.js";
