import {
  constant,
  type NDArray,
  randomInt,
  randomNormal,
  seed,
  slice,
  testMode,
  type Variable,
  variable,
  zeros,
} from "../../core/index.js";
import "../../functions/index.js";
import { getItem } from "../../functions/indexing.js";
import { softmaxCrossEntropy } from "../../functions/loss.js";
import { dropout } from "../../functions/random.js";
import {
  Embedding,
  FullyConnected,
  type Initializer,
  type Layer,
  MultiHeadedAttentionModule,
  PositionalEncoding,
  Sequential,
  TransformerDecoder,
  TransformerDecoderBlock,
  TransformerEncoder,
  TransformerEncoderBlock,
  truncNormal,
} from "../../nn/index.js";
import { Adam } from "../../optim/index.js";
import { refusesCalls, refusesOptions } from "./refusals.js";

beforeEach(() => seed(23));

const normal = (...shape: number[]) => randomNormal(shape, { dtype: "float64" });
const shapes = (layer: Layer) => layer.namedParameters().map(([name, p]) => `${name} ${p.shape.join("x")}`);

function expectClose(actual: Variable, expected: Variable, digits = 12): void {
  expect(actual.shape).toEqual(expected.shape);
  const wanted = expected.toTypedArray();
  actual.toTypedArray().forEach((v, i) => {
    expect(v).toBeCloseTo(Number(wanted[i]), digits);
  });
}

/** Initializes `good` layers, and fails in the next. */
function failingAfter(good: number): { init: Initializer; heal: () => void } {
  let left = good;
  return {
    init: (shape, options) => (left-- > 0 ? truncNormal(shape, options) : zeros([1])),
    heal: () => {
      left = Number.POSITIVE_INFINITY;
    },
  };
}

describe("MultiHeadedAttentionModule", () => {
  const make = (options: object = {}) => new MultiHeadedAttentionModule({ nHeads: 2, dtype: "float64", ...options });

  test("has 8 heads unless told, and sizes from what is known", () => {
    expect(new MultiHeadedAttentionModule().config().hyperparameters.nHeads).toBe(8);
    expect(shapes(make({ nIn: 4 }))).toEqual([..."QKVO"].flatMap((name) => [`${name}.W 4x4`, `${name}.b 4`]));
    expect(shapes(make({ nIn: 4, nKey: 3, nValue: 5, kqvDim: 6, nOut: 7, bias: false }))).toEqual([
      ...["Q.W 4x6", "K.W 3x6", "V.W 5x6", "O.W 6x7"],
    ]);
    const told = make({ kqvDim: 6 });
    expect(told.summary()).toContain("O FullyConnected");
    expect(told.summary()).toContain("W (6, ?)  b (?,)");
    told.forward(normal(2, 3, 4), normal(2, 5, 3));
    expect(told.config().hyperparameters).toMatchObject({ nIn: 4, nKey: 3, nValue: 3, kqvDim: 6, nOut: 4 });
  });

  test("one sequence is a batch of one", () => {
    const layer = make();
    const [x, k] = [normal(3, 4), normal(5, 4)];
    const batch = layer.forward(x.reshape([1, 3, 4]), k.reshape([1, 5, 4]));
    expectClose(layer.forward(x, k), getItem(batch, 0));
  });

  test("heads have neighbouring features each", () => {
    const layer = make({ nIn: 4 });
    const x = constant(normal(1, 3, 4));
    // Only what the first of both heads found counts.
    layer.O.W.data.slice(slice(2, 4)).assign(zeros([2, 4], { dtype: "float64" }));
    const before = layer.forward(x);
    for (const { W } of [layer.Q, layer.K, layer.V]) W.data.slice(slice(), slice(2, 4)).assign(normal(4, 2));
    expect(layer.forward(x).toArray()).toEqual(before.toArray());
    for (const { W } of [layer.Q, layer.K, layer.V]) {
      const seen = layer.forward(x).toArray();
      W.data.slice(slice(), 1).assign(normal(4));
      expect(layer.forward(x).toArray()).not.toEqual(seen);
    }
  });

  test("masks say the same in any form", () => {
    const layer = make();
    const x = normal(2, 3, 4);
    const bool = [
      [true, false, true],
      [true, true, false],
      [false, true, true],
    ];
    const wanted = layer.forward(x, null, null, { mask: bool });
    expect(wanted.toArray()).not.toEqual(layer.forward(x).toArray());
    const added = bool.map((row) => row.map((may) => (may ? 0 : Number.NEGATIVE_INFINITY)));
    for (const mask of [added, [bool], [bool, bool], [[bool]], [[bool, bool]]]) {
      expectClose(layer.forward(x, null, null, { mask }), wanted);
    }
    const ends = [[[true, true, false]], [[true, true, true]]];
    const cut = layer.forward(x, null, null, { mask: ends });
    const two = getItem(constant(x), slice(0, 1), slice(0, 2));
    expectClose(getItem(cut, slice(0, 1)), layer.forward(getItem(constant(x), slice(0, 1)), two));
    expectClose(getItem(cut, 1), getItem(layer.forward(x), 1));
  });

  test("drops attention weights in training alone", () => {
    const layer = make({ dropoutP: 0.5 });
    const x = normal(2, 6, 4);
    const plain = make();
    layer.forward(x);
    plain.loadStateDict(layer.stateDict());
    const wanted = plain.forward(x).toArray();
    expect(layer.forward(x).toArray()).not.toEqual(layer.forward(x).toArray());
    expect(testMode(() => layer.forward(x)).toArray()).toEqual(wanted);
    expect(layer.eval().forward(x).toArray()).toEqual(wanted);
  });

  test("an initializer that fails in a later projection leaves all as they were", () => {
    const { init, heal } = failingAfter(3);
    const layer = make({ init });
    expect(() => layer.forward(normal(1, 3, 4))).toThrow("init drew (1,), float32; expected an NDArray");
    expect(layer.parameters().filter((p) => p.initialized)).toEqual([]);
    heal();
    expect(layer.forward(normal(1, 3, 6)).shape).toEqual([1, 3, 6]);
  });

  const NAME = "MultiHeadedAttentionModule";
  refusesOptions(NAME, [
    [() => make({ nHeads: 0 }), `${NAME}: nHeads is 0; expected a whole number of at least 1`],
    [() => make({ nIn: 5 }), `${NAME}: nHeads is 2 and there are 5 features to share; expected a multiple of 2`],
    [() => make({ kqvDim: 3 }), `${NAME}: nHeads is 2 and there are 3 features to share; expected a multiple of 2`],
    [() => make({ nKey: 1.5 }), `${NAME}: nKey is 1.5; expected a whole number of at least 1`],
    [() => make({ dropoutP: 2 }), `${NAME}: dropoutP is 2; expected a probability from 0 to 1`],
    [() => make({ causal: 1 }), `${NAME}: causal is 1; expected true or false`],
    [() => make({ init: "foo" }), `${NAME}: init is "foo"; expected`],
    [() => make({ bias: null }), `${NAME}: bias is null; expected true or false`],
    [() => make({ dtype: "int32" }), `${NAME}: dtype is "int32"; expected`],
    [() => make({ heads: 2 }), `${NAME}: unknown option heads; expected some of nHeads, nIn`],
  ]);

  const q = () => normal(2, 3, 4);
  refusesCalls(NAME, make, (l) => l.forward(q(), normal(2, 5, 6)), [
    [(l) => l.forward(normal(4)), `${NAME}: queries: the input has shape (4,); expected at least 2 axes (N, Tq, nIn)`],
    [(l) => l.forward(normal(1, 2, 3, 4)), `${NAME}: queries: the input has shape (1, 2, 3, 4); expected 2 or 3 axes`],
    [(l) => l.forward(normal(2, 3, 5)), `${NAME}: queries: the input of shape (2, 3, 5) has 5 features; expected 4`],
    [
      (l) => l.forward(q(), normal(2, 5, 8), normal(2, 4, 8)),
      `${NAME}: keys: the input of shape (2, 5, 8) has 8 features; expected 6`,
    ],
    [
      (l) => l.forward(q(), normal(2, 5, 6), normal(2, 4, 6)),
      `${NAME}: the keys have shape (2, 5, 6) and the values (2, 4, 6); expected a value for each key`,
    ],
    [
      (l) => l.forward(q(), normal(1, 5, 6)),
      `${NAME}: the queries have shape (2, 3, 4) and the keys (1, 5, 6); expected as many sequences`,
    ],
    [(l) => l.forward(q(), zeros([2, 5, 6])), `${NAME}: keys: the input is float32; expected float64`],
    [
      (l) => l.forward(q(), normal(2, 5, 6), null, { mask: zeros([3, 5]) }),
      `${NAME}: mask: it is float32; expected bool (true may attend) or float64 (added to the scores)`,
    ],
    [(l) => l.forward(q(), normal(2, 5, 6), null, { mask: normal(3, 4) }), `${NAME}: mask: `],
    [(l) => l.forward(q(), normal(2, 5, 6), null, { mask: normal(4, 3, 5) }), `${NAME}: mask: `],
    [
      (l) => l.forward(q(), normal(2, 5, 6), null, { masks: null } as never),
      `${NAME}: unknown option masks; expected some of mask`,
    ],
  ]);
});

describe.each(["TransformerEncoderBlock", "TransformerEncoder"])("%s", (NAME) => {
  const make = (options: object = {}): TransformerEncoderBlock | TransformerEncoder => {
    const all = { nHeads: 2, dtype: "float64" as const, ...options };
    return NAME === "TransformerEncoder"
      ? new TransformerEncoder({ numLayers: 2, ...all })
      : new TransformerEncoderBlock(all);
  };

  test("inside it is four times as wide unless told, whether the width is given or told", () => {
    const [given, told] = [make({ nIn: 4 }), make()];
    told.forward(normal(1, 2, 4));
    expect(shapes(told)).toEqual(shapes(given));
    expect(shapes(given).filter((text) => /linear\d\.W/.test(text))[0]).toMatch(/linear1.W 4x16$/);
    expect(make({ dimFeedforward: 5 }).summary()).toContain("W (5, ?)");
  });

  test("causal, no position sees a later one; else all do", () => {
    for (const causal of [true, false]) {
      const layer = make({ causal, dropoutP: 0, actFn: "gelu" });
      const x = variable(normal(1, 5, 4));
      getItem(layer.forward(x), 0, 2, 1).backward();
      const seen = (x.grad!.toArray() as number[][][])[0]!.map((entry) => entry.some((g) => g !== 0));
      expect(seen).toEqual([true, true, true, !causal, !causal]);
    }
  });

  test("drops in training alone", () => {
    const layer = make({ dropoutP: 0.3 });
    const x = normal(2, 3, 4);
    expect(layer.forward(x).toArray()).not.toEqual(layer.forward(x).toArray());
    const wanted = testMode(() => layer.forward(x)).toArray();
    expect(layer.eval().forward(x).toArray()).toEqual(wanted);
    const plain = make({ dropoutP: 0 });
    plain.loadStateDict(layer.stateDict());
    expect(plain.forward(x).toArray()).toEqual(wanted);
  });

  test("an initializer that fails in a later layer leaves all as they were", () => {
    const { init, heal } = failingAfter(5);
    const layer = make({ init });
    expect(() => layer.forward(normal(1, 3, 4))).toThrow("init drew (1,), float32; expected an NDArray");
    expect(layer.parameters().filter((p) => p.initialized)).toEqual([]);
    heal();
    expect(layer.forward(normal(1, 3, 6)).shape).toEqual([1, 3, 6]);
  });

  refusesOptions(NAME, [
    [() => make({ nHeads: 1.5 }), `${NAME}: nHeads is 1.5; expected a whole number of at least 1`],
    [() => make({ nIn: 5 }), `${NAME}: nHeads is 2 and there are 5 features to share; expected a multiple of 2`],
    [() => make({ dimFeedforward: 0 }), `${NAME}: dimFeedforward is 0; expected a whole number of at least 1`],
    [() => make({ actFn: "foo" }), `${NAME}: actFn is "foo"; expected`],
    [() => make({ dropoutP: -1 }), `${NAME}: dropoutP is -1; expected a probability from 0 to 1`],
    [() => make({ normFirst: 1 }), `${NAME}: normFirst is 1; expected true or false`],
    [() => make({ epsilon: Number.NaN }), `${NAME}: epsilon is NaN; expected a finite number of at least 0`],
    [() => make({ causal: "yes" }), `${NAME}: causal is "yes"; expected true or false`],
    [() => make({ init: "foo" }), `${NAME}: init is "foo"; expected`],
    [() => make({ dtype: "int32" }), `${NAME}: dtype is "int32"; expected`],
    [() => make({ nMemory: 4 }), `${NAME}: unknown option nMemory; expected some of`],
  ]);
  refusesCalls(
    NAME,
    () => make({ dropoutP: 0 }),
    (l) => l.forward(normal(2, 3, 4)),
    [
      [
        (l) => l.forward(normal(4)),
        `${NAME}: the input has shape (4,); expected at least 2 axes (N, T, nIn) or (T, nIn)`,
      ],
      [(l) => l.forward(normal(2, 3, 5)), `${NAME}: the input of shape (2, 3, 5) has 5 features; expected 4`],
      [(l) => l.forward(zeros([2, 3, 4])), `${NAME}: the input is float32; expected float64`],
      [(l) => l.forward(normal(2, 3, 4), { mask: normal(2, 2) }), `${NAME}: mask: `],
      [(l) => l.forward(normal(2, 3, 4), { mask: zeros([3, 3], { dtype: "int32" }) }), `${NAME}: mask: it is int32`],
      [
        (l) => l.forward(normal(2, 3, 4), { causal: true } as never),
        `${NAME}: unknown option causal; expected some of mask`,
      ],
    ],
  );
});

test("an encoder block drops attention weights, what is inside and what is added, in that order", () => {
  const p = 0.4;
  const block = new TransformerEncoderBlock({ nHeads: 2, dropoutP: p, dtype: "float64" });
  const x = constant(normal(2, 3, 4));
  block.forward(x);
  const drop = (v: Variable) => dropout(v, { p, training: true });
  const { selfAttention, linear1, linear2, norm1, norm2 } = block;
  seed(5);
  const wanted = block.forward(x);
  seed(5);
  const h = norm1.forward(x.add(drop(selfAttention.forward(x))));
  expectClose(wanted, norm2.forward(h.add(drop(linear2.forward(drop(linear1.forward(h)))))), 14);
});

describe.each(["TransformerDecoderBlock", "TransformerDecoder"])("%s", (NAME) => {
  const make = (options: object = {}): TransformerDecoderBlock | TransformerDecoder => {
    const all = { nHeads: 2, dtype: "float64" as const, ...options };
    return NAME === "TransformerDecoder"
      ? new TransformerDecoder({ numLayers: 2, ...all })
      : new TransformerDecoderBlock(all);
  };

  test("is causal unless told, and sees all of the memory", () => {
    for (const causal of [true, false]) {
      const layer = make({ dropoutP: 0, actFn: "gelu", ...(causal ? {} : { causal }) });
      const [x, memory] = [variable(normal(1, 4, 4)), variable(normal(1, 3, 6))];
      getItem(layer.forward(x, memory), 0, 1, 1).backward();
      const seen = (v: Variable) => (v.grad!.toArray() as number[][][])[0]!.map((entry) => entry.some((g) => g !== 0));
      expect(seen(x)).toEqual([true, true, !causal, !causal]);
      expect(seen(memory)).toEqual([true, true, true]);
    }
  });

  test("has the memory's width as it is told", () => {
    const layer = make();
    layer.forward(normal(2, 3, 4), normal(2, 2, 6));
    const widths = shapes(layer).filter((text) => /crossAttention\.[KV]\.W/.test(text));
    expect(new Set(widths.map((text) => text.split(" ")[1]))).toEqual(new Set(["6x4"]));
    expect(layer.config().hyperparameters).toMatchObject({ nIn: 4, nMemory: 6 });
    expect(make({ nIn: 4 }).config().hyperparameters.nMemory).toBe(4);
  });

  test("an initializer that fails in a later layer leaves all as they were", () => {
    const { init, heal } = failingAfter(9);
    const layer = make({ init });
    expect(() => layer.forward(normal(1, 3, 4), normal(1, 2, 4))).toThrow("init drew (1,), float32; expected");
    expect(layer.parameters().filter((p) => p.initialized)).toEqual([]);
    heal();
    expect(layer.forward(normal(1, 3, 6), normal(1, 2, 5)).shape).toEqual([1, 3, 6]);
  });

  refusesOptions(NAME, [
    [() => make({ nMemory: 0 }), `${NAME}: nMemory is 0; expected a whole number of at least 1`],
    [() => make({ nIn: 3 }), `${NAME}: nHeads is 2 and there are 3 features to share; expected a multiple of 2`],
    [() => make({ causal: null }), `${NAME}: causal is null; expected true or false`],
  ]);
  const memory = () => normal(2, 5, 6);
  refusesCalls(
    NAME,
    () => make({ dropoutP: 0 }),
    (l) => l.forward(normal(2, 3, 4), memory()),
    [
      [(l) => l.forward(normal(2, 3, 4), undefined as never), `${NAME}: memory: `],
      [
        (l) => l.forward(normal(2, 3, 4), normal(2, 5, 7)),
        `${NAME}: memory: the input of shape (2, 5, 7) has 7 features; expected 6`,
      ],
      [(l) => l.forward(normal(2, 3, 4), zeros([2, 5, 6])), `${NAME}: memory: the input is float32; expected float64`],
      [
        (l) => l.forward(normal(2, 3, 4), normal(3, 5, 6)),
        `${NAME}: the input has shape (2, 3, 4) and the memory (3, 5, 6); expected as many sequences`,
      ],
      [(l) => l.forward(normal(2, 3, 4), memory(), { mask: normal(2, 2) }), `${NAME}: mask: `],
      [(l) => l.forward(normal(2, 3, 4), memory(), { memoryMask: normal(3, 3) }), `${NAME}: memoryMask: `],
    ],
  );
});

describe("stacks", () => {
  test("have 6 blocks, and a norm after the last as normFirst says, unless told", () => {
    const names = (options: object) => new TransformerEncoder({ nHeads: 1, ...options }).namedChildren();
    expect(names({}).map(([name]) => name)).toEqual([0, 1, 2, 3, 4, 5].map((i) => `layers.${i}`));
    expect(names({ normFirst: true, numLayers: 1 }).map(([name]) => name)).toEqual(["layers.0", "norm"]);
    expect(names({ normFirst: true, numLayers: 1, finalNorm: false })).toHaveLength(1);
    expect(() => names({ numLayers: 0 })).toThrow("TransformerEncoder: numLayers is 0; expected a whole number");
    expect(() => names({ finalNorm: 1 })).toThrow("TransformerEncoder: finalNorm is 1; expected true or false");
    expect(() => names({ layers: 2 })).toThrow("TransformerEncoder: unknown option layers; expected some of numLayers");
  });

  test("a stack is its blocks", () => {
    const stack = new TransformerDecoder({ numLayers: 2, nHeads: 2, dropoutP: 0, finalNorm: true, dtype: "float64" });
    const [x, memory] = [constant(normal(2, 3, 4)), constant(normal(2, 2, 4))];
    const mask = constant(normal(3, 3));
    const y = stack.forward(x, memory, { mask });
    const [first, second] = stack.layers as [TransformerDecoderBlock, TransformerDecoderBlock];
    expect(first.linear1.W.toArray()).not.toEqual(second.linear1.W.toArray());
    const inner = second.forward(first.forward(x, memory, { mask }), memory, { mask });
    expectClose(y, stack.norm!.forward(inner), 14);
  });
});

describe("PositionalEncoding", () => {
  test("tells positions apart in the first way of the paper, for any length and width", () => {
    const layer = new PositionalEncoding({ dtype: "float64" });
    const at = (length: number, features: number) => layer.forward(zeros([length, features], { dtype: "float64" }));
    const short = at(3, 4).toArray() as number[][];
    expect(short[0]).toEqual([0, 1, 0, 1]);
    [Math.sin(2), Math.cos(2), Math.sin(0.02), Math.cos(0.02)].forEach((v, j) => {
      expect(short[2]![j]).toBeCloseTo(v, 14);
    });
    const long = at(9, 4).toArray() as number[][];
    expect(long.slice(0, 3)).toEqual(short);
    expect(at(2, 4).toArray()).toEqual(short.slice(0, 2));
    expect((at(2, 6).toArray() as number[][])[1]![2]).toBeCloseTo(Math.sin(10000 ** (-2 / 6)), 14);
    expect(layer.parameters()).toEqual([]);
  });

  test("learned ones are as small as they are told to be, and only the used get gradients", () => {
    const layer = new PositionalEncoding({ learned: true, maxLen: 400, nIn: 8, dtype: "float64" });
    const values = Array.from(layer.W!.toTypedArray(), Number);
    const std = Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    expect(std).toBeGreaterThan(0.015);
    expect(std).toBeLessThan(0.025);
    layer
      .forward(normal(2, 3, 8))
      .sum()
      .backward();
    const gradient = layer.W!.grad!.toArray() as number[][];
    expect(gradient.slice(0, 4).map((row) => row[0])).toEqual([2, 2, 2, 0]);
    const other = new PositionalEncoding({ learned: true, maxLen: 2, nIn: 1, init: "ones" });
    expect(other.forward(zeros([2, 1])).toArray()).toEqual([[1], [1]]);
    expect(other.config().hyperparameters.init).toBe("ones");
  });

  test("drops entries of the sum in training alone", () => {
    const layer = new PositionalEncoding({ dropoutP: 0.5 });
    const y = layer.forward(zeros([4, 6])).toTypedArray();
    const plain = layer
      .eval()
      .forward(zeros([4, 6]))
      .toTypedArray();
    expect(y.every((v, i) => v === 0 || Math.abs(v - 2 * plain[i]!) < 1e-6)).toBe(true);
    expect(y.filter((v) => v === 0).length).toBeGreaterThan(plain.filter((v) => v === 0).length);
  });

  refusesOptions("PositionalEncoding", [
    [() => new PositionalEncoding({ learned: true }), "PositionalEncoding: maxLen is null; expected a whole number"],
    [() => new PositionalEncoding({ maxLen: 0 }), "PositionalEncoding: maxLen is 0; expected a whole number"],
    [() => new PositionalEncoding({ learned: 1 as never }), "PositionalEncoding: learned is 1; expected true or false"],
    [
      () => new PositionalEncoding({ init: "zeros" }),
      "PositionalEncoding: init is given and learned false; expected learned: true, or no init",
    ],
    [() => new PositionalEncoding({ dropoutP: 2 }), "PositionalEncoding: dropoutP is 2; expected a probability"],
    [() => new PositionalEncoding({ length: 2 } as never), "PositionalEncoding: unknown option length; expected"],
  ]);
  refusesCalls(
    "PositionalEncoding",
    () => new PositionalEncoding({ learned: true, maxLen: 3 }),
    (l) => l.forward(zeros([3, 4])),
    [
      [
        (l) => l.forward(zeros([2, 4, 4])),
        "PositionalEncoding: the input of shape (2, 4, 4) has 4 positions; expected at most 3 (maxLen)",
      ],
      [(l) => l.forward(zeros([2, 5])), "PositionalEncoding: the input of shape (2, 5) has 5 features; expected 4"],
      [(l) => l.forward(zeros([4])), "PositionalEncoding: the input has shape (4,); expected at least 2 axes"],
    ],
  );
});

test("a causal transformer learns to say what came two before, in an optimizer made before the first forward", () => {
  const model = new Sequential(
    new Embedding({ nOut: 16, vocabSize: 6 }),
    new PositionalEncoding({ learned: true, maxLen: 8, init: "normal(std=0.5)" }),
    new TransformerEncoder({ numLayers: 1, nHeads: 2, dropoutP: 0, normFirst: true, causal: true }),
    new FullyConnected({ nOut: 6 }),
  );
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const step = () => {
    const x: NDArray = randomInt(0, 6, [16, 8]);
    const scores = getItem(model.forward(x), slice(), slice(2));
    const loss = softmaxCrossEntropy(scores.reshape(96, 6), x.slice(slice(), slice(0, 6)).reshape([96]));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss.data.item();
  };
  const losses = Array.from({ length: 150 }, step);
  expect(losses[0]!).toBeGreaterThan(1.5);
  expect(losses.at(-1)!).toBeLessThan(0.4);
});
