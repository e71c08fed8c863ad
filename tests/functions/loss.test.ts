import { grad } from "../../core/backward.js";
import { array, randomNormal } from "../../core/creation.js";
import { ArgumentError, DTypeError, IndexError, ShapeError } from "../../core/errors.js";
import * as numeric from "../../core/numeric.js";
import { seed } from "../../core/rng.js";
import { constant, type Operand, type Variable, variable } from "../../core/variable.js";
import { softmax } from "../../functions/activation.js";
import * as F from "../../functions/loss.js";

const normal = (shape: number[]) => randomNormal(shape, { dtype: "float64" });
const float64 = (data: number[] | number[][]) => array(data, { dtype: "float64" });

describe.each([
  ["softmaxCrossEntropy", F.softmaxCrossEntropy],
  ["softmaxCrossEntropySimple", F.softmaxCrossEntropySimple],
])("%s", (name, loss) => {
  test("takes classes and one-hot vectors however they are given", () => {
    seed(1);
    const x = normal([3, 4]);
    const oneHot = [
      [0, 0, 1, 0],
      [1, 0, 0, 0],
      [0, 0, 0, 1],
    ];
    const expected = loss(x, array(new Int32Array([2, 0, 3]))).item();
    const targets: Operand[] = [
      [2, 0, 3],
      new Int32Array([2, 0, 3]),
      new Uint8Array([2, 0, 3]),
      constant([2, 0, 3], { dtype: "int32" }),
      oneHot,
      oneHot.map((row) => row.map(Boolean)),
      array(oneHot, { dtype: "int32" }),
      array(oneHot, { dtype: "float32" }),
      variable(oneHot, { dtype: "float64" }),
    ];
    for (const t of targets) expect(loss(x, t).item()).toBeCloseTo(expected, 14);
  });

  test("probabilities in nested arrays take the dtype of the logits", () => {
    const x = float64([[1, 2]]);
    const expected = -0.1 * Math.log(1 / (1 + Math.E)) - 0.9 * Math.log(Math.E / (1 + Math.E));
    expect(loss(x, [[0.1, 0.9]]).item()).toBeCloseTo(expected, 15);
  });

  test("is the mean over the batch", () => {
    const x = float64([
      [0, 0],
      [0, Math.log(3)],
    ]);
    expect(loss(x, [0, 1]).item()).toBeCloseTo((Math.log(2) + Math.log(4 / 3)) / 2, 15);
  });

  test.each(["float32", "float64"] as const)("is exact for logits of +-1000, with its gradient, in %s", (dtype) => {
    const x = variable([[1000, -1000], [1000, -1000], [60, 0]], { dtype }); // biome-ignore format: one line
    const y = loss(x, [1, 0, 1]);
    expect(y.dtype).toBe(dtype);
    expect(y.item()).toBeCloseTo((2000 + 0 + 60) / 3, dtype === "float32" ? 3 : 12);
    const [gx] = grad([y], [x], { gradYs: [1.5] });
    const rounded = (gx!.toArray() as number[][]).map((row) => row.map((v) => Number(v.toFixed(6))));
    expect(rounded).toEqual([
      [0.5, -0.5],
      [0, 0],
      [0.5, -0.5],
    ]);
  });

  test("its gradient is (softmax - one-hot) / N", () => {
    seed(2);
    const x = variable(normal([2, 3, 4]));
    const classes = [[3, 0, 1], [2, 2, 0]]; // biome-ignore format: one line
    const [gx] = grad([loss(x, classes)], [x], { gradYs: [-0.7] });
    const p = softmax(x).toTypedArray();
    classes.flat().forEach((id, i) => {
      p[i * 4 + id]! -= 1;
    });
    gx!.toTypedArray().forEach((g, i) => {
      expect(g).toBeCloseTo((-0.7 * p[i]!) / 6, 14);
    });
  });

  test("refuses an empty batch", () => {
    expect(() => loss(normal([0, 3]), new Int32Array(0))).toThrow(
      new ShapeError(`${name}: the prediction of shape (0, 3) has no elements; expected at least one`),
    );
  });

  test("computes integer logits as float32", () => {
    const y = loss(array([[1, 2]], { dtype: "int32" }), [1]);
    expect(y.dtype).toBe("float32");
    expect(y.item()).toBeCloseTo(Math.log1p(Math.exp(-1)), 6);
  });

  test.each([
    [
      [3, 4],
      new Int32Array([1, 4, 0]),
      IndexError,
      "class 4 at position 1 is out of range for 4 classes; expected 0 to 3",
    ],
    [[2, 4], [0, -1], IndexError, "class -1 at position 1 is out of range for 4 classes; expected 0 to 3"],
    [
      [2, 3],
      [0, 1, 2],
      ShapeError,
      "the prediction has shape (2, 3) and the target (3,); expected classes of shape (2,) or probabilities of shape (2, 3)",
    ],
    [
      [2, 3],
      [[0], [1]],
      ShapeError,
      "the prediction has shape (2, 3) and the target (2, 1); expected classes of shape (2,) or probabilities of shape (2, 3)",
    ],
    [
      [2, 3],
      new Float32Array([0, 1]),
      DTypeError,
      "a target of shape (2,) holds classes and is float32; expected int32",
    ],
    [[2, 3], [0.5, 1], DTypeError, "a target of shape (2,) holds classes and is float64; expected int32"],
    [[], [], ShapeError, "the prediction is a scalar; expected shape (..., classes)"],
  ] as [number[], Operand, typeof ShapeError, string][])(
    "refuses for logits %j the target %j",
    (shape, t, kind, message) => {
      const x = normal(shape);
      const spies = [jest.spyOn(numeric, "softmax"), jest.spyOn(numeric, "reduce"), jest.spyOn(numeric, "unary")];
      expect(() => loss(x, t)).toThrow(kind);
      expect(() => loss(x, t)).toThrow(new Error(`${name}: ${message}`));
      for (const spy of spies) {
        expect(spy).not.toHaveBeenCalled();
        spy.mockRestore();
      }
    },
  );
});

test("softmaxCrossEntropy and softmaxCrossEntropySimple agree on random logits, to the second derivative", () => {
  seed(3);
  const x = variable(normal([5, 7]));
  const classes = [6, 0, 3, 3, 1];
  const direction = normal([5, 7]);
  const [a, b] = [F.softmaxCrossEntropy, F.softmaxCrossEntropySimple].map((loss) => {
    const y = loss(x, classes);
    const [gx] = grad([y], [x], { gradYs: [1.3], createGraph: true });
    const [gg] = grad([gx!], [x], { gradYs: [direction] });
    return [...y.toTypedArray(), ...gx!.toTypedArray(), ...gg!.toTypedArray()];
  });
  expect(a!.length).toBe(71);
  a!.forEach((v, i) => {
    expect(v).toBeCloseTo(b![i]!, 14);
  });
});

test("softmaxCrossEntropy of classes is finite beside logits of -Infinity", () => {
  const x = variable([[0, Number.NEGATIVE_INFINITY, 0]], { dtype: "float64" });
  const y = F.softmaxCrossEntropy(x, [2]);
  expect(y.item()).toBeCloseTo(Math.LN2, 15);
  expect(grad([y], [x], { gradYs: [3] })[0]!.toArray()).toEqual([[1.5, 0, -1.5]]);
});

describe.each([
  ["meanSquaredError", F.meanSquaredError, 0.125, [1, 0]],
  ["meanAbsoluteError", F.meanAbsoluteError, 0.25, [1, 0]],
  ["sigmoidCrossEntropy", F.sigmoidCrossEntropy, (Math.log1p(Math.exp(-1)) + 0.5 + Math.LN2) / 2, null],
] as [string, (x: Operand, t: Operand) => Variable, number, number[] | null][])("%s", (name, loss, value, slopes) => {
  test("is the mean over all entries", () => {
    const x = variable([1, 0], { dtype: "float64" });
    const y = loss(x, [0.5, 0]);
    expect(y.item()).toBeCloseTo(value, 15);
    if (slopes !== null) {
      const [gx] = grad([y], [x], { gradYs: [2] });
      expect(gx!.toArray()).toEqual(slopes);
    }
  });

  test("takes targets however they are given, with gradients in the dtype of the prediction", () => {
    const x = variable([[1, -2, 0.5]]);
    const expected = loss(x, array([[1, 0, 1]])).item();
    for (const t of [
      [[1, 0, 1]],
      [[true, false, true]],
      array([[1, 0, 1]], { dtype: "int32" }),
      constant([[1, 0, 1]]),
    ]) {
      expect(loss(x, t).dtype).toBe("float32");
      expect(loss(x, t).item()).toBe(expected);
    }
    const y = loss(x, constant([[1, 0, 1]], { dtype: "float64" }));
    expect(y.dtype).toBe("float64");
    expect(grad([y], [x], { gradYs: [0.5] })[0]!.dtype).toBe("float32");
    expect(loss(array([1, 2], { dtype: "int32" }), [1, 0]).dtype).toBe("float32");
  });

  test("never broadcasts", () => {
    expect(() => loss(normal([4, 1]), normal([4]))).toThrow(
      new Error(`${name}: the prediction has shape (4, 1) and the target (4,); expected equal shapes`),
    );
    expect(() => loss(normal([4]), 1)).toThrow(ShapeError);
  });

  test("refuses nothing", () => {
    expect(() => loss(normal([0]), normal([0]))).toThrow(
      new ShapeError(`${name}: the prediction of shape (0,) has no elements; expected at least one`),
    );
  });
});

test.each(["float32", "float64"] as const)("sigmoidCrossEntropy is exact for saturated logits in %s", (dtype) => {
  const x = variable([1000, -1000, 20, 1000], { dtype });
  const terms = [0, 0, Math.log1p(Math.exp(-20)), 1000];
  [1, 0, 1, 0].forEach((t, i) => {
    const single = F.sigmoidCrossEntropy(constant(x.data.toTypedArray().subarray(i, i + 1)), [t]).item();
    expect(single / (terms[i] || 1)).toBeCloseTo(terms[i] === 0 ? 0 : 1, 6);
  });
  const [gx] = grad([F.sigmoidCrossEntropy(x, [1, 0, 1, 0])], [x], { gradYs: [4] });
  [0, 0, 0, 1].forEach((g, i) => {
    expect(gx!.toTypedArray()[i]).toBeCloseTo(g, 6);
  });
});

describe("accuracy", () => {
  const y = variable([[0.1, 0.7, 0.2], [3, 1, 2], [0, 0, 1], [1, 1, 0]]); // biome-ignore format: one line

  test("is the share of rows whose largest entry is at the class", () => {
    expect(F.accuracy(y, [1, 0, 2, 0]).item()).toBe(1);
    expect(F.accuracy(y, [1, 0, 0, 1]).item()).toBe(0.5);
    expect(F.accuracy(y, new Uint8Array([0, 1, 0, 1])).item()).toBe(0);
    expect(F.accuracy(y, [[0, 1, 0], [0, 0, 1], [0, 0, 1], [1, 0, 0]]).item()).toBe(0.75); // biome-ignore format: one line
  });

  test("has no gradient, and says so", () => {
    const share = F.accuracy(y, [1, 0, 2, 0]);
    expect(share.requiresGrad).toBe(false);
    expect(() => share.backward()).toThrow("backward: no graph leads to this Variable of shape ()");
  });

  test("has the dtype of the prediction", () => {
    expect(F.accuracy(y, [1, 0, 2, 0]).dtype).toBe("float32");
    expect(F.accuracy(float64([[1, 2]]), [1]).dtype).toBe("float64");
    expect(F.accuracy(array([[1, 2]], { dtype: "int32" }), [1]).toArray()).toBe(1);
  });

  test("takes any number of batch axes", () => {
    expect(F.accuracy([1, 3, 2], 1).item()).toBe(1);
    expect(F.accuracy([[[1, 3], [3, 1]]], [[1, 1]]).item()).toBe(0.5); // biome-ignore format: one line
  });

  test("of nothing is NaN", () => {
    expect(F.accuracy(normal([0, 3]), new Int32Array(0)).item()).toBeNaN();
  });

  test("refuses targets that do not fit", () => {
    expect(() => F.accuracy(y, [1, 0, 3, 0])).toThrow(
      new Error("accuracy: class 3 at position 2 is out of range for 3 classes; expected 0 to 2"),
    );
    expect(() => F.accuracy(y, [1, 0])).toThrow(
      new Error(
        "accuracy: the prediction has shape (4, 3) and the target (2,); expected classes of shape (4,) or probabilities of shape (4, 3)",
      ),
    );
  });
});

describe("bad input of a loss is refused before anything is computed:", () => {
  const pair = [array([[0.5, 0.5]]), array([[1, 0]])] as const;
  const vectors = normal([2, 3]);
  test.each<[() => unknown, typeof ShapeError, string]>([
    [
      () => F.meanSquaredError([1], [1], { reduction: "batchMean" as never }),
      ArgumentError,
      'meanSquaredError: reduction is "batchMean"; expected one of "mean", "sum", "none"',
    ],
    [() => F.squaredError([1, 2], [1]), ShapeError, "squaredError: the prediction has shape (2,) and the target (1,)"],
    [
      () => F.huberLoss([1], [1], { delta: -1 }),
      ArgumentError,
      "huberLoss: delta is -1; expected a finite number above 0",
    ],
    [
      () => F.huberLoss([1], [1], { delta: Number.NaN }),
      ArgumentError,
      "huberLoss: delta is NaN; expected a finite number above 0",
    ],
    [
      () => F.binaryCrossEntropy([0.5, 1.5], [1, 0]),
      ArgumentError,
      "binaryCrossEntropy: the prediction holds 1.5 at position 1; expected probabilities from 0 to 1",
    ],
    [
      () => F.binaryCrossEntropy([0.5, Number.NaN], [1, 0]),
      ArgumentError,
      "binaryCrossEntropy: the prediction holds NaN at position 1; expected probabilities from 0 to 1",
    ],
    [
      () => F.binaryCrossEntropy([0.5], [-1]),
      ArgumentError,
      "binaryCrossEntropy: the target holds -1 at position 0; expected probabilities from 0 to 1",
    ],
    [
      () => F.sigmoidCrossEntropy([3, 3], [1, 2]),
      ArgumentError,
      "sigmoidCrossEntropy: the target holds 2 at position 1; expected probabilities from 0 to 1",
    ],
    [
      () => F.sigmoidCrossEntropy([3, 3], [1, 1], { weight: [1, 2, 3] }),
      ShapeError,
      "sigmoidCrossEntropy: weight has shape (3,); expected one that broadcasts to the prediction's, (2,)",
    ],
    [
      () => F.sigmoidCrossEntropy([3, 3], [1, 1], { posWeight: [[1, 2]] }),
      ShapeError,
      "sigmoidCrossEntropy: posWeight has shape (1, 2); expected one that broadcasts to the prediction's, (2,)",
    ],
    [
      () => F.softmaxCrossEntropy([[1, 2]], [0], { weight: [1, 2, 3] }),
      ShapeError,
      "softmaxCrossEntropy: weight has shape (3,); expected one for each of 2 classes, (2,)",
    ],
    [
      () => F.softmaxCrossEntropy([[1, 2]], [0], { weight: [1, -2] }),
      ArgumentError,
      "softmaxCrossEntropy: the weight holds -2 at position 1; expected finite numbers of at least 0",
    ],
    [
      () => F.softmaxCrossEntropy([[1, 2]], [0], { labelSmoothing: -0.1 }),
      ArgumentError,
      "softmaxCrossEntropy: labelSmoothing is -0.1; expected a number from 0 to 1",
    ],
    [
      () => F.softmaxCrossEntropy([[1, 2]], [0], { ignoreIndex: 0.5 }),
      ArgumentError,
      "softmaxCrossEntropy: ignoreIndex is 0.5; expected a class (a whole number) or null",
    ],
    [
      () => F.softmaxCrossEntropy([[1, 2]], [-100], { ignoreIndex: null }),
      IndexError,
      "softmaxCrossEntropy: class -100 at position 0 is out of range for 2 classes; expected 0 to 1",
    ],
    [
      () => F.softmaxCrossEntropy([[1, 2]], [-100]),
      ArgumentError,
      "softmaxCrossEntropy: the mean is over targets of which none counts, for ignoreIndex -100 and the weights given",
    ],
    [
      () => F.softmaxCrossEntropy([[1, 2]], [1], { weight: [1, 0] }),
      ArgumentError,
      "softmaxCrossEntropy: the mean is over targets of which none counts",
    ],
    [
      () => F.softmaxCrossEntropy([[1, 2]], [[0.5, 0.5]], { ignoreIndex: 1 }),
      ArgumentError,
      "softmaxCrossEntropy: ignoreIndex is 1 and the target holds probabilities, of shape (1, 2); expected classes",
    ],
    [
      () => F.softmaxCrossEntropy([[1, 2]], [[-0.5, 1.5]]),
      ArgumentError,
      "softmaxCrossEntropy: the target holds -0.5 at position 0; expected probabilities from 0 to 1",
    ],
    [
      () => F.crossEntropy([[1, 2]], [0]),
      ArgumentError,
      "crossEntropy: row 0 of the prediction adds up to 3; expected probabilities that add up to 1",
    ],
    [
      () => F.crossEntropy([[1.5, -0.5]], [0]),
      ArgumentError,
      "crossEntropy: the prediction holds -0.5 at position 1; expected probabilities",
    ],
    [
      () => F.crossEntropy(pair[0], [[1, 1]]),
      ArgumentError,
      "crossEntropy: row 0 of the target adds up to 2; expected probabilities that add up to 1",
    ],
    [
      () => F.crossEntropy(pair[0], [2]),
      IndexError,
      "crossEntropy: class 2 at position 0 is out of range for 2 classes",
    ],
    [
      () => F.crossEntropy(normal([0, 2]), new Int32Array(0)),
      ShapeError,
      "crossEntropy: the prediction of shape (0, 2) has",
    ],
    [
      () => F.klDivergence([-1], [-2]),
      ArgumentError,
      "klDivergence: the target holds -2 at position 0; expected probabilities, or logTarget: true",
    ],
    [
      () => F.klDivergence([-1], [1], { reduction: "batchmean" as never }),
      ArgumentError,
      'klDivergence: reduction is "batchmean"; expected one of "mean", "sum", "none", "batchMean"',
    ],
    [
      () => F.vaeLoss([[0.5, 2]], [[1, 0]], [[1]], [[1]]),
      ArgumentError,
      "vaeLoss: the reconstruction holds 2 at position 1; expected probabilities from 0 to 1",
    ],
    [
      () => F.vaeLoss(...pair, [[1]], [[1, 2]]),
      ShapeError,
      "vaeLoss: the reconstruction has shape (1, 2), the mean (1, 1) and the logarithm of the variance (1, 2); expected (N, ...), (N, T) and (N, T)",
    ],
    [
      () => F.vaeLoss(...pair, normal([2, 1]), normal([2, 1])),
      ShapeError,
      "vaeLoss: the reconstruction has shape (1, 2), the mean (2, 1)",
    ],
    [
      () => F.cosineEmbeddingLoss(vectors, vectors, [1, 0]),
      ArgumentError,
      "cosineEmbeddingLoss: the target holds 0 at position 1; expected 1 (alike) or -1 (unlike)",
    ],
    [
      () => F.cosineEmbeddingLoss(vectors, vectors, [1]),
      ShapeError,
      "cosineEmbeddingLoss: the vectors have shape (2, 3) and the target (1,); expected a target of shape (2,)",
    ],
    [
      () => F.cosineEmbeddingLoss(vectors, normal([3, 3]), [1, 1]),
      ShapeError,
      "cosineEmbeddingLoss: a has shape (2, 3) and b (3, 3); expected vectors of equal shapes, (..., D)",
    ],
    [
      () => F.tripletMarginLoss(vectors, vectors, normal([2, 2])),
      ShapeError,
      "tripletMarginLoss: anchor has shape (2, 3) and negative (2, 2); expected vectors of equal shapes, (..., D)",
    ],
    [() => F.tripletMarginLoss(1, 1, 1), ShapeError, "tripletMarginLoss: anchor has shape () and anchor ()"],
    [
      () => F.tripletMarginLoss(vectors, vectors, vectors, { margin: 0 }),
      ArgumentError,
      "tripletMarginLoss: margin is 0; expected a finite number above 0",
    ],
  ])("%s", (run, kind, message) => {
    const spies = [jest.spyOn(numeric, "softmax"), jest.spyOn(numeric, "binary"), jest.spyOn(numeric, "unary")];
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });
});

describe("softmaxCrossEntropy", () => {
  test("ignores -100 unless told, and what is in the ignored rows", () => {
    const x = variable([[1, 2], [Number.NaN, Number.NaN], [0, 0]], { dtype: "float64" }); // biome-ignore format: one line
    const y = F.softmaxCrossEntropy(x, [1, -100, 0]);
    expect(y.item()).toBeCloseTo((Math.log1p(Math.exp(-1)) + Math.LN2) / 2, 15);
    expect(F.softmaxCrossEntropy(x, [1, -100, 0], { reduction: "none" }).toArray()).toEqual([
      expect.closeTo(Math.log1p(Math.exp(-1)), 15),
      0,
      expect.closeTo(Math.LN2, 15),
    ]);
    expect(F.softmaxCrossEntropy([[1, 2]], [-100], { reduction: "sum" }).item()).toBe(0);
  });

  test("an ignored row has gradient 0, logits of -Infinity or not", () => {
    const x = variable([[0, 0], [Number.NEGATIVE_INFINITY, 0]], { dtype: "float64" }); // biome-ignore format: one line
    const [gx] = grad([F.softmaxCrossEntropy(x, [1, -100])], [x]);
    expect([...gx!.toTypedArray()].map((v) => v + 0)).toEqual([0.5, -0.5, 0, 0]);
  });

  test("options keep the dtype of the logits", () => {
    const options = { weight: [1, 2], labelSmoothing: 0.1 };
    for (const dtype of ["float32", "float64"] as const) {
      const x = variable([[1, 2]], { dtype });
      expect(F.softmaxCrossEntropy(x, [1], options).dtype).toBe(dtype);
      expect(F.softmaxCrossEntropy(x, [[true, false]], options).dtype).toBe(dtype);
    }
  });
});

test("losses of logits and distances are finite in float32 for +-1000, with their gradients", () => {
  const x = variable([[1000, -1000, 0], [-1000, 1000, -1000]]); // biome-ignore format: one line
  const other = constant([[-1000, 1000, 1], [-1000, 1000, -1000]]); // biome-ignore format: one line
  const losses = [
    F.meanSquaredError(x, other),
    F.squaredError(x, other),
    F.meanAbsoluteError(x, other),
    F.huberLoss(x, other),
    F.sigmoidCrossEntropy(x, [[0, 1, 0], [1, 0, 1]], { posWeight: 3 }), // biome-ignore format: one line
    F.softmaxCrossEntropy(x, [1, 0], { labelSmoothing: 0.1, weight: [1, 2, 3] }),
    F.softmaxCrossEntropy(x, [[0, 1, 0], [1, 0, 0]], { labelSmoothing: 0.1 }), // biome-ignore format: one line
    F.klDivergence(x, [[0, 1, 0], [1, 0, 0]]), // biome-ignore format: one line
    F.cosineEmbeddingLoss(x, other, [1, -1]),
    F.tripletMarginLoss(x, other, x, { margin: 5000 }),
  ];
  for (const y of losses) {
    expect(y.dtype).toBe("float32");
    expect(Number.isFinite(y.item())).toBe(true);
    expect(grad([y], [x])[0]!.toTypedArray().every(Number.isFinite)).toBe(true);
  }
});
