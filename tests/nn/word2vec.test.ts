import { array, config, Parameter, seed, zeros } from "../../core/index.js";
import { fromConfig, Vocabulary, Word2Vec, type Word2VecOptions, type Word2VecProgress } from "../../nn/index.js";
import { Adam, SGD } from "../../optim/index.js";
import { refusesCalls, refusesOptions, valuesOf } from "./refusals.js";

beforeEach(() => seed(81));

/** Sentences about the sea and about the kitchen, which share their small words. */
const SEA = ["ship", "boat", "whale", "sail", "wave"];
const KITCHEN = ["pan", "oven", "bread", "soup", "spoon"];
const TEXT = Array.from({ length: 400 }, (_, i) => {
  const words = i % 2 === 0 ? SEA : KITCHEN;
  const pick = (j: number) => words[(i * 7 + j * (1 + (i % 3))) % 5]!;
  return `the ${pick(0)} ${pick(1)} and ${pick(2)} ${pick(3)} of it`;
}).join("\n");
const SMALL: Word2VecOptions = {
  embeddingDim: 8,
  numNegativeSamples: 5,
  contextLen: 3,
  optimizer: "SGD(lr=0.03)",
};

describe.each<[string, Word2VecOptions, number]>([
  ["CBOW", {}, 0.75],
  ["skip-gram", { skipGram: true }, 0.98],
  ["CBOW in float64, with subsampling", { dtype: "float64", subsample: 0.05, optimizer: "adam(lr=0.02)" }, 0.75],
  ["skip-gram less the logarithms of the noise", { skipGram: true, subtractLogLabelProb: true }, 0.92],
])("%s", (_, options, factor) => {
  const model = new Word2Vec({ ...SMALL, ...options });
  let losses: number[];
  beforeAll(() => {
    seed(82);
    losses = model.fit(TEXT, { epochs: 12, batchSize: 32 });
  });

  test("the loss falls", () => {
    expect(losses).toHaveLength(12);
    expect(losses.at(-1)!).toBeLessThan(factor * losses[0]!);
  });

  test("words of a kind are near each other", () => {
    let found = 0;
    for (const words of [SEA, KITCHEN]) {
      for (const word of words) {
        const near = model.mostSimilar(word, 4).map((other) => other.word);
        expect(near).not.toContain(word);
        found += near.filter((other) => words.includes(other)).length;
      }
    }
    // Of 40; chance would find 13.
    expect(found).toBeGreaterThan(29);
    expect(model.similarity("ship", "boat")).toBeGreaterThan(model.similarity("ship", "oven") + 0.25);
  });

  test("the special tokens have not learned", () => {
    const fresh = new Word2Vec({ ...SMALL, ...options, vocabulary: model.vocabulary });
    fresh.loadStateDict(model.stateDict());
    const before = valuesOf(fresh) as Record<string, number[][]>;
    fresh.fit(TEXT, { epochs: 1 });
    const after = valuesOf(fresh) as Record<string, number[][]>;
    for (const name of ["embeddings.W", "loss.W", "loss.b"]) {
      expect(after[name]!.slice(0, 3)).toEqual(before[name]!.slice(0, 3));
      expect(after[name]!.slice(3)).not.toEqual(before[name]!.slice(3));
    }
  });
});

describe("fit", () => {
  test("the seed repeats it", () => {
    const run = (n: number) => {
      seed(n);
      const model = new Word2Vec({ ...SMALL, subsample: 0.1 });
      const losses = model.fit(TEXT, { epochs: 2 });
      return { losses, W: model.embeddings!.W.toArray() };
    };
    const first = run(3);
    expect(run(3)).toEqual(first);
    expect(run(4)).not.toEqual(first);
  });

  test.each([1, 2, 50])("a context of %s", (contextLen) => {
    for (const skipGram of [false, true]) {
      const model = new Word2Vec({ ...SMALL, skipGram, contextLen });
      for (const loss of model.fit("one two\nthree four five one\nalone", { epochs: 2, batchSize: 4 })) {
        expect(loss).toBeGreaterThan(0);
      }
      expect(model.vocabulary.has("alone")).toBe(true);
    }
  });

  test("goes on with what it knows, and passes over what it does not", () => {
    const model = new Word2Vec(SMALL);
    model.fit(TEXT, { epochs: 3 });
    const { embeddings, vocabulary } = model;
    const [loss] = model.fit([TEXT, "quite new words of the sea"], { epochs: 1 });
    expect(model.embeddings).toBe(embeddings);
    expect(model.vocabulary).toBe(vocabulary);
    expect(vocabulary.has("quite")).toBe(false);
    const [fresh] = new Word2Vec(SMALL).fit(TEXT, { epochs: 1 });
    expect(loss!).toBeLessThan(fresh!);
  });

  test("a vocabulary of its own options, which stays as it is", () => {
    const given = new Vocabulary({ tokenizer: "whitespace", lowercase: false, minCount: 2 });
    const model = new Word2Vec({ ...SMALL, vocabulary: given });
    model.fit("Ahab ahab Ahab ahab sea", { epochs: 1 });
    expect(model.vocabulary.tokens.map(({ word }) => word).slice(3)).toEqual(["Ahab", "ahab"]);
    expect(given.fitted).toBe(false);
    given.fit("aa aa");
    const known = new Word2Vec({ ...SMALL, vocabulary: given });
    given.fit("bb bb");
    expect(known.vocabulary.has("aa")).toBe(true);
    expect(known.embeddings!.W.shape).toEqual([4, 8]);
  });

  test("minCount, maxTokens and stopWords go to the vocabulary", () => {
    const model = new Word2Vec({ ...SMALL, minCount: 2, maxTokens: 5, stopWords: ["THE"] });
    model.fit("the boat the boat the ship ship ship sea sea", { epochs: 1 });
    expect(model.vocabulary.counts).toEqual([1, 1, 2, 2, 3]);
  });

  test("reports after each step", () => {
    for (const skipGram of [false, true]) {
      const model = new Word2Vec({ ...SMALL, skipGram });
      const reports: Word2VecProgress[] = [];
      const losses = model.fit("one two three four five\nsix seven", {
        epochs: 2,
        batchSize: 3,
        onProgress: (progress) => reports.push(progress),
      });
      const ends = [1, 2].map((epoch) => reports.filter((report) => report.epoch === epoch).at(-1)!);
      expect(ends.map(({ loss }) => loss)).toEqual(losses);
      for (const { words, totalWords, epochs } of ends) expect([words, totalWords, epochs]).toEqual([7, 7, 2]);
      if (!skipGram) expect(reports.map(({ words }) => words)).toEqual([3, 6, 7, 3, 6, 7]);
      for (const { wordsPerSecond } of reports) expect(wordsPerSecond).toBeGreaterThan(0);
    }
  });

  test("prints a line for each epoch if asked to", () => {
    const log = jest.spyOn(console, "log").mockImplementation(() => {});
    try {
      new Word2Vec(SMALL).fit(TEXT, { epochs: 1 });
      expect(log).not.toHaveBeenCalled();
      new Word2Vec(SMALL).fit(TEXT, { epochs: 2, verbose: true });
      expect(log.mock.calls.map(([line]) => line)).toEqual([
        expect.stringMatching(/^epoch 1\/2: loss \d+\.\d{4}, \d+ words per second$/),
        expect.stringMatching(/^epoch 2\/2: /),
      ]);
    } finally {
      log.mockRestore();
    }
  });

  test("an epoch in which subsampling leaves nothing has no loss", () => {
    const model = new Word2Vec({ ...SMALL, subsample: 1e-30 });
    const before = () => model.embeddings!.W.toArray();
    expect(model.fit("one two", { epochs: 1 })).toEqual([Number.NaN]);
    const W = before();
    model.fit("one two", { epochs: 1 });
    expect(before()).toEqual(W);
  });

  test("a loss that is no number ends it, before that becomes of the vectors too", () => {
    const model = new Word2Vec({ ...SMALL, optimizer: "SGD(lr=1e30)" });
    expect(() => model.fit(TEXT, { epochs: 5 })).toThrow(
      /^Word2Vec.fit: the loss is (NaN|Infinity) in epoch 1; expected a smaller learning rate/,
    );
  });

  test("any optimizer", () => {
    let made: Adam | undefined;
    const model = new Word2Vec({
      ...SMALL,
      optimizer: (parameters) => {
        made = new Adam(parameters as never, { lr: 0.01 });
        return made;
      },
    });
    model.fit(TEXT, { epochs: 2 });
    expect(made!.parameters).toEqual(model.parameters());
    expect(made!.steps).toBeGreaterThan(0);
    const config = new Word2Vec({ ...SMALL, optimizer: { name: "adam", lr: 0.01 } });
    expect(config.fit(TEXT, { epochs: 2 })[1]).toBeGreaterThan(0);
  });
});

test("a training loop of one's own", () => {
  for (const skipGram of [false, true]) {
    const model = new Word2Vec({ ...SMALL, skipGram, vocabulary: new Vocabulary().fit(TEXT) });
    const optimizer = new SGD(model.parameters(), { lr: 0.03 });
    const epoch = () => {
      let [total, count, words] = [0, 0, 0];
      for (const { x, target, words: passed } of model.batches(TEXT, 64)) {
        expect(x).toHaveLength(target.length);
        const loss = model.forward(x, target);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        total += loss.item();
        count += target.length;
        words += passed;
      }
      expect(words).toBe(400 * 8);
      return total / count;
    };
    const first = epoch();
    for (let i = 0; i < 4; i++) epoch();
    expect(epoch()).toBeLessThan((skipGram ? 0.99 : 0.85) * first);
  }
});

describe("what it has learned", () => {
  const model = new Word2Vec({ ...SMALL, vocabulary: new Vocabulary().fit("one two three four") });
  const ids = (...words: string[]) => model.vocabulary.wordsToIndices(words);

  test("getEmbedding: the vectors of ids of any shape, without a graph", () => {
    const W = model.embeddings!.W.toArray() as number[][];
    expect(model.getEmbedding(ids("three", "one")).toArray()).toEqual([W[5], W[3]]);
    expect(model.getEmbedding(4).toArray()).toEqual(W[4]);
    expect(model.getEmbedding([[3], [4]]).shape).toEqual([2, 1, 8]);
    expect(config.enableBackprop).toBe(true);
  });

  test("mostSimilar: of a word, and of a vector", () => {
    const [one, two] = [model.getEmbedding(3), model.getEmbedding(4)];
    expect(model.mostSimilar("ONE")).toHaveLength(3);
    expect(model.mostSimilar("one", 1)).toHaveLength(1);
    const [nearest, ...others] = model.mostSimilar(two);
    expect(nearest!.word).toBe("two");
    expect(nearest!.similarity).toBeCloseTo(1, 6);
    expect(others).toHaveLength(3);
    expect(model.mostSimilar(Float64Array.from(one.toTypedArray()))[0]!.word).toBe("one");
    const similarities = model.mostSimilar(one).map(({ similarity }) => similarity);
    expect(similarities).toEqual([...similarities].sort((a, b) => b - a));
    expect(model.mostSimilar(zeros([8])).map(({ similarity }) => similarity)).toEqual([0, 0, 0, 0]);
  });

  test("similarity", () => {
    expect(model.similarity("one", "one")).toBeCloseTo(1, 6);
    expect(model.similarity("one", "two")).toBe(model.similarity("two", "one"));
    const found = model.mostSimilar("one").find(({ word }) => word === "two")!;
    expect(found.similarity).toBeCloseTo(model.similarity("one", "two"), 12);
  });
});

describe("kept and made again", () => {
  test("by config and state, to go on learning", () => {
    const model = new Word2Vec({ ...SMALL, minCount: 2, stopWords: ["the"], skipGram: true, subsample: 0.1 });
    model.fit(TEXT, { epochs: 2 });
    const back = fromConfig(JSON.parse(JSON.stringify(model.config()))) as Word2Vec;
    back.loadStateDict(model.stateDict());
    expect(back.config()).toEqual(model.config());
    expect(back.mostSimilar("ship")).toEqual(model.mostSimilar("ship"));
    seed(1);
    const losses = model.fit(TEXT, { epochs: 1 });
    seed(1);
    expect(back.fit(TEXT, { epochs: 1 })).toEqual(losses);
  });

  test("by a config before it has learned", () => {
    const model = new Word2Vec({ ...SMALL, minCount: 2 });
    const back = fromConfig(JSON.parse(JSON.stringify(model.config()))) as Word2Vec;
    expect(back.embeddings).toBeNull();
    expect(back.fit("one two one two three", { epochs: 1 })).toHaveLength(1);
    expect(back.vocabulary.has("three")).toBe(false);
  });

  test("an optimizer that is a function has no place in a config", () => {
    const model = new Word2Vec({ optimizer: (parameters) => new SGD(parameters as never) });
    expect(() => model.config()).toThrow(/^config: Word2Vec has the function optimizer as optimizer; expected a text/);
  });
});

const make = (options: object) => () => new Word2Vec(options);
refusesOptions("Word2Vec", [
  [() => new Word2Vec(3 as never), "Word2Vec: expected an object of options (contextLen, "],
  [make({ filterStopwords: true }), "Word2Vec: unknown option filterStopwords; expected some of contextLen, "],
  [make({ contextLen: 0 }), "Word2Vec: contextLen is 0; expected a whole number of at least 1"],
  [make({ skipGram: "yes" }), 'Word2Vec: skipGram is "yes"; expected true or false'],
  [make({ embeddingDim: 1.5 }), "Word2Vec: embeddingDim is 1.5; expected a whole number of at least 1"],
  [make({ numNegativeSamples: 0 }), "Word2Vec: numNegativeSamples is 0; expected"],
  [make({ noiseDistPower: -1 }), "Word2Vec: noiseDistPower is -1; expected a finite number of at least 0"],
  [make({ subtractLogLabelProb: 1 }), "Word2Vec: subtractLogLabelProb is 1; expected true or false"],
  [make({ subsample: 0 }), "Word2Vec: subsample is 0; expected null or a number above 0"],
  [make({ subsample: "1e-3" }), 'Word2Vec: subsample is "1e-3"; expected null or a number above 0'],
  [make({ init: "none" }), 'Word2Vec: init is "none"; expected '],
  [make({ optimizer: "sgdd" }), 'Word2Vec: optimizer is "sgdd"; expected '],
  [make({ optimizer: "SGD(lr=-1)" }), "SGD: lr is -1; expected"],
  [
    make({ optimizer: new SGD([new Parameter(null)]) }),
    "Word2Vec: optimizer: the optimizer has 1 parameters that are not",
  ],
  [make({ dtype: "int32" }), 'Word2Vec: dtype is "int32"; expected "float32" or "float64"'],
  [make({ minCount: 0 }), "Vocabulary: minCount is 0; expected a whole number of at least 1"],
  [make({ vocabulary: new Vocabulary(), minCount: 3 }), "Word2Vec: both vocabulary and minCount; expected minCount as"],
  [make({ vocabulary: "words" }), "Vocabulary.fromJSON: expected an object of options"],
  [make({ vocabulary: {} }), "Vocabulary.fromJSON: vocabulary is undefined; expected version 1"],
]);

const built = () => new Word2Vec({ ...SMALL, vocabulary: new Vocabulary().fit("one two three four") });
const bags = array([[3, 4]], { dtype: "int32" });

refusesCalls("Word2Vec", built, (model) => model.forward(bags, [5]), [
  [(model) => model.forward([3, 4] as never, [5]), "Embedding: bag 0 is 3; expected an array of ids"],
  [(model) => model.forward([[3, 7]], [5]), "Embedding: id 7 is out of range; expected 0 to 6"],
  [(model) => model.forward(bags, [7]), "NCELoss: class 7 at position 0 is out of range for 7 classes"],
  [(model) => model.forward(bags, [3, 4]), "NCELoss: "],
  [(model) => model.fit(3 as never), "Word2Vec.fit: expected a text or an array of texts, got 3"],
  [(model) => model.fit(["one two", 3 as never]), "Word2Vec.fit: expected a text, got 3"],
  [(model) => model.fit("one\ntwo\nsix seven"), "Word2Vec.fit: no line has two words of the vocabulary; expected"],
  [(model) => model.fit("one two", { epochs: 0 }), "Word2Vec.fit: epochs is 0; expected"],
  [(model) => model.fit("one two", { batchSize: 0.5 }), "Word2Vec.fit: batchSize is 0.5; expected"],
  [(model) => model.fit("one two", { verbose: 1 as never }), "Word2Vec.fit: verbose is 1; expected true or false"],
  [(model) => model.fit("one two", { onProgress: 3 as never }), "Word2Vec.fit: onProgress is 3; expected a function"],
  [(model) => model.fit("one two", { nEpochs: 3 } as never), "Word2Vec.fit: unknown option nEpochs; expected"],
  [(model) => model.batches("one two", 0), "Word2Vec.batches: batchSize is 0; expected"],
  [(model) => model.batches("six seven"), "Word2Vec.batches: no line has two words of the vocabulary"],
  [(model) => model.getEmbedding([7]), "Embedding: id 7 is out of range; expected 0 to 6"],
  [(model) => model.getEmbedding([0.5]), "Embedding: id 0.5 is not an integer"],
  [
    (model) => model.mostSimilar("six"),
    'Word2Vec.mostSimilar: "six" is not in the vocabulary; expected a word that is',
  ],
  [(model) => model.mostSimilar("one", 0), "Word2Vec.mostSimilar: n is 0; expected"],
  [(model) => model.mostSimilar([1, 2]), "Word2Vec.mostSimilar: the vector has shape (2,); expected a word or (8,)"],
  [(model) => model.similarity("one", "six"), 'Word2Vec.similarity: "six" is not in the vocabulary'],
]);

test("before there is a vocabulary", () => {
  const model = new Word2Vec(SMALL);
  const message = "Word2Vec: it has no vocabulary yet; expected fit(texts) before, or a vocabulary that is fitted";
  for (const run of [
    () => model.forward([[3]], [4]),
    () => model.batches("one two"),
    () => model.getEmbedding([3]),
    () => model.mostSimilar("one"),
    () => model.similarity("one", "two"),
  ]) {
    expect(run).toThrow(message);
  }
  expect(model.parameters()).toEqual([]);
  expect(() => model.fit("one\ntwo")).toThrow("Word2Vec.fit: no line has two words of the vocabulary");
  expect(model.vocabulary.fitted).toBe(false);
  expect(model.embeddings).toBeNull();
});
